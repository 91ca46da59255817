"""The client door: what to do with each request's head. What servers sign goes to `incoming`.

One endpoint table decides what exists. A row without channels is routine and settled at once; a
row with channels is asked, after the facts that it needs were gathered.

What follows from a path alone is remembered per path, and how a row's requests are carried on per
document. No memory skips a settlement: every request is decided under the policy in force, or by an
answer that the spine knows to be of that policy and that day, and every request is recorded.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision
from vedette.core.facts import ROOM_FACTS, Facts, Missing
from vedette.core.names import ServerName
from vedette.core.reasons import Reason
from vedette.core.settings.document import Document
from vedette.core.suspension import suspension_of
from vedette.core.towards import routine
from vedette.gateway import render
from vedette.gateway.enforce import forward
from vedette.gateway.files import FetchedFiles, Known, Named, file_named
from vedette.gateway.gather import act_of, client_ask, in_no_room, learnt_later
from vedette.gateway.incoming import IncomingDoor
from vedette.gateway.outage import sign_in_outage
from vedette.gateway.plan import Action, Answer, Collect, CopyTo, Forward, Head, Tagged, Upstream
from vedette.gateway.pushers import pusher_fault
from vedette.ports.errors import Unavailable
from vedette.ports.live_sessions import Live, LiveSessions, TokenState
from vedette.ports.policy import Policy
from vedette.protocol.http.head import Field
from vedette.protocol.http.target import USUAL_PATH
from vedette.protocol.internal import end_points
from vedette.protocol.internal.certificates import (
    CERTIFICATE_HEADER,
    LARGEST_CERTIFICATE,
    header_of,
    lasts,
    thumbprint_of,
)
from vedette.protocol.internal.end_points import END_POINT_HEADER
from vedette.protocol.kerberos.negotiate import is_negotiate
from vedette.protocol.matrix.paths import (
    Answering,
    Endpoint,
    Matched,
    ServedBy,
    Token,
    match,
    match_own,
)
from vedette.protocol.matrix.paths_own import KERBEROS
from vedette.protocol.oauth.account_pages import prove_address
from vedette.spine import Permit, Refusal, Settled, Spine, Standing, refuse

_BEARER = b"bearer "
_TICKET = frozenset({b"authorization"})
_MOST_PATHS = 2048
_MOST_TOKENS = 8192
_USUAL_TOKEN = 2048
_CLIENT = "a client"
_PREFLIGHT = "preflight"
"""A browser's question whether it may ask (WHATWG Fetch, "CORS protocol"): as what it is recorded."""
_REASONS = {
    TokenState.EXPIRED: Reason.UNKNOWN_ENDPOINT,
    TokenState.ENDED: Reason.UNKNOWN_ENDPOINT,
    TokenState.UNKNOWN: Reason.UNKNOWN_ENDPOINT,
    TokenState.SUSPENDED: Reason.FORBIDDEN,
    TokenState.WAITING: Reason.FACT_PENDING,
}
"""What is recorded of a token that opens nothing. The first three anybody can send, so they are
counted alone, like asking for what is not there."""

WellKnown = Callable[[str], dict[str, object]]


def _match(method: bytes, segments: tuple[str, ...]) -> Matched | None:
    """The row for a request; it follows from method and path alone."""
    name = "GET" if method == b"HEAD" else method.decode("latin-1")
    return match(name, segments) or match_own(name, segments)


_known_match = lru_cache(_MOST_PATHS)(_match)


def _nobody(session: str, head: Head) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class SignInService:
    """Where the sign-in service is, and the public host that its pages are told they are on."""

    upstream: Upstream
    host: bytes

    @property
    def issuer(self) -> str:
        """Our public address, with a slash at its end."""
        return f"https://{self.host.decode('ascii')}/"


