"""SQL databases: SQLite on one machine or PostgreSQL, opened, prepared and brought up to date.

What is done in a transaction of SQLite takes the database's write lock at its beginning, so that a
read and the write after it are one; on PostgreSQL that is held by the locks of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from vedette.ports.errors import Unavailable

PATIENCE = 5
"""So many seconds a statement waits for a lock or an answer before the database is unavailable."""
MIGRATING = Lock()
"""Alembic keeps what it works on in module globals: one migration at a time in a process."""
WRITES = "writes"
"""The execution option with which a transaction of SQLite takes the write lock at once."""

_ADVISORY_LOCK = 0x7665_6465_7474_6500
"""Held while PostgreSQL's tables are brought up to date; the number means nothing else."""


@contextmanager
def answering(name: str) -> Iterator[None]:
    """Turn the database's faults into Unavailable, which never repeats what was to be written."""
    try:
        yield
    except SQLAlchemyError as fault:
        said = fault.orig if isinstance(fault, DBAPIError) else fault
        first = str(said).partition("\n")[0]  # PostgreSQL repeats values in further lines
        raise Unavailable(f"the {name} database does not answer: {first}") from None


def engine_of(where: str | Path, name: str) -> sa.Engine:
    """An engine for a `postgresql://` address or the path of an SQLite file; `name` is for people.

    Raises:
        Unavailable: the file can't be made, or the address can't be read.
    """
    text = str(where)
    if text.startswith(("postgresql://", "postgresql+psycopg://")):
        return _postgresql(text, name)
    try:
        path = Path(where)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as fault:
        raise Unavailable(f"the {name} database `{where}` can't be opened: {fault}") from fault
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": PATIENCE},
        hide_parameters=True,
        max_overflow=24,
        pool_timeout=PATIENCE,
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _postgresql(address: str, name: str) -> sa.Engine:
    try:
        url = sa.make_url(address).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):  # its message would repeat the password
        raise Unavailable(f"the address of the {name} database can't be read") from None
    milliseconds = PATIENCE * 1000
    return sa.create_engine(
        url,
        connect_args={
            "connect_timeout": PATIENCE,
            "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
            " -c idle_in_transaction_session_timeout=30000 -c timezone=UTC",
        },
        hide_parameters=True,
        max_overflow=24,
        pool_pre_ping=True,
        pool_timeout=PATIENCE,
    )


def _prepare(connection: Any, _record: Any) -> None:  # SQLAlchemy's own event types
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    # Reading stays without a transaction.
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(connection: sa.Connection, scripts: Path, number: int) -> None:
    """Bring the tables up to date by the scripts in a folder. `MIGRATING` MUST be held.

    `number` sets the lock of one set of tables apart from that of another in the same database.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK + number)))
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
