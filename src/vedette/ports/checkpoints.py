"""Where signed checkpoints of the audit chains are kept."""

from __future__ import annotations

from typing import Protocol


class Checkpoints(Protocol):
    """An append-only list of signed lines."""

    def append(self, line: bytes) -> None:
        """Keep one line durably. Raises Unavailable."""

    def last(self) -> bytes | None:
        """The last whole line, or None. Raises Unavailable."""
