"""How a private part of Synapse is replaced, and what is said when it can't be."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from synapse.logging.context import make_deferred_yieldable
from synapse.util.async_helpers import DeferredEvent

from vedette.synapse.internals.rooms import RoomFacts

if TYPE_CHECKING:
    from synapse.server import HomeServer

    from vedette.synapse.internals.gate import FileGate, Gate

Answered = TypeVar("Answered")


class InternalsMismatch(Exception):
    """Synapse's code is not what a wrapper was written for; the message is for operators."""

    def __init__(self, name: str, expected: tuple[str, ...], found: tuple[str, ...] | None) -> None:
        self.name = name
        self.expected = expected
        self.found = found
        there = "nothing" if found is None else f"`({', '.join(found)})`"
        super().__init__(
            f"`{name}` of this Synapse takes {there}, expected `({', '.join(expected)})`; "
            "use a listed Synapse version"
        )


@dataclass(frozen=True, slots=True)
class Installed:
    """A wrapper that is in place."""

    name: str
    holds: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A wrapper that could not be placed: its traffic is refused or dropped instead."""

    name: str
    holds: str
    because: str
    closed: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where wrappers work: one Synapse process, its gates, and who waits for a hold to end."""

    hs: HomeServer
    gate: Gate
    rooms: RoomFacts
    waiting: list[DeferredEvent] = field(default_factory=list)
    files: FileGate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """One private part that is replaced, which traffic it holds, and what happens otherwise.

    `install` MUST check every signature before it replaces anything; `close` MUST use public hooks
    only.
    """

    name: str
    holds: str
    install: Callable[[Place], None]
    close: Callable[[Place], None]
    closed: str


def original(owner: Any, name: str, *expected: str) -> Any:
    """The attribute to be replaced, bound to its owner, if it takes these parameters.

    Raises:
        InternalsMismatch: it is not there, or takes others.
    """
    found = getattr(owner, name, None)
    where = f"{type(owner).__name__}.{name}"
    if found is None:
        raise InternalsMismatch(where, expected, None)
    parameters = tuple(each for each in inspect.signature(found).parameters if each != "self")
    if parameters != expected:
        raise InternalsMismatch(where, expected, parameters)
    return found


async def quietly(
    place: Place, ask: Callable[[], Awaitable[Answered]], otherwise: Answered
) -> Answered:
    """Ask apart from the request at hand; an error is logged by Synapse and counts as `otherwise`.

    For traffic where an error would harm what stands beside it: one ephemeral message that raises
    would fail a partner's whole transaction, and one refused presence a person's whole sync.
    """
    answer = await make_deferred_yieldable(place.hs.run_as_background_process("vedette", ask))
    return otherwise if answer is None else answer
