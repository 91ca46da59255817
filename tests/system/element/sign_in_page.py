"""Fills in the organisation's sign-in page in a browser, as a person at the keyboard does."""

from playwright.async_api import Page

from vedette.suite.sign_in_walk import Walker


async def by_app(page: Page, walker: Walker) -> None:
    """Name and password, then a code of the person's app, then yes to the client that asks."""
    await _first(page, walker)
    code = page.get_by_label("Code", exact=True).first
    await code.fill(await walker.code())
    await page.locator("form", has=code).get_by_role("button", name="Continue").click()
    await _agree(page)


async def by_new_passkey(page: Page, walker: Walker, label: str) -> None:
    """Set up a passkey under way; only for somebody who has no second factor yet.

    The organisation gives out no recovery codes, or their page would come after it.
    """
    await _first(page, walker)
    await page.get_by_role("button", name="Set up a passkey").click()
    await page.get_by_label("Name for it").fill(label)
    await page.get_by_role("button", name="Set up a passkey").click()
    await _agree(page)


async def by_passkey(page: Page, walker: Walker) -> None:
    """Name and password, then the passkey, then yes to the client that asks."""
    await _first(page, walker)
    await page.get_by_role("button", name="Use the passkey").click()
    await _agree(page)


async def with_authenticator(page: Page) -> None:
    """Plug in an authenticator that keeps passkeys and says yes to every question.

    It is Chromium's own (WebAuthn Level 3, section 11, "User Agent Automation").
    """
    devices = await page.context.new_cdp_session(page)
    await devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})


async def _first(page: Page, walker: Walker) -> None:
    await page.get_by_label("User name").fill(walker.name)
    await page.get_by_label("Password", exact=True).fill(walker.password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def _agree(page: Page) -> None:
    await page.get_by_role("button", name="Let it in").click()
