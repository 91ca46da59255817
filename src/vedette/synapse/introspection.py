"""Tells Synapse whose a token is, from inside Synapse's own process.

Synapse asks whoever stands for its sign-in service over HTTP (RFC 7662). This answers on a loopback
port with nothing but the public keys and the session list that control signed: no network, no disk.

Synapse remembers every answer for two minutes, and a client that is told that its token is dead
throws its keys away. So `active: false` is only said of what can never be active again; where that
is not certain, or a session is suspended or waits for its approval, the answer is 503, which Synapse
does not remember.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

from twisted.internet.error import CannotListenError
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from vedette.core.names import ServerName
from vedette.core.sessions import SessionState
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.sessions import SessionList
from vedette.protocol.internal.tokens import LARGEST, TokenFault, read

if TYPE_CHECKING:
    from synapse.server import HomeServer

SCOPE = "urn:matrix:client:api:*"
"""All that any token may do in Synapse. Server administration is never a person's."""

SPARE_SECONDS = 300
"""Seconds for which a token is good here after the gateway lets it through no more, at least."""
FRESH_SECONDS = 10
"""A token younger than this may belong to a session that is not listed yet."""
WAIT_SECONDS = 2.0
_LOOK_SECONDS = 0.05
_IDLE_SECONDS = 300
"""Longer than Synapse keeps a connection that it does not use: so it never asks on a closing one."""
_LONGEST_BODY = LARGEST + 1024


class Not(Enum):
    """Why a token is not active."""

    EVER = "it can never be active again"
    NOW = "it is not active now, or nobody knows yet"


@dataclass(frozen=True, slots=True)
class Active:
    """The token is good, for this person and device, for so many seconds at most."""

    localpart: str
    device: str
    seconds: int


class Lists(Protocol):
    """Where the session list in force is, and how long past its end a token may be honoured."""

    def sessions(self) -> SessionList:
        """The newest good list. Raises Unavailable when there is none, or it is too old."""

    def grace(self) -> int:
        """`sign_in.outage_grace` in seconds. Raises Unavailable."""


def judge(
    token: str, listed: SessionList, organisation: ServerName, *, now: float, grace: int
) -> Active | Not:
    """What is known of a token.

    Whether it, or its session, has expired is the gateway's to say, which is the only way to Synapse:
    here it is good for as long as the gateway may let it through, and somewhat longer. Whatever
    Synapse is told is dead it answers in a way that makes clients forget their keys, and it rounds
    times down: a request of the last second must not meet that answer.
    """
    try:
        claims = read(token, listed.keys, listed.issuer)
    except TokenFault:
        return Not.NOW if _key_may_come(token, listed) else Not.EVER
    until = claims.expires + max(grace, SPARE_SECONDS)
    if claims.user.server != organisation:
        return Not.EVER
    session = listed.sessions.get(claims.session)
    if session is None:
        fresh = now - claims.issued < FRESH_SECONDS and claims.session not in listed.gone
        return Not.NOW if fresh else Not.EVER
    if (session.user, session.device) != (claims.user, claims.device):
        return Not.EVER
    if session.state is not SessionState.LIVE or until <= now:
        return Not.NOW
    return Active(claims.user.localpart, claims.device, max(int(until - now), 1))


def _key_may_come(token: str, listed: SessionList) -> bool:
    """Whether the token names a key that is not listed here, and may be one that is yet to come."""
    head = token.partition(".")[0]
    if len(token) > LARGEST or not head.isascii():
        return False
    try:
        named = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return False
    kid = named.get("kid") if isinstance(named, dict) else None
    return isinstance(kid, str) and kid not in listed.keys


@dataclass(frozen=True, slots=True)
class Introspection:
    """Answers what Synapse asks. `sleep` waits on the loop for so many seconds."""

    lists: Lists
    organisation: ServerName
    clock: Clock
    sleep: Callable[[float], Awaitable[None]]

    async def answer(self, token: str) -> Active | Not:
        """What is known of the token, after at most two seconds of waiting for a newer list."""
        deadline = self.clock.now() + WAIT_SECONDS
        while True:
            found = self._now(token)
            over = self.clock.now() >= deadline
            if isinstance(found, Active) or found is Not.EVER or over:
                return found
            await self.sleep(_LOOK_SECONDS)

    def _now(self, token: str) -> Active | Not:
        try:
            listed, grace = self.lists.sessions(), self.lists.grace()
        except Unavailable:
            return Not.NOW
        return judge(token, listed, self.organisation, now=self.clock.now(), grace=grace)


Run = Callable[[Callable[[], Awaitable[None]]], object]
"""Runs something apart from the request at hand, in the way of Synapse's loop."""


