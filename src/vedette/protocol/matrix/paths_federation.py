"""Endpoints between servers, in both directions.

The same rows serve the door in (another server asks ours) and the door out (Synapse asks another
server): what they ask for, they ask towards the server at the other end. A row that serves
whatever is allowed with a server asks for any channel: a server that rules name nowhere gets
nothing, and one that may only be written to still gets what a message needs.
"""

from __future__ import annotations

from typing import Final, Unpack

from vedette.core.channels import CONTENT, Channel
from vedette.protocol.matrix.paths_types import (
    ANY_CHANNEL,
    BULK,
    EVENT,
    KEYS,
    NO_BODY,
    ROOM,
    Answering,
    DecidedAt,
    Door,
    Endpoint,
    RowWords,
    ServedBy,
    Token,
)

_IN: Final = frozenset({Door.FEDERATION_IN})
_BOTH: Final = frozenset({Door.FEDERATION_IN, Door.FEDERATION_OUT})

F: Final = "/_matrix/federation/v1"

_GET: Final = ("GET",)
_PUT: Final = ("PUT",)
_POST: Final = ("POST",)
_CONTACT: Final = (Channel.CONTACT,)
_FILE: Final = (Channel.FILE,)
# An encrypted message needs the other side's keys, so whatever may carry content needs them too.
_KEYS: Final = tuple(c for c in Channel if c in CONTENT or c is Channel.CONTACT)


def _row(name: str, methods: tuple[str, ...], pattern: str, **words: Unpack[RowWords]) -> Endpoint:
    words.setdefault("doors", _BOTH)
    words.setdefault("token", Token.X_MATRIX)
    return Endpoint(name=name, methods=methods, pattern=pattern, **words)


def _room_row(
    name: str, methods: tuple[str, ...], pattern: str, **words: Unpack[RowWords]
) -> Endpoint:
    """A row that reads or writes rooms that both servers are in."""
    words["channels"] = ANY_CHANNEL
    return _row(name, methods, pattern, **words)


def _slashed(
    name: str, methods: tuple[str, ...], pattern: str, **words: Unpack[RowWords]
) -> tuple[Endpoint, ...]:
    """Two rows: Synapse repeats these requests with a trailing slash for servers of before 2019."""
    plain = _room_row(name, methods, pattern, **words)
    return plain, _room_row(f"{name}.slash", methods, f"{pattern}/", **words)


_FINDING = (
    _row(
        "well-known.server",
        _GET,
        "/.well-known/matrix/server",
        token=Token.NONE,
        doors=_IN,
        served_by=ServedBy.GATEWAY,
        note="written from the settings; the door out does its own discovery",
    ),
    _row(
        "server.keys",
        _GET,
        "/_matrix/key/v2/server",
        token=Token.NONE,
        note="public keys; without them no signature could be checked",
    ),
    _row(
        "server.key",
        _GET,
        "/_matrix/key/v2/server/:key_id?",
        token=Token.NONE,
        doors=_IN,
        note="the form of before Matrix 1.1; the answer is the same",
    ),
    _row("server.version", _GET, f"{F}/version", token=Token.NONE, doors=_IN),
    _row(
        "openid.userinfo",
        _GET,
        f"{F}/openid/userinfo",
        token=Token.NONE,
        doors=_IN,
        channels=(Channel.CONFERENCE,),
        decided_at=DecidedAt.CALL_DOOR,
        note="a conference server checks whose token it was given; the token is in the query",
    ),
)

_EVENTS = (
    *_slashed(
        "federation.send",
        _PUT,
        f"{F}/send/:txn_id",
        body_limit=BULK,
        answering=Answering.SLOW,
        decided_at=DecidedAt.EVENT_DOOR,
        note="signed as a whole: passes whole or is refused whole",
    ),
    *_slashed("federation.event", _GET, f"{F}/event/:event_id"),
    *_slashed("federation.state", _GET, f"{F}/state/:room_id", answering=Answering.SLOW),
    *_slashed("federation.state-ids", _GET, f"{F}/state_ids/:room_id", answering=Answering.SLOW),
    *_slashed("federation.backfill", _GET, f"{F}/backfill/:room_id", answering=Answering.SLOW),
    *_slashed("federation.timestamp", _GET, f"{F}/timestamp_to_event/:room_id"),
    _room_row(
        "federation.missing-events",
        _POST,
        f"{F}/get_missing_events/:room_id",
        answering=Answering.SLOW,
    ),
    _room_row("federation.event-auth", _GET, f"{F}/event_auth/:room_id/:event_id"),
)

