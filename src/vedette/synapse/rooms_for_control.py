"""What somebody might do in a room, as control wonders about it: the event door's own ask.

Control has asked its own door and recorded the act before it asks here, by a signed question. What
is answered is gathered on the way of a real event; nothing is settled, nobody is told, and an invite
that is wondered about counts as no first one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synapse.http.server import DirectServeJsonResource

from vedette.core.asks import Ask, Someone
from vedette.core.channels import TOWARDS_ORGANISATION, Channel
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.names import ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.protocol.internal.asked_rooms import (
    ABOUT,
    MOST_KINDS,
    WONDER,
    Missing,
    Present,
    RoomQuestion,
    RoomSeen,
    Wondered,
    question_from_json,
    wondered_to_json,
)
from vedette.protocol.internal.questions import Question, QuestionRefused, read
from vedette.protocol.internal.signing import Verifier
from vedette.synapse.door import EventDoor
from vedette.synapse.gather import Gathered, act_of, is_ours, people
from vedette.synapse.internals.gate import EventView, RoomReader

if TYPE_CHECKING:
    from synapse.http.site import SynapseRequest

Answer = tuple[int, Mapping[str, Any]]
NAME = ("m.room.name", "")
_LONGEST_NAME = 80
_IN_CALLS = "org.matrix.msc3401.call.member"


@dataclass(frozen=True, slots=True)
class RoomsForControl:
    """Answers what control asks, whose public key is `key`."""

    door: EventDoor
    reader: Callable[[str], RoomReader]
    organisation: ServerName
    key: Verifier

    async def answer(self, data: bytes) -> Answer:
        """The status and the JSON for the bytes of a question; never raises.

        200: what would be asked. 400: nothing can be asked like this. 403: the question is not
        control's. 404: there is no such room, or the person is not in it. 503: to be asked again.
        """
        try:
            question = read(ABOUT, data, self.organisation, self.key, self.door.spine.clock.now())
            found = await self.wonder(_asked_about(question))
        except QuestionRefused as refused:
            return 403, {"why": str(refused)}
        except Unavailable as outage:
            return 503, {"why": str(outage)}
        except ValueError as fault:
            return 400, {"why": str(fault)}
        if isinstance(found, Missing):
            return 404, {"missing": found.value}
        return 200, wondered_to_json(found)

    async def wonder(self, question: RoomQuestion) -> Wondered | Missing:
        """What would be asked and answered. Raises Unavailable, and ValueError for no act in rooms."""
        if question.channel in TOWARDS_ORGANISATION:
            raise ValueError(f"`{question.channel}` is nothing that is done in a room")
        policy, room = self.door.spine.policy.current(), self.reader(question.room)
        creator, joined = await room.creator(), await room.joined()
        if creator is None:
            return Missing.ROOM
        comes = question.channel is Channel.CONTACT and question.whom is None
        if joined is not None and question.who not in joined and not comes:
            return Missing.PERSON
        seen = await self._seen(policy, room, creator)
        event = event_of(question, encrypted=seen.encrypted is True)
        asked = await self._asked(policy, question, event, room)
        ask, facts, decision = self._decided(policy, event, asked)
        return Wondered(ask=ask, facts=facts, decision=decision, room=seen)

    async def _asked(
        self, policy: Policy, question: RoomQuestion, event: EventView, room: RoomReader
    ) -> Gathered:
        if question.channel is Channel.PRESENCE:
            return await self.door.glimpsed(policy, question.who, room)
        return await self.door.wondered(policy, event, question.channel, room)

    def _decided(
        self, policy: Policy, event: EventView, asked: Gathered
    ) -> tuple[Ask, Facts, Decision]:
        if isinstance(asked, Decision):
            return Ask(act=act_of(event), who=event.sender, where=event.room), Facts(), asked
        ask, facts = asked
        today = self.door.spine.clock.today()
        return ask, facts.on(today), policy.decide(ask, facts, today)

    async def _seen(self, policy: Policy, room: RoomReader, creator: str) -> RoomSeen:
        """What may be told of a room to whoever may know who is in it."""
        facts = await self.door.rooms.room(policy.directory, room)
        name = (await room.state(NAME) or {}).get(NAME, {}).get("name")
        joined, invited = await room.joined(), await room.invited()
        kinds = [] if joined is None or invited is None else _kinds(policy, joined | invited)
        return RoomSeen(
            room=room.room,
            name=name[:_LONGEST_NAME] if isinstance(name, str) and name else None,
            owner=creator.partition(":")[2],
            ours=is_ours(policy.directory, creator),
            kind=facts.kind,
            encrypted=facts.encrypted,
            frozen=self.door.is_frozen(policy, facts, room.room),
            here=tuple(kinds[:MOST_KINDS]),
            more=len(kinds) > MOST_KINDS,
        )


def _asked_about(question: Question) -> RoomQuestion:
    if question.do != WONDER:
        raise ValueError(f"nothing is called `{question.do}`")
    return question_from_json(question.body)


def event_of(question: RoomQuestion, *, encrypted: bool) -> EventView:
    """The event that clients send for it; content that nobody wrote stands in for what they write."""
    kind, state_key, content = "m.room.message", None, dict[str, object](msgtype="m.text", body="…")
    if question.channel is Channel.CONTACT:
        kind, state_key = "m.room.member", str(question.whom or question.who)
        content = {"membership": "join" if question.whom is None else "invite"}
    elif question.channel is Channel.CONFERENCE:
        kind, state_key, content = _IN_CALLS, str(question.who), {"application": "m.call"}
    elif encrypted:
        kind, content = "m.room.encrypted", {"ciphertext": "…"}
    return EventView(
        room=question.room,
        kind=kind,
        sender=question.who,
        state_key=state_key,
        content=content,
    )


def _kinds(policy: Policy, users: frozenset[str]) -> list[Present]:
    """Who is there, by what the rules can tell apart: the most of them first."""
    here = people(policy.directory, sorted(users))
    counts = Counter(each.kind for each in here)
    examples: dict[object, Someone] = {}
    for each in here:
        examples.setdefault(each.kind, each)
    return [
        Present(
            parties=tuple(sorted(kind[0])),
            example=examples[kind].name,
            ours=kind[2],
            count=count,
        )
        for kind, count in sorted(
            counts.items(), key=lambda each: (-each[1], examples[each[0]].name)
        )
    ]


class Rooms(DirectServeJsonResource):
    """Answers `POST <PATH>` on Synapse's own socket."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, rooms: RoomsForControl) -> None:
        """Answer by `rooms`."""
        super().__init__()
        self._rooms = rooms

    async def _async_render_POST(self, request: SynapseRequest) -> Answer:  # noqa: N802
        body = request.content
        return await self._rooms.answer(body.read() if body is not None else b"")
