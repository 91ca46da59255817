"""What somebody may do by the rules at best, whatever is still to be shown or approved.

Nothing is settled here: no record and no Permit come of it. It is for what is fixed in code about
changes of the rules themselves: who could be a second person, who would gain, who would be left.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from vedette.core.asks import Act, PartySet, Someone
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import REGISTRY, Facts, Missing, Value
from vedette.core.names import UserId
from vedette.core.pending import CHANGES
from vedette.core.people import ANYONE, GUESTS, US, Person
from vedette.core.towards import organisation
from vedette.core.waiting_acts import TAKES_APPROVALS
from vedette.ports.policy import Policy

AS_MANY_AS_WANTED = (1 << 53) - 1
"""The number of approvals of a change that can only refuse more: it never waits for anybody."""

ADMINISTRATION = tuple(act for act in Act if act.name.startswith("ADMINISTRATION_"))
"""Every act of administration."""

_TO_BE_HAD: dict[str, Value | Missing] = {
    name: Missing.PENDING for name, spec in REGISTRY.items() if Channel.ADMINISTER in spec.channels
}


def at_best(
    policy: Policy,
    who: Someone,
    act: Act,
    over: PartySet | None = None,
    comes: str | Missing = Missing.PENDING,
) -> Decision:
    """The answer to an act if every fact that can still be had were had; a no is a no for good.

    What others may approve counts as approved by as many as any rule may want; `comes` is by what it comes.
    """
    known: dict[str, Value | Missing] = {
        **_TO_BE_HAD,
        "act": act.value,
        "act.through": comes,
        "approvals": AS_MANY_AS_WANTED if act in CHANGES or act in TAKES_APPROVALS else 0,
        "change.widens": frozenset(),
    }
    ask = organisation(act, who, Channel.ADMINISTER, over)
    return policy.decide(ask, Facts(known), policy.directory.today)


def may_at_best(
    policy: Policy,
    who: Someone,
    act: Act,
    over: PartySet | None = None,
    comes: str | Missing = Missing.PENDING,
) -> bool:
    """Whether somebody might be allowed an act."""
    return at_best(policy, who, act, over, comes).verdict is not Verdict.NO


def lacked_right(policy: Policy, who: Someone, comes: str | Missing, whom: Someone) -> Act | None:
    """An act of administration that `whom` might be allowed and `who` might not; None if there is none.

    `comes` is by what `who` acts. Over somebody of some party, or over the organisation.
    """
    if who.kind == whom.kind and comes is Missing.PENDING:
        return None
    for act in ADMINISTRATION:
        for over in _overs(policy):
            if may_at_best(policy, whom, act, over) and not may_at_best(
                policy, who, act, over, comes
            ):
                return act
    return None


def who_may(policy: Policy, act: Act) -> Iterator[UserId]:
    """Our active people, guests apart, who might be allowed an act; by name."""
    may = [
        each.users
        for each in policy.directory.alike()
        if _counts(each.person) and may_at_best(policy, each.someone, act)
    ]
    return map(UserId, heapq.merge(*may))


def _counts(person: Person) -> bool:
    return person.active and not person.guest


def gains(old: Policy, new: Policy, who: str) -> Act | None:
    """An act of administration that a change of the settings would let somebody do for the first time.

    Over somebody of some party, or over the organisation. The holder of the local token gains
    nothing: what they may is fixed in code.
    """
    try:
        user = UserId(who)
    except ValueError:
        return None
    was, becomes = old.directory.someone(user), new.directory.someone(user)
    overs = _overs(old, new)
    for act in ADMINISTRATION:
        if any(
            may_at_best(new, becomes, act, over) and not may_at_best(old, was, act, over)
            for over in overs
        ):
            return act
    return None


def _overs(*policies: Policy) -> list[PartySet | None]:
    """Over whom an act may go: nobody, all of us, guests, and whoever is in one more party."""
    parties = {str(name) for each in policies for name in each.directory.document.parties}
    of_us: list[PartySet | None] = [frozenset({ANYONE, US, name}) for name in sorted(parties)]
    return [None, frozenset({ANYONE, US}), frozenset({ANYONE, GUESTS}), *of_us]
