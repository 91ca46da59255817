"""What control asks of the gateway, over a socket that only this organisation's user can open.

Nothing of the outside can be named here: a partner is named by its word, and the settings that the
gateway was sent say who that is; where certificates are ordered, and for which names, the boot file.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.reasons import Reason
from vedette.core.settings.document import Partner
from vedette.core.towards import routine
from vedette.gateway import render
from vedette.gateway.partner_check import PartnerCheck
from vedette.gateway.plan import Action, Answer, Head
from vedette.gateway.renewal import Renewal
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.protocol.internal.partner_checks import PATH, encode
from vedette.protocol.internal.server_certificates import PATH as RENEW
from vedette.protocol.internal.server_certificates import encode as encode_ordering
from vedette.spine import Permit, Spine, refuse

_ACT = Act.FEDERATION_PARTNER_CHECK
_WHO = "control"
_JSON = ((b"content-type", b"application/json"),)
_BEFORE = tuple(PATH.strip("/").split("/"))


@dataclass(slots=True)
class InnerDoor:
    """The plan for the inside socket."""

    spine: Spine
    checks: PartnerCheck
    renewal: Renewal | None = None
    """What orders the certificate, where that is ordered."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One check at a time: a partner is looked at, not stormed."""

    async def plan(self, head: Head) -> Action:
        """Say what happens with this request."""
        if head.method == b"POST" and head.target.path == RENEW.encode():
            return await self._renew()
        name = _partner_named(head)
        if name is None:
            return render.UNRECOGNIZED
        async with self._turn:
            return await self._check(name)

    async def _renew(self) -> Answer:
        if self.renewal is None:
            return render.UNRECOGNIZED
        try:
            state = await self.renewal.renew()
        except Unavailable:
            return render.unavailable()
        return Answer(200, _JSON, encode_ordering(state))

    async def _check(self, name: str) -> Answer:
        partners: list[Partner] = []

        def prepare(policy: Policy) -> tuple[Ask, Facts] | Decision:
            entries = policy.directory.document.partners
            found = next((each for own, each in entries.items() if own == name), None)
            if found is None:
                return refuse(policy, Reason.UNKNOWN_ENDPOINT, name)
            partners.append(found)
            return routine(_ACT, _WHO, name), Facts()

        settled = self.spine.settle(_ACT, _WHO, prepare)
        if isinstance(settled, Permit):
            found = await self.checks.check(settled, partners[0])
            return Answer(200, _JSON, encode(found))
        return render.unavailable() if settled.in_doubt else render.UNRECOGNIZED


def _partner_named(head: Head) -> str | None:
    """The partner of `POST …/partners/<name>/check`."""
    segments = head.target.segments
    around = (*segments[: len(_BEFORE)], *segments[-1:])
    if head.method != b"POST" or around != (*_BEFORE, "check") or len(segments) != len(_BEFORE) + 2:
        return None
    return segments[-2]
