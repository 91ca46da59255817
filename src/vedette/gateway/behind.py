"""Listening behind a load balancer that speaks the PROXY protocol.

The header comes before TLS, so it is read from the bare socket, to the byte, and only
then does the socket become a connection.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from ssl import SSLContext
from typing import Any

from vedette.gateway.plan import Peer, Tcp
from vedette.protocol.http.proxy_protocol import (
    NeedMore,
    Network,
    ProxyFault,
    ProxyHeader,
    is_trusted,
    parse_proxy_header,
)

_PEEK_BYTES = 4096
_BACKLOG = 1024
_TLS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Behind:
    """Which senders may speak for others; every other connection is closed unread."""

    trusted: tuple[Network, ...]

    @classmethod
    def of(cls, *networks: str) -> "Behind":
        """Return `networks`, written like `10.0.0.0/8`.

        Raises:
            ValueError: one is no network.
        """
        return cls(tuple(ip_network(network) for network in networks))


class PrefacedListener:
    """A listener whose connections begin with a PROXY header."""

    def __init__(
        self,
        make: Callable[[Peer | None], asyncio.Protocol],
        behind: Behind,
        tls: SSLContext | None,
        head_seconds: float,
    ) -> None:
        """Have `make` build the protocol for whoever the header names."""
        self._make = make
        self._behind = behind
        self._tls = tls
        self._head_seconds = head_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self.sockets: Sequence[socket.socket] = ()

    async def open(self, address: Tcp) -> None:
        """Begin to accept.

        Raises:
            OSError: the address can't be listened on.
        """
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        listener = socket.create_server(
            (address.host, address.port), family=family, backlog=_BACKLOG
        )
        listener.setblocking(False)
        self.sockets = (listener,)
        self._start(self._accept(listener))

    def close(self) -> None:
        """Stop accepting; connections that are made stay."""
        for task in self._tasks:
            task.cancel()
        for listener in self.sockets:
            listener.close()
        self.sockets = ()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError:
                # Out of descriptors, or the peer left already: the next one may do better.
                await asyncio.sleep(0.1)
                continue
            connection.setblocking(False)
            self._start(self._welcome(connection))

    async def _welcome(self, connection: socket.socket) -> None:
        """Read the header, then hand the connection over; close it where that fails."""
        handed = False
        try:
            with contextlib.suppress(OSError):
                async with asyncio.timeout(self._head_seconds):
                    header = await self._read_header(connection)
                if header is not None:
                    await self._hand_over(connection, header)
                    handed = True
        finally:
            if not handed:
                connection.close()

    async def _read_header(self, connection: socket.socket) -> ProxyHeader | None:
        """Return the header, taking no byte beyond it off the socket."""
        if not is_trusted(connection.getpeername()[0], self._behind.trusted):
            return None
        seen = b""
        while True:
            await _readable(connection)
            fresh = connection.recv(_PEEK_BYTES, socket.MSG_PEEK)
            header = parse_proxy_header(seen + fresh)
            if isinstance(header, ProxyFault) or not fresh:
                return None
            if isinstance(header, NeedMore):
                # All of it belongs to the header: take it, or the socket stays readable.
                seen += connection.recv(len(fresh))
                continue
            connection.recv(header.length - len(seen))
            return header

    async def _hand_over(self, connection: socket.socket, header: ProxyHeader) -> None:
        peer = None if header.host is None else Peer(header.host, header.port)
        secure = self._tls is not None
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: self._make(peer),
            connection,
            ssl=self._tls,
            ssl_handshake_timeout=self._head_seconds if secure else None,
            ssl_shutdown_timeout=_TLS_SECONDS if secure else None,
        )


async def _readable(connection: socket.socket) -> None:
    """Return when `connection` has bytes or its end."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(connection, _set, ready)
    try:
        await ready
    finally:
        loop.remove_reader(connection)


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
