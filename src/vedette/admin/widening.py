"""Towards whom a change allows more, and whether it may grant a right: the fact `change.widens`.

Conservative: a party is named when it might gain, never left out when it does. What can't be
placed at all names everyone, so that doubt asks for the second person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from vedette.core.channels import Channel
from vedette.core.conditions import parse
from vedette.core.people import ANYONE, GUESTS, OUTSIDE, PARTNERS, US
from vedette.core.settings.changes import can_only_refuse_more
from vedette.core.settings.document import Document, Rule

_EVERYONE = frozenset({ANYONE, US, GUESTS, PARTNERS, OUTSIDE})
ADMINISTER = Channel.ADMINISTER.value
"""The word for a change that may grant an administrative right."""
_OF_SESSIONS = ("certificate.", "client.", "device.", "sign_in.")
"""Facts of a session and its device, by the beginning of their names."""


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a change of a section's values may do."""

    towards: frozenset[str]
    """Parties towards which the values themselves allow more."""
    facts: tuple[str, ...] = ()
    """Facts that may come to be known otherwise, by the beginning of their names."""
    members: bool = False
    """Whether somebody may come into a party: their groups or attributes may be others."""
    identity: bool = False
    """Whether somebody may come to sign in as somebody else."""


_TO_OUR_OWN, _TO_EVERYONE = _Effect(frozenset({US})), _Effect(_EVERYONE)
_SESSIONS = _Effect(frozenset({US}), _OF_SESSIONS)
_UNKNOWN = _Effect(_EVERYONE, ("",), members=True)
VALUES: Mapping[str, _Effect] = MappingProxyType(
    {
        "administration": _Effect(frozenset()),
        "audit": _TO_OUR_OWN,
        "device_management": _Effect(_EVERYONE, _OF_SESSIONS),
        "directory": _Effect(_EVERYONE, members=True),
        "federation": _TO_EVERYONE,
        "files": _Effect(_EVERYONE, ("file.",)),
        "issuers": _Effect(frozenset({US}), _OF_SESSIONS, identity=True),
        "media": _TO_OUR_OWN,
        "messages": _TO_EVERYONE,
        "networks": _SESSIONS,
        "notices": _TO_OUR_OWN,
        "people": _Effect(_EVERYONE, members=True),
        "push": _TO_EVERYONE,
        "rooms": _Effect(frozenset({US}), ("room.",)),
        "sign_in": _SESSIONS,
        "standing": _TO_EVERYONE,
        "streams": _TO_EVERYONE,
        "synapse": _TO_OUR_OWN,
    }
)
"""Sections that hold values. One that is missing here may do anything."""
WORDS = frozenset({"organisation", "parties", "partners", "rules", "guardrails"})
"""Sections that are looked at name by name."""


def widens(old: Document, new: Document, today: date) -> frozenset[str]:
    """The parties towards which `new` may allow more than `old`; empty if it can't.

    `administer` stands for an administrative right that it may grant: by a rule, by whoever is in a
    party that a rule names, or by a fact that a rule reads.

    What has ended before `today` allows nothing, however it is changed.
    """
    old, new = _without_what_ended(old, today), _without_what_ended(new, today)
    if can_only_refuse_more(old, new):
        return frozenset()
    words = _changed_words(old, new)
    effects = [
        VALUES.get(section, _UNKNOWN)
        for section in Document.model_fields.keys() - WORDS
        if getattr(old, section) != getattr(new, section)
    ]
    rules = [*_loosened(old, new), *_touched(words, effects, old, new)]
    named = words | {name for rule in rules for name in _parties(rule)}
    named = named.union(*(effect.towards for effect in effects))
    if old.rooms != new.rooms:
        named |= {m for kind in new.rooms.values() for m in kind.members}
    if old.organisation != new.organisation:
        named |= _EVERYONE
    as_somebody_else = any(effect.identity for effect in effects) and _administered(new)
    waits_less = new.administration.wait_after_reset < old.administration.wait_after_reset
    if as_somebody_else or waits_less or any(Channel.ADMINISTER in rule.channels for rule in rules):
        named |= {ADMINISTER}
    return frozenset(named | _around(named, old, new))


def narrows(old: Document, new: Document, today: date) -> bool:
    """Whether `new` can only refuse more than `old`, what has ended before `today` left aside."""
    return can_only_refuse_more(_without_what_ended(old, today), _without_what_ended(new, today))


