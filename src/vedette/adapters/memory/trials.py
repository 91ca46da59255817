"""The trial of a revision kept in memory, for tests and for trying things."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.core.trial import Trial


@dataclass(slots=True)
class MemoryTrials:
    """The Trials that end with the process."""

    _kept: Trial | None = None

    def begin(self, trial: Trial) -> None:
        """Keep a trial."""
        self._kept = trial

    def current(self) -> Trial | None:
        """The one that was begun last."""
        return self._kept

    def end(self) -> None:
        """Forget it."""
        self._kept = None
