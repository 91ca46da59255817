"""Devices that enrolled at a real SCEP server: their certificates are shown, known, and asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest

from tests.services.scep import MISSING, Enrolled, Scep, scep
from tests.system.pki import Card
from tests.system.sign_in import carded, live
from tests.system.sign_in.house import CALLBACK, HERE, SURE, V3, House, Json, Someone, bearer
from vedette.suite.client import Refused, body_of
from vedette.suite.sign_in_walk import WalkFault, login_token

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]

SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"
SAY = "Please use a device of ours."
REASON = ("--reason", "phone lost")


@pytest.fixture(scope="module")
def management(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scep]:
    with scep(tmp_path_factory.mktemp("scep")) as running:
        yield running


@contextmanager
def issuer(house: House, management: Scep, devices: str = "no") -> Iterator[None]:
    """The CA of devices in the settings, put there as the handbook says."""
    before = max(each["number"] for each in house.cli("settings", "history"))
    house.cli("issuer", "add", "devices", str(management.ca), "--crl", str(management.crl),
              "--ocsp", "no", *SURE)  # fmt: skip
    if devices != "no":
        house.cli("settings", "set", "issuers.devices.devices", f'"{devices}"', *SURE)
    try:
        yield
    finally:
        house.cli("settings", "restore", str(before), *SURE)


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


def known_of(house: House, who: Someone, device: str) -> dict[str, tuple[str, str]]:
    """What is known of a device, and how."""
    shown = house.cli("device", "show", who.user, device)["facts"]
    return {each["fact"]: (each["value"], each["known"]) for each in shown}


async def test_only_devices_that_enrolled_are_let_in_and_their_tokens_are_good_on_no_other(
    house: House, management: Scep
) -> None:
    ella = await house.person("ella")
    phone, other = management.enrol("phone-of-ella"), management.enrol("another-phone")
    with issuer(house, management):
        house.cli("rule", "add", "devices-of-ours", "--from", "us", "--forbid", "sign-in",
                  "--unless", "certificate.issuer = devices", "--say", SAY, *SURE)  # fmt: skip
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
        assert known_of(house, ella, "PHONE")["certificate.issuer"] == ("devices", "proven")
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


UPLOAD = "/_matrix/media/v3/upload?filename=plan.txt"
NOT_HERE = "Files are for devices of ours."


async def uploads(session: aiohttp.ClientSession, token: str) -> tuple[int, str]:
    """With what an upload of a text is answered."""
    headers = {**bearer(token), "Content-Type": "text/plain"}
    async with session.post(UPLOAD, data=b"the plan\n", headers=headers) as answer:
        return answer.status, str((await answer.json()).get("error", ""))


async def test_files_pass_on_a_managed_device_alone(house: House, management: Scep) -> None:
    fira = await house.person("fira")
    phone = management.enrol("phone-of-fira")
    with issuer(house, management, "managed"):
        house.cli("rule", "add", "files-on-managed-devices", "--from", "us", "--to", "anyone",
                  "--forbid", "file", "--unless", "device.managed = yes", "--say", NOT_HERE,
                  *SURE)  # fmt: skip
        laptop = (await house.login(fira, "LAPTOP"))["access_token"]
        async with house.at(HERE) as session:
            await live.becomes(session, laptop, 200)
            assert await uploads(session, laptop) == (403, NOT_HERE)
        async with by_the_device(house, phone) as session:
            token = (await signs_in(house, session, fira, "PHONE"))["access_token"]
            await live.becomes(session, token, 200)
            assert (await uploads(session, token))[0] == 200
        assert known_of(house, fira, "PHONE")["device.managed"] == ("yes", "proven")
        assert known_of(house, fira, "LAPTOP")["device.managed"][0] == "no"


async def test_a_phones_own_browser_shows_its_certificate_for_an_app_that_shows_none(
    house: House, management: Scep
) -> None:
    """As a native app signs in: its pages open in the system's browser, and it comes back without any
    certificate of its own.
    """
    gero = await house.person("gero")
    phone = management.enrol("phone-of-gero")
    card = Card(phone.certificate, phone.key)
    with issuer(house, management, "managed"):
        house.cli("rule", "add", "managed-devices", "--from", "us", "--forbid", "sign-in",
                  "--unless", "device.managed = yes", "--say", SAY, *SURE)  # fmt: skip
        async with house.browser() as browser:
            walker = gero.walker()
            first = await browser.send(
                await browser.open(SSO), "password", name=gero.name, password=walker.password
            )
            asked = await browser.send(first, "totp", code=await walker.code())
            assert "managed devices" in asked.text
            without = await carded.show(browser, house, asked, None)
            assert "showed no certificate" in without.text
            consent = await carded.show(browser, house, without, card)
            left = await browser.send(consent, "agree")
        token = dict(parse_qsl(urlsplit(left.to).query))["loginToken"]
        body = {"device_id": "PHONE", "type": "m.login.token", "token": token}
        async with house.at(HERE) as app:
            async with app.post(f"{V3}/login", json=body) as answer:
                got = await answer.json()
            await live.becomes(app, got["access_token"], 200)
            assert known_of(house, gero, "PHONE")["device.managed"] == ("yes", "proven")
            serial = f"{phone.read.serial_number:02X}"
            house.cli("certificate", "revoked", "--issuer", "devices", "--serial", serial, *REASON)
            await live.becomes(app, got["access_token"], 401)
