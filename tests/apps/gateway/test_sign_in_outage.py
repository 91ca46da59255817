"""What clients and browsers get while the sign-in service, Synapse or the policy is missing.

The doors run behind a real listener; what they carry requests to is a socket that a test opens.
"""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.apps.gateway.servers import Servers
from tests.apps.scene import Scene
from vedette.core.names import ServerName
from vedette.gateway.app import PublicDoors, SignInService
from vedette.gateway.carrier import serve
from vedette.gateway.plan import Limits, Tcp, Unix, Upstream

V3 = "/_matrix/client/v3"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
GERMAN = {**BROWSER, "Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
SENTENCE = "The sign-in service does not answer. Please try again in a moment."
ALICE = {"Authorization": "Bearer alices"}

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Gateway:
    """The public address, and the sockets behind it."""

    scene: Scene
    client: aiohttp.ClientSession
    signin: Path
    synapse: Path
    stack: AsyncExitStack = field(repr=False)

    async def ask(self, method: str, path: str, **headers: str) -> aiohttp.ClientResponse:
        """The answer, whose body is read."""
        answer = await self.client.request(method, path, headers=headers, allow_redirects=False)
        await answer.read()
        return answer

    async def behind(self, socket: Path, answering: Conversation) -> None:
        """Have something listen on a socket behind the gateway."""
        server = await asyncio.start_unix_server(answering, str(socket))
        self.stack.callback(server.close)


@pytest_asyncio.fixture
async def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Gateway]:
    # only a server that is silent has to be given up
    patience = 0.2 if "is silent" in request.node.name else 60.0
    scene, signin, synapse = Scene(), tmp_path / "signin", tmp_path / "synapse"
    doors = PublicDoors(
        scene.spine,
        scene.files,
        scene.sessions,
        Upstream(Unix(str(synapse)), response_seconds=patience),
        ServerName("example.org"),
        lambda name: {},
        SignInService(
            Upstream(Unix(str(signin)), response_seconds=patience), b"matrix.example.org"
        ),
        Servers(scene).door(scene.files),
    )
    async with AsyncExitStack() as stack:
        server = await serve(doors.plan, [Tcp("127.0.0.1", 0)], limits=Limits(sweep_seconds=0.05))
        stack.push_async_callback(server.close, 0)
        url = f"http://127.0.0.1:{server.ports[0]}"
        client = await stack.enter_async_context(aiohttp.ClientSession(url))
        yield Gateway(scene, client, signin, synapse, stack)


async def _closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def _breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-")
    writer.close()


async def _speaks_no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"starting\r\n\r\n")
    writer.close()


async def _is_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


OUTAGES: dict[str, Conversation | None] = {
    "is not there": None,
    "closes the connection": _closes,
    "breaks off within its head": _breaks_off,
    "speaks no HTTP": _speaks_no_http,
    "is silent": _is_silent,
}


@pytest.fixture(params=OUTAGES)
def outage(request: pytest.FixtureRequest) -> Conversation | None:
    return OUTAGES[request.param]


def matrix_error(answer: aiohttp.ClientResponse, body: dict[str, str]) -> str:
    """The sentence of a 503 that Matrix clients understand, web clients included."""
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert set(body) == {"errcode", "error"}
    assert body["errcode"].startswith("M_")
    return body["error"]


