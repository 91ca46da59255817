"""Typing, receipts, presence and to-device messages, both ways and among our own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.system.synapse_internals.conftest import Pair
from tests.system.synapse_process import Api, eventually

A_WHILE = 3.0
"""Longer than what is refused would have taken, by what is allowed."""


def ephemeral(person: Api, room: str, kind: str) -> list[dict[str, Any]]:
    joined = person.sync().get("rooms", {}).get("join", {})
    events = joined.get(room, {}).get("ephemeral", {}).get("events", [])
    return [event["content"] for event in events if event["type"] == kind]


def typists(person: Api, room: str) -> set[str]:
    return {user for said in ephemeral(person, room, "m.typing") for user in said["user_ids"]}


def readers(person: Api, room: str) -> set[tuple[str, str]]:
    return {
        (kind, user)
        for said in ephemeral(person, room, "m.receipt")
        for by_kind in said.values()
        for kind, users in by_kind.items()
        for user in users
    }


def present(person: Api, since: str | None = None) -> dict[str, str]:
    """Who is shown as what; oneself left out."""
    events = person.sync(since).get("presence", {}).get("events", [])
    return {
        event["sender"]: event["content"]["presence"]
        for event in events
        if event["sender"] != person.user
    }


def never(ask: Callable[[], object], seconds: float = A_WHILE) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ask()
        assert not found, found
        time.sleep(0.3)


def types(person: Api, room: str, *, still: bool = True) -> None:
    said = {"typing": still, "timeout": 20_000}
    person.put(f"rooms/{quote(room)}/typing/{quote(person.user)}", said).ok()


def reads(person: Api, room: str, event: str) -> None:
    person.post(f"rooms/{quote(room)}/receipt/m.read/{quote(event)}").ok()


def is_online(person: Api, status: str = "here") -> None:
    said = {"presence": "online", "status_msg": status}
    person.put(f"presence/{quote(person.user)}/status", said).ok()


def send_to_device(person: Api, other: Api, word: str) -> None:
    messages = {"messages": {other.user: {other.device: {"word": word}}}}
    person.put(f"sendToDevice/m.test/{time.monotonic_ns()}", messages).ok()


def words(person: Api) -> list[str]:
    events = person.sync().get("to_device", {}).get("events", [])
    return [event["content"]["word"] for event in events if event["type"] == "m.test"]


@pytest.fixture
def three(pair: Pair) -> tuple[Api, Api, Api, str]:
    """Alice and Anna of ours with Bob of theirs in one room."""
    alice, anna, bob = pair.our("alice"), pair.our("anna"), pair.their("bob")
    return alice, anna, bob, pair.room_of(alice, anna, bob)


def test_typing_of_our_people_is_shown_or_dropped(pair: Pair, three: tuple[Api, Api, Api, str]):
    alice, anna, bob, room = three
    pair.script(("typing", {"user": alice.user}, "refuse"))
    types(alice, room)
    never(lambda: typists(anna, room) | typists(bob, room))
    pair.script()
    types(alice, room)
    eventually(lambda: typists(anna, room) == typists(bob, room) == {alice.user})
    pair.script(("typing", {"user": alice.user}, "refuse"))
    types(alice, room, still=False)
    eventually(lambda: not typists(anna, room) | typists(bob, room))


def test_typing_of_remote_people_is_shown_or_dropped(pair: Pair, three: tuple[Api, Api, Api, str]):
    alice, _, bob, room = three
    pair.script(("typing", {"user": bob.user}, "refuse"))
    types(bob, room)
    never(lambda: typists(alice, room))
    types(bob, room, still=False)
    pair.script()
    types(bob, room)
    eventually(lambda: typists(alice, room) == {bob.user})


def test_a_refused_receipt_stays_private_and_still_counts(
    pair: Pair, three: tuple[Api, Api, Api, str]
):
    alice, anna, bob, room = three
    event = bob.say(room, "read me")
    since = alice.sync()["next_batch"]
    eventually(lambda: "read me" in alice.bodies(room))
    pair.script(("receipt", {"user": alice.user}, "refuse"))
    reads(alice, room, event)
    never(lambda: {user for _, user in readers(anna, room) | readers(bob, room)} - {bob.user})
    assert ("m.read.private", alice.user) in readers(alice, room)
    counts = alice.sync()["rooms"]["join"][room]["unread_notifications"]
    assert counts["notification_count"] == 0
    assert since
    pair.script()
    later = bob.say(room, "and me")
    eventually(lambda: "and me" in alice.bodies(room))
    reads(alice, room, later)
    eventually(lambda: ("m.read", alice.user) in readers(anna, room) & readers(bob, room))


def test_a_read_marker_carries_no_receipt_around_the_rule(
    pair: Pair, three: tuple[Api, Api, Api, str]
):
    alice, anna, bob, room = three
    event = bob.say(room, "read me")
    eventually(lambda: "read me" in alice.bodies(room))
    pair.script(("receipt", {"user": alice.user}, "refuse"))
    marker = {"m.fully_read": event, "m.read": event}
    alice.post(f"rooms/{quote(room)}/read_markers", marker).ok()
    never(lambda: ("m.read", alice.user) in readers(anna, room) | readers(bob, room))


def test_receipts_of_remote_people_are_shown_or_dropped(
    pair: Pair, three: tuple[Api, Api, Api, str]
):
    alice, _, bob, room = three
    event = alice.say(room, "read me")
    eventually(lambda: "read me" in bob.bodies(room))
    pair.script(("receipt", {"user": bob.user}, "refuse"))
    reads(bob, room, event)
    never(lambda: ("m.read", bob.user) in readers(alice, room))
    pair.script()
    later = alice.say(room, "and me")
    eventually(lambda: "and me" in bob.bodies(room))
    reads(bob, room, later)
    eventually(lambda: ("m.read", bob.user) in readers(alice, room))


def test_presence_is_thinned_out_for_each_of_our_readers(
    pair: Pair, three: tuple[Api, Api, Api, str]
):
    alice, anna, bob, _ = three
    pair.script(("presence", {"sender": alice.user, "reader": anna.user}, "refuse"))
    start = anna.sync()["next_batch"]
    is_online(alice)
    eventually(lambda: present(bob).get(alice.user) == "online")
    for since in (None, start):
        assert present(anna, since).get(alice.user, "offline") == "offline"
    assert anna.get(f"presence/{quote(alice.user)}/status").status == 403
    assert bob.get(f"presence/{quote(alice.user)}/status").ok()["presence"] == "online"
    pair.script()
    assert present(anna).get(alice.user) == "online"
    assert anna.get(f"presence/{quote(alice.user)}/status").ok()["presence"] == "online"


def test_one_who_joins_is_not_shown_the_presence_of_members_around_the_rule(pair: Pair):
    alice, anna = pair.our("alice"), pair.our("anna")
    is_online(alice)
    room = alice.create_room(invite=[anna.user])
    since = anna.sync()["next_batch"]
    pair.script(("presence", {"sender": alice.user, "reader": anna.user}, "refuse"))
    anna.join(room).ok()
    assert present(anna, since).get(alice.user, "offline") == "offline"
    assert present(anna).get(alice.user, "offline") == "offline"


def test_a_server_is_told_no_presence_that_one_of_its_people_may_not_see(
    pair: Pair, three: tuple[Api, Api, Api, str]
):
    alice, anna, bob, _ = three
    pair.script(("presence", {"sender": alice.user, "reader": bob.user}, "refuse"))
    is_online(alice, "not for bob")
    is_online(anna, "for all")
    eventually(lambda: present(bob).get(anna.user) == "online")
    never(lambda: present(bob).get(alice.user, "offline") != "offline")
    is_online(
        alice, "not for bob"
    )  # for Synapse it is over half a minute after the last word of it
    assert present(anna).get(alice.user) == "online"


def test_presence_of_remote_people_is_thinned_out(pair: Pair, three: tuple[Api, Api, Api, str]):
    alice, anna, bob, _ = three
    pair.script(("presence", {"sender": bob.user, "reader": alice.user}, "refuse"))
    is_online(bob)
    eventually(lambda: present(anna).get(bob.user) == "online")
    assert present(alice).get(bob.user, "offline") == "offline"


def test_to_device_messages_pass_for_each_pair_only(pair: Pair, three: tuple[Api, Api, Api, str]):
    alice, anna, bob, _ = three
    ways = ((alice, anna), (alice, bob), (bob, alice))
    pair.script(*(("to_device", {"sender": a.user, "reader": b.user}, "refuse") for a, b in ways))
    for sender, reader in ways:
        send_to_device(sender, reader, "refused")
    send_to_device(bob, anna, "allowed")
    eventually(lambda: words(anna) == ["allowed"])
    never(lambda: words(alice) + words(bob))
    pair.script()
    for sender, reader in ways:
        send_to_device(sender, reader, "allowed")
    eventually(lambda: words(alice) == ["allowed"] and words(bob) == ["allowed"])
    eventually(lambda: words(anna) == ["allowed", "allowed"])


def test_a_bug_in_the_gate_drops_what_is_ephemeral_and_harms_nothing_beside_it(
    pair: Pair, three: tuple[Api, Api, Api, str]
):
    alice, anna, bob, room = three
    pair.script(*((method, {}, "bug") for method in ("typing", "receipt", "presence", "to_device")))
    types(bob, room)
    types(alice, room)
    send_to_device(bob, alice, "lost")
    is_online(anna)
    bob.say(room, "beside it")
    eventually(lambda: "beside it" in alice.bodies(room))
    assert typists(alice, room) == set()
    assert words(alice) == []
    assert present(alice).get(anna.user, "offline") == "offline"
