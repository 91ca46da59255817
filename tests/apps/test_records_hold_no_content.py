"""No record carries what was said, a file's name, or a token: whatever is asked, at either door.

A marker is put wherever a request or an event may carry words; then every record is searched for it.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apps.gateway.test_doors import Doors
from tests.apps.scene import ALICE, BOB, CAROL, Scene
from tests.apps.synapse.test_event_door import MEGOLM, RTC, Door, Room
from vedette.core.record import body, canonical
from vedette.protocol.matrix.paths import ENDPOINTS
from vedette.synapse.internals.gate import During, RoomForm

MARK = "tell-nobody"

WORDS = st.sampled_from([MARK, f"{MARK}.pdf", f"https://{MARK}.example/", f"mxc://x/{MARK}"])
PLAIN = st.none() | st.booleans() | st.integers(-5, 5) | WORDS
NAMES = st.sampled_from(
    ["body", "formatted_body", "msgtype", "url", "file", "info", "filename", "topic", "name",
     "reason", "displayname", "avatar_url", "membership", "offer", "sdp", "call_id", "m.new_content",
     "m.relates_to", "ciphertext", "application", "algorithm", MARK]
)  # fmt: skip
CONTENT = st.dictionaries(
    NAMES,
    st.recursive(
        PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_size=6,
)
KINDS = st.sampled_from(
    ["m.room.message", "m.room.encrypted", "m.reaction", "m.sticker", "m.call.invite", RTC,
     "m.room.name", "m.room.topic", "m.room.member", "m.room.encryption", "m.room.power_levels",
     "m.room.join_rules", "m.room.history_visibility", "m.room.redaction", "m.poll.start",
     f"org.example.{MARK}"]
)  # fmt: skip
SAID = {
    "text": {"msgtype": "m.text", "body": MARK, "formatted_body": f"<b>{MARK}</b>"},
    "file": {
        "msgtype": "m.file", "body": f"{MARK}.pdf", "filename": f"{MARK}.pdf",
        "url": f"mxc://x/{MARK}", "info": {"mimetype": "application/pdf", "size": 5},
    },
    "call": {"call_id": MARK, "offer": {"type": "offer", "sdp": f"v=0\r\ns={MARK}\r\nm=audio 9 UDP\r\n"}},
}  # fmt: skip


def clean(scene: Scene) -> None:
    """Every record that was kept, as it would be written."""
    assert scene.audit.kept, "nothing was recorded, so nothing was tried"
    for ask, facts, decision in scene.audit.kept:
        assert MARK.encode() not in canonical(body(ask, facts, decision))


@given(
    kind=KINDS, content=CONTENT | st.sampled_from(sorted(SAID)).map(SAID.__getitem__),
    state_key=st.sampled_from([None, "", str(ALICE), MARK]), encrypted=st.booleans(),
    inbound=st.booleans(),
)  # fmt: skip
async def test_no_event_leaves_its_words_in_a_record(
    kind: str, content: dict[str, Any], state_key: str | None, encrypted: bool, inbound: bool
) -> None:
    scene = Scene()
    contents = {("m.room.encryption", ""): MEGOLM} if encrypted else {}
    room = Room({ALICE, BOB, CAROL}, contents=contents)
    door = Door(scene)
    if inbound:
        await door.inbound(CAROL, kind, content, room, state_key=state_key, during=During.SEND)
    else:
        await door.local(ALICE, kind, content, room, state_key=state_key)
    # the event's type and state key are not what is said; where they carry a word, so may a record
    if MARK not in kind and state_key != MARK:
        clean(scene)


async def test_no_room_that_is_made_leaves_its_words_in_a_record() -> None:
    scene = Scene()
    form = {"name": MARK, "topic": MARK, "room_alias_name": MARK, "invite": [CAROL],
            "initial_state": [{"type": "m.room.topic", "content": {"topic": MARK}}]}  # fmt: skip
    await Door(scene).door.create_room(RoomForm(str(ALICE), None, "11", form))
    clean(scene)


ROWS = sorted({(row.methods[0], row.pattern) for row in ENDPOINTS})


@pytest.mark.parametrize("signed_in", [True, False])
async def test_no_request_leaves_its_token_query_or_words_in_a_record(signed_in: bool) -> None:
    """Every row of the endpoint table, asked with words wherever a client may put some."""
    scene = Scene()
    doors = Doors(scene)
    scene.sessions.tokens[MARK] = scene.sessions.tokens["alices"]
    token = MARK if signed_in else f"{MARK}-dead"
    for method, pattern in ROWS:
        path = re.sub(r"<([^|>]*)[^>]*>", r"\1", pattern)
        path = re.sub(r":[a-z_]+", "x", path)
        await doors(
            method, f"{path}?filename={MARK}&access_token={MARK}", token=token,
            user_agent=MARK.encode(), content_disposition=MARK.encode(), cookie=MARK.encode(),
        )  # fmt: skip
    clean(scene)
