"""What a Matrix event is, in the words of the policy.

Event types as in the Matrix specification v1.15 and the unstable names that clients send today.
What is not listed here is a message if somebody could read it, and is refused otherwise. Whatever
an event calls itself, it also is what it carries: a text is a message, and whatever names an
address of stored media, however deep, hands over a file.

Not looked at: the profile (name, picture, reason) that a membership carries, texts that stand in
for files (a long file name, base64), and what a thumbnail really shows.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from vedette.core.channels import Channel
from vedette.core.facts import ATTACHMENT, Value
from vedette.core.file_kinds import declared_kind
from vedette.core.names import InvalidName, MediaId, ServerName

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
_OLD_CALLS = _OLD_CALL_ENDS | {
    "m.call.answer",
    "m.call.asserted_identity",
    "m.call.candidates",
    "m.call.invite",
    "m.call.negotiate",
    "m.call.replaces",
    "m.call.sdp_stream_metadata_changed",
    "m.call.select_answer",
    "org.matrix.call.asserted_identity",
    "org.matrix.call.sdp_stream_metadata_changed",
}
"""Signalling of calls between two (specification, "Voice over IP"; MSC3077, MSC3086)."""

_FILE_MESSAGE_TYPES = frozenset({"m.file", "m.image", "m.audio", "m.video"})
_EXTENSIBLE_FILES = _FILE_MESSAGE_TYPES | {
    "m.voice",
    "org.matrix.msc1767.audio",
    "org.matrix.msc1767.file",
    "org.matrix.msc1767.image",
    "org.matrix.msc1767.video",
}
"""Names of files as parts of a content, and as types of events (MSC1767, MSC3551 to MSC3553)."""

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
        "m.policy.rule.room",
        "m.policy.rule.server",
        "m.policy.rule.user",
        "m.room.avatar",
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
WIDGETS = frozenset({"im.vector.modular.widgets", "io.element.widgets.layout", "m.widget"})
"""State by which clients show everybody in the room a page of somebody's own, calls among them."""

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
_READABLE = (
    "body",
    "formatted_body",
    "m.caption",
    "m.html",
    "m.message",
    "m.text",
    "org.matrix.msc1767.caption",
    "org.matrix.msc1767.html",
    "org.matrix.msc1767.message",
    "org.matrix.msc1767.text",
)
_CAPTIONS = ("formatted_body", "m.caption", "org.matrix.msc1767.caption")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


_FILLER = "org.matrix.dummy_event"
"""What Synapse itself sends to join loose ends of a room's history; it is empty."""

_ONE_WORD = re.compile(r"[a-z_]{0,32}")
_REDACTION_KEYS = frozenset({"reason", "redacts"})
_END_KEYS = frozenset(
    {
        "call_id",
        "conf_id",
        "dest_session_id",
        "device_id",
        "party_id",
        "reason",
        "sender_session_id",
        "seq",
        "version",
    }
)


@dataclass(frozen=True, slots=True)
class _Carried:
    """What a content hands over, whatever the event calls itself."""

    channels: frozenset[Channel]
    claims: Mapping[str, Value]


def classify(type_: str, content: Content, *, is_state: bool) -> Classified:
    """Say what an event is. Total: any type and any content has an answer."""
    if type_ in _SORTS and is_state:
        return Classified(_SORTS[type_], may_be_plain=True)
    if type_ in WIDGETS and is_state:  # what it does is on that page, whatever it says here
        return Classified(Sort.UNKNOWN if content else Sort.TAKES_AWAY, may_be_plain=True)
    carried = _carried(type_, content)
    if type_ == "m.room.encrypted":
        return _encrypted(content, carried)
    if type_ == "m.room.redaction" and not is_state:
        return _redaction(content, carried)
    if type_ == _FILLER and not is_state and not content:
        return Classified(Sort.TAKES_AWAY, may_be_plain=True)
    if type_ in _CONFERENCE_TYPES:
        return _conference(content, carried, is_state=is_state)
    if type_ in _OLD_CALLS and not is_state:
        return _old_call(type_, content, carried)
    return _readable(type_, carried, is_state=is_state)


def _encrypted(content: Content, carried: _Carried) -> Classified:
    """Something unreadable is a message; what can be read beside it is what it is, and plain."""
    plain = not carried.channels and (not content or "ciphertext" in content)
    return Classified(Sort.CONTENT, _MESSAGE | carried.channels, carried.claims, plain)


