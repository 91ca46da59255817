"""The one form of a document over which hashes and signatures are made.

Canonical JSON (sorted keys, no spaces, UTF-8) of the whole model with its defaults written out.
Comments, order, TOML spelling, units and the order of words in a list leave it as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from vedette.core import conditions
from vedette.core.conditions import Operator
from vedette.core.facts import REGISTRY, FactType
from vedette.core.settings.document import Document
from vedette.core.settings.faults import spell_path
from vedette.core.settings.parse import check_values
from vedette.core.settings.spelling import spell_duration, spell_size

_UNITS: dict[FactType, Callable[[int], str]] = {
    FactType.SIZE: spell_size,
    FactType.DURATION: spell_duration,
    FactType.NUMBER: str,
}


class DocumentError(ValueError):
    """Bytes are not the canonical form of a valid document; the message says what is wrong."""


def canonical(document: Document) -> bytes:
    """The canonical form of a document."""
    values = _settled(document.model_dump(mode="json", by_alias=True))
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def from_canonical(data: bytes) -> Document:
    """The document of a canonical form; settings that it doesn't know yet have their defaults.

    Raises:
        DocumentError: the bytes are no JSON object, or not a valid document.
    """
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        raise DocumentError("these bytes are not JSON") from None
    if not isinstance(values, dict):
        raise DocumentError("these bytes are not a settings document")
    for section in ("rules", "guardrails"):
        _drop_unset(values.get(section))
    document, findings = check_values(values)
    if document is None:
        wrong = [f"{spell_path(f.path)}: {f.message}" for f in findings if f.severity == "error"]
        raise DocumentError("; ".join(wrong))
    return document


def digest(document: Document) -> str:
    """SHA-256 over the canonical form, in lower-case hex."""
    return hashlib.sha256(canonical(document)).hexdigest()


def _drop_unset(rules: object) -> None:
    """Take out of rules what the canonical form writes for keys that say nothing."""
    if isinstance(rules, dict):
        for name, rule in rules.items():
            if isinstance(rule, dict):
                rules[name] = {key: value for key, value in rule.items() if value not in (None, [])}


def _settled(value: Any) -> Any:
    """Every list of a document is a set of words; `between` is the only one that may repeat one."""
    if isinstance(value, dict):
        return {key: _settled_key(key, inner) for key, inner in value.items()}
    return sorted(set(value)) if isinstance(value, list) else value


def _settled_key(key: str, value: Any) -> Any:
    if key == "between" and isinstance(value, list):
        return sorted(value)
    if key in ("when", "unless") and isinstance(value, list):
        return sorted({settled_condition(text) for text in value})
    return _settled(value)


def settled_condition(text: str) -> str:
    """The one spelling of a condition: values sorted and in their largest unit.

    Raises:
        ConditionError: the text is not a condition.
    """
    condition = conditions.parse(text)
    written = condition.text.partition(f" {condition.operator.value} ")[2].split(", ")
    spelled = {
        _spell(REGISTRY[condition.fact].type, value, word)
        for value, word in zip(condition.values, written, strict=True)
    }
    operator = condition.operator
    if len(spelled) == 1:  # `in` one word is `=` that word
        operator = {Operator.IN: Operator.EQUAL, Operator.NOT_IN: Operator.NOT_EQUAL}.get(
            operator, operator
        )
    claimed = "claimed " if condition.claimed else ""
    return f"{claimed}{condition.fact} {operator.value} " + ", ".join(sorted(spelled))


def _spell(kind: FactType, value: object, written: str) -> str:
    if isinstance(value, int) and kind in _UNITS:
        return _UNITS[kind](value)
    if isinstance(value, tuple):
        return ".".join(str(part) for part in value)
    return written
