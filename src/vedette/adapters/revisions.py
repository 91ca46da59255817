"""Revisions and stream numbers in a SQL database: SQLite on one machine, PostgreSQL otherwise.

The tables are made and brought up to date by the Alembic migrations that ship in the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from vedette.adapters.databases import MIGRATING, WRITES, answering, engine_of, migrate
from vedette.core.language import from_json, to_json
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
_NAME = "settings"
_LOCK = 2


@dataclass(frozen=True, slots=True)
class SqlRevisions:
    """The Revisions and StreamNumbers in one database. Make it with `open_database`."""

    engine: sa.Engine

    def newest(self) -> Revision | None:
        """The revision with the highest number."""
        with answering(_NAME), self.engine.connect() as connection:
            row = connection.execute(
                sa.select(_REVISIONS).order_by(_REVISIONS.c.number.desc()).limit(1)
            ).first()
        return _revision(row) if row else None

    def get(self, number: int) -> Revision | None:
        """The revision with this number."""
        with answering(_NAME), self.engine.connect() as connection:
            row = connection.execute(
                sa.select(_REVISIONS).where(_REVISIONS.c.number == number)
            ).first()
        return _revision(row) if row else None

    def history(self) -> tuple[Revision, ...]:
        """Every revision, oldest first."""
        with answering(_NAME), self.engine.connect() as connection:
            rows = connection.execute(sa.select(_REVISIONS).order_by(_REVISIONS.c.number)).all()
        return tuple(_revision(row) for row in rows)

    def append(self, revision: Revision) -> None:
        """Insert the revision. Raises RevisionConflict or Unavailable."""
        with answering(_NAME), self.engine.begin() as connection:
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
        with answering(_NAME), self.engine.begin() as connection:
            known = connection.execute(
                sa.select(_NUMBERS.c.number).where(_NUMBERS.c.stream == stream).with_for_update()
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


def open_database(where: str | Path) -> SqlRevisions:
    """Open a database, making its tables or migrating them where needed.

    `where` is a `postgresql://` address or the path of an SQLite file.

    Raises:
        Unavailable: it can't be opened or migrated.
    """
    engine = engine_of(where, _NAME).execution_options(**{WRITES: True})
    try:
        with MIGRATING, answering(_NAME), engine.begin() as connection:
            migrate(connection, _MIGRATIONS, _LOCK)
    except Unavailable as outage:
        engine.dispose()
        named = f" `{where}`" if isinstance(where, Path) else ""  # an address has a password
        raise Unavailable(f"the database{named} can't be opened: {outage}") from outage
    return SqlRevisions(engine)


def _columns(revision: Revision) -> dict[str, object]:
    return {
        "number": revision.number,
        "text": revision.text,
        "digest": revision.digest,
        "author": revision.author,
        "approvers": list(revision.approvers),
        "reason": revision.reason,
        "at": revision.at,
        "words": [to_json(each) for each in revision.words],
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
        words=tuple(map(from_json, row.words)),
        commands=tuple(row.commands),
        previous=row.previous,
    )
