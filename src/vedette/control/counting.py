"""Counts of decisions, from the records as the anchor verifies them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from vedette.core.decision import Verdict

HOURS = 24
_HOUR = 3600


@dataclass(slots=True)
class Counts:
    """How many decisions each door made, by answer and reason, since its log began.

    They are as new as the last checkpoint, a minute at most.
    """

    _decisions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _refused: Counter[int] = field(default_factory=Counter)
    """By the hour since 1970."""

    def count(self, process: str, entry: dict[str, Any]) -> None:
        """Take one record."""
        decision = entry.get("decision")
        if isinstance(decision, dict):
            key = (process, str(decision.get("answer")), str(decision.get("reason")))
            told = entry.get("count", 1)
            count = told if isinstance(told, int) else 1
            self._decisions[key] += count
            if key[1] == Verdict.NO.value:
                self._count_refused(entry.get("at"), count)

    def _count_refused(self, at: object, count: int) -> None:
        if isinstance(at, int | float):
            hour = int(at) // _HOUR
            self._refused[hour] += count
            if len(self._refused) > 2 * HOURS:  # older ones are never asked for
                for old in sorted(self._refused)[:-HOURS]:
                    del self._refused[old]

    def refused(self, now: float) -> tuple[int, ...]:
        """How much was refused in each of the last `HOURS` hours, the one that runs last."""
        this = int(now) // _HOUR
        return tuple(self._refused[hour] for hour in range(this - HOURS + 1, this + 1))

    def decisions(self) -> dict[tuple[str, str, str], int]:
        """The counts by door, answer and reason."""
        return dict(self._decisions)
