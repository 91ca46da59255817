from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.reasons import Reason
from vedette.protocol.matrix.events import RTC_MEMBER_TYPES
from vedette.protocol.matrix.rooms import (
    KIND_KEY,
    guests_fault,
    history_fault,
    is_state_type,
    join_rules_fault,
    kind_of,
    power_fault,
)

OURS, THEIRS = "@a:example.org", "@b:acme.example"
GOOD = {"users": {OURS: 100}, "invite": 50, "events": {"m.room.name": 50}}


def ours(user):
    return user.endswith(":example.org")


def test_our_people_may_hold_power_over_a_room():
    assert power_fault(GOOD, ours) is None


@pytest.mark.parametrize(
    "change",
    [
        {"users": {THEIRS: 50}},
        {"users": {THEIRS: 100}},
        {"users": {THEIRS: "100"}},
        {"users": {THEIRS: True}},
        {"users": {THEIRS: 50.0}},
        {"users": [THEIRS]},
        {"users_default": 50},
        {"users_default": "50"},
        {"state_default": 49},
        {"state_default": None},
        {"invite": 0},
        {"kick": 10},
        {"ban": 0},
        {"redact": 0},
        {"events": {"m.room.name": 0}},
        {"events": {"m.room.power_levels": 0}},
        {"events": {"m.room.messages-board": 0}},
        {"events": {"org.example.custom": 0}},
        {"events": {"m.room.message": "0"}},
        {"events": ["m.room.name"]},
    ],
)
def test_nobody_from_elsewhere_gets_power_over_state(change):
    assert power_fault({**GOOD, **change}, ours) is Reason.ROOM_POWER


def test_a_level_to_invite_that_is_left_out_is_zero():
    assert power_fault({"users": {OURS: 100}}, ours) is Reason.ROOM_POWER


@pytest.mark.parametrize("type_", ["m.room.message", "m.reaction", *sorted(RTC_MEMBER_TYPES)])
def test_everybody_may_talk_and_take_part_in_conferences(type_):
    assert power_fault({**GOOD, "events": {type_: 0}, "users": {THEIRS: 49}}, ours) is None


STATE = ("m.room.name", "m.room.power_levels", "m.room.encryption", "org.example.custom")
EDGES = st.sampled_from([0, 1, 49, 50, 51, 100, -1, "50", None, True, 50.0, 1 << 60])
BOUNDS = ("state_default", "ban", "kick", "redact", "invite")
UNSAID = dict.fromkeys(BOUNDS, 50) | {"invite": 0}


@st.composite
def power_levels(draw):
    numbers = st.fixed_dictionaries(
        {}, optional=dict.fromkeys((*BOUNDS, "users_default", "events_default"), EDGES)
    )
    events = st.dictionaries(st.sampled_from((*STATE, "m.room.message", *RTC_MEMBER_TYPES)), EDGES)
    users = st.dictionaries(st.sampled_from((OURS, THEIRS, "nobody", "@c:evil.example")), EDGES)
    parts = draw(numbers)
    if draw(st.booleans()):
        parts |= {"events": draw(events), "users": draw(users)}
    return parts


@given(power_levels())
def test_no_accepted_levels_let_anybody_from_elsewhere_change_a_room(content):
    if power_fault(content, ours) is not None:
        return
    theirs = [level for user, level in content.get("users", {}).items() if not ours(user)]
    highest = max([content.get("users_default", 0), *theirs])
    events = content.get("events", {})
    state_default = content.get("state_default", UNSAID["state_default"])
    needed = [content.get(key, UNSAID[key]) for key in BOUNDS]
    needed += [events.get(type_, state_default) for type_ in STATE]
    assert highest < min(needed)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    (*BOUNDS, "users", "events", "users_default", "history_visibility", "join_rule",
     "guest_access", KIND_KEY)
)  # fmt: skip


@given(st.dictionaries(KEYS, json), st.booleans())
def test_any_content_has_an_answer(content, flag):
    assert power_fault(content, ours) in (None, Reason.ROOM_POWER)
    assert history_fault(content, "shared", flag) in (None, Reason.ROOM_HISTORY)
    assert join_rules_fault(content, flag) in (None, Reason.ROOM_POWER)
    assert guests_fault(content) in (None, Reason.NOT_SUPPORTED)
    assert kind_of(content) is None or isinstance(kind_of(content), str)


@pytest.mark.parametrize(
    ("visibility", "widest", "remote", "passes"),
    [
        ("joined", "joined", True, True),
        ("invited", "joined", False, False),
        ("invited", "invited", False, True),
        ("shared", "shared", False, True),
        ("shared", "shared", True, False),
        ("invited", "shared", True, False),
        ("world_readable", "shared", False, False),
        ("joined", "no such width", False, True),
        (None, "shared", False, False),
        (["shared"], "shared", False, False),
    ],
)
def test_history_is_never_wider_than_the_kind_and_never_wide_where_a_partner_is(
    visibility, widest, remote, passes
):
    found = history_fault({"history_visibility": visibility}, widest, remote)
    assert found is (None if passes else Reason.ROOM_HISTORY)


def test_history_without_a_word_is_refused():
    assert history_fault({}, "shared", False) is Reason.ROOM_HISTORY


@pytest.mark.parametrize("rule", ["invite", "private", "knock", "restricted", "knock_restricted"])
def test_a_door_that_somebody_keeps_may_be_chosen(rule):
    assert join_rules_fault({"join_rule": rule}, True) is None


def test_a_public_room_may_not_federate():
    assert join_rules_fault({"join_rule": "public"}, True) is Reason.ROOM_POWER
    assert join_rules_fault({"join_rule": "public"}, False) is None
    assert join_rules_fault({"join_rule": "open"}, False) is Reason.ROOM_POWER
    assert join_rules_fault({}, False) is Reason.ROOM_POWER


def test_matrix_guests_never_come_in():
    assert guests_fault({"guest_access": "forbidden"}) is None
    assert guests_fault({"guest_access": "can_join"}) is Reason.NOT_SUPPORTED


def test_a_rooms_kind_is_a_text_in_its_first_event():
    assert kind_of({KIND_KEY: "board"}) == "board"
    assert kind_of({KIND_KEY: ["board"]}) is None


@pytest.mark.parametrize("type_", ["m.room.member", "m.room.messages", "m.callx", "x"])
def test_what_is_not_known_to_be_a_message_could_be_state(type_):
    assert is_state_type(type_)
