"""The client's side of the carrier: one connection, one request at a time.

While a request is under way the connection is still read, so that a client that
leaves is noticed at once; what it sends beyond that request stops the reading.
"""

import asyncio
import math
from collections import deque
from ssl import SSLObject
from typing import TYPE_CHECKING, cast

from vedette.gateway.answers import TOO_SLOW, WRONG_VERSION, fault_answer, start_line
from vedette.gateway.exchange import Exchange
from vedette.gateway.plan import Dialect, Head, Peer, TlsFacts
from vedette.gateway.reading import END, RawHead, RequestEvent, RequestReader
from vedette.gateway.tls import end_point_shown, name_asked_for
from vedette.protocol.http.head import (
    Field,
    HeadFault,
    RequestHeaders,
    clean_request_headers,
    parse_method,
    render_head,
)
from vedette.protocol.http.proxy_protocol import plain_address

if TYPE_CHECKING:
    from vedette.gateway.carrier import Carrier


def _peer_of(transport: asyncio.BaseTransport) -> Peer:
    """Return who connected; a Unix socket's peer has no host."""
    name = transport.get_extra_info("peername")
    if isinstance(name, tuple) and len(name) >= 2:
        return Peer(str(plain_address(name[0])), name[1])
    return Peer("", 0)


def _tls_of(transport: asyncio.BaseTransport) -> TlsFacts | None:
    tls: SSLObject | None = transport.get_extra_info("ssl_object")
    if tls is None:
        return None
    cipher = tls.cipher()
    return TlsFacts(
        tls.version() or "",
        cipher[0] if cipher else "",
        tls.getpeercert(binary_form=True),
        name_asked_for(tls),
        end_point_shown(tls),
    )


