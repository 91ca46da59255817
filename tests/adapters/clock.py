"""A clock that a test sets."""

from dataclasses import dataclass


@dataclass(slots=True)
class SetClock:
    """The Clock that stands still until it is set."""

    at: float = 1_800_000_000.0

    def now(self) -> float:
        return self.at

    def today(self) -> int:
        return 719163 + int(self.at) // 86400
