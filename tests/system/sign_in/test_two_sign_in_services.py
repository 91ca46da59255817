"""Two sign-in services on one PostgreSQL: whoever begins at one may go on at the other.

Both carry out every duty: both ask running sessions again, both do errands at Synapse, both make
keys. Nothing is done wrongly because it is done by two.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import sqlalchemy as sa

from tests.services.postgresql import MISSING, postgresql
from tests.system.sign_in import live
from tests.system.sign_in.house import V3, App, Browser, House, Someone
from tests.system.sign_in.test_sign_in_plugs import START, agreed, at_second, log_in, refresh
from vedette.adapters.sign_in.tables import TOKEN_KEYS
from vedette.signin.duties import keep_token_keys

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE = ("anna", "bert", "cleo", "dora", "emil", "fred")
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
A_HUNDRED_DAYS = 100 * 86_400


@dataclass(slots=True)
class Both:
    """An organisation with two sign-in services on one PostgreSQL, and what leads to either."""

    house: House
    switch: live.Switch
    first: Path
    second: Path
    log_of_second: Path

    async def log(self) -> str:
        return self.house.log() + self.log_of_second.read_text()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Both]:
    if MISSING:
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("both")
    with (
        postgresql() as server,
        live.house_on(folder / "org", PEOPLE, server.new_database()) as house,
        live.another_signin(house, folder / "two") as second,
    ):
        assert house.boot.signin is not None
        at = house.boot.path(house.boot.signin.socket)
        first = at.rename(at.with_name("first.sock"))
        switch = live.Switch(first)
        async with await asyncio.start_unix_server(switch.serve, str(at)):
            yield Both(house, switch, first, second, folder / "two/log")
            await switch.lead(first)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(both: Both) -> AsyncIterator[aiohttp.ClientSession]:
    async with both.house.at("127.0.0.1") as session:
        yield session


async def test_two_sign_in_services_share_everything(both: Both) -> None:
    house, first, second = both.house, both.first, both.second
    anna, bert = await live.known(house, "anna"), await live.known(house, "bert")
    async with house.browser() as browser:
        await both.switch.lead(first)
        shown = await at_second(browser, anna)
        await both.switch.lead(second)
        shown = await browser.send(shown, "totp", code=await anna.walker().code())
        await both.switch.lead(first)
        token = await agreed(browser, shown)
        await both.switch.lead(second)
        login = await log_in(browser, token)
        await both.switch.lead(first)
        twice = await browser.ask("POST", f"{V3}/login", json={"type": "m.login.token",
                                                               "token": token})  # fmt: skip
        assert twice.status in (401, 403), "a login token is good once, wherever it is shown"
        # the session of a login token that is shown twice ends, so another one goes on
        login = await house.login(anna, "REFRESHES", refresh_token=True)
        tokens = [login["refresh_token"]]
        for to in (second, first, second):
            await both.switch.lead(to)
            answer = await refresh(browser, tokens[-1])
            assert answer.status == 200, answer.text
            tokens.append(answer.json()["refresh_token"])
        await both.switch.lead(first)
        stolen = await refresh(browser, tokens[0])
        assert stolen.status != 200
        assert house.state(anna.user, "REFRESHES") == "suspended"
        await _attempts_are_counted_together(both, browser, bert)


async def _attempts_are_counted_together(both: Both, browser: Browser, who: Someone) -> None:
    for number in range(6):
        await both.switch.lead(both.first if number % 2 else both.second)
        shown = await browser.open(START)
        shown = await browser.send(shown, "password", name=who.name, password="wrong")
        assert shown.page.error, shown.text
    await both.switch.lead(both.first)
    shown = await browser.open(START)
    shown = await browser.send(shown, "password", name=who.name, password=who.apps[0].password)
    assert "totp" not in {form.does for form in shown.page.forms}, "each counts for itself"


# ---- Every way in, begun here and ended there --------------------------------------------------------


async def test_an_oauth_code_of_one_is_good_at_the_other_and_once(
    both: Both, http: aiohttp.ClientSession
) -> None:
    house, cleo = both.house, await live.known(both.house, "cleo")
    async with house.browser() as browser:
        await both.switch.lead(both.first)
        app = await App.new(house, browser)
        back = await app.code(browser.session, cleo)
        await both.switch.lead(both.second)
        tokens = await app.exchange(browser, back["code"])
        assert tokens.status == 200, tokens.text
        await live.becomes(http, tokens.json()["access_token"], 200)
        await both.switch.lead(both.first)
        assert (await app.exchange(browser, back["code"])).json()["error"] == "invalid_grant"
        # who shows a code twice is taken for a thief: what came of it ends, at both
        await both.switch.lead(both.second)
        assert (await app.refresh(browser, tokens.json()["refresh_token"])).status == 400
        await live.becomes(http, tokens.json()["access_token"], 401)


async def test_a_device_that_asks_one_is_let_in_at_the_other(
    both: Both, http: aiohttp.ClientSession
) -> None:
    house, dora = both.house, await live.known(both.house, "dora")
    async with house.browser() as device, house.browser() as person:
        await both.switch.lead(both.first)
        app = await App.new(house, device, grant_types=[DEVICE_CODE, "refresh_token"])
        asked = {"client_id": app.id, "scope": app.query()["scope"]}
        grant = (await device.ask("POST", "/oauth2/device", data=asked)).json()
        form = {"grant_type": DEVICE_CODE, "device_code": grant["device_code"]}
        await both.switch.lead(both.second)
        assert (await app.token(device, **form)).json()["error"] == "authorization_pending"
        shown = await person.open(f"/sign-in/device?user_code={grant['user_code']}")
        shown = await person.send(shown, "enter")
        shown = await person.send(shown, "password", name="dora", password=dora.apps[0].password)
        await both.switch.lead(both.first)
        shown = await person.send(shown, "totp", code=await dora.walker().code())
        await both.switch.lead(both.second)
        assert "agree" in {form.does for form in shown.page.forms}, shown.text
        await person.send(shown, "agree")
        await both.switch.lead(both.first)
        tokens = await app.token(device, **form)
        assert tokens.status == 200, tokens.text
        await live.becomes(http, tokens.json()["access_token"], 200)
        await both.switch.lead(both.second)
        assert (await app.token(device, **form)).json()["error"] == "expired_token"


async def test_a_persons_own_pages_are_the_same_at_both(both: Both) -> None:
    house, emil = both.house, await live.known(both.house, "emil")
    await both.switch.lead(both.first)
    login = await house.login(emil, "MINE")
    async with house.browser() as browser:
        await browser.sign_in(emil, "/account/")
        await both.switch.lead(both.second)
        devices = await browser.open("/account/devices")
        assert login["device_id"] in devices.text
        (session,) = house.sessions(emil.user).values()
        sure = await browser.open(f"/account/devices/end?session={session.id}")
        await both.switch.lead(both.first)
        await browser.send(sure, "end")
        assert house.state(emil.user, "MINE") == "ended"
        await both.switch.lead(both.second)
        own = await browser.open("/account/")
        await browser.send(own, "leave")
        await both.switch.lead(both.first)
        assert (await browser.get("/account/")).to.startswith("/sign-in")


# ---- Duties that both have ---------------------------------------------------------------------------


async def test_both_ask_again_and_run_errands_and_each_session_moves_once(
    both: Both, http: aiohttp.ClientSession
) -> None:
    house = both.house
    crowd = await asyncio.to_thread(live.issue, house, ["fred"] * 20, platform="android")
    for each in crowd:
        await live.becomes(http, each.token, 200)
    rule = ("rule", "add", "no-android", "--from", "us", "--forbid", "sign-in", "--yes",
            "--when", "claimed device.platform = android", "--reason", "a test")  # fmt: skip
    before = house.store.changes()
    house.cli(*rule)
    for each in crowd:
        await live.becomes(http, each.token, 403)
    found = [house.store.session(each.id) for each in crowd]
    assert {each.because for each in found if each} == {"no-android"}
    house.cli("rule", "remove", "no-android", "--reason", "a test")
    for each in crowd:
        await live.becomes(http, each.token, 200)
    moved = house.store.changes() - before
    print(f"\n{len(crowd)} sessions suspended and resumed by two: {moved} changes")
    ends = [house.cli("session", "end", each.id, "--reason", "a test") for each in crowd[:10]]
    assert len(ends) == 10
    user = str(crowd[0].session.user)
    gone, kept = (
        {(user, each.session.device) for each in some} for some in (crowd[:10], crowd[10:])
    )
    await live.until(lambda: not house.store.outbox(100))
    held = house.held_by_synapse()
    assert not gone & held
    assert kept <= held
    said = await both.log()
    assert "Traceback" not in said, said


async def test_keys_made_by_both_at_once_sign_nobody_out(
    both: Both, http: aiohttp.ClientSession
) -> None:
    house, bert = both.house, await live.known(both.house, "fred")
    logins = []
    for to in (both.first, both.second):
        await both.switch.lead(to)
        logins.append(await house.login(bert, f"KEY{len(logins)}", refresh_token=True))
    old = {key.kid for key in house.store.token_keys()}
    with house.store._database.writing() as connection:
        connection.execute(sa.update(TOKEN_KEYS).values(made=TOKEN_KEYS.c.made - A_HUNDRED_DAYS))
    now = int(time.time())
    await asyncio.gather(*(asyncio.to_thread(keep_token_keys, house.store, now) for _ in range(4)))
    new = {key.kid for key in house.store.token_keys()} - old
    assert new, "no key was made"
    async with house.browser() as browser:
        for login, to in zip(logins, (both.second, both.first), strict=True):
            await both.switch.lead(to)
            assert await live.status(http, login["access_token"]) == 200
            renewed = await refresh(browser, login["refresh_token"])
            assert renewed.status == 200, renewed.text
            assert _kid(renewed.json()["access_token"]) in new
            await live.becomes(http, renewed.json()["access_token"], 200)


def _kid(token: str) -> str:
    """The key that signed a token."""
    head = token.partition(".")[0]
    found: str = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]
    return found
