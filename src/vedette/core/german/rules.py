"""Rules as German sentences.

A German sentence is built otherwise than the English one: names of parties have cases, the verb of
a condition stands at its end. So it is composed here by itself, and shares nothing but the rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vedette.core import conditions
from vedette.core.channels import NOUNS, TOWARDS_ORGANISATION, Channel
from vedette.core.conditions import Condition, ConditionError, Operator
from vedette.core.facts import REGISTRY, FactType
from vedette.core.language import AND, OR, german_day
from vedette.core.settings.rules import Rule

_PARTIES = {
    # accusative (für …, an …), dative (von …, zwischen …)
    "us": ("uns", "uns"),
    "guests": ("Gäste", "Gästen"),
    "partners": ("alle Partner", "allen Partnern"),
    "outside": ("alle außerhalb", "allen außerhalb"),
    "anyone": ("alle", "allen"),
}
_BRIDGE = ("die Personen der Brücke {}", "den Personen der Brücke {}")
_FOR, _WITH = 0, 1
_OPERATORS = {
    Operator.EQUAL: "",
    Operator.NOT_EQUAL: "nicht ",
    Operator.IN: "",
    Operator.NOT_IN: "weder ",
    Operator.LESS: "unter ",
    Operator.AT_MOST: "höchstens ",
    Operator.MORE: "über ",
    Operator.AT_LEAST: "mindestens ",
}
_ARTICLE = {"sign-in": "die Anmeldung", "administer": "die Verwaltung"}
_PLURAL = frozenset({"message", "file", "voice", "video", "conference", "call"})
_UNITS = {
    "second": "Sekunde", "seconds": "Sekunden", "minute": "Minute", "minutes": "Minuten",
    "hour": "Stunde", "hours": "Stunden", "day": "Tag", "days": "Tage",
    "week": "Woche", "weeks": "Wochen",
}  # fmt: skip


def rule_in_german(id: str, rule: Rule) -> str:  # noqa: A002  # a rule's name is its id everywhere
    """The whole rule, such as: Zwischen staff und acme sind Nachrichten bis zum 30.06.2027 erlaubt."""
    until = f" bis zum {german_day(rule.expires.isoformat())}" if rule.expires else ""
    sentence = f"{_sides(rule)} {_subject(rule)}{until} {'erlaubt' if rule.allow else 'verboten'}"
    if rule.when:
        held = _joined([condition_in_german(text) for text in rule.when], AND.german)
        sentence += f", wenn {held}"
    if rule.unless:
        lifted = _joined([condition_in_german(text) for text in rule.unless], OR.german)
        sentence += f", außer wenn {lifted}"
    if rule.mode == "observe":
        return f"{sentence} (`{id}` beobachtet nur und entscheidet nichts)."
    return f"{sentence}."


def condition_in_german(text: str) -> str:
    """A condition as a clause: "sign_in.factors mindestens 2 ist"."""
    try:
        condition = conditions.parse(text)
    except ConditionError:
        return f"`{text}` gilt"
    values, operator = _values(condition), _OPERATORS[condition.operator]
    neither = condition.operator is Operator.NOT_IN
    if neither and len(values) == 1:
        operator, neither = "nicht ", False
    claimed = "das behauptete " if condition.claimed else ""
    said = _joined(values, "noch" if neither else OR.german)
    return f"{claimed}{condition.fact} {operator}{said} ist"


def _values(condition: Condition) -> list[str]:
    spec = REGISTRY.get(condition.fact)
    written = condition.text.partition(f" {condition.operator.value} ")[2].split(", ")
    return [_value(each, spec.type if spec else FactType.WORD) for each in written]


def _value(written: str, kind: FactType) -> str:
    if kind is FactType.YES_NO:
        return {"yes": "ja", "no": "nein"}.get(written, written)
    if kind is FactType.DATE:
        return german_day(written)
    if kind is FactType.DURATION:
        return re.sub(r"[a-z]+", lambda found: _UNITS.get(found[0], found[0]), written)
    return written


def _sides(rule: Rule) -> str:
    if rule.between is not None:
        one, other = (_party(name, _WITH) for name in rule.between)
        return f"Unter {one}" if one == other else f"Zwischen {one} und {other}"
    if rule.channels & TOWARDS_ORGANISATION:
        return f"Für {_parties(rule.from_, _FOR)}"
    return f"Von {_parties(rule.from_, _WITH)} an {_parties(rule.to, _FOR)}"


def _subject(rule: Rule) -> str:
    """What is allowed or forbidden, behind its verb."""
    words = rule.allow or rule.forbid
    nouns = _joined([_ARTICLE.get(word, NOUNS[word].german) for word in words], AND.german)
    if Channel.ADMINISTER in rule.channels:
        nouns += f" gegenüber {_parties(rule.to, _WITH) or 'allen'}"
    many = len(words) > 1 or words[0] in _PLURAL
    return f"{'sind' if many else 'ist'} {nouns}"


def _parties(names: Sequence[str] | None, case: int) -> str:
    return _joined([_party(name, case) for name in names or ()], AND.german)


def _party(name: str, case: int) -> str:
    if name.startswith("bridge:"):
        return _BRIDGE[case].format(name.removeprefix("bridge:"))
    return _PARTIES[name][case] if name in _PARTIES else name


def _joined(words: Sequence[str], last: str) -> str:
    if not words[1:]:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
