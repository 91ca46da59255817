"""Connections to the servers behind, and the pools that keep them.

A connection carries one exchange at a time and goes back to its pool only when both
messages are whole and the server said nothing beyond them.
"""

import asyncio
import ssl
from typing import Protocol, cast

from vedette.gateway.plan import Address, Tcp, Upstream
from vedette.gateway.reading import NotHttpError, RawAnswer, ResponseReader
from vedette.protocol.certificates import CertificateFault, pin_of, spell_pin

_SHUNNED_SECONDS = 60.0
"""How long an address that could not be reached is tried after its others."""


class WrongKeyError(OSError):
    """The server shows a valid certificate, but no key that is pinned; `shown` is that key's pin."""

    def __init__(self, shown: str) -> None:
        super().__init__(f"the server shows the key `{shown}`, which is not one of those pinned")
        self.shown = shown


class Receiver(Protocol):
    """Who is told what a server answers."""

    def response_head(self, answer: RawAnswer) -> bool:
        """Take the final answer's head; return whether its body ends with the connection."""

    def response_body(self, data: bytes) -> None:
        """Take a piece of its body."""

    def request_is_sent(self) -> bool:
        """Say whether the whole request was sent, so that the connection is in order."""

    def response_end(self) -> None:
        """The answer is whole; the connection is no longer this receiver's."""

    def upstream_lost(self, why: str) -> None:
        """The connection is gone before the answer was whole."""

    def upstream_full(self) -> None:
        """Stop sending."""

    def upstream_drained(self) -> None:
        """Go on sending."""

    def flush(self) -> None:
        """All that came in one piece was told."""


