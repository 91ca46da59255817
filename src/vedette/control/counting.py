"""Counts of decisions, from the records as the anchor verifies them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Counts:
    """How many decisions each door made, by answer and reason, since its log began.

    They are as new as the last checkpoint, a minute at most.
    """

    _decisions: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def count(self, process: str, entry: dict[str, Any]) -> None:
        """Take one record."""
        decision = entry.get("decision")
        if isinstance(decision, dict):
            key = (process, str(decision.get("answer")), str(decision.get("reason")))
            count = entry.get("count", 1)
            self._decisions[key] += count if isinstance(count, int) else 1

    def decisions(self) -> dict[tuple[str, str, str], int]:
        """The counts by door, answer and reason."""
        return dict(self._decisions)
