"""The pages in a real browser: passkeys, and everything else without scripts."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright

from tests.apps.signin.pages_scene import PASSWORD, Pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        shutil.which("chromium") is None, reason="needs the Debian package `chromium`"
    ),
]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost",
]


class ClientPage(BaseHTTPRequestHandler):
    """Where a client gets the browser back, on an origin of its own."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>the client</title>")

    def log_message(self, *args):
        pass


@contextmanager
def client_page() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), ClientPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@dataclass
class Served:
    """The application behind a real port, as browsers see it."""

    pages: Pages
    client: str
    complaints: list[str] = field(default_factory=list)

    def address(self) -> str:
        path = self.pages.purpose(
            redirect_host=self.client, body={"redirect": f"{self.client}/sso"}
        )
        return self.pages.origin + path

    async def page(self, browser: Chromium, **more) -> Page:
        context: BrowserContext = await browser.new_context(**more)
        context.set_default_timeout(20_000)
        page = await context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        return page

    def _note(self, kind: str, text: str) -> None:
        # A refused form answers 403, which browsers put into their console; that is as it should be.
        if kind in ("error", "warning") and "status of 403" not in text:
            self.complaints.append(text)


@contextmanager
def served(**more) -> Iterator[Served]:
    inside = socket.create_server(("127.0.0.1", 0))
    origin = f"http://localhost:{inside.getsockname()[1]}"
    pages = Pages(origin=origin, **more)
    config = uvicorn.Config(pages.app, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [inside]})
    thread.start()
    try:
        with client_page() as client:
            yield Served(pages, client)
    finally:
        server.should_exit = True
        thread.join()
        inside.close()
        pages.close()


@pytest_asyncio.fixture(scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()


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


async def test_every_page_works_without_scripts_on_a_phone_in_the_dark(chromium):
    with served() as here:
        page = await here.page(
            chromium,
            java_script_enabled=False,
            viewport={"width": 340, "height": 680},
            color_scheme="dark",
            locale="de-DE",
        )
        await page.goto(here.address())
        await picture(page, "who")
        await page.get_by_label("Benutzername").fill("bert")
        await page.get_by_label("Passwort", exact=True).fill("falsch")
        await page.get_by_role("button", name="Anmelden", exact=True).click()
        await page.get_by_role("alert").wait_for()
        await picture(page, "wrong")
        await page.get_by_label("Passwort", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Anmelden", exact=True).click()
        await picture(page, "enrol")
        await page.get_by_role("button", name="App einrichten").click()
        await picture(page, "enrol-totp")
        secret = await page.locator("code.key").inner_text()
        await page.get_by_label("Code", exact=True).fill(here.pages.code(_secret(secret)))
        await page.get_by_role("button", name="Weiter").click()
        await picture(page, "codes")
        await page.get_by_role("button", name="Ich habe sie aufbewahrt").click()
        await picture(page, "consent")
        await page.get_by_role("button", name="Zulassen").click()
        await page.wait_for_url(f"{here.client}/sso?loginToken=*")
        assert not here.complaints


async def picture(page: Page, name: str) -> None:
    """Check what a page must always be, and keep what it looks like where somebody wants it."""
    await page.locator("h1").wait_for()
    assert await page.locator("html").get_attribute("lang") in ("de", "en")
    width = (page.viewport_size or {"width": 0})["width"]
    widest = await page.locator("html").bounding_box()
    assert widest is not None
    assert widest["width"] <= width, f"`{name}` is wider than the screen"
    for place in await page.locator("main *").all():
        box = await place.bounding_box()
        assert box is None or box["x"] + box["width"] <= width + 1, await place.inner_text()
    folder = os.environ.get("VEDETTE_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _secret(shown: str) -> bytes:
    return base64.b32decode(shown.replace(" ", ""))


async def test_the_keyboard_alone_is_enough(chromium):
    with served() as here:
        page = await here.page(chromium)
        await page.goto(here.address())
        await page.keyboard.type("anna")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="One more proof").wait_for()
        await page.keyboard.type(here.pages.code())
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Let Element in?").wait_for()
        await page.get_by_role("button", name="Let it in").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{here.client}/sso?loginToken=*")
        assert not here.complaints
