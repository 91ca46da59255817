"""Incidents in a list."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class MemoryIncidents:
    """The Incidents that keeps what it is told."""

    reported: list[tuple[BaseException, str]] = field(default_factory=list)

    def report(self, bug: BaseException, during: str) -> None:
        """Keep the bug."""
        self.reported.append((bug, during))
