"""Conditions: `fact operator value, value…`, parsed from one string, answered in three values.

A condition is *yes*, *no* or *unknown*. While a fact is pending, any of the three may still come
out, so every answer is kept as the set of outcomes that are still possible (`Outcomes`). The
strong Kleene tables over such sets then give the one safe reading of doubt: a forbid bites unless
*no* is certain, an allow holds only where *yes* is certain (DESIGN, "The policy language").
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import IntFlag, StrEnum
from typing import Any

from vedette.core.facts import REGISTRY, Facts, FactSpec, FactType, Missing, Value


class ConditionError(ValueError):
    """A condition that can't be read; the message says what and what to write instead."""


class Outcomes(IntFlag):
    """The answers that are still possible, as a set."""

    NO = 1
    UNKNOWN = 2
    YES = 4
    PENDING = 7
    """Any answer is still possible."""

    def negated(self) -> Outcomes:
        """Swap yes and no; unknown stays unknown."""
        return _NEGATED[self]


_SINGLE = (Outcomes.NO, Outcomes.UNKNOWN, Outcomes.YES)


def _negate(outcomes: int) -> Outcomes:
    swapped = outcomes & Outcomes.UNKNOWN
    swapped |= Outcomes.NO if outcomes & Outcomes.YES else 0
    swapped |= Outcomes.YES if outcomes & Outcomes.NO else 0
    return Outcomes(swapped)


def _meet(left: int, right: int) -> Outcomes:
    result = 0
    for a in _SINGLE:
        for b in _SINGLE:
            if left & a and right & b:
                result |= min(a, b)
    return Outcomes(result)


# The tables are computed once: flag arithmetic would cost more than all the rest of a decision.
_NEGATED = tuple(_negate(outcomes) for outcomes in range(8))
_WEAKER = tuple(tuple(_meet(a, b) for b in range(8)) for a in range(8))


def both(left: Outcomes, right: Outcomes) -> Outcomes:
    """Two parts must hold: the weaker one decides."""
    return _WEAKER[left][right]


class Operator(StrEnum):
    """How a fact is compared with the values of its condition."""

    EQUAL = "="
    NOT_EQUAL = "!="
    IN = "in"
    NOT_IN = "not in"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


