"""llhttp's callbacks turned into a list of events, for both directions.

The readers call nobody: what a chunk of bytes held is returned in order, so that a
fault of ours can't be taken for a fault of the peer's bytes. llhttp is strict by
default and stays so.
"""

import re
from enum import Enum
from typing import Final, NamedTuple

import httptools

from vedette.gateway.plan import Dialect
from vedette.protocol.http.head import HEAD_LIMIT, TARGET_LIMIT, Field, HeadFault

# Bytes that may pass without a head or a body byte coming of them: an endless header
# line, chunk extensions or trailers would otherwise be kept, or read, for ever.
_BARREN_LIMIT: Final = HEAD_LIMIT + TARGET_LIMIT + 1024
# The parser's own idea of a request line, narrowed to the methods that are carried.
_REQUEST_LINE: Final = re.compile(rb"(GET|HEAD|PUT|POST|DELETE|OPTIONS) ([!-~]+) HTTP/1\.1")
_NOT_HTTP: Final = HeadFault(400, "M_UNKNOWN", "the request is not valid HTTP/1.1")
_TOO_LONG: Final = HeadFault(431, "M_TOO_LARGE", f"the head is longer than {HEAD_LIMIT} bytes")


class End(Enum):
    """The message is complete."""

    END = "end"


END: Final = End.END


class RawHead(NamedTuple):
    """A request's head as parsed, unchecked."""

    method: bytes
    target: bytes
    version: str
    headers: list[Field]


class RawAnswer(NamedTuple):
    """An answer's head as parsed, unchecked."""

    status: int
    headers: list[Field]
    keep_alive: bool


RequestEvent = RawHead | bytes | End | HeadFault
ResponseEvent = RawAnswer | bytes | End


class NotHttpError(Exception):
    """A server's bytes are no HTTP/1.1 answer; nothing after them can be believed."""


class RequestReader:
    """Reads a client's bytes. After a `HeadFault` it must be fed no more."""

    __slots__ = (
        "_barren",
        "_dialect",
        "_events",
        "_headers",
        "_in_head",
        "_known_headers",
        "_known_tail",
        "_line",
        "_parser",
        "_url",
        "idle",
    )

    def __init__(self, dialect: Dialect) -> None:
        """Read targets as `dialect` says."""
        self._dialect = dialect
        self._events: list[RequestEvent] = []
        self._headers: list[Field] = []
        self._in_head = True
        self._url = b""
        self._barren = 0
        self._line = b""
        self._known_tail = b""
        self._known_headers: list[Field] = []
        self.idle = True
        """Whether no byte of the next request was seen yet."""
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> list[RequestEvent]:
        """Return what `data` completes, in order."""
        at_boundary = self.idle
        if at_boundary and self._known_tail and (known := self._recognise(data)) is not None:
            return [known, END]
        events = self._parse(data)
        if at_boundary and len(events) == 2 and self._dialect.scheme is None:
            self._remember(data, events[0], events[1])
        return events

    def _recognise(self, data: bytes) -> RawHead | None:
        """Return the head in `data` if only its request line differs from the last one's.

        Clients send the same headers again and again. The parser stands at a message's
        start, and read these very bytes after a request line before: it would read the
        same headers, no body and the end.
        """
        line, _, tail = data.partition(b"\r\n")
        if tail != self._known_tail or (found := _REQUEST_LINE.fullmatch(line)) is None:
            return None
        return RawHead(found[1], found[2], "1.1", self._known_headers)

    def _remember(self, data: bytes, head: RequestEvent, end: RequestEvent) -> None:
        """Keep the headers of a request that came whole, alone and without a body."""
        if isinstance(head, RawHead) and end is END and head.version == "1.1" and self.idle:
            line, _, tail = data.partition(b"\r\n")
            if _REQUEST_LINE.fullmatch(line) is not None:
                self._known_tail, self._known_headers = tail, head.headers

    def _parse(self, data: bytes) -> list[RequestEvent]:
        """Let the parser read `data`."""
        events = self._events = []
        shown = data
        if self._dialect.scheme is not None and (self.idle or self._line):
            shown = self._show(data)
        try:
            if shown:
                self._parser.feed_data(shown)
        except httptools.HttpParserUpgrade:
            pass  # the head asks for an upgrade or CONNECT, and is refused when it is read
        except httptools.HttpParserError:
            events.append(_NOT_HTTP)
        self._barren = 0 if events else self._barren + len(data)
        if self._barren > _BARREN_LIMIT:
            events.append(_TOO_LONG if self._in_head else _NOT_HTTP)
        return events

    def _show(self, data: bytes) -> bytes:
        """Return the bytes to parse once the request line is whole; before that, none.

        A second request in the same bytes keeps its scheme and is refused by the
        parser: who speaks this dialect waits for each answer.
        """
        self.idle = False
        line = self._line + data
        if b"\n" not in line and len(line) < _BARREN_LIMIT:
            self._line = line
            return b""
        self._line = b""
        scheme = self._dialect.scheme or b""
        return line.replace(b" " + scheme, b" " + self._dialect.shown, 1)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self.idle = False
        self._in_head = True
        self._url = b""
        self._headers = []

    def on_url(self, url: bytes) -> None:
        """Keep a part of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers are read and dropped (RFC 9110 section 6.5.1)."""
        if self._in_head:
            self._headers.append((name.lower(), value.rstrip()))

    def on_headers_complete(self) -> None:
        """Hand the head out."""
        self._in_head = False
        url = self._url
        scheme, shown = self._dialect.scheme, self._dialect.shown
        if scheme is not None and url.startswith(shown):
            url = scheme + url[len(shown) :]
        parser = self._parser
        version = parser.get_http_version()
        self._events.append(RawHead(parser.get_method(), url, version, self._headers))

    def on_body(self, body: bytes) -> None:
        """Hand a piece of body out."""
        self._events.append(body)

    def on_message_complete(self) -> None:
        """Hand the end out."""
        self.idle = True
        self._events.append(END)


class ResponseReader:
    """Reads a server's bytes. After `NotHttpError` it must be fed no more."""

    __slots__ = ("_barren", "_events", "_headers", "_in_head", "_parser")

    def __init__(self) -> None:
        """Begin with the first answer's head."""
        self._events: list[ResponseEvent] = []
        self._headers: list[Field] = []
        self._in_head = True
        self._barren = 0
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> tuple[list[ResponseEvent], bool]:
        """Return what `data` completes, in order, and whether more may follow.

        An answer that was whole before nonsense stands; its connection does not.

        Raises:
            NotHttpError: these bytes, or the silence of heads in them, can't be believed.
        """
        events = self._events = []
        in_order = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as fault:
            if END not in events:
                raise NotHttpError from fault
            in_order = False
        self._barren = 0 if events else self._barren + len(data)
        if self._barren > _BARREN_LIMIT:
            raise NotHttpError
        return events, in_order

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers are read and dropped."""
        if self._in_head:
            self._headers.append((name.lower(), value.rstrip()))

    def on_headers_complete(self) -> None:
        """Hand the head out."""
        self._in_head = False
        parser, headers = self._parser, self._headers
        self._headers = []
        keep_alive = parser.should_keep_alive()
        self._events.append(RawAnswer(parser.get_status_code(), headers, keep_alive))

    def on_body(self, body: bytes) -> None:
        """Hand a piece of body out."""
        self._events.append(body)

    def on_message_complete(self) -> None:
        """Hand the end out; the next answer's head may follow."""
        self._in_head = True
        self._events.append(END)