def _redaction(content: Content, carried: _Carried) -> Classified:
    """A redaction takes away, unless it brings a text or a file of its own."""
    if carried.channels:
        return Classified(Sort.CONTENT, _MESSAGE | carried.channels, carried.claims)
    if content.get("reason") or not _REDACTION_KEYS.issuperset(content):
        return Classified(Sort.CONTENT, _MESSAGE, may_be_plain=True)
    return Classified(Sort.TAKES_AWAY, may_be_plain=True)


def _conference(content: Content, carried: _Carried, *, is_state: bool) -> Classified:
    """Taking part in a conference; empty state is leaving it."""
    if is_state and not content:
        return Classified(Sort.TAKES_AWAY, may_be_plain=True)
    channels = _CONFERENCE | carried.channels
    return Classified(Sort.CONTENT, channels, carried.claims, is_state or not carried.channels)


def _old_call(type_: str, content: Content, carried: _Carried) -> Classified:
    """Signalling of a call, classed by its session description (RFC 8866, section 5.14)."""
    if type_ in _OLD_CALL_ENDS:
        if carried.channels or not _merely_ends(content):
            return Classified(Sort.CONTENT, _MESSAGE | carried.channels, carried.claims)
        return Classified(Sort.TAKES_AWAY)
    media = {line.split()[0] for line in _session(content).splitlines() if line.split()}
    channels = {Channel.VOICE} | carried.channels
    if "m=video" in media:
        channels.add(Channel.VIDEO)
    if "m=application" in media:  # a data channel carries whatever the two agree on
        channels |= {Channel.MESSAGE, Channel.FILE}
    if "m.screenshare" in _texts(content):
        channels.add(Channel.SCREEN)
    return Classified(Sort.CONTENT, frozenset(channels), carried.claims)


def _merely_ends(content: Content) -> bool:
    """Whether the end of a call carries nothing but which call ends, and one word why."""
    reason = content.get("reason", "")
    word = isinstance(reason, str) and _ONE_WORD.fullmatch(reason) is not None
    return word and _END_KEYS.issuperset(content)


def _session(content: Content) -> str:
    """The text of the session descriptions in a signalling event."""
    descriptions = [content.get(key) for key in ("offer", "answer", "description")]
    found = [each.get("sdp") for each in descriptions if isinstance(each, Mapping)]
    return "\n".join(each for each in found if isinstance(each, str))


def _readable(type_: str, carried: _Carried, *, is_state: bool) -> Classified:
    """A message, a file, or both; refused where it is of no known type and carries neither."""
    known = type_ in _MESSAGES or type_ in _PLAIN_MESSAGES or type_ == "m.room.message"
    channels = carried.channels or (_MESSAGE if known else frozenset())
    if not channels:
        return Classified(Sort.UNKNOWN)
    plain = is_state or (type_ in _PLAIN_MESSAGES and not carried.channels)
    return Classified(Sort.CONTENT, channels, carried.claims, plain)


def _carried(type_: str, content: Content) -> _Carried:
    """The texts and files in a content and in every content that shall replace it."""
    contents = [(part, _is_file(type_, part)) for part in _contents(content)]
    files = [part for part, is_file in contents if is_file]
    addresses = {text for text in _texts(content) if _names_media(text)}
    channels: set[Channel] = set()
    claims: dict[str, Value] = {}
    if files or addresses:
        channels.add(Channel.FILE)
    if addresses <= {text for part in files for text in _own_addresses(part)}:
        claims = _agreed([_file_claims(part) for part in files])
    if any(_says(part, is_file=is_file) for part, is_file in contents):
        channels.add(Channel.MESSAGE)
    return _Carried(frozenset(channels), claims)


def _contents(content: Content) -> Iterator[Content]:
    """The content, and the one that an edit puts in its place, which may itself be an edit."""
    part: object = content
    while isinstance(part, Mapping):
        yield part
        part = part.get("m.new_content")


def _texts(content: Content) -> Iterator[str]:
    """Every text in the content, however deep."""
    waiting: list[object] = [content]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            waiting.extend(each.values())
        elif isinstance(each, list | tuple):
            waiting.extend(each)


def _names_media(text: str) -> bool:
    """Whether a text names stored media; in HTML the address may be written as entities."""
    return "mxc://" in text.lower() or ("&" in text and "mxc://" in _unescaped(text).lower())


_ZEROS = re.compile(r"&#([xX]?)0+(?=[0-9a-fA-F])")
_ENDLESS = re.compile(r"&#[xX]?[0-9a-fA-F]{8,}")


