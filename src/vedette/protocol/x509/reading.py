"""A certificate, read to the end at once, so that nothing later can stumble over its bytes.

Any bytes are answered: by a certificate or by a `Fault`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID

from vedette.protocol.x509.faults import Fault

MOST_BYTES = 32 << 10
"""How large a certificate may be; what people are issued has one to four KiB."""
MOST_EXTENSIONS = 64

UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises about bytes that are not what they should be."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One certificate of version 3. Names are DER, compared byte by byte; times unix seconds."""

    der: bytes
    certificate: x509.Certificate
    sha256: str
    key: CertificatePublicKeyTypes
    key_sha256: str
    serial: int
    subject: bytes
    issuer: bytes
    subject_text: str
    not_before: int
    not_after: int
    extensions: dict[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Read) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    @property
    def serial_hex(self) -> str:
        """The serial number in hex, two digits a byte."""
        return self.serial.to_bytes(max(1, (self.serial.bit_length() + 7) // 8)).hex()

    @property
    def basic(self) -> x509.BasicConstraints | None:
        """The basic constraints, where there are any."""
        found = self.extensions.get(ExtensionOID.BASIC_CONSTRAINTS)
        return found.value if found and isinstance(found.value, x509.BasicConstraints) else None

    @property
    def usage(self) -> x509.KeyUsage | None:
        """The key usage, where it is said."""
        found = self.extensions.get(ExtensionOID.KEY_USAGE)
        return found.value if found and isinstance(found.value, x509.KeyUsage) else None

    @property
    def extended(self) -> frozenset[str] | None:
        """The extended key usages as OIDs; None where the extension is not there."""
        found = self.extensions.get(ExtensionOID.EXTENDED_KEY_USAGE)
        if found is None or not isinstance(found.value, x509.ExtendedKeyUsage):
            return None
        return frozenset(each.dotted_string for each in found.value)

    @property
    def self_issued(self) -> bool:
        """Whether issuer and subject have one name (RFC 5280, 3.2)."""
        return self.subject == self.issuer


@lru_cache(maxsize=512)
def read(der: bytes) -> Read | Fault:
    """Read one certificate in DER. Total: any bytes have an answer."""
    if len(der) > MOST_BYTES:
        return Fault.TOO_LARGE
    try:
        found = x509.load_der_x509_certificate(der)
        if found.version is not x509.Version.v3 or found.serial_number < 1:
            return Fault.MALFORMED
        return _read(der, found)
    except UNREADABLE:
        return Fault.MALFORMED


def _read(der: bytes, found: x509.Certificate) -> Read | Fault:
    if len(found.extensions) > MOST_EXTENSIONS or found.public_bytes(Encoding.DER) != der:
        return Fault.MALFORMED
    try:
        key = found.public_key()
        info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except UnsupportedAlgorithm:
        return Fault.WEAK_KEY
    return Read(
        der=der,
        certificate=found,
        sha256=hashlib.sha256(der).hexdigest(),
        key=key,
        key_sha256=hashlib.sha256(info).hexdigest(),
        serial=found.serial_number,
        subject=found.subject.public_bytes(),
        issuer=found.issuer.public_bytes(),
        subject_text=_printable(found.subject.rfc4514_string()),
        not_before=int(found.not_valid_before_utc.timestamp()),
        not_after=int(found.not_valid_after_utc.timestamp()),
        extensions={each.oid: each for each in found.extensions},
    )


def _printable(text: str) -> str:
    """A name for people to read: nothing in it that moves a cursor, and not without end."""
    return "".join(char if char.isprintable() else "�" for char in text)[:300]
