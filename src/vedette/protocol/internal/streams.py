"""Signed stream parts: how settings, people, sessions and notices travel from control to the doors.

A part is one line of canonical JSON (the signed bytes) after one line that carries the signature.
A part is complete in itself: the newest one is all that a door needs.

    vedette-stream-v1 <base64 Ed25519 signature of the second line>
    {"body":…,"expires":…,"issued":…,"number":…,"organisation":…,"stream":…}

Times are whole seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature

from vedette.core.record import JSON, canonical
from vedette.protocol.internal.signing import Signer, Verifier

MAGIC = b"vedette-stream-v1 "
_LARGEST = 256 << 20
_FIELDS = {"body", "expires", "issued", "number", "organisation", "stream"}


class Stream(StrEnum):
    """The streams that control signs."""

    SETTINGS = "settings"
    PEOPLE = "people"
    CHANGES = "people-changes"
    """Who is otherwise than in one part of `people`: all of them, not only the newest."""
    SESSIONS = "sessions"
    NOTICES = "notices"


FOR_EVERY_DOOR = (Stream.SETTINGS, Stream.PEOPLE, Stream.SESSIONS)
"""What every door receives; notices go to the one alone that has the notice account."""


class StreamRefused(ValueError):
    """A part that a door must not take; the message says why. The last good one stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One verified part of a stream."""

    stream: Stream
    organisation: str
    number: int
    issued: int
    expires: int
    body: Mapping[str, JSON]


def sign(part: Part, key: Signer) -> bytes:
    """The part as the bytes that travel."""
    return sign_body(part, canonical(part.body), key)


def sign_body(part: Part, body: bytes, key: Signer) -> bytes:
    """The part as the bytes that travel, where its body is canonical JSON already.

    `part.body` is not looked at: a long body is kept in pieces and never made anew as a whole.
    """
    rest = canonical(
        {
            "expires": part.expires,
            "issued": part.issued,
            "number": part.number,
            "organisation": part.organisation,
            "stream": part.stream.value,
        }
    )
    data = b'{"body":' + body + b"," + rest[1:]
    return MAGIC + base64.b64encode(key.sign(data)) + b"\n" + data + b"\n"


def verify(
    data: bytes,
    *,
    stream: Stream,
    organisation: str,
    key: Verifier,
    now: float,
    above: int,
) -> Part:
    """Verify the bytes of one part.

    1. The signature is of `key` over exactly these bytes. 2. The part is of this organisation and
    this stream. 3. It has not expired. 4. Its number is higher than `above`, the number of the
    part in force (the part in force itself is refused too; pass `number - 1` to read it back).
    A part issued in the future is taken: only its expiry protects anybody.

    Raises:
        StreamRefused: one of these does not hold.
    """
    part = _read(_signed_bytes(data, key))
    if part.stream is not stream:  # (2)
        raise StreamRefused(f"this is a part of the stream `{part.stream}`, not `{stream}`")
    if part.organisation != organisation:
        raise StreamRefused(f"this part belongs to `{part.organisation}`, not `{organisation}`")
    if part.expires <= now:  # (3)
        raise StreamRefused(f"part {part.number} has expired")
    if part.number <= above:  # (4)
        raise StreamRefused(f"part {part.number} is not newer than {above}, which is in force")
    return part


def _signed_bytes(data: bytes, key: Verifier) -> bytes:
    if len(data) > _LARGEST:
        raise StreamRefused("this part is larger than any part may be")
    head, newline, rest = data.partition(b"\n")
    if not head.startswith(MAGIC) or not newline or not rest.endswith(b"\n"):
        raise StreamRefused("this is not a stream part")
    try:
        signature = base64.b64decode(head[len(MAGIC) :], validate=True)
        key.verify(signature, rest[:-1])  # (1)
    except (binascii.Error, InvalidSignature):
        raise StreamRefused("the signature is not the organisation's") from None
    return rest[:-1]


def _read(data: bytes) -> Part:
    """Read bytes whose signature was verified before."""
    try:
        fields = json.loads(data)
        if set(fields) != _FIELDS or not isinstance(fields["body"], dict):
            raise StreamRefused("this part has not the fields of a part")
        return Part(
            stream=Stream(fields["stream"]),
            organisation=str(fields["organisation"]),
            number=int(fields["number"]),
            issued=int(fields["issued"]),
            expires=int(fields["expires"]),
            body=fields["body"],
        )
    except (ValueError, TypeError, RecursionError) as fault:
        if isinstance(fault, StreamRefused):
            raise
        raise StreamRefused("this part can't be read") from fault
