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
_MOST_REMEMBERED = 10_000
_LARGEST_ANSWER = 64 << 10
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(slots=True)
class FederationDiscovery:
    """The Discovery that asks the network. `routes` are fixed by the boot file."""

    routes: Mapping[str, str]
    tls: ssl.SSLContext
    _found: dict[ServerName, tuple[float, Destination]] = field(default_factory=dict)

    async def find(self, server: ServerName) -> Destination:
        """Where `server` is. Raises Unavailable."""
        route = self.routes.get(server)
        if route is not None:
            host, _, port = route.rpartition(":")
            return Destination(host.strip("[]"), int(port), server.host.strip("[]"), server)
        remembered = self._found.get(server)
        if remembered is not None and remembered[0] > time.monotonic():
            return remembered[1]
        found = await self._look_up(server)
        if len(self._found) >= _MOST_REMEMBERED:
            self._found.clear()
        self._found[server] = (time.monotonic() + _REMEMBERED_SECONDS, found)
        return found

    async def _look_up(self, server: ServerName) -> Destination:
        delegated = server
        if server.port is None and not _is_literal(server.host):
            delegated = await self._delegated(server) or server
        address = await self._outside(delegated.host)
        return Destination(address, delegated.port or _PORT, delegated.host.strip("[]"), delegated)

    async def _outside(self, host: str) -> str:
        """The address to connect to: connecting by address leaves no room for rebinding."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
        except OSError as fault:
            raise Unavailable(f"`{host}` has no address: {fault}") from fault
        for *_, address in found:
            if ipaddress.ip_address(address[0]).is_global:
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
