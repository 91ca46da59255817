"""Signed webhooks as the Standard Webhooks specification 1.0.0 has them, receiving side.

A message is signed with HMAC-SHA256 over `id.timestamp.body`. The header `webhook-signature` may
hold several signatures, and a receiver may know several secrets, so that a secret can be changed
without a message being lost.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass

TOLERANCE = 300
"""Seconds by which a message's time may differ from ours, either way."""
SHORTEST_SECRET = 24
_MOST_SIGNATURES = 20
_PREFIX = "whsec_"
_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,128}")
"""No `.`, which separates what is signed: with one in it, one signature would fit two messages."""
_TIME = re.compile(r"[0-9]{1,12}")


class SecretFault(ValueError):
    """A secret can't be used; the message says why and never holds it."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The three headers of a message, as they came; empty where one is missing."""

    id: str
    timestamp: str
    signature: str


def secret_of(text: str) -> bytes:
    """The bytes of a secret as it is written: `whsec_` and Base64 of 24 bytes or more.

    Raises:
        SecretFault: it is none.
    """
    try:
        found = base64.b64decode(text.strip().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as fault:
        raise SecretFault("it is not written as `whsec_` and Base64") from fault
    if len(found) < SHORTEST_SECRET:
        raise SecretFault(f"it has {len(found)} bytes, and must have {SHORTEST_SECRET} or more")
    return found


def holds(stamp: Stamp, body: bytes, secrets: Collection[bytes], now: float) -> bool:
    """Whether one of the secrets signed this message, about now.

    Takes as long whichever signature or secret fits. With an empty `secrets` nothing holds.
    """
    well = _ID.fullmatch(stamp.id) is not None and _TIME.fullmatch(stamp.timestamp) is not None
    signed = f"{stamp.id}.{stamp.timestamp}.".encode("utf-8", "replace") + body
    told = [each.partition(",") for each in stamp.signature.split(" ")[:_MOST_SIGNATURES]]
    shown = [value.encode("utf-8", "replace") for version, _, value in told if version == "v1"]
    found = False
    for secret in secrets:
        right = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256))
        for each in shown:
            found |= hmac.compare_digest(right, each)
    return well and found and abs(now - int(stamp.timestamp)) <= TOLERANCE