class ClientConnection(asyncio.Protocol):
    """One connection from a client."""

    __slots__ = (
        "_body_clock",
        "_closing",
        "_dialect",
        "_events",
        "_exchange",
        "_last_cleaned",
        "_last_headers",
        "_lingering",
        "_out",
        "_paused",
        "_peer",
        "_peer_bytes",
        "_pumping",
        "_reader",
        "_scheme",
        "_tls",
        "_transport",
        "_write_paused",
        "carrier",
        "deadline",
        "retiring",
    )

    def __init__(self, carrier: "Carrier", dialect: Dialect, peer: Peer | None = None) -> None:
        """Serve `carrier`; `peer` is who a load balancer says connected."""
        self.carrier = carrier
        self._dialect = dialect
        self._peer = peer or Peer("", 0)
        self._reader = RequestReader(dialect)
        self._events: deque[RequestEvent] = deque()
        self._exchange: Exchange | None = None
        self._out: list[bytes] = []
        self._paused = False
        self._write_paused = False
        self._body_clock = False
        self._lingering = False
        self._closing = False
        self._pumping = False
        self._last_headers: list[Field] = []
        self._last_cleaned: RequestHeaders | None = None
        self.retiring = False
        """Whether the connection ends with the answer that is under way."""
        self.deadline = math.inf

    # -- the transport's calls ------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn who is there; close at once where they are too many."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._peer.host:
            self._peer = _peer_of(transport)
        self._peer_bytes = self._peer.host.encode("ascii")
        self._tls = _tls_of(transport)
        self._scheme = b"http" if self._tls is None else b"https"
        self._transport.set_write_buffer_limits(high=self.carrier.limits.buffer_bytes)
        self.deadline = self.carrier.loop.time() + self.carrier.limits.head_seconds
        if not self.carrier.admit(self, self._peer.host):
            self.abort()

    def data_received(self, data: bytes) -> None:
        """Parse, then go as far as possible."""
        if self._lingering:
            return
        reader = self._reader
        was_idle = reader.idle
        self._events += reader.feed(data)
        if self._body_clock:
            self._extend_body_clock(len(data))
        elif was_idle and not reader.idle and self._exchange is None:
            self.deadline = self.carrier.loop.time() + self.carrier.limits.head_seconds
        self.pump()

    def eof_received(self) -> bool:
        """Take a half-closed connection for a closed one: nobody waits for the answer."""
        if self._exchange is not None:
            self.abort()
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        """Stop what was under way."""
        self._closing = True
        self._lingering = True
        self._events.clear()
        self.carrier.release(self, self._peer.host)
        if self._exchange is not None:
            self._exchange.cancel()
            self._exchange = None

    def pause_writing(self) -> None:
        """Stop the server while the client takes no more."""
        self._write_paused = True
        self.deadline = self.carrier.loop.time() + self.carrier.limits.write_seconds
        if self._exchange is not None:
            self._exchange.pause_upstream()

    def resume_writing(self) -> None:
        """Let the server go on."""
        self._write_paused = False
        if self._exchange is not None:
            self.deadline = math.inf
            self._exchange.resume_upstream()
        else:
            self._wait_for_request()
        if self._body_clock:
            self.start_body_clock()
        self.pump()

    # -- requests -------------------------------------------------------------------

    def pump(self) -> None:
        """Go as far as the events and the exchange allow, then write what was gathered.

        Where a plan breaks, the connection closes unanswered and the fault travels on.
        """
        if self._pumping:
            return
        self._pumping = True
        whole = False
        try:
            self._take_events()
            whole = True
        finally:
            self._pumping = False
            if not whole:
                self.abort()
        if self._exchange is not None:
            self._exchange.flush_upstream()
        self.flush()
        # A lone end waits for the plan or the server; reading on shows a client that leaves.
        events = self._events
        self._set_reading(reading=not events or (len(events) == 1 and events[0] is END))

    def _take_events(self) -> None:
        events = self._events
        while events:
            exchange = self._exchange
            if self._lingering:
                events.clear()
            elif exchange is not None:
                if not exchange.wants():
                    return
                self._give(exchange, events.popleft())
            elif self._write_paused:
                return
            else:
                self._begin(events.popleft())

    def _give(self, exchange: Exchange, event: RequestEvent) -> None:
        if isinstance(event, bytes):
            exchange.take_body(event)
        elif event is END:
            exchange.take_end()
        elif isinstance(event, HeadFault):
            exchange.take_fault(event)

    def _begin(self, event: RequestEvent) -> None:
        self.deadline = math.inf
        if isinstance(event, HeadFault):
            self._refuse(event)
        elif isinstance(event, RawHead):
            exchange = self._check(event)
            if isinstance(exchange, HeadFault):
                self._refuse(exchange)
            else:
                self._exchange = exchange
                exchange.run()

    def _check(self, raw: RawHead) -> Exchange | HeadFault:
        """Return the exchange for a head that holds in every part."""
        if raw.version != "1.1":
            return WRONG_VERSION
        method = parse_method(raw.method)
        if isinstance(method, HeadFault):
            return method
        target = self._dialect.parse(raw.target)
        if isinstance(target, HeadFault):
            return target
        # Clients repeat their headers from request to request on one connection.
        cleaned = self._last_cleaned
        known = raw.headers is self._last_headers or raw.headers == self._last_headers
        if cleaned is None or not known:
            fresh = clean_request_headers(raw.headers, peer=self._peer_bytes, proto=self._scheme)
            if isinstance(fresh, HeadFault):
                return fresh
            cleaned = self._last_cleaned = fresh
            self._last_headers = raw.headers
        head = Head(
            method,
            target,
            cleaned.fields,
            cleaned.host,
            self._peer,
            self._tls,
            cleaned.content_length,
            cleaned.chunked,
            cleaned.proxy_authorization,
        )
        return Exchange(self, head, cleaned)

    def _refuse(self, fault: HeadFault) -> None:
        """Answer a head that does not hold; nothing after it can be believed."""
        answer = fault_answer(fault)
        length = (b"content-length", b"%d" % len(answer.body))
        fields = [*answer.headers, length, (b"connection", b"close")]
        self.write(render_head(start_line(answer.status), fields))
        self.write(answer.body)
        self._linger()

    def exchange_done(self, *, close: bool, read_on: bool) -> None:
        """Wait for the next request, or close; `read_on`: the client is still sending."""
        self._exchange = None
        self._body_clock = False
        if read_on:
            self._linger()
        elif close or self.retiring:
            self._close()
        else:
            self._wait_for_request()

    def _wait_for_request(self) -> None:
        limits = self.carrier.limits
        if self._closing or self._lingering:
            return
        if not self._write_paused:
            seconds = limits.idle_seconds if self._reader.idle else limits.head_seconds
            self.deadline = self.carrier.loop.time() + seconds

    # -- writing and reading --------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Gather `data` for the client; `flush` sends it."""
        self._out.append(data)

    def flush(self) -> None:
        """Send what was gathered, in one piece."""
        if self._out:
            pieces, self._out = self._out, []
            if not self._transport.is_closing():
                self._transport.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def has_events(self) -> bool:
        """Say whether more of what the client sent was parsed already."""
        return bool(self._events)

    def _set_reading(self, *, reading: bool) -> None:
        if reading is not self._paused or self._transport.is_closing():
            return
        self._paused = not reading
        if reading:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    # -- time -----------------------------------------------------------------------

    def start_body_clock(self) -> None:
        """From now on the client must send body steadily."""
        self._body_clock = True
        self.deadline = self.carrier.loop.time() + self.carrier.limits.body_seconds

    def stop_body_clock(self) -> None:
        """Nothing is expected from the client."""
        self._body_clock = False
        if not self._write_paused and not self._lingering:
            self.deadline = math.inf

    def _extend_body_clock(self, count: int) -> None:
        limits = self.carrier.limits
        latest = self.carrier.loop.time() + limits.body_seconds
        self.deadline = min(self.deadline + count / limits.body_rate, latest)

    def check(self, now: float) -> None:
        """Act on what is overdue at `now`."""
        exchange = self._exchange
        if now >= self.deadline:
            self._expire(exchange)
        elif exchange is not None and now >= exchange.upstream_deadline:
            exchange.upstream_is_silent()

    def _expire(self, exchange: Exchange | None) -> None:
        if self._lingering or self._write_paused:
            self.abort()
        elif exchange is not None:
            exchange.body_is_late()
            self.pump()
        elif self._reader.idle:
            self._close()
        else:
            self._refuse(TOO_SLOW)
            self.pump()

    # -- the end --------------------------------------------------------------------

    @property
    def tag(self) -> str | None:
        """The tag of the exchange under way, if there is one."""
        return None if self._exchange is None else self._exchange.tag

    def cut(self, tags: "frozenset[str]") -> bool:
        """Break the exchange off if its tag is one of `tags`."""
        if self.tag not in tags:
            return False
        self.abort()
        return True

    def retire(self) -> None:
        """End with the answer under way, or now if there is none."""
        self.retiring = True
        if self._exchange is None and not self._lingering:
            self._close()

    def _close(self) -> None:
        """Send the rest and close; a client that does not take it is cut off."""
        self._lingering = True
        self._events.clear()
        self.deadline = self.carrier.loop.time() + self.carrier.limits.write_seconds
        self.flush()
        self._transport.close()

    def _linger(self) -> None:
        """Send the rest, then read and drop for a while.

        Closing with unread bytes makes the system reset the connection, and the
        client would lose the answer (RFC 9112 section 9.6).
        """
        self._lingering = True
        self._events.clear()
        self.deadline = self.carrier.loop.time() + self.carrier.limits.linger_seconds
        self.flush()
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    def abort(self) -> None:
        """Close at once; what was not sent is lost, visibly."""
        self._lingering = True
        self._events.clear()
        self._out.clear()
        self._transport.abort()
