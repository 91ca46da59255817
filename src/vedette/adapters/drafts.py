"""Drafts of the settings, in control's database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from vedette.adapters.databases import answering
from vedette.core.draft import Draft

_NAME = "settings"
_DRAFTS = sa.Table(
    "drafts",
    sa.MetaData(),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("base", sa.Integer),
    sa.Column("version", sa.Integer),
    sa.Column("author", sa.Text),
    sa.Column("at", sa.BigInteger),
)


@dataclass(frozen=True, slots=True)
class SqlDrafts:
    """The Drafts in the database that `open_database` has opened and migrated."""

    engine: sa.Engine

    def every(self) -> tuple[Draft, ...]:
        """All of them, by name."""
        with answering(_NAME), self.engine.connect() as connection:
            rows = connection.execute(sa.select(_DRAFTS)).all()
        # Sorted here: databases differ in how they sort letters.
        return tuple(sorted(map(_draft, rows), key=lambda each: each.name))

    def get(self, name: str) -> Draft | None:
        """The draft of this name."""
        with answering(_NAME), self.engine.connect() as connection:
            row = connection.execute(sa.select(_DRAFTS).where(_DRAFTS.c.name == name)).first()
        return _draft(row) if row else None

    def save(self, draft: Draft) -> bool:
        """Insert the first version, or update the one before."""
        values = asdict(draft)
        if draft.version > 1:
            before = _version_of(draft.name, draft.version - 1)
            with answering(_NAME), self.engine.begin() as connection:
                done = connection.execute(sa.update(_DRAFTS).where(before).values(**values))
            return bool(done.rowcount)
        with answering(_NAME):
            try:
                with self.engine.begin() as connection:
                    connection.execute(sa.insert(_DRAFTS).values(**values))
            except IntegrityError:
                return False
        return True

    def remove(self, name: str, version: int) -> bool:
        """Delete a draft."""
        with answering(_NAME), self.engine.begin() as connection:
            gone = connection.execute(sa.delete(_DRAFTS).where(_version_of(name, version)))
        return bool(gone.rowcount)


def _version_of(name: str, version: int) -> sa.ColumnElement[bool]:
    return (_DRAFTS.c.name == name) & (_DRAFTS.c.version == version)


def _draft(row: sa.Row[Any]) -> Draft:
    return Draft(
        name=row.name,
        text=row.text,
        base=row.base,
        version=row.version,
        author=row.author,
        at=row.at,
    )
