"""Search filters of LDAP (RFC 4515), read to see that they are whole."""

from __future__ import annotations

import re

_ATTRIBUTE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*"
_VALUE = r"(?:[^\\()*\x00]|\\[0-9A-Fa-f]{2})*"
_ITEM = re.compile(
    rf"(?:{_ATTRIBUTE}(?:=|~=|>=|<=){_VALUE}(?:\*{_VALUE})*"  # (a=b), (a=*), (a=b*c)
    rf"|(?:{_ATTRIBUTE})?(?::dn)?(?::[A-Za-z0-9.-]+)?:={_VALUE})"  # extensible match
)
_DEEPEST = 50
_LONGEST = 4096


class FilterFault(ValueError):
    """A filter can't be read; the message says where and what to write."""


def checked_filter(text: str) -> str:
    """`text` if it is one whole filter.

    It must begin with a parenthesis and end with the one that closes it, so that it can be joined
    with others and means the same there.

    Raises:
        FilterFault: it is none; the message says where.
    """
    if len(text) > _LONGEST:
        raise FilterFault(f"a filter has {_LONGEST} characters at most")
    end = _one(text, 0, 0)
    if end != len(text):
        raise FilterFault(
            f"`{text[end:][:40]}` stands behind the end of the filter; join two by `(&…)` or `(|…)`"
        )
    return text


def _one(text: str, at: int, depth: int) -> int:
    """Where the filter that begins at `at` ends. Raises FilterFault."""
    if depth > _DEEPEST:
        raise FilterFault(f"filters stand in one another more than {_DEEPEST} times")
    if text[at : at + 1] != "(":
        raise FilterFault(f"`{text[at : at + 40]}`: a filter begins with `(`, such as `(uid=*)`")
    at += 1
    if text[at : at + 1] in ("&", "|"):
        at = _many(text, at + 1, depth)
    elif text[at : at + 1] == "!":
        at = _one(text, at + 1, depth + 1)
    else:
        found = _ITEM.match(text, at)
        if found is None:
            raise FilterFault(
                f"`{text[at : at + 40]}` is no condition; write it like `uid=ann`, with `\\2a` for "
                "`*`, `\\28` and `\\29` for parentheses and `\\5c` for a backslash in values"
            )
        at = found.end()
    if text[at : at + 1] != ")":
        raise FilterFault(f"a `)` is missing before `{text[at : at + 40]}`")
    return at + 1


def _many(text: str, at: int, depth: int) -> int:
    while text[at : at + 1] == "(":
        at = _one(text, at, depth + 1)
    return at
