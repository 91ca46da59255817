"""Every plug of signing in pulled: what is begun goes on, what is granted stands, what ended stays so.

The organisation is this file's own, since it breaks it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
import pytest_asyncio

from tests.system.sign_in import live
from tests.system.sign_in.house import (
    CALLBACK,
    V3,
    Browser,
    House,
    Json,
    Shown,
    Someone,
    bearer,
    house_of,
)
from tests.system.suite.test_supervisor import is_alive
from vedette.core.sessions import SessionState

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE = ("anna", "bert", "cleo", "dora", "emil", "fred", "gina", "hugo")
START = f"{V3}/login/sso/redirect?redirectUrl={quote(CALLBACK)}"
AWAY_SECONDS = 60.0
"""Within which the gateway has noticed that the sign-in service is away, on a busy machine."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_of(tmp_path_factory.mktemp("plugs") / "org", PEOPLE) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with house.at("127.0.0.1") as session:
        yield session


@contextmanager
def stopped(house: House, *names: str) -> Iterator[None]:
    """These processes do nothing at all, and nothing starts them again."""
    pids = [live.pid(house, name) for name in names]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def pulled(house: House, http: aiohttp.ClientSession, name: str, how: signal.Signals) -> None:
    """End a process, and wait until another one of it serves."""
    before = live.pid(house, name)
    os.kill(before, how)
    await live.until(lambda: not is_alive(before))
    await live.until(lambda: live.pid(house, name) not in (before, 0), 120)
    end = time.monotonic() + 120
    while not await live.ready(house):
        assert time.monotonic() < end, f"{name} does not serve again"
        await asyncio.sleep(0.1)


async def at_second(browser: Browser, who: Someone) -> Shown:
    """Past the password, where the second factor is asked for."""
    shown = await browser.open(START)
    shown = await browser.send(shown, "password", name=who.name, password=who.apps[0].password)
    assert "totp" in {form.does for form in shown.page.forms}, shown.text
    return shown


async def to_the_end(browser: Browser, who: Someone, shown: Shown) -> str:
    """From the second factor to the login token."""
    shown = await browser.send(shown, "totp", code=await who.walker().code())
    return await agreed(browser, shown)


async def agreed(browser: Browser, shown: Shown) -> str:
    does = {form.does for form in shown.page.forms}
    assert shown.to or "agree" in does, (shown.status, shown.page.title, shown.page.error, does)
    shown = shown if shown.to else await browser.send(shown, "agree")
    return parse_qs(urlsplit(shown.to).query)["loginToken"][0]


async def log_in(browser: Browser, token: str) -> Json:
    body = {"type": "m.login.token", "token": token, "refresh_token": True}
    done = await browser.ask("POST", f"{V3}/login", json=body)
    assert done.status == 200, done.text
    found: Json = done.json()
    return found


async def refresh(browser: Browser, token: str) -> Shown:
    return await browser.ask("POST", f"{V3}/refresh", json={"refresh_token": token})


HOW = [signal.SIGTERM, signal.SIGKILL]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("name", "person"), [("control", "anna"), ("signin", "bert")])
async def test_a_sign_in_goes_on_where_it_was_and_none_that_was_completed_is_lost(
    house: House, http: aiohttp.ClientSession, name: str, person: str, how: signal.Signals
) -> None:
    who = await live.known(house, person)
    async with house.browser() as browser:
        shown = await at_second(browser, who)
        begun = time.monotonic()
        await pulled(house, http, name, how)
        print(f"\n{name} served again {time.monotonic() - begun:.1f} s after {how.name}")
        shown = await browser.send(shown, "totp", code=await who.walker().code())
        await pulled(house, http, name, how)
        token = await agreed(browser, shown)
        await pulled(house, http, name, how)  # the page is through; the client has its token still
        login = await log_in(browser, token)
        await pulled(house, http, name, how)
        assert await live.status(http, login["access_token"]) == 200
        again = await refresh(browser, login["refresh_token"])
        assert again.status == 200, again.text
        await live.becomes(http, again.json()["access_token"], 200)


