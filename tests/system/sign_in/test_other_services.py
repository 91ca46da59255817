"""Proofs that other services check: token servers over RADIUS, and OpenID providers.

FreeRADIUS, privacyIDEA and Canaille are the real ones. The organisation knows them from its boot
file, as any other would, and every sign-in ends with a Matrix client that is in.
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pyotp
import pytest
from playwright.async_api import Page

from tests.services.freeradius import FreeRadius, freeradius, user
from tests.services.openid_provider import OpenIdProvider, openid_provider
from tests.services.openid_provider import Person as Known
from tests.services.privacyidea import PrivacyIdea, privacyidea, radius_before
from tests.services.requirements import FREERADIUS, needs
from tests.system import two_organisations as two
from tests.system.element.browser import ElementBrowser, element_browser
from tests.system.element.build import built_site
from tests.system.element.serve import served
from tests.system.matrix_client import signed_in
from tests.system.sign_in.house import (
    CALLBACK,
    PASSWORD,
    V3,
    Browser,
    House,
    Shown,
    Someone,
    make,
    run,
)
from vedette.core.sessions import Session

pytestmark = needs(FREERADIUS)

PEOPLE = ("anna", "bert", "cleo", "dora", "emil", "fred", "gina")
START = f"{V3}/login/sso/redirect?redirectUrl={quote(CALLBACK)}"
PIN = "pin 4711"
STAYS_SECONDS = 8.0
VALUES = """
[sign_in]
second_factors       = ["webauthn", "totp", "radius"]
attempts_per_address = 2000
attempts_per_network = 2000
"""
BOOT = """
[signin.radius.tokens]
address = "{tokens}"
secret  = "secrets/radius-tokens"
[signin.radius.privacyidea]
address = "{privacyidea}"
secret  = "secrets/radius-privacyidea"
[signin.upstream.office]
issuer        = "{office}"
client_id     = "vedette"
client_secret = "secrets/upstream-office"
[signin.upstream.group]
issuer        = "{group}"
client_id     = "vedette"
client_secret = "secrets/upstream-group"
"""


@dataclass(frozen=True, slots=True)
class Around:
    """The organisation and the services that it asks.

    `office` checks a password alone, `group` checks two factors and says so.
    """

    house: House
    tokens: FreeRadius
    privacyidea: PrivacyIdea
    office: OpenIdProvider
    group: OpenIdProvider
    folder: Path
    secrets: dict[str, bytes] = field(repr=False)

    def code(self, name: str) -> str:
        """What somebody's token shows, for some seconds still: FreeRADIUS takes that of this step alone."""
        app = pyotp.TOTP(_base32(self.secrets[name]))
        left = app.interval - time.time() % app.interval
        if left < STAYS_SECONDS:
            time.sleep(left + 0.1)
        return app.now()

    def session(self, who: Someone) -> Session:
        (found,) = self.house.sessions(who.user).values()
        return found


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode()


def known(name: str, totp_secret: str = "") -> Known:
    """Somebody at a provider, where they have another password than here."""
    return Known(name, f"{name}'s at the provider", name, f"{name}@corp.test", totp_secret)


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Around]:
    folder = tmp_path_factory.mktemp("others")
    made = make(folder / "org", PEOPLE, VALUES)
    back = f"{made.url}/sign-in/upstream"
    keys = {name: secrets.token_bytes(20) for name in ("anna", "bert", "cleo", "emil")}
    with ExitStack() as stack:
        tokens = stack.enter_context(
            freeradius(
                folder / "tokens",
                users="".join(user(name, PIN, _base32(key)) for name, key in keys.items()),
            )
        )
        server = stack.enter_context(privacyidea(folder / "privacyidea", ["bert"]))
        server.enrol("bert", PIN, keys["bert"])
        behind = stack.enter_context(radius_before(server.url, folder / "radius"))
        # at another address than the organisation, and so another site to browsers
        office, group = (
            stack.enter_context(
                openid_provider(
                    folder / name, people, factors=factors, host=host, redirect_uri=back
                )
            )
            for name, host, factors, people in (
                ("office", "127.0.0.2", ("password",), [known("emil"), known("nobody")]),
                ("group", "127.0.0.3", ("password", "otp"), [FRED]),
            )
        )
        made.trust(office.ca_file.read_bytes() + group.ca_file.read_bytes())
        made.add_to_boot(
            BOOT.format(
                tokens=tokens.address, privacyidea=behind.address,
                office=office.issuer, group=group.issuer,
            ),
            **{
                "radius-tokens": tokens.secret, "radius-privacyidea": behind.secret,
                "upstream-office": office.client_secret, "upstream-group": group.client_secret,
            },
        )  # fmt: skip
        house = stack.enter_context(run(made))
        yield Around(house, tokens, server, office, group, folder, keys)


