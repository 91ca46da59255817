"""Certificates that must not be believed are not, and an independent library agrees or it is said why."""

from __future__ import annotations

import pytest

from tests.protocol.x509.corpus import CASES, Case, world
from tests.protocol.x509.second_opinion import takes
from vedette.protocol.x509.faults import WORDS, Fault

NOT_IN_THE_CORPUS = {
    Fault.LIBRARY: "test_pkits: a date that the library does not take",
    Fault.TOO_LARGE: "test_hostile_bytes",
}


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.id)
def test_what_is_shown_is_answered_as_the_corpus_says(case: Case) -> None:
    assert case.build(world()).ours() is case.expect


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.id)
def test_the_second_library_agrees_but_for_differences_with_a_reason(case: Case) -> None:
    agreed = case.expect is None
    expected = agreed if case.second is None else case.second[0]
    taken, why = takes(case.build(world()))
    assert taken is expected, why
    assert case.second is None or case.second[0] is not agreed, "no difference any more"


def test_every_fault_is_shown_by_a_case() -> None:
    shown = {case.expect for case in CASES} - {None}
    assert set(Fault) - shown == set(NOT_IN_THE_CORPUS)


def test_every_fault_has_words_and_a_way_out_and_stands_in_order() -> None:
    assert set(WORDS) == set(Fault)
    assert [each.name for each in Fault] == sorted(each.name for each in Fault)
    for words in WORDS.values():
        assert words.what.endswith(".")
        assert words.way_out.endswith(".")
