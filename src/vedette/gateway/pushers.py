"""Where a client may have its notifications sent: an allowlist, and ids only.

A pusher's body names an address that Synapse will call. It is read whole, its address must be on
the list in the settings, and its format must be the one that carries no content.
"""

from __future__ import annotations

import json
from typing import Any

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.reasons import Reason
from vedette.core.towards import routine
from vedette.gateway import render
from vedette.gateway.enforce import forward
from vedette.gateway.plan import Answer, Collect, Forward, Head, Upstream
from vedette.ports.policy import Policy
from vedette.protocol.matrix.paths import Endpoint
from vedette.spine import Permit, Spine, refuse

_LIMIT = 64 << 10
_CLIENT = "a client"
_ACT = Act.NETWORK_REQUEST_SEND


def pusher_fault(spine: Spine, upstream: Upstream, head: Head, endpoint: Endpoint) -> Collect:
    """Read the body first, then pass it on if its address is on the list."""

    def then(body: bytes) -> Answer | Forward:
        policies: list[Policy] = []

        def prepare(policy: Policy) -> tuple[Ask, Facts] | Decision:
            policies.append(policy)
            if not _may_push(body, policy.directory.document.push.gateways):
                return refuse(policy, Reason.NOT_SUPPORTED)
            return routine(_ACT, _CLIENT, endpoint.name), Facts()

        settled = spine.settle(_ACT, _CLIENT, prepare)
        if not isinstance(settled, Permit):
            return render.refused_to_person(settled)
        return forward(settled, head, endpoint, upstream, policies[0].directory.document)

    return Collect(_LIMIT, then)


def _may_push(body: bytes, allowed: tuple[str, ...]) -> bool:
    try:
        pusher: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(pusher, dict):
        return False
    if pusher.get("kind", "") is None:  # removing a pusher takes away
        return True
    data = pusher.get("data")
    if pusher.get("kind") != "http" or not isinstance(data, dict):
        return False
    return data.get("format") == "event_id_only" and data.get("url") in allowed
