"""Header hygiene in both directions, and heads written anew from parsed parts.

Nothing a peer wrote is passed on as it stands: each head is taken apart, checked,
freed of what concerns one connection alone (RFC 9110 section 7.6.1) and of what
only we may say about the client's address, and written again.

Field names come in lower case, values without surrounding blanks.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from vedette.protocol.http.target import (
    FEDERATION_SCHEME,
    TARGET_LIMIT,
    HeadFault,
    Target,
    parse_federation_target,
    parse_target,
)

__all__ = [
    "FEDERATION_SCHEME",
    "HEADER_COUNT_LIMIT",
    "HEAD_LIMIT",
    "METHODS",
    "TARGET_LIMIT",
    "Field",
    "HeadFault",
    "RequestHeaders",
    "ResponseHeaders",
    "Target",
    "clean_request_headers",
    "clean_response_headers",
    "is_field",
    "parse_federation_target",
    "parse_method",
    "parse_target",
    "render_head",
    "render_lines",
]

Field = tuple[bytes, bytes]
"""A header field: name in lower case, value."""

METHODS: Final = frozenset({b"GET", b"HEAD", b"PUT", b"POST", b"DELETE", b"OPTIONS"})
HEADER_COUNT_LIMIT: Final = 100
HEAD_LIMIT: Final = 32 * 1024
"""Most bytes that names and values of one head may have together."""

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
# RFC 9110 section 5.5: no CR, LF, NUL; the other controls but TAB are refused as well.
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_HOST = re.compile(
    rb"[A-Za-z0-9.\-]{1,255}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?"
)
_DIGITS = re.compile(rb"[0-9]{1,18}")

_HOP_BY_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate",
        b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade",
        b"http2-settings",
    }
)  # fmt: skip
# What a client may not say about itself, and what would let it rename its request.
_FORGED = frozenset(
    {
        b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"x-cluster-client-ip", b"client-ip",
        b"true-client-ip", b"cf-connecting-ip", b"fastly-client-ip", b"x-original-url",
        b"x-original-host", b"x-rewrite-url", b"x-host", b"x-http-method", b"x-method-override",
        b"x-http-method-override", b"x-original-method",
    }
)  # fmt: skip
# Beginnings of names that only we may use: about the client, and between our own processes.
_OURS: Final = (b"x-forwarded-", b"x-vedette-")
# Read once and kept apart; a second one is a fault.
_SINGLE = frozenset(
    {
        b"host", b"authorization", b"content-length", b"transfer-encoding", b"expect",
        b"proxy-authorization", b"content-type", b"origin", b"range", b"upgrade",
    }
)  # fmt: skip
_NOT_FORWARDED = _HOP_BY_HOP | _FORGED | {b"content-length", b"expect", b"host"}
# A `Connection` that names one of these would have us drop what the next server needs.
_NEEDED = (_SINGLE | {b"cookie", b"accept", b"user-agent", b"x-forwarded-for"}) - {b"upgrade"}
# Names that need no further look: known, and forwarded as they are.
_PLAIN = frozenset(
    {
        b"accept", b"accept-encoding", b"accept-language", b"user-agent", b"referer", b"cookie",
        b"cache-control", b"pragma", b"if-none-match", b"if-modified-since", b"dnt", b"priority",
        b"sec-fetch-dest", b"sec-fetch-mode", b"sec-fetch-site", b"sec-ch-ua", b"date", b"etag",
        b"access-control-request-method", b"access-control-request-headers", b"last-modified",
        b"access-control-allow-origin", b"access-control-allow-methods", b"content-type",
        b"access-control-allow-headers", b"content-disposition", b"content-security-policy",
        b"cross-origin-resource-policy", b"referrer-policy", b"accept-ranges", b"set-cookie",
        b"access-control-expose-headers", b"location", b"vary", b"retry-after", b"content-encoding",
        b"authorization",
    }
)  # fmt: skip
_KNOWN = _PLAIN | _SINGLE | _NOT_FORWARDED | {b"server", b"x-powered-by", b"alt-svc"}
# With as many known names as a head may have, such values stay below `HEAD_LIMIT`.
_USUAL_VALUES: Final = HEAD_LIMIT - HEADER_COUNT_LIMIT * max(map(len, _KNOWN))
_NO_OPTIONS: Final[frozenset[bytes]] = frozenset()
# What is not passed on of answers: besides, what names software or leads around the gateway.
_NOT_ANSWERED = _NOT_FORWARDED | {b"server", b"x-powered-by", b"alt-svc"}


class RequestHeaders(NamedTuple):
    """A request's headers after cleaning; a tuple, since one is made for most requests.

    `fields` are those to pass on, without `Host` and framing, and `lines` the same as
    they are written. `content_length` is `None` where no such header was sent;
    `chunked` excludes it.
    """

    fields: list[Field]
    lines: bytes
    host: bytes
    content_length: int | None
    chunked: bool
    close: bool
    expects_continue: bool
    proxy_authorization: bytes | None


class ResponseHeaders(NamedTuple):
    """An answer's headers after cleaning; `fields` are without framing."""

    fields: list[Field]
    content_length: int | None
    chunked: bool
    close: bool


