"""The carrier: HTTP/1.1 in, a plan asked, HTTP/1.1 out.

`serve` listens and returns a `Server`. What a request may do is the plan's affair
(`vedette.gateway.plan`); how it travels is decided here and in the modules beside.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence

from vedette.gateway.behind import Behind, PrefacedListener
from vedette.gateway.downstream import ClientConnection
from vedette.gateway.plan import (
    FEDERATION_FORM,
    ORIGIN_FORM,
    Action,
    Address,
    Answer,
    Collect,
    Dialect,
    Forward,
    Head,
    Limits,
    Peer,
    Plan,
    Tagged,
    Tcp,
    TlsFacts,
    Unix,
    Upstream,
)
from vedette.gateway.tls import ServerTls
from vedette.gateway.upstream import Pool

__all__ = [
    "FEDERATION_FORM",
    "ORIGIN_FORM",
    "Action",
    "Address",
    "Answer",
    "Behind",
    "Carrier",
    "Collect",
    "Dialect",
    "Forward",
    "Head",
    "Limits",
    "Peer",
    "Plan",
    "Server",
    "ServerTls",
    "Tagged",
    "Tcp",
    "TlsFacts",
    "Unix",
    "Upstream",
    "serve",
]

_BACKLOG = 1024
_TLS_SECONDS = 5.0


class Carrier:
    """What the connections of one server share."""

    __slots__ = ("_clients", "_last", "_left", "_per_address", "_pools", "limits", "loop", "plan")

    def __init__(self, plan: Plan, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        """Carry as `plan` says within `limits`."""
        self.plan = plan
        self.limits = limits
        self.loop = loop
        self._clients: set[ClientConnection] = set()
        self._left = asyncio.Event()
        self._per_address: dict[str, int] = {}
        self._pools: dict[Upstream, Pool] = {}
        self._last: tuple[Upstream, Pool] | None = None

    def pool(self, forward: Forward) -> Pool:
        """Return the pool for the server that `forward` names."""
        upstream = forward.upstream
        # Nearly all requests go to one server: don't hash its whole description each time.
        if self._last is not None and self._last[0] is upstream:
            return self._last[1]
        pool = self._pools.get(upstream)
        if pool is None:
            pool = self._pools[upstream] = Pool(upstream, self.limits.buffer_bytes, self.loop)
        self._last = (upstream, pool)
        return pool

    def admit(self, client: ClientConnection, host: str) -> bool:
        """Count `client` in; return whether there is room for it.

        MUST be followed by one `release`, whatever the answer.
        """
        self._clients.add(client)
        count = self._per_address[host] = self._per_address.get(host, 0) + 1
        # Unix sockets have no address, and nobody shares one who is not trusted to.
        crowded = self.limits.per_address is not None and host and count > self.limits.per_address
        return not crowded and len(self._clients) <= self.limits.connections

    def release(self, client: ClientConnection, host: str) -> None:
        """Count `client` out."""
        if client not in self._clients:
            return
        self._clients.discard(client)
        self._left.set()
        count = self._per_address[host] - 1
        if count:
            self._per_address[host] = count
        else:
            del self._per_address[host]

    async def emptied(self) -> None:
        """Return when no client is connected."""
        while self._clients:
            self._left.clear()
            await self._left.wait()

    @property
    def clients(self) -> Sequence[ClientConnection]:
        """The open connections, as a list that may be walked while they close."""
        return list(self._clients)

    def sweep(self) -> None:
        """Act on all that is overdue."""
        now = self.loop.time()
        for client in self.clients:
            client.check(now)
        for upstream, pool in list(self._pools.items()):
            if pool.sweep(now):
                del self._pools[upstream]
                self._last = None

    def close_pools(self) -> None:
        """Close the idle connections to servers."""
        for pool in self._pools.values():
            pool.close()


class Server:
    """A running carrier."""

    def __init__(self, carrier: Carrier) -> None:
        """Begin the sweep; listeners are added by `serve`."""
        self._carrier = carrier
        self._listeners: list[asyncio.Server | PrefacedListener] = []
        self._sweeper = carrier.loop.create_task(self._sweep())

    def add(self, listener: asyncio.Server | PrefacedListener) -> None:
        """Close `listener` with the server."""
        self._listeners.append(listener)

    @property
    def ports(self) -> list[int]:
        """The TCP ports in order of the addresses; a name may stand for several."""
        sockets = [socket for listener in self._listeners for socket in listener.sockets]
        names = [socket.getsockname() for socket in sockets]
        return [name[1] for name in names if isinstance(name, tuple)]

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._carrier.clients)

    def tags(self) -> frozenset[str]:
        """The tags of all exchanges under way."""
        return frozenset(tag for client in self._carrier.clients if (tag := client.tag) is not None)

    def cut(self, tags: Iterable[str]) -> int:
        """Break off every exchange whose tag is in `tags`; return how many there were."""
        wanted = frozenset(tags)
        return sum([client.cut(wanted) for client in self._carrier.clients])

    async def close(self, grace_seconds: float = 10.0) -> None:
        """Stop listening, let answers under way end, cut off what lasts longer."""
        for listener in self._listeners:
            listener.close()
        for client in self._carrier.clients:
            client.retire()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._carrier.emptied()
        for client in self._carrier.clients:
            client.abort()
        self._sweeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._sweeper
        self._carrier.close_pools()
        await asyncio.sleep(0)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._carrier.limits.sweep_seconds)
            self._carrier.sweep()


async def serve(
    plan: Plan,
    addresses: Sequence[Address],
    *,
    tls: ServerTls | None = None,
    limits: Limits | None = None,
    behind: Behind | None = None,
    dialect: Dialect = ORIGIN_FORM,
) -> Server:
    """Listen on `addresses` and carry what comes as `plan` says.

    `tls` ends TLS here. `behind` expects the PROXY protocol on every TCP connection,
    before TLS. `dialect` is the form of the request targets: `FEDERATION_FORM` for
    the door through which a homeserver's own requests leave.

    Raises:
        OSError: an address can't be listened on.
    """
    loop = asyncio.get_running_loop()
    carrier = Carrier(plan, limits or Limits(), loop)
    server = Server(carrier)
    listening = False
    try:
        for address in addresses:
            server.add(await _listen(carrier, address, tls, behind, dialect))
        listening = True
    finally:
        if not listening:
            await server.close(0)
    if tls is not None:
        tls.watch(loop)
    return server


async def _listen(
    carrier: Carrier,
    address: Address,
    tls: ServerTls | None,
    behind: Behind | None,
    dialect: Dialect,
) -> "asyncio.Server | PrefacedListener":
    def make(peer: Peer | None = None) -> ClientConnection:
        return ClientConnection(carrier, dialect, peer)

    context = None if tls is None else tls.context
    if isinstance(address, Tcp) and behind is not None:
        listener = PrefacedListener(make, behind, context, carrier.limits.head_seconds)
        await listener.open(address)
        return listener
    loop = carrier.loop
    handshake = None if tls is None else carrier.limits.head_seconds
    shutdown = None if tls is None else _TLS_SECONDS
    if isinstance(address, Tcp):
        return await loop.create_server(
            make,
            address.host,
            address.port,
            ssl=context,
            backlog=_BACKLOG,
            ssl_handshake_timeout=handshake,
            ssl_shutdown_timeout=shutdown,
        )
    return await loop.create_unix_server(
        make,
        address.path,
        ssl=context,
        backlog=_BACKLOG,
        ssl_handshake_timeout=handshake,
        ssl_shutdown_timeout=shutdown,
    )
