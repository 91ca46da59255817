"""What a Matrix event is, in the words of the policy.

Event types as in the Matrix specification v1.15 and the unstable names that clients send today.
What is not listed here is a message if somebody could read it, and is refused otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from vedette.core.channels import Channel
from vedette.core.facts import FILE_KINDS, Value
from vedette.core.file_kinds import declared_kind

Content = Mapping[str, Any]


class Sort(Enum):
    """How an event is to be treated."""

    CONTENT = "content"
    """It carries something towards the room: its channels are asked."""
    TAKES_AWAY = "takes away"
    """It only takes away: always allowed."""
    MEMBERSHIP = "membership"
    """Who is in the room: asked as contact, by what the membership becomes."""
    CREATE = "create"
    POWER = "power"
    JOIN_RULES = "join rules"
    HISTORY = "history"
    GUESTS = "guests"
    ENCRYPTION = "encryption"
    THIRD_PARTY = "third party"
    """An invite by e-mail or telephone number: never supported."""
    UNKNOWN = "unknown"
    """Nobody could say what it is: refused."""


@dataclass(frozen=True, slots=True)
class Classified:
    """An event in the policy's words. `may_be_plain`: it may stay plain in an encrypted room."""

    sort: Sort
    channels: frozenset[Channel] = frozenset()
    claims: Mapping[str, Value] = field(default_factory=dict)
    may_be_plain: bool = False


_MESSAGE = frozenset({Channel.MESSAGE})
_CONFERENCE = frozenset({Channel.CONFERENCE})

RTC_MEMBER_TYPES = frozenset(
    {
        "m.call.member",
        "m.rtc.member",
        "org.matrix.msc3401.call.member",
        "org.matrix.msc4143.rtc.member",
    }
)
"""State by which somebody takes part in a MatrixRTC conference (MSC3401, MSC4143)."""

_CONFERENCE_TYPES = RTC_MEMBER_TYPES | {
    "m.call",
    "m.call.notify",
    "m.rtc.notification",
    "m.rtc.slot",
    "org.matrix.msc3401.call",
    "org.matrix.msc4075.call.notify",
    "org.matrix.msc4075.rtc.notification",
    "org.matrix.msc4310.rtc.decline",
}
_OLD_CALL_ENDS = frozenset({"m.call.hangup", "m.call.reject"})
_FILE_MESSAGE_TYPES = frozenset({"m.file", "m.image", "m.audio", "m.video"})
_EXTENSIBLE_FILES = ("m.file", "org.matrix.msc1767.file", "m.image", "m.audio", "m.video")

_PLAIN_MESSAGES = frozenset(
    {
        "m.reaction",
        "m.room.pinned_events",
        "m.room.name",
        "m.room.topic",
        "m.room.canonical_alias",
        "m.room.aliases",
        "m.room.tombstone",
        "m.room.server_acl",
        "m.space.child",
        "m.space.parent",
        "m.room.retention",
        "m.key.verification.accept",
        "m.key.verification.cancel",
        "m.key.verification.done",
        "m.key.verification.key",
        "m.key.verification.mac",
        "m.key.verification.ready",
        "m.key.verification.start",
    }
)
"""Messages that may stay plain in an encrypted room: a closed table. State is always plain."""

_MESSAGES = frozenset(
    {
        "m.beacon",
        "m.beacon_info",
        "m.location",
        "m.message",
        "m.poll.end",
        "m.poll.response",
        "m.poll.start",
        "org.matrix.msc3381.poll.end",
        "org.matrix.msc3381.poll.response",
        "org.matrix.msc3381.poll.start",
        "org.matrix.msc3672.beacon",
        "org.matrix.msc3672.beacon_info",
    }
)
_SORTS = {
    "m.room.member": Sort.MEMBERSHIP,
    "m.room.create": Sort.CREATE,
    "m.room.power_levels": Sort.POWER,
    "m.room.join_rules": Sort.JOIN_RULES,
    "m.room.history_visibility": Sort.HISTORY,
    "m.room.guest_access": Sort.GUESTS,
    "m.room.encryption": Sort.ENCRYPTION,
    "m.room.third_party_invite": Sort.THIRD_PARTY,
}
_READABLE = ("body", "formatted_body", "m.text", "org.matrix.msc1767.text", "m.message")