def parse_method(raw: bytes) -> bytes | HeadFault:
    """Return `raw` if it is a method that Matrix uses; case matters (RFC 9110 section 9.1)."""
    if raw in METHODS:
        return raw
    return HeadFault(
        405, "M_UNRECOGNIZED", "the method is not one of GET HEAD PUT POST DELETE OPTIONS"
    )


def is_field(name: bytes, value: bytes) -> bool:
    """Say whether `name` (lower case) and `value` may stand in a head."""
    return _TOKEN.fullmatch(name) is not None and _BAD_VALUE.search(value) is None


def _bad(error: str) -> HeadFault:
    return HeadFault(400, "M_UNKNOWN", error)


def _shape_fault(headers: Sequence[Field], found: dict[bytes, bytes]) -> HeadFault | None:
    """Return what is wrong with sizes, names or values, if anything is.

    `found` are the headers by name. All values are looked at in one go: this runs
    for every message.
    """
    if len(found) == len(headers) <= HEADER_COUNT_LIMIT and found.keys() <= _KNOWN:
        # The usual head: names that are known, each once, and values that are short and plain.
        values = b"".join(found.values())
        if len(values) <= _USUAL_VALUES and _is_plain(values):
            return None
    if len(headers) > HEADER_COUNT_LIMIT:
        return HeadFault(431, "M_TOO_LARGE", f"the head has more than {HEADER_COUNT_LIMIT} headers")
    values = b"".join([value for _, value in headers])
    if len(values) + sum(map(len, found)) > HEAD_LIMIT:
        return HeadFault(431, "M_TOO_LARGE", f"the head is longer than {HEAD_LIMIT} bytes")
    if not found.keys() <= _KNOWN and not all(map(_TOKEN.fullmatch, found)):
        return _bad("a header's name is not a lower-case token")
    if not _is_plain(values) and _BAD_VALUE.search(values) is not None:
        return _bad("a header's value has a control byte")
    if len(found) != len(headers):
        return _repeated(headers)
    return None


def _is_plain(values: bytes) -> bool:
    """Say whether all bytes are printable ASCII; much faster than a pattern."""
    return values.isascii() and values.decode("ascii").isprintable()


