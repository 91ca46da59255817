"""A carrier between raw sockets: a scripted server behind it, bytes in front of it."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
import uvloop

from vedette.gateway.carrier import Forward, Head, Limits, Plan, Server, Tcp, Upstream, serve

SECONDS = 60.0
"""How long a test waits for bytes that must come."""

Script = Callable[["Seen"], Awaitable[None]]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every test on the loop of production and on the one it falls back to."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


async def until(true: Callable[[], bool]) -> None:
    """Return once it is true."""
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(0.01)


@dataclass
class Seen:
    """One request as the server behind got it, byte for byte, and the way to answer."""

    head: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int

    def header(self, name: str) -> list[str]:
        found = re.findall(rf"(?im)^{name}: (.*)\r$", self.head.decode("latin-1"))
        return [str(value) for value in found]

    async def body(self) -> bytes:
        if self.header("transfer-encoding"):
            return await read_chunked(self.reader)
        lengths = self.header("content-length")
        return await self.reader.readexactly(int(lengths[0])) if lengths else b""

    async def answer(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


async def read_chunked(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = int((await reader.readline()).strip(), 16)
        body += await reader.readexactly(size)
        assert await reader.readexactly(2) == b"\r\n"
        if size == 0:
            return body


def plain(body: bytes = b"{}", status: str = "200 OK", extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s" % (
        status.encode(),
        extra,
        len(body),
        body,
    )


class ScriptedServer:
    """A real server that runs one script per request and remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.script: Script = self.echo
        self.lost = asyncio.Event()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self.open):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    async def echo(self, seen: Seen) -> None:
        await seen.answer(plain(await seen.body()))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                seen = Seen(head, reader, writer, len(self.seen))
                self.seen.append(seen)
                await self.script(seen)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.lost.set()
            self.open.discard(writer)
            writer.close()


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes


@dataclass
class RawClient:
    """A client that writes bytes and reads answers strictly."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> Reply:
        async with asyncio.timeout(SECONDS):
            raw = await self.reader.readuntil(b"\r\n\r\n")
        first, *rest = raw[:-4].decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in rest)
        return Reply(int(first.split(" ")[1]), headers, b"", raw)

    async def reply(self, *, bodiless: bool = False) -> Reply:
        reply = await self.head()
        async with asyncio.timeout(SECONDS):
            if bodiless or reply.status in (204, 304):
                pass
            elif reply.headers.get("transfer-encoding") == "chunked":
                reply.body = await read_chunked(self.reader)
            else:
                reply.body = await self.reader.readexactly(int(reply.headers["content-length"]))
        return reply

    async def ask(self, data: bytes) -> Reply:
        await self.send(data)
        return await self.reply()

    async def rest(self) -> bytes:
        """Return what comes until the carrier closes."""
        async with asyncio.timeout(SECONDS):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    async def close(self) -> None:
        self.writer.transport.abort()
        await asyncio.sleep(0)


@dataclass
class Door:
    """A running carrier, the server behind it, and what its plan was asked."""

    behind: ScriptedServer
    heads: list[Head] = field(default_factory=list)
    servers: list[Server] = field(default_factory=list)
    clients: list[RawClient] = field(default_factory=list)
    body_limit: int | None = None

    def upstream(self, **options: Any) -> Upstream:
        return Upstream(Tcp("127.0.0.1", self.behind.port), **options)

    async def open(self, plan: Plan | None = None, **options: Any) -> int:
        """Start a carrier and return its port."""
        upstream = self.upstream()

        def forward(head: Head) -> Forward:
            self.heads.append(head)
            return Forward(upstream, self.body_limit)

        options.setdefault("limits", Limits(sweep_seconds=0.05))
        server = await serve(plan or forward, [Tcp("127.0.0.1", 0)], **options)
        self.servers.append(server)
        return server.ports[0]

    async def client(self, port: int | None = None, tls: ssl.SSLContext | None = None) -> RawClient:
        port = port or self.servers[0].ports[0]
        name = "localhost" if tls is not None else None
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname=name
        )
        client = RawClient(reader, writer)
        self.clients.append(client)
        return client


@pytest_asyncio.fixture
async def door() -> AsyncIterator[Door]:
    behind = ScriptedServer()
    await behind.start()
    made = Door(behind)
    yield made
    for client in made.clients:
        await client.close()
    for server in made.servers:
        await server.close(0)
    await behind.stop()
