"""Where changes of the settings are kept that wait for a second person."""

from __future__ import annotations

from typing import Protocol

from vedette.core.pending import Approval, PendingChange, State


class PendingChanges(Protocol):
    """Keeps changes and approvals for good. Calls are short and may touch the disk.

    Every call raises Unavailable when the store does not answer.
    """

    def add(self, change: PendingChange) -> None:
        """Keep a new change durably. Its id MUST be new."""

    def get(self, id_: str) -> PendingChange | None:
        """The change with this id, or None."""

    def open(self) -> tuple[PendingChange, ...]:
        """Every change that can still become a revision, oldest first."""

    def newest(self, most: int) -> tuple[PendingChange, ...]:
        """The changes that were asked for last, open or not, newest first."""

    def move(self, change: PendingChange, before: State) -> bool:
        """Keep how a change stands now, if it stood as `before`; else change nothing and say False.

        What it says is never written again.
        """

    def approve(self, approval: Approval) -> bool:
        """Keep an approval durably. False, and nothing is kept, if this person gave one before."""

    def approvals(self, id_: str) -> tuple[Approval, ...]:
        """The approvals of one change, oldest first."""
