"""The command under every change: what a form wants done, as a command and as a call of the API.

A form of the console is read into an `Order` and nothing else. The order says by itself which
`vedette` command and which call of the API do the very same; what is applied is that order. So what
is shown before can't be another thing than what is done after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from vedette.admin.actor import Actor
from vedette.console.desks import Desks
from vedette.core.settings.commands import Call, Step
from vedette.core.trial import Trial
from vedette.ports.policy import Policy

NO_REASON = "…"
"""What stands for the reason until one is typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What an order would do, in sentences. `base` is the revision that it stands on, if on one.

    `commands` are its single changes as commands, where it makes several.
    """

    words: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    widens: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    base: int | None = None
    text: str = ""
    """The document that would be in force, for what it would do at once; empty: the settings stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of an order. `revision` is the new one where the settings changed; with `waits`, the
    id of a change, nothing is changed yet: it is kept until somebody else agrees, or until its hour.
    """

    record: str
    words: tuple[str, ...] = ()
    revision: int | None = None
    trial: Trial | None = None
    """When the new revision returns by itself, unless it is confirmed."""
    doors: tuple[str, ...] = ()
    waits: str = ""
    act: str = ""
    """The id of an act that waits for a second person, and is to be done again."""
    secret: str = field(default="", repr=False)
    """What is to be handed on and is shown only now."""


class Order(Protocol):
    """One thing that somebody wants done."""

    @property
    def reason(self) -> str:
        """Why, for the record."""

    def step(self) -> Step:
        """The command and the call that do it, without the reason."""

    def foresee(self, desks: Desks, policy: Policy) -> Foreseen:
        """What it would do. Raises Rejected where it can't be done as it is."""

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Do it. The use-case asks the rules. Raises Rejected or Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSettings:
    """What every order has that changes no settings: nothing of them is foreseen."""

    reason: str

    def foresee(self, desks: Desks, policy: Policy) -> Foreseen:
        """Nothing of the settings."""
        del desks, policy
        return Foreseen()


def command(order: Order) -> str:
    """The command line that does it, to be pasted into a shell."""
    return order.step().because(order.reason or NO_REASON)


def call(order: Order) -> Call:
    """The call of the API that does it."""
    return order.step().call.because(order.reason or NO_REASON)


Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKind:
    """One kind of order: its name in paths, and how a form is read into it.

    `read` raises Rejected. `back` is the page from which people come and to which they go back.
    `again` is the page that takes the form's fields back where nothing was done, for forms whose
    content would be a loss.
    `back_to` knows a nearer one than `back`, if there is one. `says` is the key of the sentence about
    what it does, for orders that change no settings; their own `says` fills it.
    """

    name: str
    title: str
    read: Callable[[Form], Order]
    back: str
    again: str = ""
    back_to: Callable[[Order], str] | None = None
    says: str = ""

    def whither(self, order: Order) -> str:
        """The page to go back to from this order."""
        return self.back if self.back_to is None else self.back_to(order)


def when(seconds: float) -> str:
    """A moment as pages write it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def reason_of(form: Form) -> str:
    """The reason in a form, without blanks around it; at most what the API takes."""
    return form.get("reason", "").strip()[:500]


def words_of(text: str) -> list[str]:
    """The words of a list that is written with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]
