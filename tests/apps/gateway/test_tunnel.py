"""The way out for pushes: to listed addresses, untouched, and to nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests.apps.scene import DOCUMENT, Scene, policy_of
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.gateway.tunnel import PushTunnel

LISTED = "https://push.example.org/_matrix/push/v1/notify"
CONNECT = b"CONNECT %s HTTP/1.0\r\nhost: x\r\n\r\n"


@dataclass
class Place:
    """A push gateway that answers what it is sent in upper case, and the tunnel before it."""

    scene: Scene
    port: int = 0
    tunnel_port: int = 0
    calls: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        while data := await reader.read(1000):
            writer.write(data.upper())
            await writer.drain()
        self.ended.set()
        writer.close()

    async def ask(self, head: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.tunnel_port)
        writer.write(head)
        return reader, writer

    async def answer(self, head: bytes) -> bytes:
        reader, writer = await self.ask(head)
        said = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        return said

    def answers(self) -> list[tuple[str, str | None]]:
        return [(decision.verdict.value, ask.where) for ask, _, decision in self.scene.audit.kept]


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    made = Place(Scene())
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    document = DOCUMENT.replace(LISTED, f"https://127.0.0.1:{made.port}/push")
    made.scene.policy = MemoryPolicy(policy_of(document))
    tunnel = PushTunnel(made.scene.spine)
    await tunnel.listen("127.0.0.1:0")
    assert tunnel._server is not None
    made.tunnel_port = tunnel._server.sockets[0].getsockname()[1]
    yield made
    await tunnel.close()
    server.close()


async def test_what_is_sent_to_a_listed_address_arrives_untouched_both_ways(place: Place) -> None:
    reader, writer = await place.ask(CONNECT % b"127.0.0.1:%d" % place.port)
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connected\r\n\r\n"
    writer.write(b"a push\r\n\x00")
    assert await reader.readexactly(9) == b"A PUSH\r\n\x00"
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 60) == b""
    await asyncio.wait_for(place.ended.wait(), 60)
    writer.close()
    assert place.answers() == [("yes", f"127.0.0.1:{place.port}")]


@pytest.mark.parametrize(
    "target",
    [
        b"127.0.0.1:%(other)d", b"localhost:%(port)d", b"127.0.0.1:443", b"127.0.0.1", b"127.0.0.1:",
        b"127.0.0.1:0x50", b"127.0.0.1:%(port)d/push", b"u@127.0.0.1:%(port)d", b"127.0.0.1.:%(port)d",
        b"[::ffff:127.0.0.1]:%(port)d", b"acme.example:8448", b"169.254.169.254:80",
    ],
)  # fmt: skip
async def test_every_other_address_is_refused_and_recorded(place: Place, target: bytes) -> None:
    wanted = target % {b"port": place.port, b"other": place.port + 1}
    said = await place.answer(CONNECT % wanted)
    assert said.startswith(b"HTTP/1.1 403 ")
    assert [verdict for verdict, _ in place.answers()] == ["no"]
    assert place.calls == 0


@pytest.mark.parametrize(
    "head",
    [
        b"GET http://127.0.0.1:%d/push HTTP/1.1\r\n\r\n",
        b"POST /push HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
        b"connect 127.0.0.1:%d HTTP/1.1\r\n\r\n",
        b"CONNECT  127.0.0.1:%d HTTP/1.1\r\n\r\n",
        b"\r\nCONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_connect_reaches_nobody(place: Place, head: bytes) -> None:
    assert (await place.answer(head % place.port)).startswith(b"HTTP/1.1 403 ")
    assert place.calls == 0


async def test_an_endless_head_is_cut_off(place: Place) -> None:
    said = await place.answer(b"CONNECT " + b"a" * 9000)
    assert said == b""
    assert place.calls == 0


async def test_a_rule_change_closes_the_way_at_once(place: Place) -> None:
    place.scene.policy.policy = policy_of(DOCUMENT)
    said = await place.answer(CONNECT % b"127.0.0.1:%d" % place.port)
    assert said.startswith(b"HTTP/1.1 403 ")


async def test_nothing_leaves_when_it_can_not_be_recorded(place: Place) -> None:
    place.scene.audit.full = True
    said = await place.answer(CONNECT % b"127.0.0.1:%d" % place.port)
    assert said.startswith(b"HTTP/1.1 403 ")
    assert place.calls == 0


async def test_closing_the_tunnel_cuts_what_is_under_way(place: Place) -> None:
    tunnel = PushTunnel(place.scene.spine)
    await tunnel.listen("127.0.0.1:0")
    assert tunnel._server is not None
    place.tunnel_port = tunnel._server.sockets[0].getsockname()[1]
    reader, writer = await place.ask(CONNECT % b"127.0.0.1:%d" % place.port)
    await reader.readuntil(b"\r\n\r\n")
    await tunnel.close()
    assert await asyncio.wait_for(reader.read(), 60) == b""
    writer.close()
