"""Finding other servers: fixed routes, literal addresses, `.well-known`, and port 8448.

Steps 1, 2, 3 and 6 of the specification's "Resolving server names"; SRV records (4, 5) are not
looked up. Nothing but a fixed route may lead to a private or loopback address: who controls a name
must not choose which of our own machines is talked to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

from vedette.core.names import InvalidName, ServerName
from vedette.ports.discovery import Destination
from vedette.ports.errors import Unavailable

_PORT = 8448
_REMEMBERED_SECONDS = 3600.0
_MISSED_SECONDS = 30.0
"""How long a server that was not found is not looked for again."""
_NAMING_SECONDS = 10.0
_MOST_REMEMBERED = 10_000
_LARGEST_ANSWER = 64 << 10
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(slots=True)
class FederationDiscovery:
    """The Discovery that asks the network. `routes` are fixed by the boot file."""

    routes: Mapping[str, str]
    tls: ssl.SSLContext
    _found: dict[ServerName, tuple[float, Destination | str]] = field(default_factory=dict)
    """Where each server is, or why it was not found, and until when that is believed."""

    async def find(self, server: ServerName) -> Destination:
        """Where `server` is. Raises Unavailable."""
        route = self.routes.get(server)
        if route is not None:
            host, _, port = route.rpartition(":")
            return Destination(host.strip("[]"), int(port), server.host.strip("[]"), server)
        remembered = self._found.get(server)
        if remembered is None or remembered[0] <= time.monotonic():
            remembered = await self._asked(server)
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            self._found[server] = remembered
        if isinstance(remembered[1], str):
            raise Unavailable(remembered[1])
        return remembered[1]

    async def _asked(self, server: ServerName) -> tuple[float, Destination | str]:
        try:
            return time.monotonic() + _REMEMBERED_SECONDS, await self._look_up(server)
        except Unavailable as outage:
            return time.monotonic() + _MISSED_SECONDS, str(outage)

    async def _look_up(self, server: ServerName) -> Destination:
        delegated = server
        if server.port is None and not _is_literal(server.host):
            delegated = await self._delegated(server) or server
        address = await self._outside(delegated.host)
        return Destination(address, delegated.port or _PORT, delegated.host.strip("[]"), delegated)

    async def _outside(self, host: str) -> str:
        """The address to connect to: connecting by address leaves no room for rebinding."""
        loop = asyncio.get_running_loop()
        asked = loop.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
        try:
            found = await asyncio.wait_for(asked, _NAMING_SECONDS)
        except (OSError, UnicodeError) as fault:  # TimeoutError is an OSError
            raise Unavailable(f"`{host}` has no address: {fault}") from fault
        for *_, address in found:
            if is_outside(str(address[0])):
                return str(address[0])
        raise Unavailable(f"`{host}` is at an inside address; give it a route in the boot file")

    async def _delegated(self, server: ServerName) -> ServerName | None:
        address = await self._outside(server.host)
        host = f"[{address}]" if ":" in address else address
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.get(
                    f"https://{host}/.well-known/matrix/server",
                    ssl=self.tls,
                    server_hostname=server.host,
                    headers={"Host": server.host},
                    allow_redirects=False,
                ) as answer,
            ):
                if answer.status != 200:
                    return None
                data = await answer.content.read(_LARGEST_ANSWER)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        return _named(data)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")


def is_outside(address: str) -> bool:
    """Whether a literal address lies on the public Internet.

    An IPv6 address that carries an IPv4 address (RFC 4291 2.5.5, 6052, 3056, 4380) is as good as
    the one that it carries: a gateway on the way would unpack it.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed.is_global and not parsed.is_multicast
    carried = _carried(parsed)
    if carried:
        return all(is_outside(str(each)) for each in carried)
    return parsed in _UNICAST and parsed.is_global


def _carried(address: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses within."""
    if address in _NAT64 or address.packed[:12] == bytes(12):
        return (ipaddress.IPv4Address(address.packed[12:]),)
    if address.teredo is not None:
        return address.teredo
    single = address.ipv4_mapped or address.sixtofour
    return (single,) if single is not None else ()


def _named(data: bytes) -> ServerName | None:
    try:
        return ServerName(str(json.loads(data)["m.server"]))
    except (ValueError, KeyError, TypeError, InvalidName):
        return None


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
