"""The administration door: every administrative act is asked here, mere reading too.

An act over somebody is asked over the parties of whom it concerns, so that a rule may give the help
desk the factors of `staff` and of nobody else. The yes is on record before anything is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from vedette.admin.actor import Actor
from vedette.admin.outranking import gives_access, outranked
from vedette.admin.rejected import Code, Rejected
from vedette.admin.reset_wait import still_waits
from vedette.core.asks import Act, Ask
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.explain import sentence_for_administrator
from vedette.core.facts import Facts, Missing
from vedette.core.language import Sentence, as_is, said_by, told
from vedette.core.names import InvalidName, UserId
from vedette.core.people import ANYONE, US
from vedette.core.reasons import Reason
from vedette.core.towards import organisation
from vedette.core.waiting_acts import TAKES_APPROVALS
from vedette.ports.policy import Policy
from vedette.spine import NOTHING_LATER, Permit, Refusal, Settled, Spine, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One administrative act: who does what, over whom, and why.

    `over` is None for what concerns the organisation as a whole. `what` names the session, device
    or partner for the record; `reason` is kept there as the claim that it is. `widens` names the
    parties towards which a change of the settings may allow more, `approvals` how many other people
    have approved exactly this (pending where more of them can come). `more` says all else that the
    act depends on, for whoever approves it, and `waited` is its id where it has waited for that.
    """

    act: Act
    author: Actor
    over: UserId | None = None
    reason: str = ""
    what: str = ""
    widens: frozenset[str] = frozenset()
    approvals: int | Missing = 0
    more: str = ""
    waited: str = ""


Preparing = Callable[[Policy, Doing], "tuple[Ask, Facts] | Decision"]
"""How an act becomes an ask and its facts, or a refusal that is fixed in code."""


class SecondPersons(Protocol):
    """Where an act waits for a second person, and is known again once there is one."""

    async def settle(self, door: AdministrationDoor, doing: Doing, preparing: Preparing) -> Settled:
        """What is answered to an act of `TAKES_APPROVALS`: never a permit for less than a yes.

        Raises:
            Rejected: it waits, and is kept for that; or its approvals were used up just now.
            Unavailable: it can't be learnt who approved it.
        """


@dataclass(frozen=True, slots=True)
class AdministrationDoor:
    """Asks the rules about administrative acts. Without `seconds`, no act waits for anybody."""

    spine: Spine
    seconds: SecondPersons | None = None

    async def permit(self, doing: Doing) -> Permit:
        """The permit for one act.

        Raises:
            Rejected: the rules refuse it, it waits for a second person, or it can't be decided now;
                nothing may be done.
        """
        settled = await self.answer(doing, asked)
        if isinstance(settled, Permit):
            return settled
        raise refused(settled)

    async def answer(self, doing: Doing, preparing: Preparing) -> Settled:
        """What is answered to one act; with what others have approved, where a rule may want that.

        Raises:
            Rejected: it waits for a second person; nothing may be done.
        """
        if doing.act not in TAKES_APPROVALS:
            return await self.settle(doing, preparing)
        if self.seconds is None:
            return await self.settle(doing, _alone(preparing))
        return await self.seconds.settle(self, doing, preparing)

    async def permit_unless(
        self, doing: Doing, barred: Sentence | None, hint: Sentence | None
    ) -> Permit:
        """The permit for an act that the code bars where `barred` says why; both are on record.

        What the rules refuse, they refuse first.

        Raises:
            Rejected: as in `permit`, or `barred`.
        """
        settled = await self.settle(doing, _own_change if barred else asked)
        if isinstance(settled, Permit):
            return settled
        if barred is not None and settled.decision.reason is Reason.OWN_CHANGE:
            raise Rejected(Code.REFUSED, barred, hint, record=settled.record)
        raise refused(settled)

    async def settle(
        self, doing: Doing, prepare: Preparing, later: frozenset[str] = NOTHING_LATER
    ) -> Settled:
        """What is answered to one act, prepared in another way than `asked` alone does.

        `later` names the facts that other people still add: what waits for those alone is kept.
        """

        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            return prepare(policy, doing)

        return await self.spine.settle_durably(doing.act, doing.author.name, gather, later)

    async def may(self, doing: Doing) -> bool:
        """Whether the rules allow the act; also recorded. Raises Rejected when in doubt."""
        try:
            await self.permit(doing)
        except Rejected as rejected:
            if rejected.code is Code.REFUSED:
                return False
            raise
        return True


def foreseen(policy: Policy, doing: Doing, today: int) -> bool:
    """Whether the rules would allow the act, or have it wait for a second person alone.

    It is not recorded: for what a page offers alone.
    """
    found = asked(policy, doing)
    return not isinstance(found, Decision) and _may_come(policy, *found, today)


