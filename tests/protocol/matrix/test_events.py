from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.channels import Channel
from vedette.core.facts import FILE_KINDS
from vedette.protocol.matrix.events import (
    MOST_MEDIA,
    RTC_MEMBER_TYPES,
    WIDGETS,
    Sort,
    class_of,
    classify,
    media_named,
)

M, F, V, S, C = (
    Channel.MESSAGE, Channel.FILE, Channel.VIDEO, Channel.SCREEN, Channel.CONFERENCE,
)  # fmt: skip
VOICE = Channel.VOICE
MXC = "mxc://acme.example/abc"
TEXT = {"msgtype": "m.text", "body": "hello"}
PDF = {"msgtype": "m.file", "body": "a.pdf", "filename": "a.pdf", "url": MXC,
       "info": {"mimetype": "application/pdf", "size": 10}}  # fmt: skip
PROGRAM = {"msgtype": "m.file", "body": "a.exe", "url": "mxc://acme.example/exe",
           "info": {"mimetype": "application/x-msdownload", "size": 10}}  # fmt: skip
PDF_CLAIMS = {"file.type": "application/pdf", "file.kind": "document", "file.size": 10}


def channels(type_, content, *, is_state=False):
    found = classify(type_, content, is_state=is_state)
    assert found.sort in (Sort.CONTENT, Sort.TAKES_AWAY), found.sort
    return set(found.channels)


# --- every type of event of the specification (v1.15) that a room can hold ------------------------

STRUCTURE = {
    "m.room.create": Sort.CREATE,
    "m.room.encryption": Sort.ENCRYPTION,
    "m.room.guest_access": Sort.GUESTS,
    "m.room.history_visibility": Sort.HISTORY,
    "m.room.join_rules": Sort.JOIN_RULES,
    "m.room.member": Sort.MEMBERSHIP,
    "m.room.power_levels": Sort.POWER,
    "m.room.third_party_invite": Sort.THIRD_PARTY,
}


@pytest.mark.parametrize("type_", sorted(STRUCTURE))
def test_what_makes_a_room_is_treated_as_such_only_as_state(type_):
    assert classify(type_, TEXT, is_state=True).sort is STRUCTURE[type_]
    assert classify(type_, TEXT, is_state=False).channels == {M}
    assert classify(type_, {}, is_state=False).sort is Sort.UNKNOWN


STATE = {
    "m.policy.rule.room": {
        "entity": "#x:evil.example",
        "reason": "spam",
        "recommendation": "m.ban",
    },
    "m.policy.rule.server": {"entity": "evil.example", "recommendation": "m.ban"},
    "m.policy.rule.user": {},
    "m.room.avatar": {},
    "m.room.canonical_alias": {"alias": "#x:example.org"},
    "m.room.name": {"name": "Lunch"},
    "m.room.pinned_events": {"pinned": ["$a"]},
    "m.room.server_acl": {"allow": ["*"]},
    "m.room.tombstone": {"body": "moved", "replacement_room": "!b"},
    "m.room.topic": {"topic": "Food", "m.topic": {"m.text": [{"body": "Food"}]}},
    "m.space.child": {"via": ["example.org"]},
    "m.space.parent": {"via": ["example.org"]},
    "org.example.board": {"body": "a text that somebody may read"},
}


@pytest.mark.parametrize("type_", sorted(STATE))
def test_other_state_is_a_message_and_always_plain(type_):
    found = classify(type_, STATE[type_], is_state=True)
    assert (found.sort, found.channels, found.may_be_plain) == (Sort.CONTENT, {M}, True)


def test_a_rooms_picture_is_a_file():
    assert channels("m.room.avatar", {"url": MXC}, is_state=True) == {F}


MESSAGES = {
    "m.room.message": TEXT,
    "m.location": {"m.location": {"uri": "geo:1,2"}},
    "m.message": {"m.text": [{"body": "hello"}]},
    "m.poll.start": {"m.poll": {}},
    "org.matrix.msc3381.poll.response": {"answers": ["1"]},
    "m.beacon": {"m.relates_to": {}},
    "org.example.unknown": {"body": "hello"},
}


