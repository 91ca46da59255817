"""What the event door found of rooms that exist, and control's wish to have them judged again."""

from __future__ import annotations

from typing import Protocol

from vedette.protocol.internal.standing import Report


class RoomReports(Protocol):
    """Shared by the event door, which keeps reports, and control, which reads them and wishes."""

    def keep(self, report: Report) -> None:
        """Replace the report. Raises Unavailable when it can't be kept."""

    def last(self) -> Report | None:
        """The newest report; None before the first, or where it can't be understood.

        Raises:
            Unavailable: it can't be read.
        """

    def wish(self, word: str) -> None:
        """Ask for a sweep; its report repeats `word`. Raises Unavailable."""

    def wished(self) -> str | None:
        """The newest wish, once: None until there is another one. Never raises."""
