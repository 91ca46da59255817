"""A virus scanner that speaks ICAP (RFC 3507): contents are shown to it as answers of a web server.

INVARIANT: harmless is only what it was sent whole and then called unmodified (204). An answer that
it changed, or that names an infection, is a find. Everything else is an outage, also the very
content sent back: that is how servers pass on what they did not look at.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from vedette.adapters.content_reading import chunks_of
from vedette.ports.errors import Unavailable
from vedette.ports.looking import Kept, Scanned

PORT = 1344
_CONNECT_SECONDS = 5.0
_OPTIONS_SECONDS = 10.0
_SCAN_SECONDS = 300.0
_SENT_SECONDS = 1.0
_LONGEST_HEAD = 32 << 10
_STATUS = re.compile(r"ICAP/1\.[0-9] ([0-9]{3})(?: [^\r\n]*)?")
_HTTP_STATUS = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3})[ \r]")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)")
_TAG = re.compile(r'"?([\x21\x23-\x7e]{1,64})"?')
_THREAT = re.compile(r"Threat=([^;]{1,200})")
_INFECTED = ("x-infection-found", "x-virus-id")
_ASKED = b"GET /content HTTP/1.1\r\nHost: content.invalid\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an ICAP answer; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Icap:
    """The Scanner over the service at `icap://host:port/service`."""

    address: str

    async def version(self) -> str:
        """The service's ISTag, which it changes with its signatures (RFC 3507, 4.7).

        Raises Unavailable.
        """
        async with self._talk(_OPTIONS_SECONDS) as (reader, writer):
            writer.write(self._request("OPTIONS") + b"\r\n")
            return tag_in(await _head(reader))

    async def scan(self, kept: Kept) -> Scanned:
        """Whether something was found in the content. Raises Unavailable."""
        async with self._talk(_SCAN_SECONDS) as (reader, writer):
            sending = asyncio.create_task(self._send(kept, writer))
            try:
                head = await _head(reader)
                verdict = verdict_in(head, await _start_of_body(reader, head))
                if verdict.found is None:
                    await _sent(sending)
                return verdict
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, kept: Kept, writer: asyncio.StreamWriter) -> None:
        told = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
            f"Content-Length: {kept.size}\r\n\r\n"
        ).encode("ascii")
        at, body = len(_ASKED), len(_ASKED) + len(told)
        inside = f"Encapsulated: req-hdr=0, res-hdr={at}, res-body={body}\r\n\r\n"
        writer.write(self._request("RESPMOD") + b"Allow: 204\r\n" + inside.encode())
        writer.write(_ASKED + told)
        async with contextlib.aclosing(chunks_of(kept)) as chunks:
            async for chunk in chunks:
                writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    def _request(self, method: str) -> bytes:
        host = urlsplit(self.address).netloc
        told = f"{method} {self.address} ICAP/1.0\r\nHost: {host}\r\nConnection: close\r\n"
        return told.encode("ascii")

    @contextlib.asynccontextmanager
    async def _talk(
        self, seconds: float
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """One connection, which is there for so many seconds at most. Raises Unavailable."""
        to = urlsplit(self.address)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(to.hostname, to.port or PORT)
        except (OSError, TimeoutError) as fault:
            raise Unavailable(f"the scanner {self.address} does not answer: {fault}") from fault
        try:
            async with asyncio.timeout(seconds):
                yield reader, writer
        except (OSError, TimeoutError) as fault:
            raise Unavailable(f"the scanner {self.address} gave no answer: {fault}") from fault
        finally:
            writer.transport.abort()


async def _sent(sending: asyncio.Task[None]) -> None:
    """Make sure that the content was sent whole. Raises Unavailable, OSError."""
    done, _ = await asyncio.wait({sending}, timeout=_SENT_SECONDS)
    if not done:
        raise Unavailable("the scanner answered before it had the whole content")
    sending.result()


async def _head(reader: asyncio.StreamReader) -> Head:
    try:
        return head_in(await reader.readuntil(b"\r\n\r\n"))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as fault:
        raise Unavailable("the scanner's answer is cut off, or has no end") from fault


async def _start_of_body(reader: asyncio.StreamReader, head: Head) -> bytes:
    """The first line of the web answer that comes back, if one does."""
    if head.status != 200:
        return b""
    with contextlib.suppress(ValueError):  # a line that has no end
        return (await reader.readline())[:200]
    return b""


def head_in(told: bytes) -> Head:
    """An answer's head, up to its blank line. Raises Unavailable."""
    lines = told[:_LONGEST_HEAD].decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    status = _STATUS.fullmatch(lines[0])
    if status is None:
        raise Unavailable(f"what answers is no ICAP server: {lines[0][:80]!r}")
    named = [_HEADER.fullmatch(line) for line in lines[1:]]  # others go on with the one above
    headers = {each[1].lower(): each[2].strip() for each in named if each}
    return Head(int(status[1]), headers)


def tag_in(head: Head) -> str:
    """The ISTag of an answer to OPTIONS. Raises Unavailable."""
    tag = _TAG.fullmatch(head.headers.get("istag", ""))
    if head.status != 200 or tag is None:
        raise Unavailable(f"the scanner offers no such service; it answers {head.status}")
    return tag[1]


def verdict_in(head: Head, body: bytes) -> Scanned:
    """The verdict in an answer to RESPMOD. `body` begins with what comes back of the web answer.

    Raises:
        Unavailable: it is none.
    """
    name = next((head.headers[each] for each in _INFECTED if each in head.headers), None)
    if head.status in (200, 204) and name is not None:
        threat = _THREAT.search(name)
        return Scanned((threat[1] if threat else name)[:200] or "something")
    if head.status == 204:
        return Scanned(None)
    back = _HTTP_STATUS.match(body)
    changed = back is not None and int(back[1]) != 200
    if head.status == 200 and "res-hdr=0" in head.headers.get("encapsulated", "") and changed:
        return Scanned("something")
    raise Unavailable(f"the scanner did not say what the content is; it answers {head.status}")
