"""The index of the record, in SQLite: made from the record, thrown away and made anew at need.

It holds pseudonyms as the records do. A person is found by a keyed hash of their name, and whoever is
of another server by its domain; both are removed when the person is erased.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import hmac
import json
import logging
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from vedette.adapters.audit_keys import AuditKeys
from vedette.adapters.audit_segments import Segment
from vedette.adapters.spool_reader import SpoolReader
from vedette.core.names import InvalidName, ServerName
from vedette.core.people import GUESTS, OUTSIDE, US
from vedette.core.record import RecordFault
from vedette.core.settings.spelling import domain_matches
from vedette.ports.errors import Unavailable
from vedette.ports.record_index import Place, Wanted
from vedette.protocol.internal.sealing import MARK

_LOG = logging.getLogger("vedette.audit")
_VERSION = 3
_AT_ONCE = 500
"""How many places are fetched at a time, at most."""
_PAGE = 64
"""How many are fetched at first: a page needs no more."""
_FEW_WALKS = 20
_AT_FIRST = 8
"""So many are fetched at first of each of many pseudonyms: a page needs few of each."""
_CACHE = "-32768"
"""KiB of the index, given as SQLite wants it, that stay in memory while it is open."""
_OURS = frozenset({US, GUESTS, OUTSIDE})
"""Somebody who has one of these parties is no partner's."""
_MOST_WORDS = 200_000
_SCHEMA = """
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE person (word INTEGER PRIMARY KEY, blind BLOB, domain TEXT);
CREATE INDEX person_blind ON person (blind);
CREATE INDEX person_domain ON person (domain);
CREATE TABLE record (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    process INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    rule    INTEGER,
    reason  INTEGER,
    answer  INTEGER,
    act     INTEGER
);
CREATE INDEX record_at ON record (at, id);
CREATE INDEX record_rule ON record (rule, at, id);
CREATE INDEX record_reason ON record (reason, at, id);
CREATE INDEX record_act ON record (act, answer, at, id);
CREATE INDEX record_answer ON record (answer, at, id);
CREATE INDEX record_process ON record (process, at, id);
CREATE TABLE mention (
    word INTEGER, at INTEGER, record INTEGER, PRIMARY KEY (word, at, record)
) WITHOUT ROWID;
CREATE TABLE log (process TEXT PRIMARY KEY, begin INTEGER NOT NULL, place INTEGER NOT NULL);
"""


