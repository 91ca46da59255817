"""What leaves for a partner and what comes from it, by what it is allowed, seen at the other client.

Two real organisations: Acme allows everything, and all that is held is held by example.test. Every
row is done under every document; what arrives there is what the table says, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest
import pytest_asyncio
from nio import (
    MemoryDownloadResponse,
    PresenceEvent,
    ProfileGetResponse,
    RoomGetStateEventResponse,
    SyncResponse,
    ToDeviceMessage,
    TypingNoticeEvent,
    UnknownToDeviceEvent,
)

from tests.system.matrix_client import Person, RefusedError, signed_in
from tests.system.test_table import EVERYTHING, HEAD, RTC, is_present
from tests.system.two_organisations import TwoOrganisations
from vedette.suite.scene import whole_pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE_SECONDS = 120.0
SETTLE_SECONDS = 3.0


class What(StrEnum):
    """What one person does, so that the other side would notice."""

    MESSAGE = "message"
    FILE = "file"
    PRESENCE = "presence"
    TYPING = "typing"
    TO_DEVICE = "to-device message"
    DEVICES = "change of devices"
    PROFILE = "profile"
    INVITE = "invite"
    VOICE = "voice call"
    VIDEO = "video call"
    SCREEN = "call with a shared screen"
    CONFERENCE = "taking part in a conference"


OUT, IN = "out", "in"
Row = tuple[What, str]
THEIRS = (What.DEVICES, IN)
"""Their own devices are theirs to tell; to hear of them shows nothing of ours."""
ROWS: tuple[Row, ...] = tuple(
    (what, way) for what in What for way in (OUT, IN) if (what, way) != THEIRS
)
AMONG_US = '[rules.us]\nbetween = ["us", "us"]\nallow = ["all"]\n'
BOTH_CONTACT = '[rules.contact]\nbetween = ["us", "acme"]\nallow = ["contact"]\n'
MEETING = {(what, way) for what in (What.PROFILE, What.INVITE) for way in (OUT, IN)}
DEVICES = {(What.TO_DEVICE, OUT), (What.TO_DEVICE, IN), (What.DEVICES, OUT)}
SEEN = (What.PRESENCE, What.TYPING)
CALLS = (What.VOICE, What.VIDEO, What.SCREEN)


def one_way(from_: str, to: str, *channels: str) -> str:
    """A rule of its own for what goes from one side to the other."""
    allow = ", ".join(f'"{channel}"' for channel in channels)
    return f'[rules.{from_}-to-{to}]\nfrom = ["{from_}"]\nto = ["{to}"]\nallow = [{allow}]\n'


def rows(way: str, *done: What) -> set[Row]:
    return {(what, way) for what in done}


DOCUMENTS: dict[str, tuple[str, set[Row]]] = {
    "messages only": (
        BOTH_CONTACT + '[rules.acme]\nbetween = ["us", "acme"]\nallow = ["message"]\n',
        {(What.MESSAGE, OUT), (What.MESSAGE, IN)} | MEETING | DEVICES,
    ),
    "only we write": (
        BOTH_CONTACT + one_way("us", "acme", "message"),
        {(What.MESSAGE, OUT)} | MEETING | DEVICES,
    ),
    "only they write": (
        BOTH_CONTACT + one_way("acme", "us", "message"),
        {(What.MESSAGE, IN)} | MEETING | DEVICES,
    ),
    "only files, only inwards": (one_way("acme", "us", "file"), rows(IN, What.FILE) | DEVICES),
    "only files, only outwards": (one_way("us", "acme", "file"), rows(OUT, What.FILE) | DEVICES),
    "voice outwards, video and conferences inwards": (
        one_way("us", "acme", "voice") + one_way("acme", "us", "voice", "video", "conference"),
        rows(OUT, What.VOICE) | rows(IN, What.VOICE, What.VIDEO, What.CONFERENCE) | DEVICES,
    ),
    "video and conferences outwards, voice inwards": (
        one_way("us", "acme", "voice", "video", "conference") + one_way("acme", "us", "voice"),
        rows(OUT, What.VOICE, What.VIDEO, What.CONFERENCE) | rows(IN, What.VOICE) | DEVICES,
    ),
    "screens outwards, conferences inwards": (
        one_way("us", "acme", "voice", "video", "screen") + one_way("acme", "us", "conference"),
        rows(OUT, *CALLS) | rows(IN, What.CONFERENCE) | DEVICES,
    ),
    "conferences outwards, screens inwards": (
        one_way("us", "acme", "conference") + one_way("acme", "us", "voice", "video", "screen"),
        rows(OUT, What.CONFERENCE) | rows(IN, *CALLS) | DEVICES,
    ),
    # A profile goes to whoever may look it up, so against the rule's direction.
    "only we find them": (
        one_way("us", "acme", "contact"),
        rows(IN, What.PROFILE) | {(What.DEVICES, OUT)},
    ),
    "only they find us": (
        one_way("acme", "us", "contact"),
        rows(OUT, What.PROFILE) | {(What.DEVICES, OUT)},
    ),
    "presence only": (
        '[rules.acme]\nbetween = ["us", "acme"]\nallow = ["presence"]\n',
        rows(OUT, *SEEN) | rows(IN, *SEEN),
    ),
    "only we are seen": (one_way("us", "acme", "presence"), rows(OUT, *SEEN)),
    "only they are seen": (one_way("acme", "us", "presence"), rows(IN, *SEEN)),
}


@dataclass
class World:
    """Alice here and Carol at Acme, in one room since before any rule."""

    both: TwoOrganisations
    alice: Person
    carol: Person
    room: str = ""
    noticed: set[tuple[str, str, str]] = field(default_factory=set)
    """Who noticed what, with which word."""
    typing: dict[str, frozenset[str]] = field(default_factory=dict)
    """Who is seen typing now, by who sees it."""

    def ends(self, way: str) -> tuple[Person, Person]:
        return (self.alice, self.carol) if way == OUT else (self.carol, self.alice)

    def listen(self, person: Person) -> None:
        me = person.user

        async def typing(room: Any, event: TypingNoticeEvent) -> None:
            self.noticed |= {(me, What.TYPING, user) for user in event.users}
            self.typing[me] = frozenset(event.users)

        async def present(event: PresenceEvent) -> None:
            self.noticed.add((me, What.PRESENCE, event.status_msg or ""))

        async def device(event: UnknownToDeviceEvent) -> None:
            self.noticed.add((me, What.TO_DEVICE, event.source["content"].get("tag", "")))

        async def synced(answer: SyncResponse) -> None:
            self.noticed |= {(me, What.DEVICES, user) for user in answer.device_list.changed}

        person.client.add_ephemeral_callback(typing, (TypingNoticeEvent,))
        person.client.add_presence_callback(present, (PresenceEvent,))
        person.client.add_to_device_callback(device, (UnknownToDeviceEvent,))
        person.client.add_response_callback(synced, (SyncResponse,))


def apply(world: TwoOrganisations, rules: str) -> None:
    world.example.apply(HEAD.format(domain="example.test", partner="acme") + rules)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    organisations: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("partner-kinds")
    apply(organisations, EVERYTHING)
    organisations.acme.apply(HEAD.format(domain="acme.test", partner="example") + EVERYTHING)
    async with AsyncExitStack() as stack:
        alice, carol = [
            await stack.enter_async_context(signed_in(where, who, folder / who))
            for where, who in ((organisations.example, "alice"), (organisations.acme, "carol"))
        ]
        made = World(organisations, alice, carol)
        made.listen(alice)
        made.listen(carol)
        made.room = await alice.create_room(carol)
        await carol.join(made.room)
        for person, other in ((alice, carol), (carol, alice)):
            await person.knows(made.room, 2)
            await person.say(made.room, f"hello from {person.user}")
            await other.sees(made.room, f"hello from {person.user}")
        yield made
    for organisation in (organisations.example, organisations.acme):
        organisation.apply(organisation.first_document)


async def do(world: World, what: What, way: str, tag: str) -> str:
    """Do it; returns what the other side is to look for."""
    sender, receiver = world.ends(way)
    with suppress(RefusedError):
        match what:
            case What.MESSAGE:
                await sender.say(world.room, tag)
            case What.FILE:
                await sender.send_file(world.room, tag, whole_pdf(tag))
            case What.PRESENCE:
                await is_present(sender, tag)
            case What.TYPING:
                await sender.client.room_typing(world.room, True, 30_000)
                return sender.user
            case What.TO_DEVICE:
                message = ToDeviceMessage(
                    "org.example.test", receiver.user, receiver.client.device_id, {"tag": tag}
                )
                await sender.client.to_device(message)
            case What.DEVICES:
                await sender.client.update_device(sender.client.device_id, {"display_name": tag})
                return sender.user
            case What.PROFILE:
                return ""
            case What.INVITE:
                return await sender.create_room(receiver)
            case What.VOICE | What.VIDEO | What.SCREEN:
                await sender.send(world.room, call(what, tag), "m.call.invite")
            case What.CONFERENCE:
                taking_part = {"application": "m.call", "tag": tag}
                await sender.client.room_put_state(
                    world.room, RTC, taking_part, membership(sender, tag)
                )
    return tag


def call(what: What, tag: str) -> dict[str, Any]:
    """An invitation to an old-style call, as clients send it."""
    lines = ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111"]
    if what is not What.VOICE:
        lines.append("m=video 9 UDP/TLS/RTP/SAVPF 96")
    offer = {"type": "offer", "sdp": "\r\n".join([*lines, ""])}
    content = {"call_id": tag, "version": "1", "party_id": "p", "lifetime": 60_000, "offer": offer}
    if what is What.SCREEN:
        content["sdp_stream_metadata"] = {"s1": {"purpose": "m.screenshare"}}
    return content


def membership(of: Person, tag: str) -> str:
    """The state key of somebody's membership in a conference (MSC3401)."""
    return f"_{of.user}_{tag.replace(' ', '_')}"


