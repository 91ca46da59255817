"""Tokens of the administration API: whoever holds one acts for a person, within bounds.

A token never gives anything: the rules are asked about its person, and beforehand its own acts,
parties and last day can only refuse. Its value is known to its holder alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.core.administration import MEANINGS
from vedette.core.asks import Act, PartySet
from vedette.core.names import UserId

NEVER = frozenset(
    {
        Act.ADMINISTRATION_RECOVERY_BEGIN,
        Act.ADMINISTRATION_RECOVERY_END,
        Act.ADMINISTRATION_RECOVERY_RENEW,
        Act.ADMINISTRATION_TOKEN_ADD,
    }
)
"""Acts that no token has: one that makes tokens could make a wider one, or outlive itself, and
recovery is nobody's over the network."""

PUSHING = frozenset(
    {
        Act.ADMINISTRATION_GROUP_PROVISION,
        Act.ADMINISTRATION_PERSON_PROVISION,
        Act.ADMINISTRATION_PUSHED_READ,
    }
)
"""The acts of whoever pushes people and groups."""

GRANTABLE = frozenset(MEANINGS) - NEVER
"""The acts that a token may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is kept: everything but its value, of which `digest` is the SHA-256 in hex.

    `over` names the parties over whose people it is good; empty means everybody over whom its
    person may act, and only then is it good for what concerns the organisation as a whole. `made`
    and `expires` are seconds since 1970 UTC; from `expires` on it is nothing.
    """

    id: str
    user: UserId
    acts: frozenset[Act]
    over: frozenset[str]
    made: int
    made_by: str
    expires: int
    reason: str
    digest: str

    def __repr__(self) -> str:
        """Hide the digest from logs."""
        return f"ApiToken({self.id}, {self.user})"

    def good_at(self, now: float) -> bool:
        """Whether its time is not over."""
        return now < self.expires

    def covers(self, act: Act, over: PartySet | None) -> bool:
        """Whether it is good for an act over somebody of these parties; None: over nobody."""
        if act not in self.acts or act in NEVER:
            return False
        return not self.over or (over is not None and not self.over.isdisjoint(over))
