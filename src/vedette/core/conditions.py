"""Conditions: `fact operator value, value…`, parsed from one string, answered in three values.

A condition is *yes*, *no* or *unknown*. While a fact is pending, any of the three may still come
out, so every answer is kept as the set of outcomes that are still possible (`Outcomes`). The
strong Kleene tables over such sets then give the one safe reading of doubt: a forbid bites unless
*no* is certain, an allow holds only where *yes* is certain (DESIGN, "The policy language").
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum, IntFlag

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


def all_of(parts: Iterable[Outcomes]) -> Outcomes:
    """Every part must hold: the weakest part decides. Nothing to hold is yes."""
    result = Outcomes.YES
    for part in parts:
        result = _WEAKER[result][part]
    return result


def any_of(parts: Iterable[Outcomes]) -> Outcomes:
    """One part is enough: the strongest part decides. Nothing to choose from is no."""
    return _NEGATED[all_of(_NEGATED[part] for part in parts)]


class Operator(Enum):
    """How a fact is compared with the values of its condition."""

    EQUAL = "="
    NOT_EQUAL = "!="
    IN = "in"
    NOT_IN = "not in"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


_ORDER: dict[Operator, Callable[[int | tuple[int, ...], int | tuple[int, ...]], bool]] = {
    Operator.LESS: lambda a, b: a < b,  # type: ignore[operator]
    Operator.AT_MOST: lambda a, b: a <= b,  # type: ignore[operator]
    Operator.MORE: lambda a, b: a > b,  # type: ignore[operator]
    Operator.AT_LEAST: lambda a, b: a >= b,  # type: ignore[operator]
}
_ORDERED = frozenset(
    {FactType.NUMBER, FactType.SIZE, FactType.DURATION, FactType.VERSION, FactType.DATE}
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One parsed condition. `text` is its canonical spelling."""

    fact: str
    operator: Operator
    values: tuple[Value, ...]
    claimed: bool
    text: str

    def outcomes(self, facts: Facts) -> Outcomes:
        """Answer the condition. Total: a fact of the wrong type is unknown, never an error."""
        value = facts.get(self.fact, claimed=self.claimed)
        if value is Missing.PENDING:
            return Outcomes.PENDING
        if isinstance(value, Missing) or not has_type(value, REGISTRY[self.fact].type):
            return Outcomes.UNKNOWN
        return Outcomes.YES if self._holds(value) else Outcomes.NO

    def _holds(self, value: Value) -> bool:
        if isinstance(value, tuple):
            value = trimmed(value)
        if self.operator in _ORDER:
            bound = self.values[0]
            assert isinstance(bound, int | tuple)  # parse() saw to it
            assert isinstance(value, int | tuple)  # outcomes() saw to it
            return _ORDER[self.operator](value, bound)
        inside = (
            not value.isdisjoint(self.values) if isinstance(value, frozenset)
            else value in self.values
        )  # fmt: skip
        return inside is (self.operator in (Operator.EQUAL, Operator.IN))


def trimmed(version: tuple[int, ...]) -> tuple[int, ...]:
    """The one form of a version: 1.12 and 1.12.0 are the same."""
    end = len(version)
    while end > 1 and version[end - 1] == 0:
        end -= 1
    return version[:end]


def has_type(value: Value, type_: FactType) -> bool:
    """Whether a value is one of this type; what is not counts as unknown."""
    match type_:
        case FactType.YES_NO:
            return isinstance(value, bool)
        case FactType.WORD:
            return isinstance(value, str)
        case FactType.WORDS:
            return isinstance(value, frozenset) and all(isinstance(word, str) for word in value)
        case FactType.VERSION:
            return isinstance(value, tuple) and _is_version(value)
        case _:
            return isinstance(value, int) and not isinstance(value, bool)


MOST_PARTS = 8
"""How many parts a version has at most."""


def _is_version(parts: tuple[object, ...]) -> bool:
    return 0 < len(parts) <= MOST_PARTS and all(type(p) is int and p >= 0 for p in parts)


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
    operator = Operator(" ".join(shape["operator"].split()))
    values = tuple(_value(spec, part.strip()) for part in shape["values"].split(","))
    _check_operator(spec, operator, values)
    spelling = f"{'claimed ' if claimed else ''}{spec.name} {operator.value} " + ", ".join(
        part.strip() for part in shape["values"].split(",")
    )
    return Condition(spec.name, operator, values, claimed, spelling)


def _fact(name: str) -> FactSpec:
    spec = REGISTRY.get(name)
    if spec is None:
        near = difflib.get_close_matches(name, REGISTRY, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise ConditionError(f"`{name}` is not a known fact{hint}")
    return spec


def _check_operator(spec: FactSpec, operator: Operator, values: tuple[Value, ...]) -> None:
    if operator in _ORDER and spec.type not in _ORDERED:
        raise ConditionError(f"`{spec.name}` can't be compared with `{operator.value}`")
    if operator not in (Operator.IN, Operator.NOT_IN) and len(values) > 1:
        raise ConditionError(
            f"`{operator.value}` takes one value; use `in` or `not in` for several"
        )


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
