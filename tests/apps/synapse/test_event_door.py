"""The event door, asked what Synapse would ask it and answered by real rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    OTTO,
    Scene,
    policy_of,
)
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.holding import EPHEMERAL
from vedette.synapse.door import EventDoor
from vedette.synapse.gather import EventGather
from vedette.synapse.internals.ephemeral import THINNERS
from vedette.synapse.internals.gate import (
    During,
    EventView,
    Glance,
    Inward,
    Pass,
    Refused,
    RoomForm,
)

ROOM = "!room:example.org"
Key = tuple[str, str]


@dataclass
class Room:
    """A room as the wrappers read it."""

    members: set[str] | None
    asked: set[str] = field(default_factory=set)
    contents: dict[Key, Mapping[str, object]] = field(default_factory=dict)
    made_by: str | None = ALICE
    room: str = ROOM

    async def joined(self) -> frozenset[str] | None:
        return None if self.members is None else frozenset(self.members)

    async def invited(self) -> frozenset[str] | None:
        return None if self.members is None else frozenset(self.asked)

    async def servers(self) -> frozenset[str]:
        return frozenset({"acme.example"})

    async def state(self, *keys: Key) -> Mapping[Key, Mapping[str, object]] | None:
        return {key: self.contents[key] for key in keys if key in self.contents}

    async def version(self) -> str | None:
        return "11"

    async def sender_of(self, event_id: str) -> str | None:
        return None

    async def creator(self) -> str | None:
        return self.made_by


MEGOLM = {"algorithm": "m.megolm.v1.aes-sha2"}
ENCRYPTED = {("m.room.encryption", ""): MEGOLM}


@dataclass
class Door:
    scene: Scene
    told: list[tuple[str, Decision, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.door = EventDoor(self.scene.spine, lambda *what: self.told.append(what))

    async def local(
        self, sender: str, kind: str, content: Mapping[str, object], room: Room, *,
        state_key: str | None = None, template: bool = False,
    ) -> object:  # fmt: skip
        event = EventView(
            room=ROOM,
            kind=kind,
            sender=sender,
            state_key=state_key,
            content=content,
            template=template,
        )
        return await self.door.local_event(event, room)

    async def inbound(
        self, sender: str, kind: str, content: Mapping[str, object], room: Room, *,
        state_key: str | None = None, during: During = During.SEND,
    ) -> object:  # fmt: skip
        event = EventView(room=ROOM, kind=kind, sender=sender, state_key=state_key, content=content)
        return await self.door.inbound_event(event, sender.partition(":")[2], during, room)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def door(scene: Scene) -> Door:
    return Door(scene)


TEXT = {"msgtype": "m.text", "body": "hello"}
PDF = {
    "msgtype": "m.file",
    "body": "a.pdf",
    "url": "mxc://x/y",
    "info": {"mimetype": "application/pdf"},
}
CALL = {"call_id": "1", "offer": {"type": "offer", "sdp": "v=0\r\nm=audio 9 UDP\r\n"}}
CIPHER = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AA"}
KEEPER = "@vedette-rooms:example.org"
RTC = "org.matrix.msc3401.call.member"


def reason(answer: object) -> str:
    assert isinstance(answer, Refused), answer
    return str(answer.extra["vedette"]["reason"])  # type: ignore[index]


async def test_a_message_to_a_partner_passes_and_a_file_does_not(door: Door) -> None:
    room = Room({ALICE, BOB, CAROL})
    assert await door.local(ALICE, "m.room.message", TEXT, room) is Pass.PASS
    answer = await door.local(ALICE, "m.room.message", PDF, room)
    assert isinstance(answer, Refused)
    assert answer.sentence == "With Acme we exchange messages only."
    assert door.told[0][0] == ALICE


async def test_what_engineering_declares_a_document_passes_inside(door: Door) -> None:
    room = Room({ALICE, BOB})
    assert await door.local(ALICE, "m.room.message", PDF, room) is Pass.PASS
    program = {**PDF, "info": {"mimetype": "application/x-msdownload"}}
    assert reason(await door.local(ALICE, "m.room.message", program, room)) == "no-rule"
    assert reason(await door.local(BOB, "m.room.message", PDF, room)) == "no-rule"


async def test_an_invited_partner_counts_like_a_joined_one(door: Door) -> None:
    room = Room({ALICE, BOB}, asked={CAROL})
    assert isinstance(await door.local(ALICE, "m.room.message", PDF, room), Refused)


async def test_alone_in_a_room_everything_known_is_allowed(door: Door) -> None:
    assert await door.local(EVE, "m.room.message", PDF, Room({EVE})) is Pass.PASS


async def test_a_colleague_of_the_same_kind_is_still_somebody_else(door: Door) -> None:
    answer = await door.local(EVE, "m.room.message", TEXT, Room({EVE, "@ed:example.org"}))
    assert reason(answer) == "no-rule"


async def test_the_notice_account_is_no_member_and_acts_outside_the_rules(door: Door) -> None:
    assert await door.local(NOTICES, "m.room.message", TEXT, Room({NOTICES, EVE})) is Pass.PASS
    assert await door.local(EVE, "m.room.message", TEXT, Room({NOTICES, EVE})) is Pass.PASS


async def test_members_that_are_not_known_are_doubt(door: Door) -> None:
    answer = await door.local(ALICE, "m.room.message", TEXT, Room(None))
    assert reason(answer) == "members-unknown"
    assert await door.inbound(CAROL, "m.room.message", TEXT, Room(None)) is Inward.HOLD


async def test_leaving_and_removing_are_always_allowed(door: Door) -> None:
    room = Room({ALICE, BOB, OTTO})
    leave = {"membership": "leave"}
    assert await door.local(EVE, "m.room.member", leave, room, state_key=EVE) is Pass.PASS
    assert await door.local(ALICE, "m.room.member", leave, room, state_key=OTTO) is Pass.PASS
    ban = {"membership": "ban"}
    assert await door.local(ALICE, "m.room.member", ban, room, state_key=OTTO) is Pass.PASS
    assert await door.local(ALICE, "m.room.redaction", {"redacts": "$x"}, room) is Pass.PASS
    assert await door.local(ALICE, "m.call.hangup", {"call_id": "1"}, room) is Pass.PASS


async def test_a_redaction_that_brings_a_text_is_a_message(door: Door) -> None:
    content = {"redacts": "$x", "reason": "the figures are 1, 2 and 3"}
    assert isinstance(
        await door.local(ALICE, "m.room.redaction", content, Room({ALICE, OTTO})), Refused
    )


async def test_an_invite_asks_everybody_both_ways(door: Door) -> None:
    invite = {"membership": "invite"}
    inside = Room({ALICE, BOB})
    assert await door.local(ALICE, "m.room.member", invite, inside, state_key=CAROL) is Pass.PASS
    with_stranger = Room({ALICE, EVE})
    assert isinstance(
        await door.local(ALICE, "m.room.member", invite, with_stranger, state_key=CAROL), Refused
    )
    assert isinstance(
        await door.local(ALICE, "m.room.member", invite, inside, state_key=OTTO), Refused
    )


async def test_two_partners_meet_only_if_they_may(door: Door) -> None:
    invite = {"membership": "invite"}
    room = Room({ALICE, CAROL})
    answer = await door.local(ALICE, "m.room.member", invite, room, state_key=GAVIN)
    assert isinstance(answer, Refused)


async def test_a_second_person_of_one_partner_may_come_too(door: Door) -> None:
    invite = {"membership": "invite"}
    dave = "@dave:acme.example"
    room = Room({ALICE, CAROL})
    assert await door.local(ALICE, "m.room.member", invite, room, state_key=dave) is Pass.PASS
    room = Room({ALICE, CAROL, dave})
    assert await door.local(ALICE, "m.room.message", TEXT, room) is Pass.PASS
    assert await door.inbound(CAROL, "m.room.message", TEXT, room) is Pass.PASS


async def test_a_remote_join_is_judged_before_we_sign_it(door: Door) -> None:
    room = Room({ALICE, BOB})
    join = {"membership": "join"}
    carol = await door.local(CAROL, "m.room.member", join, room, state_key=CAROL, template=True)
    assert carol is Pass.PASS
    otto = await door.local(OTTO, "m.room.member", join, room, state_key=OTTO, template=True)
    assert isinstance(otto, Refused)
    assert otto.extra["vedette"]["rule"] is None  # type: ignore[index]
    answer = await door.inbound(
        OTTO, "m.room.member", join, room, state_key=OTTO, during=During.JOIN
    )
    assert isinstance(answer, Refused)


async def test_an_invite_from_outside_reaches_nobody(door: Door) -> None:
    invite = {"membership": "invite"}
    room = Room(None, made_by=None)
    for sender, expected in ((CAROL, Pass), (OTTO, Refused)):
        answer = await door.inbound(
            sender, "m.room.member", invite, room, state_key=ALICE, during=During.INVITE
        )
        assert isinstance(answer, expected)


async def test_what_a_remote_person_sends_is_asked_towards_our_members_only(door: Door) -> None:
    room = Room({ALICE, CAROL, OTTO})
    assert await door.inbound(CAROL, "m.room.message", TEXT, room) is Pass.PASS
    assert await door.inbound(OTTO, "m.room.message", TEXT, room) is Inward.EMPTY
    assert await door.inbound(CAROL, "m.room.message", PDF, room) is Inward.EMPTY
    assert await door.inbound(CAROL, "m.call.invite", CALL, room) is Inward.EMPTY


async def test_conferences_are_state_that_is_asked_and_emptied(door: Door) -> None:
    room = Room({ALICE, BOB, CAROL})
    membership = {"application": "m.call"}
    assert isinstance(await door.local(ALICE, RTC, membership, room, state_key="_a"), Refused)
    assert await door.local(ALICE, RTC, {}, room, state_key="_a") is Pass.PASS
    assert await door.inbound(CAROL, RTC, membership, room, state_key="_c") is Inward.EMPTY
    inside = Room({ALICE, BOB})
    assert await door.local(ALICE, RTC, membership, inside, state_key="_a") is Pass.PASS


async def test_the_state_of_a_room_being_joined_stays_as_it_is(door: Door) -> None:
    room = Room({ALICE, CAROL}, made_by=CAROL)
    answer = await door.inbound(
        CAROL, RTC, {"application": "m.call"}, room, state_key="_c", during=During.PULLED
    )
    assert answer is Pass.PASS
    fetched = await door.inbound(CAROL, "m.room.message", PDF, room, during=During.PULLED)
    assert fetched is Inward.EMPTY


async def test_nothing_plain_is_said_in_an_encrypted_room_of_ours(door: Door) -> None:
    room = Room({ALICE, BOB, CAROL}, contents=dict(ENCRYPTED))
    assert reason(await door.local(ALICE, "m.room.message", TEXT, room)) == "room-encryption"
    assert await door.local(ALICE, "m.room.encrypted", CIPHER, room) is Pass.PASS
    assert await door.inbound(CAROL, "m.room.message", TEXT, room) is Inward.EMPTY
    assert await door.inbound(CAROL, "m.room.encrypted", CIPHER, room) is Pass.PASS


@pytest.mark.parametrize(
    "content", [{}, {"algorithm": ""}, {"algorithm": "m.none"}, {"algorithm": 5}]
)
async def test_encryption_is_never_switched_off_nor_made_another(
    door: Door, content: dict[str, object]
) -> None:
    room = Room({ALICE, BOB}, contents=dict(ENCRYPTED))
    answer = await door.local(ALICE, "m.room.encryption", content, room, state_key="")
    assert reason(answer) == "room-encryption"
    again = await door.local(ALICE, "m.room.encryption", MEGOLM, room, state_key="")
    assert again is Pass.PASS
    # Nor is a room made that says it is encrypted and can't be.
    made = form(initial_state=[{"type": "m.room.encryption", "content": content}])
    assert isinstance(await door.door.create_room(made), Refused)


async def test_nobody_elsewhere_gets_power_over_a_room_of_ours(door: Door) -> None:
    room = Room({ALICE, BOB, CAROL})
    for levels in (
        {"users": {CAROL: 50}, "invite": 50},
        {"users_default": 50, "invite": 50},
        {"state_default": 0, "invite": 50},
        {"invite": 0},
        {"invite": 50, "events": {"m.room.power_levels": 0}},
    ):
        answer = await door.local(ALICE, "m.room.power_levels", levels, room, state_key="")
        assert reason(answer) == "room-power", levels
    fine = {"users": {ALICE: 100, BOB: 100}, "invite": 50}
    assert await door.local(ALICE, "m.room.power_levels", fine, room, state_key="") is Pass.PASS


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("m.room.history_visibility", {"history_visibility": "world_readable"}),
        ("m.room.history_visibility", {"history_visibility": "shared"}),
        ("m.room.history_visibility", {}),
        ("m.room.guest_access", {"guest_access": "can_join"}),
        ("m.room.third_party_invite", {"display_name": "x"}),
        ("m.room.join_rules", {"join_rule": "public"}),
        ("m.room.create", {"org.vedette.kind": "unheard-of"}),
        ("m.room.encryption", {"algorithm": "m.none"}),
        ("org.example.unheard-of", {"blob": "AAAA"}),
    ],
)
async def test_a_room_of_ours_is_opened_to_nobody(
    door: Door, kind: str, content: dict[str, object]
) -> None:
    assert isinstance(await door.local(ALICE, kind, content, Room({ALICE}), state_key=""), Refused)


@pytest.mark.parametrize("content", [{}, {"room_version": "11"}, {"m.federate": False}])
async def test_a_room_is_made_once(door: Door, content: dict[str, object]) -> None:
    made = Room({ALICE}, contents={("m.room.create", ""): {"room_version": "11"}})
    answer = await door.local(ALICE, "m.room.create", content, made, state_key="")
    assert reason(answer) == "not-supported"


async def test_typing_and_receipts_are_seen_by_all_or_by_none(door: Door) -> None:
    assert await door.door.typing(ALICE, Room({ALICE, BOB})) is Pass.PASS
    assert isinstance(await door.door.typing(ALICE, Room({ALICE, BOB, CAROL})), Refused)
    assert isinstance(await door.door.receipt(CAROL, Room({ALICE, BOB, CAROL})), Refused)


async def test_presence_is_decided_for_each_reader(door: Door) -> None:
    glances = frozenset({Glance(ALICE, BOB), Glance(ALICE, CAROL), Glance(GAVIN, ALICE)})
    allowed = await door.door.presence(glances)
    assert allowed == {Glance(ALICE, BOB), Glance(GAVIN, ALICE)}


async def test_device_messages_need_some_content_channel_in_either_direction(door: Door) -> None:
    readers = frozenset({str(BOB), str(CAROL), str(GAVIN), str(OTTO), str(EVE)})
    assert await door.door.to_device(ALICE, "m.room_key", readers) == {BOB, CAROL}


async def test_device_keys_pass_where_something_that_needs_them_is_allowed(door: Door) -> None:
    ours = frozenset({str(ALICE), str(BOB), str(EVE)})
    assert await door.door.device_keys("acme.example", ours) == {ALICE, BOB}
    assert await door.door.device_keys("globex.example", ours) == frozenset()
    assert await door.door.device_keys("nowhere.example", ours) == frozenset()
    assert await door.door.device_keys("acme.example", frozenset({str(CAROL)})) == {CAROL}
    assert await door.door.device_keys("globex.example", frozenset({str(GAVIN)})) == frozenset()


@pytest.mark.parametrize(
    "only", ["room.encrypted = yes", "device.managed = yes", "claimed device.platform in linux"]
)
async def test_keys_go_before_content_that_hangs_on_what_only_its_own_door_learns(
    scene: Scene, door: Door, only: str
) -> None:
    scene.policy.policy = policy_of(_messages_only_where(only))
    assert await door.door.to_device(ALICE, "m.room_key", frozenset({str(BOB)})) == {BOB}
    assert await door.door.device_keys("acme.example", frozenset({str(ALICE)})) == {ALICE}


async def test_no_keys_go_before_content_that_is_forbidden_wherever_it_is_sent(
    scene: Scene, door: Door
) -> None:
    text = _messages_only_where("room.encrypted = yes") + _FORBIDDEN
    scene.policy.policy = policy_of(text)
    assert await door.door.to_device(ALICE, "m.room_key", frozenset({str(CAROL)})) == frozenset()
    assert await door.door.to_device(ALICE, "m.room_key", frozenset({str(BOB)})) == {BOB}


def _messages_only_where(condition: str) -> str:
    when = f'when = ["{condition}"]'
    call = 'allow = ["message", "contact", "presence", "call"]\n'
    acme = 'allow = ["message", "contact"]\n'
    return DOCUMENT.replace(call, call + when + "\n").replace(acme, acme + when + "\n")


_FORBIDDEN = """
[rules.no-acme]
between = ["us", "acme"]
forbid = ["all"]
"""


@pytest.mark.parametrize(
    ("kind", "content"), [("m.room.message", TEXT), ("m.call.invite", CALL), ("m.room.member", {})]
)
async def test_what_rules_read_of_the_device_is_that_of_the_device_it_comes_from(
    scene: Scene, kind: str, content: Mapping[str, object]
) -> None:
    only = "device.approved = yes"
    scene.policy.policy = policy_of(_messages_only_where(only))
    door, room = _door_of_devices(scene), Room({ALICE, BOB})
    state_key = str(BOB) if kind == "m.room.member" else None
    if state_key:
        room, content = Room({ALICE}), {"membership": "invite"}

    async def sent(device: str | None) -> object:
        event = EventView(
            room=ROOM, kind=kind, sender=ALICE, state_key=state_key, content=content, device=device
        )
        return await door.local_event(event, room)

    assert await sent("GOOD") is Pass.PASS
    for other in ("OTHER", None):
        assert reason(await sent(other)) == "no-rule"


async def test_a_room_is_made_with_people_whom_rules_on_its_makers_device_allow(
    scene: Scene,
) -> None:
    scene.policy.policy = policy_of(_messages_only_where("device.approved = yes"))
    door = _door_of_devices(scene)

    async def made(device: str) -> object:
        body = {"invite": [str(BOB)]}
        return await door.create_room(RoomForm(user=ALICE, device=device, version="11", body=body))

    assert await made("GOOD") is Pass.PASS
    assert reason(await made("OTHER")) == "no-rule"


def _door_of_devices(scene: Scene) -> EventDoor:
    """A door that knows of one device that it is approved, and of the others that they are not."""
    gather = EventGather(session=lambda _, device: Facts({"device.approved": device == "GOOD"}))
    return EventDoor(scene.spine, lambda *_: None, _gather=gather)


def test_the_page_names_every_ephemeral_type_that_is_let_in() -> None:
    assert [kind for kind, *_ in EPHEMERAL] == sorted(THINNERS)


def form(**body: Any) -> RoomForm:
    return RoomForm(user=ALICE, device="D", version="11", body=body)


async def test_a_room_is_judged_whole_before_it_exists(door: Door) -> None:
    for body in (
        {"invite": [str(CAROL), str(OTTO)]},
        {"invite": [str(CAROL), str(GAVIN)]},
        {"invite": ["nobody"]},
        {"invite_3pid": [{"medium": "email"}]},
        {"creation_content": {"org.vedette.kind": "unheard-of"}},
        {"creation_content": {"org.vedette.kind": "board"}, "invite": [str(BOB)]},
        {"creation_content": {"org.vedette.kind": "archive"}, "invite": [str(CAROL)]},
        {"creation_content": {"additional_creators": [str(BOB)]}},
        {"visibility": "public", "invite": [str(CAROL)]},
        {"creation_content": {"note": "the figures"}},
        {"initial_state": [{"type": "org.example.unheard-of", "content": {"blob": "A"}}]},
        {"initial_state": [{"type": "m.room.join_rules", "content": {"body": "the figures"}}]},
        {"initial_state": [{"type": "m.room.third_party_invite", "content": {}}]},
    ):
        assert isinstance(await door.door.create_room(form(**body)), Refused), body


def first(room: RoomForm, kind: str) -> object:
    found = [e["content"] for e in room.body["initial_state"] if e["type"] == kind]  # type: ignore[attr-defined]
    assert len(found) <= 1
    return found[0] if found else None


async def test_a_room_is_made_bounded_whatever_was_asked(door: Door) -> None:
    room = form(
        preset="trusted_private_chat",
        invite=[str(CAROL)],
        power_level_content_override={"users": {CAROL: 100, ALICE: 100}, "invite": 0,
                                      "events": {"m.room.name": 0, RTC: 0}, "users_default": 100},
        initial_state=[
            {"type": "m.room.history_visibility", "content": {"history_visibility": "world_readable"}},
            {"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "can_join"}},
        ],
    )  # fmt: skip
    assert await door.door.create_room(room) is Pass.PASS
    assert first(room, "m.room.history_visibility") == {"history_visibility": "joined"}
    assert first(room, "m.room.guest_access") == {"guest_access": "forbidden"}
    levels: Any = room.body["power_level_content_override"]
    assert levels["users"] == {CAROL: 49, ALICE: 100, KEEPER: 100}
    assert (levels["invite"], levels["users_default"]) == (50, 0)
    assert (levels["events"]["m.room.name"], levels["events"][RTC]) == (50, 0)
    assert room.body["preset"] == "private_chat"


async def test_a_room_is_encrypted_where_its_kind_or_the_settings_say_so(scene: Scene) -> None:
    board = form(creation_content={"org.vedette.kind": "board"})
    assert await Door(scene).door.create_room(board) is Pass.PASS
    assert first(board, "m.room.encryption") is not None
    for wanted, expected in (("required", True), ("never", False)):
        scene.policy.policy = policy_of(DOCUMENT + f'\n[messages]\nencrypted = "{wanted}"\n')
        room = form(initial_state=[{"type": "m.room.encryption", "content": MEGOLM}])
        assert await Door(scene).door.create_room(room) is Pass.PASS
        assert (first(room, "m.room.encryption") is not None) is expected


async def test_a_public_room_does_not_federate(door: Door) -> None:
    room = form(preset="public_chat")
    assert await door.door.create_room(room) is Pass.PASS
    assert room.body["creation_content"] == {"m.federate": False}


async def test_one_of_us_asks_to_be_let_in_elsewhere_only_where_contact_is_allowed(
    door: Door,
) -> None:
    def ask(*servers: str) -> Any:
        room = "!r:acme.example"
        return door.door.enter_elsewhere(ALICE, room, frozenset(servers), "join", None)

    assert await ask("acme.example") is Pass.PASS
    assert isinstance(await ask("acme.example", "nowhere.example"), Refused)
    for nobody in (await ask(), await ask("example.org")):
        assert isinstance(nobody, Refused)
        assert reason(nobody) == "no-server"
        assert "its address" in nobody.sentence, "and not that it is worth trying again"


async def test_whoever_invited_is_asked_about_besides_the_servers_named(scene: Scene) -> None:
    friends = DOCUMENT.replace(
        "[partners]", '[parties.suspects]\nusers = ["@carol:acme.example"]\n\n[partners]'
    )
    ban = '\n[rules.suspects]\nbetween = ["suspects", "us"]\nforbid = ["contact"]\n'
    scene.policy.policy = policy_of(friends + ban)
    door, acme = Door(scene).door, frozenset({"acme.example"})
    room, another = "!r:acme.example", "@cora:acme.example"
    assert await door.enter_elsewhere(ALICE, room, acme, "join", another) is Pass.PASS
    assert isinstance(await door.enter_elsewhere(ALICE, room, acme, "join", CAROL), Refused)


async def test_after_joining_elsewhere_one_stays_only_with_whom_one_may_meet(door: Door) -> None:
    assert (
        await door.door.entered_elsewhere(ALICE, Room({ALICE, CAROL}, made_by=CAROL)) is Pass.PASS
    )
    crowd = Room({ALICE, CAROL, OTTO}, made_by=CAROL)
    assert isinstance(await door.door.entered_elsewhere(ALICE, crowd), Refused)
    assert await door.door.entered_elsewhere(ALICE, Room(None, made_by=None)) is Pass.PASS


async def test_without_a_policy_we_refuse_and_hold_and_lose_nothing(
    scene: Scene, door: Door
) -> None:
    scene.policy.policy = None
    room = Room({ALICE, CAROL})
    assert isinstance(await door.local(ALICE, "m.room.message", TEXT, room), Refused)
    assert await door.inbound(CAROL, "m.room.message", TEXT, room) is Inward.HOLD
    assert isinstance(await door.door.create_room(form()), Refused)
    assert await door.door.presence(frozenset({Glance(ALICE, BOB)})) == frozenset()


async def test_a_bug_refuses_or_holds_and_is_reported(scene: Scene, door: Door) -> None:
    class Broken(Room):
        async def joined(self) -> frozenset[str] | None:
            raise RuntimeError("broken")

    assert (
        reason(await door.local(ALICE, "m.room.message", TEXT, Broken(set()))) == "internal-error"
    )
    assert await door.inbound(CAROL, "m.room.message", TEXT, Broken(set())) is Inward.HOLD
    assert len(scene.incidents.reported) == 2


async def test_every_answer_leaves_a_record(scene: Scene, door: Door) -> None:
    await door.local(ALICE, "m.room.message", TEXT, Room({ALICE, CAROL}))
    await door.local(ALICE, "m.room.message", PDF, Room({ALICE, CAROL}))
    assert [decision.verdict for _, _, decision in scene.audit.kept] == ["yes", "no"]
    assert door.told[0][2] == "memory:2"


async def test_a_membership_hides_nothing(door: Door) -> None:
    room = Room({ALICE, BOB})
    for extra in (
        {"body": "the figures"},
        {"file": {"url": "mxc://x/y"}},
        {"org.example.x": "AAAA"},
    ):
        for membership in ("join", "invite", "leave"):
            content = {"membership": membership, **extra}
            answer = await door.local(ALICE, "m.room.member", content, room, state_key=ALICE)
            assert reason(answer) == "unknown-event"
    named = {"membership": "join", "displayname": "Alice", "avatar_url": "mxc://x/y"}
    assert await door.local(ALICE, "m.room.member", named, room, state_key=ALICE) is Pass.PASS


async def test_an_invitation_that_comes_by_a_room_is_asked_like_any_other(door: Door) -> None:
    room = Room({ALICE, CAROL}, made_by=CAROL)
    invite = {"membership": "invite"}
    assert await door.inbound(CAROL, "m.room.member", invite, room, state_key=BOB) is Pass.PASS
    assert await door.inbound(CAROL, "m.room.member", invite, room, state_key=EVE) is Inward.EMPTY
    assert await door.inbound(OTTO, "m.room.member", invite, room, state_key=BOB) is Inward.EMPTY


@pytest.mark.parametrize(
    "sender",
    ["@:acme.example", "@c d:acme.example", "@é:acme.example", "carol", "@x:", "@" + "a" * 300],
)
async def test_a_sender_whose_name_is_none_says_nothing(door: Door, sender: str) -> None:
    room = Room({ALICE, sender}, made_by=sender)
    assert await door.inbound(sender, "m.room.message", TEXT, room) is Inward.EMPTY


async def test_no_message_can_hold_a_room(door: Door) -> None:
    room = Room({ALICE, CAROL}, made_by=CAROL)
    for body in ("&#" + "1" * 5000, "&#x" + "f" * 5000, "[" * 5000, "&" * 5000):
        content = {"msgtype": "m.text", "body": body, "formatted_body": body}
        assert await door.inbound(CAROL, "m.room.message", content, room) is Pass.PASS
    hidden = {
        "msgtype": "m.text",
        "body": "x",
        "formatted_body": "<img src='&#0000000109;xc://a/b'>",
    }
    assert await door.inbound(CAROL, "m.room.message", hidden, room) is Inward.EMPTY


async def test_a_replaced_room_gives_nobody_elsewhere_power_and_keeps_its_kind(door: Door) -> None:
    create = {"additional_creators": [str(CAROL)], "room_version": "12"}
    answer = await door.local(ALICE, "m.room.create", create, Room({ALICE}), state_key="")
    assert reason(answer) == "room-power"
    board = Room({ALICE}, contents={("m.room.create", ""): {"org.vedette.kind": "board"}})
    assert reason(await door.door.upgrade_room(ALICE, "12", board)) == "room-kind"
    assert await door.door.upgrade_room(ALICE, "12", Room({ALICE, BOB})) is Pass.PASS


@pytest.mark.parametrize("version", ["1", "9", "10", "99", "org.matrix.msc1"])
async def test_no_room_of_an_older_or_unknown_version_is_made(door: Door, version: str) -> None:
    wished = RoomForm(user=ALICE, device="D", version=version, body={})
    assert reason(await door.door.create_room(wished)) == "not-supported"
    assert reason(await door.door.upgrade_room(ALICE, version, Room({ALICE}))) == "not-supported"


async def test_a_room_elsewhere_has_none_of_our_kinds(scene: Scene) -> None:
    allowed = (
        DOCUMENT
        + """
