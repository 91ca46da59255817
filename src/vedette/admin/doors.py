"""What the doors answer when something new is sent to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from vedette.core.language import Sentence, told
from vedette.core.revision import Revision
from vedette.core.settings.document import Document


class DoorState(StrEnum):
    """How a door stands towards what it was sent."""

    IN_FORCE = "in force"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorAnswer:
    """One door's answer. `milliseconds` is how long it took, `why` what it said when it refused.

    `about` says what was sent where that is not the settings of `revision`.
    """

    door: str
    state: DoorState
    revision: int
    milliseconds: int | None = None
    why: str | None = None
    about: str = ""

    def __str__(self) -> str:
        return str(self.words)

    @property
    def words(self) -> Sentence:
        """The whole answer."""
        sent = self.about or told("revision {revision}", revision=self.revision)
        match self.state:
            case DoorState.IN_FORCE if self.milliseconds is None:
                return told("{door}: {sent} in force", door=self.door, sent=sent)
            case DoorState.IN_FORCE:
                return told(
                    "{door}: {sent} in force after {milliseconds} ms",
                    door=self.door,
                    sent=sent,
                    milliseconds=self.milliseconds,
                )
            case DoorState.REFUSED:
                return told(
                    "{door}: refused {sent}: {why}", door=self.door, sent=sent, why=self.why
                )
            case DoorState.SILENT:
                return told(
                    "{door}: no answer yet; it goes on with what it had, and takes {sent} as soon as "
                    "it runs",
                    door=self.door,
                    sent=sent,
                )


Announce = Callable[[Revision, Document], Awaitable[tuple[DoorAnswer, ...]]]
"""Sends a new revision to every door and returns their answers within a second."""
