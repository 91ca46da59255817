"""Certificates, as far as a server's key is told by its pin (RFC 7469, 2.4)."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class CertificateFault(ValueError):
    """The bytes are not a certificate that can be read."""


def pin_of(certificate: bytes) -> bytes:
    """The SHA-256 of a DER certificate's SubjectPublicKeyInfo, 32 bytes. Raises CertificateFault."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as fault:
        raise CertificateFault("the certificate can't be read") from fault
    return hashlib.sha256(info).digest()


def spell_pin(pin: bytes) -> str:
    """A pin as settings spell it: `pin-sha256=<base64>`."""
    return f"pin-sha256={b64encode(pin).decode()}"
