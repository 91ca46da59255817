"""Keys of our people's devices, as another server sees them: told of changes, and asked for."""

from __future__ import annotations

import time

from tests.system.synapse_internals.conftest import Pair
from tests.system.synapse_internals.test_ephemeral import never
from tests.system.synapse_process import Api, eventually


def uploads(person: Api, word: str = "x") -> None:
    """Give the person's device keys, and one one-time key."""
    device = {
        "user_id": person.user,
        "device_id": person.device,
        "algorithms": ["m.megolm.v1.aes-sha2"],
        "keys": {f"ed25519:{person.device}": word, f"curve25519:{person.device}": word},
        "signatures": {person.user: {f"ed25519:{person.device}": word}},
    }
    once = {f"signed_curve25519:{time.monotonic_ns()}": {"key": word, "signatures": {}}}
    person.post("keys/upload", {"device_keys": device, "one_time_keys": once}).ok()


def devices_seen(by: Api, *whose: Api) -> set[str]:
    asked = {person.user: [] for person in whose}
    found = by.post("keys/query", {"device_keys": asked}).ok()["device_keys"]
    return {user for user, devices in found.items() if devices}


def claims(by: Api, *whose: Api) -> set[str]:
    wanted = {person.user: {person.device: "signed_curve25519"} for person in whose}
    found = by.post("keys/claim", {"one_time_keys": wanted}).ok()["one_time_keys"]
    return {user for user, devices in found.items() if devices}


def changed(person: Api, since: str) -> set[str]:
    return set(person.sync(since).get("device_lists", {}).get("changed", []))


def test_a_server_is_answered_about_those_alone_whose_keys_it_may_have(pair: Pair):
    alice, anna, bob = pair.our("alice"), pair.our("anna"), pair.their("bob")
    uploads(alice)
    uploads(anna)
    pair.script(("device_keys", {"user": alice.user}, "refuse"))
    assert devices_seen(bob, alice, anna) == {anna.user}
    assert claims(bob, alice, anna) == {anna.user}
    assert pair.asks("device_keys", user=alice.user, server=pair.theirs.name)
    pair.script()
    assert devices_seen(bob, alice, anna) == {alice.user, anna.user}
    assert claims(bob, alice) == {alice.user}


def test_a_bug_in_the_gate_shows_nobody_s_keys_and_breaks_nothing(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    uploads(alice)
    pair.script(("device_keys", {}, "bug"))
    assert devices_seen(bob, alice) == claims(bob, alice) == set()


def test_changes_are_told_to_servers_that_may_know_and_messages_go_on(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    since = bob.sync()["next_batch"]
    pair.script(("device_keys", {"user": alice.user}, "refuse"))
    uploads(alice, "first")
    alice.say(room, "after the change")
    eventually(lambda: "after the change" in bob.bodies(room))
    never(lambda: alice.user in changed(bob, since))
    assert devices_seen(bob, alice) == set()
    pair.script()
    since = bob.sync()["next_batch"]
    uploads(alice, "second")
    eventually(lambda: alice.user in changed(bob, since))
    eventually(lambda: devices_seen(bob, alice) == {alice.user})


def test_our_own_people_see_each_other_s_keys_without_that_being_asked(pair: Pair):
    alice, anna = pair.our("alice"), pair.our("anna")
    uploads(alice)
    pair.script(("device_keys", {}, "refuse"))
    assert devices_seen(anna, alice) == {alice.user}
