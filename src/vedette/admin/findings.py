"""What a look at an organisation finds, and how much it matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vedette.core.language import NOTHING, Sentence


class Health(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    WEAK = "weak"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding; `mend` is the command that mends it, or what to do where no command can.

    What other programs say of a fault stands in `words` in their own language.
    """

    check: str
    health: Health
    words: Sentence
    mend: str | None = None
    note: Sentence = NOTHING

    @property
    def mending(self) -> str | None:
        """The command with the note on it, on one line."""
        return f"{self.mend}    ({self.note})" if self.note else self.mend


@dataclass(frozen=True, slots=True)
class Examination:
    """What a look at this host found, and when it was, in seconds since 1970."""

    found: tuple[Found, ...]
    at: float
