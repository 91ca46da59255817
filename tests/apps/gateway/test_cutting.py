"""What is under way when its session ends or is suspended: real connections, a real signed list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.apps.gateway.servers import Servers
from tests.apps.gateway.signed_in import ALICES, BOBS, Office
from tests.apps.gateway_carrier.conftest import RawClient, ScriptedServer, Seen, plain
from tests.apps.scene import Scene
from vedette.adapters.system_clock import SystemClock
from vedette.core.names import ServerName
from vedette.core.sessions import Session, SessionState
from vedette.gateway.app import PublicDoors, SignInService
from vedette.gateway.carrier import Server, Tcp, Upstream, serve
from vedette.gateway.main import follow
from vedette.spine import Spine

SYNC = "/_matrix/client/v3/sync?timeout=30000"
UPLOAD = "/_matrix/media/v3/upload"
LOGOUT = "/_matrix/client/v3/logout"


@dataclass
class Running:
    """The gateway on a port, Synapse and the sign-in service behind it, control beside it."""

    office: Office
    synapse: ScriptedServer = field(default_factory=ScriptedServer)
    signin: ScriptedServer = field(default_factory=ScriptedServer)
    server: Server = field(init=False)
    clients: list[RawClient] = field(default_factory=list)

    async def start(self) -> None:
        await self.synapse.start()
        await self.signin.start()
        scene, clock = Scene(), self.office.clock
        doors = PublicDoors(
            Spine(self.office.streams, scene.audit, scene.incidents, clock),
            scene.files,
            self.office.listed,
            Upstream(Tcp("127.0.0.1", self.synapse.port)),
            ServerName("example.org"),
            lambda _: {},
            SignInService(Upstream(Tcp("127.0.0.1", self.signin.port)), b"matrix.example.org"),
            Servers(scene).door(),
        )
        self.server = await serve(doors.plan, [Tcp("127.0.0.1", 0)])

    async def stop(self) -> None:
        for client in self.clients:
            await client.close()
        await self.server.close(0)
        await self.synapse.stop()
        await self.signin.stop()

    async def client(self) -> RawClient:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.ports[0])
        self.clients.append(RawClient(reader, writer))
        return self.clients[-1]

    def request(
        self, method: str, path: str, session: Session | None, *, body: bytes = b"", more: str = ""
    ) -> bytes:
        shown = f"Authorization: Bearer {self.office.token(session)}\r\n" if session else ""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: evil.example\r\n{shown}{length}{more}\r\n"
        return head.encode() + body

    async def publish(self, *sessions: Session) -> None:
        self.office.publish(*sessions)
        await follow(self.office.streams, self.office.listed, (self.server,))


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    office = Office(tmp_path, SystemClock())
    await office.begin(ALICES, BOBS)
    made = Running(office)
    await made.start()
    yield made
    await made.stop()


async def _never(seen: Seen) -> None:
    """Answer nothing until the other side leaves, as a long-poll does."""
    await seen.reader.read(1)


async def _arrived(server: ScriptedServer, count: int) -> None:
    async with asyncio.timeout(60):
        while len(server.seen) < count:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("end", ["suspended", "waiting", "ended"])
async def test_an_open_long_poll_is_cut_at_once_and_nobody_else_s(
    running: Running, end: str
) -> None:
    running.synapse.script = _never
    alice, bob = await running.client(), await running.client()
    await alice.send(running.request("GET", SYNC, ALICES))
    await bob.send(running.request("GET", SYNC, BOBS))
    await _arrived(running.synapse, 2)
    held = [] if end == "ended" else [replace(ALICES, state=SessionState(end))]
    await running.publish(*held, BOBS)
    assert await alice.rest() == b""
    assert running.server.tags() == {BOBS.id}
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bob.reader.read(1), 0.1)


async def test_a_transfer_is_cut_in_both_directions(running: Running) -> None:
    async def endless(seen: Seen) -> None:
        await seen.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegun")
        await seen.reader.read()

    running.synapse.script = endless
    down, up = await running.client(), await running.client()
    await down.send(running.request("GET", SYNC, ALICES))
    assert (await down.head()).status == 200
    kind = "Content-Type: application/pdf\r\nContent-Length: 500000\r\n"
    await up.send(running.request("POST", UPLOAD, ALICES, more=kind) + b"x" * 1000)
    await _arrived(running.synapse, 2)
    await running.publish(replace(ALICES, state=SessionState.SUSPENDED))
    assert await down.rest() == b"begun"
    await up.rest()  # which comes to an end only where the connection does
    assert running.server.tags() == frozenset()


async def test_a_list_that_changes_nothing_for_a_session_cuts_nothing(running: Running) -> None:
    running.synapse.script = _never
    client = await running.client()
    await client.send(running.request("GET", SYNC, ALICES))
    await _arrived(running.synapse, 1)
    await running.publish(ALICES)
    assert running.server.tags() == {ALICES.id}


async def test_the_answer_to_a_sign_out_arrives_though_it_ends_its_own_session(
    running: Running,
) -> None:
    async def slow(seen: Seen) -> None:
        await seen.body()
        await running.publish(BOBS)
        await asyncio.sleep(0.1)
        await seen.answer(plain(b"{}"))

    running.signin.script = slow
    client = await running.client()
    reply = await client.ask(running.request("POST", LOGOUT, ALICES, body=b"{}"))
    assert (reply.status, reply.body) == (200, b"{}")
    assert running.synapse.seen == []


async def test_the_next_request_on_the_same_connection_is_refused(running: Running) -> None:
    client = await running.client()
    request = running.request("GET", SYNC, ALICES)
    assert (await client.ask(request)).status == 200
    await running.publish(replace(ALICES, state=SessionState.SUSPENDED))
    assert (await client.ask(request)).status == 403
    await running.publish(ALICES)
    assert (await client.ask(request)).status == 200


async def test_the_sign_in_service_is_told_who_asks_and_on_which_host_and_nothing_else(
    running: Running,
) -> None:
    client = await running.client()
    forged = (
        "X-Forwarded-For: 203.0.113.9\r\nX-Vedette-Person: @root:example.org\r\n"
        "X_Vedette_Person: a\r\nUser-Agent: Element/1.12\r\n"
    )
    for method, path in (
        ("GET", "/_matrix/client/v3/login"),
        ("GET", "/sign-in?for=x"),
        ("GET", "/.well-known/openid-configuration"),
    ):
        assert (await client.ask(running.request(method, path, None, more=forged))).status == 200
    for seen in running.signin.seen:
        assert seen.header("host") == ["matrix.example.org"]
        assert seen.header("x-forwarded-for") == ["127.0.0.1"]
        assert seen.header("x-forwarded-proto") == ["http"]
        assert seen.header("user-agent") == ["Element/1.12"]
        assert b"edette" not in seen.head.lower().replace(b"element", b"")
    assert len(running.signin.seen) == 3
    assert running.synapse.seen == []
