"""What the gateway tells the sign-in service of the sessions that it saw.

    {"seen": [{"session": id, "address": "192.0.2.7", "agent": the User-Agent as it was sent}, …]}

No public row leads to the path, and nobody but the gateway reaches the service's socket.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PATH = "/inside/seen"
"""Where the sign-in service hears of it."""
MOST = 100
"""How many sessions are told of at once."""
LONGEST_AGENT = 256
"""Characters of a User-Agent that are told."""

_FIELDS = {"session", "address", "agent"}
_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A session made a request from this address, with a program that calls itself so."""

    session: str
    address: str
    agent: str


def body_of(seen: Iterable[Sighting]) -> dict[str, object]:
    """The body that says so."""
    return {
        "seen": [
            {"session": s.session, "address": s.address, "agent": s.agent[:LONGEST_AGENT]}
            for s in seen
        ]
    }


def sightings_of(body: object) -> tuple[Sighting, ...]:
    """Read a body. Raises ValueError for anything that `body_of` does not make."""
    told = body.get("seen") if isinstance(body, Mapping) and set(body) == {"seen"} else None
    if not isinstance(told, list) or len(told) > MOST:
        raise ValueError("this does not say which sessions were seen")
    return tuple(_sighting(each) for each in told)


def _sighting(told: object) -> Sighting:
    if not isinstance(told, Mapping) or set(told) != _FIELDS:
        raise ValueError("this does not say which session was seen")
    fields = {name: str(value) for name, value in told.items() if isinstance(value, str)}
    if len(fields) != len(_FIELDS) or len(fields["agent"]) > LONGEST_AGENT:
        raise ValueError("what is said of a session is no text, or too long")
    if len(fields["session"]) > _LONGEST or len(fields["address"]) > _LONGEST:
        raise ValueError("the name of a session, or its address, is too long")
    return Sighting(**fields)
