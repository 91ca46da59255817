"""Acts that wait kept in memory, for tests and for trying things."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vedette.core.pending import Approval
from vedette.core.waiting_acts import ActState, WaitingAct


@dataclass(slots=True)
class MemoryWaitingActs:
    """The WaitingActs that end with the process."""

    _kept: dict[str, WaitingAct] = field(default_factory=dict)
    _approvals: dict[tuple[str, str], Approval] = field(default_factory=dict)

    def add(self, act: WaitingAct) -> None:
        """Keep a new act."""
        self._kept[act.id] = act

    def get(self, id_: str) -> WaitingAct | None:
        """The act with this id."""
        return self._kept.get(id_)

    def waiting(self) -> tuple[WaitingAct, ...]:
        """Every act that waits, oldest first."""
        found = (each for each in self._kept.values() if each.state is ActState.WAITING)
        return tuple(sorted(found, key=_age))

    def newest(self, most: int) -> tuple[WaitingAct, ...]:
        """The newest acts, newest first."""
        return tuple(sorted(self._kept.values(), key=_age, reverse=True)[:most])

    def end(self, act: WaitingAct) -> bool:
        """Keep how an act ended."""
        kept = self._kept.get(act.id)
        if kept is None or kept.state is not ActState.WAITING:
            return False
        self._kept[act.id] = replace(kept, state=act.state, ended=act.ended, said=act.said)
        return True

    def approve(self, approval: Approval) -> bool:
        """Keep an approval."""
        key = (approval.change, approval.person)
        return self._approvals.setdefault(key, approval) is approval

    def approvals(self, id_: str) -> tuple[Approval, ...]:
        """The approvals of one act, oldest first."""
        found = (each for each in self._approvals.values() if each.change == id_)
        return tuple(sorted(found, key=lambda each: (each.at, each.person)))


def _age(act: WaitingAct) -> tuple[int, str]:
    return act.asked, act.id
