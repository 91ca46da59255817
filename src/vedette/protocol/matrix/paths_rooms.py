"""Endpoints about rooms: making, joining, sending, reading.

Most of them are routine at the client door and decided at the event door, which alone knows the
room and its members.
"""

from __future__ import annotations

from typing import Final, Unpack

from vedette.core.channels import Channel
from vedette.protocol.matrix.paths_types import (
    EVENT,
    ROOM,
    Answering,
    DecidedAt,
    Door,
    Endpoint,
    RowWords,
    Token,
)

_CLIENT: Final = frozenset({Door.CLIENT})

C: Final = "/_matrix/client/<r0|v3|unstable>"
V1: Final = "/_matrix/client/v1"
U: Final = "/_matrix/client/unstable"
DELAYED: Final = f"{U}/org.matrix.msc4140/delayed_events"

_GET: Final = ("GET",)
_PUT: Final = ("PUT",)
_POST: Final = ("POST",)
_CONTACT: Final = (Channel.CONTACT,)


def _row(name: str, methods: tuple[str, ...], pattern: str, **words: Unpack[RowWords]) -> Endpoint:
    words["doors"] = _CLIENT
    return Endpoint(name=name, methods=methods, pattern=pattern, **words)


def _act(name: str, methods: tuple[str, ...], pattern: str, **words: Unpack[RowWords]) -> Endpoint:
    """A row that changes a room: the event door decides it."""
    words["decided_at"] = DecidedAt.EVENT_DOOR
    return _row(name, methods, pattern, **words)


_MAKING = (
    _act(
        "room.create",
        _POST,
        f"{C}/createRoom",
        body_limit=ROOM,
        answering=Answering.SLOW,
        note="judged whole before anything exists",
    ),
    _act(
        "room.create.transaction",
        _PUT,
        f"{C}/createRoom/:txn_id",
        body_limit=ROOM,
        answering=Answering.SLOW,
    ),
    _act("room.upgrade", _POST, f"{C}/rooms/:room_id/upgrade", answering=Answering.SLOW),
    _act(
        "room.alias.set",
        ("PUT", "DELETE"),
        f"{C}/directory/room/:room_alias",
        note="publication",
    ),
    _row(
        "room.alias",
        _GET,
        f"{C}/directory/room/:room_alias",
        channels=_CONTACT,
        towards="room_alias",
        answering=Answering.SLOW,
        note="needs a token here, though not in the specification",
    ),
    _row("room.listed", _GET, f"{C}/directory/list/room/:room_id", channels=_CONTACT),
    _act("room.listed.set", _PUT, f"{C}/directory/list/room/:room_id", note="publication"),
    _row(
        "rooms.public",
        ("GET", "POST"),
        f"{C}/publicRooms",
        channels=_CONTACT,
        answering=Answering.SLOW,
        note="with whom is the query's server; needs a token here",
    ),
    _row(
        "room.summary",
        _GET,
        f"{V1}/room_summary/:room",
        channels=_CONTACT,
        towards="room",
        answering=Answering.SLOW,
        note="needs a token here, though not in the specification",
    ),
    _row(
        "room.summary.msc3266",
        _GET,
        f"{U}/im.nheko.summary/<rooms/:room/summary|summary/:room>",
        channels=_CONTACT,
        towards="room",
        answering=Answering.SLOW,
    ),
)

_BELONGING = (
    _act(
        "room.join.any",
        _POST,
        f"{C}/join/:room",
        answering=Answering.SLOW,
        note="contact with everyone in the room, known to the event door alone",
    ),
    _act("room.join.any.transaction", _PUT, f"{C}/join/:room/:txn_id", answering=Answering.SLOW),
    _act("room.knock", _POST, f"{C}/knock/:room", answering=Answering.SLOW, note="contact"),
    _act("room.join", _POST, f"{C}/rooms/:room_id/join", answering=Answering.SLOW),
    _act(
        "room.join.transaction",
        _PUT,
        f"{C}/rooms/:room_id/join/:txn_id",
        answering=Answering.SLOW,
    ),
    _act(
        "room.invite",
        _POST,
        f"{C}/rooms/:room_id/invite",
        answering=Answering.SLOW,
        note="contact; an invite by e-mail address is refused at the event door",
    ),
    _act(
        "room.invite.transaction",
        _PUT,
        f"{C}/rooms/:room_id/invite/:txn_id",
        answering=Answering.SLOW,
    ),
    _row("room.leave", _POST, f"{C}/rooms/:room_id/leave", note="only takes away"),
    _row("room.leave.transaction", _PUT, f"{C}/rooms/:room_id/leave/:txn_id"),
    _act("room.moderate", _POST, f"{C}/rooms/:room_id/<ban|unban|kick>", note="only takes away"),
    _act("room.moderate.transaction", _PUT, f"{C}/rooms/:room_id/<ban|unban|kick>/:txn_id"),
    _row("room.forget", _POST, f"{C}/rooms/:room_id/forget", note="only takes away"),
    _row("room.forget.transaction", _PUT, f"{C}/rooms/:room_id/forget/:txn_id"),
    _row("rooms.joined", _GET, f"{C}/joined_rooms"),
)

