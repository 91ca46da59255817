"""From the settings document to an indexed ruleset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vedette.core.channels import WORDS
from vedette.core.conditions import Condition, parse
from vedette.core.ruleset import EVERYONE, CompiledRule, Ruleset
from vedette.core.settings.document import Document, Rule


def compile_rules(document: Document, revision: int) -> Ruleset:
    """Compile every rule and guardrail of a document that was checked before.

    Raises:
        ConditionError: a condition can't be read, which `settings.parse` would have said.
    """
    rules = [*_section(document.rules.items(), False), *_section(document.guardrails.items(), True)]
    return Ruleset.of(revision, rules)


def _section(rules: Iterable[tuple[str, Rule]], guardrail: bool) -> Iterator[CompiledRule]:
    for name, rule in rules:
        # A guardrail's id is told apart from a rule's of the same name in records and `why`.
        yield compile_rule(
            f"guardrails.{name}" if guardrail else str(name), rule, guardrail=guardrail
        )


def compile_rule(id_: str, rule: Rule, *, guardrail: bool = False) -> CompiledRule:
    """Compile one rule. An allow that expires gets a condition on the day it is asked."""
    return CompiledRule(
        id=id_,
        forbids=bool(rule.forbid),
        channels=frozenset(c for word in rule.forbid or rule.allow for c in WORDS[word]),
        pairs=frozenset(_pairs(rule)),
        when=tuple(parse(text) for text in rule.when) + _still_valid(rule),
        unless=tuple(parse(text) for text in rule.unless),
        say=rule.say or None,
        observe=rule.mode == "observe",
        guardrail=guardrail,
    )


def _still_valid(rule: Rule) -> tuple[Condition, ...]:
    return (parse(f"today <= {rule.expires.isoformat()}"),) if rule.expires else ()


def _pairs(rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.between:
        one, other = rule.between
        yield from ((one, other), (other, one))
        return
    for from_ in rule.from_ or ():
        yield from ((from_, to) for to in rule.to or (EVERYONE,))
