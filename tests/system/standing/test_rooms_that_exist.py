"""Rooms that exist, in two real organisations: frozen, free again, put in order; invites; conferences."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nio import JoinedMembersResponse, JoinedRoomsResponse

from tests.system.matrix_client import Person, RefusedError, signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations, wait_for_doors
from vedette.protocol.internal.streams import Stream
from vedette.suite.scene import whole_pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_MORE = """
[rules.no-more]
between = ["us", "acme"]
forbid = ["contact"]
say = "Acme: no more."
"""
STANDING = '\n[standing]\non_breach = "{value}"\nwait = "0 seconds"\nending_invites = "{invites}"\n'
KEEPER = "@vedette-rooms:example.test"
PATIENCE_SECONDS = 120.0


@dataclass
class Cast:
    example: Organisation
    alice: Person
    bob: Person
    carol: Person  # of acme

    def put(self, *more: str, value: str = "freeze", invites: str = "tell") -> None:
        standing = STANDING.format(value=value, invites=invites)
        self.example.apply(self.example.first_document + "".join(more) + standing)

    async def room(self, room: str, wanted: object) -> dict[str, Any]:
        """What `vedette room list` says of a room, once that is so; None: nothing any more."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            done = await asyncio.to_thread(self.example.cli, "room", "list", "--json", check=False)
            found = json.loads(done.stdout or '{"state": "not told"}')
            entry = next((e for e in found.get("rooms", []) if e["room"] == room), None)
            state = None if entry is None else bool(entry["faults"])
            if state is wanted and found["state"] == "done":
                return entry or {}
            await asyncio.sleep(0.3)
        raise AssertionError(found)

    async def gone(self, person: Person, room: str) -> None:
        """Wait until this person's own server says that they are not in a room."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            answer = await person.client.joined_rooms()
            assert isinstance(answer, JoinedRoomsResponse), answer
            if room not in answer.rooms:
                return
            await asyncio.sleep(0.3)
        raise AssertionError(f"{person.user} is still in {room}")

    async def members(self, person: Person, room: str) -> set[str]:
        answer = await person.client.joined_members(room)
        assert isinstance(answer, JoinedMembersResponse), answer
        return {member.user_id for member in answer.members}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(
    organisations: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cast]:
    folder: Path = tmp_path_factory.mktemp("standing")
    example, acme = organisations.example, organisations.acme
    example.apply(example.first_document)
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(signed_in(where, who, folder / who))
            for where, who in ((example, "alice"), (example, "bob"), (acme, "carol"))
        ]
        yield Cast(example, *people)
    example.apply(example.first_document)


async def _together(owner: Person, *others: Person) -> str:
    room = await owner.create_room(*others)
    for person in others:
        await person.join(room)
    for person in (owner, *others):
        await person.knows(room, 1 + len(others))
    return room


async def _refused(doing: object) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        await doing  # type: ignore[misc]
    return caught.value


def _notices(person: Person) -> list[str]:
    told = [e for _, e in person.heard if getattr(e, "sender", "").startswith("@vedette-notices")]
    return [str(getattr(event, "body", "")) for event in told]


async def test_acme_no_more_freezes_rooms_and_the_way_back_frees_them(cast: Cast) -> None:
    cast.put()
    room = await _together(cast.alice, cast.bob, cast.carol)
    await cast.alice.say(room, "hello")
    await cast.carol.sees(room, "hello")
    cast.put(NO_MORE)
    entry = await cast.room(room, wanted=True)
    assert (entry["frozen"], entry["value"], entry["goes"]) == (True, "freeze", [cast.carol.user])
    assert entry["faults"][0]["rule"] == "no-more"
    record = entry["faults"][0]["record"]
    assert "no-more" in await asyncio.to_thread(cast.example.why, record)
    refused = await _refused(cast.bob.say(room, "are you there?"))
    assert refused.sentence.startswith("Nobody can write in this room at present")
    assert refused.sentence.endswith("Acme: no more.")
    await cast.carol.say(room, "I am still here")
    await cast.alice.never_sees(room, "I am still here")
    told = "these rooms are not as they may be"
    await cast.alice.until(lambda: any(told in text for text in _notices(cast.alice)))
    cast.put()
    await cast.room(room, wanted=None)
    await cast.alice.say(room, "now I may again")
    await cast.carol.sees(room, "now I may again")


async def test_where_the_settings_want_it_acmes_people_are_removed_by_the_keeper(
    cast: Cast,
) -> None:
    cast.put()
    room = await _together(cast.alice, cast.bob, cast.carol)
    theirs = await cast.carol.create_room(cast.alice)
    await cast.alice.join(theirs)
    await cast.carol.knows(theirs, 2)
    cast.put(NO_MORE, value="remove")
    entry = await cast.room(room, wanted=False)
    assert [done["what"] for done in entry["done"]] == [f"{cast.carol.user} was removed"]
    assert await cast.members(cast.alice, room) == {cast.alice.user, cast.bob.user}
    await cast.gone(cast.carol, room)
    await cast.alice.say(room, "among ourselves")
    await cast.bob.sees(room, "among ourselves")
    state = await cast.alice.client.room_get_state_event(room, "m.room.member", cast.carol.user)
    assert state.content["membership"] == "leave"
    assert "no-more" not in state.content["reason"]
    left = await cast.room(theirs, wanted=False)
    assert [done["what"] for done in left["done"]] == [f"{cast.alice.user} has left"]
    await cast.gone(cast.alice, theirs)
    assert KEEPER in await asyncio.to_thread(cast.example.why, entry["done"][0]["record"])
    cast.put()


async def test_an_invite_that_ends_something_is_said_twice_and_everybody_hears(
    cast: Cast,
) -> None:
    cast.put(invites="confirm")
    room = await _together(cast.alice, cast.bob)
    first = await _refused(cast.alice.invite(room, cast.carol))
    assert "nobody here can" in first.sentence
    assert "send files" in first.sentence
    await cast.alice.invite(room, cast.carol)
    await cast.carol.join(room)
    await cast.bob.until(lambda: any("send files" in text for text in _notices(cast.bob)))


CONFERENCE = """
[rooms.conference]
plain = true
[rules.no-files-in-conferences]
between = ["us", "anyone"]
forbid = ["file"]
when = ["room.kind = conference"]
say = "In conferences no files are shared."
"""
PDF = {
    "msgtype": "m.file",
    "body": "a.pdf",
    "info": {"mimetype": "application/pdf", "size": 8},
}


async def _conference(owner: Person, *invited: Person) -> str:
    client = owner.client
    body = {
        "invite": [person.user for person in invited],
        "preset": "private_chat",
        "creation_content": {"org.vedette.kind": "conference"},
        "initial_state": [
            {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        ],
    }
    headers = {"Authorization": f"Bearer {client.access_token}"}
    answer = await client.send("POST", "/_matrix/client/v3/createRoom", json.dumps(body), headers)
    assert answer.status == 200, await answer.text()
    room = str((await answer.json())["room_id"])
    for person in invited:
        await person.join(room)
    return room


async def test_whoever_organises_a_conference_shares_no_file_in_it_and_can_not_loosen_that(
    cast: Cast,
) -> None:
    cast.put(CONFERENCE)
    conference, other = (
        await _conference(cast.alice, cast.bob),
        await _together(cast.alice, cast.bob),
    )
    client = cast.alice.client
    data = whole_pdf("minutes")
    stored, _ = await client.upload(lambda *_: data, "application/pdf", "a.pdf", filesize=len(data))
    assert hasattr(stored, "content_uri"), stored  # a file for another room may be uploaded
    file = PDF | {"url": stored.content_uri}
    assert (await cast.alice.send(other, file)).startswith("$")
    await cast.bob.open_file(other, "a.pdf")
    say = "In conferences no files are shared."
    assert (await _refused(cast.alice.send(conference, file))).sentence == say
    for kind, content, key in (
        ("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, ""),
        ("im.vector.modular.widgets", {"type": "m.custom", "url": "https://x.example"}, "w"),
        ("m.widget", {"type": "m.custom", "url": "https://x.example"}, "w"),
        ("org.vedette.kind", {"kind": "none"}, ""),
        ("m.room.create", {"org.vedette.kind": "none"}, ""),
        ("m.room.guest_access", {"guest_access": "can_join"}, ""),
        ("m.room.join_rules", {"join_rule": "public"}, ""),
        ("m.room.history_visibility", {"history_visibility": "world_readable"}, ""),
    ):
        answer = await client.room_put_state(conference, kind, content, key)
        assert hasattr(answer, "status_code"), (kind, answer)
    headers = {"Authorization": f"Bearer {client.access_token}"}
    alias = "/_matrix/client/v3/directory/room/%23conference:example.test"
    named = await client.send("PUT", alias, json.dumps({"room_id": conference}), headers)
    assert named.status == 200  # an address changes nothing about what may be said
    everything = {
        "users": {cast.alice.user: 100, cast.bob.user: 100, KEEPER: 100},
        "events_default": 0,
        "state_default": 50,
        "invite": 50,
        "events": {"m.room.message": 0},
    }
    assert not hasattr(
        await client.room_put_state(conference, "m.room.power_levels", everything), "status_code"
    )
    assert (await _refused(cast.bob.send(conference, file))).sentence == say
    cipher = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AA", "session_id": "s",
              "sender_key": "k", "device_id": "D"}  # fmt: skip
    hidden = await client.room_send(conference, "m.room.encrypted", cipher)
    assert getattr(hidden, "status_code", None) == "M_FORBIDDEN"
    await cast.alice.say(conference, "words are fine")
    await cast.bob.sees(conference, "words are fine")


async def test_whoever_was_deactivated_leaves_every_room_and_their_sessions_end(
    cast: Cast, figure: Callable[[str], None]
) -> None:
    cast.put()
    here = await _together(cast.alice, cast.bob)
    with_acme = await _together(cast.alice, cast.bob, cast.carol)
    offered = await cast.alice.create_room(cast.bob)
    table = cast.example.boot.path(cast.example.boot.control.people)
    before = table.read_text()
    begun = time.monotonic()
    try:
        off = re.sub(r"^(bob,.*),yes$", r"\1,no", before, flags=re.MULTILINE)
        assert off != before
        table.write_text(off)
        for room, person in ((here, cast.alice), (offered, cast.alice), (with_acme, cast.carol)):
            await _without(cast, person, room, cast.bob.user)
            if room == here:
                figure(f"deactivated: out of a room after {time.monotonic() - begun:.2f} s")
        await _is_out(cast.bob)
    finally:
        table.write_text(before)
        await _is_one_of_us(cast.example, cast.bob, cast.alice)
    assert cast.alice.user in await cast.members(cast.alice, here)


async def _is_one_of_us(example: Organisation, who: Person, other: Person) -> None:
    """Wait until control and every door know that somebody is here again, as later tests expect."""
    end = time.monotonic() + PATIENCE_SECONDS
    asked = ("why", "--from", who.user, "--to", other.user, "--channel", "message", "--json")
    while json.loads((await asyncio.to_thread(example.cli, *asked)).stdout)["answer"] != "yes":
        assert time.monotonic() < end, f"{who.user} does not come back"
        await asyncio.sleep(0.3)
    for stream in (Stream.PEOPLE, Stream.CHANGES):
        await asyncio.to_thread(wait_for_doors, example.boot, stream)


async def _is_out(person: Person) -> None:
    """Wait until their client is told that its session is over."""
    end = time.monotonic() + PATIENCE_SECONDS
    while getattr(await person.client.whoami(), "status_code", None) != "M_UNKNOWN_TOKEN":
        assert time.monotonic() < end, f"{person.user} is in still"
        await asyncio.sleep(0.1)


async def _without(cast: Cast, person: Person, room: str, whom: str) -> None:
    """Wait until the server of this person says that somebody neither is there nor is invited."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        state = await person.client.room_get_state_event(room, "m.room.member", whom)
        if getattr(state, "content", {}).get("membership") == "leave":
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{whom} is still in {room}")