def _may_come(policy: Policy, ask: Ask, facts: Facts, today: int) -> bool:
    if policy.decide(ask, facts, today).verdict is Verdict.YES:
        return True
    if ask.act not in TAKES_APPROVALS:
        return False
    later = facts.beside(Facts({"approvals": Missing.PENDING}))
    return policy.decide(ask, later, today).verdict is Verdict.NOT_YET


def foreseen_anywhere(policy: Policy, author: Actor, act: Act, today: int) -> bool:
    """Whether the rules would allow the act over nobody in particular, or over some party."""
    directory = policy.directory
    if foreseen(policy, Doing(act=act, author=author), today):
        return True
    who = author.someone(directory)
    for party in ("", *directory.document.parties):
        over = frozenset({ANYONE, US, party} - {""})
        if author.lacks(directory, act, over):
            continue
        ask = organisation(act, who, Channel.ADMINISTER, over)
        if _may_come(policy, ask, administration_facts(act, frozenset(), author.comes), today):
            return True
    return False


def refused(refusal: Refusal) -> Rejected:
    """A refusal in the words of administrators.

    Only a forbid speaks for itself: where no rule allowed it, the sentence of a rule that stops
    short of it is about something else.
    """
    decision = refusal.decision
    if decision.reason is Reason.CREDENTIALS_RESET:
        return still_waits(refusal)
    if decision.reason is Reason.NO_RULE:
        decision = replace(decision, rule=None, say=None)
    return Rejected(
        Code.UNAVAILABLE if refusal.in_doubt else Code.REFUSED,
        as_is(decision.say) if decision.say else sentence_for_administrator(decision),
        told("`vedette why RECORD` says how the decision came about") if refusal.record else None,
        record=refusal.record,
    )


def administration_facts(
    act: Act, widened: frozenset[str], comes: str, approvals: int | Missing = 0
) -> Facts:
    """What is known of an administrative act, whoever does it; `comes` is by what."""
    return Facts(
        {
            "act": act.value,
            "act.through": comes,
            "approvals": approvals,
            "change.widens": widened,
        }
    )


def asked(policy: Policy, doing: Doing) -> tuple[Ask, Facts] | Decision:
    """The ask, whose question names the person over whom it goes, unless the token is narrower."""
    whom = policy.directory.someone(doing.over) if doing.over else None
    if doing.author.lacks(policy.directory, doing.act, whom.parties if whom else None):
        return refuse(policy, Reason.BEYOND_TOKEN, whom.name if whom else None)
    who = doing.author.someone(policy.directory)
    ask = organisation(doing.act, who, Channel.ADMINISTER, whom.parties if whom else None)
    if whom is not None:
        questions = tuple(replace(question, whom=whom.name) for question in ask.questions)
        ask = replace(ask, questions=questions)
    return ask, _facts(doing)


def _alone(preparing: Preparing) -> Preparing:
    """The same, where nobody can be a second person for what gives access to an administrator."""

    def prepared(policy: Policy, doing: Doing) -> tuple[Ask, Facts] | Decision:
        gives = gives_access(doing.act, doing.what, doing.more)
        if gives and outranked(policy, doing.author, doing.over) is not None:
            return refuse(policy, Reason.SECOND_PERSON, doing.over)
        return preparing(policy, doing)

    return prepared


def _own_change(policy: Policy, doing: Doing) -> tuple[Ask, Facts] | Decision:
    """The refusal of somebody who is no second person; what the rules refuse, they refuse first."""
    found = asked(policy, doing)
    return found if isinstance(found, Decision) else refuse(policy, Reason.OWN_CHANGE)


def _facts(doing: Doing) -> Facts:
    """What the rules read of the act; the claims are for the record alone, no rule can name them."""
    author = doing.author
    facts = administration_facts(doing.act, doing.widens, author.comes, doing.approvals)
    token = author.token
    claims = {
        "reason": doing.reason,
        "what": doing.what,
        "token": token.id if token else "",
        "session": author.session,
        "waited": doing.waited,
    }
    said = {name: text for name, text in claims.items() if text}
    return author.signed.beside(Facts(facts.known, said))


def needs_reason(reason: str) -> str:
    """The reason without blanks around it. Raises Rejected when none is left."""
    if not reason.strip():
        raise Rejected(
            Code.INVALID,
            told("what takes something away from a person needs a reason"),
            told('say why, with `--reason "phone lost, ticket 4711"`'),
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
        hint = told(
            "write a whole user id such as `@alice:{domain}`, or the part before the colon",
            domain=domain,
        )
        raise Rejected(Code.INVALID, said_by(fault), hint) from fault
    if user.server != domain:
        raise Rejected(
            Code.INVALID,
            told("`{user}` is not of `{domain}`", user=user, domain=domain),
            told("people elsewhere have their accounts and sessions at their own organisation"),
        )
    return user
