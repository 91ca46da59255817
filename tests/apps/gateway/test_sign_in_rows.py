"""What leads to the sign-in service, and what the gateway knows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.apps.gateway.test_doors import SIGNIN, UPSTREAM, Doors, refused
from tests.apps.scene import ALICE, Scene
from vedette.adapters.boot_file import Boot, ControlBoot, GatewayBoot, SigninBoot
from vedette.gateway.main import sign_in_service, well_known
from vedette.gateway.plan import Forward, Tagged, Unix
from vedette.gateway.presence import Presence
from vedette.ports.live_sessions import Live


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


def boot_in(folder: Path) -> Boot:
    """A boot file whose sign-in service is where it usually is."""
    gateway = GatewayBoot(
        client="127.0.0.1:443",
        federation="127.0.0.1:8448",
        client_url="https://matrix.example.org:444",
        federation_name="example.org:8448",
    )
    control = ControlBoot(listen="127.0.0.1:1")
    return Boot(
        folder=folder,
        organisation="example.org",
        gateway=gateway,
        control=control,
        signin=SigninBoot(introspection="127.0.0.1:9"),
    )


def test_the_boot_file_says_where_people_sign_in(tmp_path: Path) -> None:
    boot = boot_in(tmp_path)
    service = sign_in_service(boot)
    assert service.upstream.address == Unix(str(tmp_path / "run/signin.sock"))
    assert service.host == b"matrix.example.org:444"
    said = well_known(boot, "well-known.client")
    assert said["org.matrix.msc2965.authentication"] == {
        "issuer": "https://matrix.example.org:444/",
        "account": "https://matrix.example.org:444/account/",
    }


Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(
    ("line", "away"),
    [(b"HTTP/1.1 200 OK", False), (b"HTTP/1.1 503 Busy", True), (b"hello", True), (b"", True)],
)
async def test_whether_the_sign_in_service_answers_is_seen_within_moments(
    tmp_path: Path, line: bytes, *, away: bool
) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(line + b"\r\n\r\n" if line else b"")
        writer.close()

    socket = str(tmp_path / "s")
    presence = Presence(socket, every=0.02)
    presence.watch()
    assert not presence.is_away()
    async with asyncio.timeout(60):
        while not presence.is_away():  # nobody listens yet
            await asyncio.sleep(0.02)
        async with await asyncio.start_unix_server(answer, socket):
            while len(asked) < 3:  # so that what came of the second is known
                await asyncio.sleep(0.02)
            assert presence.is_away() is away
    presence.close()


async def test_a_token_that_can_t_be_learnt_of_now_is_told_to_try_again() -> None:
    scene = Scene()
    scene.sessions.coming["new"] = Live(user=ALICE, session="s", device="D")
    sync = "/_matrix/client/v3/sync"
    assert isinstance(await Doors(scene).tagged("GET", sync, token="new"), Tagged)
    scene.sessions.down = True
    refused(await Doors(scene)("GET", sync, token="new"), 503)
