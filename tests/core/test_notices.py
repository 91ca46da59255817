from __future__ import annotations

import pytest

from vedette.core.decision import Decision, Verdict
from vedette.core.notices import TOLD, matter_of, notice_of
from vedette.core.reasons import Reason

RULED = Decision(
    verdict=Verdict.NO, reason=Reason.FORBIDDEN, rule="acme", revision=3, say="Not to Acme."
)


@pytest.mark.parametrize("act", TOLD)
def test_a_notice_says_what_happened_why_and_where_it_is_recorded(act):
    told = notice_of(act, RULED, "gateway:12")
    assert told == f"{TOLD[act].words} Not to Acme. (Record gateway:12)"


def test_acts_are_listed_alphabetically():
    assert list(TOLD) == sorted(TOLD)


def test_refusals_by_one_rule_are_one_matter_and_those_without_a_rule_go_by_their_reason():
    no_rule = Decision(verdict=Verdict.NO, reason=Reason.NO_RULE, revision=3)
    assert (matter_of(RULED), matter_of(no_rule)) == ("acme", "no-rule")
