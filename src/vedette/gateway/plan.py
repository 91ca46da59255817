"""What the carrier is told to do: heads in, plans out. Flat data, no I/O.

The carrier asks one function, the `Plan`, once per request, when the head is
complete and clean. Its answer says everything the carrier needs; the carrier knows
no policy.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import NamedTuple, Protocol

from vedette.protocol.http.head import (
    FEDERATION_SCHEME,
    Field,
    HeadFault,
    Target,
    is_field,
    parse_federation_target,
    parse_target,
)


@dataclass(frozen=True, slots=True)
class Tcp:
    """A TCP address: an IP address or name, and a port (0: any free one, to listen on)."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Unix:
    """The path of a Unix socket."""

    path: str


Address = Tcp | Unix


@dataclass(frozen=True, slots=True)
class Peer:
    """The client's address; `host` is empty on a Unix socket."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What the handshake established.

    `certificate` is the client's, DER, if it showed one. `server_name` is the name that it asked for
    (RFC 6066, section 3), if any. `end_point` is the hash of our own certificate on this connection
    (RFC 5929, section 4.1), where it has one.
    """

    version: str
    cipher: str
    certificate: bytes | None
    server_name: str | None = None
    end_point: bytes = b""


class Head(NamedTuple):
    """One request's head: `headers` are those that would be passed on, and no others.

    `host` is the `Host` header as sent. `content_length` is `None` where the body is
    chunked or absent. `proxy_authorization` is never passed on; a homeserver proves
    with it that an outgoing request is its own.
    """

    method: bytes
    target: Target
    headers: list[Field]
    host: bytes
    peer: Peer
    tls: TlsFacts | None
    content_length: int | None
    chunked: bool
    proxy_authorization: bytes | None

    def get(self, name: bytes) -> bytes | None:
        """Return the first header called `name` (lower case)."""
        for found, value in self.headers:
            if found == name:
                return value
        return None


def _check_fields(fields: tuple[Field, ...]) -> None:
    for name, value in fields:
        if not is_field(name, value):
            raise ValueError(f"`{name!r}` is not a lower-case name with a printable value")


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the request here. `headers` without `content-length`; names in lower case.

    Raises:
        ValueError: a header would break the head apart.
    """

    status: int
    headers: tuple[Field, ...] = ()
    body: bytes = b""

    def __post_init__(self) -> None:
        """Refuse headers that can't be written."""
        _check_fields(self.headers)


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where requests are carried to, how long that may take, in seconds, and with what TLS.

    Connections are pooled per equal `Upstream`; keep one object per server.
    `idle_seconds` must be shorter than the server's own, so that the pool rarely
    holds a connection that the server is about to close. `response_seconds` is the
    longest silence while an answer is awaited: long-polls live in it. `others` are
    addresses of the same server that are tried, in order, where `address` can't be
    reached. `pins` are the only keys that it may show (see `WrongKeyError`); none: any.
    """

    address: Address
    tls: SSLContext | None = None
    server_hostname: str | None = None
    connect_seconds: float = 10.0
    response_seconds: float = 600.0
    idle_seconds: float = 30.0
    max_connections: int = 20_000
    others: tuple[Address, ...] = ()
    pins: frozenset[bytes] = frozenset()


class Unwanted(Exception):
    """What a server answers is not passed on; `answer` takes its place, where it still can."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Rebuilder(Protocol):
    """Writes a server's answer anew while it comes in. Every method may raise `Unwanted`."""

    fields: list[Field]
    """The headers of the new answer, known before `feed` first returns anything."""

    def feed(self, data: bytes) -> bytes:
        """Take a piece of the old body; return what can be written of the new one."""

    def end(self) -> bytes:
        """The old body is whole; return the rest of the new one."""


Rebuild = Callable[[int, list[Field]], Rebuilder | None]
"""Given a final status and headers: who writes the answer anew, or None to pass it on as it is.
May raise `Unwanted`."""

Observer = Callable[[int, list[Field], bytes], None]
"""Learns an answer: status, headers, and the body's first bytes as they were sent."""


