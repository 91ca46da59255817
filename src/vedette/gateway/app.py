"""The client door and the federation door, in: what to do with each request's head.

One endpoint table decides what exists. A row without channels is routine and settled at once; a
row with channels is asked, after the facts that it needs were gathered.

What follows from a path alone is remembered per path, and how a row's requests are carried on per
document. No memory skips a settlement: every request is decided under the policy in force, or by an
answer that the spine knows to be of that policy and that day, and every request is recorded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.names import ServerName, UserId
from vedette.core.people import NOBODY_NAMED
from vedette.core.reasons import Reason
from vedette.core.settings.document import Document
from vedette.core.towards import routine
from vedette.gateway import render
from vedette.gateway.enforce import forward
from vedette.gateway.gather import ClientGather, FederationGather, act_of
from vedette.gateway.plan import Action, Answer, Forward, Head, Upstream
from vedette.gateway.pushers import pusher_fault
from vedette.ports.homeserver import Homeserver
from vedette.ports.policy import Policy
from vedette.protocol.http.target import USUAL_PATH
from vedette.protocol.matrix.paths import Endpoint, Matched, ServedBy, Token, match
from vedette.protocol.matrix.xmatrix import XMatrixFault, parse_xmatrix
from vedette.spine import Permit, Refusal, Spine, Standing, refuse

_BEARER = b"bearer "
_MOST_PATHS = 2048
_CLIENT = "a client"
_SIGNING_IN = frozenset({"login", "refresh", "account.password"})
"""Rows about signing in: the engine proves the person, so the sign-in rules are not asked here."""

WellKnown = Callable[[str], dict[str, object]]


def _match(method: bytes, segments: tuple[str, ...]) -> Matched | None:
    """The row for a request; it follows from method and path alone."""
    return match("GET" if method == b"HEAD" else method.decode("latin-1"), segments)


_known_match = lru_cache(_MOST_PATHS)(_match)


@dataclass(frozen=True, slots=True)
class PublicDoors:
    """The plan for everything that reaches the public addresses."""

    spine: Spine
    homeserver: Homeserver
    upstream: Upstream
    domain: ServerName
    well_known: WellKnown
    _standing: dict[str, Standing] = field(default_factory=dict)
    """The asks of routine rows, by row."""
    _carried: dict[tuple[bytes, str], tuple[Document, Forward]] = field(default_factory=dict)
    """How requests are carried on, by method and row: as many as the endpoint table has."""

    def plan(self, head: Head) -> Action | Awaitable[Action]:
        """Say what happens with this request."""
        if head.method == b"OPTIONS":
            return render.preflight()
        target = head.target
        find = _known_match if len(target.path) <= USUAL_PATH else _match
        matched = find(head.method, target.segments)
        if matched is None:
            return self._unknown(head)
        if matched.endpoint.token is Token.X_MATRIX:
            return self._federation(head, matched)
        return self._client(head, matched)

    def _unknown(self, head: Head) -> Answer:
        """Nothing is served there. Recorded, so that probing shows."""
        act, who = Act.REQUEST_ENDPOINT_USE, head.peer.host or "inside"
        self.spine.settle(act, who, lambda policy: refuse(policy, Reason.UNKNOWN_ENDPOINT))
        return render.UNRECOGNIZED

    def _client(self, head: Head, matched: Matched) -> Action | Awaitable[Action]:
        endpoint = matched.endpoint
        token = bearer(head)
        if token is None and endpoint.token is Token.ACCESS_TOKEN:
            return render.MISSING_TOKEN
        if endpoint.served_by is ServedBy.GATEWAY:
            return render.say(200, self.well_known(endpoint.name))
        if endpoint.name == "pushers.set":
            return pusher_fault(self.spine, self.upstream, head, endpoint)
        if token is None or not endpoint.channels or endpoint.name in _SIGNING_IN:
            return self._routine(head, endpoint)
        return self._asked(head, matched, token)

    def _routine(self, head: Head, endpoint: Endpoint) -> Action:
        """A row without rules compiles to an allow, and settles like every ask."""
        standing = self._standing.get(endpoint.name)
        if standing is None:
            ask = routine(Act.REQUEST_ENDPOINT_USE, _CLIENT, endpoint.name)
            standing = self._standing[endpoint.name] = Standing(ask, Facts())
        settled = self.spine.settle_standing(standing)
        if isinstance(settled, Permit):
            return self._carry(settled, head, endpoint, standing.policy)
        return render.refused_to_person(settled)

    def _carry(self, permit: Permit, head: Head, endpoint: Endpoint, policy: Policy) -> Forward:
        """Carry the request on; what says how depends on method, row and document alone."""
        key, document = (head.method, endpoint.name), policy.directory.document
        known = self._carried.get(key)
        if known is None or known[0] is not document:
            effect = forward(permit, head, endpoint, self.upstream, document)
            known = self._carried[key] = document, effect
        return known[1]

    async def _asked(self, head: Head, matched: Matched, token: str) -> Action:
        gather = ClientGather(self.homeserver)
        user: list[UserId] = []
        policies: list[Policy] = []

        async def facts(policy: Policy) -> tuple[Ask, Facts] | Decision:
            policies.append(policy)
            person = await self.homeserver.whose(token, head.peer.host)
            if person is None:
                return refuse(policy, Reason.UNKNOWN_ENDPOINT)
            user.append(person)
            return await gather(policy, person, matched, head)

        settled = await self.spine.settle_after(act_of(matched.endpoint), _CLIENT, facts)
        if isinstance(settled, Permit):
            return self._carry(settled, head, matched.endpoint, policies[0])
        if not user and not settled.in_doubt:
            return render.UNKNOWN_TOKEN
        return render.refused_to_person(settled)

    def _federation(self, head: Head, matched: Matched) -> Action | Awaitable[Action]:
        try:
            signed = parse_xmatrix(head.get(b"authorization") or b"")
        except XMatrixFault as fault:
            return render.unsigned(str(fault))
        if signed.destination not in (None, self.domain):
            return render.unsigned("this request was signed for another server")
        return self._from_server(head, matched, signed.origin)

    async def _from_server(self, head: Head, matched: Matched, origin: ServerName) -> Action:
        gather = FederationGather(self.homeserver)
        policies: list[Policy] = []

        async def facts(policy: Policy) -> tuple[Ask, Facts] | Decision:
            policies.append(policy)
            return await gather.incoming(policy, origin, matched, head)

        # Not durably: the claim is not verified yet, and the event door records what comes of it.
        act = Act.FEDERATION_REQUEST_RECEIVE
        settled = await self.spine.settle_after(act, NOBODY_NAMED, facts)
        if isinstance(settled, Refusal):
            return render.refused_to_server(settled, matched.endpoint)
        return self._carry(settled, head, matched.endpoint, policies[0])


def bearer(head: Head) -> str | None:
    """The access token of a request. Tokens in the address are not taken: addresses are logged."""
    value = head.get(b"authorization")
    if value is None or value[: len(_BEARER)].lower() != _BEARER:
        return None
    try:
        return value[len(_BEARER) :].decode("ascii").strip() or None
    except UnicodeDecodeError:
        return None
