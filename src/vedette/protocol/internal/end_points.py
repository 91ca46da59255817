"""How the gateway tells the sign-in service with which certificate it speaks to a browser.

A ticket may be bound to the TLS connection over which it is shown (RFC 4559's `Negotiate` with the
channel bindings of RFC 5929), by a hash of the server's certificate. TLS ends at the gateway, so it
alone knows; it says so in a header of its own, beside the certificate that a client showed, and
leaves out any such header of a client's request.
"""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

END_POINT_HEADER = "x-vedette-end-point"
_PREFIX = b"tls-server-end-point:"
_WEAK = (hashes.MD5, hashes.SHA1)
_HEX = re.compile(r"(?:[0-9a-f]{2}){20,64}")


def end_point_of(certificate: x509.Certificate) -> bytes:
    """The hash of a server's certificate by which it is meant (RFC 5929, section 4.1).

    By the hash of its own signature, SHA-256 for the weak ones. Empty where the signature has no hash
    of its own (EdDSA), for which the RFC names none.
    """
    try:
        used = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return b""
    if used is None:
        return b""
    return certificate.fingerprint(hashes.SHA256() if isinstance(used, _WEAK) else used)


def header_of(end_point: bytes) -> str:
    """The header's value."""
    return end_point.hex()


def end_point_in(value: str) -> bytes:
    """What the header's value tells; empty if it tells nothing."""
    return bytes.fromhex(value) if _HEX.fullmatch(value) else b""


def bindings_of(end_point: bytes) -> bytes:
    """What a ticket over this connection is bound to, if it is to anything (RFC 5929, section 4)."""
    return _PREFIX + end_point if end_point else b""
