"""Where it is kept which revision is on trial."""

from __future__ import annotations

from typing import Protocol

from vedette.core.trial import Trial


class Trials(Protocol):
    """Keeps the one trial that there may be. Raises Unavailable when the store does not answer."""

    def begin(self, trial: Trial) -> None:
        """Keep a trial durably, in place of another one."""

    def current(self) -> Trial | None:
        """The trial that was begun last and has not ended."""

    def end(self) -> None:
        """Forget it."""