[rules.archived]
between = ["staff", "globex"]
allow = ["message"]
when = ["room.kind = archive"]
"""
    )
    scene.policy.policy = policy_of(allowed)
    kind = {("m.room.create", ""): {"org.vedette.kind": "archive"}}
    room = Room({ALICE, GAVIN}, contents=kind, made_by=GAVIN)
    assert isinstance(await Door(scene).local(ALICE, "m.room.message", TEXT, room), Refused)


async def test_what_takes_away_or_says_how_a_room_is_carries_no_text(door: Door) -> None:
    room = Room({ALICE, GAVIN})
    for kind, content in (
        ("m.call.hangup", {"call_id": "1", "note": "secret"}),
        ("m.call.hangup", {"call_id": "1", "reason": "the figures are 1, 2 and 3"}),
        ("m.room.redaction", {"redacts": "$x", "note": "secret"}),
    ):
        assert isinstance(await door.local(ALICE, kind, content, room), Refused), kind
        assert isinstance(await door.local(ALICE, kind, content, room, state_key="x"), Refused), (
            kind
        )
    for kind, content, key in (
        ("m.room.guest_access", {"guest_access": "forbidden", "body": "secret"}, ""),
        ("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, "secret"),
        ("m.room.power_levels", {"invite": 50, "note": "secret"}, ""),
    ):
        answer = await door.local(ALICE, kind, content, room, state_key=key)
        assert reason(answer) == "unknown-event", kind
    invite = {"display_name": "any text"}
    assert (
        await door.inbound(GAVIN, "m.room.third_party_invite", invite, room, state_key="t")
        is Inward.EMPTY
    )


async def test_a_join_that_comes_by_a_room_of_ours_is_asked(door: Door) -> None:
    join = {"membership": "join"}
    room = Room({ALICE, CAROL}, asked={GAVIN})
    assert await door.inbound(GAVIN, "m.room.member", join, room, state_key=GAVIN) is Inward.EMPTY
    room, dave = Room({ALICE, CAROL}), "@dave:acme.example"
    assert await door.inbound(dave, "m.room.member", join, room, state_key=dave) is Pass.PASS
    elsewhere = Room({ALICE, CAROL}, made_by=CAROL)
    assert await door.inbound(OTTO, "m.room.member", join, elsewhere, state_key=OTTO) is Pass.PASS


async def test_what_synapse_sends_to_mend_a_room_passes(door: Door) -> None:
    room = Room({EVE, OTTO})
    assert await door.local(EVE, "org.matrix.dummy_event", {}, room) is Pass.PASS
    assert isinstance(await door.local(EVE, "org.matrix.dummy_event", {"body": "x"}, room), Refused)


async def test_only_a_room_of_ours_without_anybody_from_elsewhere_is_listed(door: Door) -> None:
    assert await door.door.publish(ALICE, Room({ALICE, BOB})) is Pass.PASS
    for room in (Room({ALICE, CAROL}), Room({ALICE}, asked={CAROL}), Room({ALICE}, made_by=CAROL)):
        assert isinstance(await door.door.publish(ALICE, room), Refused)
    assert isinstance(await door.door.publish(ALICE, Room(None)), Refused)
