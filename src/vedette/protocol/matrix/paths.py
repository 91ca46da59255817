"""The endpoint table: the whole Matrix client and server API, as far as it has a public way.

One row per endpoint as Synapse 1.163.2 serves it, with the door, the channel, the token, the
body limit. What has no row is answered 404 `M_UNRECOGNIZED` by the caller (Matrix 1.16, "Common
error codes"); `REFUSED` says of every path that Synapse serves and this table leaves out why.

A caller MUST give segments decoded once from a path that its parser found free of confusion
(empty segments only where a row has them, no encoded slash), and MUST build the request for
Synapse from what was matched, not from the bytes that came in.
HEAD and OPTIONS have no rows: a caller asks for GET, or answers CORS itself from `methods_at`.
"""

from __future__ import annotations

from vedette.protocol.matrix.paths_federation import FEDERATION_ENDPOINTS
from vedette.protocol.matrix.paths_own import OWN_ENDPOINTS
from vedette.protocol.matrix.paths_person import PERSON_ENDPOINTS
from vedette.protocol.matrix.paths_refused import REFUSED
from vedette.protocol.matrix.paths_rooms import ROOM_ENDPOINTS
from vedette.protocol.matrix.paths_trie import SegmentTrie
from vedette.protocol.matrix.paths_types import (
    Answering,
    BodyLimit,
    DecidedAt,
    Door,
    Endpoint,
    Matched,
    Refusal,
    ServedBy,
    Token,
    UploadLimit,
)

__all__ = [
    "ENDPOINTS",
    "OWN_ENDPOINTS",
    "REFUSED",
    "Answering",
    "BodyLimit",
    "DecidedAt",
    "Door",
    "Endpoint",
    "Matched",
    "Refusal",
    "ServedBy",
    "Token",
    "UploadLimit",
    "match",
    "match_outgoing",
    "match_own",
    "methods_at",
    "refusal",
    "table_as_markdown",
]

ENDPOINTS: tuple[Endpoint, ...] = PERSON_ENDPOINTS + ROOM_ENDPOINTS + FEDERATION_ENDPOINTS

_PUBLIC = frozenset({Door.CLIENT, Door.FEDERATION_IN})
_OUTGOING = frozenset({Door.FEDERATION_OUT})


def _endpoints_of(doors: frozenset[Door]) -> SegmentTrie[Endpoint]:
    return SegmentTrie((row.pattern, row.methods, row) for row in ENDPOINTS if row.doors & doors)


def _refusals_of(doors: frozenset[Door]) -> SegmentTrie[Refusal]:
    return SegmentTrie((row.pattern, row.methods, row) for row in REFUSED if row.doors & doors)


_public = _endpoints_of(_PUBLIC)
_outgoing = _endpoints_of(_OUTGOING)
_own = SegmentTrie((row.pattern, row.methods, row) for row in OWN_ENDPOINTS)
_refused_public = _refusals_of(_PUBLIC)
_refused_outgoing = _refusals_of(_OUTGOING)


def match(method: str, segments: tuple[str, ...]) -> Matched | None:
    """Return the row for a request that reached a public port, or None.

    `segments` are the path's parts after its first slash, decoded: `/a/b` is `("a", "b")`, a
    trailing slash is a last empty segment. Methods are upper case. Never raises.
    """
    found = _public.find(method, segments)
    return None if found is None else Matched(*found)


def match_own(method: str, segments: tuple[str, ...]) -> Matched | None:
    """Return the row for a request for one of our own pages on the public port, or None."""
    found = _own.find(method, segments)
    return None if found is None else Matched(*found)


def match_outgoing(method: str, segments: tuple[str, ...]) -> Matched | None:
    """Return the row for a request that Synapse sends to another server, or None."""
    found = _outgoing.find(method, segments)
    return None if found is None else Matched(*found)


def methods_at(segments: tuple[str, ...]) -> frozenset[str]:
    """Return the methods that have a public way on this path; empty for an unknown path."""
    return _public.methods(segments)


def refusal(method: str, segments: tuple[str, ...], *, outgoing: bool = False) -> Refusal | None:
    """Return why a path without a row has none, if that was decided; for records and `doctor`.

    It decides nothing: the answer is the same 404 for a refused and for an unknown path.
    """
    refused, served = (_refused_outgoing, _outgoing) if outgoing else (_refused_public, _public)
    found = refused.find(method, segments)
    if found is None or served.find(method, segments) is not None:
        return None
    return found[0]


def table_as_markdown() -> str:
    """Return the reference page: every row by door, then every refusal with its reason."""
    parts = ["# Endpoints", "", "What has no row is answered 404 `M_UNRECOGNIZED`.", ""]
    for door in Door:
        rows = [_row_as_markdown(row) for row in ENDPOINTS if door in row.doors]
        parts += [f"## Door: {door.value}", "", *_HEADINGS, *rows, ""]
    own = [_row_as_markdown(row) for row in OWN_ENDPOINTS]
    parts += ["## Our own pages", "", *_HEADINGS, *own, ""]
    parts += ["## Refused", "", "| methods | path | doors | why |", "|---|---|---|---|"]
    parts += [_refusal_as_markdown(row) for row in REFUSED]
    return "\n".join(parts) + "\n"


_HEADINGS = (
    "| name | methods | path | asks for | token | body | answer | decided at | served by | note |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


def _row_as_markdown(row: Endpoint) -> str:
    cells = (
        row.name,
        " ".join(row.methods),
        _code(row.pattern),
        ", ".join(row.channels) or "routine",
        row.token.value,
        _limit_in_words(row),
        row.answering.value,
        row.decided_at.value,
        row.served_by.value,
        row.note,
    )
    return f"| {' | '.join(cells)} |"


def _refusal_as_markdown(row: Refusal) -> str:
    doors = ", ".join(door.value for door in Door if door in row.doors)
    methods = " ".join(row.methods) or "every"
    return f"| {methods} | {_code(row.pattern)} | {doors} | {row.because} |"


def _limit_in_words(row: Endpoint) -> str:
    limit = row.body_limit
    if row.methods == ("GET",):
        return "none"
    if isinstance(limit, UploadLimit):
        return limit.value
    return f"{limit // 1024} KiB" if limit else "none"


def _code(pattern: str) -> str:
    """A pipe ends a table's cell even inside backticks."""
    return f"`{pattern.replace('|', chr(92) + '|')}`"
