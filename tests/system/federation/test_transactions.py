"""What a hostile server that may write to us tries with it, and that nobody else is hindered."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from tests.apps.inspection.corpus.documents import pdf
from tests.system.federation.conftest import AGREED, Cast, document_with
from tests.system.hostile_server import F, Room

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROMPT_SECONDS = 30.0
"""Within which a partner's message arrives whatever another one does; the machine may be busy."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def joined(cast: Cast) -> Room:
    """A room of Alice's in which the hostile server's person is, by invitation, and Bob too."""
    room_id = await cast.alice.create_room(cast.bob, cast.hostile.user(), name="Shared")
    await cast.bob.join(room_id)
    return await cast.hostile.join(cast.both.example, room_id)


def file_event(cast: Cast, room: Room, name: str) -> dict[str, Any]:
    content = {"msgtype": "m.file", "body": name, "url": "mxc://hostile.test/abc",
               "info": {"mimetype": "application/pdf", "size": 9}}  # fmt: skip
    return cast.hostile.event(room, content)


async def test_of_a_mixed_transaction_the_good_items_arrive_in_order_and_no_other(
    cast: Cast, joined: Room
) -> None:
    hostile, names = cast.hostile, [f"word {n}" for n in range(1, 7)]
    events = []
    for name in names:
        events += [hostile.text(joined, name), file_event(cast, joined, f"{name}.pdf")]
    hint = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}
    unknown = hostile.event(joined, {"anything": 1}, kind="org.example.unknown")
    foreign = hostile.text(joined, "in carol's name", sender="@carol:acme.test")
    joined.newest, joined.depth = [joined.id_of(unknown)], unknown["depth"] + 1
    events += [unknown, foreign, hostile.text(joined, "the last word")]
    typing = {"edu_type": "m.typing", "content": {
        "room_id": joined.room_id, "user_id": hostile.user(), "typing": True}}  # fmt: skip
    made_up = {"edu_type": "org.example.made_up", "content": hint}
    answer = await hostile.send(cast.both.example, *events, edus=[typing, made_up])
    assert answer.status == 200, answer
    for reader in (cast.alice, cast.bob):
        await reader.sees(joined.room_id, "the last word")
        said = reader.seen(joined.room_id)
        assert [word for word in said if "word" in word] == [*names, "the last word"]
        assert not any("pdf" in word or "carol" in word for word in said)


async def test_what_was_refused_can_not_be_fetched_back(cast: Cast, joined: Room) -> None:
    """Neither by the server that sent it nor by its event's id: it is stored without content."""
    refused = file_event(cast, joined, "secret plan.pdf")
    after = cast.hostile.text(joined, "after the plan")
    assert (await cast.hostile.send(cast.both.example, refused, after)).status == 200
    await cast.alice.sees(joined.room_id, "after the plan")
    room, newest = quote(joined.room_id), quote(joined.newest[0])
    paths = [
        f"{F}/v1/event/{quote(joined.id_of(refused))}",
        f"{F}/v1/backfill/{room}?v={newest}&limit=20",
        f"{F}/v1/state/{room}?event_id={newest}",
    ]
    for path in paths:
        answer = await cast.hostile.ask(cast.both.example, "GET", path)
        assert b"secret plan" not in answer.body, path
    missing = {"latest_events": joined.newest, "earliest_events": [], "limit": 20}
    path = f"{F}/v1/get_missing_events/{room}"
    answer = await cast.hostile.ask(cast.both.example, "POST", path, missing)
    assert answer.status == 200, answer
    assert b"secret plan" not in answer.body
    assert json.loads(answer.body)["events"], "what was not refused can be"
    for person in (cast.alice, cast.bob):
        assert "secret plan.pdf" not in person.seen(joined.room_id)


def requests_about(cast: Cast, room_id: str, event_id: str) -> list[tuple[str, str, Any]]:
    """Everything that a server may ask about a room that it is in, or would like to be in."""
    room = quote(room_id)
    missing = {"latest_events": [event_id], "earliest_events": [], "limit": 20}
    return [
        ("GET", f"{F}/v1/event/{quote(event_id)}", None),
        ("GET", f"{F}/v1/backfill/{room}?v={quote(event_id)}&limit=20", None),
        ("GET", f"{F}/v1/state/{room}?event_id={quote(event_id)}", None),
        ("GET", f"{F}/v1/state_ids/{room}?event_id={quote(event_id)}", None),
        ("GET", f"{F}/v1/event_auth/{room}/{quote(event_id)}", None),
        ("GET", f"{F}/v1/timestamp_to_event/{room}?ts=1&dir=f", None),
        ("GET", f"{F}/v1/hierarchy/{room}", None),
        ("GET", f"{F}/v1/make_join/{room}/{quote(cast.hostile.user())}?ver=11", None),
        ("GET", f"{F}/v1/make_knock/{room}/{quote(cast.hostile.user())}?ver=11", None),
        ("POST", f"{F}/v1/get_missing_events/{room}", missing),
    ]