@pytest.mark.parametrize("type_", sorted(MESSAGES))
def test_messages_are_messages_and_not_plain_in_an_encrypted_room(type_):
    found = classify(type_, MESSAGES[type_], is_state=False)
    assert (found.sort, found.channels, found.may_be_plain) == (Sort.CONTENT, {M}, False)


@pytest.mark.parametrize(
    ("type_", "content"),
    [
        (
            "m.reaction",
            {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$a", "key": "+1"}},
        ),
        ("m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "abc"}),
        ("m.room.encrypted", {}),
        ("m.room.redaction", {"reason": "wrong room"}),
        *[
            (f"m.key.verification.{step}", {"m.relates_to": {}})
            for step in ("accept", "cancel", "done", "key", "mac", "ready", "start")
        ],
    ],
)
def test_a_closed_table_of_messages_may_stay_plain(type_, content):
    found = classify(type_, content, is_state=False)
    assert (found.sort, found.channels, found.may_be_plain) == (Sort.CONTENT, {M}, True)


@pytest.mark.parametrize(
    ("type_", "content"),
    [
        ("m.reaction", {"m.relates_to": {"key": "+1"}, "body": "a text"}),
        ("m.key.verification.start", {"body": "a text"}),
        ("m.room.encrypted", {"algorithm": "x", "ciphertext": "abc", "body": "a text"}),
        ("m.room.encrypted", {"algorithm": "x"}),
        ("m.room.redaction", {"redacts": "$a", "body": "a text"}),
        ("m.call.notify", {"body": "a text"}),
        ("m.call.hangup", {"call_id": "1", "body": "a text"}),
    ],
)
def test_nothing_that_may_stay_plain_brings_a_text(type_, content):
    found = classify(type_, content, is_state=False)
    assert found.sort is Sort.CONTENT
    assert M in found.channels
    assert not found.may_be_plain


@pytest.mark.parametrize(
    "type_", ["org.example.unknown", "m.widget", "m.call.unheard_of", "", "m."]
)
@pytest.mark.parametrize("is_state", [True, False])
def test_an_unknown_type_without_a_text_is_refused(type_, is_state):
    assert classify(type_, {"data": 1, "body": ""}, is_state=is_state).sort is Sort.UNKNOWN


JITSI = {"type": "jitsi", "url": "https://meet.example/x", "name": "Meeting", "id": "w", "data": {}}


@pytest.mark.parametrize(
    "type_", ["im.vector.modular.widgets", "m.widget", "io.element.widgets.layout"]
)
@pytest.mark.parametrize("text", [{}, {"body": "a text"}, {"m.text": [{"body": "a text"}]}, PDF])
def test_a_widget_is_no_message_because_it_has_a_text(type_, text):
    """A page with a call in it would pass as a message where calls are forbidden."""
    found = classify(type_, {**JITSI, **text}, is_state=True)
    assert (found.sort, found.channels) == (Sort.UNKNOWN, frozenset())
    assert classify(type_, {}, is_state=True).sort is Sort.TAKES_AWAY


# --- what takes away -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "content", "is_state"),
    [
        ("m.room.redaction", {"redacts": "$a"}, False),
        ("m.room.redaction", {"redacts": "$a", "reason": ""}, False),
        ("m.call.hangup", {"call_id": "1", "version": "1", "reason": "user_hangup"}, False),
        ("m.call.reject", {"call_id": "1", "party_id": "x"}, False),
        *[(type_, {}, True) for type_ in sorted(RTC_MEMBER_TYPES)],
    ],
)
def test_acts_that_only_take_away_ask_nothing(type_, content, is_state):
    found = classify(type_, content, is_state=is_state)
    assert (found.sort, found.channels) == (Sort.TAKES_AWAY, frozenset())


@pytest.mark.parametrize("type_", ["m.room.redaction", "m.call.hangup", "m.call.reject"])
@pytest.mark.parametrize(("part", "asked"), [({"body": "secret"}, M), ({"url": MXC}, F)])
def test_nothing_is_handed_over_in_the_act_of_taking_away(type_, part, asked):
    assert asked in channels(type_, {"call_id": "1", **part})


# --- calls -----------------------------------------------------------------------------------------


def invite(*media, **more):
    sdp = "v=0\r\n" + "".join(f"m={each} 9 UDP/TLS/RTP/SAVPF 96\r\n" for each in media)
    return {"call_id": "1", "offer": {"type": "offer", "sdp": sdp}, **more}


SCREEN = {"sdp_stream_metadata": {"x": {"purpose": "m.screenshare"}}}


@pytest.mark.parametrize(
    ("type_", "content", "expected"),
    [
        ("m.call.invite", invite("audio"), {VOICE}),
        ("m.call.invite", invite("audio", "video"), {VOICE, V}),
        ("m.call.invite", invite("audio", "video", **SCREEN), {VOICE, V, S}),
        ("m.call.invite", invite("audio", "application"), {VOICE, M, F}),
        ("m.call.invite", invite("audio", body="secret"), {VOICE, M}),
        ("m.call.invite", invite("audio", url=MXC), {VOICE, F}),
        ("m.call.answer", {"answer": {"sdp": "m=audio 9\nm=video 9\n"}}, {VOICE, V}),
        ("m.call.answer", {"answer": {"sdp": " m=video\t9"}}, {VOICE, V}),
        ("m.call.negotiate", {"description": {"sdp": "m=video 9"}}, {VOICE, V}),
        ("m.call.negotiate", {"description": {"sdp": 5}, "offer": []}, {VOICE}),
        ("m.call.candidates", {"candidates": [{"candidate": "candidate:1 1 UDP"}]}, {VOICE}),
        ("m.call.select_answer", {"selected_party_id": "x"}, {VOICE}),
        ("m.call.sdp_stream_metadata_changed", SCREEN, {VOICE, S}),
        ("org.matrix.call.sdp_stream_metadata_changed",
         {"org.matrix.msc3077.sdp_stream_metadata": {"x": {"purpose": "m.screenshare"}}}, {VOICE, S}),
        ("m.call.notify", {"application": "m.call", "notify_type": "ring"}, {C}),
        ("org.matrix.msc4075.rtc.notification", {"notification_type": "ring"}, {C}),
    ],
)  # fmt: skip
def test_a_call_is_what_its_description_says(type_, content, expected):
    assert channels(type_, content) == expected


@pytest.mark.parametrize("type_", sorted(RTC_MEMBER_TYPES))
def test_taking_part_in_a_conference_is_plain_state(type_):
    content = {"application": "m.call", "call_id": "", "device_id": "D", "foci_preferred": []}
    found = classify(type_, content, is_state=True)
    assert (found.channels, found.may_be_plain) == ({C}, True)
    assert channels(type_, {**content, "body": "secret"}, is_state=True) == {C, M}


# --- files, and how one might hide them ------------------------------------------------------------


@pytest.mark.parametrize("kind", ["m.file", "m.image", "m.audio", "m.video"])
def test_a_file_is_a_file(kind):
    assert channels("m.room.message", {**PDF, "msgtype": kind}) == {F}


def test_a_file_is_what_its_sender_says_only_as_a_claim():
    assert classify("m.room.message", PDF, is_state=False).claims == PDF_CLAIMS


SMUGGLED = {
    "a sticker": ("m.sticker", {"body": "hi", "url": MXC}),
    "a type of a later version": ("m.image", {"m.text": [{"body": "fallback"}]}),
    "a part of a later version": ("m.message", {"m.text": [], "m.file": {"url": MXC}}),
    "a part with an older name": ("x", {"org.matrix.msc1767.file": {"url": "https://x.example"}}),
    "an address in an unknown type": ("org.example.x", {"body": "a text", "url": MXC}),
    "an encrypted file in a text": ("m.room.message", {**TEXT, "file": {"url": MXC, "v": "v2"}}),
    "an edit": ("m.room.message", {**TEXT, "m.new_content": PDF}),
    "an edit of an edit": ("m.room.message", {**TEXT, "m.new_content": {"m.new_content": PDF}}),
    "an edit by its message type alone": (
        "m.room.message",
        {**TEXT, "m.new_content": {"msgtype": "m.image", "body": "x"}},
    ),
    "a nested part": ("m.room.message", {**TEXT, "org.example": [{"deep": {"er": MXC}}]}),
    "a picture in HTML": ("m.room.message", {**TEXT, "formatted_body": f'<img src="{MXC}">'}),
    "a picture in HTML, as entities": (
        "m.room.message",
        {**TEXT, "formatted_body": '<img src="&#109;xc:&#x2f;/acme.example/abc">'},
    ),
    "an address in capitals": ("m.room.message", {**TEXT, "url": MXC.upper()}),
    "an address in the text": ("m.room.message", {**TEXT, "body": f"look: {MXC}"}),
    "a thumbnail of a place": (
        "m.room.message",
        {"msgtype": "m.location", "body": "here", "info": {"thumbnail_url": MXC}},
    ),
    "a reaction": ("m.reaction", {"m.relates_to": {"key": MXC}}),
    "something encrypted": ("m.room.encrypted", {"ciphertext": "abc", "url": MXC}),
    "a conference": ("m.call.member", {"memberships": [], "url": MXC}),
    "a topic": ("m.room.topic", {"topic": MXC}),
}


@pytest.mark.parametrize("way", sorted(SMUGGLED))
@pytest.mark.parametrize("is_state", [True, False])
def test_a_file_stays_a_file_hidden_in(way, is_state):
    found = classify(*SMUGGLED[way], is_state=is_state)
    assert F in found.channels
    assert is_state or not found.may_be_plain


@pytest.mark.parametrize(
    "content",
    [
        {**PDF, "m.new_content": PROGRAM},
        {**PROGRAM, "m.new_content": PDF},
        {**PDF, "m.new_content": {**PROGRAM, "info": {}}},
        {**PDF, "m.file": {"url": MXC, "mimetype": "application/x-msdownload", "size": 11}},
    ],
)
def test_a_claim_that_two_parts_do_not_share_is_no_claim(content):
    claims = classify("m.room.message", content, is_state=False).claims
    assert {"file.type", "file.kind"}.isdisjoint(claims)


@pytest.mark.parametrize("place", ["org.example", "formatted_body"])
def test_one_file_does_not_vouch_for_another(place):
    content = {**PDF, place: "mxc://acme.example/other"}
    assert classify("m.room.message", content, is_state=False).claims == {}


@pytest.mark.parametrize(
    "content",
    [
        {**PDF, "info": {**PDF["info"], "thumbnail_url": "mxc://acme.example/small"}},
        {**PDF, "info": {**PDF["info"], "thumbnail_file": {"url": "mxc://acme.example/small"}}},
        {**PDF, "url": None, "file": {"url": "mxc://acme.example/sealed"}},
        {**PDF, "m.new_content": PDF},
        {**PDF, "m.file": {"url": MXC}, "m.text": []},
    ],
)
def test_a_file_and_its_thumbnail_are_one(content):
    assert classify("m.room.message", content, is_state=False).claims == PDF_CLAIMS


@pytest.mark.parametrize(
    "content",
    [
        {**PDF, "body": "what I think of it"},
        {**PDF, "formatted_body": "<b>what I think of it</b>"},
        {**PDF, "m.caption": {"m.text": [{"body": "what I think of it"}]}},
        {**PDF, "m.new_content": TEXT},
        {**TEXT, "m.new_content": PDF},
    ],
)
def test_a_caption_is_a_message_beside_the_file(content):
    assert channels("m.room.message", content) == {M, F}


@pytest.mark.parametrize(
    ("info", "claims"),
    [
        (None, {}),
        ([], {}),
        ({}, {}),
        ({"mimetype": 5, "size": "10"}, {}),
        ({"mimetype": "", "size": -1}, {}),
        ({"mimetype": "no type", "size": True}, {}),
        ({"mimetype": "a/" + "b" * 300, "size": 1 << 53}, {}),
        ({"mimetype": "image/png\ud800"}, {}),
        ({"size": 0}, {"file.size": 0}),
        ({"mimetype": "Application/PDF; q=1"}, {"file.type": "application/pdf",
                                                "file.kind": "document"}),
        ({"mimetype": "application/x-unheard-of"}, {"file.type": "application/x-unheard-of",
                                                    "file.kind": "other"}),
    ],
)  # fmt: skip
def test_what_is_not_well_said_of_a_file_is_not_claimed(info, claims):
    content = {"msgtype": "m.file", "body": "x", "info": info}
    assert classify("m.room.message", content, is_state=False).claims == claims


# --- anything at all -------------------------------------------------------------------------------

_words = st.sampled_from(
    ["m.new_content", "msgtype", "m.file", "m.image", "m.text", "body", "url", "file", "info",
     "mimetype", "size", "offer", "sdp", "description", "reason", "filename", "ciphertext",
     "formatted_body", "thumbnail_file", MXC, "m=video", "m.screenshare", "&", ""]
)  # fmt: skip
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _words | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(_words | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=15,
)
_contents = st.dictionaries(_words | st.text(max_size=4), _json, max_size=6)
_types = st.sampled_from(
    [*STRUCTURE, *STATE, *MESSAGES, *RTC_MEMBER_TYPES, "m.room.encrypted", "m.room.redaction",
     "m.call.invite", "m.call.hangup", "m.reaction", "m.sticker", "m.image"]
) | st.text(max_size=8)  # fmt: skip


@given(_types, _contents, st.booleans())
def test_any_type_and_any_content_has_an_answer(type_, content, is_state):
    found = classify(type_, content, is_state=is_state)
    assert (found.sort is Sort.CONTENT) is bool(found.channels)
    assert found.claims.get("file.kind", "other") in FILE_KINDS
    assert not found.claims or F in found.channels


@given(_types, _contents, _contents, st.booleans())
def test_no_wrapping_takes_a_file_out_of_sight(type_, outer, inner, is_state):
    within = classify(type_, {**outer, "x": inner, "y": MXC}, is_state=is_state)
    if type_ in WIDGETS and is_state:  # refused whole, so that nothing in it is handed over
        assert within.sort is Sort.UNKNOWN
    else:
        assert F in within.channels or within.sort in STRUCTURE.values()


def test_a_content_nested_without_end_is_no_way_to_fail():
    content = {"body": "x"}
    for _ in range(20_000):
        content = {"m.new_content": content, "body": "x"}
    assert channels("m.room.message", content) == {M}


@pytest.mark.parametrize(
    ("content", "named", "whole"),
    [
        ({"url": "mxc://x.example/abc"}, [("x.example", "abc")], True),
        ({"url": "MXC://X.example:8448/a-b_c="}, [("x.example:8448", "a-b_c=")], True),
        (
            {"url": "mxc://x/a", "info": {"thumbnail_url": "mxc://x/b"}, "m.new_content": {
                "file": {"url": "mxc://y/c"}}},
            [("x", "a"), ("x", "b"), ("y", "c")],
            True,
        ),
        ({"url": "mxc://x/a", "body": "mxc://x/a"}, [("x", "a")], True),
        ({"formatted_body": "<img src='mxc:&#47;/x/a?w=1'><img src=mxc://x/b>"},
         [("x", "a"), ("x", "b")], True),
        ({"url": "mxc://x/a/../b"}, [], False),
        ({"url": "mxc://x/a%2e"}, [], False),
        ({"url": "mxc://x/a\\..\\b"}, [], False),
        ({"url": "mxc://x/a?b#c", "body": "(mxc://x/a)"}, [("x", "a")], True),
        ({"url": "mxc://x/" + "a" * 256}, [], False),
        ({"url": "mxc://x"}, [], False),
        ({"url": "mxc:///a"}, [], False),
        ({"url": "mxc://no_name/a"}, [], False),
        ({"url": "mxc://x/a", "body": "mxc://"}, [("x", "a")], False),
        ({"body": "hello"}, [], True),
        ({}, [], True),
    ],
)  # fmt: skip
def test_every_stored_file_that_a_content_names_is_found(content, named, whole):
    found, all_of_them = media_named(content)
    assert (sorted(found), all_of_them) == (sorted(named), whole)


def test_of_too_many_files_only_some_are_looked_at_and_it_is_said_so():
    assert media_named({"body": " ".join(f"mxc://x/{n}" for n in range(MOST_MEDIA))})[1] is True
    found, whole = media_named({"body": " ".join(f"mxc://x/{n}" for n in range(MOST_MEDIA + 1))})
    assert (len(found), whole) == (MOST_MEDIA, False)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_stands_around_an_address_it_is_found_or_missed_openly(before, after):
    found, whole = media_named({"body": f"{before}mxc://x.example/abc{after}"})
    assert found or not whole


def test_what_a_file_is_used_as_follows_from_the_event():
    assert class_of("m.room.avatar") == "avatar"
    assert class_of("m.sticker") == "sticker"
    assert class_of("m.room.message") == "attachment"
