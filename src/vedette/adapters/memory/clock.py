"""A clock that stands until it is moved."""

from __future__ import annotations

from dataclasses import dataclass

_SECONDS_A_DAY = 86400
_FIRST_DAY = 719163  # date(1970, 1, 1).toordinal()


@dataclass(slots=True)
class MemoryClock:
    """The Clock that tests move by hand."""

    seconds: float = 1_800_000_000.0

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self.seconds

    def today(self) -> int:
        """The day in UTC as an ordinal."""
        return _FIRST_DAY + int(self.seconds) // _SECONDS_A_DAY
