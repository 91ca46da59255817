"""Machines of a real Active Directory sign their people in, by curl and by Chromium, without typing."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")
pytest.importorskip("gssapi", reason="needs gssapi: make setup-kerberos")

from cryptography import x509
from playwright.async_api import Page, async_playwright

from tests.services.directory import PASSWORD
from tests.services.kerberos import MISSING
from tests.services.samba import Samba
from tests.system.directory.company import OFFICE, Company
from tests.system.directory.test_the_companys_people import reasons
from tests.system.matrix_client import signed_in
from tests.system.sign_in import live
from tests.system.sign_in.house import CALLBACK, HERE, V3, Browser, Shown
from vedette.protocol.internal.end_points import bindings_of, end_point_of
from vedette.signin.ticket_way import VISIT

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]

SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"
OURS = f"HTTP/{HERE}"


def domain(company: Company) -> Samba:
    assert isinstance(company.directory, Samba)
    return company.directory


def curl(company: Company, person: str, browser: Browser, *more: str) -> Shown:
    """Answer with this person's ticket at the address that asks for one, with the browser's cookies."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies().items())
    folder = company.ca_file.parent
    jar, heads, body = (folder / f"{person}.{each}" for each in ("jar", "heads", "body"))
    done = subprocess.run(
        ["curl", "-s", "-D", heads, "-o", body, "--negotiate", "-u", ":", "-c", jar,
         "--cacert", company.ca_file, "-H", f"Cookie: {cookies}", *more,
         f"{company.client_url}{VISIT}"],
        env=domain(company).realm.at(person), capture_output=True, text=True, check=False,
        timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    browser.take(_cookies(jar))
    first, *lines = heads.read_text().strip().split("\n\n")[-1].splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Shown(int(first.split()[1]), headers, body.read_text(), headers.get("location", ""))


def _cookies(jar: Path) -> dict[str, str]:
    lines = jar.read_text().splitlines() if jar.exists() else []
    rows = [line.removeprefix("#HttpOnly_").split("\t") for line in lines]
    return {row[5]: row[6] for row in rows if len(row) == 7}


async def asked(browser: Browser) -> Shown:
    """Somebody who wants in by the ticket of their machine."""
    return await browser.send(await browser.open(SSO), "kerberos")


async def hired(company: Company, name: str, group: str = "Interns") -> Path:
    """Somebody who is logged on at a machine; returns where their tickets lie.

    They have a ticket for us, and the sign-in service has heard of them: it took one.
    """
    company.hire(name, group=group)
    await company.known(name)
    cache = domain(company).realm.log_on(name)
    end = time.monotonic() + 30
    while True:
        async with company.house.browser() as browser:
            await asked(browser)
            answer = await asyncio.to_thread(curl, company, name, browser)
        if answer.status == 303:
            return cache
        assert "has not been taken over here yet" in answer.text, answer.text
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


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
    token = dict(parse_qsl(urlsplit(agreed.to).query))["loginToken"]
    async with signed_in(company, "kim", tmp_path, token=token) as kim:
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
    assert OURS in tickets_in(company, "moe")
    domain(company).disable("moe")
    async with company.house.browser() as browser:
        await asked(browser)
        refused = await asyncio.to_thread(curl, company, "moe", browser)
        assert refused.status == 403
        assert "is not enough to let you in here" in refused.text
        assert (await browser.open("/sign-in")).form("password")
    await live.until(lambda: "directory-disabled" in reasons(company, "moe"))
    # the machine needed no controller for it: the ticket was good still
    assert OURS in tickets_in(company, "moe")


def tickets_in(company: Company, person: str) -> str:
    done = subprocess.run(
        ["klist"], env=domain(company).realm.at(person), capture_output=True, text=True, check=True
    )
    return done.stdout


async def test_while_the_directory_is_away_the_form_is_there_and_no_ticket_counts(company):
    await hired(company, "nan")
    domain(company).stop()
    try:
        async with company.house.browser() as browser:
            await asked(browser)
            refused = await asyncio.to_thread(curl, company, "nan", browser)
            assert refused.status == 403
            assert "directory does not answer" in refused.text
    finally:
        domain(company).start()


async def test_a_ticket_is_held_to_the_connection_that_brings_it(company):
    cache = await hired(company, "ola")
    host, _, port = company.house.boot.gateway.client.rpartition(":")
    pem = await asyncio.to_thread(ssl.get_server_certificate, (host, int(port)))
    here = bindings_of(end_point_of(x509.load_pem_x509_certificate(pem.encode())))

    async def shown(bound: bytes) -> int:
        token = await asyncio.to_thread(_token, company, cache, bound)
        async with company.house.browser() as browser:
            await asked(browser)
            return (await browser.get(VISIT, Authorization=f"Negotiate {token}")).status

    assert await shown(b"") == 303
    assert await shown(here) == 303
    assert await shown(here[:-1] + b"x") == 403


def _token(company: Company, cache: Path, bound: bytes) -> str:
    """By a program of its own: which realm it is in is said in its surroundings."""
    program = (
        "import base64, sys, gssapi; from gssapi.raw import ChannelBindings as Bound\n"
        "who = gssapi.Name(sys.argv[1], gssapi.NameType.kerberos_principal)\n"
        "bound = bytes.fromhex(sys.argv[2])\n"
        "made = gssapi.SecurityContext(name=who, usage='initiate',\n"
        "    mech=gssapi.OID.from_int_seq('1.3.6.1.5.5.2'),\n"
        "    channel_bindings=Bound(application_data=bound) if bound else None)\n"
        "print(base64.b64encode(made.step()).decode())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, f"{OURS}@CORP.TEST", bound.hex()],
        env=domain(company).realm.at(cache.name.removesuffix(".cache")),
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# ---- A real browser --------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def chromium(company: Company, person: str) -> AsyncIterator[Page]:
    """The browser of somebody who is logged on at a machine of the domain."""
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--auth-server-allowlist={HERE}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=flags, env=domain(company).realm.at(person)
        )
        context = await browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(20_000)
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
