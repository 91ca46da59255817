"""Contents as Synapse hands them over: mappings of its own, that can less than a dictionary."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synapse.api.room_versions import RoomVersions
from synapse.events import make_event_from_dict

from tests.apps.scene import ALICE, BOB, CAROL, Scene
from tests.apps.synapse.test_event_door import Door, Room
from vedette.protocol.matrix.events import classify, media_named
from vedette.synapse.internals.gate import Pass

ROOM = "!room:example.org"
EVENT = "$" + "a" * 43
TAKING_AWAY = [
    ("m.room.redaction", {"redacts": EVENT}),
    ("m.room.redaction", {"redacts": EVENT, "reason": ""}),
    ("m.call.hangup", {"call_id": "1", "version": "1", "reason": "user_hangup"}),
    ("m.call.reject", {"call_id": "1", "party_id": "x"}),
]
TYPES = [
    "m.room.message", "m.room.encrypted", "m.room.redaction", "m.room.member", "m.room.topic",
    "m.room.power_levels", "m.call.invite", "m.call.hangup", "m.call.reject", "m.call.member",
    "m.reaction", "m.sticker", "m.file", "m.widget", "org.matrix.dummy_event",
]  # fmt: skip
KEYS = ["body", "url", "file", "info", "reason", "redacts", "msgtype", "m.new_content", "offer",
        "call_id", "ciphertext", "users", "x"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 99) | st.sampled_from(["", "m.file", "mxc://a/b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=8,
)


def as_synapse_has_it(content: Mapping[str, object]) -> Mapping[str, object]:
    """The content of an event that Synapse made itself."""
    event = {"type": "m.x", "sender": ALICE, "room_id": ROOM, "content": content, "depth": 1,
             "auth_events": [], "prev_events": [], "origin_server_ts": 1, "hashes": {},
             "signatures": {}}  # fmt: skip
    found: Mapping[str, object] = make_event_from_dict(event, RoomVersions.V11).content
    assert not isinstance(found, dict), "Synapse has dictionaries again; this file says nothing"
    return found


@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(KEYS), VALUES), st.booleans())
def test_a_content_of_synapse_is_the_same_to_us_as_the_same_in_a_dictionary(
    type_, content, is_state
):
    theirs = as_synapse_has_it(content)
    assert classify(type_, theirs, is_state=is_state) == classify(type_, content, is_state=is_state)
    assert media_named(theirs) == media_named(content)


@pytest.mark.parametrize(("kind", "content"), TAKING_AWAY)
async def test_a_message_can_be_taken_back_and_a_call_ended_whoever_is_in_the_room(kind, content):
    door, room = Door(Scene()), Room({ALICE, BOB, CAROL})
    assert await door.local(ALICE, kind, as_synapse_has_it(content), room) is Pass.PASS


@pytest.mark.parametrize(("kind", "content"), TAKING_AWAY)
async def test_what_a_partner_takes_back_is_not_held(kind, content):
    door, room = Door(Scene()), Room({ALICE, CAROL})
    assert await door.inbound(CAROL, kind, as_synapse_has_it(content), room) is Pass.PASS
