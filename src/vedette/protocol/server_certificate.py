"""What a server's certificate says, and whether a new one may take the place of the one in use."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)
"""What the library raises for bytes that are almost a certificate."""
SKEW_SECONDS = 60.0
"""How far the issuer's clock may be ahead of ours."""
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST_NAME = re.compile(rf"(?=.{{4,253}}$){_LABEL}(?:\.{_LABEL})+")


class CertificateFault(ValueError):
    """These bytes are no certificate that can be used here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a server's certificate says of itself. Times are seconds since 1970."""

    names: tuple[str, ...]
    issuer: str
    serial: str
    begins: float
    ends: float
    own: bool
    """Whether it vouches for itself."""


def host_name(text: str) -> str:
    """A host name for which a certificate can be ordered: DNS letters, no wildcard, no address.

    Raises:
        ValueError: it is none.
    """
    if not _HOST_NAME.fullmatch(text) or text.rpartition(".")[2].isdigit():
        raise ValueError(
            f"`{text}` is not a host name in small letters, such as `chat.example.org`"
        )
    return text


@dataclass(frozen=True, slots=True)
class Request:
    """A signing request (PEM) and the key that it was made with (PEM)."""

    request: bytes
    key: bytes

    def __repr__(self) -> str:
        """Hide the key from logs."""
        return "Request(…)"


def new_request(names: Sequence[str]) -> Request:
    """A new key, and the request for a certificate for `names`. No key serves twice."""
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(alternatives, critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Request(made.public_bytes(Encoding.PEM), pem)


def read_chain(pem: bytes) -> Shown:
    """What the first certificate of a chain (PEM) says.

    Raises:
        CertificateFault: there is none that can be read.
    """
    return _shown(_leaf(pem))


def check_new(pem: bytes, key: bytes, names: Iterable[str], now: float) -> Shown:
    """Whether a chain that was just issued may serve with `key` (PEM) for `names`.

    1. It can be read. 2. It was made for our key. 3. It has every name. 4. It is valid now: one that
    is not would shut everybody out, and mostly means that a clock is wrong.

    Raises:
        CertificateFault: it may not; the one in use stays.
    """
    leaf = _leaf(pem)  # (1)
    shown = _shown(leaf)
    if _public(load_pem_private_key(key, None)) != _public(leaf):  # (2)
        raise CertificateFault("the new certificate was made for another key")
    lacking = sorted(set(names) - set(shown.names))  # (3)
    if lacking:
        raise CertificateFault(f"the new certificate is not for `{'`, `'.join(lacking)}`")
    if shown.begins > now + SKEW_SECONDS:  # (4)
        ahead = round(shown.begins - now)
        raise CertificateFault(
            f"the new certificate begins in {ahead} seconds: this machine's clock is behind, or the"
            " issuer's ahead"
        )
    if shown.ends <= now:
        raise CertificateFault(
            "the new certificate is over already: this machine's clock is ahead, or the issuer's"
            " behind"
        )
    return shown


def _leaf(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(pem)[0]
    except (*_UNREADABLE, IndexError) as fault:
        raise CertificateFault("this is no certificate in PEM form") from fault


def _shown(leaf: x509.Certificate) -> Shown:
    try:
        return Shown(
            names=_names(leaf),
            issuer=leaf.issuer.rfc4514_string() or "(nobody named)",
            serial=f"{leaf.serial_number:x}",
            begins=_seconds(leaf.not_valid_before_utc),
            ends=_seconds(leaf.not_valid_after_utc),
            own=leaf.issuer == leaf.subject,
        )
    except _UNREADABLE as fault:
        raise CertificateFault(f"the certificate can't be read: {fault}") from fault


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = (name.lower() for name in found.get_values_for_type(x509.DNSName))
    return (*hosts, *map(str, found.get_values_for_type(x509.IPAddress)))


def _public(held: x509.Certificate | PrivateKeyTypes) -> bytes:
    try:
        return held.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except _UNREADABLE as fault:
        raise CertificateFault(f"its key is of a kind that is not known here: {fault}") from fault


def _seconds(when: datetime.datetime) -> float:
    return when.timestamp()
