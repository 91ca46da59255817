"""Whose a token is, and whether that session is live now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from vedette.core.facts import NOTHING_KNOWN, Facts
from vedette.core.names import UserId
from vedette.core.sessions import Session


class TokenState(StrEnum):
    """Why a token opens nothing now."""

    EXPIRED = "expired"
    """The token is too old, its session goes on: the client must get a new one, and keep its keys."""
    ENDED = "ended"
    """The session is over for good."""
    SUSPENDED = "suspended"
    """The session is held by a rule or an administrator, and may come back."""
    WAITING = "waiting"
    """Signed in, but the device is still to be approved or confirmed."""
    UNKNOWN = "unknown"
    """Never a token of ours."""
    TOO_NEW = "too-new"
    """Not known yet; asking again `soon` may help."""
    UNSURE = "unsure"
    """There is no list of sessions that could be relied on: nothing can be said of any token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A live session, found by its token.

    `facts` are what rules between people may read of its device and client. `certificate` is the
    `x5t#S256` that the token is bound to (RFC 8705, section 3.1) or empty; the caller MUST compare
    it with the connection's.
    """

    user: UserId
    session: str
    device: str
    facts: Facts = NOTHING_KNOWN
    certificate: str = ""


class LiveSessions(Protocol):
    """Tells live sessions by their tokens."""

    def of(self, token: str) -> Live | TokenState:
        """The session of a token, by what is known here and now. Never waits, never raises."""

    def suspended(self, token: str) -> Session | None:
        """The session of a token that opens nothing because it is suspended, as the list has it."""

    async def soon(self, token: str) -> Live | TokenState:
        """Like `of`, but a token that is too new is waited for, 2 seconds at most.

        Raises:
            Unavailable: it could not be learnt.
        """
