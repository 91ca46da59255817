"""Raw requests, byte for byte: over TLS to a gateway's public port, or over its inner Unix socket."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ANSWER_SECONDS = 60.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: status, header fields by lower-case name, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


@asynccontextmanager
async def tls(address: str, ca_file: Path) -> AsyncIterator[Streams]:
    """A TLS connection to `host:port`."""
    host, _, port = address.rpartition(":")
    context = ssl.create_default_context(cafile=str(ca_file))
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@asynccontextmanager
async def unix(path: Path) -> AsyncIterator[Streams]:
    """A connection to a Unix socket."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def reply(reader: asyncio.StreamReader) -> Reply:
    """Read one answer. Raises IncompleteReadError where the connection ends before it is whole."""
    async with asyncio.timeout(ANSWER_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        if "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            body = await _chunks(reader)
        else:
            body = b""
    return Reply(int(status.split(" ")[1]), headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).strip(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


async def ask(address: str, ca_file: Path, data: bytes) -> Reply:
    """Send these bytes over a fresh TLS connection and return the answer."""
    async with tls(address, ca_file) as (reader, writer):
        writer.write(data)
        await writer.drain()
        return await reply(reader)


async def ask_unix(path: Path, data: bytes) -> Reply:
    """Send these bytes over a fresh connection to a Unix socket and return the answer."""
    async with unix(path) as (reader, writer):
        writer.write(data)
        await writer.drain()
        return await reply(reader)
