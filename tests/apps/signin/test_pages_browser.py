"""Passkeys in a real browser, with an authenticator of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page

from tests.apps.signin.pages_scene import PASSWORD
from tests.apps.signin.pages_served import chromium_runs, served
from tests.services.requirements import CHROMIUM, needs

pytestmark = [
    pytest.mark.browser,
    needs(CHROMIUM),
]


@pytest_asyncio.fixture(scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    async with chromium_runs() as browser:
        yield browser


async def with_authenticator(page: Page) -> None:
    devices = await page.context.new_cdp_session(page)
    await devices.send("WebAuthn.enable")
    await devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


async def first(page: Page, address: str, name: str) -> None:
    await page.goto(address)
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_a_passkey_is_set_up_then_is_the_second_factor_then_is_enough_alone(chromium):
    with served() as here:
        page = await here.page(chromium)
        await with_authenticator(page)
        await first(page, here.address(), "bert")
        await page.get_by_role("button", name="Set up a passkey").click()
        await page.get_by_label("Name for it").fill("Laptop")
        await page.get_by_role("button", name="Set up a passkey").click()
        await page.get_by_role("button", name="I have kept them").click()
        await page.get_by_role("button", name="Let it in").click()
        await page.wait_for_url(f"{here.client}/sso?loginToken=*")
        (factor,) = here.pages.store.factors("bert")
        assert (factor.kind, factor.label) == ("webauthn", "Laptop")

        await first(page, here.address(), "bert")  # now as the second
        await page.get_by_role("button", name="Use the passkey").click()
        await page.get_by_role("button", name="Let it in").click()
        await page.wait_for_url(f"{here.client}/sso?loginToken=*")

        await page.goto(here.address())  # and now alone, with no name typed
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.get_by_role("button", name="Let it in").click()
        await page.wait_for_url(f"{here.client}/sso?loginToken=*")
        assert not here.complaints


async def test_a_passkey_of_somebody_unknown_gets_nobody_in(chromium):
    with served() as here:
        page = await here.page(chromium)
        await with_authenticator(page)
        await page.goto(here.address())
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.get_by_role("alert").wait_for()
        assert "could not be used" in await page.get_by_role("alert").inner_text()
