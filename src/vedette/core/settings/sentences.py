"""Rules as sentences: what an auditor reads. Their German is composed in `core.german.rules`."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.core import conditions
from vedette.core.channels import NOUNS, TOWARDS_ORGANISATION, Channel
from vedette.core.conditions import Condition, ConditionError, Operator
from vedette.core.german.rules import condition_in_german, rule_in_german
from vedette.core.language import Sentence
from vedette.core.settings.rules import Rule

_SINGULAR = frozenset({"screen", "presence", "contact", "all", "sign-in", "administer"})
_PARTIES = {
    "us": "us",
    "guests": "guests",
    "partners": "all partners",
    "outside": "everyone outside",
    "anyone": "anyone",
}
_OPERATORS = {
    Operator.EQUAL: "is",
    Operator.NOT_EQUAL: "is not",
    Operator.IN: "is",
    Operator.NOT_IN: "is neither",
    Operator.LESS: "is under",
    Operator.AT_MOST: "is at most",
    Operator.MORE: "is over",
    Operator.AT_LEAST: "is at least",
}


def rule_sentence(id: str, rule: Rule) -> Sentence:  # noqa: A002  # a rule's name is its id
    """One sentence that says the whole rule, without its id unless it only observes.

    For example: "Between staff and acme: messages and contact are allowed until 2027-06-30."
    """
    return Sentence(_in_english(id, rule), rule_in_german(id, rule))


def condition_words(text: str) -> Sentence:
    """A condition in words: "sign_in.factors is at least 2". What can't be read stays as it is."""
    return Sentence(_condition(text), condition_in_german(text))


def _in_english(id: str, rule: Rule) -> str:  # noqa: A002  # as above
    sentence = f"{_sides(rule)}: {_answer(rule)}"
    if rule.expires is not None:
        sentence += f" until {rule.expires.isoformat()}"
    if rule.when:
        sentence += ", when " + _joined([_condition(text) for text in rule.when], "and")
    if rule.unless:
        sentence += ", unless " + _joined([_condition(text) for text in rule.unless], "or")
    if rule.mode == "observe":
        return f"{sentence} (`{id}` only observes; it decides nothing)."
    return sentence + "."


def _condition(text: str) -> str:
    try:
        condition = conditions.parse(text)
    except ConditionError:
        return f"`{text}`"
    values = _values(condition)
    operator = _OPERATORS[condition.operator]
    if condition.operator is Operator.NOT_IN:
        operator = "is not" if len(values) == 1 else operator
    claimed = "the claimed " if condition.claimed else ""
    word = "nor" if operator == "is neither" else "or"
    return f"{claimed}{condition.fact} {operator} {_joined(values, word)}"


def _values(condition: Condition) -> list[str]:
    return condition.text.partition(f" {condition.operator.value} ")[2].split(", ")


def _sides(rule: Rule) -> str:
    if rule.between is not None:
        one, other = (_party(name) for name in rule.between)
        return f"Among {one}" if one == other else f"Between {one} and {other}"
    doers = _joined([_party(name) for name in rule.from_ or ()], "and")
    others = _joined([_party(name) for name in rule.to or ()], "and")
    if Channel.ADMINISTER in rule.channels:
        return f"By {doers} over {others or 'everyone'}"
    if rule.channels & TOWARDS_ORGANISATION:
        return f"For {doers}"
    return f"From {doers} to {others}"


def _party(name: str) -> str:
    if name.startswith("bridge:"):
        return f"the people of the bridge {name.removeprefix('bridge:')}"
    return _PARTIES.get(name, name)


def _answer(rule: Rule) -> str:
    words = rule.allow or rule.forbid
    verb = "is" if len(words) == 1 and words[0] in _SINGULAR else "are"
    answer = "allowed" if rule.allow else "forbidden"
    return f"{_joined([NOUNS[word] for word in words], 'and')} {verb} {answer}"


def _joined(words: Sequence[str], last: str) -> str:
    if not words[1:]:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