FRED = known("fred", "0123456789abcdefghij")


@asynccontextmanager
async def client_is_in(around: Around, who: Someone, shown: Shown) -> AsyncIterator[Session]:
    """Let matrix-nio in from the page that asks whether to; it has synced then."""
    token = parse_qs(urlsplit(shown.to).query)["loginToken"][0]
    folder = around.folder / who.name
    folder.mkdir()
    certificate = folder / "ca.crt"
    certificate.write_bytes(around.house.ca)
    someone = two.Someone(who.user, PASSWORD, ())
    office = two.Organisation(
        around.house.boot.folder, "Example", around.house.boot.organisation, certificate,
        {who.name: someone}, "",
    )  # fmt: skip
    async with signed_in(office, who.name, folder / "keys", token=token) as client:
        session = around.session(who)
        assert client.client.device_id == session.device
        yield session


def proofs(session: Session) -> dict[str, str]:
    """What was shown for a session, and who says so."""
    return {use.kind: use.proven_by for use in session.facts.factors}


async def at_second(browser: Browser, who: Someone) -> Shown:
    shown = await browser.send(
        await browser.open(START), "password", name=who.name, password=PASSWORD
    )
    assert "radius" in {form.does for form in shown.page.forms}, shown.text
    return shown


# ---- Token servers -------------------------------------------------------------------------------


async def test_a_code_of_a_token_server_lets_a_client_in_and_nothing_less_does(
    around: Around,
) -> None:
    anna = await around.house.person("anna", apps=0)
    async with around.house.browser() as browser:
        second = await at_second(browser, anna)
        wrong = await browser.send(second, "radius", code="pin 1234")
        assert "radius" in {form.does for form in wrong.page.forms}
        asked = await browser.send(second, "radius", code=PIN)
        assert "Enter the code that your app shows." in asked.text
        guessed = await browser.send(
            asked, "answer", code=f"{(int(around.code('anna')) + 1) % 10**6:06}"
        )
        assert "agree" not in {form.does for form in guessed.page.forms}
        assert not around.house.sessions(anna.user)
        asked = await browser.send(await at_second(browser, anna), "radius", code=PIN)
        consent = await browser.send(asked, "answer", code=around.code("anna"))
        async with client_is_in(around, anna, await browser.send(consent, "agree")) as session:
            assert proofs(session) == {"password": "", "radius": "tokens"}


# ---- OpenID providers ----------------------------------------------------------------------------


@asynccontextmanager
async def element(around: Around, *, oauth: bool) -> AsyncIterator[ElementBrowser]:
    """Element in a browser that knows the providers, and that no page may make complain."""
    certificate = around.folder / "ca.crt"
    certificate.write_bytes(around.house.ca)
    providers = {each.issuer: each.ca_file for each in (around.office, around.group)}
    url, complaints = around.house.url, []
    async with (
        served(built_site(), url, oauth=oauth) as site,
        element_browser(site, url, certificate, providers) as browser,
    ):
        browser.page.on(
            "console",
            lambda said: complaints.append(said.text) if _is_ours(said.location, url) else None,
        )
        yield browser
        assert not [text for text in complaints if "Content Security Policy" in text], complaints


def _is_ours(place: object, url: str) -> bool:
    return isinstance(place, dict) and str(place.get("url", "")).startswith(f"{url}/sign-in")


async def at_the_provider(page: Page, provider: OpenIdProvider, person: Known) -> None:
    """Fill in each form of the provider until it leads back."""
    await page.wait_for_url(lambda url: url.startswith(provider.issuer))
    for _ in range(4):
        for name, value in person.answers().items():
            box = page.locator(f'input[name="{name}"]:visible')
            if await box.count():
                await box.fill(value)
        async with page.expect_navigation():
            await page.locator('form [type="submit"]:visible').last.click()
        if not page.url.startswith(provider.issuer):
            return
    raise AssertionError(f"the provider led nowhere: {page.url}")


