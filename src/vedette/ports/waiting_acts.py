"""Where acts are kept that wait for a second person."""

from __future__ import annotations

from typing import Protocol

from vedette.core.pending import Approval
from vedette.core.waiting_acts import WaitingAct


class WaitingActs(Protocol):
    """Keeps acts and approvals for good. Calls are short and may touch the disk.

    Every call raises Unavailable when the store does not answer.
    """

    def add(self, act: WaitingAct) -> None:
        """Keep a new act durably. Its id MUST be new."""

    def get(self, id_: str) -> WaitingAct | None:
        """The act with this id, or None."""

    def waiting(self) -> tuple[WaitingAct, ...]:
        """Every act whose state is that it waits, oldest first."""

    def newest(self, most: int) -> tuple[WaitingAct, ...]:
        """The acts that were asked for last, whatever became of them, newest first."""

    def end(self, act: WaitingAct) -> bool:
        """Keep how an act ended, if it waited until now; else change nothing and say False.

        What it says is never written again.
        """

    def approve(self, approval: Approval) -> bool:
        """Keep an approval durably. False, and nothing is kept, if this person gave one before."""

    def approvals(self, id_: str) -> tuple[Approval, ...]:
        """The approvals of one act, oldest first."""
