"""Everything towards everybody, both ways, plain and encrypted, under four documents.

Each cell is what the other side's client sees. Under the first document everything is allowed and
everything must arrive: else an observer who sees nothing would pass for a ban. Combinations without
meaning: presence and device messages know no room, and so no encryption. What cannot be held
(`vedette.core.holding`) must arrive, so that the page about it stays true.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nio import (
    JoinedMembersResponse,
    MemoryDownloadResponse,
    PresenceEvent,
    PresenceSetResponse,
    RoomGetStateEventResponse,
    ToDeviceMessage,
    TypingNoticeEvent,
    UnknownToDeviceEvent,
)

from tests.system.matrix_client import Person, RefusedError, signed_in
from tests.system.two_organisations import PASSWORD, Someone, TwoOrganisations
from vedette.core.holding import HOLDINGS, ROOMLESS, What
from vedette.core.settings.default import default_document
from vedette.suite.scene import whole_pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")

COLLEAGUE, PARTNER, OUTSIDE, ALL = "colleague", "partner", "outside", "room with all three"
WHOM = (COLLEAGUE, PARTNER, OUTSIDE, ALL)
RTC = "org.matrix.msc3401.call.member"
IN_ROOMS = tuple(what for what in What if what not in ROOMLESS)
SETTLE_SECONDS = 4.0
PATIENCE_SECONDS = 120.0

HEAD = """
[organisation]
name = "{domain}"
domain = "{domain}"
[parties]
security-office = {{ groups = ["Security-Officers"] }}
[partners]
{partner} = {{ domains = ["{partner}.test"] }}
[rules.two-factors]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.factors >= 2"]
[rules.security-office]
from = ["security-office"]
allow = ["administer"]
[guardrails.administrators-apart]
from = ["guests", "partners", "outside"]
forbid = ["administer"]
owner = "security-office"
"""
EVERYTHING = '[rules.everything]\nbetween = ["anyone", "anyone"]\nallow = ["all"]\n'
MESSAGES_ONLY = """
[rules.us]
between = ["us", "us"]
allow = ["all"]
[rules.acme]
between = ["us", "acme"]
allow = ["message", "contact"]
"""
NAME_ALONE = "its name alone"
"""What is seen of a file whose event arrives and whose bytes do not."""
IN_PART = "some see it and some do not"
"""It is under way; in the end it is what nobody expects."""


@dataclass(frozen=True)
class Cell:
    what: What
    whom: str
    outwards: bool
    encrypted: bool

    def __str__(self) -> str:
        way = "out" if self.outwards else "in"
        room = "encrypted" if self.encrypted else "plain"
        return f"{self.what} · {self.whom} · {way} · {room}"


def cells() -> list[Cell]:
    """Every combination that has a meaning."""
    found = [
        Cell(*each) for each in itertools.product(IN_ROOMS, WHOM, (True, False), (False, True))
    ]
    known = (COLLEAGUE, PARTNER, OUTSIDE)
    return found + [
        Cell(*each, False) for each in itertools.product(sorted(ROOMLESS), known, (True, False))
    ]


Allowed = Callable[[Cell], bool]


def _everything(_: Cell) -> bool:
    return True


def _nothing(_: Cell) -> bool:
    return False


def _inside(cell: Cell) -> bool:
    return cell.whom == COLLEAGUE


def _messages_only(cell: Cell) -> bool:
    if cell.whom == PARTNER:
        return cell.what in (What.MESSAGE, What.INVITE, What.JOIN, What.TO_DEVICE)
    if cell.whom == ALL and not cell.outwards:
        # The partner speaks in a room with all three: towards us alone that is asked, so nobody is
        # muted. An invite asks towards whoever invites; a join meets the stranger, and may not.
        return cell.what in (What.MESSAGE, What.INVITE)
    return cell.whom == COLLEAGUE


def seen_although_banned(cell: Cell, allowed: Allowed) -> bool:
    """What is not held arrives wherever the message that hides it may pass."""
    message = Cell(What.MESSAGE, cell.whom, cell.outwards, cell.encrypted)
    return not HOLDINGS[cell.what, cell.encrypted].held and allowed(message)


@dataclass
class World:
    """Who is there, the rooms they share, and what was made for each document beforehand."""

    both: TwoOrganisations
    alice: Person
    bob: Person
    carol: Person
    otto: Person
    rooms: dict[tuple[str, bool], str] = field(default_factory=dict)
    joins: dict[tuple[str, Cell], str] = field(default_factory=dict)
    typing: set[tuple[str, str, str]] = field(default_factory=set)
    now_typing: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    presence: set[tuple[str, str, str]] = field(default_factory=set)
    devices: set[tuple[str, str, str]] = field(default_factory=set)
    presented: dict[str, str] = field(default_factory=dict)

    def others(self, whom: str) -> tuple[Person, ...]:
        return {
            COLLEAGUE: (self.bob,),
            PARTNER: (self.carol,),
            OUTSIDE: (self.otto,),
            ALL: (self.carol, self.bob, self.otto),
        }[whom]

    def ends(self, cell: Cell) -> tuple[Person, tuple[Person, ...]]:
        """Who acts, and who looks whether it arrived; in a room with all three the partner acts."""
        others = self.others(cell.whom)
        return (self.alice, others) if cell.outwards else (others[0], (self.alice,))

    def listen(self, person: Person) -> None:
        """Note what is no event of a timeline."""
        client = person.client

        async def typing(room: Any, event: TypingNoticeEvent) -> None:
            self.typing |= {(person.user, room.room_id, user) for user in event.users}
            self.now_typing[person.user, room.room_id] = set(event.users)

        async def present(event: PresenceEvent) -> None:
            self.presence.add((person.user, event.user_id, event.status_msg or ""))

        async def device(event: UnknownToDeviceEvent) -> None:
            self.devices.add((person.user, event.sender, event.source["content"].get("tag", "")))

        client.add_ephemeral_callback(typing, (TypingNoticeEvent,))
        client.add_presence_callback(present, (PresenceEvent,))
        client.add_to_device_callback(device, (UnknownToDeviceEvent,))


@dataclass
class Outside:
    """The plain homeserver as a place to sign in."""

    client_url: str
    ca_file: Path
    people: Mapping[str, Someone]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    organisations: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Everybody signed in, and everything prepared while everything was allowed."""
    folder = tmp_path_factory.mktemp("table")
    plain = organisations.outside
    assert plain is not None
    otto = plain.register("table-otto")
    outside = Outside(
        f"http://{plain.address}", organisations.ca_file, {"otto": Someone(otto.user, PASSWORD, ())}
    )
    for organisation, partner in ((organisations.example, "acme"), (organisations.acme, "example")):
        organisation.apply(HEAD.format(domain=organisation.domain, partner=partner) + EVERYTHING)
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(signed_in(where, who, folder / who))
            for where, who in (
                (organisations.example, "alice"),
                (organisations.example, "bob"),
                (organisations.acme, "carol"),
                (outside, "otto"),
            )
        ]  # fmt: skip
        world = World(organisations, *people)
        for person in people:
            world.listen(person)
        await prepare(world)
        yield world
    for organisation in (organisations.example, organisations.acme):
        organisation.apply(organisation.first_document)


