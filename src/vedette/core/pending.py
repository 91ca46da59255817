"""A change of the settings that waits, for a second person or its hour, and a table of its states.

INVARIANT: what a change says never changes. Other content is another change with another id, and an
approval carries the hash of the content that it is for, so that it is good for nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from vedette.core.asks import Act
from vedette.core.facts import NOTHING_KNOWN, Facts
from vedette.core.language import Sentence, told
from vedette.core.record import canonical


class State(StrEnum):
    """How a change stands. Only an open one can still become a revision."""

    WAITING = "waiting"
    """It waits for a second person."""
    SCHEDULED = "scheduled"
    """It was allowed, and waits for its hour."""
    APPLIED = "applied"
    """It is a revision."""
    REJECTED = "rejected"
    """Somebody who may has turned it away."""
    WITHDRAWN = "withdrawn"
    """Its author took it back."""
    EXPIRED = "expired"
    """Nobody approved it in time."""
    VOID = "void"
    """It can't be applied any more as it was approved, because something else changed."""


class Event(StrEnum):
    """What can happen to a change."""

    AGREED = "agreed"
    """Asked with those who approved, it is allowed, and its hour has come."""
    AGREED_EARLY = "agreed-early"
    """Asked with those who approved, it is allowed, and its hour is to come."""
    NOT_ENOUGH = "not-enough"
    """Asked with those who approved, it waits for a second person."""
    TURNED_AWAY = "turned-away"
    TAKEN_BACK = "taken-back"
    TIME_OVER = "time-over"
    BASE_MOVED = "base-moved"
    """Another revision is in force than the one that it stands on."""
    REFUSED = "refused"
    """Asked again, it is refused for good."""


STATES: Mapping[State, Sentence] = MappingProxyType(
    {
        State.WAITING: told("waiting"),
        State.SCHEDULED: told("scheduled"),
        State.APPLIED: told("applied"),
        State.REJECTED: told("rejected"),
        State.WITHDRAWN: told("withdrawn"),
        State.EXPIRED: told("expired"),
        State.VOID: told("void"),
    }
)
"""Each state as a word."""

OPEN = frozenset({State.WAITING, State.SCHEDULED})
"""The states that a change can still leave."""

TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.WAITING, Event.AGREED): State.APPLIED,
        (State.WAITING, Event.AGREED_EARLY): State.SCHEDULED,
        (State.WAITING, Event.NOT_ENOUGH): State.WAITING,
        (State.WAITING, Event.TURNED_AWAY): State.REJECTED,
        (State.WAITING, Event.TAKEN_BACK): State.WITHDRAWN,
        (State.WAITING, Event.TIME_OVER): State.EXPIRED,
        (State.WAITING, Event.BASE_MOVED): State.VOID,
        (State.WAITING, Event.REFUSED): State.VOID,
        (State.SCHEDULED, Event.AGREED): State.APPLIED,
        (State.SCHEDULED, Event.AGREED_EARLY): State.SCHEDULED,
        # Somebody who approved has left meanwhile, or the rules want more than they did.
        (State.SCHEDULED, Event.NOT_ENOUGH): State.WAITING,
        (State.SCHEDULED, Event.TURNED_AWAY): State.REJECTED,
        (State.SCHEDULED, Event.TAKEN_BACK): State.WITHDRAWN,
        (State.SCHEDULED, Event.BASE_MOVED): State.VOID,
        (State.SCHEDULED, Event.REFUSED): State.VOID,
    }
)
"""Every transition that there is. What is not listed can't happen."""


CHANGES = frozenset(
    {
        Act.ADMINISTRATION_SETTINGS_APPLY,
        Act.ADMINISTRATION_SETTINGS_RESTORE,
        Act.ADMINISTRATION_PARTNER_CHANGE,
    }
)
"""The acts that make a revision, and that others may therefore approve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChange:
    """One change that was asked for and waits.

    `text` is the whole document on top of the revision `base`, `digest` the hash of its canonical
    model, `token` the id of the token through which `author` asked (empty without one), `signed` what
    was known then of how they had signed in: as that person the change is asked again. `asked`,
    `expires`, `starts` (None: as soon as it may) and `ended` are seconds since 1970 UTC. `why`
    says in sentences what it waits for, `said` how it ended, `revision` which one it became.
    """

    id: str
    text: str
    digest: str
    base: int
    act: Act
    author: str
    token: str
    reason: str
    asked: int
    expires: int
    starts: int | None = None
    why: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    widens: tuple[str, ...] = ()
    signed: Facts = NOTHING_KNOWN
    state: State = State.WAITING
    ended: int | None = None
    said: str = ""
    revision: int | None = None

    @property
    def content(self) -> str:
        """SHA-256 in hex over all that an approval is for."""
        fields = {
            "id": self.id,
            "text": self.text,
            "digest": self.digest,
            "base": self.base,
            "act": self.act.value,
            "author": self.author,
            "reason": self.reason,
            "starts": self.starts,
        }
        return hashlib.sha256(canonical(fields)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's yes to the change or act `change`, to exactly what hashes to `content`.

    `token` is the id of the token through which it was given, `record` that of its permit.
    """

    change: str
    content: str
    person: str
    token: str
    reason: str
    at: int
    record: str


class Awaited(Protocol):
    """What waits for a second person: a change of the settings, or another act."""

    @property
    def id(self) -> str:
        """What it is called."""

    @property
    def content(self) -> str:
        """The hash of all that an approval is for."""

    @property
    def author(self) -> str:
        """Who asked for it."""

    @property
    def asked(self) -> int:
        """When, in seconds since 1970 UTC."""


def counting(change: Awaited, approvals: Iterable[Approval]) -> tuple[Approval, ...]:
    """The approvals that are for exactly this, one per person, never the author's; oldest first."""
    found: dict[str, Approval] = {}
    for each in sorted(approvals, key=lambda one: (one.at, one.person)):
        fits = (each.change, each.content) == (change.id, change.content)
        if fits and each.person != change.author:
            found.setdefault(each.person, each)
    return tuple(found.values())
