"""JSON that can be read in one way only, and its canonical form (Matrix 1.15, appendix "Canonical JSON").

The canonical form is what servers sign. Numbers are spelled as Synapse spells them: events of rooms
before version 6 may hold fractions and large integers, which the appendix no longer knows.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

DEEPEST = 200
"""How many objects and lists may lie in one another. Nothing honest comes near, and Synapse, which
walks events by recursion, fails some way above."""

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True, check_circular=False
)


class JsonFault(ValueError):
    """The bytes are not JSON that can be read in one way only; the message says why."""


def canonical(value: object) -> bytes:
    """The canonical form of what `parse_object` returned.

    Raises:
        JsonFault: it has none.
    """
    try:
        return _ENCODER.encode(value).encode()
    except (ValueError, RecursionError) as fault:  # lone surrogates are a UnicodeEncodeError
        raise JsonFault(f"it has no canonical form: {fault}") from None


def parse_object(data: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        JsonFault: it is not UTF-8, not JSON (RFC 8259), not an object; or a name is there twice in
            an object, a number is not finite, or it is nested deeper than `DEEPEST`.
    """
    try:
        found = json.loads(
            data.decode(), object_pairs_hook=_once, parse_constant=_none, parse_float=_finite
        )
    except JsonFault:
        raise
    except (ValueError, RecursionError) as fault:
        raise JsonFault(f"it is not JSON: {fault}") from None
    if not isinstance(found, dict):
        raise JsonFault("it is not an object")
    # There are never more levels than opening brackets; counting those costs next to nothing.
    if data.count(b"{") + data.count(b"[") > DEEPEST and _depth(found) > DEEPEST:
        raise JsonFault(f"it is nested deeper than {DEEPEST}")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonFault("a name is there twice in one object")
    return found


def _none(word: str) -> NoReturn:
    raise JsonFault(f"`{word}` is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise JsonFault("a number is too large")
    return number


def _depth(value: object) -> int:
    """How many levels there are; level by level, since recursion is what must be kept from."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else _items(outer))
            if isinstance(inner, dict | list)
        ]
    return depth


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []
