"""What somebody might do in a room, as control wonders about it: the answer is the real event's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps.rooms import Homeserver, listening
from tests.apps.scene import (
    ALICE,
    BOB,
    CAROL,
    DOCUMENT,
    EVE,
    GAVIN,
    NOTICES,
    OTTO,
    policy_of,
)
from tests.apps.synapse.test_event_door import CIPHER, ENCRYPTED, ROOM, RTC, TEXT, Room
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.adapters.synapse_questions import SynapseQuestions
from vedette.adapters.synapse_rooms import SynapseAskedRooms
from vedette.core.channels import Channel
from vedette.core.decision import Decision
from vedette.core.names import RoomId, ServerName, UserId
from vedette.core.reasons import Reason
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.asked_rooms import (
    ABOUT,
    Missing,
    RoomQuestion,
    Wondered,
    question_to_json,
)
from vedette.protocol.internal.questions import Question, ask
from vedette.synapse.internals.gate import During, EventView

KEY = Ed25519PrivateKey.generate()
PEOPLE = (ALICE, BOB, EVE, CAROL, GAVIN, OTTO, NOTICES)
FROZEN = DOCUMENT + '\n[standing]\non_breach = "freeze"\n'
CREATE = ("m.room.create", "")
CONFIRM = DOCUMENT + '\n[standing]\nending_invites = "confirm"\n'


def homeserver(document: str = DOCUMENT) -> Homeserver:
    return Homeserver(MemoryPolicy(policy_of(document)), MemoryClock(), KEY.public_key())


def question(who: UserId, channel: Channel, whom: UserId | None = None) -> RoomQuestion:
    return RoomQuestion(room=RoomId(ROOM), who=who, channel=channel, whom=whom)


async def wondered(here: Homeserver, asked: RoomQuestion) -> Wondered:
    found = await here.asked.wonder(asked)
    assert isinstance(found, Wondered), found
    return found


def of_event(here: Homeserver) -> Decision:
    """What was decided of the last real event."""
    return here.audit.kept[-1][2]


async def happens(here: Homeserver, event: EventView, room: Room) -> Decision:
    """What is decided of an event that really comes."""
    if event.sender.endswith(":example.org"):
        await here.door.local_event(event, room)
    else:
        during = During.JOIN if event.membership == "join" else During.SEND
        await here.door.inbound_event(event, event.sender.partition(":")[2], during, room)
    return of_event(here)


def said(who: str, room: Room) -> EventView:
    plain = ("m.room.encryption", "") not in room.contents
    kind, content = ("m.room.message", TEXT) if plain else ("m.room.encrypted", CIPHER)
    return EventView(room=ROOM, kind=kind, sender=who, state_key=None, content=content)


def membership(who: str, whom: str, how: str) -> EventView:
    return EventView(
        room=ROOM,
        kind="m.room.member",
        sender=who,
        state_key=whom,
        content={"membership": how},
    )


rooms = st.builds(
    Room,
    members=st.sets(st.sampled_from(PEOPLE), min_size=1).map(set),
    asked=st.sets(st.sampled_from(PEOPLE)).map(set),
    contents=st.sampled_from(
        [{}, ENCRYPTED, {CREATE: {"org.vedette.kind": "board"}}, {CREATE: {}, **ENCRYPTED}]
    ),
    made_by=st.sampled_from([ALICE, CAROL, NOTICES]),
)


@pytest.mark.parametrize(
    "document", [DOCUMENT, FROZEN, CONFIRM], ids=["plain", "frozen", "confirm"]
)
async def test_the_answer_is_that_of_the_real_event_whoever_is_there(document: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(room=rooms, who=st.sampled_from(PEOPLE), whom=st.sampled_from(PEOPLE))
    def agree(room: Room, who: UserId, whom: UserId) -> None:
        async def both() -> None:
            assert room.members is not None
            for channel, event in (
                (Channel.MESSAGE, said(who, room)),
                (
                    Channel.CONFERENCE,
                    replace(said(who, room), kind=RTC, state_key=who, content={"application": "x"}),
                ),
            ):
                here = homeserver(document)
                here.has(room)
                found = await here.asked.wonder(question(who, channel))
                if who not in room.members:
                    assert found is Missing.PERSON
                    continue
                assert isinstance(found, Wondered)
                assert not here.audit.kept, "nothing is recorded of what is only wondered about"
                assert found.decision == await happens(here, event, room)
            comes = homeserver(document)
            comes.has(room)
            found = await wondered(comes, question(who, Channel.CONTACT))
            assert found.decision == await happens(comes, membership(who, who, "join"), room)
            if who in room.members:
                asks = homeserver(document)
                asks.has(room)
                found = await wondered(asks, question(who, Channel.CONTACT, whom))
                assert found.decision == await happens(asks, membership(who, whom, "invite"), room)

        _run(both())

    agree()


def _run(doing) -> None:  # type: ignore[no-untyped-def]
    """Everything here is done at once: nothing of the event door's path waits for anything."""
    try:
        doing.send(None)
    except StopIteration:
        return
    raise AssertionError("the event door waited for something")


