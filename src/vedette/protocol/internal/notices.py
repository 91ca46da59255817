"""The body of the notices stream: what people are to be told of what other doors refused.

A part carries what became known lately, not the newest alone: parts replace each other, and a door
that looks a moment later misses none. Each notice has its record's id, so it is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vedette.core.names import InvalidName, UserId
from vedette.core.record import JSON

MOST = 1000
"""How many notices one part carries at most."""
_LONGEST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to be told to one person. `at`: when it was refused, seconds since 1970 UTC."""

    record: str
    at: float
    to: UserId
    matter: str
    text: str


def body_of(notices: Iterable[Notice]) -> dict[str, JSON]:
    """The stream's body."""
    return {
        "notices": [
            {"record": n.record, "at": n.at, "to": n.to, "matter": n.matter, "text": n.text}
            for n in notices
        ]
    }


def notices_of(body: Mapping[str, JSON]) -> tuple[Notice, ...]:
    """Read a stream's body back. Raises ValueError."""
    entries = body.get("notices")
    if not isinstance(entries, list) or len(entries) > MOST:
        raise ValueError("this is not the body of a notices part")
    return tuple(_notice(entry) for entry in entries)


def _notice(entry: JSON) -> Notice:
    if not isinstance(entry, dict) or set(entry) != {"record", "at", "to", "matter", "text"}:
        raise ValueError("this is not a notice")
    at, words = entry["at"], [entry[name] for name in ("record", "to", "matter", "text")]
    if type(at) not in (int, float):
        raise ValueError("a notice has no time")  # what is sent is wrong
    if not all(isinstance(word, str) and len(word) <= _LONGEST for word in words):
        raise ValueError("a notice has something that is no text")
    record, to, matter, text = words
    try:
        return Notice(record=record, at=float(at), to=UserId(to), matter=matter, text=text)
    except (InvalidName, OverflowError) as fault:
        raise ValueError(f"a notice is to nobody: {fault}") from fault
