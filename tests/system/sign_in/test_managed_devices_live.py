"""Managed devices in a running organisation: who comes in, who is held, and who comes back by itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
import pytest_asyncio
from nio import AsyncClient

from tests.shares import percentiles
from tests.system import two_organisations as two
from tests.system.matrix_client import signed_in
from tests.system.pki import Card
from tests.system.sign_in import carded, live, managed
from tests.system.sign_in.house import CALLBACK, V3, House, Json, Someone, bearer
from tests.system.sign_in.managed import Fleet
from vedette.core.sessions import SessionState

pytestmark = pytest.mark.asyncio(loop_scope="module")

SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"
STATES = ("not in order", "retired", "lost")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with house.at("127.0.0.1") as session:
        session.connector._limit = 0  # type: ignore[union-attr]  # one each
        session._retry_connection = False  # a cut is to be seen, not mended
        yield session


def office(house: House, folder: Path, *people: Someone) -> two.Organisation:
    """The same organisation, as the tests with matrix-nio know it."""
    certificate = folder / "ca.crt"
    certificate.write_bytes(house.ca)
    known = {
        each.name: two.Someone(each.user, each.apps[0].password, (), each.apps) for each in people
    }
    return two.Organisation(
        house.boot.folder, "Example", house.boot.organisation, certificate, known, ""
    )


async def past_the_page(house: House, who: Someone, shown: Card | None) -> str:
    """A login token: by a browser that shows its device's certificate, or leaves it to the program."""
    async with house.browser() as browser:
        asked = await browser.sign_in(who, SSO)
        assert "Show the certificate of this device" in asked.text, asked.text
        if shown is None:
            consent = await browser.send(asked, "later")
        else:
            consent = await carded.show(browser, house, asked, shown)
        left = await browser.send(consent, "agree")
        return dict(parse_qsl(urlsplit(left.to).query))["loginToken"]


async def keys_of(http: aiohttp.ClientSession, asker: AsyncClient, of: AsyncClient) -> Json:
    """The keys of a device, as everybody else is told them."""
    body = {"device_keys": {of.user_id: [of.device_id]}}
    async with http.post(
        f"{V3}/keys/query", json=body, headers=bearer(asker.access_token)
    ) as found:
        keys: Json = (await found.json())["device_keys"][of.user_id][of.device_id]["keys"]
    return keys


async def test_a_clients_device_is_held_while_it_is_not_well_and_goes_on_with_its_keys(
    house: House, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    hana, ivan = await live.known(house, "hana"), await live.known(house, "ivan")
    fleet = Fleet.new()
    device = managed.card(tmp_path / "device", fleet.enrol("laptop-7", "ivan"))
    managed.tell_all(house, fleet)
    at = office(house, tmp_path, hana, ivan)
    with managed.managing(house, fleet, ["ivan"]):
        token = await past_the_page(house, ivan, None)
        tls = carded.tls_of(house, device)
        async with (
            signed_in(at, "hana", tmp_path / "hana") as sender,
            signed_in(
                at, "ivan", tmp_path / "ivan", token=token, at=carded.at(house), tls=tls
            ) as reader,
        ):
            room = await sender.create_room(reader, encrypted=True)
            await reader.join(room)
            await sender.knows(room, 2)
            await reader.knows(room, 2)
            await sender.say(room, "before")
            await reader.sees(room, "before")
            keys = await keys_of(http, sender.client, reader.client)
            (session,) = (
                each
                for each in house.sessions(ivan.user).values()
                if each.state is SessionState.LIVE and each.certificate
            )
            for state in STATES:
                managed.tell(house, fleet.told("laptop-7", state))
                await live.until(
                    lambda: house.sessions()[session.id].state is SessionState.SUSPENDED
                )
                assert house.sessions()[session.id].because == "devices"
                await sender.say(room, f"while it is {state}")
                assert (ivan.user, session.device) in house.held_by_synapse()
                managed.tell(house, fleet.told("laptop-7", "well"))
                await reader.sees(room, f"while it is {state}")
            assert house.sessions()[session.id].state is SessionState.LIVE
            await reader.say(room, "and back")
            await sender.sees(room, "and back")
            assert await keys_of(http, sender.client, reader.client) == keys
            (listed,) = house.cli("device", "list", "--user", ivan.user, "--state", "live")
            assert (listed["on"]["managed"], listed["on"]["places"]) == (True, ["intune/laptop-7"])
            shown = house.cli("device", "show", ivan.user, session.device)
            known = {each["fact"]: (each["value"], each["known"]) for each in shown["facts"]}
            assert known["device.managed"] == ("yes", "proven")
            assert known["device.compliant"] == ("yes", "reported")
            assert known["device.owner"] == ("self", "reported")


async def test_an_app_that_shows_no_certificate_is_proven_by_the_browser_on_its_device(
    house: House, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    jule = await live.known(house, "jule")
    fleet = Fleet.new()
    device = managed.card(tmp_path / "device", fleet.enrol("phone-1", "jule"))
    managed.tell_all(house, fleet)
    with managed.managing(house, fleet, ["jule"]):
        token = await past_the_page(house, jule, device)
        body = {"type": "m.login.token", "token": token}
        async with http.post(f"{V3}/login", json=body) as made:
            assert made.status == 200, await made.text()
            access = (await made.json())["access_token"]
        await live.becomes(http, access, 200)
        told = time.monotonic()
        managed.tell(house, fleet.told("phone-1", "lost"))
        await live.becomes(http, access, 403)
        assert time.monotonic() - told < live.PATIENCE
        # Another app says the same of itself, and its browser shows nothing.
        other = await past_the_page(house, jule, None)
        body = {
            "type": "m.login.token",
            "token": other,
            "initial_device_display_name": "phone-1",
            "device_id": "PHONE1",
        }
        async with http.post(f"{V3}/login", json=body) as refused:
            said = await refused.json()
        assert (refused.status, said["error"]) == (403, managed.SAY)


async def test_how_long_a_device_that_is_well_no_more_is_still_in(
    house: House, http: aiohttp.ClientSession, figure: Callable[[str], None]
) -> None:
    people = ("kurt", "lars", "mira")
    fleet = Fleet.new()
    with managed.managing(house, fleet, people):
        everybody = await managed.crowd(house, http, fleet, people)
        for state in STATES:
            found = await managed.held(house, http, fleet, everybody, state)
            figure(
                f"device {state}: next request {percentiles(found.refused)}, open /sync "
                f"{percentiles(found.cut)}, back {percentiles(found.back)}"
            )
        await live.stop([runs for runs, _ in everybody])
