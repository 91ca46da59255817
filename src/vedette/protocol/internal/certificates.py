"""How the gateway tells the sign-in service which certificate a client showed.

The certificate itself travels, in a header of its own, as base64 of its DER form. The gateway leaves
out any such header of a client's request, and nobody but the gateway reaches the sign-in service's
socket. That the client holds the key was proven by the handshake; what the certificate is worth is
judged by whoever reads the header.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from functools import lru_cache

from cryptography import x509

CERTIFICATE_HEADER = "x-vedette-certificate"
LARGEST_CERTIFICATE = 16 << 10
"""Bytes of a certificate in DER. One with a photograph or hundreds of names is taken for none."""
_REMEMBERED = 4096


def thumbprint_of(certificate: bytes) -> str:
    """The `x5t#S256` of a certificate in DER (RFC 8705, section 3.1)."""
    digest = hashlib.sha256(certificate).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def header_of(certificate: bytes) -> str:
    """The header's value for a certificate in DER."""
    return base64.b64encode(certificate).decode()


def certificate_in(value: str) -> bytes:
    """The certificate in DER of which the header's value tells; empty if it tells of none."""
    if not value or len(value) > LARGEST_CERTIFICATE * 4 // 3 + 4:
        return b""
    try:
        found = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return b""
    return found if len(found) <= LARGEST_CERTIFICATE else b""


@lru_cache(_REMEMBERED)
def lasts(certificate: bytes) -> tuple[int, int]:
    """From when until when a certificate in DER is good, in unix seconds; never, if it is none."""
    try:
        read = x509.load_der_x509_certificate(certificate)
        begins, ends = read.not_valid_before_utc, read.not_valid_after_utc
    except ValueError:
        return 0, -1
    return int(begins.timestamp()), int(ends.timestamp())
