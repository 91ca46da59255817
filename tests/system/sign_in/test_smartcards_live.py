"""Smart cards: the key is in the card, the PIN is asked for, and the sign-in page goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page

from tests.services.softhsm import MISSING, PIN, WRONG_PIN, Token, token
from tests.system.console.pictures import Pictures
from tests.system.element import sign_in_page
from tests.system.pki import Card, Company, company
from tests.system.sign_in import carded, live
from tests.system.sign_in.card_browser import card_browser, hidden_browser
from tests.system.sign_in.house import CALLBACK, V3, House, Someone
from vedette.signin.sign_in_pages import PAGE

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]

SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"
CARDS = "cards"
KEY, EXPIRED, MAIL = "authentication", "before", "mail"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(tmp_path_factory.mktemp("company")) as made:
        yield made


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory, firm: Company) -> Token:
    """Cora's, as a company hands them out: the key made in the card, and its CA's certificate on it."""
    made = token(tmp_path_factory.mktemp("cards") / "cora", "Cora's card")
    made.make_key(KEY, 1)
    made.put(firm.signed(made.request(KEY, "/O=Example AG/CN=cora"), "cora"), KEY, 1)
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def cora(house: House) -> Someone:
    return await house.person("cora")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with house.at("127.0.0.1") as session:
        yield session


@pytest.fixture(scope="module")
def wallet(tmp_path_factory: pytest.TempPathFactory, firm: Company) -> Token:
    """A card as people have had it for years: with the certificate before, and one for signing mail."""
    made = token(tmp_path_factory.mktemp("cards") / "old", "Cora's old card")
    before = ("-startdate", "20240101000000Z", "-enddate", "20250101000000Z")
    for number, (name, more, extensions) in enumerate(
        [(KEY, (), "person"), (EXPIRED, before, "person"), (MAIL, (), "signing")], start=1
    ):
        made.make_key(name, number)
        request = made.request(name, "/O=Example AG/CN=cora")
        made.put(firm.signed(request, "cora", *more, extensions=extensions), name, number)
    return made


async def signed_in(
    house: House, http: aiohttp.ClientSession, led_to: str
) -> tuple[str, dict[str, int]]:
    """Redeem the token with which a sign-in ended: the access token, and what the factors count."""
    token_ = dict(parse_qsl(urlsplit(led_to).query))["loginToken"]
    body = {"type": "m.login.token", "token": token_}
    async with http.post(f"{V3}/login", json=body) as answer:
        got = await answer.json()
    assert got["user_id"] == "@cora:example.test", got
    (session,) = (
        each
        for each in house.sessions("@cora:example.test").values()
        if each.device == got["device_id"]
    )
    return got["access_token"], {use.kind: use.counts for use in session.facts.factors}


async def test_the_cards_key_and_its_pin_are_the_whole_sign_in(
    house: House, firm: Company, card: Token, http: aiohttp.ClientSession
) -> None:
    with carded.issuer(house, firm, name=CARDS, counts=2):
        async with house.browser() as browser:
            departing = await browser.send(await browser.open(SSO), "certificate")
            link = carded.link_in(departing, house)
            # without the PIN the card proves nothing, and nobody is sent on
            wrong = card.for_curl(KEY, WRONG_PIN)
            curl = carded.curl
            assert curl(house, link, None, *wrong, environment=card.environment) == ""
            right = card.for_curl(KEY)
            back = await asyncio.to_thread(
                curl, house, link, None, *right, environment=card.environment
            )
            consent = await browser.open(back.removeprefix(browser.origin))
            assert "as you, cora" in consent.text, consent.text
            left = await browser.send(consent, "agree")
        assert (await signed_in(house, http, left.to))[1] == {"certificate": 2}


async def test_of_several_certificates_on_a_card_the_right_one_signs_in_and_the_others_are_told(
    house: House, firm: Company, wallet: Token, http: aiohttp.ClientSession
) -> None:
    def shows(link: str, name: str) -> str:
        words = wallet.for_curl(name)
        return carded.curl(house, link, None, *words, environment=wallet.environment)

    with carded.issuer(house, firm, name=CARDS, counts=2):
        async with house.browser() as browser:
            departing = await browser.send(await browser.open(SSO), "certificate")
            # one that is for something else gets no further than the connection
            assert shows(carded.link_in(departing, house), MAIL) == ""
            back = shows(carded.link_in(departing, house), EXPIRED)
            told = await browser.open(back.removeprefix(browser.origin))
            assert "Your certificate has expired." in told.text
            departing = await browser.send(told, "certificate")
            back = shows(carded.link_in(departing, house), KEY)
            consent = await browser.open(back.removeprefix(browser.origin))
            left = await browser.send(consent, "agree")
        access, _ = await signed_in(house, http, left.to)
        await live.becomes(http, access, 200)
        # Taken out, the card proves nothing any more; what it has proven stays until it is revoked.
        wallet.take_out()
        async with house.browser() as browser:
            departing = await browser.send(await browser.open(SSO), "certificate")
            assert shows(carded.link_in(departing, house), KEY) == ""
        assert await live.status(http, access) == 200
        serial = Card(wallet.folder / f"{KEY}.crt", wallet.folder).serial
        house.cli("certificate", "revoked", "--serial", serial, "--issuer", CARDS,
                  "--reason", "card lost")  # fmt: skip
        await live.becomes(http, access, 401)


async def _to_the_page(page: Page, house: House) -> None:
    await page.goto(f"{house.url.rstrip('/')}{SSO}")
    await _is_sent(page, page.get_by_role("button", name="Sign in with your certificate"))


async def _is_sent(page: Page, button: Locator) -> None:
    """Press what sends the browser to show a certificate, and be sure that it was sent."""
    async with page.expect_response(lambda answer: answer.request.method == "POST"):
        await button.click(no_wait_after=True)


async def _let_it_in(page: Page) -> str:
    """Say yes to the program; where that leads."""
    async with page.expect_request(lambda request: request.url.startswith(CALLBACK)) as asked:
        await page.get_by_role("button", name="Let it in").click(no_wait_after=True)
    return (await asked.value).url


async def test_chromium_asks_for_the_pin_and_for_the_certificate_and_the_page_goes_on(
    house: House, firm: Company, card: Token, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    pictures = Pictures.beside(tmp_path / "pictures")
    with carded.issuer(house, firm, name=CARDS, counts=2):
        async with card_browser(tmp_path / "home", card) as browser:
            await _to_the_page(browser.page, house)
            await browser.asks_for_the_pin()
            pictures.keep(browser.picture(), "card-pin")
            await browser.type_pin(PIN)
            consent = browser.page.get_by_role("button", name="Let it in")
            await browser.pressing("Return", until=consent)  # in the list of certificates
            assert "as you, cora" in await browser.page.inner_text("main")
            led_to = await _let_it_in(browser.page)
        assert (await signed_in(house, http, led_to))[1] == {"certificate": 2}


async def test_with_the_companys_policy_only_the_pin_is_asked_for_and_who_cancels_goes_on_otherwise(
    house: House, firm: Company, card: Token, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    choice = {"pattern": carded.at(house), "filter": {"ISSUER": {"CN": "Example People"}}}
    policies: dict[str, object] = {"AutoSelectCertificateForUrls": [json.dumps(choice)]}
    with carded.issuer(house, firm, name=CARDS, counts=2):
        async with card_browser(tmp_path / "cancels", card, policies) as browser:
            await _to_the_page(browser.page, house)
            await browser.asks_for_the_pin()
            await browser.cancel_the_pin(until=browser.page.get_by_text("showed no certificate"))
            assert await browser.page.get_by_label("Password", exact=True).is_visible()
        async with card_browser(tmp_path / "types", card, policies) as browser:
            await _to_the_page(browser.page, house)
            await browser.asks_for_the_pin()
            await browser.type_pin(WRONG_PIN)
            consent = browser.page.get_by_role("button", name="Let it in")
            await browser.unlock(PIN, until=consent)
            led_to = await _let_it_in(browser.page)
        assert (await signed_in(house, http, led_to))[1] == {"certificate": 2}


async def test_a_question_that_nobody_sees_keeps_nobody_from_another_way(
    house: House, firm: Company, cora: Someone, tmp_path: Path
) -> None:
    """Without a window and without a policy Chromium asks for ever which certificate to show."""
    with carded.issuer(house, firm, name=CARDS, counts=2):
        async with hidden_browser(tmp_path / "home", firm.card("cora")) as stuck:
            await _to_the_page(stuck, house)
            second = await _in_a_new_window(stuck, house)
            await _is_sent(second, second.get_by_role("button", name="Ask for it again"))
            page = await _in_a_new_window(second, house)
            await page.get_by_role("button", name="Go on without a certificate").click()
            await page.get_by_label("Password", exact=True).wait_for()
            async with page.expect_request(lambda one: one.url.startswith(CALLBACK)):
                await sign_in_page.by_app(page, cora.walker())


async def _in_a_new_window(stuck: Page, house: House) -> Page:
    """A window that waits for its person takes no keys; the page is in any other, and asks nothing
    by itself.
    """
    await asyncio.sleep(2)  # it would have gone on by then, if it could
    page = await stuck.context.new_page()
    await page.goto(f"{house.url.rstrip('/')}{PAGE}")
    await page.get_by_role("heading", name="Show your certificate").wait_for()
    return page
