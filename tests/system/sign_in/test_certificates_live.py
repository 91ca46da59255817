"""A company's CA, run by `openssl`, and people who sign in with what it issued: curl, Chromium, nio."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding
from nio import AsyncClient, LoginResponse, SyncError, SyncResponse
from playwright.async_api import async_playwright

from tests.services.requirements import CHROMIUM, needs
from tests.shares import percentiles
from tests.system.pki import Company, company
from tests.system.sign_in import carded, live
from tests.system.sign_in.house import CALLBACK, V3, House
from vedette.core.sessions import SessionState

pytestmark = pytest.mark.asyncio(loop_scope="module")

SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"
SOME = ("quin", "ravi", "yuri", "zora")
"""Who is put out by each way here; the bench does fifty."""
UNKNOWN = "M_UNKNOWN_TOKEN"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(tmp_path_factory.mktemp("company")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with house.at("127.0.0.1") as session:
        session.connector._limit = 0  # type: ignore[union-attr]  # one each
        session._retry_connection = False  # a cut is to be seen, not mended
        yield session


async def test_a_card_signs_a_running_client_in_and_the_cas_procedure_puts_it_out(
    house: House, firm: Company
) -> None:
    yuri = await house.person("yuri")
    card, other = firm.card("yuri"), firm.card("zora")
    await house.person("zora")
    with carded.issuer(house, firm, '["totp"]'):
        async with house.browser() as browser:
            second = await carded.show(browser, house, await browser.open(SSO), card)
            assert "Hello yuri" in second.text, second.text
            walker = yuri.walker()
            consent = await browser.send(second, "totp", code=await walker.code())
            left = await browser.send(consent, "agree")
        token = dict(parse_qsl(urlsplit(left.to).query))["loginToken"]
        client = AsyncClient(carded.at(house), ssl=carded.tls_of(house, card))
        try:
            made = await client.login(token=token, device_name="nio")
            assert isinstance(made, LoginResponse), made
            await _syncs(client)
            bound = client.access_token
            thief = carded.tls_of(house, other)
            for tls in (carded.tls_of(house, None), thief):
                assert (await _asked(house, tls, bound))[0] == 401
            polling = asyncio.create_task(client.sync(timeout=60_000))
            await asyncio.sleep(0.5)
            house.cli(
                "certificate", "revoked", "--serial", card.serial, "--issuer", "company", *REASON
            )
            ended = await asyncio.wait_for(polling, live.PATIENCE)
            assert isinstance(ended, SyncError), ended
            assert await _refused(house, carded.tls_of(house, card), bound) == UNKNOWN
        finally:
            await client.close()
        (session,) = house.sessions(yuri.user).values()
        assert (session.state, session.because) == (
            SessionState.ENDED,
            "its certificate was revoked",
        )
        async with house.browser() as browser:
            again = await carded.show(browser, house, await browser.open(SSO), card)
            assert "revoked by your organisation" in again.text
            assert again.form("password")
        told = house.cli("certificate", "list")
        revoked = [each["serial"] for each in told["told"] if each["issuer"] == "company"]
        assert revoked == [session.facts.certificates[0].serial]
        assert {each["trouble"] for each in told["sources"]} == {""}


REASON = ("--reason", "card lost")


async def _syncs(client: AsyncClient) -> None:
    end = time.monotonic() + live.PATIENCE
    while not isinstance(await client.sync(timeout=0), SyncResponse):
        assert time.monotonic() < end, "it never synced"
        await asyncio.sleep(0.1)


async def _refused(house: House, tls: ssl.SSLContext, token: str) -> object:
    """With what it is refused; one of just now is waited for a moment when it is in no list."""
    for _ in range(300):
        status, said = await _asked(house, tls, token)
        assert status != 200
        if status == 401:
            return said["errcode"]
        await asyncio.sleep(0.1)
    raise AssertionError(said)


async def _asked(house: House, tls: ssl.SSLContext, token: str) -> tuple[int, dict[str, object]]:
    connector = aiohttp.TCPConnector(ssl=tls)
    async with aiohttp.ClientSession(carded.at(house), connector=connector) as session:
        return await live.answer(session, token)


@needs(CHROMIUM)
async def test_a_card_with_a_pin_is_enough_and_chromium_shows_it(
    house: House, firm: Company
) -> None:
    zora = await _has_account(house, "zora")
    card = firm.card("zora")
    with carded.issuer(house, firm, counts=2):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium")
            try:
                context = await browser.new_context(
                    ignore_https_errors=True,
                    client_certificates=[
                        {"origin": carded.at(house), "certPath": str(card.certificate),
                         "keyPath": str(card.key)}
                    ],
                )  # fmt: skip
                page = await context.new_page()
                await page.goto(f"{house.url.rstrip('/')}{SSO}")
                await page.get_by_role("button", name="Sign in with your certificate").click()
                await page.get_by_role("button", name="Let it in").wait_for(timeout=60_000)
                assert "as you, zora" in await page.inner_text("main")
                # Whoever has none is told so, and may type a password at once.
                bare = await (await browser.new_context(ignore_https_errors=True)).new_page()
                await bare.goto(f"{house.url.rstrip('/')}{SSO}")
                await bare.get_by_role("button", name="Sign in with your certificate").click()
                await bare.get_by_text("showed no certificate").wait_for(timeout=60_000)
                assert await bare.get_by_label("Password", exact=True).is_visible()
            finally:
                await browser.close()
    assert zora


async def _has_account(house: House, name: str) -> str:
    if house.store.account(name) is None:
        await house.person(name)
    return name


async def test_only_the_gateway_says_which_certificate_was_shown(
    house: House, firm: Company
) -> None:
    await _has_account(house, "zora")
    card = firm.card("zora")
    forged = base64.b64encode(card.read.public_bytes(Encoding.DER)).decode()
    with carded.issuer(house, firm, counts=2):
        async with house.browser() as browser:
            departing = await browser.send(await browser.open(SSO), "certificate")
            link = carded.link_in(departing, house)
            header = f"X-Vedette-Certificate: {forged}"
            back = carded.curl(house, link, None, "-H", header)
            shown = await browser.open(back.removeprefix(browser.origin))
            assert "showed no certificate" in shown.text
            departing = await browser.send(shown, "certificate")
            path = urlsplit(carded.link_in(departing, house))
            main = await browser.get(f"{path.path}?{path.query}", X_Vedette_Certificate=forged)
            assert "showed no certificate" in (await browser.followed(main)).text


async def test_a_resumed_connection_proves_no_more_than_the_first_and_an_open_one_nothing(
    house: House, firm: Company, http: aiohttp.ClientSession
) -> None:
    card, tls = firm.card("zora"), ssl.create_default_context(cadata=house.ca.decode())
    tls.load_cert_chain(card.certificate, card.key)
    with carded.issuer(house, firm, counts=2), ExitStack() as open_:
        async with house.browser() as browser:
            # TLS 1.3 gives no ticket that could be resumed by; TLS 1.2 resumes what it remembers,
            # for as long as the first connection is there.
            newer = open_.enter_context(_connected(house, tls, None))
            assert _asks(newer, f"{V3}/capabilities")
            assert newer.session is None or not newer.session.has_ticket
            (zora,) = await carded.carded(house, http, ["zora"], [card])
            tls.maximum_version = ssl.TLSVersion.TLSv1_2
            first = open_.enter_context(_connected(house, tls, None))
            whoami = f"{V3}/account/whoami", zora.runs.token
            assert _asks(first, *whoami)[0] == 200
            house.cli(
                "certificate", "revoked", "--serial", card.serial, "--issuer", "company", *REASON
            )
            await carded.out_of(http, [zora], time.monotonic())
            assert _asks(first, *whoami)[0] == 401, "on a connection that is open since before"
            departing = await browser.send(await browser.open(SSO), "certificate")
            link = urlsplit(carded.link_in(departing, house))
            again = open_.enter_context(_connected(house, tls, first.session))
            assert again.session_reused, "nothing is tried unless the connection is a resumed one"
            assert _asks(again, *whoami)[0] == 401
            back = _asks(again, f"{link.path}?{link.query}")[1]["location"]
            shown = await browser.open(back.removeprefix(browser.origin))
            assert "revoked by your organisation" in shown.text


@contextmanager
def _connected(
    house: House, tls: ssl.SSLContext, before: ssl.SSLSession | None
) -> Iterator[ssl.SSLSocket]:
    """A connection to where certificates are shown, resuming an earlier one if it can."""
    at = urlsplit(carded.at(house))
    host = at.hostname or ""
    with (
        socket.create_connection((host, at.port or 0), timeout=60) as plain,
        tls.wrap_socket(plain, server_hostname=host, session=before) as secure,
    ):
        yield secure


def _asks(secure: ssl.SSLSocket, path: str, token: str = "") -> tuple[int, Mapping[str, str]]:
    """The status and the fields of the answer to one request on this very connection."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    host = secure.server_hostname
    secure.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{bearer}\r\n".encode())
    answer = HTTPResponse(secure)
    answer.begin()
    answer.read()
    return answer.status, answer.headers


async def test_whoever_is_revoked_is_out_within_a_second_of_our_learning_it(
    house: House, firm: Company, http: aiohttp.ClientSession, figure: Callable[[str], None]
) -> None:
    with carded.issuer(house, firm, ocsp="certificate"):
        found = {}
        for way in ("push", "crl", "ocsp"):
            cards = [firm.card(name, ocsp=way == "ocsp") for name in SOME]
            crowd = await carded.carded(house, http, SOME, cards)
            found[way] = await carded.put_out(way, house, http, firm, crowd)
        for way, gone in found.items():
            figure(
                f"certificate revoked, by {way}: next request {percentiles(gone.refused)}, "
                f"open /sync {percentiles(gone.cut)}"
            )
        because = {
            session.because
            for session in house.sessions("@quin:example.test").values()
            if session.facts.certificates
        }
        assert because == {"its certificate was revoked"}
