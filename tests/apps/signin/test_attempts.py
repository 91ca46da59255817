"""Limits on attempts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.sign_in import MemorySignInStore
from vedette.core.settings.document import SignIn
from vedette.signin.attempts import Attempts, network_of

LIMITS = SignIn(
    attempts_per_account=3,
    attempts_per_address=6,
    attempts_per_network=12,
    attempts_around_account=30,
)


@pytest.fixture
def clock():
    return MemoryClock()


@pytest.fixture
def attempts(clock):
    return Attempts(MemorySignInStore(), clock)


def test_an_account_may_be_tried_so_often_from_one_network(attempts):
    tried = [attempts.may(LIMITS, "anna", "192.0.2.1", known=False) for _ in range(5)]
    assert tried == [True, True, True, False, False]
    assert attempts.may(LIMITS, "anna", "198.51.100.1", known=False)


def test_a_right_one_forgives_the_wrong_ones_before(attempts):
    for _ in range(3):
        attempts.may(LIMITS, "anna", "192.0.2.1", known=False)
    attempts.proved("anna", "192.0.2.1", known=False)
    assert attempts.may(LIMITS, "anna", "192.0.2.1", known=False)


def test_first_and_second_factors_are_counted_apart(attempts):
    for _ in range(4):
        attempts.may(LIMITS, "anna", "192.0.2.1", known=False)
    assert attempts.may(LIMITS, "anna", "192.0.2.1", known=False, what="second")


def test_from_everywhere_together_there_is_a_limit_too(attempts):
    tried = [attempts.may(LIMITS, "anna", f"10.{number}.0.1", known=False) for number in range(32)]
    assert tried == [True] * 30 + [False] * 2
    assert attempts.may(LIMITS, "anna", "10.99.0.1", known=True)


def test_a_known_browser_has_a_limit_of_its_own(attempts):
    tried = [attempts.may(LIMITS, "anna", f"10.{n}.0.1", known=True) for n in range(4)]
    assert tried == [True, True, True, False]


def test_an_address_may_try_so_many_accounts(attempts):
    tried = [attempts.may(LIMITS, f"p{n}", "192.0.2.1", known=False) for n in range(8)]
    assert tried == [True] * 6 + [False] * 2


def test_a_network_may_try_so_many_accounts(attempts):
    tried = [attempts.may(LIMITS, f"p{n}", f"192.0.2.{n}", known=False) for n in range(14)]
    assert tried == [True] * 12 + [False] * 2
    assert attempts.address_may(LIMITS, "192.0.3.1")


def test_a_whole_office_signs_in_from_one_address(attempts):
    for n in range(100):
        assert attempts.may(LIMITS, f"p{n}", "192.0.2.1", known=False)
        attempts.proved(f"p{n}", "192.0.2.1", known=False)
    guessed = [attempts.may(LIMITS, "anna", "192.0.2.1", known=False) for _ in range(20)]
    assert not all(guessed)


def test_after_the_window_everybody_may_again(attempts, clock):
    for _ in range(9):
        attempts.may(LIMITS, "anna", "192.0.2.1", known=False)
    clock.seconds += 700
    assert attempts.may(LIMITS, "anna", "192.0.2.1", known=False)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", "none"),
        ("elsewhere", "none"),
    ],
)
def test_the_network_of_an_address(address, network):
    assert network_of(address) == network


@given(st.text(max_size=60))
def test_any_text_has_a_network(text):
    assert network_of(text)