async def test_without_control_nobody_new_gets_in_and_running_sessions_go_on(
    house: House, http: aiohttp.ClientSession
) -> None:
    who = await live.known(house, "cleo")
    (runs,) = await asyncio.to_thread(live.issue, house, ["cleo"])
    await live.becomes(http, runs.token, 200)
    async with house.browser() as other:
        mine = await log_in(other, await to_the_end(other, who, await at_second(other, who)))
        async with house.browser() as browser:
            with stopped(house, "control"):
                shown = await at_second(browser, who)
                token = await to_the_end(browser, who, shown)
                body = {"type": "m.login.token", "token": token, "device_id": "NEW"}
                login = await browser.ask("POST", f"{V3}/login", json=body)
                assert login.status in (429, 503), login.text
                assert "access_token" not in login.text
                assert house.state(who.user, "NEW") in ("", "ended")
                assert await live.status(http, runs.token) == 200
                fresh = await refresh(other, mine["refresh_token"])
                assert fresh.status == 200, "who is in stays in"
                assert await live.status(http, fresh.json()["access_token"]) == 200
            await live.until(lambda: live.is_ready(house))
            # what was proven meanwhile is good still: nobody has to do it twice
            async with asyncio.timeout(AWAY_SECONDS):
                while (again := await browser.ask("POST", f"{V3}/login", json=body)).status == 503:
                    await asyncio.sleep(0.2)
            assert again.status == 200, again.text
            assert again.json()["device_id"] == "NEW"
            await live.becomes(http, again.json()["access_token"], 200)


async def test_without_sign_in_running_sessions_go_on_with_expired_tokens_and_ended_ones_stay_ended(
    house: House, http: aiohttp.ClientSession
) -> None:
    runs, over, held = await asyncio.to_thread(live.issue, house, ("dora", "emil", "fred"))
    for each in (runs, over, held):
        await live.becomes(http, each.token, 200)
    live.control(house).ask("POST", f"/sessions/{over.id}/end", {"reason": "a test"})
    live.control(house).ask("POST", f"/sessions/{held.id}/suspend", {"reason": "a test"})
    await live.becomes(http, over.token, 401)
    await live.becomes(http, held.token, 403)
    expired = {
        each.id: live.token_of(house, each.session, -60, age=600) for each in (runs, over, held)
    }
    too_old = live.token_of(house, runs.session, -9 * 3600, age=600)
    assert await live.status(http, expired[runs.id]) == 401, "a new token can be had"
    with stopped(house, "signin"):
        assert await live.status(http, runs.token) == 200
        seconds = await live.becomes(http, expired[runs.id], 200, patience=AWAY_SECONDS)
        print(f"\nsign-in away: expired tokens are honoured after {seconds:.1f} s")
        assert await live.status(http, expired[over.id]) == 401
        assert await live.status(http, expired[held.id]) == 403
        late = await live.answer(http, too_old)
        assert late[0] == 401, f"longer ago than `sign_in.outage_grace`: {late}"
        with stopped(house, "control"):
            assert await live.status(http, expired[runs.id]) == 200
            assert await live.status(http, expired[over.id]) == 401
    await live.becomes(http, expired[runs.id], 401, patience=AWAY_SECONDS)
    assert await live.status(http, runs.token) == 200


def assert_try_again(shown: Shown) -> None:
    """It is a 503 as a Matrix error, which says when to come again."""
    assert (shown.status, shown.headers["retry-after"]) == (503, "5"), shown.text
    assert shown.headers["access-control-allow-origin"] == "*"
    assert set(shown.json()) == {"errcode", "error"}, shown.text
    assert "try again" in shown.json()["error"]


async def test_while_control_is_away_a_login_is_answered_with_a_matrix_error(house: House) -> None:
    who = await live.known(house, "hugo")
    async with house.browser() as browser:
        token = await to_the_end(browser, who, await at_second(browser, who))
        body = {"type": "m.login.token", "token": token, "device_id": "LATE"}
        with stopped(house, "control"):
            assert_try_again(await browser.ask("POST", f"{V3}/login", json=body))
        await live.until(lambda: live.is_ready(house))
        async with asyncio.timeout(AWAY_SECONDS):
            while (again := await browser.ask("POST", f"{V3}/login", json=body)).status == 503:
                await asyncio.sleep(0.2)
        assert (again.status, again.json()["device_id"]) == (200, "LATE"), again.text


