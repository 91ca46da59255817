"""Waiting changes kept in memory, for tests and for trying things."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vedette.core.pending import OPEN, Approval, PendingChange, State


@dataclass(slots=True)
class MemoryPendingChanges:
    """The PendingChanges that end with the process."""

    _kept: dict[str, PendingChange] = field(default_factory=dict)
    _approvals: dict[tuple[str, str], Approval] = field(default_factory=dict)

    def add(self, change: PendingChange) -> None:
        """Keep a new change."""
        self._kept[change.id] = change

    def get(self, id_: str) -> PendingChange | None:
        """The change with this id."""
        return self._kept.get(id_)

    def open(self) -> tuple[PendingChange, ...]:
        """Every open change, oldest first."""
        found = (each for each in self._kept.values() if each.state in OPEN)
        return tuple(sorted(found, key=_age))

    def newest(self, most: int) -> tuple[PendingChange, ...]:
        """The newest changes, newest first."""
        return tuple(sorted(self._kept.values(), key=_age, reverse=True)[:most])

    def move(self, change: PendingChange, before: State) -> bool:
        """Keep how a change stands now."""
        kept = self._kept.get(change.id)
        if kept is None or kept.state is not before:
            return False
        self._kept[change.id] = replace(
            kept,
            state=change.state,
            ended=change.ended,
            said=change.said,
            revision=change.revision,
            why=change.why,
        )
        return True

    def approve(self, approval: Approval) -> bool:
        """Keep an approval."""
        key = (approval.change, approval.person)
        return self._approvals.setdefault(key, approval) is approval

    def approvals(self, id_: str) -> tuple[Approval, ...]:
        """The approvals of one change, oldest first."""
        found = (each for each in self._approvals.values() if each.change == id_)
        return tuple(sorted(found, key=lambda each: (each.at, each.person)))


def _age(change: PendingChange) -> tuple[int, str]:
    return change.asked, change.id
