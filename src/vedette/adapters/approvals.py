"""Approvals of what waits for a second person, in control's database: a table for each kind of it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from vedette.adapters.databases import answering
from vedette.core.pending import Approval

_NAME = "settings"


def approvals_table(name: str, metadata: sa.MetaData) -> sa.Table:
    """The table of this name, as the migrations make it."""
    return sa.Table(
        name,
        metadata,
        sa.Column("change", sa.String(16), primary_key=True),
        sa.Column("person", sa.String(255), primary_key=True),
        sa.Column("content", sa.String(64)),
        sa.Column("token", sa.String(16)),
        sa.Column("reason", sa.Text),
        sa.Column("at", sa.BigInteger),
        sa.Column("record", sa.String(64)),
    )


@dataclass(frozen=True, slots=True)
class SqlApprovals:
    """The approvals in one table."""

    engine: sa.Engine
    table: sa.Table

    def add(self, approval: Approval) -> bool:
        """Insert the approval, unless this person gave one. Raises Unavailable."""
        values = {column.name: getattr(approval, column.name) for column in self.table.columns}
        with answering(_NAME):
            try:
                with self.engine.begin() as connection:
                    connection.execute(sa.insert(self.table).values(**values))
            except IntegrityError:
                return False
        return True

    def of(self, id_: str) -> tuple[Approval, ...]:
        """Those of one change or act, oldest first. Raises Unavailable."""
        wanted = sa.select(self.table).where(self.table.c.change == id_)
        with answering(_NAME), self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        names = [column.name for column in self.table.columns]
        found = (Approval(**{name: getattr(row, name) for name in names}) for row in rows)
        return tuple(sorted(found, key=lambda each: (each.at, each.person)))
