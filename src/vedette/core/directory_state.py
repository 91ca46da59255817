"""How the list of people stands towards the company's directory, for whoever looks after it."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.core.language import Sentence, told

ALWAYS = 5
"""So many people may always go."""


def lost_everything(before: frozenset[str], now: frozenset[str]) -> bool:
    """Whether no group is left where there were some, or nothing that attributes say (`name=value`)."""
    return any(
        any(("=" in each) is said for each in before)
        and not any(("=" in each) is said for each in now)
        for said in (False, True)
    )


def too_many(taken: int, of: int, percent: int) -> bool:
    """Whether a list that takes away so many of so many active people is held."""
    return taken > ALWAYS and taken * 100 > percent * of


@dataclass(frozen=True, slots=True)
class Held:
    """A list that was not taken since it would take too many people away, and waits for a word."""

    taken: int
    of: int
    some: tuple[str, ...]
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryState:
    """All times are seconds since 1970; None for what never was.

    `seen_at` is when the directory was last known to be as the list has it, `changed_at` when it
    last told a change. `follows` says why changes do not come by themselves, or is empty.
    """

    server: str = ""
    read_at: float | None = None
    read_seconds: float = 0.0
    changed_at: float | None = None
    seen_at: float | None = None
    people: int = 0
    active: int = 0
    guests: int = 0
    groups: int = 0
    left_out: tuple[str, ...] = ()
    trouble: str = ""
    trouble_since: float | None = None
    follows: str = ""
    held: Held | None = None

    def lag(self, now: float) -> float | None:
        """How many seconds old the newest certain knowledge is; None before there was any."""
        return None if self.seen_at is None else max(0.0, now - self.seen_at)

    def sentences(self) -> tuple[Sentence, ...]:
        """What is wrong, for the overview and the log; empty when nothing is."""
        found = []
        if self.trouble:
            found.append(
                told(
                    "the company's directory does not answer, and people are as it told them last: "
                    "{why}",
                    why=self.trouble,
                )
            )
        if self.held is not None:
            found.append(
                told(
                    "the directory's new list would take away {taken} of {of} people at once, so the "
                    "last good one stays in force, and whoever is new or enabled again waits too; look "
                    "at them and confirm with `vedette directory sync --confirm`",
                    taken=self.held.taken,
                    of=self.held.of,
                )
            )
        return tuple(found)