async def _no_sign_in(gateway: Gateway, outage: Conversation | None) -> None:
    if outage is not None:
        await gateway.behind(gateway.signin, outage)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{V3}/login"),
        ("POST", f"{V3}/login"),
        ("POST", f"{V3}/refresh"),
        ("POST", f"{V3}/logout"),
        ("GET", f"{V3}/login/sso/redirect?redirectUrl=http://localhost:1/"),
        ("GET", "/_matrix/client/v1/auth_metadata"),
    ],
)
async def test_a_client_that_signs_in_while_the_sign_in_service_starts_is_told_to_try_again(
    gateway: Gateway, outage: Conversation | None, method: str, path: str
) -> None:
    await _no_sign_in(gateway, outage)
    answer = await gateway.ask(method, path, **ALICE)
    assert matrix_error(answer, await answer.json()) == SENTENCE


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke", "/oauth2/registration"])
async def test_an_oauth_client_hears_no_oauth_error_in_an_outage_so_that_it_keeps_its_session(
    gateway: Gateway, outage: Conversation | None, path: str
) -> None:
    await _no_sign_in(gateway, outage)
    answer = await gateway.ask("POST", path)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert await answer.json() == {"errcode": "M_UNKNOWN", "message": SENTENCE}


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in?for=x",
        "/account/",
        "/oauth2/authorize?client_id=x",
        f"{V3}/login/sso/redirect?redirectUrl=http://localhost:1/",
    ],
)
async def test_a_browser_gets_a_page_that_reloads_itself_while_the_sign_in_service_starts(
    gateway: Gateway, outage: Conversation | None, path: str
) -> None:
    await _no_sign_in(gateway, outage)
    answer = await gateway.ask("GET", path, **BROWSER)
    assert (answer.status, answer.content_type) == (503, "text/html")
    assert answer.headers["Retry-After"] == answer.headers["Refresh"] == "5"
    text = await answer.text()
    assert "The sign-in service is starting, or it does not answer." in text
    assert "This page loads again by itself in a few seconds." in text
    (style,) = re.findall(r"<style>(.*)</style>", text)
    policy = answer.headers["Content-Security-Policy"]
    assert f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_page_speaks_german_to_a_german_browser(gateway: Gateway) -> None:
    text = await (await gateway.ask("GET", "/sign-in", **GERMAN)).text()
    assert '<html lang="de">' in text
    assert "Der Anmeldedienst startet gerade, oder er antwortet nicht." in text


async def test_a_form_that_the_sign_in_service_did_not_answer_is_not_reloaded(
    gateway: Gateway,
) -> None:
    answer = await gateway.ask("POST", "/sign-in", **BROWSER)
    assert (answer.status, answer.content_type) == (503, "text/html")
    assert "Refresh" not in answer.headers
    assert "Please go back in a moment and try again." in await answer.text()


async def test_once_the_sign_in_service_listens_the_same_request_is_answered(
    gateway: Gateway,
) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    assert (await gateway.ask("GET", f"{V3}/login")).status == 503
    await gateway.behind(gateway.signin, answers)
    assert (await gateway.ask("GET", f"{V3}/login")).status == 200


@pytest.mark.parametrize("path", ["sync", "rooms/!r:example.org/messages?dir=b", "account/whoami"])
async def test_while_synapse_starts_its_clients_get_matrix_errors_even_if_they_prefer_html(
    gateway: Gateway, outage: Conversation | None, path: str
) -> None:
    if outage is not None:
        await gateway.behind(gateway.synapse, outage)
    answer = await gateway.ask("GET", f"{V3}/{path}", **ALICE, **BROWSER)
    assert "try again" in matrix_error(answer, await answer.json())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{V3}/login"),
        ("GET", f"{V3}/sync"),
        ("GET", "/_matrix/client/versions"),
        ("GET", "/.well-known/matrix/client"),
        ("OPTIONS", f"{V3}/login"),
    ],
)
async def test_a_gateway_without_settings_answers_clients_with_matrix_errors(
    gateway: Gateway, method: str, path: str
) -> None:
    gateway.scene.policy.policy = None
    answer = await gateway.ask(method, path, **ALICE)
    assert "try again" in matrix_error(answer, await answer.json())


async def test_a_gateway_without_settings_shows_browsers_a_page(gateway: Gateway) -> None:
    gateway.scene.policy.policy = None
    answer = await gateway.ask("GET", "/sign-in?for=x", **BROWSER)
    assert (answer.status, answer.content_type, answer.headers["Refresh"]) == (
        503,
        "text/html",
        "5",
    )
    token = await gateway.ask("POST", "/oauth2/token")
    assert (token.status, set(json.loads(await token.read()))) == (503, {"errcode", "message"})