async def test_element_over_another_provider_and_then_a_token_server(around: Around) -> None:
    emil = await around.house.person("emil", apps=0)
    async with element(around, oauth=False) as browser:
        page = await browser.to_sign_in_page(around.house.url)
        await page.get_by_role("button", name="Sign in with office").click()
        await at_the_provider(page, around.office, known("emil"))
        # a password elsewhere is one proof, and not two
        token = page.get_by_label("Code", exact=True).first
        await token.fill(PIN)
        await page.locator("form", has=token).get_by_role("button", name="Continue").click()
        await page.get_by_label("Your answer").fill(around.code("emil"))
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_role("button", name="Let it in").click()
        await browser.is_in()
        session = around.session(emil)
        assert session.device == await browser.device()
        assert proofs(session) == {"oidc": "office", "radius": "tokens"}


async def test_element_by_oauth_over_a_provider_that_proved_two_factors(around: Around) -> None:
    fred = await around.house.person("fred", apps=0)
    async with element(around, oauth=True) as browser:
        page = await browser.to_sign_in_page(around.house.url)
        await page.get_by_role("button", name="Sign in with group").click()
        await at_the_provider(page, around.group, FRED)
        await page.get_by_role("button", name="Let it in").click()
        await browser.is_in()
        session = around.session(fred)
        assert session.kind == "oauth"
        assert proofs(session) == {"oidc": "mfa"}


async def test_whom_the_provider_knows_and_we_do_not_gets_nowhere(around: Around) -> None:
    async with around.house.browser() as browser:
        at = await _departed(browser)
        back = await asyncio.to_thread(around.office.browser().sign_in, at, known("nobody"))
        refused = await browser.open(_path(back))
        assert refused.page.error, refused.text
        assert {form.does for form in refused.page.forms} >= {"password", "upstream"}
    assert not around.house.sessions("@nobody:example.test")


async def test_a_way_back_from_the_provider_is_good_in_its_own_browser_once(
    around: Around,
) -> None:
    gina = await around.house.person("gina", apps=0)
    before = around.house.sessions(gina.user)
    async with around.house.browser() as browser, around.house.browser() as other:
        at = await _departed(browser)
        back = await asyncio.to_thread(around.office.browser().sign_in, at, known("emil"))
        assert (await other.get(_path(back))).status == 410  # nobody left from there
        await _departed(other)
        assert (await other.open(_path(back))).page.error  # who left is on another way
        second = await browser.open(_path(back))
        assert "radius" in {form.does for form in second.page.forms}
        assert (await browser.get(_path(back))).status == 409
    assert around.house.sessions(gina.user) == before


async def _departed(browser: Browser) -> str:
    """Leave for the provider `office`; returns the address there."""
    who = await browser.open(START)
    forms = [form for form in who.page.forms if form.sent.get("provider") == "office"]
    shown = await browser.post(forms[0].action, forms[0].sent)
    assert (shown.status, shown.to) == (200, "")
    (link,) = [line for line in shown.text.splitlines() if 'class="button main"' in line]
    return link.split('href="')[1].split('"')[0].replace("&amp;", "&")


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


# ---- Fail-over ------------------------------------------------------------------------------------
#
# Comes last: for a minute from then on the silent server is asked after the other.


@contextmanager
def silent(server: FreeRadius) -> Iterator[None]:
    """It takes requests and answers none."""
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


async def test_where_one_token_server_is_silent_privacyidea_answers(around: Around) -> None:
    bert = await around.house.person("bert", apps=0)
    with silent(around.tokens):
        async with around.house.browser() as browser:
            second = await at_second(browser, bert)
            begun = time.monotonic()
            asked = await browser.send(second, "radius", code=PIN)
            print(f"\nthe next server answered after {time.monotonic() - begun:.1f} s")
            assert "please enter otp:" in asked.text
            code = around.code("bert")
            consent = await browser.send(asked, "answer", code=code)
            async with client_is_in(around, bert, await browser.send(consent, "agree")) as session:
                assert proofs(session) == {"password": "", "radius": "privacyidea"}
            # and a code that was used is used up there, too
            again = await browser.send(await at_second(browser, bert), "radius", code=PIN)
            twice = await browser.send(again, "answer", code=code)
            assert "agree" not in {form.does for form in twice.page.forms}