async def test_a_third_participant_decides_for_everybody() -> None:
    here, room = homeserver(), Room({ALICE, BOB})
    here.has(room)
    assert (
        await wondered(here, question(ALICE, Channel.MESSAGE))
    ).decision.reason is Reason.ALLOWED
    room.members = {ALICE, BOB, OTTO}
    found = await wondered(here, question(ALICE, Channel.MESSAGE))
    assert (found.decision.reason, found.decision.towards) == (Reason.NO_RULE, OTTO)
    there = {each.example: (each.count, each.ours) for each in found.room.here}
    assert there == {ALICE: (1, True), BOB: (1, True), OTTO: (1, False)}


async def test_what_is_told_of_a_room_is_what_the_event_door_knows() -> None:
    here = homeserver(FROZEN)
    contents = {CREATE: {"org.vedette.kind": "board"}, ("m.room.name", ""): {"name": "Board"}}
    here.has(Room({ALICE, BOB}, contents={**contents, **ENCRYPTED}))
    room = (await wondered(here, question(ALICE, Channel.MESSAGE))).room
    assert (room.name, room.kind, room.encrypted, room.ours) == ("Board", "board", True, True)
    assert room.frozen, "bob is none of those whom this kind of room is for"
    here.has(Room({ALICE, CAROL}, made_by=CAROL, contents=contents))
    room = (await wondered(here, question(ALICE, Channel.MESSAGE))).room
    assert (room.owner, room.ours, room.kind) == ("acme.example", False, None)


async def test_a_room_that_still_loads_is_asked_about_with_members_unknown() -> None:
    here = homeserver()
    here.has(Room(None, made_by=CAROL))
    found = await wondered(here, question(ALICE, Channel.MESSAGE))
    assert (found.decision.reason, found.room.here) == (Reason.MEMBERS_UNKNOWN, ())


async def test_an_invite_that_was_only_wondered_about_counts_as_no_first_one() -> None:
    here, room = homeserver(CONFIRM), Room({ALICE, BOB})
    here.has(room)
    for _ in range(2):
        found = await wondered(here, question(ALICE, Channel.CONTACT, CAROL))
        assert found.decision.reason is Reason.ENDS_CHANNELS
    await here.door.local_event(membership(ALICE, CAROL, "invite"), room)
    assert of_event(here).reason is Reason.ENDS_CHANNELS
    await here.door.local_event(membership(ALICE, CAROL, "invite"), room)
    assert of_event(here).reason is Reason.ALLOWED


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Homeserver, SynapseAskedRooms]]:
    here = homeserver()
    clock = MemoryClock()
    asked = SynapseQuestions(tmp_path / "s", ServerName("example.org"), KEY, clock)
    with listening(here, tmp_path / "s"):
        yield here, SynapseAskedRooms(asked)


async def test_control_hears_over_the_socket_what_the_event_door_said(
    served: tuple[Homeserver, SynapseAskedRooms],
) -> None:
    here, rooms_ = served
    asked = question(ALICE, Channel.MESSAGE)
    assert await rooms_.wonder(asked) is Missing.ROOM
    here.has(Room({BOB}))
    assert await rooms_.wonder(asked) is Missing.PERSON
    here.has(Room({ALICE, BOB}))
    assert await rooms_.wonder(asked) == await here.asked.wonder(asked)
    with pytest.raises(Unavailable, match="nothing that is done in a room"):
        await rooms_.wonder(question(ALICE, Channel.ADMINISTER))


async def test_only_control_is_answered(served: tuple[Homeserver, SynapseAskedRooms]) -> None:
    here, _ = served
    here.has(Room({ALICE, BOB}))
    now = int(MemoryClock().now())
    body = question_to_json(question(ALICE, Channel.MESSAGE))
    good = Question(organisation="example.org", do="wonder", issued=now, body=body)
    assert (await here.asked.answer(ask(ABOUT, good, KEY)))[0] == 200
    for forged in (
        ask(ABOUT, good, Ed25519PrivateKey.generate()),
        ask("files", good, KEY),
        ask(ABOUT, replace(good, issued=now - 61), KEY),
        ask(ABOUT, replace(good, organisation="acme.example"), KEY),
        b"",
    ):
        assert (await here.asked.answer(forged))[0] == 403
    for strange in ({**body, "room": "#a:b"}, {**body, "channel": "mail"}, {}):
        assert (await here.asked.answer(ask(ABOUT, replace(good, body=strange), KEY)))[0] == 400
    assert (await here.asked.answer(ask(ABOUT, replace(good, do="list"), KEY)))[0] == 400


async def test_a_synapse_that_is_away_is_away(tmp_path: Path) -> None:
    asked = SynapseQuestions(tmp_path / "nobody", ServerName("example.org"), KEY, MemoryClock())
    with pytest.raises(Unavailable, match="does not answer"):
        await SynapseAskedRooms(asked).wonder(question(ALICE, Channel.MESSAGE))
