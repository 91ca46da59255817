"""Element by OAuth, and with a passkey; each time forced to the second factor, then it talks encrypted."""

from __future__ import annotations

import secrets
from pathlib import Path

from tests.system.element import sign_in_page
from tests.system.element.browser import ElementBrowser, element_browser
from tests.system.element.build import built_site
from tests.system.element.serve import served
from tests.system.listed import factors_of, session_of
from tests.system.matrix_client import Person, signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.suite.sign_in_walk import Walker


async def _talks_encrypted(element: ElementBrowser, me: str, colleague: Person) -> None:
    room = await colleague.create_room(me, encrypted=True)
    await element.open_room(room)
    await colleague.knows(room, 2)
    await colleague.say(room, "do you read me?")
    await element.waits_for(room, "do you read me?")
    assert await element.send_text(room, "loud and clear")
    await colleague.sees(room, "loud and clear")
    assert await element.visible_errors() == []


async def test_element_by_oauth(organisations: TwoOrganisations, tmp_path: Path) -> None:
    example = organisations.example
    example.apply(example.first_document)
    dora = example.people["dora"]
    async with (
        served(built_site(), example.client_url, oauth=True) as site,
        signed_in(example, "bob", tmp_path / "bob") as bob,
        element_browser(site, example.client_url, example.ca_file) as element,
    ):
        page = await element.to_sign_in_page(example.client_url)
        await page.get_by_text("to go on to Element").wait_for()
        await sign_in_page.by_app(page, dora.walker())
        await element.is_in()
        await _talks_encrypted(element, dora.user, bob)
        session = session_of(example, dora.user, await element.device())
        assert (session["kind"], session["state"]) == ("oauth", "live")
        assert (session["client_name"], session["platform"]) == ("element", "linux")
        # what Element registered has no version, and its browser's is not its own
        assert session["client_version"] == ""
        assert factors_of(example, session) == {"password", "totp"}


async def test_element_with_a_passkey(with_a_name: Organisation, tmp_path: Path) -> None:
    house = with_a_name
    walker = _without_second_factor(house, "nina")
    async with (
        served(built_site(), house.client_url) as site,
        signed_in(house, "bob", tmp_path / "bob") as bob,
        element_browser(site, house.client_url, house.ca_file) as element,
    ):
        page = await element.to_sign_in_page(house.client_url)
        await sign_in_page.with_authenticator(page)
        await sign_in_page.by_new_passkey(page, walker, "Laptop")
        await element.is_in()
        await element.sign_out()

        page = await element.to_sign_in_page(house.client_url)
        await sign_in_page.by_passkey(page, walker)
        await element.is_in()
        await _talks_encrypted(element, walker.user, bob)
        session = session_of(house, walker.user, await element.device())
        assert factors_of(house, session) == {"password", "webauthn"}


def _without_second_factor(house: Organisation, name: str) -> Walker:
    """Somebody new, who has still to choose a second factor."""
    password = secrets.token_urlsafe(12)
    words = ("user", "add", name, "--groups", "Employees", "--password-file", "-")
    house.cli(*words, given=password)
    return Walker(f"@{name}:{house.domain}", password)
