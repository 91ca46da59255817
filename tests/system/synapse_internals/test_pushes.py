"""What a real push gateway is told by a real Synapse, through the gateway's way out."""

from __future__ import annotations

import time
from typing import Any

from tests.system.synapse_internals.conftest import Pair
from tests.system.synapse_internals.push_gateway import Pushes
from tests.system.synapse_process import Api, eventually


def pushes_to(person: Api, url: str) -> None:
    """As a phone's client does; through the gateway only this format and listed addresses pass."""
    pusher = {
        "kind": "http",
        "app_id": "org.example.app",
        "app_display_name": "app",
        "device_display_name": "phone",
        "pushkey": f"key-of-{person.user}",
        "lang": "en",
        "data": {"url": url, "format": "event_id_only"},
    }
    person.post("pushers/set", pusher).ok()


def told_to(pushes: Pushes, person: Api) -> list[dict[str, Any]]:
    """The pushes about this person's devices, counts alone left out."""
    return [
        note["notification"]
        for note in pushes.told
        if any(d["pushkey"].endswith(person.user) for d in note["notification"]["devices"])
        and "event_id" in note["notification"]
    ]


def decided(pushes: Pushes, since: int) -> list[tuple[str, str]]:
    """The verdicts and acts of the records kept since; other people's pushes go on meanwhile."""
    kept = pushes.scene.audit.kept[since:]
    return [(decision.verdict.value, ask.act.value) for ask, _, decision in kept]


def test_a_push_carries_ids_and_nothing_else(pair: Pair, pushes: Pushes):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    pushes_to(alice, pushes.url)
    bob.say(room, "a plan that no push may carry")
    eventually(lambda: bool(told_to(pushes, alice)))
    (push,) = told_to(pushes, alice)
    assert push["room_id"] == room
    assert set(push) <= {
        "event_id",
        "room_id",
        "counts",
        "prio",
        "devices",
        "unread",
        "missed_calls",
    }
    assert "plan" not in str(pushes.told)


def test_what_was_emptied_reaches_no_push(pair: Pair, pushes: Pushes):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    pushes_to(alice, pushes.url)
    pair.script(("inbound_event", {"body": "refused"}, "empty"))
    bob.say(room, "refused")
    time.sleep(2)
    bob.say(room, "allowed")
    eventually(lambda: bool(told_to(pushes, alice)))
    time.sleep(2)
    ids = {push["event_id"] for push in told_to(pushes, alice)}
    assert len(ids) == 1, "only what was shown was pushed"


def test_an_address_that_no_settings_name_is_told_nothing(pair: Pair, pushes: Pushes):
    """Even if a client could have set such a pusher: there is no way out to it."""
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    pushes_to(alice, pushes.unlisted)
    before = len(pushes.scene.audit.kept)
    bob.say(room, "hello")
    eventually(lambda: ("no", "network:request:send") in decided(pushes, since=before))
    time.sleep(1)
    assert pushes.elsewhere == []
