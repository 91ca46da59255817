"""A room about to be made: what is wished, and the form that it gets.

`read_wish` takes the request's body apart; `shape_room` changes it, before anything exists, so that
the room is made bounded: history from joining on, nobody elsewhere with power, no guests, encrypted
where its kind or the settings say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vedette.core.names import InvalidName, UserId
from vedette.core.reasons import Reason
from vedette.ports.policy import Policy
from vedette.protocol.matrix.rooms import (
    ENCRYPTION,
    KIND_KEY,
    MODERATOR,
    is_state_type,
    power_fault,
)
from vedette.spine import Permit
from vedette.synapse.gather import is_ours, kind_named

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
_BOUNDED = ("invite", "kick", "ban", "redact", "state_default")


@dataclass(frozen=True, slots=True)
class RoomWish:
    """What somebody wishes a room to be."""

    kind: str | None
    invited: frozenset[str]
    published: bool
    public: bool


def read_wish(body: Mapping[str, Any]) -> RoomWish | Reason:
    """Read the body of a createRoom request; a Reason where it can't be granted to anybody."""
    creation = body.get("creation_content") or {}
    invited = body.get("invite") or []
    if body.get("invite_3pid"):
        return Reason.NOT_SUPPORTED
    if not isinstance(creation, Mapping) or not isinstance(invited, list):
        return Reason.UNKNOWN_EVENT
    additional = creation.get("additional_creators") or []
    if additional:
        return Reason.ROOM_POWER
    try:
        people = frozenset(str(UserId(str(user))) for user in invited)
    except InvalidName:
        return Reason.UNKNOWN_EVENT
    kind = creation.get(KIND_KEY)
    if kind is not None and not isinstance(kind, str):
        return Reason.ROOM_KIND
    published = body.get("visibility") == "public"
    return RoomWish(kind, people, published, _is_public(body, published))


def _is_public(body: Mapping[str, Any], published: bool) -> bool:
    preset = body.get("preset", "public_chat" if published else "private_chat")
    return (
        preset == "public_chat" or _initial(body, "m.room.join_rules").get("join_rule") == "public"
    )


def shape_room(permit: Permit, body: Body, policy: Policy, wish: RoomWish) -> None:
    """Change `body` in place so that the room is made as the settings demand."""
    del permit  # being given one is the point
    directory = policy.directory
    kind = kind_named(directory, wish.kind)
    remote = any(not is_ours(directory, user) for user in wish.invited)
    history = kind.history if kind and not remote else "joined"
    _force(body, "m.room.history_visibility", {"history_visibility": history})
    _force(body, "m.room.guest_access", {"guest_access": "forbidden"})
    _shape_encryption(body, policy, encrypted=bool(kind and kind.encrypted))
    if wish.public:  # another server could let people into a public room without asking us
        body["creation_content"] = {**(body.get("creation_content") or {}), "m.federate": False}
    if body.get("preset") == "trusted_private_chat" and remote:
        body["preset"] = "private_chat"
    _shape_power(body, policy)


def _shape_encryption(body: Body, policy: Policy, *, encrypted: bool) -> None:
    wanted = policy.directory.document.messages.encrypted
    if encrypted or wanted == "required":
        _force(body, "m.room.encryption", {"algorithm": ENCRYPTION})
    elif wanted == "never":
        _drop(body, "m.room.encryption")


def _shape_power(body: Body, policy: Policy) -> None:
    """Bound the levels that the client asks for; what it does not ask for is set as well."""
    asked = {**(body.get("power_level_content_override") or {})}
    asked |= _initial(body, "m.room.power_levels")
    _drop(body, "m.room.power_levels")

    def ours(user: str) -> bool:
        return is_ours(policy.directory, user)

    bounded = {key: max(_number(asked.get(key), MODERATOR), MODERATOR) for key in _BOUNDED}
    events = {**_EVENTS, **_mapping(asked.get("events"))}
    for type_, level in events.items():
        least = MODERATOR if is_state_type(str(type_)) else 0
        events[type_] = max(_number(level, MODERATOR), least)
    users = {
        user: _number(level, 0) if ours(user) else min(_number(level, 0), MODERATOR - 1)
        for user, level in _mapping(asked.get("users")).items()
    }
    default = min(_number(asked.get("users_default"), 0), 0)
    shaped = {**asked, **bounded, "events": events, "users_default": default}
    if users:
        shaped["users"] = users
    body["power_level_content_override"] = shaped
    assert power_fault(shaped, ours) is None


def _initial(body: Mapping[str, Any], type_: str) -> Mapping[str, Any]:
    """The content of one initial state event without a state key, if the client sends it."""
    for event in body.get("initial_state") or []:
        if isinstance(event, Mapping) and event.get("type") == type_ and not event.get("state_key"):
            return _mapping(event.get("content"))
    return {}


def _drop(body: Body, type_: str) -> None:
    kept = [e for e in body.get("initial_state") or [] if not _is(e, type_)]
    body["initial_state"] = kept


def _force(body: Body, type_: str, content: Body) -> None:
    _drop(body, type_)
    body["initial_state"].append({"type": type_, "state_key": "", "content": content})


def _is(event: object, type_: str) -> bool:
    return isinstance(event, Mapping) and event.get("type") == type_


def _mapping(value: object) -> dict[str, Any]:
    return {str(key): each for key, each in value.items()} if isinstance(value, Mapping) else {}


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