class _Asked(Request):  # Twisted leaves its own untyped
    """A request whose body is bounded before it is kept."""

    def gotLength(self, length: int | None) -> None:  # noqa: N802  # Twisted's name
        """Refuse a body that says it is too long."""
        if length is not None and length > _LONGEST_BODY:
            self.channel.forceAbortClient()  # type: ignore[no-untyped-call]
        super().gotLength(min(length or 0, _LONGEST_BODY))  # type: ignore[no-untyped-call]

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Refuse a body that becomes too long."""
        if self.content is None or self.content.tell() + len(data) > _LONGEST_BODY:
            self.channel.forceAbortClient()  # type: ignore[no-untyped-call]
            return
        super().handleContentChunk(data)  # type: ignore[no-untyped-call]


class _Introspect(Resource):
    """`POST /oauth2/introspect`."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, answering: Introspection, secret: bytes, run: Run) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's Resource has no types
        self._answering = answering
        self._expected = b"Bearer " + secret
        self._run = run

    def render_POST(self, request: Request) -> int:  # noqa: N802  # Twisted's name
        shown = request.getHeader(b"authorization")
        if shown is None or not hmac.compare_digest(shown, self._expected):
            _say(request, 401, {})
            return NOT_DONE_YET
        token = _token(request.content.read() if request.content else b"")
        if token is None:
            _say(request, 400, {"error": "invalid_request"})
            return NOT_DONE_YET
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)

        async def finish() -> None:
            found = await self._answering.answer(token)
            if not gone:
                _say(request, *_rendered(found))

        self._run(finish)
        return NOT_DONE_YET


def _token(body: bytes) -> str | None:
    """The one token that a form names (RFC 7662 section 2.1), if it names one."""
    try:
        found = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=4).get("token")
    except ValueError:
        return None
    return found[0] if found is not None and len(found) == 1 else None


def _rendered(found: Active | Not) -> tuple[int, Mapping[str, object]]:
    """Status and body as Synapse reads them (RFC 7662 section 2.2, and a device id)."""
    match found:
        case Active():
            return 200, {
                "active": True,
                "username": found.localpart,
                "device_id": found.device,
                "scope": SCOPE,
                "expires_in": found.seconds,
            }
        case Not.EVER:
            return 200, {"active": False}
        case Not.NOW:
            return 503, {"error": "temporarily_unavailable"}


def _say(request: Any, status: int, body: Mapping[str, object]) -> None:
    data = json.dumps(body).encode()
    request.setResponseCode(status)
    request.setHeader(b"Content-Type", b"application/json")
    request.setHeader(b"Cache-Control", b"no-store")
    request.setHeader(b"Content-Length", str(len(data)).encode())
    request.write(data)
    request.finish()


class _Metadata(Resource):
    """`GET /.well-known/openid-configuration`, as far as Synapse reads it."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, metadata: Mapping[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's Resource has no types
        self._metadata = metadata

    def render_GET(self, request: Request) -> int:  # noqa: N802  # Twisted's name
        _say(request, 200, self._metadata)
        return NOT_DONE_YET


class _Quiet(Site):
    """Keeps no access log: what is asked here are tokens."""

    noisy = False

    def log(self, request: object) -> None:
        """Keep nothing."""


def site(answering: Introspection, secret: bytes, metadata: Mapping[str, str], run: Run) -> Site:
    """Everything that is served on the responder's port, and nothing else."""
    # Twisted says what its resources are by zope interfaces, which no type checker here reads.
    root, oauth, well_known = _folder(), _folder(), _folder()
    oauth.putChild(b"introspect", _Introspect(answering, secret, run))
    well_known.putChild(b"openid-configuration", _Metadata(metadata))
    root.putChild(b"oauth2", oauth)
    root.putChild(b".well-known", well_known)
    make: Any = _Quiet
    # The body is read here, so that nothing of it is parsed before the secret was compared.
    made: Site = make(
        root, requestFactory=_Asked, parsePOSTFormSubmission=False, timeout=_IDLE_SECONDS
    )
    return made


def _folder() -> Any:
    return Resource()  # type: ignore[no-untyped-call]


def serve(hs: HomeServer, at: tuple[str, int], served: Site) -> None:
    """Listen on a loopback address for as long as Synapse runs.

    Raises:
        Unavailable: something else listens there.
    """
    host, port = at
    reactor: Any = hs.get_reactor()
    try:
        reactor.listenTCP(port, served, interface=host)
    except CannotListenError as fault:
        raise Unavailable(f"nobody can listen on `{host}:{port}`: {fault}") from fault
