"""Fetching `/.well-known/matrix/server`, redirects included, and never from inside."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from yarl import URL

from vedette.core.names import ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.names import Names
from vedette.protocol.addresses import is_outside, literal
from vedette.protocol.matrix.well_known import (
    LARGEST_ANSWER,
    MOST_REDIRECTS,
    Hop,
    WellKnownFault,
    believed_for,
    first_hop,
    next_hop,
    parse_delegation,
)

_SECONDS = 20.0
_TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
_MOST_ATTEMPTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "Vedette",
}


@dataclass(frozen=True, slots=True)
class Delegation:
    """The server that a name is delegated to, and how many seconds that is believed."""

    server: ServerName
    seconds: float


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WellKnown:
    """Fetches the document. Another port, and another `outside`, are for tests alone."""

    names: Names
    port: int = 443
    outside: Callable[[str], bool] = is_outside
    """Which addresses may be dialled."""

    async def fetch(self, host: str, tls: ssl.SSLContext) -> Delegation:
        """What `host` says.

        Raises:
            WellKnownFault: it answered, and said nothing that can be used.
            Unavailable: it did not answer, or lies inside.
        """
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._follow(first_hop(host), tls)
        except TimeoutError:
            raise Unavailable("no answer in time") from None

    async def _follow(self, hop: Hop, tls: ssl.SSLContext) -> Delegation:
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._ask(hop, tls)
            if answer.status in _REDIRECTS:
                hop = next_hop(hop, answer.headers.get("location", ""))
            elif answer.status == 200:
                return Delegation(parse_delegation(answer.body), believed_for(answer.headers))
            elif answer.status >= 500:
                raise Unavailable(f"`{hop.url}` answers {answer.status}")
            else:
                raise WellKnownFault(f"`{hop.url}` answers {answer.status}")
        raise WellKnownFault(f"more than {MOST_REDIRECTS} redirects")

    async def _ask(self, hop: Hop, tls: ssl.SSLContext) -> _Answer:
        """The answer of the first address that can be reached. Raises Unavailable."""
        why: Exception | None = None
        for address in (await self._outside(hop.host.host))[:_MOST_ATTEMPTS]:
            try:
                return await self._get(hop, address, tls)
            except (aiohttp.ClientError, TimeoutError, OSError) as fault:
                why = fault
        raise Unavailable(f"`{hop.url}`: {why or 'no address'}")

    async def _outside(self, host: str) -> list[str]:
        address = literal(host)
        found = (address,) if address else (await self.names.addresses(host)).found
        outside = [each for each in found if self.outside(each)]
        if found and not outside:
            raise Unavailable(f"`{host}` is at an inside address")
        return outside

    async def _get(self, hop: Hop, address: str, tls: ssl.SSLContext) -> _Answer:
        """Ask one address: the one that was looked at, so that no other can take its place."""
        at = f"[{address}]" if ":" in address else address
        port = self.port if hop.port == 443 else hop.port
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(
                URL(f"https://{at}:{port}{hop.target}", encoded=True),
                ssl=tls,
                server_hostname=tls_name(hop.host),
                headers={"Host": hop.http_host, **_HEADERS},
                allow_redirects=False,
            ) as answer,
        ):
            body = await _read(answer) if answer.status == 200 else b""
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return _Answer(answer.status, headers, body)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The body, and of a too large one just more than is taken."""
    body = b""
    async for piece in answer.content.iter_chunked(16 << 10):
        body += piece
        if len(body) > LARGEST_ANSWER:
            break
    return body


def tls_name(server: ServerName) -> str:
    """The name that a certificate must have: without port, brackets and closing dot."""
    return server.host.strip("[]").rstrip(".")