async def arrived(world: World, what: What, way: str, word: str) -> bool:
    sender, receiver = world.ends(way)
    match what:
        case What.MESSAGE:
            return word in receiver.seen(world.room)
        case What.FILE:
            return word in receiver.seen(world.room) and await _opens(receiver, world.room, word)
        case What.INVITE:
            return word in receiver.invited
        case What.PROFILE:
            found = await receiver.client.get_profile(sender.user)
            return isinstance(found, ProfileGetResponse)
        case What.VOICE | What.VIDEO | What.SCREEN:
            return any(
                event.source["content"].get("call_id") == word
                for where, event in receiver.heard
                if where == world.room and event.source["type"] == "m.call.invite"
            )
        case What.CONFERENCE:
            key = membership(sender, word)
            state = await receiver.client.room_get_state_event(world.room, RTC, key)
            return isinstance(state, RoomGetStateEventResponse) and bool(state.content)
        case _:
            return (receiver.user, what, word) in world.noticed


async def _opens(by: Person, room: str, name: str) -> bool:
    event = next(e for where, e in by.heard if where == room and getattr(e, "body", "") == name)
    return isinstance(await by.client.download(event.url), MemoryDownloadResponse)


async def look(world: World, words: Mapping[Row, str]) -> set[Row]:
    return {row for row, word in words.items() if await arrived(world, *row, word)}


