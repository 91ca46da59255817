"""SRV records: every usable host once, lower priorities first, heavier ones more often first."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.srv import Service, in_order, offered

NUMBERS = st.integers(0, 65535)
SERVICES = st.lists(
    st.builds(
        Service,
        st.sampled_from([0, 1, 10, 65535]),
        st.sampled_from([0, 0, 1, 50, 65535]),
        st.sampled_from([0, 443, 8448, 65535]),
        st.sampled_from(["", "a.example", "b.example", "c.example"]),
    ),
    max_size=12,
)


@given(SERVICES, st.randoms(use_true_random=False))
def test_every_usable_host_is_tried_once_and_lower_priorities_first(
    services: list[Service], chance: random.Random
) -> None:
    ordered = in_order(services, chance.randrange)
    assert Counter(ordered) == Counter(s for s in services if s.target and s.port)
    assert [each.priority for each in ordered] == sorted(each.priority for each in ordered)


@given(SERVICES, NUMBERS)
def test_no_chance_however_odd_loses_a_host(services: list[Service], drawn: int) -> None:
    ordered = in_order(services, lambda below: drawn % below)
    assert len(ordered) == sum(bool(s.target and s.port) for s in services)


def test_a_host_with_three_times_the_weight_comes_first_three_times_as_often() -> None:
    heavy, light = Service(1, 75, 1, "heavy.example"), Service(1, 25, 1, "light.example")
    chance = random.Random(4)
    first = Counter(in_order([light, heavy], chance.randrange)[0].target for _ in range(4000))
    assert 0.7 < first["heavy.example"] / 4000 < 0.8


def test_a_host_without_weight_hardly_ever_comes_first_and_is_still_there() -> None:
    heavy, none = Service(1, 99, 1, "heavy.example"), Service(1, 0, 1, "none.example")
    chance = random.Random(4)
    orders = [in_order([heavy, none], chance.randrange) for _ in range(2000)]
    assert 0 < sum(order[0] is none for order in orders) < 60
    assert all(len(order) == 2 for order in orders)


def test_the_root_alone_says_that_there_is_no_such_service() -> None:
    root = Service(0, 0, 0, "")
    assert not offered([root])
    assert offered([root, Service(1, 1, 1, "a.example")])
    assert in_order([root], lambda _: 0) == []
