"""The database beneath the sign-in store: SQLite or PostgreSQL, opened and brought up to date.

Reading is one statement without a transaction. Writing is one transaction, and what belongs
together in it is held by a lock: on SQLite the one of the database, taken at its beginning (one
writer at a time), on PostgreSQL those of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import sqlalchemy as sa

from vedette.adapters.databases import MIGRATING, WRITES, answering, engine_of, migrate
from vedette.adapters.sign_in.seal import Seal
from vedette.adapters.sign_in.tables import CHANGES
from vedette.ports.errors import Unavailable

_MIGRATIONS = Path(__file__).parents[1] / "alembic_sign_in"
_NAME = "sign-in"
_LOCK = 1


@dataclass(frozen=True, slots=True)
class Database:
    """Connections to read and to write with. Every fault of the database is Unavailable."""

    _reads: sa.Engine
    _writes: sa.Engine
    # SQLite's writers would otherwise wait for one another by sleeping and looking again.
    _turn: Lock = field(default_factory=Lock)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for single statements, each of which sees one state of the database."""
        with answering(_NAME), self._reads.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction, committed at the end unless something is raised."""
        turn = self._turn if self._writes.dialect.name == "sqlite" else nullcontext()
        with turn, answering(_NAME), self._writes.begin() as connection:
            yield connection

    @property
    def name(self) -> str:
        """Which kind of database it is: `sqlite` or `postgresql`."""
        return self._writes.dialect.name

    def close(self) -> None:
        """Give back every connection."""
        self._writes.dispose()


def open_database(where: str | Path, seal: Seal) -> Database:
    """Open the database, making or migrating its tables where needed.

    `where` is a `postgresql://` address or the path of an SQLite file. Several processes may open
    it at the same time.

    Raises:
        Unavailable: it can't be opened or migrated, or belongs to another store key.
    """
    engine = engine_of(where, _NAME)
    # SQLite's statements commit by themselves (`adapters.databases`); the option would undo that.
    alone = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    database = Database(
        engine.execution_options(**alone), engine.execution_options(**{WRITES: True})
    )
    try:
        with MIGRATING, database.writing() as connection:
            migrate(connection, _MIGRATIONS, _LOCK)
            _check_key(connection, seal)
    except Unavailable:
        database.close()
        raise
    return database


def _check_key(connection: sa.Connection, seal: Seal) -> None:
    """Notice another store key now, not when somebody wants to sign in."""
    sealed = connection.execute(sa.select(CHANGES.c.sealed)).scalar()
    if sealed is not None:
        seal.open(sealed, "store")
    elif not seal.keyless:
        connection.execute(sa.update(CHANGES).values(sealed=seal.close(b"vedette", "store")))
