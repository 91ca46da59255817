"""Revisions and stream numbers in a SQL database (SQLite on one machine).

The tables are made and brought up to date by the Alembic migrations that ship in the package.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from vedette.core.record import GENESIS
from vedette.core.revision import Revision
from vedette.ports.errors import Unavailable
from vedette.ports.revisions import RevisionConflict

_METADATA = sa.MetaData()
_REVISIONS = sa.Table(
    "revisions",
    _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("digest", sa.String(64)),
    sa.Column("author", sa.Text),
    sa.Column("approvers", sa.JSON),
    sa.Column("reason", sa.Text),
    sa.Column("at", sa.BigInteger),
    sa.Column("words", sa.JSON),
    sa.Column("commands", sa.JSON),
    sa.Column("previous", sa.String(64)),
    sa.Column("hash", sa.String(64)),
)
_NUMBERS = sa.Table(
    "stream_numbers",
    _METADATA,
    sa.Column("stream", sa.String(32), primary_key=True),
    sa.Column("number", sa.BigInteger),
)
_MIGRATIONS = Path(__file__).parent / "alembic"


@dataclass(frozen=True, slots=True)
class SqlRevisions:
    """The Revisions and StreamNumbers in one database. Make it with `open_database`."""

    engine: sa.Engine

    def newest(self) -> Revision | None:
        """The revision with the highest number."""
        with _answering(), self.engine.connect() as connection:
            row = connection.execute(
                sa.select(_REVISIONS).order_by(_REVISIONS.c.number.desc()).limit(1)
            ).first()
        return _revision(row) if row else None

    def get(self, number: int) -> Revision | None:
        """The revision with this number."""
        with _answering(), self.engine.connect() as connection:
            row = connection.execute(
                sa.select(_REVISIONS).where(_REVISIONS.c.number == number)
            ).first()
        return _revision(row) if row else None

    def history(self) -> tuple[Revision, ...]:
        """Every revision, oldest first."""
        with _answering(), self.engine.connect() as connection:
            rows = connection.execute(sa.select(_REVISIONS).order_by(_REVISIONS.c.number)).all()
        return tuple(_revision(row) for row in rows)

    def append(self, revision: Revision) -> None:
        """Insert the revision. Raises RevisionConflict or Unavailable."""
        with _answering(), self.engine.begin() as connection:
            last = connection.execute(
                sa.select(_REVISIONS.c.number, _REVISIONS.c.hash)
                .order_by(_REVISIONS.c.number.desc())
                .limit(1)
            ).first()
            follows = (last.number + 1, last.hash) if last else (1, GENESIS)
            if (revision.number, revision.previous) != follows:
                raise RevisionConflict
            try:
                connection.execute(sa.insert(_REVISIONS).values(**_columns(revision)))
            except IntegrityError as fault:  # another process was faster
                raise RevisionConflict from fault

    def next(self, stream: str, above: int) -> int:
        """Count the stream up, durably. Raises Unavailable."""
        with _answering(), self.engine.begin() as connection:
            known = connection.execute(
                sa.select(_NUMBERS.c.number).where(_NUMBERS.c.stream == stream)
            ).scalar()
            number = max(known or 0, above) + 1
            if known is None:
                connection.execute(sa.insert(_NUMBERS).values(stream=stream, number=number))
            else:
                update = sa.update(_NUMBERS).where(_NUMBERS.c.stream == stream)
                connection.execute(update.values(number=number))
        return number

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def open_database(path: Path) -> SqlRevisions:
    """Open the SQLite database at `path`, making it or migrating it where needed.

    Raises:
        Unavailable: it can't be opened or migrated.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        # IMMEDIATE takes the write lock at once, so that a read and the write after it are one.
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 5})
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin)
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (OSError, SQLAlchemyError) as fault:
        raise Unavailable(f"the database `{path}` can't be opened: {fault}") from fault
    return SqlRevisions(engine)


def _prepare(connection: Any, _record: Any) -> None:  # SQLAlchemy's own event types
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as fault:
        raise Unavailable(f"the settings database does not answer: {fault}") from fault


def _columns(revision: Revision) -> dict[str, object]:
    return {
        "number": revision.number,
        "text": revision.text,
        "digest": revision.digest,
        "author": revision.author,
        "approvers": list(revision.approvers),
        "reason": revision.reason,
        "at": revision.at,
        "words": list(revision.words),
        "commands": list(revision.commands),
        "previous": revision.previous,
        "hash": revision.hash,
    }


def _revision(row: sa.Row[Any]) -> Revision:
    return Revision(
        number=row.number,
        text=row.text,
        digest=row.digest,
        author=row.author,
        approvers=tuple(row.approvers),
        reason=row.reason,
        at=row.at,
        words=tuple(row.words),
        commands=tuple(row.commands),
        previous=row.previous,
    )
