"""A revision on trial: it returns by itself unless somebody confirms that it shut nobody out."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.core.channels import Channel
from vedette.core.settings.changes import stricter
from vedette.core.settings.document import Document, Rule

TRIAL_SECONDS = 600
"""So long a revision stays on trial."""
VALUES = (
    "administration", "device_management", "directory", "issuers", "networks", "people", "sign_in",
    "streams",
)  # fmt: skip
"""Sections whose values decide who is one of us, how one gets in, how long somebody administers nothing
after a reset, and how long doors go on alone."""
_WAYS_IN = frozenset({Channel.SIGN_IN, Channel.ADMINISTER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """All that came after the revision `back_to` returns at `until` (seconds since 1970 UTC).

    `revision` is the one in force; of a trial as it is kept, the one with which it began.
    """

    revision: int
    back_to: int
    until: int


def is_risky(old: Document, new: Document) -> bool:
    """Whether somebody might be shut out who got in before.

    1. A value about administration, the directory, issuers, devices, networks, whose word counts
    about people, signing in, or how long streams last is another one. 2. A rule about signing in or
    administering comes, goes or changes, unless that can only allow more. 3. So does a party that
    such a rule names, or that is excepted from one.
    """
    if any(getattr(old, name) != getattr(new, name) for name in VALUES):  # (1)
        return True
    was, becomes = _about_ways_in(old), _about_ways_in(new)
    if not all(stricter(becomes.get(name), was.get(name)) for name in {*was, *becomes}):  # (2)
        return True
    named = {side for rule in (*was.values(), *becomes.values()) for side in _sides(rule)}
    return any(_is_another(name, old, new) for name in named)  # (3)


def _about_ways_in(document: Document) -> dict[str, Rule]:
    sections = (("", document.rules), ("guardrails.", document.guardrails))
    return {
        f"{before}{name}": rule
        for before, rules in sections
        for name, rule in rules.items()
        if not _WAYS_IN.isdisjoint(rule.channels)
    }


def _sides(rule: Rule) -> tuple[str, ...]:
    return (*(rule.between or ()), *(rule.from_ or ()), *(rule.to or ()))


def _is_another(name: str, old: Document, new: Document) -> bool:
    for own, party in old.parties.items():
        if own == name:
            excepted = any(_is_another(other, old, new) for other in party.except_)
            return excepted or new.parties.get(own) != party
    return False
