"""Drives Element's interface in the system's Chromium, as a person at the screen would."""

import asyncio
import base64
import hashlib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import BrowserContext, Locator, Page, async_playwright
from playwright.async_api import TimeoutError as NotSeenError

from tests.services import requirements

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 60_000
OFFER_MS = 500
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What stands in for a camera and a microphone, and a person who lets pages use them.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    # Every name but loopback fails to resolve, so nothing leaves this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.* , EXCLUDE localhost",
]
NOBODY: Mapping[str, Path] = MappingProxyType({})
LAST_TILES = ".mx_RoomView_MessageList .mx_EventTile"
# What Element shows when something went wrong, wherever it puts it.
ERROR_PLACES = [
    ".mx_ErrorDialog",
    ".mx_QuestionDialog",
    ".mx_Login_error",
    ".mx_LoginSplashView_syncError",
    ".mx_GenericErrorPage",
    ".mx_RoomStatusBar",
    ".mx_DecryptionFailureBody",
    ".mx_RoomPreviewBar h3",
]


class ElementBrowser:
    """One person at Element, in a browser profile of its own.

    Waits up to a minute for what it is told to find and then raises Playwright's TimeoutError, whose
    message names the place on the page.
    """

    def __init__(self, page: Page, site_url: str) -> None:
        self.page = page
        self._site_url = site_url

    async def to_sign_in_page(self, homeserver_url: str) -> Page:
        """Press Element's one way in; returns the page of the organisation to which that leads.

        The homeserver is the one the site is set up for; another one is a mistake in the test.
        """
        answer = await self.page.request.get(f"{self._site_url}/config.json")
        settled = (await answer.json())["default_server_config"]["m.homeserver"]["base_url"]
        assert settled == homeserver_url, f"the site is set up for `{settled}`"
        await self.page.goto(f"{self._site_url}/#/login")
        way_in = self.page.locator(".mx_AuthBody").get_by_role("button", name="Continue")
        await way_in.click()
        await self.page.wait_for_url(lambda url: url.startswith(f"{homeserver_url}/sign-in"))
        return self.page

    async def is_in(self) -> None:
        """Wait until the page has led back to Element, and Element to the rooms."""
        rooms = self.page.locator(".mx_MatrixChat")
        verify = self.page.locator(".mx_CompleteSecurity_skip")
        await rooms.or_(verify).first.wait_for()
        if await verify.count():
            # This person has another device already, which a person would now use.
            await verify.click()
            await self.page.get_by_role("button", name="I'll verify later").click()
            await rooms.wait_for()

    async def sign_out(self) -> None:
        """Sign out, as the menu does after its question about keys."""
        await self.page.evaluate("window.mxDispatcher.dispatch({action: 'logout'})")
        await self.page.locator(".mx_AuthBody").wait_for()

    async def device(self) -> str:
        """The device as which Element is signed in."""
        return str(await self.page.evaluate("window.mxMatrixClientPeg.get().getDeviceId()"))

    async def close_offers_when_seen(self) -> None:
        """From now on close each offer that covers the page, as it comes up."""
        toasts = self.page.locator(".mx_Toast_buttons")
        no_toast = toasts.get_by_role("button", name=re.compile("^(Dismiss|Later|No|Not now)$"))
        # Known by its words: an error dialog has the same role and the same button, and must stay.
        new_here = self.page.get_by_role("dialog").filter(has_text="Threads Activity Centre")
        understood = new_here.get_by_role("button", name="OK", exact=True)

        async def close(offer: Locator) -> None:
            # An offer may be gone again by itself, which is as good.
            with suppress(NotSeenError):
                await offer.dispatch_event("click", timeout=OFFER_MS)

        for offer in (no_toast, understood):
            await self.page.add_locator_handler(offer.first, close, no_wait_after=True)

    async def open_room(self, room: str) -> None:
        """Open a room by its id, accepting the invitation if there is one."""
        await self._go(f"room/{room}")
        composer = self._composer()
        accept = self.page.locator(".mx_RoomPreviewBar").get_by_role("button", name="Accept")
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while not await composer.count():
                # Gone before it was pressed: the invitation to the notice room is accepted for its
                # person. Still there: the page is busy, and is asked again.
                with suppress(NotSeenError):
                    await accept.click(timeout=OFFER_MS)

    async def open_dm(self, user: str) -> None:
        """Begin to talk with `user`; Element makes the room, encrypted, with the first message."""
        await self._go(f"user/{user}")
        await self.page.get_by_role("button", name=re.compile("^(Send m|M)essage$")).click()
        await self.page.wait_for_function("window.location.hash.startsWith('#/room/')")
        await self._composer().wait_for()

    async def _go(self, screen: str) -> None:
        await self.page.evaluate("screen => { window.location.hash = `/${screen}`; }", screen)

    def _composer(self) -> Locator:
        return self.page.locator(".mx_RoomView .mx_BasicMessageComposer_input")

    async def send_text(self, room: str | None, text: str) -> bool:
        """Type `text` into a room (None: the open one); returns whether the server took it."""
        if room is not None:
            await self.open_room(room)
        await self._composer().click()
        await self.page.keyboard.type(text)
        await self.page.keyboard.press("Enter")
        return await self._was_sent(text)

    async def _was_sent(self, text: str) -> bool:
        """Wait until the message has left or Element has given up on it."""
        mine = self.page.locator(LAST_TILES, has_text=text).last
        refused = self.page.locator(".mx_RoomStatusBar_unsentMessages")
        sent = mine.and_(self.page.locator("[data-event-id^='$']"))
        await sent.or_(refused).first.wait_for()
        return await refused.count() == 0

    async def read_timeline(self, room: str | None) -> list[str]:
        """The texts and file names now shown in a room (None: the open one), oldest first."""
        if room is not None:
            await self.open_room(room)
        bodies = self.page.locator(LAST_TILES).locator(
            ".mx_EventTile_body, .mx_MFileBody_info_filename, .mx_DecryptionFailureBody"
        )
        return [text.strip() for text in await bodies.all_inner_texts()]

    async def waits_for(self, room: str | None, text: str) -> None:
        """Wait until `text` is shown in a room (None: the open one)."""
        if room is not None:
            await self.open_room(room)
        await self.page.locator(LAST_TILES, has_text=text).last.wait_for()

    async def attach_file(self, path: Path) -> bool:
        """Upload a file into the open room; returns whether the server took it."""
        await self.page.locator(".mx_RoomView input[type=file]").first.set_input_files(path)
        dialog = self.page.locator(".mx_UploadConfirmDialog")
        await dialog.get_by_role("button", name="Upload", exact=True).click()
        gone = self.page.locator(LAST_TILES, has_text=path.name).and_(
            self.page.locator("[data-event-id^='$']")
        )
        refused = self.page.locator(".mx_ErrorDialog, .mx_RoomStatusBar_unsentMessages")
        await gone.or_(refused).first.wait_for()
        return await refused.count() == 0

    async def download_file(self, name: str) -> bytes:
        """Click a file in the open room and return what the browser saved."""
        tile = self.page.locator(LAST_TILES, has_text=name).last
        async with self.page.expect_download() as saving:
            await tile.locator(".mx_MFileBody_info").click()
        return Path(await (await saving.value).path()).read_bytes()

    async def visible_errors(self) -> list[str]:
        """Every complaint that can be read on the screen now, in the order of ERROR_PLACES."""
        found: list[str] = []
        for place in ERROR_PLACES:
            seen = self.page.locator(place).filter(visible=True)
            found += [" ".join(text.split()) for text in await seen.all_inner_texts()]
        return found

    async def screenshot(self, path: Path) -> None:
        """Save what is on the screen as PNG."""
        await self.page.screenshot(path=path)


