"""The rules as Cedar policies, so that a second engine can be asked the same.

Cedar skips a forbid that errors, and a missing attribute is an error. So every condition says what
doubt means: an allow reads `context has x && …`, a forbid `if context has x then … else true`
(which is `!(context has x) || …` in the one form that Cedar's validator can follow). An unknown
fact is then left out of the context. Pending facts and unknown members have no counterpart in
Cedar. Rules in observe mode decide nothing and are left out.

Parties are groups, channels are actions, and a question's two sides are one `Person` and one
`Receiver` in their parties. Sizes, durations and dates (days since 0001-01-01, that day being 1)
are Longs, versions records of Longs. Policy language reference: docs.cedarpolicy.com, "Grammar".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vedette.core.asks import Question
from vedette.core.channels import Channel
from vedette.core.compile import compile_rules
from vedette.core.conditions import MOST_PARTS, Condition, Operator, has_type, trimmed
from vedette.core.facts import REGISTRY, Facts, FactType, Missing, Value
from vedette.core.ruleset import EVERYONE, CompiledRule
from vedette.core.settings.document import Document

_LARGEST = (1 << 63) - 1
"""Cedar's Long is 64 bits wide; no condition names a number that large."""

_CLAIMED = "claimed "
_TYPES = {
    FactType.YES_NO: "Bool",
    FactType.WORD: "String",
    FactType.WORDS: "Set<String>",
    FactType.VERSION: "{ " + ", ".join(f"p{n}: Long" for n in range(1, MOST_PARTS + 1)) + " }",
}
_NEGATIVE = frozenset({Operator.NOT_EQUAL, Operator.NOT_IN})
_EQUALS = frozenset({Operator.EQUAL, Operator.NOT_EQUAL})
_SEVERAL = frozenset({Operator.IN, Operator.NOT_IN})


@dataclass(frozen=True, slots=True)
class CedarExport:
    """A document in Cedar's own syntax: its policies, and the schema that they keep to."""

    policies: str
    schema: str


@dataclass(frozen=True, slots=True)
class CedarRequest:
    """One question as Cedar takes it: a request and the entities that it speaks of, as JSON."""

    request: dict[str, Any]
    entities: list[dict[str, Any]]


def export(document: Document) -> CedarExport:
    """Every rule and guardrail of a document that was checked before.

    Raises:
        ConditionError: a condition can't be read, which `settings.parse` would have said.
    """
    return CedarExport(policies(compile_rules(document, 0).rules), schema())


def policies(rules: Iterable[CompiledRule]) -> str:
    """Cedar policies for these rules: one for each pair of parties, annotated with the rule's id."""
    return "\n".join(
        _policy(rule, from_, to)
        for rule in rules
        if not rule.observe
        for from_, to in sorted(rule.pairs)
    )


def request(who: str, question: Question, facts: Facts) -> CedarRequest:
    """The same question for Cedar.

    Raises:
        ValueError: the receiving side is unknown, which Cedar has no way to say.
    """
    if question.to is None:
        raise ValueError("unknown members can't be put to Cedar")
    principal = {"type": "Person", "id": who}
    resource = {"type": "Receiver", "id": question.whom}
    asked = {
        "principal": principal,
        "action": {"type": "Action", "id": question.channel.value},
        "resource": resource,
        "context": _context(facts),
    }
    sides = [_entity(principal, question.from_), _entity(resource, question.to)]
    return CedarRequest(asked, sides)


def schema() -> str:
    """The Cedar schema of all facts and channels, the same for every document."""
    lines = ["entity Party;", "entity Person in [Party];", "entity Receiver in [Party];"]
    for channel in Channel:
        attributes = ", ".join(_attributes(channel))
        lines.append(
            f'action "{channel.value}" appliesTo {{ principal: [Person], resource: [Receiver], '
            f"context: {{ {attributes} }} }};"
        )
    return "\n".join(lines) + "\n"


def _attributes(channel: Channel) -> Iterator[str]:
    for spec in REGISTRY.values():
        if channel in spec.channels:
            type_ = _TYPES.get(spec.type, "Long")
            yield f'"{spec.name}"?: {type_}'
            if spec.claimable:
                yield f'"{_CLAIMED}{spec.name}"?: {type_}'


