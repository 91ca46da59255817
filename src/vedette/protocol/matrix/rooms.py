"""What is fixed about rooms made here: power, history, encryption, who may come in.

Pure: a request for a room, or a change of its state, goes in; what must be refused, or the request
as it must be, comes out. Rooms owned elsewhere are not ours to bind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vedette.core.reasons import Reason
from vedette.protocol.matrix.events import RTC_MEMBER_TYPES, Sort

KIND_KEY = "org.vedette.kind"
"""The key of `m.room.create` content that carries the room's kind; it can never change."""

MEMBERSHIP_KEYS = frozenset(
    {
        "avatar_url",
        "displayname",
        "is_direct",
        "join_authorised_via_users_server",
        "membership",
        "reason",
        "xyz.amorgan.blurhash",
    }
)
"""Everything that the content of an `m.room.member` of ours may carry."""

STATE_KEYS: Mapping[Sort, frozenset[str]] = {
    Sort.CREATE: frozenset(
        {"additional_creators", "creator", "m.federate", "predecessor", "room_version", "type"}
        | {KIND_KEY}
    ),
    Sort.POWER: frozenset(
        {"ban", "events", "events_default", "historical", "invite", "kick", "notifications"}
        | {"redact", "state_default", "users", "users_default"}
    ),
    Sort.JOIN_RULES: frozenset({"allow", "join_rule"}),
    Sort.HISTORY: frozenset({"history_visibility"}),
    Sort.GUESTS: frozenset({"guest_access"}),
    Sort.ENCRYPTION: frozenset({"algorithm", "rotation_period_ms", "rotation_period_msgs"}),
}
"""What state that says how a room is may carry (Matrix client-server API v1.15, "Room events")."""

VERSIONS = frozenset({"11", "12"})
"""Room versions in which rooms are made here: in older ones state, redactions and events are checked
by other rules (Matrix v1.15, "Room versions"), over which nothing here was tried."""

MODERATOR = 50
OWNER = 100
ENCRYPTION = "m.megolm.v1.aes-sha2"
_WIDTH = {"joined": 0, "invited": 1, "shared": 2}
_BOUNDED = ("state_default", "ban", "kick", "redact", "invite")

_UNSAID = {"invite": 0}

Content = Mapping[str, Any]
IsOurs = Callable[[str], bool]


def power_fault(content: Content, is_ours: IsOurs) -> Reason | None:
    """Why these power levels can't be: somebody from elsewhere would get power over state.

    A remote member has no level from which the room's state, members or other people's messages
    can be changed; only taking part in a conference is excepted (DESIGN, "Towards whom").
    """
    # Unsaid, `invite` is 0 (specification, "m.room.power_levels"); the others are 50.
    levels = {key: _level(content.get(key, _UNSAID.get(key, MODERATOR))) for key in _BOUNDED}
    if any(level is None or level < MODERATOR for level in levels.values()):
        return Reason.ROOM_POWER
    events = content.get("events", {})
    users = content.get("users", {})
    default = _level(content.get("users_default", 0))
    if not isinstance(events, Mapping) or not isinstance(users, Mapping):
        return Reason.ROOM_POWER
    if default is None or default >= MODERATOR:
        return Reason.ROOM_POWER
    for type_, value in events.items():
        level = _level(value)
        if level is None or (level < MODERATOR and is_state_type(str(type_))):
            return Reason.ROOM_POWER
    for user, value in users.items():
        level = _level(value)
        if level is None or (level >= MODERATOR and not is_ours(str(user))):
            return Reason.ROOM_POWER
    return None


_MESSAGE_TYPES = frozenset(
    {"m.room.message", "m.room.encrypted", "m.room.redaction", "m.reaction", "m.sticker"}
)
_MESSAGE_FAMILIES = ("m.poll.", "org.matrix.msc3381.poll.", "m.call.")


def is_state_type(type_: str) -> bool:
    """Whether an event of this type could be state: everything not known to be a message."""
    message = type_ in _MESSAGE_TYPES or type_.startswith(_MESSAGE_FAMILIES)
    return not message and type_ not in RTC_MEMBER_TYPES


def _level(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def history_fault(content: Content, widest: str, any_remote: bool) -> Reason | None:
    """Why this history visibility can't be; `widest` is what the room's kind allows.

    `world_readable` never is, and nothing beyond `joined` where somebody from elsewhere is.
    """
    wish = content.get("history_visibility")
    asked = _WIDTH.get(wish) if isinstance(wish, str) else None
    allowed = 0 if any_remote else _WIDTH.get(widest, 0)
    return Reason.ROOM_HISTORY if asked is None or asked > allowed else None


def join_rules_fault(content: Content, federates: bool) -> Reason | None:
    """Why these join rules can't be: a public room whose door another server could open."""
    rule = content.get("join_rule")
    if rule in ("invite", "private", "knock", "restricted", "knock_restricted"):
        return None
    return None if rule == "public" and not federates else Reason.ROOM_POWER


def guests_fault(content: Content) -> Reason | None:
    """Why this guest access can't be: Matrix guests have no account that rules could name."""
    return None if content.get("guest_access") == "forbidden" else Reason.NOT_SUPPORTED


def encryption_fault(content: Content) -> Reason | None:
    """Why this encryption can't be: one that clients can't use, or none, in place of one they can.

    Encryption is never switched off (specification, "m.room.encryption"); clients go on by the
    algorithm that they saw first, and another one here would make a room that says it is encrypted
    and is not.
    """
    return None if content.get("algorithm") == ENCRYPTION else Reason.ROOM_ENCRYPTION


def kind_of(create: Content) -> str | None:
    """The room's kind, from the content of its `m.room.create`."""
    kind = create.get(KIND_KEY)
    return kind if isinstance(kind, str) else None
