"""Who has to go, as laws over drawn rules and rooms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.apps.scene import ALICE, BOB, CAROL, EVE, GAVIN, OTTO, policy_of
from vedette.core.asks import Members
from vedette.core.names import UserId
from vedette.ports.policy import Policy
from vedette.synapse.gather import RoomFacts, people
from vedette.synapse.standing import Frozen, Judgement, judge, part

HEAD = """
[organisation]
name = "Example AG"
domain = "example.org"
[parties]
staff = { groups = ["Employees"] }
engineering = { groups = ["Engineering"] }
[partners]
acme = { domains = ["acme.example"] }
globex = { domains = ["globex.example"] }
[rooms]
board = { members = ["engineering"] }
"""
SIDES = ("us", "staff", "engineering", "acme", "globex", "partners", "outside", "anyone")
EVERYBODY = (ALICE, BOB, EVE, CAROL, "@cora:acme.example", GAVIN, OTTO)
SIDE = st.sampled_from(SIDES)
RULE = st.tuples(st.booleans(), SIDE, SIDE)
ROOM = st.sets(st.sampled_from(EVERYBODY), min_size=1)


def policy(rules: list[tuple[bool, str, str]]) -> Policy:
    text = HEAD
    for number, (forbids, one, other) in enumerate(rules):
        verb = "forbid" if forbids else "allow"
        text += f'[rules.r{number}]\nbetween = ["{one}", "{other}"]\n{verb} = ["contact"]\n'
    return policy_of(text)


def room(found: Policy, members: set[str], *, ours: bool, kind: str | None = None) -> RoomFacts:
    return RoomFacts(
        members=Members.of(people(found.directory, members)),
        joined=frozenset(members),
        ours=ours,
        kind=kind,
        encrypted=False,
        federates=True,
        state={
            ("m.room.history_visibility", ""): {"history_visibility": "joined"},
            ("m.room.power_levels", ""): {"invite": 50},
        },
    )


def members_fault(found: Judgement) -> bool:
    return any(fault.what in ("members", "kind") for fault in found.faults)


@given(st.lists(RULE, max_size=6), ROOM, st.booleans(), st.sampled_from([None, "board"]))
def test_after_they_went_the_rest_may_stay_unless_two_of_us_must_be_asked(
    rules: list[tuple[bool, str, str]], members: set[str], ours: bool, kind: str | None
) -> None:
    found = policy(rules)
    kind = kind if ours else None
    here = room(found, members, ours=ours, kind=kind)
    came = {user: at for at, user in enumerate(sorted(members))}
    parting = part(found, here, people(found.directory, members), came)
    stay = members - set(parting.goes)
    assert set(parting.goes) <= members
    if not ours and not any(user.endswith(":example.org") for user in stay):
        return  # nobody of us is left there: it is no longer ours to judge
    left = judge(found, room(found, stay, ours=ours, kind=kind), "!r")
    assert members_fault(left) == bool(parting.undecided)


@given(st.lists(RULE, max_size=6), ROOM)
def test_none_of_us_goes_for_a_stranger_in_a_room_of_ours(
    rules: list[tuple[bool, str, str]], members: set[str]
) -> None:
    found = policy(rules)
    parting = part(found, room(found, members, ours=True), people(found.directory, members), {})
    assert not any(UserId(user).server == "example.org" for user in parting.goes)


@given(st.lists(RULE, max_size=6), ROOM)
def test_of_a_room_elsewhere_only_our_people_go(
    rules: list[tuple[bool, str, str]], members: set[str]
) -> None:
    found = policy(rules)
    parting = part(found, room(found, members, ours=False), people(found.directory, members), {})
    assert all(UserId(user).server == "example.org" for user in parting.goes)


@given(st.lists(RULE, max_size=6), ROOM, st.booleans())
def test_whoever_is_in_order_has_nobody_to_part(
    rules: list[tuple[bool, str, str]], members: set[str], ours: bool
) -> None:
    found = policy(rules)
    here = room(found, members, ours=ours)
    parting = part(found, here, people(found.directory, members), {})
    in_order = not members_fault(judge(found, here, "!r"))
    assert in_order == (not parting.goes and not parting.undecided)


def test_what_is_remembered_of_a_frozen_room_ends_with_its_policy_or_its_members() -> None:
    freeze = '[standing]\non_breach = "freeze"\n'
    text = HEAD + '[rules.a]\nbetween = ["us", "anyone"]\nallow = ["contact"]\n' + freeze
    mild, strict = (
        policy_of(text),
        policy_of(text + '[rules.b]\nbetween = ["us", "acme"]\nforbid = ["contact"]\n'),
    )
    frozen, both = Frozen(), {ALICE, CAROL}
    assert frozen.fault(mild, room(mild, both, ours=True), "!r") is None
    assert frozen.fault(strict, room(strict, both, ours=True), "!r") is not None
    assert frozen.fault(strict, room(strict, {ALICE}, ours=True), "!r") is None
    assert frozen.fault(strict, room(strict, both, ours=True), "!r") is not None
    assert frozen.fault(mild, room(mild, both, ours=True), "!r") is None
