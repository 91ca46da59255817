"""Devices that enrolled at a real SCEP server: their certificates are shown, known, and asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import aiohttp
import pytest

from tests.services.scep import MISSING, Enrolled, Scep, scep
from tests.system.pki import Card
from tests.system.sign_in import carded, live
from tests.system.sign_in.house import HERE, V3, House, Json, Someone
from vedette.suite.client import Refused, body_of
from vedette.suite.sign_in_walk import WalkFault, login_token

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]

REASON = ("--reason", "a test")
SAY = "Please use a device of ours."


@pytest.fixture(scope="module")
def management(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scep]:
    with scep(tmp_path_factory.mktemp("scep")) as running:
        yield running


@contextmanager
def issuer(house: House, management: Scep) -> Iterator[None]:
    """The CA of devices in the settings, put there as the handbook says."""
    before = max(each["number"] for each in house.cli("settings", "history"))
    house.cli("issuer", "add", "devices", str(management.ca), "--crl", str(management.crl),
              "--ocsp", "no", *REASON)  # fmt: skip
    try:
        yield
    finally:
        house.cli("settings", "restore", str(before), *REASON)


@asynccontextmanager
async def by_the_device(house: House, device: Enrolled) -> AsyncIterator[aiohttp.ClientSession]:
    """A program on that device, whose homeserver is the address at which certificates are shown."""
    tls = carded.tls_of(house, Card(device.certificate, device.key))
    async with aiohttp.ClientSession(
        carded.at(house),
        connector=aiohttp.TCPConnector(ssl=tls),
        cookie_jar=aiohttp.CookieJar(unsafe=True),
    ) as session:
        yield session


async def signs_in(house: House, session: aiohttp.ClientSession, who: Someone, device: str) -> Json:
    """Through the page in a browser, and back to the program, which fetches its token."""
    async with house.at(HERE) as browser:
        token = await login_token(browser, who.walker())
    body = {"device_id": device, "type": "m.login.token", "token": token}
    async with session.post(f"{V3}/login", json=body) as answer:
        return await body_of(answer)


async def test_only_devices_that_enrolled_are_let_in_and_their_tokens_are_good_on_no_other(
    house: House, management: Scep
) -> None:
    ella = await house.person("ella")
    phone, other = management.enrol("phone-of-ella"), management.enrol("another-phone")
    with issuer(house, management):
        house.cli("rule", "add", "devices-of-ours", "--from", "us", "--forbid", "sign-in",
                  "--unless", "certificate.issuer = devices", "--say", SAY, *REASON)  # fmt: skip
        with pytest.raises((WalkFault, Refused), match=SAY):
            await house.login(ella, "LAPTOP")
        async with by_the_device(house, phone) as session:
            got = await signs_in(house, session, ella, "PHONE")
            token = got["access_token"]
            await live.becomes(session, token, 200)
        # stolen from it, the token is worth nothing: neither on a device with another certificate,
        # nor without one
        async with by_the_device(house, other) as session:
            assert await live.status(session, token) == 401
        async with house.at("127.0.0.1") as session:
            assert await live.status(session, token) == 401
        known = {
            each["fact"]: each for each in house.cli("device", "show", ella.user, "PHONE")["facts"]
        }
        assert known["certificate.issuer"]["value"] == "devices"
        # it speaks for the device, and is no factor of the person
        (made,) = (each for each in house.sessions(ella.user).values() if each.device == "PHONE")
        assert {use.kind for use in made.facts.factors} == {"password", "totp"}
        # taken back by the device management, it is out
        serial = f"{phone.read.serial_number:X}"
        house.cli("certificate", "revoked", "--issuer", "devices", "--serial", serial, *REASON)
        async with by_the_device(house, phone) as session:
            await live.becomes(session, token, 401)
            with pytest.raises((WalkFault, Refused), match=SAY):
                await signs_in(house, session, ella, "PHONE")
