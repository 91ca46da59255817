"""Patterns for the subject of a certificate, by which a company's CA names its people.

A pattern is written as the subject is, the person first: `CN={user}, OU=*, O=Example AG`. Every part
must be there, in that order, and no other. In a part's value stands text that must be the same, and
at most one hole: `*` for anything, or one of `{user}` (the part of the user id before the colon),
`{email}`, `{upn}` and `{device}` (a name of the device), of which a pattern has exactly one. A
backslash before a comma, a brace, a star or a backslash makes it plain text.

There is nothing in it that could be tried in two ways, so matching takes one look at every value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vedette.core.names import InvalidName

Kind = Literal["user", "email", "upn", "device"]
"""What the text is that a pattern takes out of a subject."""

ATTRIBUTES = {
    "C": "2.5.4.6",
    "CN": "2.5.4.3",
    "DC": "0.9.2342.19200300.100.1.25",
    "E": "1.2.840.113549.1.9.1",
    "GN": "2.5.4.42",
    "L": "2.5.4.7",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "SERIALNUMBER": "2.5.4.5",
    "SN": "2.5.4.4",
    "ST": "2.5.4.8",
    "T": "2.5.4.12",
    "UID": "0.9.2342.19200300.100.1.1",
}
"""The attributes that a pattern may name, by the short names of RFC 4519."""

MOST_TEXT = 500
"""How long a pattern may be, in characters."""
_KINDS: dict[str, Kind] = {
    "{user}": "user", "{email}": "email", "{upn}": "upn", "{device}": "device"
}  # fmt: skip
_SPECIAL = frozenset("\\,*{}")


@dataclass(frozen=True, slots=True)
class Part:
    """One attribute. `hole` is `*` or one of the kinds as it is written; empty where all is plain text."""

    attribute: str
    before: str
    hole: str
    after: str

    def match(self, value: str) -> str | None:
        """What stands in the hole, empty where there is none; None where the value is another."""
        if not self.hole:
            return "" if value == self.before else None
        within = len(value) - len(self.before) - len(self.after)
        if within < 1 or not (value.startswith(self.before) and value.endswith(self.after)):
            return None
        return value[len(self.before) : len(self.before) + within]


@dataclass(frozen=True, slots=True)
class SubjectPattern:
    """A pattern that was read; `text` is how it was written."""

    text: str
    parts: tuple[Part, ...]
    kind: Kind

    def match(self, subject: Sequence[tuple[str, str]]) -> str | None:
        """The name in a subject, which is given as (attribute OID, text), the person first.

        None where the subject is another one.
        """
        if len(subject) != len(self.parts):
            return None
        name = None
        for part, (attribute, value) in zip(self.parts, subject, strict=True):
            found = part.match(value) if ATTRIBUTES[part.attribute] == attribute else None
            if found is None:
                return None
            name = found if part.hole in _KINDS else name
        return name


def parse_pattern(text: str) -> SubjectPattern:
    """Read a pattern. Raises InvalidName with a sentence that says what is wrong with it."""
    if len(text) > MOST_TEXT or not text.isprintable():
        raise InvalidName("pattern for subjects", text)
    parts = tuple(_part(each, text) for each in _split(text))
    kinds = [_KINDS[part.hole] for part in parts if part.hole in _KINDS]
    if len(kinds) != 1:
        raise _fault(text, "it needs exactly one of {user}, {email}, {upn} and {device}")
    return SubjectPattern(text, parts, kinds[0])


def _fault(text: str, why: str) -> InvalidName:
    return InvalidName(f"pattern for subjects: {why}", text)


Token = tuple[str, bool]
"""A character, or a hole, and whether it is plain text."""


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        hole = next((each for each in _KINDS if text.startswith(each, at)), None)
        if text[at] == "\\":
            if text[at + 1 : at + 2] not in _SPECIAL or at + 1 == len(text):
                raise _fault(text, "a backslash stands before a comma, a brace, a star or itself")
            found.append((text[at + 1], True))
            at += 2
        elif hole:
            found.append((hole, False))
            at += len(hole)
        else:
            found.append((text[at], text[at] not in _SPECIAL))
            at += 1
    return found


def _split(text: str) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in _tokens(text):
        if token == (",", False):
            parts.append([])
        elif token != (" ", True) or parts[-1]:  # blanks after a comma say nothing
            parts[-1].append(token)
    return parts


def _part(tokens: list[Token], text: str) -> Part:
    at = next((n for n, token in enumerate(tokens) if token == ("=", True)), None)
    name = "".join(char for char, _ in tokens[:at]).strip().upper()
    if at is None or name not in ATTRIBUTES:
        raise _fault(text, "each part is one of " + ", ".join(ATTRIBUTES) + ", `=` and a value")
    value = tokens[at + 1 :]
    holes = [n for n, (_, plain) in enumerate(value) if not plain]
    if not value or len(holes) > 1 or any(value[n][0] in "{}" for n in holes):
        raise _fault(text, "each value has something in it, and one `*` or `{…}` at most")
    cut = holes[0] if holes else len(value)
    before, after = ("".join(c for c, _ in each) for each in (value[:cut], value[cut + 1 :]))
    return Part(name, before, value[cut][0] if holes else "", after)
