"""The wish from the field, literally, with ordinary encrypted Matrix clients.

Acme may exchange messages with staff, but no file and no call; engineering may send what is
a document inside. Nobody who owns a room can lift it, and whoever comes later reads nothing of before.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.system.matrix_client import Person, RefusedError, signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.suite.scene import whole_pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = whole_pdf("a plan")
PROGRAM = b"MZ" + b"\0" * 62
MESSAGES_ONLY = "With Acme we exchange messages only: no files and no calls."
OFFER = {
    "call_id": "c1",
    "version": 1,
    "party_id": "p1",
    "lifetime": 60000,
    "offer": {"type": "offer", "sdp": "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"},
}


@dataclass
class Cast:
    example: Organisation
    alice: Person  # engineering
    bob: Person  # staff
    dora: Person  # engineering
    carol: Person  # of acme
    frank: Person  # of acme


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(
    organisations: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cast]:
    folder: Path = tmp_path_factory.mktemp("people")
    organisations.example.apply(organisations.example.first_document)
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(signed_in(where, who, folder / who))
            for where, who in (
                (organisations.example, "alice"),
                (organisations.example, "bob"),
                (organisations.example, "dora"),
                (organisations.acme, "carol"),
                (organisations.acme, "frank"),
            )
        ]
        yield Cast(organisations.example, *people)


async def _together(owner: Person, *others: Person, encrypted: bool = False) -> str:
    room = await owner.create_room(*others, encrypted=encrypted)
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
    """What the notice account has told a person."""
    told = [e for _, e in person.heard if getattr(e, "sender", "").startswith("@vedette-notices")]
    return [str(getattr(event, "body", "")) for event in told]


def _record(person: Person, told: str) -> str | None:
    """The record's id in the last notice that says `told`: that a file is still looked at has one too."""
    found = [re.search(r"Record (\S+:\d+)", text) for text in _notices(person) if told in text]
    return next((match[1] for match in reversed(found) if match), None)


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_messages_go_both_ways_with_acme(cast: Cast, encrypted: bool) -> None:
    room = await _together(cast.alice, cast.bob, cast.carol, encrypted=encrypted)
    await cast.alice.say(room, "good morning")
    await cast.carol.sees(room, "good morning")
    await cast.carol.say(room, "good morning to you")
    await cast.alice.sees(room, "good morning to you")
    await cast.bob.sees(room, "good morning to you")


async def test_no_file_and_no_call_goes_to_acme(cast: Cast) -> None:
    room = await _together(cast.alice, cast.carol)
    file = await _refused(cast.alice.send_file(room, "plan.pdf", whole_pdf("plan")))
    assert file.sentence == MESSAGES_ONLY
    call = await _refused(cast.alice.send(room, dict(OFFER), "m.call.invite"))
    assert call.sentence == MESSAGES_ONLY
    await cast.carol.never_sees(room, "plan.pdf")


async def test_no_file_and_no_call_comes_from_acme_even_if_acme_lets_it_go(
    organisations: TwoOrganisations, cast: Cast
) -> None:
    everything = organisations.acme.first_document
    organisations.acme.apply(_generous(everything))
    try:
        room = await _together(cast.alice, cast.carol)
        await cast.carol.send_file(room, "offer.pdf", whole_pdf("offer"))
        await cast.carol.send(room, dict(OFFER), "m.call.invite")
        await cast.carol.say(room, "did you get it?")
        await cast.alice.sees(room, "did you get it?")
        assert "offer.pdf" not in cast.alice.seen(room)
        assert not [e for where, e in cast.alice.heard
                    if where == room and e.source["type"] == "m.call.invite"]  # fmt: skip
    finally:
        organisations.acme.apply(everything)


def _generous(document: str) -> str:
    """The document without its forbids and with everything allowed both ways."""
    kept = re.sub(r"(?ms)^\[rules\.[^\]]*\]\n(?:(?!^\[).)*?^forbid.*?(?=^\[|\Z)", "", document)
    return kept + '\n[rules.generous]\nbetween = ["us", "partners"]\nallow = ["all"]\n'


async def test_an_encrypted_file_reaches_nobody_at_acme(
    organisations: TwoOrganisations, cast: Cast
) -> None:
    room = await _together(cast.alice, cast.carol, encrypted=True)
    colleagues_may = organisations.example.first_document.replace(
        "file.kind in document", "file.kind in document, encrypted"
    )
    organisations.example.apply(colleagues_may)
    try:
        await cast.alice.send_file(room, "secret.pdf", whole_pdf("secret"))
        # The event is only ciphertext to the server; the bytes are what is held.
        with pytest.raises(RefusedError):
            await cast.carol.open_file(room, "secret.pdf")
    finally:
        organisations.example.apply(organisations.example.first_document)


