from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.core.break_glass import HOUR, MOST_WRONG, SPELL, Recovery, Shown

RIGHT, WRONG = "a" * 64, "b" * 64
FRESH = Recovery(digest=RIGHT, made=0)
NOW = 1_000_000


def test_it_is_open_for_an_hour_and_not_a_second_longer():
    opened = FRESH.opened(NOW, "recover:1")
    assert opened.is_open(NOW)
    assert opened.is_open(NOW + HOUR - 1)
    assert not opened.is_open(NOW + HOUR)
    assert not FRESH.is_open(NOW)
    assert not opened.ended().is_open(NOW)


def test_a_clock_that_is_set_back_closes_it():
    assert not FRESH.opened(NOW, "recover:1").is_open(NOW - 1)


def test_the_right_code_is_right_and_costs_nothing():
    assert FRESH.shown(RIGHT, NOW) == (Shown.RIGHT, FRESH)


def test_after_too_many_wrong_codes_not_even_the_right_one_is_heard_for_a_while():
    recovery = FRESH
    for second in range(MOST_WRONG):
        shown, recovery = recovery.shown(WRONG, NOW + second)
        assert shown is Shown.WRONG
    assert recovery.shown(RIGHT, NOW + 10)[0] is Shown.TOO_MANY
    assert recovery.shown(WRONG, NOW + 10)[0] is Shown.TOO_MANY
    assert recovery.shown(RIGHT, NOW + SPELL)[0] is Shown.RIGHT


def test_a_new_code_ends_the_old_one_and_leaves_the_hour_as_it_is():
    renewed = FRESH.opened(NOW, "recover:1").renewed(WRONG, NOW + 5)
    assert renewed.is_open(NOW + 10)
    assert renewed.shown(RIGHT, NOW + 10)[0] is Shown.WRONG
    assert renewed.shown(WRONG, NOW + 10)[0] is Shown.RIGHT


@given(times=st.lists(st.integers(0, 5 * SPELL), max_size=40))
def test_no_spell_hears_more_wrong_codes_than_it_may(times):
    recovery, heard = FRESH, []
    for at in sorted(times):
        shown, recovery = recovery.shown(WRONG, at)
        if shown is Shown.WRONG:
            heard.append(at)
    assert all(sum(a <= b < a + SPELL for b in heard) <= MOST_WRONG for a in heard)
