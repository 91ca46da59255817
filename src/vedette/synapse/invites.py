"""Invites and joins of people here that end something for those who are in the room already."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from vedette.core.decision import Verdict
from vedette.core.explain import sentence_about_ended_channels
from vedette.core.names import InvalidName, UserId
from vedette.core.people import Directory
from vedette.core.reasons import Reason
from vedette.ports.clock import Clock
from vedette.ports.policy import Policy
from vedette.spine import Permit, Settled, refuse
from vedette.synapse.ending import Confirmations, Ending, ending
from vedette.synapse.gather import Gathered, RoomGather, is_ours
from vedette.synapse.internals.gate import EventView, RoomReader

Say = Callable[[str, str, str], None]
"""Tells a person (user id) something `about` a subject, by the notice account."""

NAME = ("m.room.name", "")
_MOST_TOLD = 200
"""Members who are told of one invite, at most."""


def silent(person: str, about: str, text: str) -> None:
    """Tell nobody."""
    del person, about, text


@dataclass(slots=True)
class Noticed:
    """What came up while an event was looked at, for what is said about it afterwards."""

    frozen: bool = False
    ending: Ending | None = None
    about: str = ""
    text: str = ""
    tell: tuple[str, ...] = ()


NOTHING_NOTICED = Noticed()


@dataclass(frozen=True, slots=True)
class Invites:
    """Looks at invites and joins that the rules would let pass."""

    rooms: RoomGather
    say: Say
    clock: Clock
    _confirmations: Confirmations = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nobody asked."""
        object.__setattr__(self, "_confirmations", Confirmations(self.clock))

    async def look(
        self, policy: Policy, event: EventView, room: RoomReader, asked: Gathered, noticed: Noticed
    ) -> Gathered:
        """What is to be asked: the same, or a refusal that wants the invite once more.

        1. Only what the rules allow is looked at. 2. Whoever is in the room already, or was invited,
        ends nothing by coming.
        """
        if not _would_pass(policy, asked):  # (1)
            return asked
        newcomer = _newcomer(policy.directory, event)
        joined, invited = await room.joined(), await room.invited()
        if newcomer is None or joined is None or newcomer in (joined | (invited or frozenset())):
            return asked  # (2)
        facts = await self.rooms.room(policy.directory, room)
        found = ending(policy, facts, policy.directory.someone(newcomer))
        if found is None:
            return asked
        name = await _name(room)
        noticed.ending = found
        noticed.text = sentence_about_ended_channels(newcomer, name, found.channels, found.say)
        noticed.about = f"{event.room} {newcomer}"
        here = (user for user in sorted(joined) if is_ours(policy.directory, user))
        noticed.tell = _some(here, event.sender)
        return self._confirmed(policy, event, asked, noticed, found)

    def _confirmed(
        self, policy: Policy, event: EventView, asked: Gathered, noticed: Noticed, found: Ending
    ) -> Gathered:
        wanted = policy.directory.document.standing.ending_invites == "confirm"
        if not wanted or event.membership != "invite":
            return asked
        if self._confirmations.given(*_invite(event), found):
            return asked
        no = refuse(policy, Reason.ENDS_CHANNELS, event.state_key or "")
        return replace(no, say=f"{noticed.text} Invite once more if you want that.")

    def told(self, event: EventView, settled: Settled, noticed: Noticed) -> None:
        """Tell the inviter and the members what ends, or remember that the inviter was asked.

        Called once it is settled.
        """
        if noticed.ending is None:
            return
        if isinstance(settled, Permit):
            self._confirmations.forget(*_invite(event))
            for person in noticed.tell:
                self.say(person, noticed.about, noticed.text)
        elif settled.decision.reason is Reason.ENDS_CHANNELS:
            self._confirmations.remember(*_invite(event), noticed.ending)


def _would_pass(policy: Policy, asked: Gathered) -> bool:
    if not isinstance(asked, tuple):
        return False
    ask, facts = asked
    return policy.decide(ask, facts, policy.directory.today).verdict is Verdict.YES


def _invite(event: EventView) -> tuple[str, str, str]:
    """Who invites, to which room, and whom."""
    return event.sender, event.room, event.state_key or ""


def _newcomer(directory: Directory, event: EventView) -> UserId | None:
    try:
        found = UserId(event.state_key or "")
    except InvalidName:
        return None
    return None if directory.is_service(found) else found


async def _name(room: RoomReader) -> str:
    content = (await room.state(NAME) or {}).get(NAME, {})
    name = content.get("name")
    return f"“{name[:80]}”" if isinstance(name, str) and name else "this room"


def _some(people: Iterable[str], first: str) -> tuple[str, ...]:
    """The one who did it, then the others, as many as are told at most."""
    return tuple(dict.fromkeys([first, *people]))[:_MOST_TOLD]
