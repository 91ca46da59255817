"""The sign-in application behind a real port, and Chromium that comes to it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import uvicorn
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright

from tests.apps.signin.pages_scene import Pages
from tests.services.requirements import CHROMIUM, require
from vedette.signin.certificate_way import VISIT

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


NOTHING = "/nothing"


class ClientPage(BaseHTTPRequestHandler):
    """Where a client gets the browser back, on an origin of its own."""

    def do_GET(self):
        if self.path == NOTHING or self.path.startswith(VISIT):
            self.send_response(204)  # and so a browser stays where it is (RFC 9110, 15.3.5)
            self.end_headers()
            return
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
        context.set_default_timeout(60_000)
        page = await context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        return page

    def _note(self, kind: str, text: str) -> None:
        # A refused form answers 403, a page that is none 404 or 410, one that asks for a ticket 401, and
        # browsers put that into their console; it is as it should be.
        if kind in ("error", "warning") and not re.search("status of 4(01|03|04|10)", text):
            self.complaints.append(text)


@contextmanager
def served(**more) -> Iterator[Served]:
    inside = socket.create_server(("127.0.0.1", 0))
    origin = f"http://localhost:{inside.getsockname()[1]}"
    pages = Pages(origin=origin, **more)
    config = uvicorn.Config(
        pages.app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
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


@asynccontextmanager
async def chromium_runs() -> AsyncIterator[Chromium]:
    require(CHROMIUM)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()