_ORDER: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.MORE: operator.gt,
    Operator.AT_LEAST: operator.ge,
}
_ORDERED = frozenset(
    {FactType.NUMBER, FactType.SIZE, FactType.DURATION, FactType.VERSION, FactType.DATE}
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One parsed condition. `text` is its canonical spelling, `holds` its test of a known value."""

    fact: str
    operator: Operator
    values: tuple[Value, ...]
    claimed: bool
    text: str
    holds: Callable[[Any], bool] = field(compare=False, repr=False)

    def outcomes(self, facts: Facts) -> Outcomes:
        """Answer the condition. Total: a fact of the wrong type is unknown, never an error."""
        value = facts.get(self.fact, claimed=self.claimed)
        if value is Missing.PENDING:
            return Outcomes.PENDING
        if value is Missing.UNKNOWN or not _IS_A[_TYPE_OF[self.fact]](value):
            return Outcomes.UNKNOWN
        return Outcomes.YES if self.holds(value) else Outcomes.NO


def _test(type_: FactType, by: Operator, values: tuple[Value, ...]) -> Callable[[Any], bool]:
    """The test that a value of this type must pass. Made once, since it is what a decision costs."""
    compare = _ORDER.get(by)
    bound = values[0]
    among = by in (Operator.EQUAL, Operator.IN)
    if compare is not None and type_ is FactType.VERSION:
        return lambda value: compare(trimmed(value), bound)
    if compare is not None:
        return lambda value: compare(value, bound)
    if type_ is FactType.VERSION:
        return lambda value: (trimmed(value) in values) is among
    if type_ is FactType.WORDS:
        return lambda value: value.isdisjoint(values) is not among
    return lambda value: (value in values) is among


def trimmed(version: tuple[int, ...]) -> tuple[int, ...]:
    """The one form of a version: 1.12 and 1.12.0 are the same."""
    end = len(version)
    while end > 1 and version[end - 1] == 0:
        end -= 1
    return version[:end]


def has_type(value: Value, type_: FactType) -> bool:
    """Whether a value is one of this type; what is not counts as unknown."""
    return _IS_A[type_](value)


MOST_PARTS = 8
"""How many parts a version has at most."""


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_version(value: object) -> bool:
    if not isinstance(value, tuple) or not 0 < len(value) <= MOST_PARTS:
        return False
    return all(type(part) is int and part >= 0 for part in value)


_IS_A: dict[FactType, Callable[[object], bool]] = {
    FactType.YES_NO: lambda value: isinstance(value, bool),
    FactType.NUMBER: _is_number,
    FactType.SIZE: _is_number,
    FactType.DURATION: _is_number,
    FactType.DATE: _is_number,
    FactType.VERSION: _is_version,
    FactType.WORD: lambda value: isinstance(value, str),
    FactType.WORDS: lambda value: (
        isinstance(value, frozenset) and all(isinstance(word, str) for word in value)
    ),
}
_TYPE_OF = {name: spec.type for name, spec in REGISTRY.items()}


_SHAPE = re.compile(
    r"\s*(?P<claimed>claimed\s+)?(?P<fact>[a-z][a-z0-9_.-]*)\s*"
    r"(?P<operator>!=|<=|>=|=|<|>|not\s+in(?=\s)|in(?=\s))\s*(?P<values>.+?)\s*",
    re.DOTALL,
)


def parse(text: str) -> Condition:
    """Parse one condition.

    Raises:
        ConditionError: the text has another shape, names no fact of the registry, or gives an
            operator or a value that the fact's type does not have.
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise ConditionError(f"`{text}` is not a condition; write `fact operator value`")
    spec = _fact(shape["fact"])
    claimed = shape["claimed"] is not None
    if claimed and not spec.claimable:
        raise ConditionError(f"`{spec.name}` is never a claim; leave `claimed` out")
    by = Operator(" ".join(shape["operator"].split()))
    values = tuple(_value(spec, part.strip()) for part in shape["values"].split(","))
    _check_operator(spec, by, values)
    spelling = f"{'claimed ' if claimed else ''}{spec.name} {by.value} " + ", ".join(
        part.strip() for part in shape["values"].split(",")
    )
    holds = _test(spec.type, by, values)
    return Condition(spec.name, by, values, claimed, spelling, holds)


def _fact(name: str) -> FactSpec:
    spec = REGISTRY.get(name)
    if spec is None:
        near = difflib.get_close_matches(name, REGISTRY, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise ConditionError(f"`{name}` is not a known fact{hint}")
    return spec


def _check_operator(spec: FactSpec, by: Operator, values: tuple[Value, ...]) -> None:
    if by in _ORDER and spec.type not in _ORDERED:
        raise ConditionError(f"`{spec.name}` can't be compared with `{by.value}`")
    if by not in (Operator.IN, Operator.NOT_IN) and len(values) > 1:
        raise ConditionError(f"`{by.value}` takes one value; use `in` or `not in` for several")


def _value(spec: FactSpec, text: str) -> Value:
    if not text:
        raise ConditionError(f"`{spec.name}` is compared with nothing; write a value")
    return _READERS[spec.type](spec, text)


def _yes_no(spec: FactSpec, text: str) -> Value:
    if text not in ("yes", "no"):
        raise ConditionError(f"`{spec.name}` is `yes` or `no`, not `{text}`")
    return text == "yes"


def _number(spec: FactSpec, text: str) -> Value:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ConditionError(f"`{text}` is not a whole number, which `{spec.name}` needs")
    return int(text)


_SIZES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
          "kB": 10**3, "MB": 10**6, "GB": 10**9}  # fmt: skip
_NO_SIZE = 1 << 62
"""Larger numbers of bytes don't fit where sizes are stored and compared elsewhere."""
_DURATIONS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def read_size(text: str) -> int:
    """Bytes in a size such as `50 MiB`. Raises ConditionError."""
    found = re.fullmatch(r"([0-9]{1,12})\s*([A-Za-z]{1,3})", text)
    if found is None or found[2] not in _SIZES:
        raise ConditionError(f"`{text}` is not a size; write it like `50 MiB`")
    size = int(found[1]) * _SIZES[found[2]]
    if size >= _NO_SIZE:
        raise ConditionError(f"`{text}` is more than any file has; write it like `50 MiB`")
    return size


def read_duration(text: str) -> int:
    """Seconds in a duration such as `30 days`. Raises ConditionError."""
    found = re.fullmatch(r"([0-9]{1,9})\s*([a-z]+?)s?", text)
    if found is None or found[2] not in _DURATIONS:
        raise ConditionError(f"`{text}` is not a duration; write it like `30 days`")
    return int(found[1]) * _DURATIONS[found[2]]


def read_version(text: str) -> tuple[int, ...]:
    """The parts of a dotted version, compared part by part. Raises ConditionError."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9}){0,7}", text):
        raise ConditionError(f"`{text}` is not a version; write it like `15` or `1.12.3`")
    return trimmed(tuple(int(part) for part in text.split(".")))


def _date(_: FactSpec, text: str) -> Value:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise ConditionError(f"`{text}` is not a date; write it like `2027-06-30`") from None


def _word(spec: FactSpec, text: str) -> Value:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}", text):
        raise ConditionError(f"`{text}` is not a word, which `{spec.name}` needs")
    if spec.words is not None and text not in spec.words:
        near = difflib.get_close_matches(text, spec.words, n=1)
        hint = (
            f"did you mean `{near[0]}`?"
            if near
            else "it is one of " + ", ".join(sorted(spec.words))
        )
        raise ConditionError(f"`{spec.name}` is never `{text}`; {hint}")
    return text


_READERS: dict[FactType, Callable[[FactSpec, str], Value]] = {
    FactType.YES_NO: _yes_no,
    FactType.NUMBER: _number,
    FactType.SIZE: lambda _, text: read_size(text),
    FactType.DURATION: lambda _, text: read_duration(text),
    FactType.VERSION: lambda _, text: read_version(text),
    FactType.DATE: _date,
    FactType.WORD: _word,
    FactType.WORDS: _word,
}
