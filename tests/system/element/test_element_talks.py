"""Alice sits at Element in Chromium; colleague and partner use another client; all through the gateways."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.system.element import sign_in_page
from tests.system.element.browser import ElementBrowser, element_browser, trusted_key
from tests.system.element.build import built_site
from tests.system.element.serve import served
from tests.system.listed import session_of
from tests.system.matrix_client import Person, signed_in
from tests.system.synapse_process import Authority
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.suite.scene import whole_pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")

MESSAGES_ONLY = "With Acme we exchange messages only: no files and no calls."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everybody is signed in; screenshots go to `pictures`."""

    example: Organisation
    site_url: str
    alice: ElementBrowser
    bob: Person
    carol: Person
    pictures: Path

    @property
    def alices_id(self) -> str:
        return self.example.people["alice"].user


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(
    organisations: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("element")
    example, site = organisations.example, built_site()
    example.apply(example.first_document)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(site, example.client_url))
        bob = await stack.enter_async_context(signed_in(example, "bob", folder / "bob"))
        carol = await stack.enter_async_context(
            signed_in(organisations.acme, "carol", folder / "carol")
        )
        alice = await stack.enter_async_context(
            element_browser(url, example.client_url, example.ca_file)
        )
        someone = example.people["alice"]
        page = await alice.to_sign_in_page(example.client_url)
        await sign_in_page.by_app(page, someone.walker())
        await alice.is_in()
        yield Scene(
            example=example, site_url=url, alice=alice, bob=bob, carol=carol, pictures=folder
        )


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_colleague_and_partner_are_talked_to(scene: Scene, encrypted: bool) -> None:
    room = await scene.bob.create_room(scene.alices_id, scene.carol, encrypted=encrypted)
    await scene.carol.join(room)
    await scene.alice.open_room(room)
    await scene.bob.knows(room, 3)
    await scene.carol.knows(room, 3)
    await scene.bob.say(room, "hello from a colleague")
    await scene.carol.say(room, "hello from acme")
    await scene.alice.waits_for(room, "hello from a colleague")
    await scene.alice.waits_for(room, "hello from acme")
    assert await scene.alice.send_text(room, "hello both of you")
    await scene.bob.sees(room, "hello both of you")
    await scene.carol.sees(room, "hello both of you")
    await scene.alice.screenshot(scene.pictures / f"talk-{encrypted}.png")
    assert await scene.alice.visible_errors() == []


async def test_a_direct_message_begun_in_element_reaches_acme(scene: Scene) -> None:
    before = set(scene.carol.invited)
    await scene.alice.open_dm(scene.carol.user)
    assert await scene.alice.send_text(None, "a word between us")
    await scene.carol.until(lambda: bool(scene.carol.invited - before))
    (room,) = scene.carol.invited - before
    await scene.carol.join(room)
    assert await scene.alice.send_text(None, "now that you are here")
    await scene.carol.sees(room, "now that you are here")
    await scene.alice.screenshot(scene.pictures / "direct.png")


async def test_a_document_arrives_inside_and_not_at_acme(scene: Scene, tmp_path: Path) -> None:
    document = tmp_path / "plan.pdf"
    document.write_bytes(whole_pdf("the plan"))
    inside = await scene.bob.create_room(scene.alices_id, name="inside")
    await scene.alice.open_room(inside)
    assert await scene.alice.attach_file(document)
    assert await scene.bob.open_file(inside, "plan.pdf") == document.read_bytes()
    across = await scene.carol.create_room(scene.alices_id, name="across")
    await scene.alice.open_room(across)
    assert not await scene.alice.attach_file(document)
    assert await scene.alice.visible_errors()
    await scene.alice.screenshot(scene.pictures / "refused.png")
    await scene.carol.never_sees(across, "plan.pdf")


async def test_element_never_sees_a_password_and_a_wrong_one_leads_nowhere(scene: Scene) -> None:
    example = scene.example
    async with element_browser(scene.site_url, example.client_url, example.ca_file) as stranger:
        await stranger.page.goto(f"{scene.site_url}/#/login")
        await stranger.page.locator(".mx_SSOButton").wait_for()
        assert await stranger.page.locator("input[type=password]").count() == 0
        page = await stranger.to_sign_in_page(example.client_url)
        await page.get_by_label("User name").fill("alice")
        await page.get_by_label("Password", exact=True).fill("not the password")
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.get_by_role("alert").wait_for()
        assert page.url.startswith(example.client_url)


async def test_what_the_office_sees_of_it_is_what_element_says(scene: Scene) -> None:
    session = session_of(scene.example, scene.alices_id, await scene.alice.device())
    assert (session["kind"], session["state"]) == ("compat", "live")
    assert session["device_name"] == "Element in the test"
    # by this road only the browser says who it is
    assert (session["client_name"], session["platform"]) == ("chrome", "linux")


async def test_a_certificate_of_another_authority_is_not_trusted(
    scene: Scene, tmp_path: Path
) -> None:
    another = Authority.make(tmp_path / "another")
    with pytest.raises(ssl.SSLCertVerificationError):
        trusted_key(scene.example.client_url, another.file)
