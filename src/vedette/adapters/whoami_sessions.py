"""Live sessions where Synapse itself signs people in: it is asked whose a token is.

Whose a token is never changes while it lives, so answers are remembered for a minute; whether it
still lives is checked by Synapse on every request that is carried to it. Such a session has no id
here, so nothing of it is cut.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from vedette.adapters.synapse_inner import SynapseInner, user_named
from vedette.ports.live_sessions import Live, TokenState

_REMEMBERED_SECONDS = 60.0
_MOST_REMEMBERED = 50_000
_PATH = "/_matrix/client/v3/account/whoami"


@dataclass(slots=True)
class WhoamiSessions:
    """The LiveSessions port over `/account/whoami`."""

    inner: SynapseInner
    _owners: OrderedDict[bytes, tuple[float, Live]] = field(default_factory=OrderedDict)

    def of(self, token: str) -> Live | TokenState:
        """The session, if it was asked for a short while ago."""
        found = self._owners.get(_key(token))
        if found is None or found[0] <= time.monotonic():
            return TokenState.TOO_NEW
        return found[1]

    async def soon(self, token: str, address: str) -> Live | TokenState:
        """Ask Synapse, which notes the address with the session. Raises Unavailable."""
        known = self.of(token)
        if isinstance(known, Live):
            return known
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        status, body = await self.inner.ask(_PATH, headers)
        if status == 401:
            return TokenState.EXPIRED if body.get("soft_logout") is True else TokenState.ENDED
        if status != 200:
            return TokenState.SUSPENDED
        live = Live(user=user_named(body.get("user_id")), session="", device="")
        self._owners[_key(token)] = time.monotonic() + _REMEMBERED_SECONDS, live
        if len(self._owners) > _MOST_REMEMBERED:
            self._owners.popitem(last=False)
        return live


def _key(token: str) -> bytes:
    """What a token is remembered by: its own text stays in no memory."""
    return hashlib.sha256(token.encode("ascii", "replace")).digest()