@contextmanager
def ended(house: House, name: str) -> Iterator[None]:
    """This process has ended, and `vedette up` starts it again only afterwards."""
    pid = live.pid(house, name)
    supervisor = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(pid, signal.SIGKILL)
        _wait_for_end(pid)
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)


def _wait_for_end(pid: int) -> None:
    end = time.monotonic() + AWAY_SECONDS
    while is_alive(pid):
        assert time.monotonic() < end, f"{pid} does not end"
        time.sleep(0.02)


@pytest.mark.parametrize("name", ["synapse", "signin"])
async def test_a_login_is_answered_with_503_until_the_process_behind_it_has_started(
    house: House, http: aiohttp.ClientSession, name: str
) -> None:
    who = await live.known(house, "fred")
    device = f"DURING{name.upper()}"
    async with house.browser() as browser:
        token = await to_the_end(browser, who, await at_second(browser, who))
        body = {"type": "m.login.token", "token": token, "device_id": device}
        with ended(house, name):
            shown = await browser.ask("POST", f"{V3}/login", json=body)
        assert shown.status == 503, shown.text
        async with asyncio.timeout(AWAY_SECONDS):
            while shown.status != 200:
                assert_try_again(shown)
                await asyncio.sleep(0.1)
                shown = await browser.ask("POST", f"{V3}/login", json=body)
        found = [each.state for each in house.sessions(who.user).values() if each.device == device]
        assert found.count(SessionState.LIVE) == 1, found
        await live.becomes(http, shown.json()["access_token"], 200)


async def test_until_synapse_has_started_its_clients_get_matrix_errors(house: House) -> None:
    (runs,) = await asyncio.to_thread(live.issue, house, ["emil"])
    place, token = f"{V3}/capabilities", bearer(runs.token)
    async with house.browser() as browser:
        async with asyncio.timeout(AWAY_SECONDS):
            while (await browser.get(place, **token)).status != 200:
                await asyncio.sleep(0.1)
        with ended(house, "synapse"):
            shown = await browser.get(place, Accept="text/html", **token)
        assert shown.status == 503, shown.text
        async with asyncio.timeout(AWAY_SECONDS):
            while shown.status != 200:
                assert_try_again(shown)
                await asyncio.sleep(0.1)
                shown = await browser.get(place, **token)


async def test_while_sign_in_can_not_be_reached_the_page_says_to_try_again(
    house: House, http: aiohttp.ClientSession
) -> None:
    (runs,) = await asyncio.to_thread(live.issue, house, ["gina"])
    await live.becomes(http, runs.token, 200)
    assert house.boot.signin is not None
    socket = house.boot.path(house.boot.signin.socket)
    aside = socket.with_name("aside.sock")
    await asyncio.sleep(4)  # connections that were kept are given up: after two, by a look a second
    socket.rename(aside)
    try:
        async with house.browser() as browser:
            shown = await browser.get(f"{V3}/login")
            assert_try_again(shown)
            for path in (START, "/account/"):
                shown = await browser.get(path, Accept="text/html")
                assert (shown.status, shown.headers["refresh"]) == (503, "5"), (path, shown.text)
                assert "This page loads again by itself" in shown.text
            token = await browser.ask("POST", "/oauth2/token", data={"grant_type": "refresh_token"})
            assert token.status == 503
            assert "error" not in token.json(), "OAuth clients end their session at any `error`"
            lost = await refresh(browser, "vrt_" + "a" * 43)
            assert lost.status == 503, "a client must not take it that its session is over"
        assert await live.status(http, runs.token) == 200
    finally:
        aside.rename(socket)
    who = await live.known(house, "gina")
    assert (await house.login(who, "BACK"))["device_id"] == "BACK"
