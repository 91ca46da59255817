"""Acts that wait for a second person, in control's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vedette.adapters.approvals import SqlApprovals, approvals_table
from vedette.adapters.databases import answering
from vedette.core.asks import Act
from vedette.core.pending import Approval
from vedette.core.waiting_acts import ActState, WaitingAct

_NAME = "settings"
_METADATA = sa.MetaData()
_ACTS = sa.Table(
    "waiting_acts",
    _METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("act", sa.String(64)),
    sa.Column("author", sa.Text),
    sa.Column("token", sa.String(16)),
    sa.Column("over", sa.Text),
    sa.Column("what", sa.Text),
    sa.Column("more", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("asked", sa.BigInteger),
    sa.Column("expires", sa.BigInteger),
    sa.Column("record", sa.String(64)),
    sa.Column("state", sa.String(16)),
    sa.Column("ended", sa.BigInteger),
    sa.Column("said", sa.Text),
)
_APPROVALS = approvals_table("act_approvals", _METADATA)
_WAITING = ActState.WAITING.value


@dataclass(frozen=True, slots=True)
class SqlWaitingActs:
    """The WaitingActs in the database that `open_database` has opened and migrated."""

    engine: sa.Engine

    def add(self, act: WaitingAct) -> None:
        """Insert the act. Raises Unavailable, also where its id is taken."""
        values = {column.name: getattr(act, column.name) for column in _ACTS.columns}
        words = {"act": act.act.value, "state": act.state.value}
        with answering(_NAME), self.engine.begin() as connection:
            connection.execute(sa.insert(_ACTS).values(**{**values, **words}))

    def get(self, id_: str) -> WaitingAct | None:
        """The act with this id."""
        with answering(_NAME), self.engine.connect() as connection:
            row = connection.execute(sa.select(_ACTS).where(_ACTS.c.id == id_)).first()
        return _act(row) if row else None

    def waiting(self) -> tuple[WaitingAct, ...]:
        """Every act that waits, oldest first."""
        with answering(_NAME), self.engine.connect() as connection:
            rows = connection.execute(sa.select(_ACTS).where(_ACTS.c.state == _WAITING)).all()
        # Sorted here: databases differ in how they sort letters.
        return tuple(sorted(map(_act, rows), key=lambda each: (each.asked, each.id)))

    def newest(self, most: int) -> tuple[WaitingAct, ...]:
        """The newest acts, newest first."""
        wanted = sa.select(_ACTS).order_by(_ACTS.c.asked.desc(), _ACTS.c.id).limit(most)
        with answering(_NAME), self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return tuple(sorted(map(_act, rows), key=lambda each: (each.asked, each.id), reverse=True))

    def end(self, act: WaitingAct) -> bool:
        """Update how the act ended, where it waited."""
        where = (_ACTS.c.id == act.id) & (_ACTS.c.state == _WAITING)
        stands = {"state": act.state.value, "ended": act.ended, "said": act.said}
        with answering(_NAME), self.engine.begin() as connection:
            moved = connection.execute(sa.update(_ACTS).where(where).values(**stands))
        return bool(moved.rowcount)

    def approve(self, approval: Approval) -> bool:
        """Insert the approval, unless this person gave one."""
        return SqlApprovals(self.engine, _APPROVALS).add(approval)

    def approvals(self, id_: str) -> tuple[Approval, ...]:
        """The approvals of one act, oldest first."""
        return SqlApprovals(self.engine, _APPROVALS).of(id_)


def _act(row: sa.Row[Any]) -> WaitingAct:
    values = {column.name: getattr(row, column.name) for column in _ACTS.columns}
    return WaitingAct(**{**values, "act": Act(row.act), "state": ActState(row.state)})
