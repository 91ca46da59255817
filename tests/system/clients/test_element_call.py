"""Element Call: by its own page nobody gets in; within Element whoever passed the page takes part."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.system.clients.npm import installed
from tests.system.element import sign_in_page
from tests.system.element.browser import ElementBrowser, element_browser
from tests.system.element.build import built_site
from tests.system.element.serve import served
from tests.system.listed import factors_of, session_of, sessions_of
from tests.system.matrix_client import Person, signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.suite.client import session_to

HERE = Path(__file__).parent / "element_call"
MEMBER = "org.matrix.msc3401.call.member"
PATIENCE = 90


@asynccontextmanager
async def _site(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _served(homeserver_url: str, conferences: str = "") -> AsyncIterator[str]:
    """The published app, set up for one homeserver and one place where conferences are held."""
    site = installed(HERE) / "node_modules/@element-hq/element-call-embedded/dist"
    server = {"base_url": homeserver_url, "server_name": "example.test"}
    set_up: dict[str, Any] = {"default_server_config": {"m.homeserver": server}}
    if conferences:
        set_up["livekit"] = {"livekit_service_url": conferences}

    async def settings(_: web.Request) -> web.Response:
        return web.json_response(set_up)

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(site / "index.html")

    app = web.Application()
    app.router.add_get("/config.json", settings)
    for path in ("/", "/login", "/room"):
        app.router.add_get(path, page)
    app.router.add_static("/", site)
    async with _site(app) as url:
        yield url


@dataclass(slots=True)
class Conferences:
    """Stands where LiveKit's service does, which no package has: it takes what proves who comes.

    It asks the organisation whose the proof is, as that service does. There is no media server
    behind it: who was let in is connected and hears nothing, since an app that is turned away at
    once leaves the call before the others can see that it came.
    """

    organisation: Organisation
    came: asyncio.Queue[tuple[str, str]] = field(default_factory=asyncio.Queue)
    """The user and the device of each who asked to be let in."""

    async def ask(self, request: web.Request) -> web.Response:
        allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        if request.method != "POST":
            return web.Response(headers=allowed)
        if request.path != "/sfu/get":
            return web.json_response({}, status=404, headers=allowed)
        body = await request.json()
        user, device = await self._whose(body["openid_token"]), str(body["device_id"])
        await self.came.put((user, device))
        answer = {
            "url": f"ws://{request.host}/silence",
            "jwt": _admission(f"{user}:{device}", body["room"]),
        }
        return web.json_response(answer, headers=allowed)

    async def stay_silent(self, request: web.Request) -> web.WebSocketResponse:
        connected = web.WebSocketResponse()
        await connected.prepare(request)
        async for _ in connected:
            pass
        return connected

    async def _whose(self, token: dict[str, str]) -> str:
        """Matrix Federation API, "OpenID"."""
        certificate = self.organisation.ca_file.read_bytes()
        path = "/_matrix/federation/v1/openid/userinfo"
        async with (
            session_to(self.organisation.federation_url, certificate) as http,
            http.get(path, params={"access_token": token["access_token"]}) as found,
        ):
            return str((await found.json())["sub"])

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/silence/{any:.*}", self.stay_silent)
        app.router.add_route("*", "/{any:.*}", self.ask)
        return app


def _admission(who: str, room: str) -> str:
    """What LiveKit's service gives out (a JWT with a `video` grant). Only a media server checks it."""
    may = {"room": room, "roomJoin": True, "canPublish": True, "canSubscribe": True}
    claims = {"sub": who, "iss": "a test", "exp": int(time.time()) + 3600, "video": may}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join(_text(part) for part in (*parts, b"no signature"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def _joins_a_call(element: ElementBrowser, room: str) -> None:
    """Open the call of a room and press the one button of its lobby."""
    page = element.page
    await element.open_room(room)
    approve = page.get_by_role("dialog").get_by_role("button", name="Approve")
    await page.add_locator_handler(approve, lambda button: button.click())
    await page.evaluate(
        "room => window.mxDispatcher.dispatch({action: 'view_room', room_id: room, view_call: true})",
        room,
    )
    call = page.frame_locator("iframe[src*='/room']")
    await call.get_by_test_id("lobby_joinCall").click(timeout=PATIENCE * 1000)


async def test_within_element_it_takes_part_for_whoever_passed_the_page(
    organisations: TwoOrganisations, tmp_path: Path
) -> None:
    example = organisations.example
    example.apply(example.first_document)
    dora, conferences = example.people["dora"], Conferences(example)
    async with (
        _site(conferences.app()) as held,
        _served(example.client_url, held) as calls,
        served(built_site(), example.client_url, calls=calls) as site,
        signed_in(example, "bob", tmp_path / "bob") as bob,
        element_browser(site, example.client_url, example.ca_file) as element,
    ):
        page = await element.to_sign_in_page(example.client_url)
        await sign_in_page.by_app(page, dora.walker())
        await element.is_in()
        device = await element.device()
        room = await page.evaluate(
            "async who => (await window.mxMatrixClientPeg.get()"
            ".createRoom({name: 'call', invite: [who]})).room_id",
            bob.user,
        )
        await bob.join(room)
        await _joins_a_call(element, room)
        async with asyncio.timeout(PATIENCE):
            # the proof that it shows to whoever holds the conference is the person's own
            assert await conferences.came.get() == (dora.user, device)
        await bob.until(lambda: _takes_part(bob, room, dora.user, device), PATIENCE)
        session = session_of(example, dora.user, device)
        assert factors_of(example, session) == {"password", "totp"}
        # and with the session the proof ends: no other can be had
        token = await page.evaluate("window.mxMatrixClientPeg.get().getAccessToken()")
        assert await _proof(example, dora.user, token) == 200
        example.cli("session", "end", session["id"], "--reason", "a test")
        async with asyncio.timeout(PATIENCE):
            while await _proof(example, dora.user, token) != 401:
                await asyncio.sleep(0.1)


def _takes_part(who: Person, room: str, user: str, device: str) -> bool:
    """Whether somebody sees that this device is in the call of a room."""
    return any(
        where == room
        and event.source["type"] == MEMBER
        and event.source["sender"] == user
        and device in event.source["state_key"]
        and event.source["content"]
        for where, event in who.heard
    )


async def _proof(example: Organisation, user: str, token: str) -> int:
    """How somebody is answered who asks for a proof to show to a conference."""
    certificate = example.ca_file.read_bytes()
    path = f"/_matrix/client/v3/user/{user}/openid/request_token"
    async with (
        session_to(example.client_url, certificate) as http,
        http.post(path, json={}, headers={"Authorization": f"Bearer {token}"}) as answer,
    ):
        return answer.status


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