def _policy(rule: CompiledRule, from_: str, to: str) -> str:
    effect = "forbid" if rule.forbids else "permit"
    actions = ", ".join(f"Action::{_text(channel.value)}" for channel in sorted(rule.channels))
    resource = "resource" if to == EVERYONE else f"resource in Party::{_text(to)}"
    head = (
        f"@rule({_text(rule.id)})\n{effect} (\n  principal in Party::{_text(from_)},\n"
        f"  action in [{actions}],\n  {resource}\n)"
    )
    parts = [_part(each, forbids=rule.forbids, negated=False) for each in rule.when]
    parts += [_part(each, forbids=rule.forbids, negated=True) for each in rule.unless]
    if not parts:
        return f"{head};\n"
    return f"{head}\nwhen {{\n  " + "\n  && ".join(parts) + "\n};\n"


def _part(condition: Condition, *, forbids: bool, negated: bool) -> str:
    """What one condition asks for, in parentheses; `negated` for an `unless`.

    Doubt never helps: for an allow an unknown fact is a no, for a forbid a yes, negated or not.
    """
    own = _test(condition, condition.fact, negated=negated)
    if not condition.claimed:
        return f"({_guarded(condition.fact, own, forbids=forbids)})"
    # What was established wins over what was merely said.
    name = _CLAIMED + condition.fact
    said = _guarded(name, _test(condition, name, negated=negated), forbids=forbids)
    return f"(if context has {_text(condition.fact)} then {own} else ({said}))"


def _guarded(name: str, test: str, *, forbids: bool) -> str:
    known = f"context has {_text(name)}"
    return f"if {known} then {test} else true" if forbids else f"{known} && {test}"


def _test(condition: Condition, name: str, *, negated: bool) -> str:
    attribute = f"context[{_text(name)}]"
    match REGISTRY[condition.fact].type:
        case FactType.WORDS:
            values = ", ".join(_literal(value) for value in condition.values)
            test = f"{attribute}.containsAny([{values}])"
        case FactType.VERSION if condition.operator not in _SEVERAL | _EQUALS:
            test = _ordered_version(attribute, condition.operator, condition.values[0])
        case _:
            test = _scalar(attribute, condition)
    return f"!({test})" if negated is not (condition.operator in _NEGATIVE) else f"({test})"


def _scalar(attribute: str, condition: Condition) -> str:
    literals = [_literal(value) for value in condition.values]
    if condition.operator in _SEVERAL:
        return f"[{', '.join(literals)}].contains({attribute})"
    operator = "==" if condition.operator in _EQUALS else condition.operator.value
    return f"{attribute} {operator} {literals[0]}"


def _ordered_version(attribute: str, operator: Operator, bound: Value) -> str:
    """Two versions compared part by part: the first part that differs decides."""
    assert isinstance(bound, tuple)  # parse() saw to it
    strict = operator.value[0]
    parts = list(enumerate(_padded(bound), start=1))
    last, value = parts.pop()
    test = f"{attribute}.p{last} {operator.value} {value}"
    for number, value in reversed(parts):
        part = f"{attribute}.p{number}"
        test = f"{part} {strict} {value} || ({part} == {value} && ({test}))"
    return test


def _padded(version: tuple[int, ...]) -> tuple[int, ...]:
    return (*trimmed(version), *[0] * MOST_PARTS)[:MOST_PARTS]


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        parts = (f"p{n}: {part}" for n, part in enumerate(_padded(value), start=1))
        return "{" + ", ".join(parts) + "}"
    assert isinstance(value, int)  # no condition names a whole set
    return str(value)


def _text(text: str) -> str:
    """A Cedar string: everything but plain letters, digits and signs is written as an escape."""
    return '"' + "".join(c if c.isascii() and c.isprintable() and c not in '"\\'
                         else f"\\u{{{ord(c):x}}}" for c in text) + '"'  # fmt: skip


def _entity(uid: dict[str, str], parties: Iterable[str]) -> dict[str, Any]:
    parents = [{"type": "Party", "id": party} for party in sorted(parties)]
    return {"uid": uid, "attrs": {}, "parents": parents}


def _context(facts: Facts) -> dict[str, Any]:
    """Every fact of a type that conditions read; a claim only where nothing was established."""
    context: dict[str, Any] = {}
    for spec in REGISTRY.values():
        name, value = spec.name, facts.get(spec.name, claimed=False)
        if isinstance(value, Missing) and spec.claimable:
            name, value = _CLAIMED + name, facts.get(name, claimed=True)
        if not isinstance(value, Missing) and has_type(value, spec.type):
            context[name] = _value(value)
    return context


def _value(value: Value) -> Any:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return {f"p{n}": _fitting(part) for n, part in enumerate(_padded(value), start=1)}
    return _fitting(value)


def _fitting(number: int) -> int:
    return max(-_LARGEST, min(number, _LARGEST))
