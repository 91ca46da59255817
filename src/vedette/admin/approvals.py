"""Whose approvals count, of a change of the settings or of another act that waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vedette.admin.actor import Actor
from vedette.admin.rejected import Code, Rejected
from vedette.admin.rights import may_at_best
from vedette.admin.second_person import holders, several
from vedette.core.asks import Act, PartySet
from vedette.core.language import Sentence, told
from vedette.core.pending import Approval, Awaited, counting
from vedette.core.tokens import ApiToken
from vedette.ports.policy import Policy
from vedette.ports.tokens import ApiTokens


@dataclass(frozen=True, slots=True)
class Approvals:
    """Which of the approvals that were given are good now. Every method raises Unavailable."""

    tokens: ApiTokens

    def good(
        self,
        policy: Policy,
        act: Act,
        awaited: Awaited,
        asked_by: ApiToken | None,
        given: Iterable[Approval],
        over: PartySet | None = None,
    ) -> tuple[Approval, ...]:
        """Those for this content, by people who still may do `act`, each another person."""
        found = [
            (each, self.behind(each))
            for each in counting(awaited, given)
            if _still_may(policy, act, each, over) and self._not_removed(each)
        ]
        return tuple(several(holders(awaited.author, asked_by), found))

    def barred(self, approver: Actor, counted: Iterable[Approval]) -> Sentence | None:
        """Why somebody is no other person than those who have approved, or None where they are."""
        counted = tuple(counted)
        if approver.name in {each.person for each in counted}:
            return told("you have approved it already; another person is wanted")
        behind = holders(approver.name, approver.token)
        if any(not behind.isdisjoint(self.behind(each)) for each in counted):
            return told(
                "whoever made the token through which you approve, or through which it was approved,"
                " may be behind both; another person is wanted"
            )
        return None

    def behind(self, approval: Approval) -> frozenset[str]:
        """Who may be behind an approval."""
        token = self.tokens.by_id(approval.token) if approval.token else None
        return holders(approval.person, token)

    def token(self, id_: str) -> ApiToken | None:
        """The token of this id; None without one, and where it was removed."""
        return self.tokens.by_id(id_) if id_ else None

    def actor(self, person: str, token: str) -> Actor:
        """Somebody, through the token of this id if there is one."""
        return Actor(person, self.token(token))

    def _not_removed(self, approval: Approval) -> bool:
        return not approval.token or self.tokens.by_id(approval.token) is not None


def _still_may(policy: Policy, act: Act, approval: Approval, over: PartySet | None) -> bool:
    """Whether whoever approved is still one of us who may."""
    actor = Actor(approval.person)
    if actor.lacks(policy.directory, act, over):
        return False
    return may_at_best(policy, actor.someone(policy.directory), act, over)


def needs_words(reason: str) -> str:
    """The reason of an approval without blanks around it. Raises Rejected when none is left."""
    if not reason.strip():
        raise Rejected(
            Code.INVALID, told("this needs a reason"), told('say why, with `--reason "as agreed"`')
        )
    return reason.strip()
