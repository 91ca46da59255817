"""Live sessions in memory, changed by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.sessions import Session
from vedette.ports.errors import Unavailable
from vedette.ports.live_sessions import Live, TokenState


@dataclass(slots=True)
class MemorySessions:
    """The LiveSessions port over a dictionary.

    `held` are sessions that are suspended. `coming` are tokens that become known while they are
    waited for. `down` makes waiting fail.
    """

    tokens: dict[str, Live | TokenState] = field(default_factory=dict)
    coming: dict[str, Live | TokenState] = field(default_factory=dict)
    down: bool = False
    held: dict[str, Session] = field(default_factory=dict)

    def of(self, token: str) -> Live | TokenState:
        """What was put in."""
        if token in self.coming:
            return TokenState.TOO_NEW
        return self.tokens.get(token, TokenState.UNKNOWN)

    def suspended(self, token: str) -> Session | None:
        """The session that was put in for it."""
        return self.held.get(token)

    async def soon(self, token: str) -> Live | TokenState:
        """What was put in, or has come by now. Raises Unavailable when `down`."""
        if self.down:
            raise Unavailable("the list of sessions can't be had")
        return self.coming.get(token) or self.of(token)
