"""Certificates for trying it out: a CA of one's own, and server certificates under it.

A real organisation puts the certificate of its public CA where the boot file says. Nothing here
issues certificates for people.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vedette.adapters.system_clock import SystemClock

_CA_DAYS = 3650
_SERVER_DAYS = 397
"""The longest that browsers accept."""
_CLOCK_SKEW = datetime.timedelta(hours=1)

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA for trying it out."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        """The certificate, to be trusted by clients and by other servers."""
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


def today() -> datetime.datetime:
    """The machine's time, in the form that certificates are dated with."""
    return datetime.datetime.fromtimestamp(SystemClock().now(), datetime.UTC)


def make_authority(name: str, now: datetime.datetime) -> Authority:
    """A new CA called `name`, valid from an hour before `now` for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    days = datetime.timedelta(days=_CA_DAYS)
    certificate = (
        _builder(subject, subject, key, now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def issue(
    authority: Authority, names: tuple[str, ...], now: datetime.datetime
) -> ServerCertificate:
    """A server certificate for host names and IP addresses, signed by `authority`."""
    key = ec.generate_private_key(ec.SECP256R1())
    days = datetime.timedelta(days=_SERVER_DAYS)
    issuer = authority.certificate.subject
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        _server(_builder(_name(names[0]), issuer, key, now, days), names)
        .add_extension(identifier, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return ServerCertificate(certificate.public_bytes(Encoding.PEM) + authority.pem, _private(key))


def self_signed(names: tuple[str, ...], now: datetime.datetime) -> ServerCertificate:
    """A certificate that vouches for itself, to start with until a real one is put in its place."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(names[0])
    days = datetime.timedelta(days=_SERVER_DAYS)
    certificate = _server(_builder(subject, subject, key, now, days), names).sign(
        key, hashes.SHA256()
    )
    return ServerCertificate(certificate.public_bytes(Encoding.PEM), _private(key))


def authority_key_pem(authority: Authority) -> bytes:
    """The CA's private key; whoever has it can pose as every server that trusts the CA."""
    return _private(authority.key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: Key,
    now: datetime.datetime,
    lifetime: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now - _CLOCK_SKEW + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _server(builder: x509.CertificateBuilder, names: tuple[str, ...]) -> x509.CertificateBuilder:
    alternatives = x509.SubjectAlternativeName([_general(name) for name in names])
    return (
        builder.add_extension(alternatives, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
