"""What another server can look up and ask for, by what was agreed with it.

The hostile server signs each request as it should. Where nothing of the kind was agreed, what exists
and what does not get the same answer; where it was, the very same requests are answered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from nio import RoomPutAliasResponse
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS, RoomVersions
from synapse.events import make_event_from_dict

from tests.system.federation.conftest import Cast, document_with
from tests.system.hostile_server import F
from tests.system.raw import Reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

WITHOUT_CONTACT = """
[rules.hostile]
between = ["staff", "mallory"]
allow   = ["message"]
"""
PRESENCE_ALONE = WITHOUT_CONTACT.replace('"message"', '"presence"')
ONLY_WE_LOOK = """
[rules.hostile]
from  = ["staff"]
to    = ["mallory"]
allow = ["contact"]
"""
NOBODY = "@nobody:example.test"


@dataclass(frozen=True)
class Place:
    """A room of Alice's with an address, at whose door one may knock."""

    room: str
    alias: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(cast: Cast) -> Place:
    knocking = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    made: Any = await cast.alice.client.room_create(name="Door", initial_state=[knocking])
    alias = "#door:example.test"
    named = await cast.alice.client.room_put_alias(alias, made.room_id)
    assert isinstance(named, RoomPutAliasResponse), named
    return Place(made.room_id, alias)


Asking = tuple[str, str, Any]


def lookups(user: str, alias: str) -> list[Asking]:
    """Requests about one person of ours and one address, that only `contact` opens."""
    return [
        ("GET", f"{F}/v1/query/profile?user_id={quote(user)}", None),
        ("GET", f"{F}/v1/query/directory?room_alias={quote(alias)}", None),
    ]


def keys(user: str, device: str) -> list[Asking]:
    """Requests for what encrypted content needs too."""
    return [
        ("POST", f"{F}/v1/user/keys/query", {"device_keys": {user: []}}),
        ("POST", f"{F}/v1/user/keys/claim",
         {"one_time_keys": {user: {device: "signed_curve25519"}}}),
        ("GET", f"{F}/v1/user/devices/{quote(user)}", None),
    ]  # fmt: skip


def knocks(cast: Cast, room: str) -> list[Asking]:
    user = cast.hostile.user()
    event = cast.hostile.signed(
        {
            "room_id": room, "type": "m.room.member", "sender": user, "state_key": user,
            "content": {"membership": "knock"}, "depth": 5, "origin_server_ts": 1,
            "prev_events": ["$x"], "auth_events": ["$y"],
        },
        RoomVersions.V11,
    )  # fmt: skip
    return [
        ("GET", f"{F}/v1/make_knock/{quote(room)}/{quote(user)}?ver=11", None),
        ("PUT", f"{F}/v1/send_knock/{quote(room)}/{quote('$knock')}", event),
    ]


LISTS: list[Asking] = [
    ("GET", f"{F}/v1/publicRooms", None),
    ("POST", f"{F}/v1/publicRooms", {"limit": 10}),
]


def everything(cast: Cast, user: str, device: str, place: Place) -> list[Asking]:
    closed = [*lookups(user, place.alias), *LISTS, *knocks(cast, place.room)]
    return closed + keys(user, device)


def made_up(cast: Cast) -> list[Asking]:
    return everything(cast, NOBODY, "NODEVICE", Place("!none:example.test", "#none:example.test"))


def real(cast: Cast, place: Place) -> list[Asking]:
    return everything(cast, cast.alice.user, cast.alice.client.device_id, place)


async def answers(cast: Cast, asked: list[Asking]) -> list[Reply]:
    return [await cast.hostile.ask(cast.both.example, *each) for each in asked]


def told(answer: Reply) -> tuple[int, str]:
    """What an answer says, but for the record's id, by which alone refusals may differ."""
    body = json.loads(answer.body)
    record = body.get("vedette", {}).get("record") or "no record"
    return answer.status, answer.body.decode().replace(record, "RECORD")


