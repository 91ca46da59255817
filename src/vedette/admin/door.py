"""The administration door: every act over people's sessions and accounts is asked here.

An act is asked over the parties of whom it concerns, so that a rule may give the help desk the
factors of `staff` and of nobody else. The yes is on record before anything is done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vedette.admin.policy import LOCAL_ADMINISTRATOR, local_administrator
from vedette.admin.rejected import Code, Rejected
from vedette.admin.settings import administration_facts
from vedette.core.asks import Act, Ask, Someone
from vedette.core.channels import Channel
from vedette.core.explain import sentence_for_administrator
from vedette.core.facts import Facts
from vedette.core.names import InvalidName, UserId
from vedette.core.reasons import Reason
from vedette.core.towards import organisation
from vedette.ports.policy import Policy
from vedette.spine import Permit, Refusal, Spine


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One administrative act: who does what, over whom, and why.

    `author` is a user id, or `LOCAL_ADMINISTRATOR`. `what` names the session or device for the
    record; `reason` is kept there as the claim that it is.
    """

    act: Act
    author: str
    over: UserId
    reason: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class AdministrationDoor:
    """Asks the rules about administrative acts over people."""

    spine: Spine

    async def permit(self, doing: Doing) -> Permit:
        """The permit for one act.

        Raises:
            Rejected: the rules refuse it, or it can't be decided now; nothing may be done.
        """

        async def gather(policy: Policy) -> tuple[Ask, Facts]:
            return _ask(policy, doing), _facts(doing)

        settled = await self.spine.settle_durably(doing.act, doing.author, gather)
        if isinstance(settled, Permit):
            return settled
        raise refused(settled)

    async def may(self, doing: Doing) -> bool:
        """Whether the rules allow the act; also recorded. Raises Rejected when in doubt."""
        try:
            await self.permit(doing)
        except Rejected as rejected:
            if rejected.code is Code.REFUSED:
                return False
            raise
        return True


def refused(refusal: Refusal) -> Rejected:
    """A refusal in the words of administrators.

    Only a forbid speaks for itself: where no rule allowed it, the sentence of a rule that stops
    short of it is about something else.
    """
    decision = refusal.decision
    if decision.reason is Reason.NO_RULE:
        decision = replace(decision, rule=None, say=None)
    return Rejected(
        Code.UNAVAILABLE if refusal.in_doubt else Code.REFUSED,
        decision.say or sentence_for_administrator(decision),
        "`vedette why RECORD` says how the decision came about" if refusal.record else None,
        record=refusal.record,
    )


def _ask(policy: Policy, doing: Doing) -> Ask:
    """The ask, whose question names the person over whom it goes."""
    whom = policy.directory.someone(doing.over)
    ask = organisation(doing.act, _author(policy, doing), Channel.ADMINISTER, whom.parties)
    questions = tuple(replace(question, whom=whom.name) for question in ask.questions)
    return replace(ask, questions=questions)


def _author(policy: Policy, doing: Doing) -> Someone:
    if doing.author == LOCAL_ADMINISTRATOR:
        return local_administrator(policy.directory.document)
    return policy.directory.someone(UserId(doing.author))


def _facts(doing: Doing) -> Facts:
    """What the rules read of the act; the claims are for the record alone, no rule can name them."""
    facts = administration_facts(doing.act, frozenset())
    claims = {"reason": doing.reason, "what": doing.what}
    return Facts(facts.known, {name: text for name, text in claims.items() if text})


def needs_reason(reason: str) -> str:
    """The reason without blanks around it. Raises Rejected when none is left."""
    if not reason.strip():
        raise Rejected(
            Code.INVALID,
            "what takes something away from a person needs a reason",
            'say why, with `--reason "phone lost, ticket 4711"`',
        )
    return reason.strip()


def user_named(text: str, domain: str) -> UserId:
    """The person of this organisation that a whole user id or its first part names.

    Raises:
        Rejected: it names nobody here.
    """
    try:
        user = UserId(text if text.startswith("@") else f"@{text}:{domain}")
    except InvalidName as fault:
        hint = f"write a whole user id such as `@alice:{domain}`, or the part before the colon"
        raise Rejected(Code.INVALID, str(fault), hint) from fault
    if user.server != domain:
        raise Rejected(
            Code.INVALID,
            f"`{user}` is not of `{domain}`",
            "people elsewhere have their accounts and sessions at their own organisation",
        )
    return user
