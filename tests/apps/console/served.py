"""The console behind a real port with TLS, and a browser that somebody is signed in with."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page

from tests.apps.console.house import House
from vedette.console.app import COOKIE
from vedette.suite.certificates import self_signed

_EXPECTED = re.compile(r"status of (400|401|403|404|409|503)")
"""What browsers complain of where a page answers that something can't be done, or is away."""


@dataclass
class Served:
    """The console as browsers see it."""

    house: House
    complaints: list[str] = field(default_factory=list)

    async def page(
        self, browser: Chromium, name: str = "olga", cookie: str = "", **more: Any
    ) -> Page:
        """A page of a browser with which this person is in, or whoever has this cookie; else nobody."""
        context = await browser.new_context(ignore_https_errors=True, **more)
        context.set_default_timeout(60_000)
        if name:
            here = self.house.browser()
            await asyncio.to_thread(here.signs_in, name)
            cookie = here.cookie
        if cookie:
            await context.add_cookies(
                [{"name": COOKIE, "value": cookie, "url": self.house.url, "secure": True}]
            )
        page = await context.new_page()
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not _EXPECTED.search(text):
            self.complaints.append(text)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    inside = socket.create_server(("127.0.0.1", 0))
    port = inside.getsockname()[1]
    house = House(folder / "org", f"https://localhost:{port}")
    pair = self_signed(("localhost",), datetime.now(UTC))
    certificate, key = folder / "console.crt", folder / "console.key"
    certificate.write_bytes(pair.certificate)
    key.write_bytes(pair.key)
    config = uvicorn.Config(
        house.app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1,
        ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = server.serve(sockets=[inside])
    # in the console's own loop: what a page began goes on there, whoever asks next
    thread = threading.Thread(target=house.loop.run_until_complete, args=(serving,))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Served(house)
    finally:
        server.should_exit = True
        thread.join()
        inside.close()
        house.close()
