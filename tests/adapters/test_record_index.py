"""Searching the record by its index: it finds what reading everything finds, page by page."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.adapters.audit_keys import AuditKeys
from vedette.adapters.audit_writer import AuditWriter
from vedette.adapters.record_index import SqliteRecordIndex
from vedette.adapters.spool_reader import SpoolReader
from vedette.admin.audit import Page, _matches, list_records, search
from vedette.core.asks import Act, Ask, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.reasons import Reason
from vedette.core.record import body
from vedette.ports.errors import Unavailable
from vedette.ports.record_index import Wanted

PRIVATE = X25519PrivateKey.generate()
US = [f"@{name}:example.org" for name in ("alice", "bob", "dave")]
THEM = ["@carol:acme.example", "@eve:sub.acme.example", "@x:elsewhere.example", "acme.example"]
RULES = ["acme", "staff", None]
REASONS = [Reason.FORBIDDEN, Reason.NO_RULE, Reason.ALLOWED]
DOORS = ["gateway", "synapse"]


@dataclass
class Archive:
    """Two logs with their index."""

    folder: Path
    sealed: bool = True
    own: str = "example.org"
    _numbers: dict[str, int] | None = None

    def __post_init__(self) -> None:
        keys = self.keys = AuditKeys(self.folder / "audit", PRIVATE)
        written = SpoolReader(self.folder / "audit")
        self.records = SpoolReader(self.folder / "audit", keys.opened)
        self.index = SqliteRecordIndex(self.folder / "index.db", written, keys, self.own)
        recipient = PRIVATE.public_key() if self.sealed else None
        self.writers = {
            door: AuditWriter(self.folder / "audit" / door, door, recipient, 4000) for door in DOORS
        }
        self._numbers = dict.fromkeys(DOORS, 0)
        for writer in self.writers.values():
            writer.begin()

    def write(self, door: str, *said: dict[str, Any]) -> None:
        assert self._numbers is not None
        entries = []
        for each in said:
            self._numbers[door] += 1
            entries.append({"v": 1, "id": f"{door}:{self._numbers[door]}", **each})
        self.writers[door].write(entries, 1000.0)

    def everything(self) -> list[dict[str, Any]]:
        return [entry for door in self.records.processes() for entry, _ in self.records.read(door)]

    def pages(self, wanted: Wanted) -> list[dict[str, Any]]:
        """Every page, newest first."""
        found: list[dict[str, Any]] = []
        page = self.search(wanted)
        while True:
            assert len(page.records) <= wanted.most
            found.extend(page.records)
            if page.next is None:
                return found
            page = self.search(wanted, page.next)

    def search(self, wanted: Wanted, after: str | None = None) -> Page:
        return search(self.index, self.records, wanted, after)


FILES = [f"mxc://example.org/{media}" for media in ("report", "other")]
ACTS = [Act.ROOM_EVENT_SEND, Act.FILE_CONTENT_UPLOAD]


def said(
    at: float, who: str, to: str, rule: str | None, reason: Reason, party: str = "acme",
    act: Act = Act.ROOM_EVENT_SEND, where: str = "!r:example.org",
) -> dict[str, Any]:  # fmt: skip
    parties = frozenset({"anyone", "partners", party}) if party else frozenset({"anyone", "us"})
    question = Question(Channel.MESSAGE, frozenset({"us", "anyone"}), parties, to)
    ask = Ask(act=act, who=who, questions=(question,), where=where)
    answer = Verdict.YES if reason is Reason.ALLOWED else Verdict.NO
    decision = Decision(verdict=answer, reason=reason, rule=rule, towards=to, revision=1)
    return {"kind": "decision", "at": at, **body(ask, Facts(), decision)}


entries = st.builds(
    said, st.integers(0, 6).map(float), st.sampled_from(US + THEM), st.sampled_from(US + THEM),
    st.sampled_from(RULES), st.sampled_from(REASONS), st.sampled_from(["acme", ""]),
    st.sampled_from(ACTS), st.sampled_from(["!r:example.org", *FILES]),
)  # fmt: skip
maybe = st.none()
wishes = st.builds(
    Wanted,
    since=maybe | st.integers(0, 6).map(float),
    until=maybe | st.integers(0, 7).map(float),
    who=maybe | st.sampled_from([*US, *THEM, "@nobody:example.org"]),
    person=maybe | st.sampled_from([*US, *THEM]),
    partner=maybe | st.sampled_from(["acme", "nobody"]),
    domains=st.sampled_from([(), ("acme.example",), ("*.acme.example", "elsewhere.example")]),
    rule=maybe | st.sampled_from(["acme", "staff", "none"]),
    act=maybe | st.sampled_from([*(act.value for act in ACTS), "people:account:create"]),
    file=maybe | st.sampled_from([*FILES, "mxc://example.org/none"]),
    reason=maybe | st.sampled_from(["forbidden", "no-rule", "allowed"]),
    answer=maybe | st.sampled_from(["yes", "no"]),
    process=maybe | st.sampled_from([*DOORS, "nothing"]),
    most=st.integers(1, 5),
)


@pytest.fixture(params=["sealed", "plain"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path, request.param == "sealed")
    yield made
    made.index.close()


@settings(max_examples=25, deadline=None)
@given(
    written=st.lists(st.tuples(st.sampled_from(DOORS), entries), min_size=5, max_size=40),
    wanted=st.lists(wishes, min_size=4, max_size=8),
    sealed=st.booleans(),
    own=st.sampled_from(["", "example.org"]),
)
def test_the_pages_together_are_what_reading_everything_finds(
    written: list[tuple[str, dict[str, Any]]], wanted: list[Wanted], sealed: bool, own: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder), sealed, own)
        for door in DOORS:
            for part in batched([entry for name, entry in written if name == door], 6):
                archive.write(door, *part)
        everything = archive.everything()
        for each in wanted:
            found = archive.pages(each)
            expected = {entry["id"] for entry in everything if _matches(entry, each)}
            assert sorted(entry["id"] for entry in found) == sorted(expected)
            times = [entry["at"] for entry in found]
            assert times == sorted(times, reverse=True)
        archive.index.close()


def batched(entries: list[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    for place in range(0, len(entries), most):
        yield entries[place : place + most]


def test_a_page_goes_on_behind_the_last_one_whatever_was_recorded_meanwhile(
    archive: Archive,
) -> None:
    archive.write(
        "gateway", *[said(float(n), US[0], US[1], "acme", Reason.FORBIDDEN) for n in range(9)]
    )
    first = archive.search(Wanted(most=4))
    archive.write("synapse", *[said(10.0, US[0], US[1], "acme", Reason.FORBIDDEN)] * 3)
    second = archive.search(Wanted(most=4), first.next)
    assert [entry["at"] for entry in (*first.records, *second.records)] == [8, 7, 6, 5, 4, 3, 2, 1]
    last = archive.search(Wanted(most=4), second.next)
    assert ([entry["at"] for entry in last.records], last.next) == ([0], None)
    oldest_first = list_records(archive.index, archive.records, Wanted(most=2, process="gateway"))
    assert [entry["at"] for entry in oldest_first] == [7, 8]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", ".1", "1.x", "²1.1"])
def test_what_is_no_cursor_is_told(archive: Archive, cursor: str) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        archive.search(Wanted(), cursor)


def test_whom_the_index_finds_it_does_not_name(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.write("gateway", said(1.0, US[0], THEM[0], "acme", Reason.FORBIDDEN))
    assert len(archive.pages(Wanted(person=US[0]))) == 1
    archive.index.close()
    data = archive.index.path.read_bytes()
    assert b"alice" not in data
    assert b"carol" not in data


def test_an_erased_person_is_found_no_more_and_their_records_still_are(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.write("gateway", said(1.0, US[0], THEM[0], "acme", Reason.FORBIDDEN))
    assert len(archive.pages(Wanted(person=US[0]))) == 1
    archive.index.forget(US[0])
    archive.keys.erase(US[0], "control:1")
    assert archive.pages(Wanted(person=US[0])) == []
    (left,) = archive.pages(Wanted(person=THEM[0]))
    assert left["who"].startswith("~")
    # also when the index is made anew
    archive.index.close()
    archive.index.path.unlink()
    assert archive.pages(Wanted(person=US[0])) == []
    assert len(archive.pages(Wanted(rule="acme"))) == 1


def test_by_the_domain_of_an_erased_person_others_of_it_are_found_and_nobody_else(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path)
    carol, dora = "@carol:acme.example", "@dora:acme.example"
    for at, one, other in ((1.0, carol, US[0]), (2.0, carol, dora), (3.0, US[0], dora)):
        archive.write("gateway", said(at, one, other, None, Reason.NO_RULE, party=""))
    wanted = Wanted(partner="acme", domains=("acme.example",))

    def times() -> list[int]:
        while archive.index.follow(100):
            pass
        return [place.at for place in archive.index.places(wanted, None)]

    assert times() == [3000, 2000, 1000]
    archive.index.forget(carol)
    assert times() == [3000, 2000]
    archive.write("gateway", said(4.0, dora, US[0], None, Reason.NO_RULE, party=""))
    assert times() == [4000, 3000, 2000]
    archive.index.forget(dora)
    assert times() == []


def test_whoever_is_found_under_many_pseudonyms_is_paged_in_the_order_of_times(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path)  # whose segments are short, each with pseudonyms of its own
    for number in range(240):
        archive.write(
            DOORS[number % 2], said(number // 3, US[number % 2], THEM[0], "acme", Reason.NO_RULE)
        )
    found = archive.pages(Wanted(person=THEM[0], most=50, since=10.0, until=70.0))
    assert [entry["at"] for entry in found] == sorted(
        (number // 3 for number in range(240) if 10 <= number // 3 < 70), reverse=True
    )
    assert len(archive.index._driving(Wanted(person=THEM[0])) or ()) > 20


@pytest.mark.parametrize("harm", [b"no database at all" * 100, b""])
def test_an_index_that_is_none_is_made_anew(archive: Archive, harm: bytes) -> None:
    archive.write("gateway", said(1.0, US[0], THEM[0], "acme", Reason.FORBIDDEN))
    assert len(archive.pages(Wanted())) == 1
    archive.index.close()
    archive.index.path.write_bytes(harm)
    assert len(archive.pages(Wanted())) == 1
    archive.index.close()
    database = sqlite3.connect(archive.index.path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    assert len(archive.pages(Wanted(person=US[0]))) == 1


def test_an_index_that_can_t_be_kept_is_an_outage(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.index.path.mkdir()
    with pytest.raises((Unavailable, OSError)):
        archive.search(Wanted())


def test_what_was_removed_is_found_no_more(archive: Archive) -> None:
    for number in range(30):
        archive.write(
            "gateway", said(float(number), US[number % 3], THEM[0], "acme", Reason.FORBIDDEN)
        )
    assert len(archive.pages(Wanted(partner="acme"))) == 30
    piece = archive.records.first_full("gateway")
    assert piece is not None
    gone = sum(1 for _ in archive.records.lines_of(piece))
    archive.records.remove(piece)
    assert len(archive.pages(Wanted(partner="acme"))) == 30 - gone
    assert archive.index.behind() == 0


def test_a_log_that_was_cut_back_is_taken_in_anew(archive: Archive) -> None:
    for number in range(3):
        archive.write("gateway", said(float(number), US[0], THEM[0], "acme", Reason.FORBIDDEN))
    assert len(archive.pages(Wanted())) == 3
    path = archive.writers["gateway"].path
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert len(archive.pages(Wanted())) == 1


def test_lines_that_are_no_decisions_are_passed_over(archive: Archive) -> None:
    archive.write("gateway", {"kind": "started", "at": 1.0})
    archive.write("gateway", said(2.0, US[0], THEM[0], "acme", Reason.FORBIDDEN))
    with archive.writers["gateway"].path.open("ab") as file:
        file.write(b"nonsense\n{}\n")
    assert len(archive.pages(Wanted())) == 1


def test_any_time_and_any_name_can_be_recorded_and_asked_about(archive: Archive) -> None:
    for at in (1e22, -1e300, 0.0):
        archive.write(
            "gateway", said(at, "@half\ud800:x.example", "\udfff", "acme", Reason.FORBIDDEN)
        )
    assert len(archive.pages(Wanted(person="@half\ud800:x.example"))) == 3
    assert len(archive.pages(Wanted(until=1.7e308, since=-1.7e308))) == 3
    assert len(archive.pages(Wanted(since=1e13))) == 1
