"""What another server sends: passed, emptied or held."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from tests.system.synapse_internals.conftest import Pair, members
from tests.system.synapse_process import Api, Reply, eventually

SECRET = "the-secret-word"
RETRY_SECONDS = 180
"""Synapse tries again after about 4, 16 and then every 60 seconds, or half as many again."""


def text(body: str, **more: object) -> dict[str, object]:
    return {"msgtype": "m.text", "body": body, **more}


def everything_seen(person: Api, room: str, since: str, event: str, before: str) -> dict[str, str]:
    """All that this person's client can read by each way, as text."""
    at = f"rooms/{quote(room)}"
    search = {"search_categories": {"room_events": {"search_term": SECRET}}}
    relations = f"/_matrix/client/v1/rooms/{quote(room)}/relations/{quote(before)}"
    results = person.post("search", search).ok()["search_categories"]["room_events"]["results"]
    found = Reply(200, results)  # the answer repeats the word that was sought
    replies = {
        "sync": Reply(200, person.sync(since)),
        "first sync": Reply(200, person.sync()),
        "messages": person.get(f"{at}/messages", dir="b", limit=100),
        "context": person.get(f"{at}/context/{quote(before)}", limit=50),
        "search": found,
        "relations": person.get(relations),
        "threads": person.get(f"/_matrix/client/v1/rooms/{quote(room)}/threads"),
        "notifications": person.get("notifications"),
        "sliding sync": person.post(
            "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync",
            {"lists": {"all": {"ranges": [[0, 99]], "required_state": [], "timeline_limit": 50}}},
        ),
    }
    return {way: str(reply.body) for way, reply in replies.items()}


