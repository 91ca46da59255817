"""Who hears of a device that was suspended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.apps.synapse.test_new_devices import ADA, BEN, listed, session
from vedette.core.sessions import SessionState
from vedette.synapse.suspensions import newly_suspended

ONE, OTHER = session(1, ADA, "PHONE"), session(2, BEN, "DESK")


def held(because: str) -> object:
    return replace(ONE, state=SessionState.SUSPENDED, because=because)


def test_a_session_that_a_rule_suspends_is_told_of_once():
    now = listed(held("fresh"), OTHER)  # type: ignore[arg-type]
    found = newly_suspended(listed(ONE, OTHER), now)
    assert [(each.user, each.device, each.because) for each in found] == [(ADA, "PHONE", "fresh")]
    assert newly_suspended(now, now) == ()


@pytest.mark.parametrize("because", ["administrator: lost", "a refresh token was used twice"])
def test_what_was_suspended_by_hand_is_not_told(because):
    assert newly_suspended(listed(ONE), listed(held(because))) == ()  # type: ignore[arg-type]


def test_what_was_not_live_before_is_no_news():
    waiting = replace(ONE, state=SessionState.WAITING)
    assert newly_suspended(listed(waiting), listed(held("fresh"))) == ()  # type: ignore[arg-type]
    assert newly_suspended(listed(), listed(held("fresh"))) == ()  # type: ignore[arg-type]