async def test_rooms_that_it_is_in_are_open_to_it(cast: Cast, joined: Room) -> None:
    await cast.alice.say(joined.room_id, "before")
    event_id = await cast.alice.say(joined.room_id, "among all of us")
    shown = set()
    for method, path, content in requests_about(cast, joined.room_id, event_id):
        if "/make_" in path:  # it is in
            continue
        answer = await cast.hostile.ask(cast.both.example, method, path, content)
        assert answer.status == 200, (path, answer)
        if b"among all of us" in answer.body or b'"before"' in answer.body:
            shown.add(path.split("/")[4])
    assert shown == {"event", "backfill", "get_missing_events"}


async def test_rooms_that_it_is_not_in_are_closed_to_it(cast: Cast) -> None:
    room_id = await cast.alice.create_room(cast.bob, name="Inside")
    await cast.bob.join(room_id)
    event_id = await cast.alice.say(room_id, "among ourselves")
    for method, path, content in requests_about(cast, room_id, event_id):
        answer = await cast.hostile.ask(cast.both.example, method, path, content)
        assert b"among ourselves" not in answer.body, path
        assert answer.status in (403, 404) or json.loads(answer.body) == {"events": []}, (
            path, answer,
        )  # fmt: skip


async def test_hostile_state_changes_nothing(cast: Cast, joined: Room) -> None:
    """Power, a way in for all, history for all, another's removal: alone, and by an old fork."""
    hostile, room_id = cast.hostile, joined.room_id
    power = dict(joined.state["m.room.power_levels", ""]["content"])
    wanted: list[tuple[str, dict[str, Any], str]] = [
        ("m.room.power_levels", power | {"users": {hostile.user(): 100}}, ""),
        ("m.room.join_rules", {"join_rule": "public"}, ""),
        ("m.room.history_visibility", {"history_visibility": "world_readable"}, ""),
        ("m.room.member", {"membership": "ban"}, cast.bob.user),
        ("m.room.member", {"membership": "join"}, hostile.user("second")),
        ("m.room.name", {"name": "Taken over"}, ""),
    ]
    kinds = [(kind, key) for kind, _, key in wanted]
    before = {each: await _state(cast, room_id, *each) for each in kinds}
    for forked in (False, True):
        old = joined.newest, joined.depth
        if forked:  # as if nothing had been said since the invitation
            joined.newest = [joined.id_of(joined.state["m.room.member", hostile.user()])]
        made = [
            hostile.event(
                joined, content, kind=kind, state_key=key,
                sender=key if kind == "m.room.member" and "second" in key else "",
                prev_events=list(joined.newest),
            )
            for kind, content, key in wanted
        ]  # fmt: skip
        answer = await hostile.send(cast.both.example, *made)
        assert answer.status == 200, answer
        joined.newest, joined.depth = old
    word = f"still here {time.time_ns()}"
    await hostile.send(cast.both.example, hostile.text(joined, word))
    await cast.alice.sees(room_id, word)
    assert {each: await _state(cast, room_id, *each) for each in kinds} == before
    mine = await cast.bob.say(room_id, "Bob is still in")
    assert mine
    await cast.alice.sees(room_id, "Bob is still in")


async def _state(cast: Cast, room_id: str, kind: str, key: str) -> Any:
    found = await cast.alice.client.room_get_state_event(room_id, kind, key)
    return getattr(found, "content", None)


async def test_an_event_in_the_name_of_one_of_us_is_not_hers(cast: Cast, joined: Room) -> None:
    fake = cast.hostile.text(joined, "I resign", sender="@alice:example.test")
    joined.newest, joined.depth = [joined.id_of(fake)], joined.depth
    await cast.hostile.send(cast.both.example, fake)
    joined.newest = fake["prev_events"]
    await cast.hostile.send(cast.both.example, cast.hostile.text(joined, "who said that?"))
    await cast.bob.sees(joined.room_id, "who said that?")
    assert "I resign" not in cast.bob.seen(joined.room_id)


