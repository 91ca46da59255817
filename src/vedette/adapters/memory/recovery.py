"""How recovery stands, kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from vedette.core.break_glass import Recovery


@dataclass(slots=True)
class MemoryRecovery:
    """The RecoveryState of a test or of one process."""

    kept: Recovery | None = None

    def load(self) -> Recovery | None:
        """How it stands."""
        return self.kept

    def keep(self, recovery: Recovery) -> None:
        """Keep it."""
        self.kept = recovery

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One at a time, since nothing here waits."""
        yield
