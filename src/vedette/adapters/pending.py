"""Waiting changes of the settings, in control's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vedette.adapters.approvals import SqlApprovals, approvals_table
from vedette.adapters.databases import answering
from vedette.core.asks import Act
from vedette.core.facts import Facts, Missing
from vedette.core.language import from_json, to_json
from vedette.core.pending import OPEN, Approval, PendingChange, State
from vedette.core.record import fact_from_json, fact_to_json

_NAME = "settings"
_METADATA = sa.MetaData()
_CHANGES = sa.Table(
    "pending_changes",
    _METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("digest", sa.String(64)),
    sa.Column("base", sa.Integer),
    sa.Column("act", sa.String(64)),
    sa.Column("author", sa.Text),
    sa.Column("token", sa.String(16)),
    sa.Column("reason", sa.Text),
    sa.Column("asked", sa.BigInteger),
    sa.Column("expires", sa.BigInteger),
    sa.Column("starts", sa.BigInteger),
    sa.Column("why", sa.JSON),
    sa.Column("words", sa.JSON),
    sa.Column("commands", sa.JSON),
    sa.Column("widens", sa.JSON),
    sa.Column("signed", sa.JSON),
    sa.Column("state", sa.String(16)),
    sa.Column("ended", sa.BigInteger),
    sa.Column("said", sa.Text),
    sa.Column("revision", sa.Integer),
)
_APPROVALS = approvals_table("change_approvals", _METADATA)
_LISTS = ("why", "words", "commands", "widens")


@dataclass(frozen=True, slots=True)
class SqlPendingChanges:
    """The PendingChanges in the database that `open_database` has opened and migrated."""

    engine: sa.Engine

    def add(self, change: PendingChange) -> None:
        """Insert the change. Raises Unavailable, also where its id is taken."""
        with answering(_NAME), self.engine.begin() as connection:
            connection.execute(sa.insert(_CHANGES).values(**_columns(change)))

    def get(self, id_: str) -> PendingChange | None:
        """The change with this id."""
        with answering(_NAME), self.engine.connect() as connection:
            row = connection.execute(sa.select(_CHANGES).where(_CHANGES.c.id == id_)).first()
        return _change(row) if row else None

    def open(self) -> tuple[PendingChange, ...]:
        """Every open change, oldest first."""
        wanted = sa.select(_CHANGES).where(_CHANGES.c.state.in_([each.value for each in OPEN]))
        with answering(_NAME), self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        # Sorted here: databases differ in how they sort letters.
        return tuple(sorted(map(_change, rows), key=lambda each: (each.asked, each.id)))

    def newest(self, most: int) -> tuple[PendingChange, ...]:
        """The newest changes, newest first."""
        wanted = sa.select(_CHANGES).order_by(_CHANGES.c.asked.desc(), _CHANGES.c.id).limit(most)
        with answering(_NAME), self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        found = map(_change, rows)
        return tuple(sorted(found, key=lambda each: (each.asked, each.id), reverse=True))

    def move(self, change: PendingChange, before: State) -> bool:
        """Update how the change stands, where it stood as `before`."""
        where = (_CHANGES.c.id == change.id) & (_CHANGES.c.state == before.value)
        stands = {
            "state": change.state.value,
            "ended": change.ended,
            "said": change.said,
            "revision": change.revision,
            "why": [to_json(each) for each in change.why],
        }
        with answering(_NAME), self.engine.begin() as connection:
            moved = connection.execute(sa.update(_CHANGES).where(where).values(**stands))
        return bool(moved.rowcount)

    def approve(self, approval: Approval) -> bool:
        """Insert the approval, unless this person gave one."""
        return SqlApprovals(self.engine, _APPROVALS).add(approval)

    def approvals(self, id_: str) -> tuple[Approval, ...]:
        """The approvals of one change, oldest first."""
        return SqlApprovals(self.engine, _APPROVALS).of(id_)


def _columns(change: PendingChange) -> dict[str, Any]:
    values = {column.name: getattr(change, column.name) for column in _CHANGES.columns}
    lists = {name: [to_json(each) for each in values[name]] for name in _LISTS}
    signed = {
        part: {name: fact_to_json(value) for name, value in facts.items()}
        for part, facts in (("known", change.signed.known), ("claims", change.signed.claims))
    }
    words = {"act": change.act.value, "state": change.state.value, "signed": signed}
    return {**values, **lists, **words}


def _change(row: sa.Row[Any]) -> PendingChange:
    values = {column.name: getattr(row, column.name) for column in _CHANGES.columns}
    lists = {name: tuple(map(from_json, values[name])) for name in _LISTS}
    words = {"act": Act(row.act), "state": State(row.state), "signed": _signed(row.signed)}
    return PendingChange(**{**values, **lists, **words})


def _signed(kept: dict[str, Any]) -> Facts:
    known = {name: fact_from_json(value) for name, value in kept["known"].items()}
    said = {name: fact_from_json(value) for name, value in kept["claims"].items()}
    claims = {name: value for name, value in said.items() if not isinstance(value, Missing)}
    return Facts(known, claims)
