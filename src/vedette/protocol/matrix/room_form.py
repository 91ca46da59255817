"""The form of a room about to be made: the body of a createRoom request, bounded.

Changes the body before anything of the room exists (Matrix client-server API v1.15,
`POST /createRoom`): history from where it may begin, nobody elsewhere with power, no guests,
encrypted or plain where that is not left to the client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from vedette.protocol.matrix.events import Sort
from vedette.protocol.matrix.rooms import (
    ENCRYPTION,
    MODERATOR,
    OWNER,
    STATE_KEYS,
    is_state_type,
    power_fault,
)

Body = dict[str, Any]

_EVENTS = {
    "m.room.name": 50,
    "m.room.power_levels": 100,
    "m.room.history_visibility": 100,
    "m.room.canonical_alias": 50,
    "m.room.avatar": 50,
    "m.room.server_acl": 100,
    "m.room.encryption": 100,
    "m.room.tombstone": 100,
    # Taking part in a conference is asked at the event door each time, so no level is in its way.
    "m.call.member": 0,
    "org.matrix.msc3401.call.member": 0,
}
_LISTS_MAKERS = frozenset(str(number) for number in range(1, 12))
_BOUNDED = ("invite", "kick", "ban", "redact", "state_default")


class Encryption(Enum):
    """Whether the room is made encrypted."""

    FORCED = "forced"
    AS_ASKED = "as asked"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a room may be. `ours` says of a user id whether it belongs to this organisation.

    `maker` makes the room, in `version`. `keeper` is the suite's account that puts rooms in order when
    the rules change; it is no member, but has as much power as the maker from the beginning, so that
    nobody can take it away.
    """

    history: str
    encryption: Encryption
    federates: bool
    ours: Callable[[str], bool]
    maker: str
    version: str
    keeper: str


def bound(body: Body, bounds: Bounds) -> None:
    """Change `body` in place so that the room is made within `bounds`, whatever was asked."""
    force_state(body, "m.room.history_visibility", {"history_visibility": bounds.history})
    force_state(body, "m.room.guest_access", {"guest_access": "forbidden"})
    if bounds.encryption is Encryption.FORCED:
        force_state(body, "m.room.encryption", {"algorithm": ENCRYPTION})
    elif bounds.encryption is Encryption.NEVER:
        _drop(body, "m.room.encryption")
    if not bounds.federates:
        body["creation_content"] = {**_mapping(body.get("creation_content")), "m.federate": False}
    _bound_power(body, bounds)


def _bound_power(body: Body, bounds: Bounds) -> None:
    """Bound the levels that the client asks for; what it does not ask for is set as well.

    The preset `trusted_private_chat` makes everybody invited as strong as the maker, and so do
    additional creators from room version 12 on (MSC4289): neither for people from elsewhere.
    """
    ours = bounds.ours
    invited = body.get("invite") or []
    if body.get("preset") == "trusted_private_chat" and not all(ours(str(u)) for u in invited):
        body["preset"] = "private_chat"
    if "creation_content" in body:
        _mapping_at(body, "creation_content").pop("additional_creators", None)
    asked = _mapping(body.get("power_level_content_override"))
    asked |= initial_state(body, "m.room.power_levels")
    _drop(body, "m.room.power_levels")
    asked["users"] = _first_levels(body, asked, bounds) | {bounds.keeper: OWNER}
    levels = bounded_levels(asked, ours)
    assert power_fault(levels, ours) is None
    body["power_level_content_override"] = levels


def _first_levels(body: Body, asked: Body, bounds: Bounds) -> Body:
    """The levels of people that the client asks for, or those that Synapse would give them.

    From version 12 on makers stand above all levels and may not be listed (MSC4289).
    """
    if "users" in asked:
        return _mapping(asked["users"])
    if bounds.version not in _LISTS_MAKERS:
        return {}
    equals = body.get("invite") or [] if body.get("preset") == "trusted_private_chat" else []
    return dict.fromkeys([bounds.maker, *map(str, equals)], OWNER)


def bounded_levels(asked: Mapping[str, Any], ours: Callable[[str], bool]) -> Body:
    """Power levels as near to what was asked as `power_fault` allows."""
    levels = {key: max(_number(asked.get(key), MODERATOR), MODERATOR) for key in _BOUNDED}
    events = {**_EVENTS, **_mapping(asked.get("events"))}
    for type_, level in events.items():
        least = MODERATOR if is_state_type(type_) else 0
        events[type_] = max(_number(level, MODERATOR), least)
    users = {
        user: _number(level, 0) if ours(user) else min(_number(level, 0), MODERATOR - 1)
        for user, level in _mapping(asked.get("users")).items()
    }
    default = min(_number(asked.get("users_default"), 0), 0)
    known = {key: value for key, value in asked.items() if key in STATE_KEYS[Sort.POWER]}
    shaped = {**known, **levels, "events": events, "users_default": default}
    return {**shaped, "users": users} if "users" in asked else shaped


def initial_state(body: Mapping[str, Any], type_: str) -> Body:
    """The content of one initial state event without a state key, if the client sends it."""
    for event in body.get("initial_state") or []:
        if isinstance(event, Mapping) and event.get("type") == type_ and not event.get("state_key"):
            return _mapping(event.get("content"))
    return {}


def force_state(body: Body, type_: str, content: Body) -> None:
    """Let the room begin with this state event, whatever was asked for in its place."""
    _drop(body, type_)
    body["initial_state"].append({"type": type_, "state_key": "", "content": content})


def _drop(body: Body, type_: str) -> None:
    asked = body.get("initial_state") or []
    body["initial_state"] = [
        event for event in asked if not isinstance(event, Mapping) or event.get("type") != type_
    ]


def _mapping_at(body: Body, key: str) -> Body:
    body[key] = _mapping(body[key])
    found: Body = body[key]
    return found


def _mapping(value: object) -> Body:
    return {str(key): each for key, each in value.items()} if isinstance(value, Mapping) else {}


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
