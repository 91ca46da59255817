"""Fetching the signing keys that another server publishes, from that server itself.

It is found and spoken to exactly as by the door out: the same discovery, the same fixed routes, the
same trust in certificates, the same pins. No redirects, no notaries.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import httptools

from vedette.core.names import ServerName
from vedette.ports.discovery import Destination, Discovery, Target, Trust
from vedette.ports.errors import Unavailable
from vedette.protocol.certificates import CertificateFault, pin_of

_PATH = "/_matrix/key/v2/server"
_LARGEST_ANSWER = 64 << 10
_LARGEST_READ = 2 * _LARGEST_ANSWER
"""With its head and, where it is chunked, what lies between the pieces."""
_SECONDS = 10.0
_CONNECT_SECONDS = 4.0
"""For one address, so that there is time for another."""
_MOST_TARGETS = 4


@dataclass(frozen=True, slots=True)
class FederationKeys:
    """The KeyServer that asks the network. `contexts` raises Unavailable where trust has no form."""

    discovery: Discovery
    contexts: Callable[[Trust], ssl.SSLContext]

    async def published(self, server: ServerName, trust: Trust) -> bytes:
        """What the server answers, of at most 64 KiB and within ten seconds. Raises Unavailable."""
        try:
            async with asyncio.timeout(_SECONDS):
                found = await self.discovery.find(server, trust)
                return await self._first(server, found, trust)
        except TimeoutError:
            raise Unavailable(f"`{server}` did not publish its keys in time") from None

    async def _first(self, server: ServerName, found: Destination, trust: Trust) -> bytes:
        """The answer of the first address that can be reached. Raises Unavailable."""
        tls, why = self.contexts(trust), "it has no address"
        for target in found.targets[:_MOST_TARGETS]:
            try:
                return await _asked(target, found, trust, tls)
            except (OSError, EOFError, ValueError, httptools.HttpParserError) as fault:
                why = str(fault)
        raise Unavailable(f"`{server}` did not publish its keys: {why}")


async def _asked(target: Target, found: Destination, trust: Trust, tls: ssl.SSLContext) -> bytes:
    """One connection, one question. Nothing is said before the server has shown a pinned key."""
    async with asyncio.timeout(_CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(
            target.host, target.port, ssl=tls, server_hostname=found.tls_name
        )
    try:
        if trust.pins and _pin_shown(writer) not in trust.pins:
            raise ValueError("its TLS key is none of those pinned")
        head = f"GET {_PATH} HTTP/1.1\r\nHost: {found.http_host}\r\n"
        writer.write(f"{head}Accept: application/json\r\nConnection: close\r\n\r\n".encode())
        return await _answer(reader)
    finally:
        writer.transport.abort()


def _pin_shown(writer: asyncio.StreamWriter) -> bytes | None:
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True)
    try:
        return pin_of(certificate) if certificate is not None else None
    except CertificateFault:
        return None


@dataclass(slots=True)
class _Answer:
    """Takes what the parser finds."""

    body: bytearray = field(default_factory=bytearray)
    whole: bool = False

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.whole = True


async def _answer(reader: asyncio.StreamReader) -> bytes:
    answer, read = _Answer(), 0
    parser = httptools.HttpResponseParser(answer)
    while not answer.whole:
        data = await reader.read(16 << 10)
        read += len(data)
        if not data:
            raise EOFError("its answer is cut off")
        if read > _LARGEST_READ or len(answer.body) > _LARGEST_ANSWER:
            raise ValueError("its answer is too long")
        parser.feed_data(data)
    if parser.get_status_code() != 200:
        raise ValueError(f"it answered {parser.get_status_code()}")
    if len(answer.body) > _LARGEST_ANSWER:
        raise ValueError("its answer is too long")
    return bytes(answer.body)