class UpstreamConnection(asyncio.Protocol):
    """One connection to a server."""

    __slots__ = (
        "_answering",
        "_ends_with_connection",
        "_got",
        "_head_only",
        "_paused",
        "_pool",
        "_reader",
        "_receiver",
        "_reusable",
        "closed",
        "idle_since",
        "transport",
        "used",
    )

    def __init__(self, pool: "Pool") -> None:
        """Belong to `pool`."""
        self._pool = pool
        self._reader = ResponseReader()
        self._receiver: Receiver | None = None
        self._head_only = False
        self._answering = False
        self._ends_with_connection = False
        self._reusable = True
        self._paused = False
        self._got = False
        self.closed = False
        self.used = 0
        """How many exchanges it carried before."""
        self.idle_since = 0.0

    def begin(self, receiver: Receiver, *, head_only: bool) -> None:
        """Give the next exchange to `receiver`; `head_only`: its answer has no body."""
        self._receiver = receiver
        self._head_only = head_only
        self._got = False

    @property
    def is_stale(self) -> bool:
        """Whether it was used before and answered nothing to this exchange."""
        return self.used > 0 and not self._got

    def send(self, data: bytes) -> None:
        """Write `data`, unless the connection is going away."""
        if not self.closed:
            self.transport.write(data)

    def pause(self) -> None:
        """Read no further until `resume`."""
        if not self._paused and not self.closed:
            self._paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._paused and not self.closed:
            self._paused = False
            self.transport.resume_reading()

    def drop(self) -> None:
        """End the exchange and the connection, telling nobody."""
        self._receiver = None
        if not self.closed:
            self.closed = True
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=self._pool.buffer_bytes)

    def data_received(self, data: bytes) -> None:
        """Tell the receiver what came."""
        receiver = self._receiver
        if receiver is None:
            self.drop()  # nothing was asked, so nothing it says can be an answer
            return
        self._got = True
        try:
            events, ended_well = self._reader.feed(data)
        except NotHttpError:
            self._lose("the server's answer is not valid HTTP")
            return
        self._reusable = self._reusable and ended_well
        last = len(events) - 1
        for index, event in enumerate(events):
            if isinstance(event, bytes):
                receiver.response_body(event)
            elif isinstance(event, RawAnswer):
                self._tell_head(receiver, event)
            elif self._answering:  # else it is the end of an interim answer
                self._reusable = self._reusable and index == last
                self._finish(receiver)
            if self._receiver is not receiver:
                break
        receiver.flush()

    def _tell_head(self, receiver: Receiver, answer: RawAnswer) -> None:
        """Pass a final head on; interim ones (RFC 9110 section 15.2) end here."""
        if answer.status == 101:
            self._lose("the server changed protocols, which nobody asked for")
        elif answer.status >= 200:
            self._reusable = self._reusable and answer.keep_alive
            self._answering = True
            self._ends_with_connection = receiver.response_head(answer)
            if self._head_only and self._receiver is receiver:
                # The parser waits for a body that never comes: not to be used again.
                self._reusable = False
                self._finish(receiver)

    def _finish(self, receiver: Receiver) -> None:
        """Detach from the exchange, then report its end: the next one may begin in that call."""
        self._receiver = None
        self._answering = False
        self.used += 1
        if not self._reusable or not receiver.request_is_sent():
            self.drop()
        elif not self.closed:
            if self._paused:
                self.resume()
            self._pool.give_back(self)
        receiver.response_end()

    def _lose(self, why: str) -> None:
        receiver = self._receiver
        self.drop()
        if receiver is not None:
            receiver.upstream_lost(why)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report what that means for the exchange."""
        self.closed = True
        self._pool.forget()
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        if self._answering and self._ends_with_connection and exc is None:
            receiver.response_end()
            receiver.flush()
        else:
            receiver.upstream_lost("the server closed the connection")

    def pause_writing(self) -> None:
        """Ask the receiver to stop."""
        if self._receiver is not None:
            self._receiver.upstream_full()

    def resume_writing(self) -> None:
        """Let the receiver go on."""
        if self._receiver is not None:
            self._receiver.upstream_drained()


class Pool:
    """The connections to one server."""

    __slots__ = ("_count", "_idle", "_loop", "_shunned", "_upstream", "buffer_bytes")

    def __init__(
        self, upstream: Upstream, buffer_bytes: int, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Begin without connections."""
        self._upstream = upstream
        self._loop = loop
        self._idle: list[UpstreamConnection] = []
        self._count = 0
        self._shunned: dict[Address, float] = {}
        self.buffer_bytes = buffer_bytes

    def take(self) -> UpstreamConnection | None:
        """Return the connection that was used last, if one is idle."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        return None

    def give_back(self, connection: UpstreamConnection) -> None:
        """Keep `connection` for the next exchange."""
        connection.idle_since = self._loop.time()
        self._idle.append(connection)

    async def connect(self) -> UpstreamConnection:
        """Return a new connection.

        Raises:
            OSError: the server can't be reached, in time, or with valid TLS; or it has
                `max_connections` already. `TimeoutError` and `WrongKeyError` are such.
        """
        if self._count >= self._upstream.max_connections:
            raise OSError("too many connections to this server")
        self._count += 1
        made = False
        try:
            async with asyncio.timeout(self._upstream.connect_seconds):
                connection = await self._open()
            made = True
            return connection
        finally:
            if not made:
                self._count -= 1

    async def _open(self) -> UpstreamConnection:
        """Connect to the first address that can be reached and is the server."""
        addresses = self._in_order()
        told: OSError | None = None
        for index, address in enumerate(addresses):
            left = len(addresses) - index
            try:
                async with asyncio.timeout(self._upstream.connect_seconds / min(left, 2)):
                    return await self._open_at(address)
            except OSError as fault:
                self._shunned[address] = self._loop.time() + _SHUNNED_SECONDS
                # That somebody else answers says more than that nobody does.
                if told is None or isinstance(fault, ssl.SSLError | WrongKeyError):
                    told = fault
        raise told if told is not None else OSError("the server has no address")

    def _in_order(self) -> list[Address]:
        """The addresses, those first that were not found wanting lately."""
        addresses = [self._upstream.address, *self._upstream.others]
        if self._shunned:
            now = self._loop.time()
            self._shunned = {each: until for each, until in self._shunned.items() if until > now}
            addresses.sort(key=lambda each: each in self._shunned)
        return addresses

    async def _open_at(self, address: Address) -> UpstreamConnection:
        upstream = self._upstream
        name = upstream.server_hostname if upstream.tls is not None else None
        if isinstance(address, Tcp):
            transport, connection = await self._loop.create_connection(
                lambda: UpstreamConnection(self),
                address.host,
                address.port,
                ssl=upstream.tls,
                server_hostname=name,
            )
        else:
            transport, connection = await self._loop.create_unix_connection(
                lambda: UpstreamConnection(self),
                address.path,
                ssl=upstream.tls,
                server_hostname=name,
            )
        fault = _key_fault(transport, upstream.pins)
        if fault is not None:
            self._count += 1  # which `connection_lost` takes away again
            connection.drop()
            raise fault
        return connection

    def forget(self) -> None:
        """Count one connection less."""
        self._count -= 1

    def sweep(self, now: float) -> bool:
        """Close connections that are idle too long; return whether the pool is empty."""
        horizon = now - self._upstream.idle_seconds
        kept: list[UpstreamConnection] = []
        for connection in self._idle:
            if connection.closed:
                continue
            if connection.idle_since < horizon:
                connection.drop()
            else:
                kept.append(connection)
        self._idle = kept
        return self._count == 0

    def close(self) -> None:
        """Close the idle connections."""
        for connection in self._idle:
            connection.drop()
        self._idle.clear()


def _key_fault(transport: asyncio.BaseTransport, pins: frozenset[bytes]) -> WrongKeyError | None:
    """What is wrong with the key that the server showed; nothing is sent to it before."""
    if not pins:
        return None
    connection = transport.get_extra_info("ssl_object")
    certificate = connection.getpeercert(True) if connection is not None else None
    try:
        pin = pin_of(certificate or b"")
    except CertificateFault:
        return WrongKeyError("none that can be read")
    return None if pin in pins else WrongKeyError(spell_pin(pin))
