"""Certificates as files have them: one in DER, or any number in PEM form."""

from __future__ import annotations

import base64
import re

from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.reading import MOST_BYTES

MOST_CERTIFICATES = 64
_BLOCK = re.compile(
    rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]{1,262144})-----END \1-----"
)
_KINDS = {b"CERTIFICATE", b"TRUSTED CERTIFICATE", b"X509 CERTIFICATE"}


def certificates_in(data: bytes) -> tuple[bytes, ...] | Fault:
    """The certificates of a file, as DER and unread, in their order. Total."""
    if len(data) > MOST_BYTES * MOST_CERTIFICATES:
        return Fault.TOO_LARGE
    if data.startswith(b"\x30"):
        return (data,)
    found: list[bytes] = []
    for block in _BLOCK.finditer(data):
        if block[1] not in _KINDS:
            continue
        try:
            found.append(base64.b64decode(b"".join(block[2].split()), validate=True))
        except ValueError:
            return Fault.MALFORMED
    if len(found) > MOST_CERTIFICATES:
        return Fault.TOO_LARGE
    return tuple(found) or Fault.MALFORMED


def has_private_key(data: bytes) -> bool:
    """Whether a PEM file holds a private key, which is nobody else's business."""
    return any(block[1].endswith(b"PRIVATE KEY") for block in _BLOCK.finditer(data))
