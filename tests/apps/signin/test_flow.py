"""The states of a sign-in: a table, walked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.memory.sign_in import MemorySignInStore
from vedette.core.sessions import FactorUse
from vedette.signin.actions import ACTIONS
from vedette.signin.flow import (
    TRANSITIONS,
    Event,
    Flow,
    NoSuchMove,
    Step,
    mistaken,
    moved,
    shown,
)
from vedette.signin.flows import Flows

FLOW = Flow(purpose="p", csrf="c", device="D", until=2_000)
PASSWORD = FactorUse(kind="password", at=1)
CODE = FactorUse(kind="totp", at=2)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("event", Event)
def test_every_event_moves_as_the_table_says_or_not_at_all(step, event):
    flow = replace(FLOW, step=step)
    to = TRANSITIONS[step].get(event)
    if to is None:
        with pytest.raises(NoSuchMove):
            moved(flow, event)
    else:
        assert moved(flow, event).step is to


def test_every_step_is_in_the_table_and_can_be_reached():
    assert set(TRANSITIONS) == set(Step)
    reached = {Step.WHO}
    for _ in Step:
        reached |= {to for step in reached for to in TRANSITIONS[step].values()}
    assert reached == set(Step)


def test_done_is_reached_by_consent_alone_and_is_final():
    before = {step for step, moves in TRANSITIONS.items() if Step.DONE in moves.values()}
    assert before == {Step.CONSENT}
    assert not TRANSITIONS[Step.DONE]


def test_consent_is_reached_only_when_the_door_says_enough():
    events = {
        event for moves in TRANSITIONS.values() for event, to in moves.items() if to is Step.CONSENT
    }
    assert events == {Event.ENOUGH}


def test_every_step_says_what_its_forms_can_ask_for():
    assert set(ACTIONS) == set(Step)
    assert not ACTIONS[Step.DONE]


def test_going_back_forgets_who_they_are_and_what_was_shown():
    flow = replace(FLOW, step=Step.SECOND, localpart="anna", factors=(PASSWORD,), wrong=3,
                   memory="m", waiting="w")  # fmt: skip
    assert moved(flow, Event.BACK) == FLOW


def test_what_belonged_to_a_step_is_forgotten_with_it():
    flow = replace(FLOW, step=Step.ANSWER, localpart="anna", memory="state", prompt="colour?")
    left = moved(flow, Event.ENOUGH)
    assert (left.memory, left.prompt) == ("", "")


def test_proofs_of_two_people_do_not_add_up():
    flow = shown(FLOW, "anna", PASSWORD)
    with pytest.raises(NoSuchMove):
        shown(flow, "bert", CODE)
    assert shown(flow, "anna", CODE).kinds == {"password", "totp"}


def test_a_factor_shown_again_counts_once_and_is_as_fresh_as_the_last():
    flow = shown(shown(FLOW, "anna", PASSWORD), "anna", FactorUse(kind="password", at=9))
    assert flow.factors == (FactorUse(kind="password", at=9),)


def test_too_many_mistakes_end_it():
    flow = replace(FLOW, step=Step.SECOND, localpart="anna", factors=(PASSWORD,))
    for _ in range(4):
        flow = mistaken(flow, 5)
        assert flow.step is Step.SECOND
    assert mistaken(flow, 5).step is Step.REFUSED


@given(
    st.builds(
        Flow,
        purpose=st.text(max_size=20), csrf=st.text(max_size=20), device=st.text(max_size=20),
        until=st.integers(0, 1 << 40), step=st.sampled_from(Step), localpart=st.text(max_size=20),
        factors=st.lists(st.sampled_from([PASSWORD, CODE]), max_size=3).map(tuple),
        wrong=st.integers(0, 9), memory=st.text(max_size=20), prompt=st.text(max_size=20),
        waiting=st.text(max_size=20), sentence=st.text(max_size=20),
    )
)  # fmt: skip
def test_a_flow_reads_back_as_it_was(flow):
    assert Flow.from_bytes(flow.to_bytes()) == flow


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_else_is_no_flow(data):
    with pytest.raises(ValueError):  # noqa: PT011  # any of its kind
        Flow.from_bytes(data)


def test_the_store_can_neither_find_nor_read_a_flow_without_its_name():
    store = MemorySignInStore()
    flows = Flows.of(store)
    flow = replace(FLOW, memory="the secret of an app")
    name = flows.begin(flow)
    assert flows.find(name, 1_000) == flow
    assert "the secret" not in repr(store)
    assert name not in repr(store)
    assert flows.find(name[:-1] + "A", 1_000) is None or name.endswith("A")
    assert flows.find("", 1_000) is None
    assert flows.find("é" * 10, 1_000) is None
    assert flows.find(name, 2_001) is None


def test_a_flow_renamed_is_gone_under_its_old_name():
    flows = Flows.of(MemorySignInStore())
    old = flows.begin(FLOW)
    new = flows.renamed(old, FLOW)
    assert flows.find(old, 1_000) is None
    assert flows.find(new, 1_000) == FLOW
    assert not flows.keep(old, FLOW)
    assert flows.find(flows.renamed(old, FLOW), 1_000) == FLOW  # a form that was sent twice
