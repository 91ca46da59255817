"""Where bugs are reported."""

from __future__ import annotations

from typing import Protocol


class Incidents(Protocol):
    """Told of every error that is neither a refusal nor an outage."""

    def report(self, bug: BaseException, during: str) -> None:
        """Keep the bug with its traceback. Never raises."""