@dataclass(slots=True)
class SqliteRecordIndex:
    """The RecordIndex in one file, over the logs of `records`, with `keys` to name people.

    `own` is the domain here, of which most people are: by that one nobody is looked for.
    """

    path: Path
    records: SpoolReader
    keys: AuditKeys
    own: str = ""
    _database: sqlite3.Connection | None = None
    _words: dict[str, int] = field(default_factory=dict)
    _names: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The words of a name: its own, and that of its domain where it is of another server."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _blinding: bytes = b""

    def follow(self, most: int) -> int:
        """Take in at most so many new records. Raises Unavailable."""
        taken = 0
        with self._change() as change:
            for process in self.records.processes():
                try:
                    taken += self._follow(change, process, most - taken)
                except (
                    RecordFault,
                    OSError,
                ) as fault:  # where a chain does not hold the anchor says
                    _LOG.warning(
                        "the records of `%s` can't be searched further: %s", process, fault
                    )
        return taken

    def behind(self) -> int:
        """How many bytes of records are not in it yet."""
        left = 0
        with self._change() as change:
            for process in self.records.processes():
                with contextlib.suppress(RecordFault, OSError):
                    left += max(0, self.records.end(process) - _log(change, process)[1])
        return left

    def places(self, wanted: Wanted, before: tuple[int, int] | None) -> Iterator[Place]:
        """Where records may be that are wanted, the newest first. Raises Unavailable."""
        where, given = self._conditions(wanted)
        if where is None:
            return
        if wanted.until is not None:  # where walking begins, not a condition for each on the way
            ends = (_moment(wanted.until) + 1, 0)
            before = ends if before is None else min(before, ends)
        words = self._driving(wanted)
        if words is None:
            yield from self._walk(where, given, before)
            return
        few = _AT_ONCE if len(words) < _FEW_WALKS else _AT_FIRST
        since = _moment(wanted.since) if wanted.since is not None else _NEVER
        walks = [self._mentions(word, since, before, few) for word in words]
        # what the records must be besides is looked at for a page at a time
        named, most = (each for each, _ in groupby(heapq.merge(*walks, reverse=True))), _PAGE
        while some := [number for _, number in islice(named, most)]:
            yield from self._placed(some, where, given)
            most = min(most * 2, _AT_ONCE)

    def forget(self, name: str) -> None:
        """Forget by which pseudonyms and by which domain a person is found. Raises Unavailable."""
        blind = self._blind(name)
        with self._change() as change:
            self._names.clear()
            domains = change.execute(
                "SELECT DISTINCT domain FROM person WHERE blind = ? AND domain IS NOT NULL",
                (blind,),
            ).fetchall()
            for (domain,) in domains:
                _forget_domain(change, blind, domain)
            change.execute("DELETE FROM person WHERE blind = ?", (blind,))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None
                self._words.clear()
                self._names.clear()

    # -- taking in --------------------------------------------------------------------------------

    def _follow(self, change: sqlite3.Connection, process: str, most: int) -> int:
        begin, place = _log(change, process)
        first = self.records.begin(process)
        if first > begin:
            _drop(change, process, first)
            begin, place = first, max(place, first)
        if place > self.records.end(process):  # somebody cut it back: it is taken in anew
            _drop(change, process, place + 1)
            place = begin = first
        taken = 0
        for segment, line, end in islice(self.records.pieces(process, place), max(0, most)):
            self._take(change, process, segment, line, place)
            place, taken = end, taken + 1
        change.execute("INSERT OR REPLACE INTO log VALUES (?, ?, ?)", (process, begin, place))
        return taken

    def _take(
        self, change: sqlite3.Connection, process: str, segment: Segment, line: bytes, place: int
    ) -> None:
        try:
            entry = json.loads(line)
            at = _moment(entry["at"])
            decision = entry["decision"]
            questions = entry["questions"]
            values = {
                "process": process, "rule": decision["rule"], "reason": decision["reason"],
                "answer": decision["answer"], "act": entry["act"],
            }  # fmt: skip
            names = {entry["who"], decision["towards"], *(each["whom"] for each in questions)}
            sets = [
                *(each["from"] for each in questions),
                *(each["to"] or () for each in questions),
            ]
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return  # nobody decided anything in it
        ids = {
            column: None if value is None else self._word(change, _column(column, value))
            for column, value in values.items()
        }
        made = change.execute(
            "INSERT INTO record (at, place, process, rule, reason, answer, act)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (at, place, *ids.values()),
        )
        words = {
            word for name in names if name for word in self._named(change, _spelt(name), segment)
        }
        parties = {
            _column("party", party) for each in sets if _OURS.isdisjoint(each) for party in each
        }
        words |= {self._word(change, party) for party in parties}
        if str(entry.get("where")).startswith(_FILE):
            words.add(self._word(change, _column("file", entry["where"])))
        change.executemany(
            "INSERT OR IGNORE INTO mention VALUES (?, ?, ?)",
            [(word, at, made.lastrowid) for word in words],
        )

    def _word(self, change: sqlite3.Connection, text: str) -> int:
        known = self._words.get(text)
        return self._learn(change, text)[0] if known is None else known

    def _learn(self, change: sqlite3.Connection, text: str) -> tuple[int, bool]:
        """The number of a word, and whether it is new."""
        if len(self._words) >= _MOST_WORDS:
            self._words.clear()
        found = change.execute("SELECT id FROM word WHERE text = ?", (text,)).fetchone()
        if found is None:
            number = int(
                change.execute("INSERT INTO word (text) VALUES (?)", (text,)).lastrowid or 0
            )
        else:
            number = int(found[0])
        self._words[text] = number
        return number, found is None

    def _named(self, change: sqlite3.Connection, text: str, segment: Segment) -> tuple[int, ...]:
        """The words of a name, kept with what finds the person whom it stands for."""
        known = self._names.get(text)
        if known is not None:
            return known
        if len(self._names) >= _MOST_WORDS:
            self._names.clear()
        number, new = self._learn(change, text)
        if new:
            person = self.keys.person(segment.keys, text) if text.startswith(MARK) else None
            name = person.name if person is not None else text
            blind = self._blind(name) if person is not None else None
            change.execute(
                "INSERT OR IGNORE INTO person VALUES (?, ?, ?)",
                (number, blind, _domain(_spelt(name))),
            )
        found = change.execute("SELECT domain FROM person WHERE word = ?", (number,)).fetchone()
        domain = found[0] if found is not None else None
        words: tuple[int, ...] = (number,)
        if domain is not None and domain != self.own:
            words = number, self._word(change, _column(_DOMAIN, domain))
        self._names[text] = words
        return words

    # -- finding ----------------------------------------------------------------------------------

    def _conditions(self, wanted: Wanted) -> tuple[str | None, list[Any]]:
        """What a record must be besides naming somebody; None where no record can be that."""
        where, given = ["1"], []
        if wanted.since is not None:
            where.append("r.at >= ?")
            given.append(_moment(wanted.since))
        for column in ("rule", "reason", "answer", "process", "act"):
            text = getattr(wanted, column)
            if text is not None:
                found = self._rows("SELECT id FROM word WHERE text = ?", (_column(column, text),))
                if not found:
                    return None, []
                where.append(f"r.{column} = ?")
                given.append(found[0][0])
        return " AND ".join(where), given

    def _driving(self, wanted: Wanted) -> list[int] | None:
        """The words of which a wanted record has one; None where any record may be wanted."""
        if wanted.file is not None:
            text = _column("file", wanted.file)
            return [row[0] for row in self._rows("SELECT id FROM word WHERE text = ?", (text,))]
        name = wanted.who or wanted.person
        if name is not None:
            blind = self._rows("SELECT word FROM person WHERE blind = ?", (self._blind(name),))
            plain = self._rows("SELECT id FROM word WHERE text = ?", (_spelt(name),))
            return [row[0] for row in (*blind, *plain)]
        if wanted.partner is None:
            return None
        domains = [
            row[0]
            for row in self._rows("SELECT id, text FROM word WHERE text BETWEEN ? AND ?", _DOMAINS)
            if _is_of(str(row[1])[len(_DOMAINS[0]) :], wanted.domains)
        ]
        party = self._rows(
            "SELECT id FROM word WHERE text = ?", (_column("party", wanted.partner),)
        )
        return [*domains, *(row[0] for row in party)]

    def _walk(
        self, where: str, given: list[Any], before: tuple[int, int] | None
    ) -> Iterator[Place]:
        """Along all records; a page of places is fetched at first, and then ever more."""
        most = _PAGE
        while True:
            rows = self._rows(
                f"{_PLACES} WHERE (r.at, r.id) < (?, ?) AND {where} {_NEWEST} LIMIT {most}",
                [*(before or _ALL), *given],
            )
            yield from map(_place, rows)
            if len(rows) < most:
                return
            most = min(most * 4, _AT_ONCE)
            before = int(rows[-1][0]), int(rows[-1][1])

    def _mentions(
        self, word: int, since: int, before: tuple[int, int] | None, most: int
    ) -> Iterator[tuple[int, int]]:
        """Along one word: the times and numbers of records, which stand beside it in its index."""
        while True:
            rows = self._rows(
                "SELECT at, record FROM mention WHERE word = ? AND at >= ? AND (at, record) < (?, ?)"
                " ORDER BY at DESC, record DESC LIMIT ?",
                [word, since, *(before or _ALL), most],
            )
            yield from rows
            if len(rows) < most:
                return
            most = min(most * 4, _AT_ONCE)
            before = rows[-1]

    def _placed(self, numbers: list[int], where: str, given: list[Any]) -> Iterator[Place]:
        """Where those of these records are that fulfil the conditions, the newest first."""
        marks = ",".join("?" * len(numbers))
        rows = self._rows(
            f"{_PLACES} WHERE r.id IN ({marks}) AND {where} {_NEWEST}", [*numbers, *given]
        )
        return map(_place, rows)

    def _rows(self, statement: str, given: Any) -> list[Any]:
        with self._change() as database:
            return database.execute(statement, given).fetchall()

    # -- the file ---------------------------------------------------------------------------------

    def _blind(self, name: str) -> bytes:
        if not self._blinding and self.keys.private is not None:
            own = b"vedette-audit-index-v1\n" + self.keys.private.private_bytes_raw()
            self._blinding = hashlib.sha256(own).digest()
        return hmac.digest(self._blinding, name.encode("utf-8", "surrogatepass"), hashlib.sha256)

    @contextlib.contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._database is None:
                    self._database = _opened(self.path)
                with self._database:
                    yield self._database
            except sqlite3.Error as fault:
                self.close()
                raise Unavailable(f"the index of the record can't be used: {fault}") from fault


