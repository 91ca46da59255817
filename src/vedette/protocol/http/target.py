"""Request targets: one spelling per resource, or no request.

Two programs that read one path differently are how a rule is walked around, so
everything that is known to be read in two ways is refused here, before any table
of endpoints is asked. The raw bytes are kept: X-Matrix signatures are over them.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

TARGET_LIMIT = 8 * 1024
"""Longest request target in bytes, query included."""

USUAL_PATH = 256
"""Paths up to this many bytes may be remembered; a memory of longer ones would cost too much."""

_MOST_PATHS = 2048

FEDERATION_SCHEME = b"matrix-federation://"
"""How a homeserver marks a request that the gateway shall carry to another server."""

# RFC 3986 section 3.3 `pchar`, and `[`, `]`, `|`, which browsers send as they are
# (WHATWG URL, path percent-encode set). Backslash, controls and non-ASCII are not in it.
_PATH = re.compile(
    rb"/[A-Za-z0-9\-._~!$&'()*+,;=:@\[\]|/]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9\-._~!$&'()*+,;=:@\[\]|/]*)*"
)
# Section 3.4, with the characters that browsers leave unescaped in queries; `;` is left out, since
# some servers take it for `&`.
_QUERY = re.compile(
    rb"[A-Za-z0-9\-._~!$&'()*+,=:@\[\]|/?{}^`]*"
    rb"(?:%[0-9A-Fa-f]{2}[A-Za-z0-9\-._~!$&'()*+,=:@\[\]|/?{}^`]*)*"
)
_ENCODED_SEPARATOR = re.compile(rb"%(?:2[fF]|5[cC]|00)")
_ENCODED_NUL = b"%00"
# A part that is `.` or `..`, alone or followed by a path parameter (`..;x`), which some
# servers drop; with `%2e` for a dot, encoded once or more often, and `%3b` likewise.
_DOTS = re.compile(rb"/(?:\.|%(?:25)*2[eE]){1,2}(?:;|%(?:25)*3[bB]|/|$)")
# A server name as in the Matrix specification, appendix "Server Name".
_SERVER_NAME = re.compile(rb"(?:[A-Za-z0-9.\-]{1,230}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class HeadFault:
    """Why a head is refused: HTTP status, Matrix error code, sentence for a person."""

    status: int
    errcode: str
    error: str


class Target(NamedTuple):
    """A request target that has one reading; a tuple, since one is made per request.

    `raw` is path and query as sent; `segments` are the path's parts, decoded once,
    without the leading slash (`/` has one empty segment, a trailing slash leaves an
    empty last one). `authority` is set for requests to another server alone.
    """

    raw: bytes
    path: bytes
    query: bytes
    segments: tuple[str, ...]
    authority: str | None = None


def _refused(error: str) -> HeadFault:
    return HeadFault(400, "M_UNRECOGNIZED", error)


def parse_target(raw: bytes) -> Target | HeadFault:
    """Return the target in `raw`, which must be in origin-form (RFC 9112 section 3.2.1).

    Refused, since somebody reads them differently: absolute-form and authority-form,
    `*`, `//`, `.` and `..` segments however written (`%2e`, `..;x`, encoded twice),
    invalid percent escapes, encoded slashes, backslashes and NULs, backslashes,
    control bytes, non-ASCII bytes, fragments, segments that are not UTF-8, and more
    than `TARGET_LIMIT` bytes.

    An encoded slash inside a segment is legal for a few Matrix identifiers (a state
    key, rarely a room alias). It is refused all the same: servers disagree on it,
    and such identifiers can be avoided.
    """
    if len(raw) > TARGET_LIMIT:
        return HeadFault(414, "M_TOO_LARGE", f"the address is longer than {TARGET_LIMIT} bytes")
    path, _, query = raw.partition(b"?")
    segments = _known_path(path) if len(path) <= USUAL_PATH else _read_path(path)
    if isinstance(segments, HeadFault):
        return segments
    if query and (_QUERY.fullmatch(query) is None or _ENCODED_NUL in query):
        return _refused("the query has bytes that need escaping, or a NUL")
    return Target(raw, path, query, segments)


def _read_path(path: bytes) -> tuple[str, ...] | HeadFault:
    """Return the parts of a path that has one reading."""
    if _PATH.fullmatch(path) is None:
        return _refused(
            "the address must be a path that starts with one slash and has no bytes"
            " that need escaping"
        )
    if b"//" in path:
        return _refused("the address has an empty part (`//`)")
    if _DOTS.search(path) is not None:
        return _refused("the address has a `.` or `..` part")
    if b"%" not in path:
        return tuple(path[1:].decode("ascii").split("/"))
    if _ENCODED_SEPARATOR.search(path) is not None:
        return _refused("the address has an encoded slash, backslash or NUL")
    try:
        # No encoded slash is left, so the whole can be decoded before it is cut.
        decoded = unquote_to_bytes(path[1:]).decode()
    except UnicodeDecodeError:
        return _refused("the address is not UTF-8 once decoded")
    return tuple(decoded.split("/"))


# Clients ask for few paths again and again, and what a path means follows from its bytes alone.
_known_path = lru_cache(_MOST_PATHS)(_read_path)


def parse_federation_target(raw: bytes) -> Target | HeadFault:
    """Return the target of `matrix-federation://<server name><path>` in `raw`.

    This is the absolute form (RFC 9112 section 3.2.2) in which a homeserver hands an
    outgoing federation request over. Path and query obey `parse_target`; the server
    name must have the grammar of the Matrix specification, so no user part.
    """
    if not raw.startswith(FEDERATION_SCHEME):
        return _refused("the address must start with `matrix-federation://`")
    authority, slash, rest = raw[len(FEDERATION_SCHEME) :].partition(b"/")
    if _SERVER_NAME.fullmatch(authority) is None:
        return _refused("the address has no valid server name")
    target = parse_target(slash + rest)
    if isinstance(target, HeadFault):
        return target
    return Target(target.raw, target.path, target.query, target.segments, authority.decode("ascii"))