def classify(type_: str, content: Content, *, is_state: bool) -> Classified:
    """Say what an event is. Total: any type and any content has an answer."""
    if type_ in _SORTS and is_state:
        return Classified(_SORTS[type_], may_be_plain=True)
    if type_ == "m.room.encrypted":
        return Classified(Sort.CONTENT, _MESSAGE, may_be_plain=True)
    if type_ == "m.room.redaction":
        return _redaction(content)
    if type_ in _CONFERENCE_TYPES:
        return _conference(content, is_state=is_state)
    if type_.startswith("m.call."):
        return _old_call(type_, content)
    return _readable(type_, content, is_state=is_state)


def _redaction(content: Content) -> Classified:
    """A redaction takes away, unless it brings a text of its own."""
    if content.get("reason"):
        return Classified(Sort.CONTENT, _MESSAGE, may_be_plain=True)
    return Classified(Sort.TAKES_AWAY, may_be_plain=True)


def _conference(content: Content, *, is_state: bool) -> Classified:
    """Taking part in a conference; empty state is leaving it."""
    if is_state and not content:
        return Classified(Sort.TAKES_AWAY, may_be_plain=True)
    return Classified(Sort.CONTENT, _CONFERENCE, may_be_plain=True)


def _old_call(type_: str, content: Content) -> Classified:
    """An `m.call.*` event (specification, "Voice over IP"), classed by its session description."""
    if type_ in _OLD_CALL_ENDS:
        return Classified(Sort.TAKES_AWAY)
    descriptions = [content.get(key) for key in ("offer", "answer", "description")]
    sdp = "\n".join(str(each.get("sdp", "")) for each in descriptions if isinstance(each, Mapping))
    lines = {line.strip().split(" ")[0] for line in sdp.splitlines()}
    channels = {Channel.VOICE}
    if "m=video" in lines:
        channels.add(Channel.VIDEO)
    if "m.screenshare" in str(content.get("sdp_stream_metadata", "")):
        channels.add(Channel.SCREEN)
    return Classified(Sort.CONTENT, frozenset(channels))


def _readable(type_: str, content: Content, *, is_state: bool) -> Classified:
    """A message, a file, or both; by what it carries, whatever it calls itself."""
    parts = [content]
    replacement = content.get("m.new_content")
    if isinstance(replacement, Mapping):
        parts.append(replacement)
    channels: set[Channel] = set()
    claims: dict[str, Value] = {}
    for part in parts:
        if _is_file(type_, part):
            channels.add(Channel.FILE)
            claims |= _file_claims(part)
    known = type_ in _MESSAGES or type_ in _PLAIN_MESSAGES or type_ == "m.room.message"
    if not channels and (known or any(part.get(key) for part in parts for key in _READABLE)):
        channels.add(Channel.MESSAGE)
    if not channels:
        return Classified(Sort.UNKNOWN)
    plain = is_state or (type_ in _PLAIN_MESSAGES and Channel.FILE not in channels)
    return Classified(Sort.CONTENT, frozenset(channels), claims, plain)


def _is_file(type_: str, part: Content) -> bool:
    if type_ == "m.sticker" or part.get("msgtype") in _FILE_MESSAGE_TYPES:
        return True
    if isinstance(part.get("file"), Mapping) or any(key in part for key in _EXTENSIBLE_FILES):
        return True
    url = part.get("url")
    return isinstance(url, str) and url.startswith("mxc:")


def _file_claims(part: Content) -> dict[str, Value]:
    """What the sender says of its file: type, kind and size; what is not said stays unknown."""
    info = part.get("info")
    claims: dict[str, Value] = {}
    if isinstance(info, Mapping):
        media_type, size = info.get("mimetype"), info.get("size")
        if isinstance(media_type, str) and 0 < len(media_type) <= 255:
            essence = media_type.partition(";")[0].strip().lower()
            claims["file.type"] = essence
            claims["file.kind"] = declared_kind(essence)
        if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 53:
            claims["file.size"] = size
    assert claims.get("file.kind", "other") in FILE_KINDS
    return claims
