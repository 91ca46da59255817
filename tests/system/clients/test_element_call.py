"""Element Call's own app asks for a password in a field of its own, and so gets nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from tests.system.clients.npm import installed
from tests.system.element.browser import element_browser
from tests.system.listed import sessions_of
from tests.system.two_organisations import TwoOrganisations

HERE = Path(__file__).parent / "element_call"


@asynccontextmanager
async def _served(homeserver_url: str) -> AsyncIterator[str]:
    """The published app, set up for one homeserver."""
    site = installed(HERE) / "node_modules/@element-hq/element-call-embedded/dist"
    server = {"base_url": homeserver_url, "server_name": "example.test"}

    async def settings(_: web.Request) -> web.Response:
        return web.json_response({"default_server_config": {"m.homeserver": server}})

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(site / "index.html")

    app = web.Application()
    app.router.add_get("/config.json", settings)
    app.router.add_get("/", page)
    app.router.add_get("/login", page)
    app.router.add_static("/", site)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_its_own_password_field_lets_nobody_in(organisations: TwoOrganisations) -> None:
    example = organisations.example
    example.apply(example.first_document)
    emil = example.people["emil"]
    before = sessions_of(example, emil.user)
    async with (
        _served(example.client_url) as site,
        element_browser(site, example.client_url, example.ca_file) as browser,
    ):
        page = browser.page
        await page.goto(f"{site}/login")
        await page.locator("input[type=text], input:not([type])").first.fill("emil")
        await page.locator("input[type=password]").fill(emil.password)
        async with page.expect_response(lambda answer: answer.url.endswith("/login")) as answered:
            await page.locator("button[type=submit]").click()
        assert (await answered.value).status == 403
        await page.get_by_text("sign in with the browser").wait_for()
        assert page.url == f"{site}/login"
    assert sessions_of(example, emil.user) == before
