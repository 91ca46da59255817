"""Records: reading back, and a chain that shows every change."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.asks import Act, Ask, Need, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts, Missing
from vedette.core.reasons import Reason
from vedette.core.record import (
    GENESIS,
    NOTHING,
    RecordFault,
    body,
    chained,
    read_body,
    verify_chain,
)

_NAMES = st.text(max_size=8)
_VALUES = (
    st.booleans()
    | st.integers(0, 1 << 50)
    | st.text(max_size=8)
    | st.tuples(st.integers(0, 99), st.integers(0, 99))
    | st.frozensets(st.text(max_size=5), max_size=3)
)
_PARTIES = st.frozensets(_NAMES, max_size=3)
_QUESTIONS = st.builds(Question, st.sampled_from(Channel), _PARTIES, st.none() | _PARTIES, _NAMES)
_ASKS = st.builds(
    Ask,
    act=st.sampled_from(Act),
    who=_NAMES,
    questions=st.lists(_QUESTIONS, max_size=3).map(tuple),
    need=st.sampled_from(Need),
    where=st.none() | _NAMES,
)
_FACTS = st.builds(
    Facts,
    st.dictionaries(_NAMES, _VALUES | st.sampled_from(Missing), max_size=3),
    st.dictionaries(_NAMES, _VALUES, max_size=3),
)
_WORDS = st.lists(_NAMES, max_size=2).map(tuple)
_DECISIONS = st.builds(
    Decision,
    verdict=st.sampled_from(Verdict),
    reason=st.sampled_from(Reason),
    rule=st.none() | _NAMES,
    towards=st.none() | _NAMES,
    revision=st.integers(0, 1 << 40),
    pending=_WORDS,
    unknown=_WORDS,
    say=st.none() | _NAMES,
    observed=_WORDS,
)


def chain(count: int = 5, process: str = "gateway") -> list[dict[str, object]]:
    entries, head = [], GENESIS
    for number in range(1, count + 1):
        entry = chained(head, {"id": f"{process}:{number}", "kind": "decision", "n": number})
        entries.append(entry)
        head = str(entry["hash"])
    return entries


@given(ask=_ASKS, facts=_FACTS, decision=_DECISIONS)
def test_what_was_recorded_is_read_back_exactly(ask: Ask, facts: Facts, decision: Decision) -> None:
    written = json.loads(json.dumps(body(ask, facts, decision)))
    assert read_body(written) == (ask, facts, decision)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    )
)
def test_what_is_no_record_is_said_to_be_none(data: object) -> None:
    with pytest.raises(RecordFault):
        read_body({"act": data, "questions": data} if isinstance(data, dict) else {"act": data})


def test_a_whole_chain_holds() -> None:
    entries = chain()
    state = verify_chain(entries, "gateway")
    assert (state.head, state.last, state.length) == (entries[-1]["hash"], "gateway:5", 5)
    assert verify_chain([], "gateway") == NOTHING


@pytest.mark.parametrize("cut", range(6))
def test_a_chain_may_be_checked_in_parts(cut: int) -> None:
    entries = chain()
    half = verify_chain(entries[:cut], "gateway")
    assert verify_chain(entries[cut:], "gateway", half) == verify_chain(entries, "gateway")


@pytest.mark.parametrize("at", range(5))
def test_a_change_anywhere_is_found(at: int) -> None:
    entries = chain()
    entries[at] = {**entries[at], "n": 99}
    with pytest.raises(RecordFault, match=f"gateway:{at + 1}` was altered"):
        verify_chain(entries, "gateway")


@pytest.mark.parametrize("at", range(4))
def test_a_record_that_was_dropped_is_missed(at: int) -> None:
    entries = chain()
    del entries[at]
    with pytest.raises(RecordFault, match="does not follow"):
        verify_chain(entries, "gateway")


def test_two_records_that_changed_places_are_found() -> None:
    entries = chain()
    entries[1], entries[2] = entries[2], entries[1]
    with pytest.raises(RecordFault):
        verify_chain(entries, "gateway")


def test_another_process_s_chain_is_not_taken_for_this_one_s() -> None:
    with pytest.raises(RecordFault, match="not of `synapse`"):
        verify_chain(chain(), "synapse")


def test_numbers_jump_only_where_a_run_started() -> None:
    (first,) = chain(1)
    jump = chained(str(first["hash"]), {"id": "gateway:20001", "kind": "decision"})
    with pytest.raises(RecordFault, match="not the next"):
        verify_chain([first, jump], "gateway")
    started = chained(str(first["hash"]), {"id": "gateway:20001", "kind": "started"})
    assert verify_chain([first, started], "gateway").last == "gateway:20001"
    back = chained(str(started["hash"]), {"id": "gateway:5", "kind": "started"})
    with pytest.raises(RecordFault, match="not the next"):
        verify_chain([first, started, back], "gateway")
