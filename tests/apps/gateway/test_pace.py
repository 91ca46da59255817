"""How much a server may send, before and after it is verified."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.settings.federation import Limits
from vedette.gateway.pace import (
    FALSE_SIGNATURES,
    PATIENCE_SECONDS,
    PROVEN_BYTES,
    STRANGERS_AT_ONCE,
    UNPROVEN_BYTES,
    AddressPace,
    Bucket,
    PartnerPace,
    network_of,
)

LIMITS = Limits(requests=60, traffic=60_000, invites=6, at_once=5, transaction=10 << 20)
FREE = Limits(requests=60, traffic=10**12, invites=10**6, at_once=10**6, transaction=10 << 20)


def admit(pace, *, size=0, now=0.0, limits=LIMITS, invites=False, who="acme"):
    return pace.admit(who, size, limits, now, invites=invites)


def test_a_minute_s_worth_passes_at_once_then_waits_then_comes_again():
    pace = PartnerPace()
    waits = [admit(pace, limits=FREE) for _ in range(60)]
    assert waits == [0.0] * 60
    assert admit(pace, limits=FREE) == pytest.approx(1.0)
    more = [admit(pace, limits=FREE) for _ in range(30)]
    assert max(wait for wait in more if wait is not None) <= PATIENCE_SECONDS
    assert more[-1] is None
    assert admit(pace, limits=FREE, now=60.0) is not None


def test_bytes_are_counted_too_and_one_large_transaction_always_passes():
    pace = PartnerPace()
    assert admit(pace, size=10**9, now=1.0) == 0.0
    assert admit(pace, size=1000, now=2.0) is None


def test_invitations_have_a_limit_of_their_own():
    pace = PartnerPace()
    answers = [admit(pace, invites=True, limits=LIMITS) for _ in range(5)]
    for _ in range(5):
        pace.over("acme")
    answers += [admit(pace, invites=True) for _ in range(3)]
    assert answers[:6] == [0.0] * 6
    assert answers[6] == pytest.approx(10.0)
    assert answers[7] is None
    assert admit(pace) == 0.0, "other requests go on"


def test_no_invitations_at_all_is_a_limit_too():
    none = Limits(requests=60, traffic=60_000, invites=0, at_once=5, transaction=10 << 20)
    pace = PartnerPace()
    assert admit(pace, invites=True, limits=none) is None
    assert admit(pace, limits=none) == 0.0


def test_what_is_under_way_counts_until_it_is_over():
    pace = PartnerPace()
    assert [admit(pace) for _ in range(6)] == [0.0] * 5 + [None]
    pace.over("acme")
    assert admit(pace) == 0.0


def test_one_partner_s_flood_is_not_another_s():
    pace = PartnerPace()
    while admit(pace, limits=FREE) is not None:
        pass
    assert admit(pace, who="globex") == 0.0


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 30)), max_size=60))
def test_whatever_comes_no_more_than_a_minute_s_worth_and_the_rate_passes(steps):
    bucket, now, passed = Bucket(60.0, 0.0), 0.0, 0.0
    for pause, amount in steps:
        now += pause
        wait = bucket.take(amount, 60.0, now, PATIENCE_SECONDS)
        if wait is not None:
            passed += amount
            assert wait <= PATIENCE_SECONDS
    assert passed <= 60 + now + PATIENCE_SECONDS + 1e-6


def test_forged_requests_make_an_address_go_unread_for_a_while_and_no_other():
    pace = AddressPace()
    for _ in range(FALSE_SIGNATURES):
        reading = pace.begin("192.0.2.1", 10, 0.0)
        assert reading is not None
        reading.forged(0.0)
        reading.end()
    assert pace.begin("192.0.2.1", 10, 0.0) is None
    assert pace.begin("192.0.2.2", 10, 0.0) is not None
    assert pace.begin("192.0.2.1", 10, 4.0) is not None


def test_bodies_of_strangers_leave_room_for_those_who_have_proven_something():
    pace = AddressPace()
    known = pace.begin("192.0.2.1", 10, 0.0)
    assert known is not None
    known.verified(0.0)
    known.end()
    held = [pace.begin(f"198.51.100.{n}", 10 << 20, 0.0) for n in range(20)]
    taken = sum(reading.size for reading in held if reading is not None)
    assert taken <= UNPROVEN_BYTES
    assert held[-1] is None
    assert pace.begin("192.0.2.1", 10 << 20, 1.0) is not None
    assert PROVEN_BYTES > UNPROVEN_BYTES


def test_room_is_given_back_once():
    pace = AddressPace()
    readings = [pace.begin("192.0.2.1", 0, 0.0) for _ in range(STRANGERS_AT_ONCE)]
    assert None not in readings
    assert pace.begin("192.0.2.1", 0, 0.0) is None
    assert readings[0] is not None
    readings[0].end()
    readings[0].end()
    assert pace.begin("192.0.2.1", 0, 0.0) is not None
    assert pace.begin("192.0.2.1", 0, 0.0) is None


def test_one_customer_s_ipv6_network_counts_as_one():
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff")
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("") == ""


def test_however_many_partners_come_memory_is_bounded():
    pace = PartnerPace()
    for number in range(10_500):
        admit(pace, who=f"s{number}")
        pace.over(f"s{number}")
    assert len(pace._partners) <= 10_000