_SENDING = (
    _act(
        "room.send",
        _PUT,
        f"{C}/rooms/:room_id/send/:event_type/:txn_id",
        body_limit=EVENT,
        note="message, file, call or conference, by type and content",
    ),
    _act("room.send.untracked", _POST, f"{C}/rooms/:room_id/send/:event_type", body_limit=EVENT),
    _act(
        "room.state.set",
        _PUT,
        f"{C}/rooms/:room_id/state/:event_type/:state_key?",
        body_limit=EVENT,
        note="an empty state key is a trailing slash",
    ),
    _act(
        "room.state.set.keyless",
        _PUT,
        f"{C}/rooms/:room_id/state/:event_type",
        body_limit=EVENT,
    ),
    _act("room.redact", _POST, f"{C}/rooms/:room_id/redact/:event_id"),
    _act("room.redact.transaction", _PUT, f"{C}/rooms/:room_id/redact/:event_id/:txn_id"),
    _act("room.typing", _PUT, f"{C}/rooms/:room_id/typing/:user_id", note="presence"),
    _act(
        "room.receipt",
        _POST,
        f"{C}/rooms/:room_id/receipt/:receipt_type/:event_id",
        note="presence",
    ),
    _act("room.read-markers", _POST, f"{C}/rooms/:room_id/read_markers", note="presence"),
    _row("room.report", _POST, "/_matrix/client/v3/rooms/:room_id/report"),
    _row("event.report", _POST, f"{C}/rooms/:room_id/report/:event_id"),
    _row("delayed.list", _GET, DELAYED),
    _row("delayed", _GET, f"{DELAYED}/:delay_id"),
    _act(
        "delayed.act",
        _POST,
        f"{DELAYED}/:delay_id",
        token=Token.OPTIONAL,
        note="the id is the capability: a conference server restarts it without a token;"
        " the event is decided again when it fires",
    ),
    _act(
        "delayed.act.named",
        _POST,
        f"{DELAYED}/:delay_id/<cancel|send|restart>",
        token=Token.OPTIONAL,
        note="as delayed.act",
    ),
)

# Reading is routine: what a person may not see was never stored, or shown, for that person.
_READING = (
    _row("room.state", _GET, f"{C}/rooms/:room_id/state"),
    _row("room.state.one", _GET, f"{C}/rooms/:room_id/state/:event_type/:state_key?"),
    _row("room.state.one.keyless", _GET, f"{C}/rooms/:room_id/state/:event_type"),
    _row("room.members", _GET, f"{C}/rooms/:room_id/members", answering=Answering.SLOW),
    _row("room.members.joined", _GET, f"{C}/rooms/:room_id/joined_members"),
    _row("room.messages", _GET, f"{C}/rooms/:room_id/messages", answering=Answering.SLOW),
    _row("room.context", _GET, f"{C}/rooms/:room_id/context/:event_id"),
    _row("room.event", _GET, f"{C}/rooms/:room_id/event/:event_id"),
    _row("room.aliases", _GET, "/_matrix/client/<r0|v3>/rooms/:room_id/aliases"),
    _row("room.aliases.msc2432", _GET, f"{U}/org.matrix.msc2432/rooms/:room_id/aliases"),
    _row(
        "room.relations",
        _GET,
        "/_matrix/client/<v1|unstable>/rooms/:room_id/relations/:event_id",
    ),
    _row(
        "room.relations.type",
        _GET,
        "/_matrix/client/<v1|unstable>/rooms/:room_id/relations/:event_id/:relation",
    ),
    _row(
        "room.relations.event-type",
        _GET,
        "/_matrix/client/<v1|unstable>/rooms/:room_id/relations/:event_id/:relation/:event_type",
    ),
    _row("room.threads", _GET, f"{V1}/rooms/:room_id/threads"),
    _row(
        "room.hierarchy",
        _GET,
        f"{V1}/rooms/:room_id/hierarchy",
        answering=Answering.SLOW,
        note="rooms elsewhere are asked for at the federation door",
    ),
    _row(
        "room.timestamp",
        _GET,
        f"{V1}/rooms/:room_id/timestamp_to_event",
        answering=Answering.SLOW,
    ),
    _row("search", _POST, f"{C}/search", answering=Answering.SLOW),
)

ROOM_ENDPOINTS: Final = _MAKING + _BELONGING + _SENDING + _READING
