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
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from vedette.adapters.sign_in.seal import Seal
from vedette.adapters.sign_in.tables import CHANGES
from vedette.ports.errors import Unavailable

_MIGRATIONS = Path(__file__).parents[1] / "alembic_sign_in"
_PATIENCE = 5
"""So many seconds a statement waits for a lock or an answer before the store is unavailable."""

_ADVISORY_LOCK = 0x7665_6465_7474_6501
"""Held while PostgreSQL's tables are brought up to date; the number means nothing else."""

_MIGRATING = Lock()  # Alembic keeps what it works on in module globals


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
        with answering(), self._reads.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction, committed at the end unless something is raised."""
        turn = self._turn if self._writes.dialect.name == "sqlite" else nullcontext()
        with turn, answering(), self._writes.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self._writes.dispose()


@contextmanager
def answering() -> Iterator[None]:
    """Turn the database's faults into Unavailable, which never repeats what was to be written."""
    try:
        yield
    except SQLAlchemyError as fault:
        said = fault.orig if isinstance(fault, DBAPIError) else fault
        first = str(said).partition("\n")[0]  # PostgreSQL repeats values in further lines
        raise Unavailable(f"the sign-in database does not answer: {first}") from None


def open_database(where: str | Path, seal: Seal) -> Database:
    """Open the database, making or migrating its tables where needed.

    `where` is a `postgresql://` address or the path of an SQLite file. Several processes may open
    it at the same time.

    Raises:
        Unavailable: it can't be opened or migrated, or belongs to another store key.
    """
    engine = _engine(where)
    # SQLite's statements commit by themselves (`_prepare`); the option would undo that.
    alone = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    database = Database(engine.execution_options(**alone), engine.execution_options(writes=True))
    try:
        with _MIGRATING, database.writing() as connection:
            _migrate(connection)
            _check_key(connection, seal)
    except Unavailable:
        database.close()
        raise
    return database


def _engine(where: str | Path) -> sa.Engine:
    text = str(where)
    if text.startswith(("postgresql://", "postgresql+psycopg://")):
        return _postgresql(text)
    try:
        path = Path(where)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as fault:
        raise Unavailable(f"the sign-in database `{where}` can't be opened: {fault}") from fault
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _PATIENCE},
        hide_parameters=True,
        max_overflow=24,
        pool_timeout=_PATIENCE,
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _postgresql(address: str) -> sa.Engine:
    try:
        url = sa.make_url(address).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):  # its message would repeat the password
        raise Unavailable("the address of the sign-in database can't be read") from None
    milliseconds = _PATIENCE * 1000
    return sa.create_engine(
        url,
        connect_args={
            "connect_timeout": _PATIENCE,
            "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
            " -c idle_in_transaction_session_timeout=30000 -c timezone=UTC",
        },
        hide_parameters=True,
        max_overflow=24,
        pool_pre_ping=True,
        pool_timeout=_PATIENCE,
    )


def _prepare(connection: Any, _record: Any) -> None:  # SQLAlchemy's own event types
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    # Reading stays without a transaction. IMMEDIATE takes the write lock at once, so that a read
    # and the write after it are one.
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _check_key(connection: sa.Connection, seal: Seal) -> None:
    """Notice another store key now, not when somebody wants to sign in."""
    sealed = connection.execute(sa.select(CHANGES.c.sealed)).scalar()
    if sealed is not None:
        seal.open(sealed, "store")
    elif not seal.keyless:
        connection.execute(sa.update(CHANGES).values(sealed=seal.close(b"vedette", "store")))