@dataclass(frozen=True, slots=True)
class CopyTo:
    """Who else gets a request's body while it arrives, and as which request of ours."""

    address: Address
    method: bytes
    target: bytes
    connect_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Forward:
    """Carry the request to `upstream`.

    `body_limit`: most bytes of request body, `None` for no limit. `extra_headers` are
    added and replace the client's of the same name; those called as one of `withheld` are
    not passed on. `host` replaces `Host`.
    `target` replaces path and query. `body` replaces a body that was collected
    (see `Collect`), and means nothing otherwise. `on_response` is called once, before
    the client has the whole answer, with at most `observe_limit` bytes of its body;
    never for an answer that broke off. `answer_limit` and `answer_seconds` bound the
    whole answer, for servers that nobody here vouches for. `rebuild` may have it
    written anew. `on_unreachable` is told why no connection could be made, and may
    say what is answered then. `on_outage` makes the answer to a request that the server
    does not answer, or not with a whole head; by default that is a Matrix error.
    `copy_to` gets the body too, if it keeps up.
    """

    upstream: Upstream
    body_limit: int | None
    extra_headers: tuple[Field, ...] = ()
    host: bytes | None = None
    target: bytes | None = None
    body: bytes | None = None
    on_response: Observer | None = None
    observe_limit: int = 64 * 1024
    answer_limit: int | None = None
    answer_seconds: float | None = None
    rebuild: Rebuild | None = None
    on_unreachable: Callable[[OSError], Answer | None] | None = None
    on_outage: Callable[[Head], Answer] | None = None
    copy_to: CopyTo | None = None
    withheld: frozenset[bytes] = frozenset()

    def __post_init__(self) -> None:
        """Refuse headers that can't be written."""
        if self.extra_headers:
            _check_fields(self.extra_headers)


@dataclass(frozen=True, slots=True)
class Collect:
    """Read the whole body first, at most `body_limit` bytes, then ask `then`.

    For requests whose body is signed or must be changed. `then` must not answer with
    another `Collect`. `over` is called once when the exchange is over, however it
    ended: whoever counts what is under way relies on it.
    """

    body_limit: int
    then: "Callable[[bytes], Answer | Forward | Awaitable[Answer | Forward]]"
    over: Callable[[], None] | None = None


class Tagged(NamedTuple):
    """What is carried on, and the tag by which its exchange can be cut (`Server.cut`) from now on.

    Apart from the action, so that one `Forward` serves all requests that are carried alike.
    """

    action: Forward | Collect
    tag: str


Action = Answer | Forward | Collect | Tagged
Plan = Callable[[Head], Action | Awaitable[Action]]
"""What to do with a request. An action at once costs no task; an awaitable is awaited.

A plan that waits MUST bound its wait; the carrier ends it only when the client leaves.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may cost. Times in seconds, sizes in bytes.

    A body must arrive at `body_rate` bytes a second on the average, with
    `body_seconds` of patience; a client must take answers with `write_seconds` of
    patience for one full buffer. `per_address` is the most connections from one
    address, `None` for no limit.
    """

    head_seconds: float = 10.0
    idle_seconds: float = 75.0
    body_seconds: float = 20.0
    body_rate: int = 1024
    write_seconds: float = 60.0
    linger_seconds: float = 2.0
    sweep_seconds: float = 1.0
    connections: int = 20_000
    per_address: int | None = None
    buffer_bytes: int = 64 * 1024
    replay_bytes: int = 64 * 1024
    drain_bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Dialect:
    """The form of request targets that a listener speaks.

    llhttp knows no scheme with a hyphen, so where `scheme` is set the request line
    is shown to it with the hyphens left out of that scheme, and `parse` gets it whole.
    """

    parse: Callable[[bytes], Target | HeadFault]
    scheme: bytes | None = None

    @property
    def shown(self) -> bytes:
        """The scheme as the parser is shown it."""
        return (self.scheme or b"").replace(b"-", b"")


ORIGIN_FORM = Dialect(parse_target)
FEDERATION_FORM = Dialect(parse_federation_target, FEDERATION_SCHEME)