_BELONGING = (
    _row(
        "federation.make-join",
        _GET,
        f"{F}/make_join/:room_id/:user_id",
        channels=_CONTACT,
        decided_at=DecidedAt.EVENT_DOOR,
    ),
    _row(
        "federation.send-join",
        _PUT,
        "/_matrix/federation/<v1|v2>/send_join/:room_id/:event_id",
        channels=_CONTACT,
        body_limit=EVENT,
        answering=Answering.SLOW,
        decided_at=DecidedAt.EVENT_DOOR,
    ),
    _row(
        "federation.make-knock",
        _GET,
        f"{F}/make_knock/:room_id/:user_id",
        channels=_CONTACT,
        decided_at=DecidedAt.EVENT_DOOR,
    ),
    _row(
        "federation.send-knock",
        _PUT,
        f"{F}/send_knock/:room_id/:event_id",
        channels=_CONTACT,
        body_limit=EVENT,
        decided_at=DecidedAt.EVENT_DOOR,
    ),
    _row(
        "federation.invite",
        _PUT,
        "/_matrix/federation/<v1|v2>/invite/:room_id/:event_id",
        channels=_CONTACT,
        body_limit=ROOM,
        answering=Answering.SLOW,
        decided_at=DecidedAt.EVENT_DOOR,
    ),
    _row(
        "federation.make-leave",
        _GET,
        f"{F}/make_leave/:room_id/:user_id",
        note="only takes away: also for a server that rules forbid",
    ),
    _row(
        "federation.send-leave",
        _PUT,
        "/_matrix/federation/<v1|v2>/send_leave/:room_id/:event_id",
        body_limit=EVENT,
        note="only takes away: also for a server that rules forbid",
    ),
)

_LOOKING_UP = (
    _row("federation.profile", _GET, f"{F}/query/profile", channels=_CONTACT),
    _row("federation.alias", _GET, f"{F}/query/directory", channels=_CONTACT),
    _row("federation.public-rooms", ("GET", "POST"), f"{F}/publicRooms", channels=_CONTACT),
    _row("federation.hierarchy", _GET, f"{F}/hierarchy/:room_id", channels=_CONTACT),
    _row(
        "federation.complexity",
        _GET,
        "/_matrix/federation/unstable/rooms/:room_id/complexity",
        channels=_CONTACT,
        note="asked before joining",
    ),
    _row(
        "federation.keys.query",
        _POST,
        f"{F}/user/keys/query",
        channels=_KEYS,
        body_limit=KEYS,
        decided_at=DecidedAt.EVENT_DOOR,
        note="contact, or what an allowed encrypted message needs",
    ),
    _row(
        "federation.keys.claim",
        _POST,
        f"{F}/user/keys/claim",
        channels=_KEYS,
        body_limit=KEYS,
        decided_at=DecidedAt.EVENT_DOOR,
        note="contact, or what an allowed encrypted message needs",
    ),
    _row(
        "federation.devices",
        _GET,
        f"{F}/user/devices/:user_id",
        channels=_KEYS,
        note="contact, or what an allowed encrypted message needs",
    ),
)

_FILES = (
    _row(
        "federation.media.download",
        _GET,
        f"{F}/media/download/:media_id",
        channels=_FILE,
        body_limit=NO_BODY,
        answering=Answering.STREAM,
        decided_at=DecidedAt.FILE_DOOR,
        note="a refusal is 404: any other answer harms the peer's federation",
    ),
    _row(
        "federation.media.thumbnail",
        _GET,
        f"{F}/media/thumbnail/:media_id",
        doors=_IN,
        channels=_FILE,
        body_limit=NO_BODY,
        answering=Answering.STREAM,
        decided_at=DecidedAt.FILE_DOOR,
        note="as federation.media.download",
    ),
)

FEDERATION_ENDPOINTS: Final = _FINDING + _EVENTS + _BELONGING + _LOOKING_UP + _FILES
