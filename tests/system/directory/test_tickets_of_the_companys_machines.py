"""Machines of a real Active Directory sign their people in, by curl and by Chromium, without typing."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")
pytest.importorskip("gssapi", reason="needs gssapi: make setup-kerberos")

from cryptography import x509
from playwright.async_api import Page, async_playwright

from tests.services.directory import PASSWORD
from tests.services.kerberos import MISSING
from tests.system.directory.company import OFFICE, SERVICE, Company
from tests.system.directory.machines import SSO, asked, curl, hired, realm, shows, token
from tests.system.directory.test_the_companys_people import reasons
from tests.system.matrix_client import signed_in
from tests.system.sign_in import live
from tests.system.sign_in.house import HERE
from vedette.protocol.internal.end_points import bindings_of, end_point_of
from vedette.signin.ticket_way import VISIT

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]


async def test_a_machine_of_the_domain_signs_its_person_in(company, tmp_path):
    await hired(company, "kim")
    async with company.house.browser() as browser:
        offered = await asked(browser)
        assert offered.status == 401
        assert offered.headers["www-authenticate"] == "Negotiate"
        assert offered.form("password")  # whoever has no ticket goes on here
        answer = await asyncio.to_thread(curl, company, "kim", browser)
        assert answer.status == 303
        assert answer.headers["www-authenticate"].startswith("negotiate ")
        agreed = await browser.send(await browser.open("/sign-in"), "agree")
    given = dict(parse_qsl(urlsplit(agreed.to).query))["loginToken"]
    async with signed_in(company, "kim", tmp_path, token=given) as kim:
        assert kim.user == "@kim:example.test"
    (session,) = company.house.sessions("@kim:example.test").values()
    assert {use.kind: use.proven_by for use in session.facts.factors} == {"kerberos": "CORP.TEST"}


async def test_in_the_office_it_is_asked_for_at_once_and_is_one_factor_where_rules_want_two(
    company,
):
    await hired(company, "lea", "Office")
    async with company.house.browser(OFFICE) as browser:
        assert (await browser.open(SSO)).status == 401
        assert (await asyncio.to_thread(curl, company, "lea", browser)).status == 303
        shown = await browser.open("/sign-in")
        assert {form.does for form in shown.page.forms} & {"totp", "webauthn"}
        assert "agree" not in {form.does for form in shown.page.forms}


async def test_a_disabled_persons_old_service_ticket_lets_them_in_no_more(company):
    await hired(company, "moe")
    assert SERVICE in tickets_in(company, "moe")
    company.directory.disable("moe")
    async with company.house.browser() as browser:
        await asked(browser)
        refused = await asyncio.to_thread(curl, company, "moe", browser)
        assert refused.status == 403
        assert "is not enough to let you in here" in refused.text
        assert (await browser.open("/sign-in")).form("password")
    await live.until(lambda: "directory-disabled" in reasons(company, "moe"))
    # the machine needed no controller for it: the ticket was good still
    assert SERVICE in tickets_in(company, "moe")


def tickets_in(company: Company, person: str) -> str:
    done = subprocess.run(
        ["klist"], env=realm(company).at(person), capture_output=True, text=True, check=True
    )
    return done.stdout


async def test_while_the_directory_is_away_the_form_is_there_and_no_ticket_counts(company):
    await hired(company, "nan")
    company.directory.stop()
    try:
        async with company.house.browser() as browser:
            await asked(browser)
            refused = await asyncio.to_thread(curl, company, "nan", browser)
            assert refused.status == 403
            assert "directory does not answer" in refused.text
    finally:
        company.directory.start()


async def test_a_ticket_is_held_to_the_connection_that_brings_it(company):
    await hired(company, "ola")
    host, _, port = company.house.boot.gateway.client.rpartition(":")
    pem = await asyncio.to_thread(ssl.get_server_certificate, (host, int(port)))
    here = bindings_of(end_point_of(x509.load_pem_x509_certificate(pem.encode())))

    async def shown(bound: bytes) -> int:
        made = await asyncio.to_thread(token, company, "ola", bound)
        return (await shows(company, made)).status

    assert await shown(b"") == 303
    assert await shown(here) == 303
    assert await shown(here[:-1] + b"x") == 403


# ---- A real browser --------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def chromium(company: Company, person: str) -> AsyncIterator[Page]:
    """The browser of somebody who is logged on at a machine of the domain."""
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--auth-server-allowlist={HERE}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=flags, env=realm(company).at(person)
        )
        context = await browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(60_000)
        yield await context.new_page()
        await browser.close()


async def test_chromium_comes_in_by_a_click_and_the_form_is_there_without_a_ticket(company):
    """The first ticket of a new profile gets lost in the browser itself, which then shows the page that
    came with the question, the form: whoever clicks again comes in.
    """
    await hired(company, "pia")
    async with chromium(company, "pia") as page:
        await page.goto(f"{company.client_url}{SSO}")
        for _ in range(2):
            if await page.locator("#password").count():
                async with page.expect_navigation():
                    await page.get_by_role("button", name="who uses this computer").click()
        await page.get_by_role("button", name="Let it in").wait_for()
        assert "as you, pia" in await page.inner_text("main")
    async with chromium(company, "nobody") as page:  # nobody is logged on at this one
        await page.goto(f"{company.client_url}{SSO}")
        await page.get_by_role("button", name="who uses this computer").click()
        await page.get_by_text("did not say who uses it").wait_for()
        assert page.url.endswith(VISIT)
        await page.locator("#name").fill("pia")
        await page.locator("#password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.get_by_role("button", name="Let it in").wait_for()
