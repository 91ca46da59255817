"""The virus scanner ClamAV, over clamd's own protocol (clamd(8), commands VERSION and INSTREAM).

INVARIANT: only the two answers that say whether something was found are a verdict. Every other one,
and none at all, is an outage: clamd says by such words that it did not look.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

from vedette.adapters.content_reading import chunks_of
from vedette.ports.errors import Unavailable
from vedette.ports.looking import Kept, Scanned

_CONNECT_SECONDS = 5.0
_VERSION_SECONDS = 10.0
_SCAN_SECONDS = 300.0
"""clamd itself gives up after its MaxScanTime, two minutes unless it is told otherwise."""
_LONGEST = 1024
_VERDICT = re.compile(rb"stream: (?:OK|([\x21-\x7e][\x20-\x7e]{0,254}) FOUND)\0")
_VERSION = re.compile(rb"(ClamAV [\x20-\x7e]{1,200})\0")


@dataclass(frozen=True, slots=True)
class Clamd:
    """The Scanner over clamd at `unix:/path` or `tcp:host:port`."""

    address: str

    async def version(self) -> str:
        """Its version with the number of its official database, where it has one.

        It says nothing of signatures of one's own beside that. Raises Unavailable.
        """
        async with self._talk(_VERSION_SECONDS) as (reader, writer):
            writer.write(b"zVERSION\0")
            return version_in(await _answer(reader))

    async def scan(self, kept: Kept) -> Scanned:
        """Whether something was found in the content. Raises Unavailable."""
        async with self._talk(_SCAN_SECONDS) as (reader, writer):
            writer.write(b"zINSTREAM\0")
            try:
                await _send(kept, writer)
                return verdict_in(await _answer(reader))
            except ConnectionError as fault:
                raise Unavailable(
                    f"clamd at {self.address} broke off; its StreamMaxLength must not be smaller"
                    f" than this content's {kept.size} bytes"
                ) from fault

    @contextlib.asynccontextmanager
    async def _talk(
        self, seconds: float
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """One connection, which is there for so many seconds at most. Raises Unavailable."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                reader, writer = await self._connect()
        except (OSError, TimeoutError) as fault:
            raise Unavailable(f"clamd at {self.address} does not answer: {fault}") from fault
        try:
            async with asyncio.timeout(seconds):
                yield reader, writer
        except (OSError, TimeoutError) as fault:
            raise Unavailable(f"clamd at {self.address} gave no answer: {fault}") from fault
        finally:
            writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        kind, _, where = self.address.partition(":")
        if kind == "unix":
            return await asyncio.open_unix_connection(where)
        host, _, port = where.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))


async def _send(kept: Kept, writer: asyncio.StreamWriter) -> None:
    """The content in chunks, each after its length; a length of zero is the end."""
    async with contextlib.aclosing(chunks_of(kept)) as chunks:
        async for chunk in chunks:
            writer.write(struct.pack(">I", len(chunk)) + chunk)
            await writer.drain()
    writer.write(struct.pack(">I", 0))
    await writer.drain()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """Everything up to the end of the connection, bounded."""
    data = bytearray()
    while len(data) <= _LONGEST and (more := await reader.read(_LONGEST)):
        data += more
    return bytes(data)


def verdict_in(answer: bytes) -> Scanned:
    """The verdict in clamd's whole answer to INSTREAM. Raises Unavailable: it is none."""
    found = _VERDICT.fullmatch(answer)
    if found is None:
        raise Unavailable(f"clamd did not say what the content is: {_shown(answer)}")
    name = found.group(1)
    return Scanned(None if name is None else name.decode("ascii"))


def version_in(answer: bytes) -> str:
    """The version in clamd's whole answer to VERSION. Raises Unavailable: it is none."""
    found = _VERSION.fullmatch(answer)
    if found is None:
        raise Unavailable(f"clamd did not say its version: {_shown(answer)}")
    return found.group(1).decode("ascii")


def _shown(answer: bytes) -> str:
    return repr(answer[:120].rstrip(b"\0").decode("ascii", "replace")) if answer else "no answer"
