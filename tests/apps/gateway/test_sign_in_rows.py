"""What leads to the sign-in service, and what the gateway knows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.apps.gateway.test_doors import SIGNIN, UPSTREAM, Doors, head, refused
from tests.apps.scene import ALICE, Scene
from vedette.adapters.boot_file import Boot, ControlBoot, GatewayBoot, SigninBoot
from vedette.adapters.synapse_inner import SynapseInner
from vedette.adapters.whoami_sessions import WhoamiSessions
from vedette.core.names import ServerName
from vedette.gateway.app import PublicDoors
from vedette.gateway.main import sign_in_service, well_known
from vedette.gateway.plan import Forward, Tagged, Unix
from vedette.gateway.presence import Presence
from vedette.ports.errors import Unavailable
from vedette.ports.live_sessions import Live, TokenState


@pytest.mark.parametrize(
    ("method", "path", "token"),
    [
        ("GET", "/_matrix/client/v3/login", None),
        ("POST", "/_matrix/client/v3/login", None),
        ("GET", "/_matrix/client/v3/login/sso/redirect?redirectUrl=http://localhost:1/", None),
        ("POST", "/_matrix/client/r0/refresh", None),
        ("POST", "/_matrix/client/v3/logout", "alices"),
        ("POST", "/_matrix/client/v3/logout/all", "alices"),
        ("POST", "/_matrix/client/v3/account/password", "alices"),
        ("DELETE", "/_matrix/client/v3/devices/D", "alices"),
        ("POST", "/_matrix/client/v3/delete_devices", "alices"),
        ("GET", "/_matrix/client/v1/auth_metadata", None),
        ("GET", "/_matrix/client/unstable/org.matrix.msc2965/auth_issuer", None),
        ("GET", "/sign-in/second", None),
        ("POST", "/sign-in/second", None),
        ("GET", "/account/?action=org.matrix.sessions_list", None),
        ("POST", "/oauth2/token", None),
        ("GET", "/.well-known/oauth-authorization-server", None),
    ],
)
async def test_what_begins_or_ends_a_session_goes_to_the_sign_in_service_alone(
    method: str, path: str, token: str | None
) -> None:
    scene = Scene()
    action = await Doors(scene).tagged(method, path, token=token)
    assert isinstance(action, Forward), action  # untagged: its answer may end its own session
    assert (action.upstream, action.host) == (SIGNIN.upstream, SIGNIN.host)
    assert len(scene.audit.kept) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/_matrix/client/v3/logout"), ("DELETE", "/_matrix/client/v3/devices/D")],
)
async def test_ending_a_session_takes_a_live_one(method: str, path: str) -> None:
    doors = Doors(Scene())
    assert refused(await doors(method, path), 401)["errcode"] == "M_MISSING_TOKEN"
    assert refused(await doors(method, path, token="x"), 401)["errcode"] == "M_UNKNOWN_TOKEN"


async def test_nothing_else_leads_there() -> None:
    doors = Doors(Scene())
    for path in ("/oauth2/introspect", "/health", "/ready", "/sign-inn"):
        refused(await doors("POST", path), 404)
    action = await doors("GET", "/_matrix/client/v3/devices", token="alices")
    assert isinstance(action, Forward)
    assert action.upstream is UPSTREAM


def test_without_a_sign_in_service_synapse_signs_people_in_and_there_are_no_pages() -> None:
    scene = Scene()
    doors = PublicDoors(
        scene.spine,
        scene.homeserver,
        scene.sessions,
        UPSTREAM,
        ServerName("example.org"),
        lambda _: {},
    )
    action = doors.plan(head("POST", "/_matrix/client/v3/login"))
    assert isinstance(action, Forward)
    assert (action.upstream, action.host) == (UPSTREAM, None)
    refused(doors.plan(head("GET", "/sign-in")), 404)


def boot(folder: Path, signin: SigninBoot | None) -> Boot:
    """A boot file with or without a sign-in service."""
    gateway = GatewayBoot(
        client="127.0.0.1:443",
        federation="127.0.0.1:8448",
        client_url="https://matrix.example.org:444",
        federation_name="example.org:8448",
    )
    control = ControlBoot(listen="127.0.0.1:1")
    return Boot(
        folder=folder, organisation="example.org", gateway=gateway, control=control, signin=signin
    )


def test_the_boot_file_says_who_signs_people_in(tmp_path: Path) -> None:
    with_one = boot(tmp_path, SigninBoot(introspection="127.0.0.1:9"))
    service = sign_in_service(with_one)
    assert service is not None
    assert service.upstream.address == Unix(str(tmp_path / "run/signin.sock"))
    assert service.host == b"matrix.example.org:444"
    said = well_known(with_one, "well-known.client")
    assert said["org.matrix.msc2965.authentication"] == {
        "issuer": "https://matrix.example.org:444/",
        "account": "https://matrix.example.org:444/account/",
    }
    without = boot(tmp_path, None)
    assert sign_in_service(without) is None
    assert set(well_known(without, "well-known.client")) == {"m.homeserver"}


Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(
    ("line", "away"),
    [(b"HTTP/1.1 200 OK", False), (b"HTTP/1.1 503 Busy", True), (b"hello", True), (b"", True)],
)
async def test_whether_the_sign_in_service_answers_is_seen_within_moments(
    tmp_path: Path, line: bytes, *, away: bool
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(line + b"\r\n\r\n" if line else b"")
        writer.close()

    socket = str(tmp_path / "s")
    presence = Presence(socket, every=0.02)
    presence.watch()
    assert not presence.is_away()
    await asyncio.sleep(0.2)
    assert presence.is_away()  # nobody listens yet
    async with await asyncio.start_unix_server(answer, socket):
        await asyncio.sleep(0.2)
        assert presence.is_away() is away
    presence.close()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def _synapse(folder: Path, handler: Handler) -> tuple[SynapseInner, web.AppRunner]:
    app = web.Application()
    app.router.add_get("/_matrix/client/v3/account/whoami", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(folder / "synapse")).start()
    return SynapseInner(folder / "synapse"), runner


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (200, {"user_id": ALICE}, Live(user=ALICE, session="", device="")),
        (401, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}, TokenState.EXPIRED),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, TokenState.ENDED),
        (403, {"errcode": "M_FORBIDDEN"}, TokenState.SUSPENDED),
    ],
)
async def test_where_synapse_signs_people_in_it_is_asked_once_a_minute(
    tmp_path: Path, status: int, body: dict[str, Any], found: object
) -> None:
    asked: list[str] = []

    async def whoami(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers["X-Forwarded-For"])
        return web.json_response(body, status=status)

    inner, runner = await _synapse(tmp_path, whoami)
    sessions = WhoamiSessions(inner)
    assert sessions.of("t") is TokenState.TOO_NEW
    assert await sessions.soon("t", "192.0.2.7") == found
    assert asked == ["192.0.2.7"]
    if isinstance(found, Live):
        assert sessions.of("t") == found
        await sessions.soon("t", "192.0.2.7")
        assert len(asked) == 1
    await inner.close()
    await runner.cleanup()


async def test_a_synapse_that_does_not_answer_says_nothing_of_a_token(tmp_path: Path) -> None:
    async def broken(_: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=500)

    inner, runner = await _synapse(tmp_path, broken)
    with pytest.raises(Unavailable):
        await WhoamiSessions(inner).soon("t", "")
    await runner.cleanup()
    with pytest.raises(Unavailable):
        await WhoamiSessions(inner).soon("t", "")
    await inner.close()


async def test_a_session_without_an_id_is_carried_untagged() -> None:
    scene = Scene()
    scene.sessions.tokens["old"] = Live(user=ALICE, session="", device="")
    action = await Doors(scene).tagged("GET", "/_matrix/client/v3/sync", token="old")
    assert isinstance(action, Forward)
    assert not isinstance(action, Tagged)


async def test_a_token_that_can_t_be_learnt_of_now_is_told_to_try_again() -> None:
    scene = Scene()
    scene.sessions.coming["new"] = Live(user=ALICE, session="s", device="D")
    sync = "/_matrix/client/v3/sync"
    assert isinstance(await Doors(scene).tagged("GET", sync, token="new"), Tagged)
    scene.sessions.down = True
    refused(await Doors(scene)("GET", sync, token="new"), 503)