async def test_engineering_sends_documents_inside_whatever_others_are_called(cast: Cast) -> None:
    room = await _together(cast.alice, cast.bob)
    await cast.alice.send_file(room, "inside.pdf", whole_pdf("inside"))
    assert await cast.bob.open_file(room, "inside.pdf") == whole_pdf("inside")
    tool = cast.alice.send_file(room, "tool.pdf", b"#!/bin/sh\necho hello\n", "application/pdf")
    assert (await _refused(tool)).status == "M_FORBIDDEN"
    assert (
        await _refused(cast.bob.send_file(room, "bobs.pdf", whole_pdf("bobs")))
    ).status == "M_FORBIDDEN"


async def test_the_owner_of_a_room_cannot_lift_it(cast: Cast) -> None:
    room = await _together(cast.alice, cast.carol)
    levels = {
        "users": {cast.alice.user: 100},
        "users_default": 0,
        "events_default": 0,
        "invite": 50,
    }
    await cast.alice.client.room_put_state(room, "m.room.power_levels", levels)
    assert (await _refused(cast.alice.send_file(room, "x.pdf", PDF))).sentence == MESSAGES_ONLY
    given = {**levels, "users": {cast.alice.user: 100, cast.carol.user: 100}}
    answer = await cast.alice.client.room_put_state(room, "m.room.power_levels", given)
    assert getattr(answer, "status_code", None) == "M_FORBIDDEN"


async def test_a_room_with_acme_is_not_listed(cast: Cast) -> None:
    room = await _together(cast.alice, cast.carol)
    path = f"/_matrix/client/v3/directory/list/room/{room}"
    client = cast.alice.client
    headers = {"Authorization": f"Bearer {client.access_token}"}
    answer = await client.send("PUT", path, json.dumps({"visibility": "public"}), headers)
    assert answer.status == 403
    assert (await answer.json())["vedette"]["reason"] == "not-supported"


async def test_two_people_of_acme_in_one_room_can_still_talk_to_us(cast: Cast) -> None:
    room = await _together(cast.alice, cast.carol, cast.frank)
    await cast.carol.say(room, "this is carol")
    await cast.frank.say(room, "this is frank")
    await cast.alice.sees(room, "this is carol")
    await cast.alice.sees(room, "this is frank")
    await cast.alice.say(room, "hello both")
    await cast.carol.sees(room, "hello both")
    await cast.frank.sees(room, "hello both")


async def test_a_third_participant_opens_no_hole_and_mutes_nobody(cast: Cast) -> None:
    room = await _together(cast.alice, cast.bob, cast.carol)
    why = _why_in(cast, room, "file", "--file", "y.pdf")
    assert (why["answer"], why["rule"], why["person"]) == (
        "no",
        "acme-messages-only",
        MESSAGES_ONLY,
    )
    assert (await _refused(cast.alice.send_file(room, "y.pdf", PDF))).sentence == MESSAGES_ONLY
    await cast.bob.say(room, "bob speaks")
    await cast.carol.say(room, "carol speaks")
    await cast.alice.sees(room, "bob speaks")
    await cast.alice.sees(room, "carol speaks")
    await cast.carol.sees(room, "bob speaks")
    asked = _why_in(cast, room, "contact", "--to", "@someone:nowhere.test")
    assert asked["answer"] == "no"
    stranger = await _refused(cast.alice.invite(room, "@someone:nowhere.test"))
    assert stranger.status == "M_FORBIDDEN"


async def test_whoever_is_invited_later_reads_nothing_of_before(cast: Cast) -> None:
    room = await _together(cast.alice, cast.bob)
    await cast.alice.say(room, "before")
    await cast.bob.sees(room, "before")
    assert _why_in(cast, room, "file", "--file", "y.pdf")["answer"] == "yes"
    await cast.alice.invite(room, cast.carol)
    await cast.carol.join(room)
    why = _why_in(cast, room, "message")
    assert (why["answer"], sum(each["count"] for each in why["room"]["here"])) == ("yes", 3)
    await cast.alice.say(room, "after")
    await cast.carol.sees(room, "after")
    page = await cast.carol.client.room_messages(room, cast.carol.client.next_batch, limit=50)
    bodies = [getattr(event, "body", "") for event in getattr(page, "chunk", [])]
    assert "before" not in bodies + cast.carol.seen(room)