async def nobody_types(world: World) -> None:
    """Stopping takes away, and is never refused."""
    for person in (world.alice, world.carol):
        await person.client.room_typing(world.room, False)
    await world.alice.until(lambda: not any(world.typing.values()), PATIENCE_SECONDS)


@pytest.mark.parametrize("kind", DOCUMENTS)
async def test_what_arrives_is_what_is_allowed_and_nothing_else(world: World, kind: str) -> None:
    rules, expected = DOCUMENTS[kind]
    await nobody_types(world)
    apply(world.both, AMONG_US + rules)
    world.noticed.clear()
    words = {row: await do(world, *row, f"{kind} {number}") for number, row in enumerate(ROWS)}
    end = time.monotonic() + PATIENCE_SECONDS
    seen = await look(world, words)
    while not expected <= seen and time.monotonic() < end:
        await asyncio.sleep(1)
        seen = await look(world, words)
    await asyncio.sleep(SETTLE_SECONDS)
    seen = await look(world, words)
    print(f"\n## {kind}")
    for what, way in ROWS:
        print(f"{what} · {way}: {'arrives' if (what, way) in seen else 'nothing'}")
    assert seen == expected, (sorted(seen - expected), sorted(expected - seen))


async def _check(world: World, *, works: bool) -> dict[str, Any]:
    done = await asyncio.to_thread(
        lambda: world.both.example.cli("partner", "check", "acme", "--json", check=False)
    )
    assert done.returncode == (0 if works else 1), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def test_a_real_partner_is_checked_and_pinned_and_a_wrong_pin_closes_the_way_out(
    world: World,
) -> None:
    everything = HEAD.format(domain="example.test", partner="acme") + EVERYTHING
    world.both.example.apply(everything)
    found = await _check(world, works=True)
    (server,) = found["servers"]
    assert {each["part"] for each in server["findings"]} == {
        "finding", "tls", "version", "keys", "clock",
    }  # fmt: skip
    assert "`acme.test`: what we send would arrive." in found["verdict"]
    words = " ".join(each["words"] for each in server["findings"])
    pin = words.partition("its key is `")[2].partition("`")[0]
    other = "pin-sha256=" + "A" * 43 + "="

    def pinned(value: str) -> str:
        entry = 'acme = { domains = ["acme.test"] }'
        return everything.replace(entry, f'acme = {{ domains = ["acme.test"], tls = ["{value}"] }}')

    world.both.example.apply(pinned(other))
    assert "none of those pinned" in json.dumps(await _check(world, works=False))
    await world.alice.say(world.room, "held by the pin")
    await world.carol.never_sees(world.room, "held by the pin")
    records = world.both.example.cli("audit", "list", "--json", "--answer", "no").stdout
    assert "not-the-server" in records
    world.both.example.apply(pinned(pin))
    await _check(world, works=True)
    # Nothing accepted was lost: it goes out at Synapse's next try.
    await world.carol.until(lambda: "held by the pin" in world.carol.seen(world.room), 180)