@asynccontextmanager
async def element_browser(
    site_url: str, homeserver_url: str, ca_file: Path, others: Mapping[str, Path] = NOBODY
) -> AsyncIterator[ElementBrowser]:
    """Start Chromium with a fresh profile; it is stopped and the profile removed at the end.

    `others` are further servers to which pages lead, each with the authority of its certificate.
    """
    requirements.require(requirements.CHROMIUM)
    keys = [trusted_key(url, by) for url, by in {homeserver_url: ca_file, **others}.items()]
    pinned = f"--ignore-certificate-errors-spki-list={','.join(keys)}"
    async with AsyncExitStack() as cleanup:
        profile = cleanup.enter_context(TemporaryDirectory(prefix="element-"))
        playwright = await cleanup.enter_async_context(async_playwright())
        context = await playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=[*FLAGS, pinned],
            viewport={"width": 1280, "height": 800},
            accept_downloads=True,
        )
        cleanup.push_async_callback(context.close)
        element = ElementBrowser(await _first_page(context), site_url)
        await element.close_offers_when_seen()
        yield element


async def _first_page(context: BrowserContext) -> Page:
    context.set_default_timeout(PATIENCE_MS)
    return context.pages[0] if context.pages else await context.new_page()


def trusted_key(url: str, ca_file: Path) -> str:
    """The hash of the server's public key, after checking its certificate against `ca_file`.

    Chromium reads its trust anchors from places of the whole machine; so the check is made here,
    and Chromium is told this one key (base64 of SHA-256 over SubjectPublicKeyInfo).

    Raises:
        ssl.SSLCertVerificationError: the certificate is not of this authority or for this name.
    """
    parts = urlsplit(url)
    tls = ssl.create_default_context(cafile=ca_file)
    address = (parts.hostname or "", parts.port or 443)
    with (
        socket.create_connection(address, 60) as plain,
        tls.wrap_socket(plain, server_hostname=address[0]) as connection,
    ):
        leaf = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()