async def prepare(world: World) -> None:
    """Make the rooms, and for each document the invitations that are to be taken up later."""
    for whom, encrypted in itertools.product(WHOM, (False, True)):
        others = world.others(whom)
        room = await world.alice.create_room(*others, encrypted=encrypted)
        world.rooms[whom, encrypted] = room
        for person in others:
            await person.join(room)
    for (whom, _), room in world.rooms.items():
        everybody = (world.alice, *world.others(whom))
        for person in everybody:
            await person.knows(room, len(everybody))
        for person in everybody:
            await person.say(room, f"hello from {person.user}")
        for person, other in itertools.permutations(everybody, 2):
            await person.sees(room, f"hello from {other.user}")
    for document, cell in itertools.product(DOCUMENTS, [c for c in cells() if c.what is What.JOIN]):
        world.joins[document, cell] = await _prepared_join(world, cell)


async def _prepared_join(world: World, cell: Cell) -> str:
    """A room whose invitation is open: alice's for others, or another's for alice."""
    others = world.others(cell.whom)
    encrypted = cell.encrypted
    owner, newcomer = (others[0], world.alice) if cell.outwards else (world.alice, others[0])
    already = [person for person in others if person not in (owner, newcomer)]
    room = await owner.create_room(*already, newcomer, encrypted=encrypted)
    for person in already:
        await person.join(room)
    await newcomer.until(lambda: room in newcomer.invited)
    return room


