"""What our people do: judged before it exists, and before anything leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.system.synapse_internals.conftest import Pair, members
from tests.system.synapse_process import eventually


def test_a_refused_message_is_not_stored_and_its_sender_reads_why(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    pair.script(("local_event", {"body": "no"}, "refuse"))
    reply = alice.send(room, {"msgtype": "m.text", "body": "no"})
    assert reply.status == 403
    assert reply.body == {
        "errcode": "M_FORBIDDEN",
        "error": "not with them",
        "vedette": {"reason": "no-rule", "record": "r-1"},
    }
    alice.say(room, "yes")
    eventually(lambda: bob.bodies(room) == ["yes"])
    assert alice.bodies(room) == ["yes"]


def test_a_bug_in_the_gate_refuses(pair: Pair):
    alice = pair.our("alice")
    room = alice.create_room()
    pair.script(("local_event", {"body": "no"}, "bug"))
    assert alice.send(room, {"msgtype": "m.text", "body": "no"}).status == 500
    assert alice.bodies(room) == []


def test_a_forgotten_answer_refuses(pair: Pair):
    alice = pair.our("alice")
    room = alice.create_room()
    pair.script(("local_event", {"body": "no"}, None))
    assert alice.send(room, {"msgtype": "m.text", "body": "no"}).status == 403
    assert alice.bodies(room) == []


def test_the_gate_knows_members_invited_people_and_encryption_at_every_event(pair: Pair):
    alice, anna, bob = pair.our("alice"), pair.our("anna"), pair.their("bob")
    room = pair.room_of(alice, anna)

    def known(body: str) -> tuple[list[str], list[str], bool]:
        alice.say(room, body)
        ask = pair.asks("local_event", room=room, body=body)[-1]
        return ask["joined"], ask["invited"], ask["encrypted"]

    both = sorted([alice.user, anna.user])
    assert known("1") == (both, [], False)
    alice.invite(room, bob.user).ok()
    assert known("2") == (both, [bob.user], False)
    eventually(lambda: bob.join(room, pair.ours.name).status == 200)
    assert known("3") == (sorted([*both, bob.user]), [], False)
    anna.post(f"rooms/{quote(room)}/leave").ok()
    assert known("4") == (sorted([alice.user, bob.user]), [], False)
    alice.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}).ok()
    assert known("5") == (sorted([alice.user, bob.user]), [], True)
    bob.post(f"rooms/{quote(room)}/leave").ok()
    eventually(lambda: members(alice, room) == {alice.user})
    assert known("6") == ([alice.user], [], True)


def test_a_refused_invite_never_leaves_not_even_an_administrators(pair: Pair):
    bob = pair.their("bob")
    for inviter in (pair.our("alice"), pair.our("root", admin=True)):
        room = inviter.create_room()
        pair.script(("local_event", {"membership": "invite"}, "refuse"))
        assert inviter.invite(room, bob.user).status == 403
        pair.script()
    time.sleep(1)
    assert "rooms" not in bob.sync()


def test_a_room_is_refused_before_anything_of_it_exists(pair: Pair):
    for maker in (pair.our("alice"), pair.our("root", admin=True)):
        pair.script(("create_room", {"user": maker.user}, "refuse"))
        reply = maker.post("createRoom", {"invite": ["@x:127.0.0.3:1"]})
        assert (reply.status, reply.body["error"]) == (403, "not with them")
        assert maker.get("joined_rooms").ok() == {"joined_rooms": []}
        assert not pair.asks("local_event", sender=maker.user)


def test_a_room_takes_the_form_it_is_given(pair: Pair):
    alice, anna = pair.our("alice"), pair.our("anna")
    for version in ("11", "12"):
        # In rooms of version 12 the maker stands above all levels and may not be listed.
        makers = {} if version == "12" else {alice.user: 100}
        levels = {"users": {anna.user: 100, **makers}, "invite": 0}
        state = [
            {"type": "m.room.history_visibility", "content": {"history_visibility": "shared"}},
            {"type": "m.room.power_levels", "content": levels},
        ]
        room = alice.create_room(
            name="formed",
            preset="trusted_private_chat",
            room_version=version,
            invite=[anna.user],
            initial_state=state,
            power_level_content_override={"state_default": 0},
            creation_content={"additional_creators": [anna.user]} if version == "12" else {},
        )
        history = alice.state(room, "m.room.history_visibility").ok()
        assert history == {"history_visibility": "joined"}
        encryption = alice.state(room, "m.room.encryption").ok()
        assert encryption == {"algorithm": "m.megolm.v1.aes-sha2"}
        assert alice.state(room, "m.room.guest_access").ok() == {"guest_access": "forbidden"}
        power = alice.state(room, "m.room.power_levels").ok()
        # The account that puts rooms in order is as strong as the maker, who can't put it out.
        keeper = f"@vedette-rooms:{pair.ours.name}"
        assert power["users"] == {anna.user: 49, keeper: 100, **makers}
        assert (power["state_default"], power["invite"]) == (50, 50)
        assert power["events"]["org.matrix.msc3401.call.member"] == 0
        assert "additional_creators" not in alice.state(room, "m.room.create").ok()
        anna.join(room).ok()
        assert anna.set_state(room, "m.room.topic", {"topic": "x"}).status == 403
        assert anna.set_state(room, "org.matrix.msc3401.call.member", {}, anna.user).status == 200


@pytest.mark.parametrize("version", ["11", "12"])
def test_a_room_that_exists_can_not_begin_anew(pair: Pair, version: str):
    alice = pair.our("alice")
    room = alice.create_room(room_version=version)
    before = alice.state(room, "m.room.create").ok()
    for content in ({}, {"room_version": version}, {"room_version": ["11"]}, {"body": "x"}):
        for event in ("state/m.room.create", "state/m.room.create/", "send/m.room.create/t1"):
            reply = alice.put(f"rooms/{quote(room)}/{event}", content)
            assert reply.status in (400, 403), (event, content, reply)
            assert reply.body["errcode"] != "M_UNKNOWN", reply
    assert alice.state(room, "m.room.create").ok() == before
    alice.say(room, "and goes on")


def test_a_room_s_owner_can_not_take_the_power_of_the_account_that_keeps_rooms_in_order(
    pair: Pair,
):
    alice = pair.our("alice")
    keeper = f"@vedette-rooms:{pair.ours.name}"
    room = alice.create_room(name="formed", room_version="11")
    levels = alice.state(room, "m.room.power_levels").ok()
    assert levels["users"] == {alice.user: 100, keeper: 100}
    for users in ({alice.user: 100}, {alice.user: 100, keeper: 0}):
        changed = alice.set_state(room, "m.room.power_levels", {**levels, "users": users})
        assert changed.status == 403


def test_an_upgrade_is_refused_before_anything_of_it_exists(pair: Pair):
    for owner in (pair.our("alice"), pair.our("root", admin=True)):
        room = owner.create_room(room_version="11")
        pair.script(("upgrade_room", {"user": owner.user, "version": "12"}, "refuse"))
        reply = owner.post(f"rooms/{quote(room)}/upgrade", {"new_version": "12"})
        assert (reply.status, reply.body["error"]) == (403, "not with them")
        assert owner.get("joined_rooms").ok() == {"joined_rooms": [room]}
        pair.script()
        made = owner.post(f"rooms/{quote(room)}/upgrade", {"new_version": "12"}).ok()
        new = made["replacement_room"]
        assert all(
            ask["making"]
            for ask in pair.asks("local_event", room=new, kind="m.room.power_levels")[:1]
        )


def test_joining_elsewhere_is_refused_before_anything_leaves(pair: Pair):
    bob = pair.their("bob")
    room = bob.create_room(preset="public_chat")
    for person in (pair.our("alice"), pair.our("root", admin=True)):
        pair.script(("enter_elsewhere", {"user": person.user, "membership": "join"}, "refuse"))
        reply = person.join(room, pair.theirs.name)
        assert (reply.status, reply.body["error"]) == (403, "not with them")
    assert "make_join" not in pair.theirs.log.partition(room)[2]
    assert members(bob, room) == {bob.user}


def test_knocking_elsewhere_is_refused_before_anything_leaves(pair: Pair):
    bob, root = pair.their("bob"), pair.our("root", admin=True)
    rule = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    room = bob.create_room(initial_state=[rule])
    pair.script(("enter_elsewhere", {"user": root.user, "membership": "knock"}, "refuse"))
    reply = root.post(f"knock/{quote(room)}?server_name={pair.theirs.name}")
    assert (reply.status, reply.body["error"]) == (403, "not with them")
    assert bob.state(room, "m.room.member", root.user).status == 404


def test_a_third_party_invite_is_refused(pair: Pair):
    alice = pair.our("alice")
    room = alice.create_room()
    wanted = {"medium": "email", "address": "x@y.example", "id_server": "127.0.0.9:1"}
    reply = alice.post(f"rooms/{quote(room)}/invite", wanted | {"id_access_token": "t"})
    assert reply.status == 403


def test_a_delayed_event_is_judged_again_when_it_fires(pair: Pair):
    alice = pair.our("alice")
    room = alice.create_room()
    for delay, kind, path in (
        (5000, "m.room.message", f"rooms/{quote(room)}/send/m.room.message/one"),
        (5000, "m.room.topic", f"rooms/{quote(room)}/state/m.room.topic/"),
    ):
        content = {"msgtype": "m.text", "body": "delayed", "topic": "delayed"}
        alice.put(f"{path}?org.matrix.msc4140.delay={delay}", content).ok()
        assert not pair.asks("local_event", room=room, kind=kind, body="delayed")
    pair.script(("local_event", {"room": room, "body": "delayed"}, "refuse"))
    for kind in ("m.room.message", "m.room.topic"):
        eventually(lambda kind=kind: pair.asks("local_event", room=room, kind=kind, body="delayed"))
    time.sleep(1)
    assert alice.bodies(room) == []
    assert alice.state(room, "m.room.topic").status == 404


def test_a_profile_change_is_judged_in_every_room_with_members_known(pair: Pair):
    alice, anna = pair.our("alice"), pair.our("anna")
    room = pair.room_of(alice, anna)
    before = len(pair.asks("local_event", room=room, kind="m.room.member"))
    alice.put(f"profile/{quote(alice.user)}/displayname", {"displayname": "A"}).ok()
    eventually(lambda: len(pair.asks("local_event", room=room, kind="m.room.member")) == before + 1)
    ask = pair.asks("local_event", room=room, kind="m.room.member")[-1]
    assert ask["joined"] == sorted([alice.user, anna.user])


def test_neither_hook_that_loads_a_whole_room_is_registered(pair: Pair):
    told = {"check_event_allowed": 0, "on_new_event": 0}
    eventually(lambda: bool(pair.asks("plain_hooks", **told)))


def when_quiet(count: Callable[[], int], seconds: float = 1.0) -> int:
    """The count once it has stayed the same for so long: what was done before is through."""
    found, since = count(), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.1)
        if (now := count()) != found:
            found, since = now, time.monotonic()
    return found


def test_no_event_of_ours_loads_a_rooms_whole_state(pair: Pair):
    """A room with thousands of members must cost a message no more than a small one."""
    alice, anna, bob = pair.our("alice"), pair.our("anna"), pair.their("bob")
    room = pair.room_of(alice, anna, bob)
    eventually(lambda: bool(pair.asks("loads_state", whole=False)))  # the watch sees something
    before = when_quiet(lambda: len(pair.asks("loads_state", whole=True)))
    alice.say(room, "hello")
    bob.say(room, "hello to you")
    eventually(lambda: set(alice.bodies(room)) == {"hello", "hello to you"})
    asked = pair.asks("local_event", room=room, body="hello")
    assert len(asked) == 1
    assert len(pair.asks("loads_state", whole=True)) == before
