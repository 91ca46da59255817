"""Cards of the company's CA for people of a real Active Directory: whose they are is the directory's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

import ldap
from nio import AsyncClient, LoginResponse, SyncError, SyncResponse

from tests.system import pki
from tests.system.directory.company import Company
from tests.system.directory.test_the_companys_people import passes
from tests.system.sign_in import carded, live
from tests.system.sign_in.house import CALLBACK, V3, Browser, Shown
from vedette.core.sessions import SessionState
from vedette.protocol.ldap_entries import sid_text

pytestmark = pytest.mark.asyncio(loop_scope="module")

SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pki.Company]:
    with pki.company(tmp_path_factory.mktemp("firm")) as made:
        yield made


def sid_of(company: Company, name: str) -> str:
    """The security identifier that the domain controller gave a person."""
    at = company.directory
    ((_, entry),) = at.administrator.search_s(at.dn(name), ldap.SCOPE_BASE, attrlist=["objectSid"])
    return sid_text(entry["objectSid"][0])


async def syncing(company: Company, card: pki.Card, shown: Shown, browser: Browser) -> AsyncClient:
    """A client (nio) that came in by the page and shows the card on its own connections; it has synced."""
    left = await browser.send(shown, "agree")
    token = dict(parse_qsl(urlsplit(left.to).query))["loginToken"]
    client = AsyncClient(carded.at(company.house), ssl=carded.tls_of(company.house, card))
    made = await client.login(token=token, device_name="nio")
    assert isinstance(made, LoginResponse), made
    client.user_id = made.user_id
    end = time.monotonic() + 60
    while not isinstance(await client.sync(timeout=0), SyncResponse):
        assert time.monotonic() < end
        await asyncio.sleep(0.1)
    return client


async def test_a_card_is_whose_identifier_it_has_and_disabling_them_puts_their_client_out(
    company, firm, figure
):
    house = company.house
    company.hire("cara", "carl")
    await company.known("cara", "carl")
    # The name in it is somebody else's: the identifier, which nobody can ask for, decides.
    card = firm.card("cara", upn="carl@corp.test", sid=sid_of(company, "cara"))
    with carded.issuer(house, firm, counts=2, names=["sid", "upn"]):
        async with house.browser() as browser:
            shown = await carded.show(browser, house, await browser.open(SSO), card)
            client = await syncing(company, card, shown, browser)
        try:
            assert client.user_id == "@cara:example.test"
            polling = asyncio.create_task(client.sync(timeout=60_000))
            await asyncio.sleep(0.5)
            assert not polling.done()
            company.directory.disable("cara")
            begun = time.monotonic()
            ended = await asyncio.wait_for(polling, 60)
            figure(f"card and Active Directory: disabled, the client with a token of just now is out after "
                   f"{(time.monotonic() - begun) * 1000:.0f} ms")  # fmt: skip
            assert isinstance(ended, SyncError), ended
        finally:
            await client.close()
        (session,) = house.sessions("@cara:example.test").values()
        assert session.state is SessionState.ENDED
        assert [each.serial for each in session.facts.certificates] == [card.serial.lower()]
        await live.until(lambda: _names_nobody(company))
        async with house.browser() as browser:
            again = await carded.show(browser, house, await browser.open(SSO), card)
            assert not [form for form in again.page.forms if form.does == "agree"], again.text
        assert not house.sessions("@carl:example.test")


def _names_nobody(company: Company) -> bool:
    return all(each.state is SessionState.ENDED
               for each in company.house.sessions("@cara:example.test").values())  # fmt: skip


async def test_a_card_with_a_name_of_the_directory_wants_a_second_factor_where_it_counts_as_one(
    company, firm
):
    house = company.house
    company.hire("cleo")
    await company.known("cleo")
    await passes(company, "cleo")  # her app is set up since
    card = firm.card("cleo", upn="cleo@corp.test")
    stranger = firm.card("cleo", upn="cleo@example.test")
    with carded.issuer(house, firm, '["totp"]', names=["sid", "upn"]):
        async with house.browser() as browser:
            nobody = await carded.show(browser, house, await browser.open(SSO), stranger)
            assert "names nobody who has an account here" in nobody.text
            second = await carded.show(browser, house, await browser.open(SSO), card)
            code = await company.people["cleo"].code()
            consent = await browser.send(second, "totp", code=code)
            client = await syncing(company, card, consent, browser)
        try:
            assert client.user_id == "@cleo:example.test"
            sessions = house.sessions(client.user_id).values()
            (factors,) = ({use.kind for use in each.facts.factors} for each in sessions
                          if each.facts.certificates)  # fmt: skip
            assert factors == {"certificate", "totp"}
        finally:
            await client.close()