async def act(world: World, document: str, cell: Cell, tag: str) -> str:
    """Do what the cell says; returns the room that the other side is to look at, or nothing."""
    sender, receivers = world.ends(cell)
    room = world.rooms[cell.whom, cell.encrypted]
    with suppress(RefusedError):
        match cell.what:
            case What.MESSAGE:
                await sender.say(room, tag)
            case What.FILE:
                await sender.send_file(room, tag, whole_pdf(tag))
            case What.CALL:
                await sender.send(room, _call(tag), "m.call.invite")
            case What.CONFERENCE:
                await _put_state(sender, room, tag)
            case What.TYPING:
                await sender.client.room_typing(room, True, 20_000)
            case What.INVITE:
                room = ""  # a room of its own, if it is made at all
                room = await _invite(world, cell, sender, receivers)
            case What.JOIN:
                room = world.joins[document, cell]
                await sender.client.join(room)
            case What.PRESENCE:
                await _present(world, sender, document)
            case What.TO_DEVICE:
                await _to_devices(sender, receivers, tag)
    return room


async def _invite(world: World, cell: Cell, sender: Person, receivers: tuple[Person, ...]) -> str:
    """A new room; with all three, all of them are asked in at once."""
    whom = (world.bob, world.otto) if cell.whom == ALL and not cell.outwards else ()
    return await sender.create_room(*whom, *receivers, encrypted=cell.encrypted)


def _call(tag: str) -> dict[str, Any]:
    offer = {"type": "offer", "sdp": "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"}
    return {"call_id": tag, "version": 1, "party_id": "p", "lifetime": 60000, "offer": offer}


async def _put_state(sender: Person, room: str, tag: str) -> None:
    key = f"_{sender.user}_{tag}"
    await sender.client.room_put_state(room, RTC, {"application": "m.call", "tag": tag}, key)


async def _present(world: World, sender: Person, document: str) -> None:
    """One person has one presence, whoever looks.

    Synapse takes only so many changes of it in a while and answers the others with 429; nio says
    that in its answer, and a change that was not taken can't be seen by anybody.
    """
    word = f"here under {document}"
    if world.presented.get(sender.user) != word:
        world.presented[sender.user] = word
        await is_present(sender, word)


async def is_present(sender: Person, word: str) -> None:
    """Say so, as often as Synapse says that it is too soon."""
    answer = await sender.client.set_presence("unavailable", word)
    while getattr(answer, "status_code", "") == "M_LIMIT_EXCEEDED":
        await asyncio.sleep((answer.retry_after_ms or 1000) / 1000)
        answer = await sender.client.set_presence("unavailable", word)
    assert isinstance(answer, PresenceSetResponse), answer


async def _to_devices(sender: Person, receivers: tuple[Person, ...], tag: str) -> None:
    for receiver in receivers:
        device = receiver.client.device_id
        message = ToDeviceMessage("org.example.test", receiver.user, device, {"tag": tag})
        await sender.client.to_device(message)


async def arrived(world: World, document: str, cell: Cell, tag: str, room: str) -> str:
    """What everybody whom it concerns sees of it with their own client."""
    sender, receivers = world.ends(cell)
    if not room:
        return _word(False)
    found = [await _sees(world, document, cell, tag, room, sender, each) for each in receivers]
    if len(set(found)) != 1:
        return IN_PART
    return _word(found[0]) if isinstance(found[0], bool) else found[0]


