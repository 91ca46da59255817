"""Filters and the paths of changes (RFC 7644, sections 3.4.2.2 and 3.5.2): parsed, and asked of a resource.

What the grammar does not know is a ScimFault. Names and operators are in whatever case.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vedette.protocol.scim.faults import ScimFault, Wrong
from vedette.protocol.scim.schemas import Attribute, Kind

LONGEST = 4096
"""Characters of a filter or a path."""
_DEEPEST, _MOST_WORDS = 20, 200
_ORDERED = frozenset({"gt", "ge", "lt", "le"})
_WORD = re.compile(
    r"""\s*(?:
      (?P<mark>[()\[\]])
    | (?P<text>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")
    | (?P<number>-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,10})?(?![\w.:$-]))
    | (?P<name>[A-Za-z$][\w.:$-]*)
    | (?P<after>\.[A-Za-z$][\w$-]*)
    )""",
    re.VERBOSE | re.ASCII,
)
Value = str | bool | int | float | None


@dataclass(frozen=True, slots=True)
class Place:
    """An attribute, of an extension where `urn` is one, and perhaps one of its sub-attributes."""

    urn: str
    attribute: Attribute
    sub: Attribute | None = None

    @property
    def last(self) -> Attribute:
        """The attribute of which values are compared: a complex one is compared by its `value`."""
        if self.sub is not None:
            return self.sub
        return self.attribute.sub("value") or self.attribute


@dataclass(frozen=True, slots=True)
class Compare:
    """`place operator value`."""

    place: Place
    by: str
    value: Value


@dataclass(frozen=True, slots=True)
class Present:
    """`place pr`."""

    place: Place


@dataclass(frozen=True, slots=True)
class Not:
    """`not (inner)`."""

    inner: Filter


@dataclass(frozen=True, slots=True)
class Both:
    """All of these."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """`attribute[inner]`: one value of it for which all of `inner` holds."""

    place: Place
    inner: Filter


Filter = Compare | Present | Not | Both | Either | Inside


@dataclass(frozen=True, slots=True)
class Target:
    """What a change is about: an attribute, perhaps those of its values that `which` holds for."""

    place: Place
    which: Filter | None = None


def parse_filter(text: str, kind: Kind) -> Filter:
    """Read a filter. Raises ScimFault."""
    reader = _Reader(text, kind, Wrong.FILTER)
    found = reader.any_of(0)
    reader.end()
    return found


def parse_target(text: str, kind: Kind) -> Target | str:
    """Read the path of a change; a URN alone is returned as it is. Raises ScimFault."""
    urn = next((urn for urn in kind.urns() if urn.lower() == text.strip().lower()), None)
    if urn is not None:
        return urn
    reader = _Reader(text, kind, Wrong.PATH)
    place = reader.place(reader.take("name"))
    which = None
    if reader.sees("["):
        which, place = reader.inside(place, 0)
    reader.end()
    return Target(place, which)


class _Reader:
    """The words of one text, read from left to right."""

    def __init__(self, text: str, kind: Kind, wrong: Wrong) -> None:
        self._kind, self._wrong = kind, wrong
        if len(text) > LONGEST:
            raise self._fault(f"it is longer than {LONGEST} characters")
        self._words = list(self._split(text))
        self._at = 0
        self._within: Attribute | None = None

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        at, text = 0, text.rstrip()
        for _ in range(_MOST_WORDS):
            if at >= len(text):
                return
            found = _WORD.match(text, at)
            if found is None:
                raise self._fault(f"`{text[at : at + 20].strip()}` is not understood")
            yield str(found.lastgroup), found[str(found.lastgroup)]
            at = found.end()
        raise self._fault("it has too many words")

    def _fault(self, words: str) -> ScimFault:
        what = "filter" if self._wrong is Wrong.FILTER else "path"
        return ScimFault(self._wrong, f"the {what} can't be read: {words}")

    # ---- words -----------------------------------------------------------------------------------

    def _peek(self) -> tuple[str, str]:
        return self._words[self._at] if self._at < len(self._words) else ("end", "")

    def sees(self, word: str) -> bool:
        """Whether the next word is this mark or name; it stays."""
        return self._peek()[0] in ("mark", "name") and self._peek()[1].lower() == word

    def _passes(self, word: str) -> bool:
        seen = self.sees(word)
        self._at += seen
        return seen

    def take(self, group: str) -> str:
        """The next word, which has to be of this sort."""
        found, word = self._peek()
        if found != group:
            raise self._fault(
                f"`{word}` stands where a {group} is wanted" if word else "it ends early"
            )
        self._at += 1
        return word

    def _demand(self, mark: str) -> None:
        if not self._passes(mark):
            raise self._fault(f"`{mark}` is missing")

    def end(self) -> None:
        """Nothing may be left."""
        if self._at < len(self._words):
            raise self._fault(f"`{self._peek()[1]}` is too much")

    # ---- grammar ---------------------------------------------------------------------------------

    def any_of(self, depth: int) -> Filter:
        """Parts with `or` between them."""
        if depth > _DEEPEST:
            raise self._fault("it is nested too deeply")
        parts = [self._all_of(depth)]
        while self._passes("or"):
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all_of(self, depth: int) -> Filter:
        parts = [self._one(depth)]
        while self._passes("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self, depth: int) -> Filter:
        if self._passes("not"):
            self._demand("(")
            return Not(self._closed(depth))
        if self._passes("("):
            return self._closed(depth)
        place = self.place(self.take("name"))
        if self.sees("["):
            inner, place = self.inside(place, depth)
            if self._peek()[0] != "name" or self._peek()[1].lower() in ("and", "or"):
                return Inside(place, inner)
            return Both((Inside(place, inner), self._compared(place)))
        return self._compared(place)

    def _closed(self, depth: int) -> Filter:
        inner = self.any_of(depth + 1)
        self._demand(")")
        return inner

    def _compared(self, place: Place) -> Filter:
        by = self.take("name").lower()
        if by == "pr":
            return Present(place)
        if by != "ne" and by not in _TESTS:
            raise self._fault(f"`{by}` is no operator")
        value = self._value()
        if by in _ORDERED and (isinstance(value, bool) or value is None):
            raise self._fault(f"`{by}` needs a text or a number")
        return Compare(place, by, value)

    def _value(self) -> Value:
        sort, word = self._peek()
        self._at += 1
        if sort == "text":
            return str(json.loads(word))
        if sort == "number":
            return float(word) if "." in word else int(word)
        known: dict[str, Value] = {"true": True, "false": False, "null": None}
        if sort == "name" and word.lower() in known:
            return known[word.lower()]
        raise self._fault(f"`{word}` stands where a value is wanted" if word else "it ends early")

    def inside(self, place: Place, depth: int) -> tuple[Filter, Place]:
        """What stands in brackets behind an attribute, and the place with what follows them."""
        if self._within is not None or place.sub is not None or not place.attribute.subs:
            raise self._fault(f"`{place.attribute.name}` has no values to choose from")
        self._demand("[")
        self._within = place.attribute
        inner = self.any_of(depth + 1)
        self._within = None
        self._demand("]")
        if self._peek()[0] != "after":
            return inner, place
        return inner, Place(
            place.urn, place.attribute, self._sub(place.attribute, self.take("after")[1:])
        )

    def _sub(self, attribute: Attribute, name: str) -> Attribute:
        found = attribute.sub(name)
        if found is None:
            raise self._fault(f"`{attribute.name}` has no `{name}`")
        return found

    def place(self, word: str) -> Place:
        """The attribute of a name such as `userName`, `name.givenName` or `urn:…:User:department`."""
        if self._within is not None:
            return Place("", self._within, self._sub(self._within, word))
        urn, name = "", word
        for each in self._kind.urns():
            if word.lower().startswith(f"{each.lower()}:"):
                urn, name = each, word[len(each) + 1 :]
        name, _, sub = name.partition(".")
        attribute = self._kind.find(name, urn)
        if attribute is None:
            raise self._fault(f"there is no attribute `{word}`")
        urn = "" if urn == self._kind.schema else urn
        return Place(urn, attribute, self._sub(attribute, sub) if sub else None)


# ---- asking --------------------------------------------------------------------------------------


def holds(found: Filter, resource: Mapping[str, Any]) -> bool:
    """Whether a filter holds for a resource in its canonical form."""
    match found:
        case Both(parts):
            return all(holds(each, resource) for each in parts)
        case Either(parts):
            return any(holds(each, resource) for each in parts)
        case Not(inner):
            return not holds(inner, resource)
        case Inside(place, inner):
            return any(chosen(inner, each) for each in _values(place, resource))
        case Present(place):
            return any(_is_there(each) for each in _last_values(place, resource))
        case Compare(place, by, value):
            return _compares(_last_values(place, resource), place.last, by, value)


def chosen(inner: Filter, value: Mapping[str, Any]) -> bool:
    """Whether what stands in brackets holds for one value of a complex attribute."""
    match inner:
        case Both(parts):
            return all(chosen(each, value) for each in parts)
        case Either(parts):
            return any(chosen(each, value) for each in parts)
        case Not(part):
            return not chosen(part, value)
        case Present(place):
            return place.sub is not None and _is_there(value.get(place.sub.name))
        case Compare(place, by, wanted):
            assert place.sub is not None  # in brackets there are sub-attributes alone
            there = [value[place.sub.name]] if place.sub.name in value else []
            return _compares(there, place.sub, by, wanted)
        case Inside():
            return False  # no grammar has brackets in brackets


def _values(place: Place, resource: Mapping[str, Any]) -> list[Any]:
    """The values of an attribute: many, one or none."""
    among = resource.get(place.urn, {}) if place.urn else resource
    found = among.get(place.attribute.name)
    if found is None:
        return []
    return list(found) if isinstance(found, list) else [found]


def _last_values(place: Place, resource: Mapping[str, Any]) -> list[Any]:
    found = _values(place, resource)
    if place.attribute.kind != "complex":
        return found
    if place.sub is None and place.attribute.sub("value") is None:
        return found
    name = place.last.name
    return [each[name] for each in found if name in each]


def _is_there(value: Any) -> bool:
    return value is not None and value not in ("", {}, [])


def _compares(found: list[Any], attribute: Attribute, by: str, value: Value) -> bool:
    if by == "ne":
        return not _compares(found, attribute, "eq", value)
    if value is None:
        return by == "eq" and not found
    return any(_compare(each, attribute, by, value) for each in found)


def _compare(there: Any, attribute: Attribute, by: str, value: Value) -> bool:
    """Compare one value. Booleans may be written as texts, as some clients do."""
    if isinstance(there, bool):
        said = value.lower() if isinstance(value, str) else str(value).lower()
        return by == "eq" and said == str(there).lower()
    if not isinstance(there, str) or not isinstance(value, str):
        return False
    if not attribute.exact:
        return _TESTS[by](there.casefold(), value.casefold())
    return _TESTS[by](there, value)


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "co": operator.contains,
    "sw": str.startswith,
    "ew": str.endswith,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
