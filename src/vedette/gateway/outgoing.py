"""The federation door, out: every federation request of Synapse arrives here in plain form.

Synapse names the server in the request line (`matrix-federation://server/path`) and has signed the
request already; path, query and body travel on unchanged. What comes back is bounded in size and
time, leads nowhere else, and a file in it is written anew (`media_answer`).
"""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision
from vedette.core.facts import LEARNT_WITH_CONTENT, Facts
from vedette.core.names import InvalidName, ServerName
from vedette.core.reasons import Reason
from vedette.core.settings.document import Document
from vedette.gateway import render
from vedette.gateway.enforce import forward
from vedette.gateway.files import FetchedFiles
from vedette.gateway.gather import FederationGather, in_no_room
from vedette.gateway.media_answer import MediaAnswer
from vedette.gateway.partner_tls import PartnerTls, trust_of
from vedette.gateway.plan import Action, Answer, Forward, Head, Tcp, Unwanted, Upstream
from vedette.gateway.upstream import WrongKeyError
from vedette.ports.discovery import Destination, Discovery, Trust
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.protocol.http.head import Field
from vedette.protocol.matrix.paths import Answering, Endpoint, Matched, match_outgoing
from vedette.spine import Permit, Refusal, Spine, refuse

_MOST_UPSTREAMS = 10_000
_ACT = Act.FEDERATION_REQUEST_SEND
_KEPT = "federation.send"
"""The row whose requests Synapse keeps until they are delivered: transactions."""
_ANSWERS = {Answering.PROMPT: (32 << 20, 120.0), Answering.SLOW: (512 << 20, 600.0)}
"""Bytes and seconds of a whole answer. The slow ones hold a room's state; nothing is kept here."""
_FILE_SECONDS = 1800.0
_AROUND_A_FILE = 128 << 10


@dataclass(slots=True)
class OutgoingDoor:
    """The plan for what Synapse sends to other servers."""

    spine: Spine
    files: FetchedFiles
    discovery: Discovery
    tls: PartnerTls
    _upstreams: dict[tuple[Destination, Trust], Upstream] = field(default_factory=dict)

    async def plan(self, head: Head) -> Action:
        """Say what happens with this request."""
        matched = match_outgoing(head.method.decode("latin-1"), head.target.segments)
        server = _server(head)
        if server is None or matched is None:
            name = head.target.authority or "?"
            self.spine.settle(_ACT, name, lambda policy: refuse(policy, Reason.UNKNOWN_ENDPOINT))
            return render.UNRECOGNIZED
        return await self._asked(head, matched, server)

    async def _asked(self, head: Head, matched: Matched, server: ServerName) -> Action:
        gather = FederationGather(self.files)

        async def facts(policy: Policy) -> tuple[Ask, Facts] | Decision:
            asked = await gather.outgoing(policy, server, matched)
            return in_no_room(asked, matched.endpoint)

        settled = await self.spine.settle_after(_ACT, server, facts, LEARNT_WITH_CONTENT)
        if isinstance(settled, Refusal):
            return _refused(settled, matched.endpoint)
        return await self._carry(settled, head, matched, server)

    async def _carry(
        self, permit: Permit, head: Head, matched: Matched, server: ServerName
    ) -> Action:
        policy = permit.policy
        trust = trust_of(policy.directory.partner_of(server))
        try:
            found = await self.discovery.find(server, trust)
            upstream = self._upstream(found, trust)
        except Unavailable:
            return render.unavailable()
        endpoint, document = matched.endpoint, policy.directory.document
        effect = forward(
            permit,
            head,
            endpoint,
            upstream,
            document,
            host=found.http_host.encode(),
            target=head.target.raw,
        )
        return self._bounded(effect, endpoint, server, document)

    def _bounded(
        self, effect: Forward, endpoint: Endpoint, server: ServerName, document: Document
    ) -> Forward:
        """The same, with what may come back."""

        def refused(reason: Reason) -> Answer:
            return self._refused_now(server, endpoint, reason)

        if endpoint.answering is Answering.STREAM:
            most, seconds = document.media.max_upload + _AROUND_A_FILE, _FILE_SECONDS
        else:
            most, seconds = _ANSWERS[endpoint.answering]
        return replace(
            effect,
            answer_limit=most,
            answer_seconds=seconds,
            rebuild=lambda status, fields: _rebuilt(status, fields, endpoint, refused),
            on_unreachable=lambda fault: _unproven(fault, refused),
        )

    def _refused_now(self, server: ServerName, endpoint: Endpoint, reason: Reason) -> Answer:
        """Refuse what was allowed, for what came back; recorded like every refusal."""
        settled = self.spine.settle(_ACT, server, lambda policy: refuse(policy, reason, server))
        if isinstance(settled, Permit):  # which a refusal never becomes
            return render.unavailable()
        return _refused(settled, endpoint)

    def _upstream(self, found: Destination, trust: Trust) -> Upstream:
        """Where a server is, with how it proves itself. Raises Unavailable."""
        if len(self._upstreams) >= _MOST_UPSTREAMS:
            self._upstreams.clear()
        known = self._upstreams.get((found, trust))
        if known is None:
            first, *others = (Tcp(each.host, each.port) for each in found.targets)
            known = self._upstreams[found, trust] = Upstream(
                first,
                self.tls.strict(trust),
                found.tls_name,
                max_connections=32,
                others=tuple(others),
                pins=trust.pins,
            )
        return known


def _refused(settled: Refusal, endpoint: Endpoint) -> Answer:
    if endpoint.name == _KEPT:
        return render.refused_for_now(settled)
    return render.refused_to_server(settled, endpoint)


def _rebuilt(
    status: int, fields: list[Field], endpoint: Endpoint, refused: Callable[[Reason], Answer]
) -> MediaAnswer | None:
    """A file is written anew; an answer that leads elsewhere is not passed on. Raises Unwanted."""
    if 300 <= status < 400:
        raise Unwanted(refused(Reason.NOT_SUPPORTED))
    if status != 200 or endpoint.answering is not Answering.STREAM:
        return None
    boundary = secrets.token_hex(24).encode()
    return MediaAnswer(fields, boundary, lambda _: refused(Reason.NOT_SUPPORTED))


def _unproven(fault: OSError, refused: Callable[[Reason], Answer]) -> Answer | None:
    """The answer where somebody was reached who is not proven to be the server."""
    if isinstance(fault, WrongKeyError | ssl.SSLCertVerificationError):
        return refused(Reason.NOT_THE_SERVER)
    return None


def _server(head: Head) -> ServerName | None:
    try:
        return ServerName(head.target.authority or "")
    except InvalidName:
        return None
