"""Looking at this host: at most once a minute, one look for all, and in nobody's way."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from vedette.adapters.memory.clock import MemoryClock
from vedette.admin.findings import Found, Health
from vedette.control.looking import Looking
from vedette.ports.errors import Unavailable

FINE = Found("disk", Health.GOOD, "there is room")


async def test_of_many_who_ask_at_once_one_look_is_enough():
    looks = []
    looking = Looking(lambda: [*looks, looks.append(1) or FINE][-1:], MemoryClock())
    found = await asyncio.gather(*(looking() for _ in range(20)))
    assert len(looks) == 1
    assert {each.found for each in found if each is not None} == {(FINE,)}


async def test_what_was_found_is_good_for_a_minute_and_is_shown_while_a_new_look_runs():
    clock, go, looks = MemoryClock(), threading.Event(), []

    def look() -> list[Found]:
        looks.append(1)
        if len(looks) > 1:
            go.wait(60)
        return [Found("disk", Health.GOOD, f"look {len(looks)}")]

    looking = Looking(look, clock)
    first = await looking()
    clock.seconds += 59
    assert await looking() == first
    clock.seconds += 2
    assert await looking() == first  # the second look runs, and nobody waits for it
    go.set()
    async with asyncio.timeout(60):
        while (newest := await looking()) == first:
            await asyncio.sleep(0.01)
    assert newest is not None
    assert newest.found[0].words == "look 2"


async def test_a_look_that_fails_is_logged_and_the_next_one_is_tried(
    caplog: pytest.LogCaptureFixture,
):
    answers: list[Exception | list[Found]] = [Unavailable("no key"), [FINE]]

    def look() -> list[Found]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    looking = Looking(look, MemoryClock())
    with caplog.at_level(logging.ERROR):
        assert await looking() is None
    assert "no key" in caplog.text
    found = await looking()
    assert found is not None
    assert found.found == (FINE,)


async def test_a_look_that_is_under_way_at_the_end_is_given_up_and_leaves_no_task_behind():
    clock, begun, go = MemoryClock(), threading.Event(), threading.Event()

    def look() -> list[Found]:
        begun.set()
        assert go.wait(60)
        return [FINE]

    looking = Looking(look, clock)
    await looking.end()  # before the first one there is nothing to give up
    before = asyncio.all_tasks()
    looking.begin()
    await asyncio.to_thread(begun.wait)
    await looking.end()
    assert asyncio.all_tasks() == before
    go.set()


async def test_who_comes_after_a_look_was_begun_waits_for_that_one():
    looks: list[int] = []
    looking = Looking(lambda: [*[FINE][: looks.append(1) or 1]], MemoryClock())
    looking.begin()
    looking.begin()
    found = await looking()
    assert (len(looks), found and found.found) == (1, (FINE,))
