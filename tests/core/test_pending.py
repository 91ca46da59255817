"""A change that waits: its states, and that an approval is for exactly one content."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vedette.core.asks import Act
from vedette.core.pending import (
    OPEN,
    TRANSITIONS,
    Approval,
    Event,
    PendingChange,
    State,
    counting,
)

CHANGE = PendingChange(
    id="0123456789",
    text="# a document\n",
    digest="d" * 64,
    base=4,
    act=Act.ADMINISTRATION_SETTINGS_APPLY,
    author="@anna:example.org",
    token="",
    reason="contract 4711",
    asked=1_800_000_000,
    expires=1_800_600_000,
)
BOUND = ("id", "text", "digest", "base", "act", "author", "reason", "starts")
"""What an approval is for. Everything else is how the change stands, or follows from these."""


def approval(change: PendingChange, person: str = "@ben:example.org", at: int = 1) -> Approval:
    return Approval(
        change=change.id,
        content=change.content,
        person=person,
        token="",
        reason="as agreed",
        at=at,
        record="control:1",
    )


def test_what_has_ended_stays_so():
    assert {before for before, _ in TRANSITIONS} == OPEN
    ended = set(State) - OPEN
    assert all((state, event) not in TRANSITIONS for state in ended for event in Event)


def test_every_state_but_the_first_can_be_reached_and_every_event_happens():
    assert set(TRANSITIONS.values()) | {State.WAITING} == set(State)
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_what_waits_for_its_hour_expires_at_no_hour():
    assert (State.SCHEDULED, Event.TIME_OVER) not in TRANSITIONS


def test_an_approval_counts_for_what_it_was_given_for():
    assert counting(CHANGE, [approval(CHANGE)]) == (approval(CHANGE),)


_OTHER: dict[str, st.SearchStrategy[Any]] = {
    "id": st.text("0123456789abcdef", min_size=10, max_size=10),
    "text": st.text(),
    "digest": st.text("0123456789abcdef", min_size=64, max_size=64),
    "base": st.integers(1, 9),
    "act": st.sampled_from(Act),
    "author": st.sampled_from(["@anna:example.org", "@cara:example.org", "local administrator"]),
    "reason": st.text(),
    "starts": st.none() | st.integers(0, 2_000_000_000),
}


@given(st.fixed_dictionaries({}, optional=_OTHER))
def test_an_approval_never_carries_over_to_other_content(other: dict[str, Any]):
    changed = replace(CHANGE, **other)
    same = all(getattr(changed, name) == getattr(CHANGE, name) for name in BOUND)
    carried = counting(changed, [approval(CHANGE)])
    # Not even where somebody writes the other change's id onto it.
    forged = counting(changed, [replace(approval(CHANGE), change=changed.id)])
    assert bool(carried) is same
    assert bool(forged) is same


@given(st.fixed_dictionaries(_OTHER), st.fixed_dictionaries(_OTHER))
def test_only_the_same_content_has_the_same_hash(one: dict[str, Any], other: dict[str, Any]):
    first, second = replace(CHANGE, **one), replace(CHANGE, **other)
    assert (first.content == second.content) is (one == other)


def test_how_a_change_stands_is_not_what_is_approved():
    stands = {"state": State.VOID, "ended": 1, "said": "x", "revision": 3, "why": ("x",),
              "token": "t", "expires": 2}  # fmt: skip
    assert replace(CHANGE, **stands).content == CHANGE.content
    told = {"words", "commands", "widens", "asked", "signed"}
    assert {field.name for field in fields(CHANGE)} == {*BOUND, *stands, *told}


def test_one_person_counts_once_and_the_author_never():
    given_ = [
        approval(CHANGE, at=2),
        approval(CHANGE, "@cara:example.org", at=1),
        approval(CHANGE, at=3),
        approval(CHANGE, CHANGE.author),
    ]
    assert [each.person for each in counting(CHANGE, given_)] == [
        "@cara:example.org", "@ben:example.org"
    ]  # fmt: skip