@dataclass(frozen=True, slots=True)
class PublicDoors:
    """The plan for everything that reaches the public addresses."""

    spine: Spine
    files: FetchedFiles
    sessions: LiveSessions
    upstream: Upstream
    domain: ServerName
    well_known: WellKnown
    signin: SignInService
    servers: IncomingDoor
    inspector: CopyTo | None = None
    """Who gets what is uploaded while it arrives."""
    seen: Callable[[str, Head], None] = _nobody
    """Told of every request of a live session."""
    _standing: dict[str, Standing] = field(default_factory=dict)
    """The asks of routine rows, by row."""
    _carried: dict[tuple[bytes, str], tuple[Document, Forward]] = field(default_factory=dict)
    """How requests are carried on, by method and row: as many as the endpoint table has."""

    def plan(self, head: Head) -> Action | Awaitable[Action]:
        """Say what happens with this request."""
        if head.method == b"OPTIONS":
            settled = self._settle_standing(_PREFLIGHT)
            return render.preflight() if isinstance(settled, Permit) else render.unavailable()
        target = head.target
        find = _known_match if len(target.path) <= USUAL_PATH else _match
        matched = find(head.method, target.segments)
        if matched is None:
            return self._unknown(head)
        if matched.endpoint.token is Token.X_MATRIX:
            return self.servers.plan(head, matched, self._carry)
        return self._client(head, matched)

    def _unknown(self, head: Head) -> Answer:
        """Nothing is served there. Recorded, so that probing shows."""
        act, who = Act.REQUEST_ENDPOINT_USE, head.peer.host or "inside"
        self.spine.settle(act, who, lambda policy: refuse(policy, Reason.UNKNOWN_ENDPOINT))
        return render.UNRECOGNIZED

    def _client(self, head: Head, matched: Matched) -> Action | Awaitable[Action]:
        """Whoever shows a token must have a live session; what is open to all needs none."""
        endpoint = matched.endpoint
        wanted = endpoint.token
        token = None if wanted is Token.NONE else bearer(head)
        if token is None:
            if wanted is Token.ACCESS_TOKEN:
                return self._without_token()
            if endpoint.served_by is ServedBy.GATEWAY:
                return self._told(endpoint)
            return _without_ticket(self._routine(head, endpoint), head, endpoint)
        found = self.sessions.of(token)
        if found is TokenState.TOO_NEW:
            return self._after_waiting(head, matched, token)
        return self._signed_in(head, matched, token, found)

    async def _after_waiting(self, head: Head, matched: Matched, token: str) -> Action:
        try:
            found = await self.sessions.soon(token)
        except Unavailable:
            return render.unavailable()
        action = self._signed_in(head, matched, token, found)
        return await action if isinstance(action, Awaitable) else action

    def _signed_in(
        self, head: Head, matched: Matched, token: str, found: Live | TokenState
    ) -> Action | Awaitable[Action]:
        if isinstance(found, TokenState):
            self._note_suspended(head, token, found)
            return self._dead(found, token)
        now = int(self.spine.clock.now())
        if found.certificate and not _shows(head, found.certificate, now):
            # To its own client, which may have a new certificate, it must not sound like the end.
            return self._dead(TokenState.EXPIRED)
        self.seen(found.session, head)
        endpoint = matched.endpoint
        if endpoint.channels:
            return self._asked(head, matched, found)
        if endpoint.name == "pushers.set":
            return _tagged(pusher_fault(self.spine, self.upstream, head, endpoint), found)
        action = self._routine(head, endpoint)
        # An answer that ends its own session must reach whoever asked for it.
        return action if endpoint.served_by is ServedBy.SIGNIN else _tagged(action, found)

    def _note_suspended(self, head: Head, token: str, state: TokenState) -> None:
        """Whoever is suspended for being elsewhere has to be seen coming back."""
        session = self.sessions.suspended(token) if state is TokenState.SUSPENDED else None
        if session is not None:
            self.seen(session.id, head)

    def _dead(self, state: TokenState, token: str = "") -> Answer:
        """Refuse a token that opens nothing. Recorded, unless it is only not known yet."""
        reason = _REASONS.get(state)
        if reason is None:
            return render.unavailable()
        held: list[render.Held] = []

        def refusing(policy: Policy) -> Decision:
            if state is TokenState.SUSPENDED:
                held.extend(self._held(policy, token))
            return refuse(policy, reason)

        settled = self.spine.settle(Act.REQUEST_ENDPOINT_USE, _CLIENT, refusing)
        if isinstance(settled, Permit):  # which a refusal never becomes
            return render.unavailable()
        return render.dead_token(state, settled, held[0] if held else render.HELD)

    def _held(self, policy: Policy, token: str) -> Iterator[render.Held]:
        """Why the session of a token is suspended, and where its person can bring it back."""
        session = self.sessions.suspended(token)
        if session is not None:
            now = int(self.spine.clock.now())
            why = suspension_of(session, policy.rules, policy.directory, now=now)
            yield render.Held(why, prove_address(self.signin.issuer, session.device))

    def _without_token(self) -> Answer:
        """Ask for a token. Recorded as a count, since anybody can send such requests."""
        reason = Reason.UNKNOWN_ENDPOINT
        act = Act.REQUEST_ENDPOINT_USE
        settled = self.spine.settle(act, _CLIENT, lambda policy: refuse(policy, reason))
        unable = isinstance(settled, Refusal) and settled.in_doubt
        return render.unavailable() if unable else render.MISSING_TOKEN

    def _told(self, endpoint: Endpoint) -> Answer:
        """What the gateway says by itself."""
        settled = self._settle_standing(endpoint.name)
        if isinstance(settled, Permit):
            return render.say(200, self.well_known(endpoint.name))
        return render.refused_to_person(settled)

    def _routine(self, head: Head, endpoint: Endpoint) -> Answer | Forward:
        """A row without rules compiles to an allow, and settles like every ask."""
        settled = self._settle_standing(endpoint.name)
        if isinstance(settled, Permit):
            return self._carry(settled, head, endpoint)
        if settled.in_doubt and endpoint.served_by is ServedBy.SIGNIN:
            return sign_in_outage(head)
        return render.refused_to_person(settled)

    def _settle_standing(self, name: str) -> Settled:
        """Settle what is asked again and again with nothing to be known."""
        standing = self._standing.get(name)
        if standing is None:
            ask = routine(Act.REQUEST_ENDPOINT_USE, _CLIENT, name)
            standing = self._standing[name] = Standing(ask, Facts())
        return self.spine.settle_standing(standing)

    def _carry(self, permit: Permit, head: Head, endpoint: Endpoint) -> Forward:
        """Carry the request on; what says how depends on method, row and document alone."""
        key, document = (head.method, endpoint.name), permit.policy.directory.document
        known = self._carried.get(key)
        if known is None or known[0] is not document:
            upstream, host = self.upstream, None
            if endpoint.served_by is ServedBy.SIGNIN:
                upstream, host = self.signin.upstream, self.signin.host
            effect = forward(
                permit, head, endpoint, upstream, document, host=host, inspector=self.inspector
            )
            if endpoint.served_by is ServedBy.SIGNIN:
                effect = replace(effect, on_outage=sign_in_outage)
            known = self._carried[key] = document, effect
        if endpoint.served_by is ServedBy.SIGNIN:
            return _with_connection(known[1], head, endpoint)
        return known[1]

    def _asked(self, head: Head, matched: Matched, live: Live) -> Action | Awaitable[Action]:
        """Ask the rules: at once, unless it is about a file of which the register must be asked."""
        named, known = file_named(matched, self.files.domain), None
        if named is not None and (known := self.files.fresh(named)) is None:
            return self._fetched(head, matched, live, named)
        stored: Known = Missing.UNKNOWN if known is None else known
        handed_out = matched.endpoint.answering is Answering.STREAM  # no door is behind that
        later = ROOM_FACTS if handed_out else learnt_later(matched.endpoint)

        def facts(policy: Policy) -> tuple[Ask, Facts] | Decision:
            asked = client_ask(policy, live, matched, head, stored)
            return in_no_room(asked, matched.endpoint)

        settled = self.spine.settle(act_of(matched.endpoint), _CLIENT, facts, later)
        if isinstance(settled, Permit):
            return _tagged(self._carry(settled, head, matched.endpoint), live)
        return render.refused_to_person(settled)

    async def _fetched(self, head: Head, matched: Matched, live: Live, named: Named) -> Action:
        """Learn what the file is first. By then the session may have ended, which is looked at last."""

        async def facts(policy: Policy) -> tuple[Ask, Facts] | Decision:
            return await self.files.gather(policy, named, asked)

        def asked(policy: Policy, found: Known) -> tuple[Ask, Facts] | Decision:
            return in_no_room(client_ask(policy, live, matched, head, found), matched.endpoint)

        act = act_of(matched.endpoint)
        settled = await self.spine.settle_after(act, _CLIENT, facts, ROOM_FACTS)
        token = bearer(head)
        now = self.sessions.of(token) if token is not None else TokenState.UNKNOWN
        if isinstance(now, TokenState):
            return self._dead(now, token or "")
        if isinstance(settled, Permit):
            return _tagged(self._carry(settled, head, matched.endpoint), now)
        return render.refused_to_person(settled)