def says_nothing(answer: Reply) -> bool:
    forbidden = answer.status == 403 and json.loads(answer.body)["errcode"] == "M_FORBIDDEN"
    names = (b"alice", b"hostile", b"staff", b"mallory", b"Door", b'rule": "')
    return forbidden and not any(name in answer.body for name in names)


@pytest.mark.parametrize("agreed", ["presence alone", "nothing: a stranger"])
async def test_whoever_has_neither_contact_nor_content_learns_nothing(
    cast: Cast, place: Place, agreed: str
) -> None:
    example = cast.both.example
    stranger = agreed != "presence alone"
    example.apply(example.first_document if stranger else document_with(cast.both, PRESENCE_ALONE))
    there = await answers(cast, real(cast, place))
    nowhere = await answers(cast, made_up(cast))
    example.apply(document_with(cast.both))
    for asked, one, other in zip(real(cast, place), there, nowhere, strict=True):
        assert says_nothing(one), (asked, one)
        assert told(one) == told(other), asked


async def test_a_partner_without_contact_gets_keys_for_its_messages_and_nothing_else(
    cast: Cast, place: Place
) -> None:
    alice, device = cast.alice.user, cast.alice.client.device_id
    closed = [*lookups(alice, place.alias), *LISTS, *knocks(cast, place.room)]
    cast.both.example.apply(document_with(cast.both, WITHOUT_CONTACT))
    refused = await answers(cast, closed)
    query, _, devices = await answers(cast, keys(alice, device))
    unknown = await answers(cast, keys(NOBODY, "NODEVICE"))
    cast.both.example.apply(document_with(cast.both))
    for asked, answer in zip(closed, refused, strict=True):
        assert says_nothing(answer), (asked, answer)
    assert device in json.loads(query.body)["device_keys"][alice], query
    assert json.loads(devices.body)["devices"], devices
    for answer in unknown:  # whether there is somebody of this name is not told by an error
        assert b"NODEVICE" not in answer.body, answer
        assert answer.status in (200, 403), answer


async def test_a_partner_with_contact_is_answered(cast: Cast, place: Place) -> None:
    alice, device = cast.alice.user, cast.alice.client.device_id
    profile, directory = await answers(cast, lookups(alice, place.alias))
    assert (profile.status, "displayname" in json.loads(profile.body)) == (200, True), profile
    assert json.loads(directory.body)["room_id"] == place.room, directory
    query, claim, devices = await answers(cast, keys(alice, device))
    assert device in json.loads(query.body)["device_keys"][alice], query
    assert device in json.loads(claim.body)["one_time_keys"][alice], claim
    assert device in {each["device_id"] for each in json.loads(devices.body)["devices"]}, devices
    for listing in await answers(cast, LISTS):  # rooms that are listed here stay here
        assert listing.status == 403, listing


async def test_a_partner_with_contact_can_knock(cast: Cast, place: Place) -> None:
    hostile, example = cast.hostile, cast.both.example
    (method, target, _), _ = knocks(cast, place.room)
    template = await hostile.ask(example, method, target)
    assert template.status == 200, template
    found = json.loads(template.body)
    version = KNOWN_ROOM_VERSIONS[found["room_version"]]
    event = hostile.signed(found["event"], version)
    event_id = quote(make_event_from_dict(event, version).event_id)
    path = f"{F}/v1/send_knock/{quote(place.room)}/{event_id}"
    answer = await hostile.ask(example, "PUT", path, event)
    assert answer.status == 200, answer
    state: Any = await cast.alice.client.room_get_state_event(
        place.room, "m.room.member", hostile.user()
    )
    assert state.content["membership"] == "knock"


async def test_contact_one_way_lets_only_that_side_look(cast: Cast, place: Place) -> None:
    cast.both.example.apply(document_with(cast.both, ONLY_WE_LOOK))
    refused = await answers(cast, [*lookups(cast.alice.user, place.alias), *LISTS])
    cast.both.example.apply(document_with(cast.both))
    for answer in refused:
        assert says_nothing(answer), answer