def test_an_emptied_message_reaches_no_client_by_any_way_while_the_rest_arrives(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    before = alice.say(room, "before")
    eventually(lambda: "before" in bob.bodies(room))
    since = alice.sync()["next_batch"]
    pair.script(
        ("inbound_event", {"body": SECRET}, "empty"),
        ("inbound_event", {"kind": "m.reaction"}, "empty"),
    )
    relates = {"rel_type": "m.thread", "event_id": before}
    event = bob.say(room, SECRET)
    bob.send(room, text(SECRET, **{"m.relates_to": relates})).ok()
    reaction = {"rel_type": "m.annotation", "event_id": before, "key": SECRET}
    bob.send(room, {"m.relates_to": reaction}, "m.reaction").ok()
    bob.send(room, text(SECRET, **{"m.mentions": {"user_ids": [alice.user]}})).ok()
    bob.say(room, "after")
    eventually(lambda: "after" in alice.bodies(room))
    for way, said in everything_seen(alice, room, since, event, before).items():
        assert SECRET not in said, way
        assert event not in said, way
    assert alice.get(f"rooms/{quote(room)}/event/{quote(event)}").status == 404
    counts = alice.sync(since)["rooms"]["join"][room]["unread_notifications"]
    assert counts == {"notification_count": 1, "highlight_count": 0}


def test_an_emptied_message_stays_away_when_the_rule_is_lifted(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    pair.script(("inbound_event", {"body": SECRET}, "empty"))
    bob.say(room, SECRET)
    bob.say(room, "after")
    eventually(lambda: alice.bodies(room) == ["after"])
    pair.script()
    pair.lift()
    bob.say(room, "later")
    eventually(lambda: alice.bodies(room) == ["after", "later"])


def test_a_refusal_of_an_inbound_message_empties_it(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    pair.script(("inbound_event", {"body": SECRET}, "refuse"))
    bob.say(room, SECRET)
    bob.say(room, "after")
    eventually(lambda: alice.bodies(room) == ["after"])


def test_a_held_room_waits_whole_through_a_crash_and_arrives_in_order(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room, other = pair.room_of(alice, bob), pair.room_of(alice, bob)
    since = alice.sync()["next_batch"]
    pair.script(("inbound_event", {"room": room}, "hold"))
    said = [f"message {number}" for number in range(110)]
    for each in said:
        bob.say(room, each)
    bob.say(other, "elsewhere")
    eventually(lambda: alice.bodies(other) == ["elsewhere"])
    last = {"room": room, "body": said[-1]}
    assert alice.bodies(room) == []
    pair.ours.kill()
    pair.ours.start()
    assert alice.bodies(room) == []
    pair.script()
    pair.lift()
    eventually(lambda: alice.bodies(room, 200) == said, RETRY_SECONDS)
    assert pair.asks("inbound_event", **last)
    counts = alice.sync(since)["rooms"]["join"][room]["unread_notifications"]
    assert counts["notification_count"] == len(said)


def test_after_a_hold_a_rule_may_still_empty_what_waited(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    pair.script(("inbound_event", {"room": room}, "hold"))
    bob.say(room, "one")
    bob.say(room, SECRET)
    bob.say(room, "two")
    eventually(lambda: pair.asks("inbound_event", room=room, body="one"))
    pair.script(("inbound_event", {"body": SECRET}, "empty"))
    pair.lift()
    eventually(lambda: alice.bodies(room) == ["one", "two"])


def test_a_bug_in_the_gate_holds(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    pair.script(("inbound_event", {"room": room}, "bug"))
    bob.say(room, "hello")
    eventually(lambda: pair.asks("inbound_event", room=room, body="hello"))
    time.sleep(1)
    assert alice.bodies(room) == []
    pair.script()
    pair.lift()
    eventually(lambda: alice.bodies(room) == ["hello"])


def test_an_inbound_invite_is_refused_with_our_words(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    pair.script(("inbound_event", {"during": "invite"}, "refuse"))
    room = bob.create_room()
    reply = bob.invite(room, alice.user)
    assert (reply.status, reply.body["error"]) == (403, "not with them")
    assert reply.body["vedette"] == {"reason": "no-rule", "record": "r-1"}
    assert "rooms" not in alice.sync()


def test_an_invite_in_doubt_is_refused_too(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    pair.script(("inbound_event", {"during": "invite"}, "hold"))
    assert bob.invite(bob.create_room(), alice.user).status == 403
    assert "rooms" not in alice.sync()


def test_a_remote_join_is_refused_before_the_room_is_told(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = alice.create_room(preset="public_chat", name="nobody outside may know this name")
    pair.script(("local_event", {"template": True, "membership": "join"}, "refuse"))
    reply = bob.join(room, pair.ours.name)
    assert (reply.status, reply.body["error"]) == (403, "not with them")
    pair.script(("inbound_event", {"during": "join"}, "refuse"))
    reply = bob.join(room, pair.ours.name)
    assert (reply.status, reply.body["error"]) == (403, "not with them")
    assert members(alice, room) == {alice.user}
    assert bob.state(room, "m.room.name").status == 403


def test_a_remote_knock_is_refused(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    rule = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    room = alice.create_room(initial_state=[rule])
    pair.script(("local_event", {"template": True, "membership": "knock"}, "refuse"))
    reply = bob.post(f"knock/{quote(room)}?server_name={pair.ours.name}")
    assert (reply.status, reply.body["error"]) == (403, "not with them")
    pair.script(("inbound_event", {"during": "knock"}, "refuse"))
    reply = bob.post(f"knock/{quote(room)}?server_name={pair.ours.name}")
    assert (reply.status, reply.body["error"]) == (403, "not with them")


def test_a_remote_person_may_always_leave(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = alice.create_room(invite=[bob.user])
    pair.script(("inbound_event", {"during": "leave"}, "refuse"))
    eventually(lambda: bob.post(f"rooms/{quote(room)}/leave").status == 200)
    eventually(
        lambda: alice.state(room, "m.room.member", bob.user).body.get("membership") == "leave"
    )


def test_history_that_is_fetched_is_judged_too(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = bob.create_room(preset="public_chat", name="a room elsewhere")
    bob.say(room, "old")
    bob.say(room, SECRET)
    for number in range(5):
        bob.say(room, f"newer {number}")
    pair.script(("inbound_event", {"body": SECRET}, "empty"))
    alice.join(room, pair.theirs.name).ok()
    eventually(lambda: "old" in alice.bodies(room))
    assert SECRET not in alice.bodies(room)
    assert alice.state(room, "m.room.name").ok() == {"name": "a room elsewhere"}
    ask = pair.asks("inbound_event", room=room, body=SECRET)[0]
    assert ask["during"] == "pulled"


def test_history_in_doubt_waits_and_arrives_whole_when_the_hold_is_lifted(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = bob.create_room(preset="public_chat")
    said = [f"message {number}" for number in range(5)]
    for each in said:
        bob.say(room, each)
    pair.script(("inbound_event", {"during": "pulled", "kind": "m.room.message"}, "hold"))
    alice.join(room, pair.theirs.name).ok()
    with ThreadPoolExecutor() as pool:
        scrolling = pool.submit(alice.bodies, room)
        eventually(lambda: pair.asks("inbound_event", room=room, during="pulled", body=said[-1]))
        assert said[-1] not in str(alice.sync())
        assert not scrolling.done()
        pair.script()
        pair.lift()
        assert scrolling.result(60) == said
    bob.say(room, "after")
    eventually(lambda: alice.bodies(room) == [*said, "after"])


def test_a_partner_that_can_not_be_asked_for_what_is_missing_stalls_nothing(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    room = pair.room_of(alice, bob)
    pair.ours.stop()
    said = [f"message {number}" for number in range(30)]
    for each in said:
        bob.say(room, each)
    pair.script(("inbound_event", {"room": room}, "hold"))
    pair.ours.start()
    bob.say(room, "last")
    eventually(lambda: pair.asks("inbound_event", room=room), RETRY_SECONDS)
    time.sleep(2)
    assert alice.bodies(room) == []
    pair.script()
    pair.lift()
    eventually(lambda: alice.bodies(room) == [*said, "last"], RETRY_SECONDS)


def test_an_emptied_change_of_state_shows_no_content(pair: Pair):
    alice, bob = pair.our("alice"), pair.their("bob")
    power = {"users": {}, "state_default": 0}
    room = pair.room_of(alice, bob, power_level_content_override=power)
    pair.script(("inbound_event", {"kind": "m.room.topic"}, "empty"))
    bob.set_state(room, "m.room.topic", {"topic": SECRET}).ok()
    bob.say(room, "after")
    eventually(lambda: "after" in alice.bodies(room))
    alice.say(room, "merges both branches")
    eventually(lambda: "merges both branches" in bob.bodies(room))
    bob.say(room, "again")
    eventually(lambda: "again" in alice.bodies(room))
    assert SECRET not in str(alice.sync())
    assert SECRET not in str(alice.get(f"rooms/{quote(room)}/state").ok())