def _tagged(action: Answer | Forward | Collect, live: Live) -> Action:
    """Have the exchange cut when the session ends."""
    return action if isinstance(action, Answer) else Tagged(action, live.session)


def _shows(head: Head, thumbprint: str, now: int) -> bool:
    """Whether the connection's certificate is the one that a token is bound to (RFC 8705, 3.1).

    The handshake takes one that has expired too, so that its person can be told; here it is none.
    """
    shown = head.tls.certificate if head.tls is not None else None
    if shown is None or not hmac.compare_digest(thumbprint_of(shown), thumbprint):
        return False
    begins, ends = lasts(shown)
    return begins <= now <= ends


def _with_connection(effect: Forward, head: Head, endpoint: Endpoint) -> Forward:
    """The same, with what the sign-in service has to know of the client's connection.

    The certificate that the client showed, if it did; and our own, where tickets may be bound to it.
    """
    tls = head.tls
    if tls is None:
        return effect
    told: list[Field] = []
    if tls.certificate is not None and len(tls.certificate) <= LARGEST_CERTIFICATE:
        told.append((CERTIFICATE_HEADER.encode(), header_of(tls.certificate).encode()))
    if endpoint.name == KERBEROS and tls.end_point:
        told.append((END_POINT_HEADER.encode(), end_points.header_of(tls.end_point).encode()))
    return replace(effect, extra_headers=(*effect.extra_headers, *told)) if told else effect


def _without_ticket(action: Answer | Forward, head: Head, endpoint: Endpoint) -> Answer | Forward:
    """The same, without a Kerberos ticket where nobody asks for one: it is a proof."""
    value = head.get(b"authorization")
    if isinstance(action, Answer) or endpoint.name == KERBEROS or value is None:
        return action
    return replace(action, withheld=_TICKET) if is_negotiate(value) else action


def bearer(head: Head) -> str | None:
    """The access token of a request. Tokens in the address are not taken: addresses are logged."""
    value = head.get(b"authorization")
    if value is None:
        return None
    return _known_token(value) if len(value) <= _USUAL_TOKEN else _token(value)


def _token(value: bytes) -> str | None:
    if value[: len(_BEARER)].lower() != _BEARER:
        return None
    try:
        return value[len(_BEARER) :].decode("ascii").strip() or None
    except UnicodeDecodeError:
        return None


_known_token = lru_cache(_MOST_TOKENS)(_token)
