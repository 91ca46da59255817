"""What somebody may do by the rules at best, whatever is still to be shown or approved.

Nothing is settled here: no record and no Permit come of it. It is for what is fixed in code about
changes of the rules themselves: who could be a second person, who would gain, who would be left.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from itertools import product

from vedette.core.asks import Act, PartySet, Someone
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import REGISTRY, Facts, Missing, Value
from vedette.core.names import UserId
from vedette.core.pending import CHANGES
from vedette.core.people import ANYONE, GUESTS, OUTSIDE, PARTNERS, US, Person
from vedette.core.settings.document import Document
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
    view: dict[str, Value | Missing] = {
        "approvals": AS_MANY_AS_WANTED,
        "change.widens": frozenset[str](),
    }
    return _at_best(policy, who, act, over, comes, view)


def _at_best(
    policy: Policy,
    who: Someone,
    act: Act,
    over: PartySet | None,
    comes: str | Missing,
    view: Mapping[str, Value | Missing],
) -> Decision:
    """The same where so much is widened and so many have approved."""
    known = {**_TO_BE_HAD, "act": act.value, "act.through": comes, **view}
    if act not in CHANGES and act not in TAKES_APPROVALS:
        known["approvals"] = 0
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

    `comes` is by what `who` acts. It is looked at over everybody and over the organisation, for changes
    that widen nothing or everything, and with approvals and without.
    """
    if who.kind == whom.kind and comes is Missing.PENDING:
        return None
    overs, views = _overs(policy), _views(policy)
    for act, over, view in product(ADMINISTRATION, overs, views):
        theirs = _at_best(policy, whom, act, over, Missing.PENDING, view)
        if theirs.verdict is not Verdict.NO:
            own = _at_best(policy, who, act, over, comes, view)
            if own.verdict is Verdict.NO:
                return act
    return None


def rights(policy: Policy, who: Someone) -> Iterator[tuple[Act, PartySet | None]]:
    """The acts of administration that somebody might be allowed, each with those over whom."""
    for act, over in product(ADMINISTRATION, _overs(policy)):
        if may_at_best(policy, who, act, over):
            yield act, over


def _views(policy: Policy) -> tuple[Mapping[str, Value | Missing], ...]:
    """What a change may widen, and how many may have approved, at the two ends of each."""
    document = policy.directory.document
    named = {*map(str, document.parties), *map(str, document.partners)}
    everything = frozenset(
        {ANYONE, US, GUESTS, PARTNERS, OUTSIDE, Channel.ADMINISTER.value, *named}
    )
    return tuple(
        {"change.widens": widens, "approvals": approvals}
        for widens in (frozenset[str](), everything)
        for approvals in (AS_MANY_AS_WANTED, 0)
    )


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
    """Over whom an act may go: nobody, all of us, guests, whoever is in one more party, each of our people.

    Of the parties that people are in, those count that rules about administration name.
    """
    documents = [each.directory.document for each in policies]
    parties = {str(name) for document in documents for name in document.parties}
    named = {ANYONE, US, GUESTS}.union(*map(_named_in_administration, documents))
    people = {each.someone.parties & named for p in policies for each in p.directory.alike()}
    of_us = [frozenset({ANYONE, US, name}) for name in sorted(parties)]
    found = [frozenset({ANYONE, US}), frozenset({ANYONE, GUESTS}), *of_us]
    return [None, *found, *sorted(people.difference(found), key=sorted)]


def _named_in_administration(document: Document) -> set[str]:
    """The parties over whom rules about administration speak."""
    rules = (*document.rules.values(), *document.guardrails.values())
    about = [rule for rule in rules if Channel.ADMINISTER in rule.channels]
    return {str(name) for rule in about for name in (*(rule.to or ()), *(rule.between or ()))}
