"""Work that waits for others: beside one another, once for each key, and followed by a rest."""

from __future__ import annotations

from threading import Event

import pytest

from vedette.adapters.memory.clock import MemoryClock
from vedette.signin.asking import MOST_IN_ROUNDS, Asking, wait_for


@pytest.fixture
def asking() -> Asking:
    return Asking(MemoryClock())


def test_an_address_rests_ten_times_as_long_as_it_took_and_a_minute_at_most(
    asking: Asking,
) -> None:
    clock = asking.clock
    assert isinstance(clock, MemoryClock)

    def takes(seconds: float) -> None:
        clock.seconds += seconds

    for took, rests in ((2, 20), (60, 60), (0, 0)):
        begun = asking.begin("a", lambda took=took: takes(took))
        assert begun is not None
        wait_for([begun], 60)
        assert asking.rests("a") is bool(rests)
        assert not asking.rests("b")
        clock.seconds += max(0, rests - 1)
        assert asking.rests("a") is bool(rests)
        clock.seconds += 1
        assert not asking.rests("a")


def test_what_is_under_way_is_not_begun_again_and_nothing_waits_for_it(asking: Asking) -> None:
    goes_on, begun = Event(), []

    def hangs() -> None:
        begun.append("slow")
        assert goes_on.wait(60)

    slow = asking.begin("slow", hangs)
    assert slow is not None
    try:
        assert asking.begin("slow", hangs) is slow
        quick = asking.begin("quick", lambda: begun.append("quick"))
        assert quick is not None
        wait_for([quick], 60)
        assert sorted(begun) == ["quick", "slow"]
        assert not asking.rests("slow"), "it is asked still"
    finally:
        goes_on.set()
    wait_for([slow], 60)


def test_rounds_leave_room_for_whoever_signs_in(asking: Asking) -> None:
    goes_on = Event()
    several = [asking.begin(f"slow {number}", lambda: goes_on.wait(60) and None, MOST_IN_ROUNDS)
               for number in range(MOST_IN_ROUNDS + 1)]  # fmt: skip
    try:
        assert several[-1] is None
        assert all(several[:-1])
        shown = asking.begin("shown now", lambda: None)
        assert shown is not None
        wait_for([shown], 60)
    finally:
        goes_on.set()
    wait_for([each for each in several if each is not None], 60)


def test_what_it_raises_is_raised_where_it_is_waited_for(asking: Asking) -> None:
    def breaks() -> None:
        raise ZeroDivisionError

    begun = asking.begin("a", breaks)
    assert begun is not None
    with pytest.raises(ZeroDivisionError):
        wait_for([begun], 60)
    assert asking.begin("a", lambda: None) is not begun
