"""Sessions that end, are suspended and go on, while a hundred of them are in use."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

import aiohttp
import pytest
import pytest_asyncio

from tests.shares import at_share, percentiles
from tests.system.sign_in import live
from tests.system.sign_in.house import V3, House, house_of
from tests.system.sign_in.live import Runs

pytestmark = pytest.mark.asyncio(loop_scope="module")

CROWD = tuple(f"p{number:03}" for number in range(100))
PEOPLE = ("anna", "bert", "cleo", "dora", "emil", "fred")
BOUND = 30.0
"""Seconds that a busy machine may take at worst; what it takes is said at the end of the run."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_of(tmp_path_factory.mktemp("live") / "org", PEOPLE + CROWD) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with house.at("127.0.0.1") as session:
        session.connector._limit = 0  # type: ignore[union-attr]  # every long-poll has its own
        session._retry_connection = False  # a cut is to be seen, not mended
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(house: House, http: aiohttp.ClientSession) -> AsyncIterator[list[Runs]]:
    """A hundred people, each with a session and an open /sync."""
    everybody = await asyncio.to_thread(live.issue, house, CROWD)
    for each in everybody:
        await live.becomes(http, each.token, 200)
        await live.listen(http, each)
    await asyncio.sleep(1)  # the last long-polls arrive at Synapse
    yield everybody
    await live.stop(everybody)


@pytest.mark.parametrize("act", live.ACTS)
async def test_each_of_a_hundred_sessions_is_refused_and_cut_at_once_and_no_other_is(
    house: House, http: aiohttp.ClientSession, crowd: list[Runs], act: str,
    figure: Callable[[str], None],
) -> None:  # fmt: skip
    await live.all_go_on(house, http, crowd)
    (bystander,) = await asyncio.to_thread(live.issue, house, ("fred",))
    await live.becomes(http, bystander.token, 200)
    await live.listen(http, bystander)
    out = await live.put_out(house, http, crowd, act, BOUND)
    figure(f"session {act}: next request refused {percentiles(out.refused)}; open /sync cut"
           f" {percentiles(out.cut)} (target: p99 under 1000 ms); the command"
           f" {percentiles(out.answered)}")  # fmt: skip
    assert len(out.refused) == len(out.cut) == 100
    assert max(out.refused + out.cut) < BOUND
    assert max(at_share(each, 0.5) for each in (out.refused, out.cut)) < 1.0
    assert bystander.cut == 0, "a session was cut that nobody touched"
    await live.stop([bystander])


async def test_what_a_suspended_session_is_told_keeps_its_keys_and_of_an_ended_one_not(
    house: House, http: aiohttp.ClientSession
) -> None:
    one, other = await asyncio.to_thread(live.issue, house, ("anna", "bert"))
    for each in (one, other):
        await live.becomes(http, each.token, 200)
        each.token = live.token_of(house, each.session, 600, age=60)
    live.control(house).ask("POST", f"/sessions/{one.id}/suspend", {"reason": "a test"})
    live.control(house).ask("POST", f"/sessions/{other.id}/end", {"reason": "a test"})
    await live.becomes(http, one.token, 403)
    await live.becomes(http, other.token, 401)
    code, body = await live.answer(http, one.token)
    assert (code, body["errcode"]) == (403, "M_FORBIDDEN")
    code, body = await live.answer(http, other.token)
    assert (code, body["errcode"], body["soft_logout"]) == (401, "M_UNKNOWN_TOKEN", False)


async def test_ending_deletes_the_device_in_synapse_and_suspending_does_not(
    house: House, http: aiohttp.ClientSession
) -> None:
    kept, gone = await asyncio.to_thread(live.issue, house, ("cleo", "cleo"))
    for each in (kept, gone):
        await live.becomes(http, each.token, 200)
    live.control(house).ask("POST", f"/sessions/{kept.id}/suspend", {"reason": "a test"})
    live.control(house).ask("POST", f"/sessions/{gone.id}/end", {"reason": "a test"})
    user = str(kept.session.user)
    await live.until(lambda: (user, gone.session.device) not in house.held_by_synapse())
    assert (user, kept.session.device) in house.held_by_synapse()


async def test_a_deactivated_person_is_out_at_once_and_everybody_else_stays(
    house: House, http: aiohttp.ClientSession, figure: Callable[[str], None]
) -> None:
    out, stays = await asyncio.to_thread(live.issue, house, ("dora", "emil"))
    for each in (out, stays):
        await live.becomes(http, each.token, 200)
        await live.listen(http, each)
    out.token = live.token_of(house, out.session, 600, age=60)
    await asyncio.sleep(0.5)
    people = house.boot.path(house.boot.control.people)
    begun = time.monotonic()
    people.write_text(people.read_text().replace("dora,Employees,no,yes", "dora,Employees,no,no"))
    seconds = await live.becomes(http, out.token, 401)
    assert out.polling is not None
    await asyncio.wait({out.polling}, timeout=BOUND)
    assert out.cut > 0, "the open /sync was not cut"
    figure(f"a deactivated person: refused after {seconds * 1000:.0f} ms,"
           f" cut after {(out.cut - begun) * 1000:.0f} ms")  # fmt: skip
    assert max(seconds, out.cut - begun) < BOUND
    assert stays.cut == 0
    assert await live.status(http, stays.token, f"{V3}/capabilities") == 200
    assert house.sessions(str(out.session.user))[out.id].because == "the account was deactivated"
    await live.stop([stays])
