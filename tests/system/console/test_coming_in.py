"""An officer, a passkey and a real browser: into the console, and out of it by one command."""

from __future__ import annotations

import secrets

from tests.axe import violations
from tests.system.console.browser import officer_browser
from tests.system.element import sign_in_page
from tests.system.listed import factors_of, sessions_of
from tests.system.two_organisations import Organisation
from vedette.suite.sign_in_walk import Walker


async def test_an_officer_comes_in_with_a_passkey_and_is_out_when_the_session_is_ended(
    with_a_name: Organisation,
) -> None:
    house = with_a_name
    walker = _officer(house, "vera")
    console = house.boot.console_url
    async with officer_browser(house) as page:
        complaints: list[str] = []
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        await page.goto(console)
        await page.wait_for_url(f"{house.client_url}/sign-in*")
        await page.get_by_text("to go on to Vedette console").wait_for()
        await sign_in_page.with_authenticator(page)
        await sign_in_page.by_new_passkey(page, walker, "Security key")
        await page.wait_for_url(f"{console}/")
        await page.get_by_role("heading", name="Overview", exact=True).wait_for()
        assert f"Signed in as {walker.user}" in await page.locator("header").inner_text()
        for colours in ("light", "dark"):
            await page.emulate_media(color_scheme=colours)
            assert await violations(page) == []

        (session,) = sessions_of(house, walker.user)
        assert (session["kind"], session["state"]) == ("console", "live")
        assert factors_of(house, session) == {"password", "webauthn"}
        assert complaints == []

        house.cli("session", "end", session["id"], "--reason", "lost, ticket 4711")
        await page.reload()
        await page.get_by_role("heading", name="You are not signed in").wait_for()
        assert "has ended" in await page.locator("main").inner_text()


def _officer(house: Organisation, name: str) -> Walker:
    """Somebody new in the security office, who has still to choose a second factor."""
    password = secrets.token_urlsafe(12)
    groups = "Employees,Security-Officers"
    house.cli("user", "add", name, "--groups", groups, "--password-file", "-", given=password)
    return Walker(f"@{name}:{house.domain}", password)