async def _sees(
    world: World, document: str, cell: Cell, tag: str, room: str, sender: Person, by: Person
) -> bool | str:
    match cell.what:
        case What.MESSAGE:
            return tag in by.seen(room)
        case What.FILE:
            return await _sees_file(by, cell, room, tag)
        case What.CALL:
            return any(
                event.source["content"].get("call_id") == tag
                for where, event in by.heard
                if where == room and event.source["type"] == "m.call.invite"
            )
        case What.CONFERENCE:
            found = await by.client.room_get_state_event(room, RTC, f"_{sender.user}_{tag}")
            return isinstance(found, RoomGetStateEventResponse) and bool(found.content)
        case What.TYPING:
            return (by.user, room, sender.user) in world.typing
        case What.INVITE:
            return room in by.invited
        case What.JOIN:
            return await _is_member(by, room, sender.user)
        case What.PRESENCE:
            return (by.user, sender.user, f"here under {document}") in world.presence
        case What.TO_DEVICE:
            return (by.user, sender.user, tag) in world.devices


async def _sees_file(by: Person, cell: Cell, room: str, tag: str) -> bool | str:
    """In an encrypted room its name travels like a message, so there the bytes are what counts."""
    if tag not in by.seen(room):
        return False
    opened = await _opens(by, room, tag)
    return True if opened else False if cell.encrypted else NAME_ALONE


async def _opens(by: Person, room: str, tag: str) -> bool:
    event = next(e for where, e in by.heard if where == room and getattr(e, "body", "") == tag)
    got = await by.client.download(event.url)
    return isinstance(got, MemoryDownloadResponse)


async def _is_member(by: Person, room: str, user: str) -> bool:
    found = await by.client.joined_members(room)
    return isinstance(found, JoinedMembersResponse) and user in {m.user_id for m in found.members}


OURS = HEAD.format(domain="example.test", partner="acme")
DOCUMENTS: dict[str, tuple[str, Allowed]] = {
    # Strictest last: a server that was refused waits before it asks again.
    "everything": (OURS + EVERYTHING, _everything),
    "partner: messages only": (OURS + MESSAGES_ONLY, _messages_only),
    "default": (default_document("Example AG", "example.test"), _inside),
    "empty": (OURS, _nothing),
}


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_each_cell_is_what_the_other_side_sees(world: World, document: str) -> None:
    rules, allowed = DOCUMENTS[document]
    await _stop_typing(world)
    world.both.example.apply(rules)
    table = {cell: f"{document[:3]}{number}" for number, cell in enumerate(cells())}
    expected = {cell: _word(allowed(cell) or seen_although_banned(cell, allowed)) for cell in table}
    # One after the other: in one room the order of events is part of what is tested.
    rooms = {cell: await act(world, document, cell, tag) for cell, tag in table.items()}

    async def look() -> dict[Cell, str]:
        return {
            cell: await arrived(world, document, cell, tag, rooms[cell])
            for cell, tag in table.items()
        }

    end = time.monotonic() + PATIENCE_SECONDS
    seen = await look()
    while expected != seen and time.monotonic() < end:
        await asyncio.sleep(1)
        seen = await look()
    await asyncio.sleep(SETTLE_SECONDS)
    seen = await look()
    wrong = [
        f"{c}: expected {expected[c]}, seen {seen[c]}" for c in table if expected[c] != seen[c]
    ]
    print_table(document, expected, allowed)
    assert not wrong, "\n" + "\n".join(wrong)


async def _stop_typing(world: World) -> None:
    """Nobody types any more, and everybody has seen so, while it may still be told."""
    everybody = (world.alice, world.bob, world.carol, world.otto)
    for room in world.rooms.values():
        for person in everybody:
            await person.client.room_typing(room, False)
    end = time.monotonic() + PATIENCE_SECONDS
    while any(world.now_typing.values()):
        assert time.monotonic() < end, world.now_typing
        await asyncio.sleep(0.2)
    world.typing.clear()


def _word(arrives: bool) -> str:
    return "arrives" if arrives else "nothing"


def print_table(document: str, expected: Mapping[Cell, str], allowed: Allowed) -> None:
    """The table as a reader wants it; shown with `pytest -s`."""
    print(f"\n## {document}")
    for cell, word in expected.items():
        banned = word == _word(True) and not allowed(cell)
        print(f"{cell}: {'not held' if banned else word}")


async def test_the_page_has_a_row_for_each_combination_that_is_tested() -> None:
    assert {(cell.what, cell.encrypted) for cell in cells()} == set(HOLDINGS)