_PLACES = "SELECT r.at, r.id, p.text, r.place FROM record r JOIN word p ON p.id = r.process"
_NEWEST = "ORDER BY r.at DESC, r.id DESC"
_ALL = (1 << 62, 0)
"""Behind this everything is."""
_NEVER = -(1 << 62)


def _place(row: Any) -> Place:
    return Place(int(row[0]), int(row[1]), str(row[2])[len(_PROCESS) :], int(row[3]))


def _forget_domain(change: sqlite3.Connection, blind: bytes, domain: str) -> None:
    """Have the records that name a person be found by the person's domain no more.

    Those are found by it still that name somebody else of it; without any, the domain is forgotten.
    """
    text = _column(_DOMAIN, domain)
    theirs = (
        "SELECT m.at, m.record FROM mention m JOIN person p ON p.word = m.word WHERE p.blind = ?"
    )
    word = "(SELECT id FROM word WHERE text = ?)"
    change.execute(
        f"DELETE FROM mention WHERE word = {word} AND (at, record) IN ({theirs})",  # noqa: S608  # words of ours
        (text, blind),
    )
    change.execute(
        f"INSERT OR IGNORE INTO mention SELECT {word}, m.at, m.record FROM mention m"  # noqa: S608  # words of ours
        " JOIN person p ON p.word = m.word WHERE p.domain = ? AND p.blind IS NOT ?"
        f" AND (m.at, m.record) IN ({theirs})",
        (text, domain, blind, blind),
    )


