"""Chromium with a window, on a desktop that nobody sees, and a smart card that it asks the PIN of."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageGrab
from playwright.async_api import Locator, Page, async_playwright
from playwright.async_api import TimeoutError as NotSeenError

from tests.services.softhsm import MODULE, Token
from tests.system.clients.desktop import Desktop, desktop
from tests.system.pki import Card, openssl

CHROMIUM = "/usr/bin/chromium"
SETTINGS = "/etc/chromium"
DATABASE = ".pki/nssdb"
PIN_DIALOG = "Unlock Security Device"
PATIENCE = 60.0
_LOOK_MS = 700.0


@dataclass(frozen=True, slots=True)
class CardBrowser:
    """One browser window; `page` is what is in it."""

    at: Desktop
    page: Page

    async def asks_for_the_pin(self) -> None:
        """Wait until it asks, and give that dialog the keyboard."""
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(self.at.give_keyboard_to, PIN_DIALOG):
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)  # drawn, so that it takes keys

    async def type_pin(self, pin: str) -> None:
        """Type it, and press Enter."""
        await asyncio.to_thread(self.at.type, pin)
        await self.press("Return")

    async def press(self, key: str) -> None:
        """Press a key in the window that has the keyboard."""
        await asyncio.to_thread(self.at.press, key)

    async def unlock(self, pin: str, until: Locator) -> None:
        """Type it, as often as that dialog comes, until something is seen on the page."""
        async with asyncio.timeout(PATIENCE):
            while not await _seen(until):
                if await asyncio.to_thread(self.at.give_keyboard_to, PIN_DIALOG):
                    await self.type_pin(pin)

    async def cancel_the_pin(self, until: Locator) -> None:
        """Cancel that dialog, as often as it comes, until something is seen on the page."""
        async with asyncio.timeout(PATIENCE):
            while not await _seen(until):
                if await asyncio.to_thread(self.at.give_keyboard_to, PIN_DIALOG):
                    await self.press("Escape")

    async def pressing(self, key: str, until: Locator) -> None:
        """Press a key, as often as it takes, until something is seen on the page.

        Dialogs inside the window have no name by which they could be waited for.
        """
        async with asyncio.timeout(PATIENCE):
            while not await _seen(until):
                await self.press(key)

    def picture(self) -> Image.Image:
        """What is on the screen."""
        return ImageGrab.grab(xdisplay=self.at.environment["DISPLAY"])


async def _seen(place: Locator) -> bool:
    try:
        await place.wait_for(timeout=_LOOK_MS)
    except NotSeenError:
        return False
    return True


@asynccontextmanager
async def card_browser(
    folder: Path, card: Token, policies: dict[str, object] | None = None
) -> AsyncIterator[CardBrowser]:
    """Start one that nobody used before, with the card's middleware and the company's policies."""
    folder.mkdir()
    with desktop(folder) as at:
        environment = {**at.environment, **_of_the_card(card)}
        _set_middleware(folder, environment)
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                folder / "profile",
                executable_path=_program(folder, policies),
                headless=False,
                env=dict(environment),
                ignore_https_errors=True,
                no_viewport=True,
                locale="en-US",
                args=["--disable-gpu", "--no-first-run", "--test-type", "--window-size=1080,660"],
            )
            try:
                yield CardBrowser(at, context.pages[0])
            finally:
                await context.close()


@asynccontextmanager
async def hidden_browser(folder: Path, card: Card) -> AsyncIterator[Page]:
    """One without a window, that has a certificate and its key in files of its own, and no policy."""
    folder.mkdir()
    environment = {**os.environ, "HOME": str(folder)}
    _make_database(folder, environment)
    openssl("pkcs12", "-export", "-in", card.certificate, "-inkey", card.key, "-passout", "pass:",
            "-out", folder / "card.p12")  # fmt: skip
    _run(environment, "pk12util", "-i", folder / "card.p12", "-W", "",
         "-d", f"sql:{folder / DATABASE}")  # fmt: skip
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder / "profile", executable_path=CHROMIUM, env=dict(environment),
            ignore_https_errors=True, locale="en-US", args=["--headless", "--disable-gpu"],
        )  # fmt: skip
        try:
            yield context.pages[0]
        finally:
            await context.close()


def _of_the_card(card: Token) -> dict[str, str]:
    return {"SOFTHSM2_CONF": card.environment["SOFTHSM2_CONF"]}


def _set_middleware(home: Path, environment: dict[str, str]) -> None:
    """As the installer of a card's middleware does."""
    _make_database(home, environment)
    _run(environment, "modutil", "-dbdir", f"sql:{home / DATABASE}", "-add", "card",
         "-libfile", MODULE, "-force")  # fmt: skip


def _make_database(home: Path, environment: dict[str, str]) -> None:
    """The one in which Chromium looks for certificates and for the middleware of cards."""
    (home / DATABASE).mkdir(parents=True)
    _run(environment, "certutil", "-N", "--empty-password", "-d", f"sql:{home / DATABASE}")


def _run(environment: dict[str, str], *command: str | Path) -> None:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _program(folder: Path, policies: dict[str, object] | None) -> str:
    """Chromium; with policies in a namespace of its own, so that no other browser here has them."""
    if policies is None:
        return CHROMIUM
    kept, program = folder / "policies.json", folder / "chromium-with-policies"
    kept.write_text(json.dumps(policies))
    inside = (
        f"mount -t tmpfs none {SETTINGS} && mkdir -p {SETTINGS}/policies/managed && "
        f'cp {shlex.quote(str(kept))} {SETTINGS}/policies/managed/ && exec {CHROMIUM} "$@"'
    )
    may = "" if os.geteuid() == 0 else "--map-root-user "
    program.write_text(
        f'#!/bin/sh\nexec unshare {may}--mount sh -c {shlex.quote(inside)} sh "$@"\n'
    )
    program.chmod(0o755)
    return str(program)
