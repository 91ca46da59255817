"""Rooms that came to be against the rules: frozen, and free again; invites that end something."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.scene import (
    ALICE,
    BOB,
    CAROL,
    DOCUMENT,
    EVE,
    GAVIN,
    NOTICES,
    Scene,
    policy_of,
)
from tests.apps.synapse.test_event_door import RTC, TEXT, Door, Key, Room, reason
from vedette.core.asks import Act
from vedette.spine import Spine
from vedette.synapse.door import EventDoor
from vedette.synapse.internals.gate import EventView, Inward, Pass, Refused

FREEZE = '\n[standing]\non_breach = "freeze"\n'
NO_MORE = (
    '\n[rules.no-more]\nbetween = ["us", "acme"]\nforbid = ["contact"]\nsay = "Acme: no more."\n'
)
CREATE: Key = ("m.room.create", "")
OURS: dict[Key, Any] = {
    CREATE: {},
    ("m.room.history_visibility", ""): {"history_visibility": "joined"},
    ("m.room.power_levels", ""): {"invite": 50, "users": {ALICE: 100}},
}


def with_acme(settings: dict[Key, Any] | None = None) -> Room:
    return Room({ALICE, BOB, CAROL}, contents=OURS | (settings or {}))


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def door(scene: Scene) -> Door:
    return Door(scene)


def put(scene: Scene, *more: str) -> None:
    scene.policy.policy = policy_of(DOCUMENT + "".join(more))


async def test_nothing_is_said_in_a_frozen_room_and_its_people_read_why(
    scene: Scene, door: Door
) -> None:
    room = with_acme()
    put(scene, FREEZE)
    assert await door.local(ALICE, "m.room.message", TEXT, room) is Pass.PASS
    put(scene, FREEZE, NO_MORE)
    for kind, content in (
        ("m.room.message", TEXT),
        ("m.room.name", {"name": "x"}),
        (RTC, {"a": 1}),
    ):
        key = None if kind == "m.room.message" else ""
        answer = await door.local(ALICE, kind, content, room, state_key=key)
        assert isinstance(answer, Refused), kind
    assert answer.sentence == (
        "Nobody can write in this room at present: it is against your organisation's rules. "
        "Acme: no more."
    )
    said: Any = answer.extra["vedette"]
    assert (said["rule"], said["frozen"]) == ("no-more", True)
    assert door.told[-1][0] == ALICE
    assert "no more" in (door.told[-1][1].say or "")
    assert await door.inbound(CAROL, "m.room.message", TEXT, room) is Inward.EMPTY
    ask, _, decision = scene.audit.kept[-1]
    assert (ask.act, ask.who, decision.rule) == (Act.ROOM_EVENT_SEND, CAROL, "no-more")


async def test_a_frozen_room_is_free_again_when_the_rules_or_its_members_allow_it(
    scene: Scene, door: Door
) -> None:
    put(scene, FREEZE, NO_MORE)
    room = with_acme()
    assert isinstance(await door.local(ALICE, "m.room.message", TEXT, room), Refused)
    put(scene, FREEZE)
    assert await door.local(ALICE, "m.room.message", TEXT, room) is Pass.PASS
    put(scene, FREEZE, NO_MORE)
    without = Room({ALICE, BOB}, contents=OURS)
    assert await door.local(ALICE, "m.room.message", TEXT, without) is Pass.PASS


async def test_a_frozen_room_can_be_left_emptied_and_put_in_order(scene: Scene, door: Door) -> None:
    put(scene, FREEZE, NO_MORE)
    room = with_acme()
    leave = {"membership": "leave"}
    assert await door.local(ALICE, "m.room.member", leave, room, state_key=CAROL) is Pass.PASS
    assert await door.local(BOB, "m.room.member", leave, room, state_key=BOB) is Pass.PASS
    assert await door.local(ALICE, "m.room.redaction", {"redacts": "$x"}, room) is Pass.PASS
    rules = {"join_rule": "invite"}
    assert await door.local(ALICE, "m.room.join_rules", rules, room, state_key="") is Pass.PASS
    assert await door.local(NOTICES, "m.room.message", TEXT, room) is Pass.PASS
    gone = await door.inbound(CAROL, "m.room.member", leave, room, state_key=CAROL)
    assert gone is Pass.PASS


async def test_warning_freezes_nothing(scene: Scene, door: Door) -> None:
    put(scene, NO_MORE)
    assert await door.local(ALICE, "m.room.message", TEXT, with_acme()) is Pass.PASS


async def test_a_kind_of_room_may_want_something_else(scene: Scene, door: Door) -> None:
    kinds = '\n[rooms.project]\non_breach = "freeze"\n'
    put(scene, NO_MORE, kinds)
    project = with_acme({CREATE: {"org.vedette.kind": "project"}})
    assert isinstance(await door.local(ALICE, "m.room.message", TEXT, project), Refused)
    assert await door.local(ALICE, "m.room.message", TEXT, with_acme()) is Pass.PASS


async def test_doubt_freezes_nothing(scene: Scene, door: Door) -> None:
    doubtful = NO_MORE.replace("forbid = [", 'when = ["device.managed = no"]\nforbid = [')
    put(scene, FREEZE, doubtful)
    assert await door.local(ALICE, "m.room.message", TEXT, with_acme()) is Pass.PASS


async def test_a_room_elsewhere_is_frozen_for_us_and_two_of_theirs_are_not_our_matter(
    scene: Scene, door: Door
) -> None:
    put(scene, FREEZE)
    theirs = Room({ALICE, CAROL}, contents={CREATE: {}}, made_by=CAROL)
    assert await door.local(ALICE, "m.room.message", TEXT, theirs) is Pass.PASS
    put(scene, FREEZE, NO_MORE)
    assert isinstance(await door.local(ALICE, "m.room.message", TEXT, theirs), Refused)


async def test_a_room_set_wider_than_it_may_be_is_frozen_only_where_somebody_else_is_in_it(
    scene: Scene, door: Door
) -> None:
    put(scene, FREEZE)
    shared = {("m.room.history_visibility", ""): {"history_visibility": "shared"}}
    inside = Room({ALICE, BOB}, contents={**OURS, **shared})
    assert await door.local(ALICE, "m.room.message", TEXT, inside) is Pass.PASS
    answer = await door.local(ALICE, "m.room.message", TEXT, with_acme(shared))
    assert reason(answer) == "room-history"


INVITE = {"membership": "invite"}


def inviting(scene: Scene) -> tuple[EventDoor, list[tuple[str, str, str]]]:
    said: list[tuple[str, str, str]] = []
    spine: Spine = scene.spine
    return EventDoor(spine, lambda *_: None, lambda *what: said.append(what)), said


async def invite(door: EventDoor, room: Room, whom: str = CAROL, by: str = ALICE) -> object:
    event = EventView(
        room=room.room, kind="m.room.member", sender=by, state_key=whom, content=INVITE
    )
    return await door.local_event(event, room)


async def test_who_invites_and_who_is_there_hear_once_what_ends(scene: Scene) -> None:
    door, said = inviting(scene)
    room = Room({ALICE, BOB}, contents={**OURS, ("m.room.name", ""): {"name": "Heron"}})
    assert await invite(door, room) is Pass.PASS
    assert [who for who, _, _ in said] == [ALICE, BOB]
    (text,) = {words for _, _, words in said}
    assert text == (
        f"With {CAROL} in “Heron”, nobody here can send files, call, share screens or hold "
        "conferences there, until they have left it. With Acme we exchange messages only."
    )


async def test_where_nothing_ends_nobody_hears_anything(scene: Scene) -> None:
    door, said = inviting(scene)
    assert await invite(door, Room({ALICE}, contents=OURS)) is Pass.PASS  # nothing was possible yet
    already = Room({ALICE, BOB, CAROL}, contents=OURS)
    assert await invite(door, already, "@cora:acme.example") is Pass.PASS
    assert await invite(door, Room({ALICE, BOB}, asked={CAROL}, contents=OURS)) is Pass.PASS
    assert said == []


async def test_a_refused_invite_ends_nothing(scene: Scene) -> None:
    door, said = inviting(scene)
    assert isinstance(await invite(door, Room({ALICE, BOB}, contents=OURS), GAVIN), Refused)
    assert isinstance(await invite(door, Room({ALICE, BOB}, contents=OURS), EVE), Refused)
    assert said == []


async def test_an_invite_that_ends_something_may_have_to_be_said_twice(scene: Scene) -> None:
    put(scene, '\n[standing]\nending_invites = "confirm"\n')
    door, said = inviting(scene)
    room = Room({ALICE, BOB}, contents=OURS)
    first = await invite(door, room)
    assert isinstance(first, Refused)
    assert reason(first) == "ends-channels"
    ends: Any = first.extra["vedette"]
    assert ends["ends"] == ["conference", "file", "screen", "video", "voice"]
    assert first.sentence.endswith("Invite once more if you want that.")
    assert said == []
    assert isinstance(await invite(door, room, by=BOB), Refused)  # each says it for themselves
    assert await invite(door, room) is Pass.PASS
    assert [who for who, _, _ in said] == [ALICE, BOB]


async def test_an_invite_that_is_looked_at_twice_confirms_nothing(scene: Scene) -> None:
    confirm = '\n[standing]\nending_invites = "confirm"\n'
    put(scene, confirm)
    door, said = inviting(scene)

    class Moving(Room):
        async def joined(self) -> frozenset[str] | None:
            if not moved:
                moved.append(True)
                put(scene, confirm)  # the same settings again: everything is gathered anew
            return await super().joined()

    moved: list[bool] = []
    room = Moving({ALICE, BOB}, contents=OURS)
    assert isinstance(await invite(door, room), Refused)
    assert moved
    assert said == []
    assert await invite(door, room) is Pass.PASS
    assert [who for who, _, _ in said] == [ALICE, BOB]


async def test_a_confirmation_is_forgotten_after_ten_minutes(scene: Scene) -> None:
    put(scene, '\n[standing]\nending_invites = "confirm"\n')
    door, _ = inviting(scene)
    room = Room({ALICE, BOB}, contents=OURS)
    assert isinstance(await invite(door, room), Refused)
    scene.clock.seconds += 601
    assert isinstance(await invite(door, room), Refused)
    assert await invite(door, room) is Pass.PASS