def _opened(path: Path) -> sqlite3.Connection:
    """The index; one of another version, or that can't be read, is made anew."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for _ in range(2):
        path.touch(mode=0o600)
        database = sqlite3.connect(path, check_same_thread=False)
        try:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("PRAGMA journal_mode = TRUNCATE")
            database.execute(f"PRAGMA cache_size = {_CACHE}")
            database.execute("PRAGMA synchronous = OFF")  # it is made anew from the record
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version == _VERSION:
                return database
            if version == 0 and not database.execute("SELECT 1 FROM sqlite_master").fetchall():
                database.executescript(f"{_SCHEMA} PRAGMA user_version = {_VERSION};")
                return database
        except sqlite3.DatabaseError as fault:
            _LOG.warning("the index of the record is made anew: %s", fault)
        database.close()
        path.unlink()
    raise Unavailable(f"`{path}` can't be made")


def _log(database: sqlite3.Connection, process: str) -> tuple[int, int]:
    """The first byte of a log that is known, and up to where it was taken in."""
    row = database.execute("SELECT begin, place FROM log WHERE process = ?", (process,)).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def _drop(database: sqlite3.Connection, process: str, before: int) -> None:
    """Forget the records of a log that began before a byte, and whom nothing else names."""
    database.execute(
        "DELETE FROM record WHERE process = (SELECT id FROM word WHERE text = ?) AND place < ?",
        (_column("process", process), before),
    )
    database.execute("DELETE FROM mention WHERE record NOT IN (SELECT id FROM record)")
    database.execute("DELETE FROM person WHERE word NOT IN (SELECT word FROM mention)")


_PROCESS = " process:"
_DOMAIN = "domain"
_DOMAINS = (f" {_DOMAIN}:", f" {_DOMAIN};")
"""Between these are the words of domains."""
_FILE = "mxc://"
"""With what the address of a file begins."""
_FAR = 1e12
"""Seconds that no record is away from 1970."""


def _column(kind: str, text: object) -> str:
    """A word that is no name: no name begins with a blank."""
    return f" {kind}:{_spelt(text)}"


def _spelt(text: object) -> str:
    """A text that SQLite can hold: half a pair of surrogates is written as its escape."""
    return str(text).encode(errors="backslashreplace").decode()


def _moment(seconds: float) -> int:
    """Thousandths of a second, as far as SQLite can count them."""
    return int(max(-_FAR, min(_FAR, seconds)) * 1000)


def _is_of(domain: str, patterns: tuple[str, ...]) -> bool:
    try:
        server = ServerName(domain)
    except InvalidName:
        return False
    return any(domain_matches(pattern, server) for pattern in patterns)


def _domain(name: str) -> str | None:
    """The server in a user id, or the name itself where it is a server's."""
    if name.startswith("@"):
        return name.partition(":")[2] or None
    return name if "." in name or ":" in name else None