def _repeated(headers: Iterable[Field]) -> HeadFault | None:
    """Return what is wrong if a header of which there may be one is there twice."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and name in _SINGLE:
            return _bad(f"the header `{name.decode()}` is there twice")
        seen.add(name)
    return None


def _connection_options(headers: Sequence[Field], single: dict[bytes, bytes]) -> frozenset[bytes]:
    """Return what all `Connection` headers name together (RFC 9110 section 7.6.1)."""
    last = single.get(b"connection")
    if last is None or (last == b"keep-alive" and len(single) == len(headers)):
        return _NO_OPTIONS
    values = [value for name, value in headers if name == b"connection"]
    options = (part.strip(b" \t") for value in values for part in value.lower().split(b","))
    return frozenset(option for option in options if option)


def _framing(single: dict[bytes, bytes]) -> tuple[int | None, bool] | HeadFault:
    """Return body length and whether it is chunked (RFC 9112 section 6.3, the strict reading)."""
    coding = single.get(b"transfer-encoding")
    length = single.get(b"content-length")
    if coding is not None:
        if length is not None:
            return _bad("`Content-Length` and `Transfer-Encoding` exclude each other")
        if coding.lower() != b"chunked":
            return HeadFault(501, "M_UNKNOWN", "`Transfer-Encoding` must be exactly `chunked`")
        return None, True
    if length is None:
        return None, False
    if _DIGITS.fullmatch(length) is None:
        return _bad("`Content-Length` must be a decimal number")
    return int(length), False


def _forwarded(headers: Iterable[Field], stripped: frozenset[bytes]) -> list[Field]:
    """Return the headers that go on: those not `stripped`.

    Names with an underscore are dropped: many servers read `_` and `-` alike, so
    `X_Forwarded_For` would pass for ours. What begins like our own word is dropped too.
    """
    return [
        field
        for field in headers
        if field[0] not in stripped
        and (field[0] in _PLAIN or (b"_" not in field[0] and not field[0].startswith(_OURS)))
    ]


def clean_request_headers(
    headers: Sequence[Field], *, peer: bytes, proto: bytes
) -> RequestHeaders | HeadFault:
    """Return what may be passed on of a client's `headers`.

    1. Sizes, names and values are checked, and that nothing single is there twice.
    2. `Host` is there and well formed.
    3. The framing has one reading; only `100-continue` is expected.
    4. `Connection` names nothing that the next server needs; upgrades are not offered.
    5. Connection-related and forged fields go; ours about the client are added:
       `peer` is its address (empty: unknown, then no such field), `proto` its scheme.
    """
    # (1)
    single = dict(headers)
    if (fault := _shape_fault(headers, single)) is not None:
        return fault
    # (2)
    host = single.get(b"host", b"")
    if _HOST.fullmatch(host) is None:
        return _bad("the header `Host` is missing or not a host name")
    # (3)
    framing = _framing(single)
    if isinstance(framing, HeadFault):
        return framing
    expect = single.get(b"expect")
    if expect is not None and expect.lower() != b"100-continue":
        return HeadFault(417, "M_UNKNOWN", "only `100-continue` can be expected")
    # (4)
    options = _connection_options(headers, single)
    if not options.isdisjoint(_NEEDED):
        return _bad("`Connection` names a header that must reach the server")
    if b"upgrade" in single or b"upgrade" in options:
        return _bad("the connection can't be upgraded to another protocol")
    # (5)
    fields = _forwarded(headers, _NOT_FORWARDED | options if options else _NOT_FORWARDED)
    if peer:
        fields.append((b"x-forwarded-for", peer))
        fields.append((b"x-forwarded-proto", proto))
    return RequestHeaders(
        fields,
        render_lines(fields),
        host,
        framing[0],
        framing[1],
        b"close" in options,
        expect is not None,
        single.get(b"proxy-authorization"),
    )


def clean_response_headers(headers: Sequence[Field]) -> ResponseHeaders | HeadFault:
    """Return what may be passed on of a server's `headers`, as strictly as for requests.

    The server may be another organisation's, so its framing is believed no more than
    a client's. The caller must know which answers have no body (RFC 9112 section 6.3).
    """
    single = dict(headers)
    if (fault := _shape_fault(headers, single)) is not None:
        return fault
    framing = _framing(single)
    if isinstance(framing, HeadFault):
        return framing
    options = _connection_options(headers, single)
    fields = _forwarded(headers, _NOT_ANSWERED | options if options else _NOT_ANSWERED)
    return ResponseHeaders(fields, framing[0], framing[1], b"close" in options)


def render_lines(fields: Iterable[Field]) -> bytes:
    """Write `fields`, each with its line end."""
    return b"".join([name + b": " + value + b"\r\n" for name, value in fields])


def render_head(start_line: bytes, fields: Iterable[Field]) -> bytes:
    """Write a head: `start_line` without line end, then `fields`, then the empty line."""
    lines = [start_line]
    lines += [name + b": " + value for name, value in fields]
    lines += (b"", b"")
    return b"\r\n".join(lines)
