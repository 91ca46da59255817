"""When a change takes a second person whatever the rules say, and who can't be that person.

Fixed in code, because the rules that would ask for it are what the change is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from vedette.admin.actor import Actor
from vedette.admin.policy import LOCAL_ADMINISTRATOR, RECOVERY
from vedette.admin.rights import gains
from vedette.core.conditions import Operator, parse
from vedette.core.language import Sentence, told
from vedette.core.pending import Approval, Awaited, PendingChange
from vedette.core.people import OUTSIDE, PARTNERS
from vedette.core.settings.changes import stricter
from vedette.core.settings.document import Document, Partner, Party, Rule
from vedette.core.tokens import ApiToken
from vedette.ports.policy import Policy

_NOBODY = frozenset({LOCAL_ADMINISTRATOR, RECOVERY})


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many other persons a change takes whatever the rules say, and why, in sentences."""

    persons: int
    why: tuple[Sentence, ...]


def wanted_by_code(old: Policy, new: Policy, author: str) -> Wanted:
    """How many more persons a change takes, and why; nobody where the rules alone say so.

    1. A guardrail would be lost, or hold for less: one. 2. A rule that asks for approvals would: as
    many as it asks for. 3. The record would be kept for less long: one, since what is removed can't
    be brought back. 4. The author would get a right of administration that they don't have: one.
    """
    before, after = old.directory.document, new.directory.document
    fewer = dict(_fewer_eyes(before, after))
    why = [
        told("The guardrail `{name}` would be lost or weaker.", name=name)
        for name in _lost(before, after)
    ]
    why += [
        told("The rule `{name}`, which asks for approvals, would be lost or weaker.", name=name)
        for name in fewer
    ]
    if _forgets(before, after):
        why.append(told("Records would be removed earlier than now, for good."))
    gained = gains(old, new, author)
    if gained is not None:
        why.append(
            told("Its author would get a right that they don't have: `{right}`.", right=gained)
        )
    return Wanted(max([*fewer.values(), min(len(why), 1)]), tuple(why))


def _lost(before: Document, after: Document) -> Iterator[str]:
    for name, rule in before.guardrails.items():
        if _weaker(rule, after.guardrails.get(name), before, after):
            yield str(name)


def _fewer_eyes(before: Document, after: Document) -> Iterator[tuple[str, int]]:
    for name, rule in before.rules.items():
        asks = approvals_wanted(rule) if rule.mode == "enforce" else 0
        if asks and _weaker(rule, after.rules.get(name), before, after):
            yield str(name), asks


def _forgets(before: Document, after: Document) -> bool:
    """Whether records would be removed that are kept now; unset, they are kept for good."""
    was, becomes = before.audit.keep, after.audit.keep
    return becomes is not None and (was is None or becomes < was)


def approvals_wanted(rule: Rule) -> int:
    """The highest number of approvals that a rule speaks of; 0 where it asks for none."""
    most = 0
    for text in (*rule.when, *rule.unless):
        condition = parse(text)
        if condition.fact == "approvals":
            numbers = [value for value in condition.values if isinstance(value, int)]
            most = max(most, max(numbers) + (condition.operator is Operator.MORE))
    return most


def _weaker(rule: Rule, kept: Rule | None, before: Document, after: Document) -> bool:
    """Whether what a rule refuses might pass, the sets of people that it names looked at too."""
    if kept is None or not stricter(rule, kept):
        return True
    sides = {*(rule.between or ()), *(rule.from_ or ()), *(rule.to or ())}
    return any(_shrinks(side, before, after) for side in sides) or _falls_outside(
        sides, before, after
    )


def _shrinks(name: str, before: Document, after: Document) -> bool:
    """Whether somebody might fall out of a party or partner of the document."""
    for own, was in before.parties.items():
        if own == name:
            becomes = after.parties.get(own)
            return becomes is None or _loses(was, becomes, before, after)
    for own, partner in before.partners.items():
        if own == name:
            same = [each for other, each in after.partners.items() if other == own]
            return _leaves([partner], same)
    return False


