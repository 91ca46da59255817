from __future__ import annotations

import pytest

from vedette.core.decision import Decision, Verdict
from vedette.core.reasons import Reason


@pytest.mark.parametrize("verdict", Verdict)
def test_a_decision_is_never_taken_for_true_or_false(verdict):
    decision = Decision(verdict=verdict, reason=Reason.ROUTINE, revision=1)
    with pytest.raises(TypeError, match=r"match on \.verdict"):
        bool(decision)


def test_there_are_three_answers():
    assert [verdict.value for verdict in Verdict] == ["no", "not-yet", "yes"]