def _unescaped(text: str) -> str:
    """The text without character references; ones too long to name a character are dropped.

    Python refuses to read a number of thousands of digits, and what refuses here would hold a room.
    """
    return html.unescape(_ENDLESS.sub("", _ZEROS.sub(r"&#\1", text)))


MOST_MEDIA = 16
"""How many stored files one event is looked at for; one that names more is not looked through."""

_MEDIA = re.compile(r"mxc://", re.IGNORECASE)
# What follows an address must end it for every client: `/..` behind one leads some to another file.
_ADDRESS = re.compile(r"([^/\s?#]{1,255})/([A-Za-z0-9_=-]{1,255})(?=[\s\"'<>?#),;&]|\Z)")


def media_named(content: Content) -> tuple[tuple[tuple[ServerName, MediaId], ...], bool]:
    """The stored files that a content names, and whether these are all that it names.

    No where an address can't be read, or where there are more than `MOST_MEDIA`.
    """
    found: dict[tuple[ServerName, MediaId], None] = {}
    whole = True
    for text in _texts(content):
        if not _names_media(text):
            continue
        plain = _unescaped(text)
        for place in _MEDIA.finditer(plain):
            named = _address(plain, place.end())
            if named is None:
                whole = False
            else:
                found[named] = None
    files = tuple(found)
    return files[:MOST_MEDIA], whole and len(files) <= MOST_MEDIA


def _address(text: str, start: int) -> tuple[ServerName, MediaId] | None:
    """The server and the media id that stand there; None where they can't be read."""
    found = _ADDRESS.match(text, start)
    if found is None:
        return None
    try:
        return ServerName(found[1]), MediaId(found[2])
    except InvalidName:
        return None


def class_of(type_: str) -> str:
    """What an event of this type uses a file as."""
    return {"m.room.avatar": "avatar", "m.sticker": "sticker"}.get(type_, ATTACHMENT)


def _is_file(type_: str, part: Content) -> bool:
    message_type = part.get("msgtype")
    if type_ == "m.sticker" or type_ in _EXTENSIBLE_FILES:
        return True
    if isinstance(message_type, str) and message_type in _FILE_MESSAGE_TYPES:
        return True
    return isinstance(part.get("file"), Mapping) or not _EXTENSIBLE_FILES.isdisjoint(part)


def _says(part: Content, *, is_file: bool) -> bool:
    """Whether a content has a text to read. A file's name is none, its caption is (MSC2530)."""
    if not is_file:
        return any(part.get(key) for key in _READABLE)
    named = part.get("filename")
    captioned = isinstance(named, str) and part.get("body") not in (None, "", named)
    return captioned or any(part.get(key) for key in _CAPTIONS)


def _own_addresses(part: Content) -> Iterator[str]:
    """Where a file's own bytes and its thumbnail's are stored."""
    info, file = part.get("info"), part.get("file")
    places = [(part, "url"), (file, "url"), (info, "thumbnail_url")]
    if isinstance(info, Mapping):
        places.append((info.get("thumbnail_file"), "url"))
    extensible = [part.get(key) for key in _EXTENSIBLE_FILES]
    places += [(each, "url") for each in extensible]
    for place, key in places:
        found = place.get(key) if isinstance(place, Mapping) else None
        if isinstance(found, str):
            yield found


def _agreed(claims: list[dict[str, Value]]) -> dict[str, Value]:
    """What all of them say alike; what only one says, or says otherwise, nobody said."""
    first, *rest = claims or [{}]
    return {
        name: value
        for name, value in first.items()
        if all(name in other and other[name] == value for other in rest)
    }


def _file_claims(part: Content) -> dict[str, Value]:
    """What the sender says of its file: type, kind and size; what is not said stays unknown."""
    info = part.get("info")
    blocks = [part.get(key) for key in sorted(_EXTENSIBLE_FILES)]
    said = [each for each in (info, *blocks) if isinstance(each, Mapping)]
    described = [each for each in said if each is info or "mimetype" in each or "size" in each]
    return _agreed([_description_claims(each) for each in described])


def _description_claims(info: Content) -> dict[str, Value]:
    media_type, size = info.get("mimetype"), info.get("size")
    claims: dict[str, Value] = {}
    if isinstance(media_type, str):
        essence = media_type.partition(";")[0].strip().lower()
        if _MEDIA_TYPE.fullmatch(essence):
            claims["file.type"] = essence
            claims["file.kind"] = declared_kind(essence)
    if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 53:
        claims["file.size"] = size
    return claims
