"""Towards whom a change allows more: the fact `change.widens`.

Conservative: a party is named when it might gain, never left out when it does. What can't be
placed at all names everyone, so that doubt asks for the second person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from vedette.core.people import ANYONE, GUESTS, OUTSIDE, PARTNERS, US
from vedette.core.settings.changes import can_only_refuse_more
from vedette.core.settings.document import Document, Rule

_EVERYONE = frozenset({ANYONE, US, GUESTS, PARTNERS, OUTSIDE})
_INSIDE = frozenset({"audit", "issuers", "notices", "sign_in", "networks", "media", "synapse"})
"""Sections whose values concern our own people alone."""
_WORDS = frozenset({"organisation", "parties", "partners", "rooms", "rules", "guardrails"})
"""Sections that are looked at name by name; every other one, a new one too, holds values."""


def widens(old: Document, new: Document, today: date) -> frozenset[str]:
    """The parties towards which `new` may allow more than `old`; empty if it can't.

    What has ended before `today` allows nothing, however it is changed.
    """
    old, new = _without_what_ended(old, today), _without_what_ended(new, today)
    if can_only_refuse_more(old, new):
        return frozenset()
    named: set[str] = set()
    for section in ("rules", "guardrails"):
        named |= _by_rules(getattr(old, section), getattr(new, section), old)
    named |= _by_words(old, new)
    named |= _by_values(old, new)
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


def _by_rules(before: Mapping[str, Rule], after: Mapping[str, Rule], old: Document) -> set[str]:
    named: set[str] = set()
    for name in {*before, *after}:
        was, becomes = before.get(name), after.get(name)
        alone = _only_refuses(old, name, was, becomes)
        if was != becomes and not alone:
            named |= {*_parties(was), *_parties(becomes)}
    return named


def _only_refuses(any_: Document, name: str, was: Rule | None, becomes: Rule | None) -> bool:
    """Whether this one rule's change, by itself, can only refuse more."""
    one = any_.model_copy(update={"rules": {name: was} if was else {}, "guardrails": {}})
    other = any_.model_copy(update={"rules": {name: becomes} if becomes else {}, "guardrails": {}})
    return can_only_refuse_more(one, other)


def _parties(rule: Rule | None) -> Iterator[str]:
    if rule is None:
        return
    yield from rule.between or ()
    yield from rule.from_ or ()
    yield from rule.to or ()


def _by_words(old: Document, new: Document) -> set[str]:
    """Parties, partners and kinds of room whose meaning changed, and whom rules with them name."""
    changed = {
        name
        for section in ("parties", "partners")
        for name in {*getattr(old, section), *getattr(new, section)}
        if getattr(old, section).get(name) != getattr(new, section).get(name)
    }
    if _outside_has_nothing(new):
        changed -= old.partners.keys() - new.partners.keys()
    # A party that stands in another one's `except` changes that one too.
    changed |= {
        name for name, party in new.parties.items() if not changed.isdisjoint(party.except_)
    }
    rules = [*new.rules.values(), *new.guardrails.values(), *old.rules.values()]
    beside = {
        name for rule in rules if not changed.isdisjoint(_parties(rule)) for name in _parties(rule)
    }
    rooms = {US} | {m for kind in new.rooms.values() for m in kind.members}
    return changed | beside | (rooms if old.rooms != new.rooms else set())


def _by_values(old: Document, new: Document) -> set[str]:
    named: set[str] = set()
    for section in Document.model_fields.keys() - _WORDS:
        if getattr(old, section) != getattr(new, section):
            named |= {US} if section in _INSIDE else _EVERYONE
    return named | (set(_EVERYONE) if old.organisation != new.organisation else set())


def _around(named: Iterable[str], old: Document, new: Document) -> set[str]:
    """The built-in parties that a named one is part of, and for `anyone` all of them."""
    around: set[str] = set()
    for name in named:
        if name in old.partners or name in new.partners:
            around |= {PARTNERS}
        elif name == ANYONE:
            around |= _EVERYONE | {*old.partners, *new.partners}
        elif name in old.parties or name in new.parties or name.startswith("bridge:"):
            around |= {US}
        elif name == PARTNERS:
            around |= {*old.partners, *new.partners}
    return around