async def test_files_of_ours_are_not_for_it_whatever_id_it_names(cast: Cast, joined: Room) -> None:
    inside = await cast.alice.create_room(cast.bob, name="Papers")
    await cast.bob.join(inside)
    await cast.alice.knows(inside, 2)
    await cast.alice.send_file(inside, "plan.pdf", pdf())
    event = await cast.bob.sees(inside, "plan.pdf")
    media = str(getattr(event, "url", "")).rpartition("/")[2]
    for name in (media, "nothing", "x" * 200):
        for kind in ("download", "thumbnail"):
            path = f"{F}/v1/media/{kind}/{name}?timeout_ms=1000&width=9&height=9"
            answer = await cast.hostile.ask(cast.both.example, "GET", path)
            assert answer.status == 404, answer
            assert b"%PDF" not in answer.body
    allowed = AGREED.replace('"contact"]', '"contact", "file"]')
    cast.both.example.apply(document_with(cast.both, allowed))
    path = f"{F}/v1/media/download/{media}?timeout_ms=1000"
    answer = await cast.hostile.ask(cast.both.example, "GET", path)
    cast.both.example.apply(document_with(cast.both))
    assert (answer.status, b"%PDF" in answer.body) == (200, True), answer


async def test_a_flood_of_invitations_ends_and_the_good_partner_is_not_hindered(
    cast: Cast, joined: Room
) -> None:
    both, hostile = cast.both, cast.hostile
    both.example.apply(
        document_with(both, AGREED + "[federation.partners.mallory]\ninvites = 5\nat_once = 10\n")
    )
    across = await cast.alice.create_room(cast.carol, name="Across")
    await cast.carol.join(across)
    await cast.carol.knows(across, 2)
    begun, slowest = time.monotonic(), 0.0
    flooding = asyncio.create_task(_flood(cast, joined))
    for number in range(8):
        since = time.monotonic()
        await cast.carol.say(across, f"good {number}")
        await cast.alice.sees(across, f"good {number}")
        slowest = max(slowest, time.monotonic() - since)
    statuses, invitations = await flooding
    more = 1 + (time.monotonic() - begun) / 12
    print(f"statuses of the flood: {statuses}; a partner's message took at most {slowest:.2f} s")
    assert statuses.get(503, 0) > 20
    assert invitations <= 5 + more, "five at once, and one more every twelve seconds"
    assert slowest < PROMPT_SECONDS
    both.example.apply(document_with(both))
    assert (await hostile.send(both.example)).status == 200, "and nobody bears a grudge"


async def _flood(cast: Cast, joined: Room) -> tuple[dict[int, int], int]:
    """Sixty invitations and a hundred transactions as fast as they go.

    How often each status was answered, and how many invitations Synapse was bothered with.
    """
    hostile, counted, reached = cast.hostile, dict[int, int](), 0

    async def invite(number: int) -> None:
        room_id = f"!flood{number}:hostile.test"
        event = hostile.signed(
            {
                "room_id": room_id, "type": "m.room.member", "sender": hostile.user(),
                "state_key": cast.alice.user, "content": {"membership": "invite"}, "depth": 5,
                "origin_server_ts": 1, "prev_events": ["$x"], "auth_events": ["$y"],
            },
            _version("10"),
        )  # fmt: skip
        content = {"event": event, "room_version": "10", "invite_room_state": []}
        path = f"{F}/v2/invite/{quote(room_id)}/{quote('$e' + str(number))}"
        nonlocal reached
        answer = await hostile.ask(cast.both.example, "PUT", path, content)
        counted[answer.status] = counted.get(answer.status, 0) + 1
        reached += answer.status != 503

    async def write(number: int) -> None:
        answer = await hostile.send(cast.both.example, txn=f"flood{number}")
        counted[answer.status] = counted.get(answer.status, 0) + 1

    await asyncio.gather(*(invite(n) for n in range(60)), *(write(n) for n in range(100)))
    return counted, reached


def _version(name: str) -> Any:
    from synapse.api.room_versions import KNOWN_ROOM_VERSIONS  # noqa: PLC0415

    return KNOWN_ROOM_VERSIONS[name]


async def test_after_the_end_of_the_agreement_nothing_passes_but_leaving(
    cast: Cast, joined: Room
) -> None:
    both, hostile = cast.both, cast.hostile
    both.example.apply(document_with(both, ""))
    refused = hostile.text(joined, "are you there?")
    assert (await hostile.send(both.example, refused)).status == 403
    room, user = quote(joined.room_id), quote(hostile.user())
    left = await hostile.ask(both.example, "GET", f"{F}/v1/make_leave/{room}/{user}")
    assert left.status == 200, left
    both.example.apply(document_with(both))
    await cast.alice.never_sees(joined.room_id, "are you there?")
