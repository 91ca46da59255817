from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.renewal import pause, renew_at

DAY = 86_400.0
chances = st.floats(0, 1, exclude_max=True)


def test_a_third_of_its_lifetime_is_left_when_a_certificate_is_renewed():
    assert renew_at(0, 90 * DAY, None, 0.0) == 60 * DAY
    assert 60 * DAY < renew_at(0, 90 * DAY, None, 0.99) < 63.1 * DAY


def test_what_the_authority_advises_comes_before_that_be_it_sooner_or_later():
    assert renew_at(0, 90 * DAY, 2 * DAY, 0.5) == 2 * DAY
    assert renew_at(0, 90 * DAY, 70 * DAY, 0.5) == 70 * DAY


def test_no_advice_puts_it_off_into_the_last_tenth():
    assert renew_at(0, 90 * DAY, 89 * DAY, 0.5) == 81 * DAY


def test_a_certificate_that_ends_before_it_begins_is_renewed_at_once():
    assert renew_at(10 * DAY, 0, None, 0.5) <= 0


@given(
    begins=st.floats(0, 1e9), life=st.floats(1, 1e8), advised=st.none() | st.floats(0, 2e9),
    chance=chances,
)  # fmt: skip
def test_it_is_always_renewed_before_it_ends(
    begins: float, life: float, advised: float | None, chance: float
) -> None:
    assert renew_at(begins, begins + life, advised, chance) < begins + life


def test_who_declines_is_asked_less_often_than_who_is_away():
    assert pause(1, outage=False, chance=0.5) == 600
    assert pause(1, outage=True, chance=0.5) == 60
    assert pause(2, outage=False, chance=0.5) == 1200


@given(failures=st.integers(1, 10_000), outage=st.booleans(), chance=chances)
def test_a_pause_is_never_nothing_and_never_a_day(
    failures: int, outage: bool, chance: float
) -> None:
    assert 45 <= pause(failures, outage=outage, chance=chance) < 15 * 3600.0 + 1


def test_no_two_gateways_come_at_the_same_time():
    assert pause(3, outage=False, chance=0.1) != pause(3, outage=False, chance=0.9)
