"""Rules about devices, set while everything runs: at the next sign-in, and for running sessions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
import pytest_asyncio
from nio import AsyncClient

from tests.system import two_organisations as two
from tests.system.matrix_client import signed_in
from tests.system.sign_in import live
from tests.system.sign_in.house import (
    CALLBACK,
    SURE,
    V3,
    Browser,
    House,
    Json,
    Shown,
    Someone,
    bearer,
    house_of,
)
from tests.system.sign_in.live import Runs
from vedette.core.names import UserId
from vedette.suite.client import Refused
from vedette.suite.sign_in_walk import WalkFault, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE = ("anna", "bert", "cleo", "dora", "emil", "fred", "gina", "hugo", "inga",
          "jana")  # fmt: skip
ANDROID = "Element/1.6.20 (Google Pixel 7; Android 14; AP2A.240805.005; Flavour FDroid)"
LINUX = "Element/1.12.3 (X11; Linux x86_64)"
OLD = "Element/1.11.9 (X11; Linux x86_64)"
START = f"{V3}/login/sso/redirect?redirectUrl={quote(CALLBACK)}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_of(tmp_path_factory.mktemp("rules") / "org", PEOPLE) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with house.at("127.0.0.1") as session:
        yield session


@contextmanager
def rule(house: House, name: str, *words: str, say: str) -> Iterator[None]:
    """A rule that forbids to sign in, added while everything runs and removed at the end."""
    house.cli("rule", "add", name, "--from", "us", "--forbid", "sign-in", *words, "--say", say,
              *SURE)  # fmt: skip
    try:
        yield
    finally:
        house.cli("rule", "remove", name, *SURE)


async def running(
    house: House, http: aiohttp.ClientSession, *names: str, **facts: str
) -> list[Runs]:
    """Sessions of these people that are let in."""
    made = await asyncio.to_thread(live.issue, house, names, **facts)
    for each in made:
        await live.becomes(http, each.token, 200)
    return made


async def login(house: House, who: Someone, device: str, agent: str) -> Json:
    """Sign in over the page with a program that calls itself so."""
    async with house.at("127.0.0.1") as session:
        session.headers["User-Agent"] = agent
        return await sign_in(session, who.walker(), {"device_id": device})


async def suspended(house: House, http: aiohttp.ClientSession, runs: Runs, by: str) -> None:
    """It is refused everything by this rule, and keeps its device and its keys."""
    seconds = await live.becomes(http, runs.token, 403)
    print(f"\n{by}: suspended {seconds * 1000:.0f} ms after the command was through")
    _, body = await live.answer(http, runs.token)
    assert body["errcode"] == "M_FORBIDDEN"
    assert house.sessions(str(runs.session.user))[runs.id].because == by
    assert (str(runs.session.user), runs.session.device) in house.held_by_synapse()


async def test_no_android(house: House, http: aiohttp.ClientSession) -> None:
    anna = await house.person("anna")
    (phone,) = await running(house, http, "anna", platform="android")
    (laptop,) = await running(house, http, "bert", platform="linux")
    say = "Android devices can't be used here."
    when = ("--when", "claimed device.platform = android")
    with rule(house, "no-android", *when, say=say):
        await suspended(house, http, phone, "no-android")
        assert await live.status(http, laptop.token) == 200
        with pytest.raises((WalkFault, Refused), match=say):
            await login(house, anna, "ANDROID", ANDROID)
        assert (await login(house, anna, "LAPTOP", LINUX))["device_id"] == "LAPTOP"
        with pytest.raises((WalkFault, Refused)):  # a program that says nothing of its platform
            await login(house, anna, "SILENT", "curl/8.0")
    await live.becomes(http, phone.token, 200)
    assert (await login(house, anna, "ANDROID", ANDROID))["device_id"] == "ANDROID"


async def test_element_from_one_version_on(house: House, http: aiohttp.ClientSession) -> None:
    cleo = await house.person("cleo")
    said = {"client_name": "element", "platform": "linux"}
    (old,) = await running(house, http, "cleo", client_version="1.11.9", **said)
    (new,) = await running(house, http, "bert", client_version="1.12.0", **said)
    say = "Please update Element to version 1.12 or newer."
    words = ("--when", "claimed client.name = element", "--unless",
             "claimed client.version >= 1.12")  # fmt: skip
    with rule(house, "element-version", *words, say=say):
        await suspended(house, http, old, "element-version")
        assert await live.status(http, new.token) == 200
        with pytest.raises((WalkFault, Refused), match=say):
            await login(house, cleo, "OLD", OLD)
        assert (await login(house, cleo, "NEW", LINUX))["device_id"] == "NEW"
    await live.becomes(http, old.token, 200)


async def test_at_most_three_devices(house: House, http: aiohttp.ClientSession) -> None:
    dora = await house.person("dora")
    four = []
    for _ in range(4):
        four += await running(house, http, "dora", platform="linux")
        await asyncio.sleep(1.1)  # so that one is older than the next
    say = "You have three devices already. Please end one of them first."
    with rule(house, "three-devices", "--when", "device.count > 3", say=say):
        await suspended(house, http, four[3], "three-devices")
        assert [await live.status(http, each.token) for each in four[:3]] == [200] * 3
        with pytest.raises((WalkFault, Refused), match=say):
            await login(house, dora, "FIFTH", LINUX)
        assert await live.status(http, four[0].token) == 200, "who is refused ends nobody's session"
        house.cli("settings", "set", "sign_in.at_device_limit", "end-oldest", "--reason", "a test")
        assert (await login(house, dora, "FIFTH", LINUX))["device_id"] == "FIFTH"
        await live.becomes(http, four[0].token, 401)
        left = [each for each in house.store.sessions(four[0].session.user) if each.number <= 3]
        assert "FIFTH" in {each.device for each in left}
        house.cli("settings", "set", "sign_in.at_device_limit", "refuse", "--reason", "a test")
    states = {each.device: each.state.value for each in house.sessions(dora.user).values()}
    print("\nat the device limit:", states)


async def test_only_approved_devices(house: House, http: aiohttp.ClientSession) -> None:
    emil = await house.person("emil")
    (before,) = await running(house, http, "emil", platform="linux")
    (other,) = await running(house, http, "fred", platform="linux")
    say = "Only approved devices can be used here. Please call the help desk."
    with rule(house, "approved-devices", "--unless", "device.approved = yes", say=say):
        await suspended(house, http, before, "approved-devices")
        await suspended(house, http, other, "approved-devices")
        house.cli("device", "approve", emil.user, before.session.device)
        print(f"\napproved: went on after {await live.becomes(http, before.token, 200):.3f} s")
        assert await live.status(http, other.token) == 403, "one approval is not for all"
        async with house.browser() as browser:
            browser.session.headers["User-Agent"] = LINUX
            waits = await browser.sign_in(emil, START)
            assert "check" in {form.does for form in waits.page.forms}, waits.text
            waits = await browser.send(waits, "check")
            assert "check" in {form.does for form in waits.page.forms}, "let in without approval"
            (device,) = _waiting(house, emil)
            house.cli("device", "approve", emil.user, device)
            came = await live_login(browser, waits)
        assert came["device_id"] == device
        await live.becomes(http, came["access_token"], 200)
    await live.becomes(http, other.token, 200)


# ---- How a device is registered ---------------------------------------------------------------------


@contextmanager
def registration(house: House, value: str) -> Iterator[None]:
    """Another way to register devices, set while everything runs, and open again at the end."""
    words = ("settings", "set", "sign_in.registration")
    house.cli(*words, value, "--reason", "a test")
    try:
        yield
    finally:
        house.cli(*words, "open", "--reason", "a test")


async def test_a_new_device_waits_until_its_person_confirms_it_on_another(
    house: House, http: aiohttp.ClientSession
) -> None:
    inga = await house.person("inga")
    with registration(house, "confirmed"):
        async with house.browser() as known, house.browser() as new, house.browser() as thief:
            first = await known.sign_in(inga, START)  # there is nothing yet to confirm it on
            assert "agree" in {form.does for form in first.page.forms}, first.text
            await live_login(known, first, agree=True)
            waits = await new.sign_in(inga, START)
            (device,) = _waiting(house, inga)
            assert device in waits.text
            waits = await new.send(waits, "check")
            assert {form.does for form in waits.page.forms} == {"check", "back"}
            # who has the same proofs, but no browser that is known, confirms nothing
            own = await thief.sign_in(inga, "/account/devices")
            assert "confirm" not in {form.does for form in own.page.forms}
            (session,) = (
                each for each in house.sessions(inga.user).values() if each.device == device
            )
            left = next(form for form in (await thief.open("/account/")).page.forms)
            forged = {**left.sent, "do": "confirm", "session": session.id}
            await thief.post("/account/devices", forged)
            assert (await new.send(waits, "check")).form("check")
            own = await known.sign_in(inga, "/account/devices")
            own = await known.send(own, "confirm")
            assert "confirm" not in {form.does for form in own.page.forms}
            came = await live_login(new, waits)
        assert came["device_id"] == device
        await live.becomes(http, came["access_token"], 200)
        facts = house.store.sessions(UserId(inga.user))[-1].facts
        assert (facts.confirmed, facts.approved) == (True, False)


async def test_every_new_device_waits_for_the_help_desk_which_may_say_no(
    house: House, http: aiohttp.ClientSession
) -> None:
    jana = await house.person("jana")
    with registration(house, "approved"):
        async with house.browser() as one, house.browser() as other:
            waits = await one.sign_in(jana, START)
            (device,) = _waiting(house, jana)
            assert {form.does for form in waits.page.forms} == {"check", "back"}
            house.cli("device", "approve", jana.user, device)
            came = await live_login(one, waits)
            assert came["device_id"] == device
            await live.becomes(http, came["access_token"], 200)
            waits = await other.sign_in(jana, START)  # one approval is not for the next
            (second,) = _waiting(house, jana)
            house.cli("device", "reject", jana.user, second, "--reason", "nobody knows it")
            refused = await other.send(waits, "check")
            assert "check" not in {form.does for form in refused.page.forms}
            assert "agree" not in {form.does for form in refused.page.forms}
    assert house.state(jana.user, second) == "ended"


def _waiting(house: House, who: Someone) -> list[str]:
    found = house.cli("device", "list", "--user", who.user, "--state", "waiting")
    devices = found if isinstance(found, list) else found["devices"]
    return [each["device"] for each in devices]


async def live_login(browser: Browser, shown: Shown, *, agree: bool = False) -> Json:
    """Go on from the page that waited, or that asks to `agree`, and fetch the token."""
    at = shown if agree else await browser.send(shown, "check")
    if not at.to:
        at = await browser.send(at, "agree")
    token = parse_qs(urlsplit(at.to).query)["loginToken"][0]
    done = await browser.ask("POST", f"{V3}/login", json={"type": "m.login.token", "token": token})
    assert done.status == 200, done.text
    body: Json = done.json()
    return body


# ---- Keys ------------------------------------------------------------------------------------------


def _as_organisation(house: House, folder: Path, *people: Someone) -> two.Organisation:
    """The same organisation, as the tests with matrix-nio know it."""
    certificate = folder / "ca.crt"
    certificate.write_bytes(house.ca)
    known = {
        each.name: two.Someone(each.user, each.apps[0].password, (), each.apps) for each in people
    }
    return two.Organisation(house.boot.folder, "Example", house.boot.organisation, certificate,
                            known, "")  # fmt: skip


async def test_a_suspended_session_keeps_its_keys_and_reads_everything_afterwards(
    house: House, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    gina, hugo = await house.person("gina"), await house.person("hugo")
    office = _as_organisation(house, tmp_path, gina, hugo)
    async with (
        signed_in(office, "gina", tmp_path / "gina") as sender,
        signed_in(office, "hugo", tmp_path / "hugo") as reader,
    ):
        room = await sender.create_room(reader, encrypted=True)
        await reader.join(room)
        await sender.knows(room, 2)
        await reader.knows(room, 2)
        await sender.say(room, "before")
        await reader.sees(room, "before")
        keys = await _device_keys(http, sender.client, reader.client)
        (session,) = house.sessions(hugo.user).values()
        house.cli("session", "suspend", session.id, "--reason", "a test")
        await live.becomes(http, reader.client.access_token, 403)
        await sender.say(room, "meanwhile")
        await asyncio.sleep(2)
        assert "meanwhile" not in reader.seen(room)
        house.cli("session", "resume", session.id, "--reason", "a test")
        begun = time.monotonic()
        await reader.sees(room, "meanwhile")
        print(f"\nresumed: what was said meanwhile was read {time.monotonic() - begun:.1f} s later")
        await sender.say(room, "after")
        await reader.sees(room, "after")
        await reader.say(room, "and back")
        await sender.sees(room, "and back")
        assert await _device_keys(http, sender.client, reader.client) == keys


async def _device_keys(http: aiohttp.ClientSession, asker: AsyncClient, of: AsyncClient) -> Json:
    """The keys of a device, as everybody else is told them."""
    body = {"device_keys": {of.user_id: [of.device_id]}}
    async with http.post(
        f"{V3}/keys/query", json=body, headers=bearer(asker.access_token)
    ) as found:
        keys: Json = (await found.json())["device_keys"][of.user_id][of.device_id]["keys"]
    assert of.olm is not None
    assert keys[f"ed25519:{of.device_id}"] == of.olm.account.identity_keys["ed25519"]
    return keys