def _falls_outside(sides: set[str], before: Document, after: Document) -> bool:
    """Whether a server leaves `partners` for `outside`, where only the first is named.

    The other way round is no loss: `outside` is whoever nobody has named, by what the word means.
    """
    return (
        PARTNERS in sides
        and OUTSIDE not in sides
        and _leaves(before.partners.values(), after.partners.values())
    )


def _leaves(was: Iterable[Partner], becomes: Iterable[Partner]) -> bool:
    """Whether a server that was one of these partners' might not be any more, now or one day."""
    ends = {domain: _end(each) for each in was for domain in each.domains}
    kept = {domain: _end(each) for each in becomes for domain in each.domains}
    return any(domain not in kept or kept[domain] < ends[domain] for domain in ends)


def _end(partner: Partner) -> date:
    return partner.valid_until or date.max


def _loses(was: Party, becomes: Party, before: Document, after: Document) -> bool:
    grown = set(was.groups) <= set(becomes.groups) and set(was.users) <= set(becomes.users)
    fewer = set(becomes.except_) <= set(was.except_)
    same = {own: party for own, party in before.parties.items() if own in becomes.except_}
    return not (grown and fewer and all(after.parties.get(own) == same[own] for own in same))


def cant_approve(
    change: PendingChange, asked_by: ApiToken | None, approver: Actor, old: Policy, new: Policy
) -> Sentence | None:
    """Why somebody is no second person for a change, or None where they may be.

    Whoever is no other person at all (`no_other_person`), and whoever would get a right by it.
    """
    token = approver.token
    words = no_other_person(change, asked_by, approver)
    if words is not None:
        return words
    for who in sorted(holders(approver.name, token)):
        gained = gains(old, new, who)
        if gained is not None:
            return told(
                "the change would give yourself a right that you don't have: `{right}`"
                if who == approver.name
                else "the change would give whoever made your token a right that you don't have: "
                "`{right}`",
                right=gained,
            )
    return None


def no_other_person(change: Awaited, asked_by: ApiToken | None, approver: Actor) -> Sentence | None:
    """Why somebody counts as no other person than who asked for a change or an act, or None.

    Behind an act may be its person, and whoever made the token through which it came, since they
    have seen its value: `holders`.

    1. The local token is nobody's second person, and no token that it made is: it stands for no
    person. 2. Nobody approves their own, whichever token they use. 3. Nobody who may be behind
    what was asked for may be behind its approval; and no token that was made once it was waiting
    is good for it.
    """
    token = approver.token
    if approver.name in _NOBODY:  # (1)
        return told("the local token is nobody's second person: it stands for no person")
    if token is not None and token.made_by in _NOBODY:
        return told(
            "the token through which you approve was made with the local token, which stands for no"
            " person; approve in the console, or with a token that you made there yourself"
        )
    if approver.name == change.author:  # (2)
        return told("nobody approves their own change, through whichever token")
    if asked_by is not None and asked_by.made_by == approver.name:  # (3)
        return told("it was asked for through a token that you have made")
    if token is not None and token.made_by == change.author:
        return told("the token through which you approve was made by whoever asked for the change")
    if not holders(change.author, asked_by).isdisjoint(holders(approver.name, token)):
        return told(
            "the token through which you approve and the one through which it was asked for were made"
            " by the same person"
        )
    if token is not None and token.made > change.asked:
        return told("the token through which you approve is younger than the change")
    return None


def holders(name: str, token: ApiToken | None) -> frozenset[str]:
    """Who may be behind an act: whose it is, and who has seen the token through which it came.

    Nobody else can be: no token makes tokens.
    """
    return frozenset({name} if token is None else {name, token.made_by})


def several(
    asked_by: frozenset[str], approvals: Iterable[tuple[Approval, frozenset[str]]]
) -> Iterator[Approval]:
    """Those approvals behind which there are as many other persons, none of them behind the change.

    Given with their `holders`, the oldest first; the first of two that may be one person's counts.
    """
    seen = asked_by | _NOBODY
    for approval, behind in approvals:
        if seen.isdisjoint(behind):
            seen |= behind
            yield approval


def approvers(approvals: tuple[Approval, ...]) -> tuple[str, ...]:
    """Who approved, by the time they did."""
    return tuple(each.person for each in approvals)
