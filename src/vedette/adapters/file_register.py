"""The inspector's memory, in SQLite: verdicts by digest and rules, and the file register.

It is one process's own, so that one connection that writes and one that reads are enough.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vedette.core.files import Content, Digest, File
from vedette.core.names import MediaId, ServerName, UserId
from vedette.ports.errors import Unavailable
from vedette.ports.register import OwnerFixed
from vedette.protocol.internal.files import content_from_json, content_to_json

MOST_VERDICTS = 1_000_000
"""So many verdicts are kept, of about half a kilobyte each; the oldest go first."""
_FORGOTTEN_AT_ONCE = 1000
_VERSION = 2
_WAIT_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE verdicts (
    number  INTEGER PRIMARY KEY,
    sha256  TEXT NOT NULL,
    rules   TEXT NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (sha256, rules)
);
CREATE TABLE files (
    server   TEXT NOT NULL,
    media    TEXT NOT NULL,
    owner    TEXT,
    declared TEXT NOT NULL,
    name     TEXT NOT NULL,
    class    TEXT NOT NULL,
    held     INTEGER NOT NULL,
    held_by  TEXT NOT NULL DEFAULT '',
    released INTEGER NOT NULL DEFAULT 0,
    sha256   TEXT,
    PRIMARY KEY (server, media)
) WITHOUT ROWID;
"""
_FROM_1 = "ALTER TABLE files ADD COLUMN released INTEGER NOT NULL DEFAULT 0"
_FILE = (
    "SELECT owner, declared, name, class, held, released, sha256 FROM files"
    " WHERE server = ? AND media = ?"
)


@dataclass(slots=True)
class SqliteRegister:
    """The Register in one file. Reading is for one thread, writing for any."""

    _reading: sqlite3.Connection
    _writing: sqlite3.Connection
    _most: int
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _count: int = 0

    def verdict(self, sha256: Digest, rules: str) -> Content | None:
        """What was found; what can't be read any more counts as not known. Raises Unavailable."""
        row = self._row(
            "SELECT content FROM verdicts WHERE sha256 = ? AND rules = ?", sha256, rules
        )
        if row is None:
            return None
        try:
            return content_from_json(json.loads(str(row[0])))
        except ValueError:
            return None

    def keep_verdict(self, content: Content) -> None:
        """Remember what was found. Raises Unavailable."""
        told = json.dumps(content_to_json(content), separators=(",", ":"))
        with self._change() as change:
            change.execute(
                "INSERT OR REPLACE INTO verdicts (sha256, rules, content) VALUES (?, ?, ?)",
                (content.sha256, content.by, told),
            )
            self._count += 1
            if self._count > self._most:
                oldest = max(_FORGOTTEN_AT_ONCE, self._count - self._most)
                change.execute(
                    "DELETE FROM verdicts WHERE number IN "
                    "(SELECT number FROM verdicts ORDER BY number LIMIT ?)",
                    (min(oldest, self._count // 2 + 1),),
                )
                self._count = _count(change)

    def file(self, server: ServerName, media: MediaId) -> tuple[File, Digest | None] | None:
        """A file and its content's digest. Raises Unavailable."""
        row = self._row(_FILE, server, media)
        return None if row is None else _file(server, media, row)

    def put_file(self, file: File, sha256: Digest | None) -> None:
        """Remember a file. Raises OwnerFixed, Unavailable."""
        with self._change() as change:
            row = change.execute(_FILE, (file.server, file.media)).fetchone()
            if row is None:
                change.execute(
                    "INSERT INTO files (server, media, owner, declared, name, class, held, sha256)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (file.server, file.media, file.owner, file.declared, file.name,
                     file.class_, file.held, sha256),
                )  # fmt: skip
                return
            owner, known = row[0], row[6]
            # What another server sends under a name is its own affair: the newest bytes count.
            moved = owner is not None and None not in (known, sha256) and known != sha256
            if owner != file.owner or moved:
                raise OwnerFixed(f"{file.server}/{file.media} is known otherwise")
            change.execute(
                "UPDATE files SET declared = ?, name = ?, sha256 = coalesce(?, sha256)"
                " WHERE server = ? AND media = ?",
                (file.declared, file.name, sha256, file.server, file.media),
            )

    def hold(
        self, server: ServerName, media: MediaId, by: str, *, held: bool, released: bool = False
    ) -> bool:
        """Hold a file or let it go. Raises Unavailable."""
        with self._change() as change:
            done = change.execute(
                "UPDATE files SET held = ?, held_by = ?, released = ?"
                " WHERE server = ? AND media = ?",
                (held, by, released and not held, server, media),
            )
            return done.rowcount == 1

    def classify(self, server: ServerName, media: MediaId, class_: str) -> bool:
        """Say what a file is used as. Raises Unavailable."""
        with self._change() as change:
            done = change.execute(
                "UPDATE files SET class = ? WHERE server = ? AND media = ?", (class_, server, media)
            )
            return done.rowcount == 1

    def close(self) -> None:
        """Close both connections."""
        self._reading.close()
        self._writing.close()

    def _row(self, query: str, *values: str) -> tuple[object, ...] | None:
        try:
            row: tuple[object, ...] | None = self._reading.execute(query, values).fetchone()
        except sqlite3.Error as fault:
            raise Unavailable(f"the file register can't be read: {fault}") from fault
        return row

    @contextlib.contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._writing:
                self._writing.execute("BEGIN IMMEDIATE")
                yield self._writing
        except sqlite3.Error as fault:
            raise Unavailable(f"the file register can't be written: {fault}") from fault


def open_register(path: Path, most: int = MOST_VERDICTS) -> SqliteRegister:
    """Open the register, making it where there is none. Raises Unavailable."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        writing = _connect(path)
        (version,) = writing.execute("PRAGMA user_version").fetchone()
        if version == 0:
            writing.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version == 1:
            writing.executescript(f"BEGIN; {_FROM_1}; PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version != _VERSION:
            raise Unavailable(f"`{path}` was written by another version of Vedette ({version})")
        register = SqliteRegister(_connect(path), writing, most)
        register._count = _count(writing)  # noqa: SLF001  # its maker
    except sqlite3.Error as fault:
        raise Unavailable(f"the file register `{path}` can't be opened: {fault}") from fault
    return register


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA temp_store = MEMORY")  # nothing is written anywhere else
    return connection


def _count(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM verdicts").fetchone()
    return int(count)


def _file(
    server: ServerName, media: MediaId, row: tuple[object, ...]
) -> tuple[File, Digest | None]:
    owner, declared, name, class_, held, released, sha256 = row
    file = File(
        server=server,
        media=media,
        owner=None if owner is None else UserId(str(owner)),
        declared=str(declared),
        name=str(name),
        class_=str(class_),
        held=bool(held),
        released=bool(released),
    )
    return file, None if sha256 is None else Digest(str(sha256))
