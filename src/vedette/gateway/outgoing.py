"""The federation door, out: every federation request of Synapse arrives here in plain form.

Synapse names the server in the request line (`matrix-federation://server/path`) and has signed the
request already; path, query and body travel on unchanged.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.names import InvalidName, ServerName
from vedette.core.reasons import Reason
from vedette.gateway import render
from vedette.gateway.enforce import forward
from vedette.gateway.gather import FederationGather
from vedette.gateway.plan import Action, Head, Tcp, Upstream
from vedette.ports.discovery import Destination, Discovery
from vedette.ports.errors import Unavailable
from vedette.ports.homeserver import Homeserver
from vedette.ports.policy import Policy
from vedette.protocol.matrix.paths import Matched, match_outgoing
from vedette.spine import Permit, Refusal, Spine, refuse

_MOST_UPSTREAMS = 10_000
_ACT = Act.FEDERATION_REQUEST_SEND
_KEPT = "federation.send"
"""The row whose requests Synapse keeps until they are delivered: transactions."""


@dataclass(slots=True)
class OutgoingDoor:
    """The plan for what Synapse sends to other servers."""

    spine: Spine
    homeserver: Homeserver
    discovery: Discovery
    tls: ssl.SSLContext
    _upstreams: dict[Destination, Upstream] = field(default_factory=dict)

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
        gather = FederationGather(self.homeserver)
        policies: list[Policy] = []

        async def facts(policy: Policy) -> tuple[Ask, Facts] | Decision:
            policies.append(policy)
            return await gather.outgoing(policy, server, matched)

        settled = await self.spine.settle_after(_ACT, server, facts)
        if isinstance(settled, Refusal):
            if matched.endpoint.name == _KEPT:
                return render.refused_for_now(settled)
            return render.refused_to_server(settled, matched.endpoint)
        return await self._carry(settled, head, matched, server, policies[0])

    async def _carry(
        self, permit: Permit, head: Head, matched: Matched, server: ServerName, policy: Policy
    ) -> Action:
        try:
            found = await self.discovery.find(server)
        except Unavailable:
            return render.unavailable()
        return forward(
            permit,
            head,
            matched.endpoint,
            self._upstream(found),
            policy.directory.document,
            host=found.http_host.encode(),
            target=head.target.raw,
        )

    def _upstream(self, found: Destination) -> Upstream:
        if len(self._upstreams) >= _MOST_UPSTREAMS:
            self._upstreams.clear()
        known = self._upstreams.get(found)
        if known is None:
            address = Tcp(found.host, found.port)
            known = Upstream(address, self.tls, found.tls_name, max_connections=32)
            self._upstreams[found] = known
        return known


def _server(head: Head) -> ServerName | None:
    try:
        return ServerName(head.target.authority or "")
    except InvalidName:
        return None