def _without_what_ended(document: Document, today: date) -> Document:
    """The same without allows that have ended, and without partners that count as outside again.

    An allow with nobody but such partners on one side allows nothing either. Forbids stay.
    """
    partners = {
        name: partner
        for name, partner in document.partners.items()
        if partner.valid_until is None or partner.valid_until >= today
    }
    ended = document.partners.keys() - partners.keys()

    def allows(rule: Rule) -> bool:
        between = tuple((one,) for one in rule.between or ())
        sides: tuple[Sequence[str], ...] = between or (rule.from_ or (), rule.to or ())
        over = rule.expires is not None and rule.expires < today
        return not over and not any(side and ended.issuperset(side) for side in sides)

    rules = {name: rule for name, rule in document.rules.items() if rule.forbid or allows(rule)}
    return document.model_copy(update={"partners": partners, "rules": rules})


def _ends(document: Document) -> dict[str, date]:
    """The last day of each domain as a partner's."""
    return {
        str(domain): each.valid_until or date.max
        for each in document.partners.values()
        for domain in each.domains
    }


def _leaves_partners(old: Document, new: Document) -> bool:
    """Whether a server that was a partner's counts as outside, now or earlier than before."""
    before, after = _ends(old), _ends(new)
    return any(domain not in after or after[domain] < end for domain, end in before.items())


def _outside_has_nothing(document: Document) -> bool:
    """Whether it is plain that whoever is no partner any more may do nothing.

    So not where a party names people one by one. Whatever else takes them in is changed itself,
    since no two partners have a domain in common.
    """
    strangers = any(
        not {ANYONE, OUTSIDE}.isdisjoint(_parties(rule))
        for rule in document.rules.values()
        if rule.allow
    )
    by_name = any(party.users for party in document.parties.values())
    return not (strangers or by_name)


def _loosened(old: Document, new: Document) -> Iterator[Rule]:
    """Rules, as they were and as they become, whose own change may allow more."""
    for section in ("rules", "guardrails"):
        before, after = getattr(old, section), getattr(new, section)
        for name in {*before, *after}:
            was, becomes = before.get(name), after.get(name)
            if was != becomes and not _only_refuses(old, name, was, becomes):
                yield from (rule for rule in (was, becomes) if rule is not None)


def _touched(
    words: set[str], effects: Sequence[_Effect], old: Document, new: Document
) -> Iterator[Rule]:
    """Rules whose answer may change because of what they name, or read, or who is in their parties."""
    facts = tuple(fact for effect in effects for fact in effect.facts)
    members = any(effect.members for effect in effects)
    for document in (old, new):
        own = {US, ANYONE, *document.parties}
        for rule in (*document.rules.values(), *document.guardrails.values()):
            named = set(_parties(rule))
            if rule.mode != "enforce":
                continue
            if (
                not words.isdisjoint(named)
                or (members and not own.isdisjoint(named))
                or any(fact.startswith(facts) for fact in _read(rule) if facts)
            ):
                yield rule


def _administered(document: Document) -> bool:
    """Whether somebody administers by a rule."""
    return any(
        rule.allow and Channel.ADMINISTER in rule.channels for rule in document.rules.values()
    )


def _read(rule: Rule) -> Iterator[str]:
    """The facts that a rule reads."""
    for text in (*rule.when, *rule.unless):
        yield parse(text).fact


def _only_refuses(any_: Document, name: str, was: Rule | None, becomes: Rule | None) -> bool:
    """Whether this one rule's change, by itself, can only refuse more."""
    one = any_.model_copy(update={"rules": {name: was} if was else {}, "guardrails": {}})
    other = any_.model_copy(update={"rules": {name: becomes} if becomes else {}, "guardrails": {}})
    return can_only_refuse_more(one, other)


def _parties(rule: Rule) -> Iterator[str]:
    yield from rule.between or ()
    yield from rule.from_ or ()
    yield from rule.to or ()


def _changed_words(old: Document, new: Document) -> set[str]:
    """Parties and partners whose meaning changed, with the parties that except them."""
    changed = {
        name
        for section in ("parties", "partners")
        for name in {*getattr(old, section), *getattr(new, section)}
        if getattr(old, section).get(name) != getattr(new, section).get(name)
    }
    if _outside_has_nothing(new):
        changed -= old.partners.keys() - new.partners.keys()
    elif _leaves_partners(old, new):
        changed.add(OUTSIDE)
    while more := {
        name
        for name, party in new.parties.items()
        if name not in changed and not changed.isdisjoint(party.except_)
    }:
        changed |= more
    return changed


def _around(named: Iterable[str], old: Document, new: Document) -> set[str]:
    """The built-in parties that a named one is part of, and for `anyone` all of them."""
    around: set[str] = set()
    for name in named:
        if name in old.partners or name in new.partners:
            around |= {PARTNERS}
        elif name == ANYONE:
            around |= _EVERYONE | {*old.partners, *new.partners, *old.parties, *new.parties}
        elif name in old.parties or name in new.parties or name.startswith("bridge:"):
            around |= {US}
        elif name == PARTNERS:
            around |= {*old.partners, *new.partners}
    return around
