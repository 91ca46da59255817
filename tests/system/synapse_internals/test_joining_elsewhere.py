"""Joining a partner's room where a third server is: judged before anything of it is shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.system.synapse_internals.conftest import Pair, members
from tests.system.synapse_process import Api, SynapseProcess, eventually, running


@pytest.fixture(scope="module")
def third(servers: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynapseProcess]:
    """A server that nobody named, in rooms of the partner."""
    folder = tmp_path_factory.mktemp("third")
    process = SynapseProcess(folder, servers.ours.authority, "127.0.0.4")
    with running(process):
        yield process


@contextmanager
def watching(person: Api) -> Iterator[list[str]]:
    """Sync all the while, as a client does; yields whatever came, as text."""
    since = person.sync()["next_batch"]
    came: list[str] = []
    over = threading.Event()

    def follow() -> None:
        token = since
        while not over.is_set():
            answer = person.get(f"sync?since={token}&timeout=300&full_state=false").ok()
            token = answer.pop("next_batch")
            came.append(json.dumps(answer))

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield came
    finally:
        over.set()
        thread.join()


def test_of_a_room_with_a_forbidden_server_a_syncing_client_sees_nothing(
    pair: Pair, third: SynapseProcess
):
    bob, eve, alice = pair.their("bob"), third.register("eve"), pair.our("alice")
    room = bob.create_room(preset="public_chat", name="the secret name", topic="a secret topic")
    eventually(lambda: eve.join(room, pair.theirs.name).status == 200)
    eventually(lambda: members(bob, room) == {bob.user, eve.user})
    bob.say(room, "a secret text")
    pair.script(("entered_elsewhere", {"user": alice.user}, "refuse"))
    with watching(alice) as came:
        reply = alice.join(room, pair.theirs.name)
        assert (reply.status, reply.body["error"]) == (403, "not with them")
        (ask,) = pair.asks("entered_elsewhere", user=alice.user)
        assert {pair.theirs.name, third.name} <= set(ask["servers"])
        assert set(ask["joined"]) == {alice.user, bob.user, eve.user}
        assert ask["creator"] == bob.user
        eventually(lambda: members(bob, room) == {bob.user, eve.user})
        bob.say(room, "another secret text")
        eventually(lambda: "another secret text" in eve.bodies(room))
    text = "".join(came)
    assert room not in text
    assert "secret" not in text
    assert room not in json.dumps(alice.sync())
    assert alice.get("joined_rooms").ok() == {"joined_rooms": []}
    assert alice.get(f"rooms/{room}/state").status == 403
    assert alice.get(f"rooms/{room}/messages?dir=b").status == 403


def test_after_a_no_an_invitation_is_gone_and_shows_no_more_than_it_did(
    pair: Pair, third: SynapseProcess
):
    bob, eve, alice = pair.their("bob"), third.register("eva"), pair.our("alice")
    room = bob.create_room(preset="public_chat", topic="a secret topic")
    eventually(lambda: eve.join(room, pair.theirs.name).status == 200)
    bob.invite(room, alice.user).ok()
    eventually(lambda: room in json.dumps(alice.sync().get("rooms", {}).get("invite", {})))
    pair.script(("entered_elsewhere", {"user": alice.user}, "refuse"))
    with watching(alice) as came:
        assert alice.join(room, pair.theirs.name).status == 403
        assert pair.asks("enter_elsewhere", user=alice.user)[-1]["inviter"] == bob.user
        eventually(lambda: room not in json.dumps(alice.sync()))
    assert "secret" not in "".join(came)
    eventually(lambda: members(bob, room) == {bob.user, eve.user})


def test_a_bug_in_the_gate_leaves_again_too(pair: Pair, third: SynapseProcess):
    del third
    bob, alice = pair.their("bob"), pair.our("alice")
    room = bob.create_room(preset="public_chat")
    pair.script(("entered_elsewhere", {"user": alice.user}, "bug"))
    assert alice.join(room, pair.theirs.name).status == 500
    eventually(lambda: members(bob, room) == {bob.user})
    assert room not in json.dumps(alice.sync())


def test_a_stay_elsewhere_is_asked_once_with_all_members_known(pair: Pair):
    bob, bert, alice = pair.their("bob"), pair.their("bert"), pair.our("alice")
    room = pair.room_of(bob, bert, preset="public_chat")
    alice.join(room, pair.theirs.name).ok()
    (ask,) = pair.asks("entered_elsewhere", user=alice.user)
    assert set(ask["joined"]) == {alice.user, bob.user, bert.user}
    bob.say(room, "hello")
    eventually(lambda: alice.bodies(room) == ["hello"])


def test_one_refused_may_join_later_and_then_sees_the_room(pair: Pair, third: SynapseProcess):
    del third
    bob, alice = pair.their("bob"), pair.our("alice")
    room = bob.create_room(preset="public_chat")
    pair.script(("entered_elsewhere", {"user": alice.user}, "refuse"))
    assert alice.join(room, pair.theirs.name).status == 403
    eventually(lambda: members(bob, room) == {bob.user})
    pair.script()
    alice.join(room, pair.theirs.name).ok()
    bob.say(room, "welcome")
    eventually(lambda: alice.bodies(room) == ["welcome"])