def _why_in(cast: Cast, room: str, channel: str, *more: str) -> dict[str, Any]:
    """What `why` says of something that alice has not done yet in a room."""
    asked = ("--from", cast.alice.user, "--room", room, "--channel", channel, *more)
    return dict(json.loads(cast.example.cli("why", *asked, "--json").stdout))


async def test_why_names_the_rule_and_the_record_replays_to_the_same_answer(cast: Cast) -> None:
    asked = cast.example.cli(
        "why", "--from", cast.alice.user, "--to", cast.carol.user, "--channel", "file", "--json"
    )
    answer = json.loads(asked.stdout)
    assert (answer["answer"], answer["rule"]) == ("no", "acme-messages-only")
    assert answer["person"] == MESSAGES_ONLY
    # Somebody who was not told anything yet: there is one notice a minute for each person and rule.
    room = await _together(cast.dora, cast.carol)
    await _refused(cast.dora.send_file(room, "why.pdf", PDF))
    await cast.dora.until(lambda: _record(cast.dora, MESSAGES_ONLY) is not None)
    told = str(_record(cast.dora, MESSAGES_ONLY))
    record = json.loads(await asyncio.to_thread(cast.example.why, told, "--json"))
    assert (record["answer"], record["rule"]) == ("no", "acme-messages-only")
    assert record["same"] is True


README = Path(__file__).parents[2] / "README.md"


async def test_the_commands_that_the_readme_shows_let_carol_open_the_file(
    organisations: TwoOrganisations, cast: Cast
) -> None:
    """README's second contract, typed as it stands there."""
    typed = [line for line in README.read_text().splitlines() if "contract 4712" in line]
    assert [line.split()[:3] for line in typed] == [
        ["vedette", "rule", "remove"], ["vedette", "rule", "add"],
    ]  # fmt: skip
    room = await _together(cast.alice, cast.carol)
    assert (await _refused(cast.alice.send_file(room, "early.pdf", PDF))).sentence == MESSAGES_ONLY
    try:
        for line in typed:
            cast.example.cli(*shlex.split(line)[1:])
        cast.example.wait_for_doors()
        await cast.alice.send_file(room, "wing.pdf", PDF)
        assert await cast.carol.open_file(room, "wing.pdf") == PDF
        program = cast.alice.send_file(room, "tool.exe", PROGRAM, "application/x-msdownload")
        await _refused(program)
        await cast.carol.never_sees(room, "tool.exe")
    finally:
        organisations.example.apply(organisations.example.first_document)


BOARD = '\n[rooms]\nboard = { members = ["engineering"], encrypted = true }\n'


async def test_a_room_of_a_kind_is_for_its_members_and_stays_encrypted(
    organisations: TwoOrganisations, cast: Cast
) -> None:
    organisations.example.apply(organisations.example.first_document + BOARD)
    try:
        made = await _ask(cast.alice, "POST", "createRoom", _of_kind("board"))
        room = str(made["room_id"])
        await cast.dora.join(room)
        for kind, key in (
            ("m.room.create", "org.vedette.kind"),
            ("m.room.encryption", "algorithm"),
        ):
            state = await _ask(cast.dora, "GET", f"rooms/{room}/state/{kind}")
            assert state[key] in ("board", "m.megolm.v1.aes-sha2"), state
        refused = await _refused(cast.alice.invite(room, cast.bob))
        assert refused.sentence.startswith("This kind of room is not for everyone who was named.")
        for algorithm in ("m.none", ""):
            off = {"algorithm": algorithm}
            answer = await _ask(cast.alice, "PUT", f"rooms/{room}/state/m.room.encryption", off)
            assert answer["errcode"] == "M_FORBIDDEN", answer
        plain = {"msgtype": "m.text", "body": "in plain"}
        answer = await _ask(cast.alice, "PUT", f"rooms/{room}/send/m.room.message/1", plain)
        assert answer["vedette"]["reason"] == "room-encryption"
        unheard_of = await _ask(cast.alice, "POST", "createRoom", _of_kind("unheard-of"))
        assert unheard_of["vedette"]["reason"] == "room-kind"
    finally:
        organisations.example.apply(organisations.example.first_document)


def _of_kind(kind: str) -> dict[str, object]:
    creation = {"org.vedette.kind": kind}
    return {"name": "Board", "creation_content": creation, "invite": ["@dora:example.test"]}


async def _ask(
    person: Person, method: str, path: str, body: dict[str, object] | None = None
) -> dict[str, Any]:
    """What the client API says to a request that nio has no method for."""
    headers = {"Authorization": f"Bearer {person.client.access_token}"}
    data = None if body is None else json.dumps(body)
    got = await person.client.send(method, f"/_matrix/client/v3/{path}", data, headers)
    return dict(await got.json())
