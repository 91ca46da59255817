"""nheko, a desktop client: signed in by single sign-on, it talks encrypted."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from tests.services.requirements import DESKTOP, NHEKO, needs
from tests.system.clients.desktop import Desktop, desktop
from tests.system.listed import factors_of, sessions_of
from tests.system.matrix_client import Person, signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.suite.client import session_to
from vedette.suite.sign_in_walk import Walker, walk

pytestmark = needs(NHEKO, *DESKTOP)
PATIENCE = 60.0
TRIES = 6
NHEKO = "im.nheko.Nheko"
BUTTON_ACROSS, BUTTON_DOWN = 533, (471, 455, 487)
"""Where its window has the button `SSO login`; the keyboard does not always reach it."""
# It knows only the trust anchors of the whole machine. What it is asked to let pass here is the
# certificate; that it is the right server's is seen by what it gets to know.
SETTINGS = """
[General]
run_without_secure_secrets_service=true
disable_certificate_validation=true
[user]
expose_dbus_api=true
reduced_motion=true
"""


class Nheko:
    """nheko on a desktop of its own."""

    def __init__(self, at: Desktop, process: subprocess.Popen[bytes], log: Path) -> None:
        self.at, self._process, self._log = at, process, log

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Whether something becomes so within this time."""
        try:
            async with asyncio.timeout(seconds):
                while not await asyncio.to_thread(holds):
                    assert self._process.poll() is None, self.log()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return False
        return True

    async def end(self) -> None:
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, 20)


@asynccontextmanager
async def nheko(at: Desktop) -> AsyncIterator[Nheko]:
    """Start it, and wait until its window has the keyboard."""
    log = at.folder / "nheko.log"
    drawn = {"QT_QUICK_BACKEND": "software", "LIBGL_ALWAYS_SOFTWARE": "1",
             "QT_QPA_PLATFORM": "xcb", "LC_ALL": "C.UTF-8"}  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["nheko", "-l", "debug"], env=at.environment | drawn, stdout=output, stderr=output,
            cwd=at.folder,
        )  # fmt: skip
    running = Nheko(at, process, log)
    try:
        assert await running.until(lambda: "starting nheko" in running.log(), PATIENCE)
        assert await running.until(lambda: at.give_keyboard_to("nheko"), PATIENCE)
        yield running
    finally:
        if process.poll() is None:
            await running.end()


async def _asks_for_single_sign_on(client: Nheko, server: str, seconds: float) -> bool:
    """From the greeting: press `Login`, type who one is, and press the only way in there is."""
    at = client.at
    await asyncio.sleep(seconds)
    await asyncio.to_thread(at.press, "Tab", "Tab", "space")
    await asyncio.sleep(seconds)
    await asyncio.to_thread(at.press, "Tab")
    await asyncio.to_thread(at.type, f"@somebody:{server}")
    await asyncio.to_thread(at.press, "Tab")
    if not await client.until(lambda: "Autodiscovery: Discovered" in client.log(), 10):
        return False
    await asyncio.sleep(seconds)
    for down in BUTTON_DOWN:
        await asyncio.to_thread(at.click, BUTTON_ACROSS, down)
        if await client.until(at.opened.exists, 3):
            return True
    return False


async def _browser(organisation: Organisation, walker: Walker, opened: Path) -> None:
    """Go through the page and back to where nheko listens."""
    start = opened.read_text()
    assert start.startswith(f"{organisation.client_url}/_matrix/client/")
    certificate = organisation.ca_file.read_bytes()
    async with session_to(organisation.client_url, certificate) as session:
        back = await walk(session, walker, start)
    assert (back.host, "loginToken" in back.query) == ("localhost", True)
    async with aiohttp.ClientSession() as elsewhere, elsewhere.get(back) as answer:
        assert answer.status == 200


async def _signs_in(at: Desktop, organisation: Organisation, walker: Walker) -> None:
    server = urlsplit(organisation.client_url).netloc
    for attempt in range(1, TRIES + 1):  # a busy machine may lose a key that came too early
        async with nheko(at) as client:
            if await _asks_for_single_sign_on(client, server, attempt):
                await _browser(organisation, walker, at.opened)
                synced = await client.until(
                    lambda: "initial sync completed" in client.log(), PATIENCE
                )
                assert synced, client.log()
                return
    raise AssertionError("nheko never opened the page")


async def _says(client: Nheko, room: str, text: str, to: Person) -> None:
    """Type a text into a room, past what nheko offers to newcomers, until it has arrived."""
    at = client.at
    for _ in range(TRIES):
        await asyncio.to_thread(at.press, "Escape")
        assert await asyncio.to_thread(at.call, NHEKO, "activateRoom", room)
        await asyncio.sleep(1)
        await asyncio.to_thread(at.press, "ctrl+a", "BackSpace")
        await asyncio.to_thread(at.type, text)
        await asyncio.to_thread(at.press, "Return")
        if await client.until(lambda: text in to.seen(room), 8):
            return
    raise AssertionError(f"`{text}` did not arrive: {client.log()[-4000:]}")


async def test_nheko_by_single_sign_on(organisations: TwoOrganisations, tmp_path: Path) -> None:
    example = organisations.example
    example.apply(example.first_document)
    emil, home = example.people["emil"], tmp_path / "home"
    (home / "config/nheko").mkdir(parents=True)
    (home / "config/nheko/nheko.conf").write_text(SETTINGS)
    with desktop(home) as at:
        async with signed_in(example, "bob", tmp_path / "bob") as bob:
            await _signs_in(at, example, emil.walker())
            (session,) = (
                each
                for each in sessions_of(example, emil.user)
                if each["device_name"] == "Nheko on Linux" and each["state"] == "live"
            )
            assert session["kind"] == "compat"
            assert factors_of(example, session) == {"password", "totp"}
            room = await bob.create_room(emil.user, encrypted=True)
            async with nheko(at) as client:  # started again, it is signed in still
                assert await client.until(lambda: at.call(NHEKO, "joinRoom", room), PATIENCE)
                await bob.knows(room, 2)
                await _says(client, room, "hello from a desktop", bob)
            event = await bob.sees(room, "hello from a desktop")
            assert (event.sender, event.decrypted) == (emil.user, True)
            example.cli("session", "end", session["id"], "--reason", "a test")
