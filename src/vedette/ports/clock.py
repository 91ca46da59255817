"""The time, asked through a port so that the core and tests never depend on the machine's."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Seconds since 1970-01-01 00:00 UTC."""

    def today(self) -> int:
        """The day in UTC, as `datetime.date.toordinal` counts."""
