"""An act that waits: an approval is for exactly it, and it is known again by what it does."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vedette.core.asks import Act
from vedette.core.pending import CHANGES, Approval, counting
from vedette.core.waiting_acts import TAKES_APPROVALS, ActState, WaitingAct

ACT = WaitingAct(
    id="0123456789",
    act=Act.ADMINISTRATION_KEY_ROTATE,
    author="@anna:example.org",
    token="",
    over="",
    what="token-key",
    more="",
    reason="old",
    asked=1_800_000_000,
    expires=1_800_100_000,
    record="control:7",
)
SAME_ACT = {"act", "author", "token", "over", "what", "more"}
"""What makes it the same act; with its id and its reason it is what is approved."""


def approval(act: WaitingAct, person: str = "@ben:example.org", at: int = 3) -> Approval:
    return Approval(
        change=act.id, content=act.content, person=person, token="", reason="as agreed", at=at,
        record="control:8",
    )  # fmt: skip


_OTHER: dict[str, st.SearchStrategy[Any]] = {
    "id": st.text("0123456789abcdef", min_size=10, max_size=10),
    "act": st.sampled_from(sorted(TAKES_APPROVALS)),
    "author": st.sampled_from(["@anna:example.org", "@cara:example.org", "local administrator"]),
    "token": st.text(max_size=3),
    "over": st.sampled_from(["", "@dora:example.org"]),
    "what": st.text(max_size=3),
    "more": st.text(max_size=3),
    "reason": st.text(max_size=3),
}


@given(st.fixed_dictionaries({}, optional=_OTHER))
def test_an_approval_never_carries_over_to_another_act(other: dict[str, Any]):
    changed = replace(ACT, **other)
    forged = replace(approval(ACT), change=changed.id)
    assert bool(counting(changed, [forged])) is (changed == ACT)


@given(st.fixed_dictionaries({}, optional=_OTHER))
def test_asked_for_once_more_it_is_the_same_where_it_does_the_same(other: dict[str, Any]):
    changed = replace(ACT, **other)
    same = all(getattr(changed, name) == getattr(ACT, name) for name in SAME_ACT)
    assert (changed.key == ACT.key) is same


def test_how_an_act_stands_is_not_what_is_approved():
    stands = {"state": ActState.DONE, "ended": 1, "said": "x"}
    assert replace(ACT, **stands).content == ACT.content  # type: ignore[arg-type]
    told = {"id", "reason", "asked", "expires", "record"}
    assert {field.name for field in fields(ACT)} == {*SAME_ACT, *stands, *told}


def test_what_makes_a_revision_waits_elsewhere():
    assert TAKES_APPROVALS.isdisjoint(CHANGES)
    assert all(act.name.startswith("ADMINISTRATION_") for act in TAKES_APPROVALS)
