"""Where it is kept how recovery stands."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from vedette.core.break_glass import Recovery


class RecoveryState(Protocol):
    """Keeps one `Recovery` on control's host. Every call raises Unavailable on an outage."""

    def load(self) -> Recovery | None:
        """How it stands, or None where no offline code was ever made."""

    def keep(self, recovery: Recovery) -> None:
        """Keep it durably."""

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else keeps anything meanwhile: two codes shown at once are both counted."""
