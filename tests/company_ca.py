"""A company's CA for tests: certificates, revocation lists and OCSP answers, right ones and wrong ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = 1_800_000_000
"""The time of every test, unix seconds."""
DAY = 86400
UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
SID = x509.ObjectIdentifier("1.3.6.1.4.1.311.25.2")
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH

Key = Any
Extension = tuple[x509.ExtensionType, bool]


def when(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(bits: int) -> Key:
    return rsa.generate_private_key(65537, bits)


def dn(text: str) -> x509.Name:
    """A name from `CN=alice, O=Example`, in the order in which it is written."""
    known = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "C": NameOID.COUNTRY_NAME,
             "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "E": NameOID.EMAIL_ADDRESS,
             "SERIALNUMBER": NameOID.SERIAL_NUMBER,
             "UID": NameOID.USER_ID, "DC": NameOID.DOMAIN_COMPONENT}  # fmt: skip
    pairs = (each.strip().partition("=") for each in text.split(",") if each.strip())
    return x509.Name([x509.NameAttribute(known[key], value) for key, _, value in pairs])


def utf8(text: str | bytes, tag: int = 0x0C) -> bytes:
    """A text as one DER value of that type, UTF8String if nothing else is said."""
    content = text.encode() if isinstance(text, str) else text
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def upn(text: str | bytes, tag: int = 0x0C) -> x509.GeneralName:
    return x509.OtherName(UPN, utf8(text, tag))


def alternatives(*names: x509.GeneralName) -> Extension:
    return x509.SubjectAlternativeName(list(names)), False


def usages(*oids: x509.ObjectIdentifier) -> Extension:
    return x509.ExtendedKeyUsage(list(oids)), False


def key_usage(*names: str) -> Extension:
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{each: each in names for each in every}), True


def basic(path_length: int | None = None, *, ca: bool = True) -> Extension:
    return x509.BasicConstraints(ca=ca, path_length=path_length), True


def sid_extension(text: str) -> Extension:
    """Active Directory's strong mapping, as AD CS writes it."""
    value = bytes([0x04, len(text)]) + text.encode()
    value = bytes([0xA0, len(value)]) + value
    value = bytes.fromhex("060a2b060104018237190201") + value
    value = bytes([0xA0, len(value)]) + value
    return x509.UnrecognizedExtension(SID, bytes([0x30, len(value)]) + value), False


def points(*urls: str) -> Extension:
    names = [[x509.UniformResourceIdentifier(each)] for each in urls]
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint(each, None, None, None) for each in names]
    ), False


def responder_at(url: str) -> Extension:
    place = x509.UniformResourceIdentifier(url)
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, place)]
    ), False


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


@dataclass
class Authority:
    """A CA. `above` is who issued it, None for a root.

    `extras` stand in every certificate that it issues, and in those of the CAs beneath it.
    """

    issued: Issued
    above: Authority | None = None
    serials: Iterable[int] = field(default_factory=lambda: iter(range(0x1000, 0x10000)))
    extras: tuple[Extension, ...] = ()

    @property
    def certificate(self) -> x509.Certificate:
        return self.issued.certificate

    @property
    def der(self) -> bytes:
        return self.issued.der

    @property
    def name(self) -> x509.Name:
        return self.certificate.subject

    def sub(self, name: str, *extensions: Extension, **how: Any) -> Authority:
        """A CA beneath this one."""
        given = extensions or (basic(), key_usage("key_cert_sign", "crl_sign"))
        return Authority(self.issue(name, *given, **how), self, extras=self.extras)

    def person(self, name: str = "alice", *extensions: Extension, **how: Any) -> Issued:
        """A person's certificate for signing in; extensions of a kind replace those it would have."""
        usual = (
            basic(ca=False), key_usage("digital_signature"), usages(CLIENT_AUTH),
            alternatives(upn(f"{name}@corp.test"), x509.RFC822Name(f"{name}@corp.test")),
        )  # fmt: skip
        kinds = {each.oid for each, _ in extensions}
        kept = [each for each in usual if each[0].oid not in kinds]
        return self.issue(f"O=Corp, CN={name}", *kept, *extensions, **how)

    def issue(
        self, name: str | x509.Name, *extensions: Extension, key: Key = None,
        since: int = NOW - DAY, until: int = NOW + 365 * DAY, hash_: Any = None,
        serial: int | None = None, signer: Key = None,
    ) -> Issued:  # fmt: skip
        key = key or new_key()
        subject = dn(name) if isinstance(name, str) else name
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
            .public_key(key.public_key()).serial_number(serial or next(iter(self.serials)))  # type: ignore[call-overload]
            .not_valid_before(when(since)).not_valid_after(when(until))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                self.issued.key.public_key()), False)
        )  # fmt: skip
        kinds = {each.oid for each, _ in extensions}
        more = (each for each in self.extras if each[0].oid not in kinds)
        for value, critical in (*extensions, *more):
            builder = builder.add_extension(value, critical)
        return Issued(builder.sign(signer or self.issued.key, hash_ or hashes.SHA256()), key)

    def crl(
        self, *revoked: int, number: int = 1, since: int = NOW - 3600, until: int | None = NOW + DAY,
        delta: int | None = None, extensions: Sequence[Extension] = (), signer: Key = None,
        reasons: dict[int, x509.ReasonFlags] | None = None, name: x509.Name | None = None,
        hash_: Any = None,
    ) -> bytes:  # fmt: skip
        """A revocation list with those serials. `delta` is the number of the list that it adds to."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(name or self.name)
        builder = builder.last_update(when(since)).next_update(when(until or NOW + DAY))
        builder = builder.add_extension(x509.CRLNumber(number), False)
        if delta is not None:
            builder = builder.add_extension(x509.DeltaCRLIndicator(delta), True)
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)
        for serial in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial)
            entry = entry.revocation_date(when(since))
            if reasons and serial in reasons:
                entry = entry.add_extension(x509.CRLReason(reasons[serial]), False)
            builder = builder.add_revoked_certificate(entry.build())
        signed = builder.sign(signer or self.issued.key, hash_ or hashes.SHA256())
        return signed.public_bytes(Encoding.DER)

    def answer(
        self, about: x509.Certificate, *, revoked: bool = False, nonce: bytes = b"",
        since: int = NOW - 60, until: int | None = NOW + 3600, signer: Issued | None = None,
        issuer: x509.Certificate | None = None, hash_: Any = None, enclosed: bool = True,
        status: ocsp.OCSPCertStatus | None = None, id_hash: Any = None,
    ) -> bytes:  # fmt: skip
        """An OCSP answer; `signer` is a responder of its own, otherwise the CA signs."""
        by = signer.certificate if signer else self.certificate
        found = status or (ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD)
        gone = found is ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=about, issuer=issuer or self.certificate, algorithm=id_hash or hashes.SHA1(),  # noqa: S303
            cert_status=found, this_update=when(since), next_update=when(until) if until else None,
            revocation_time=when(since) if gone else None, revocation_reason=None,
        ).responder_id(ocsp.OCSPResponderEncoding.HASH, by)  # fmt: skip
        if signer and enclosed:
            builder = builder.certificates([signer.certificate])
        if nonce:
            builder = builder.add_extension(x509.OCSPNonce(nonce), False)
        key = signer.key if signer else self.issued.key
        return builder.sign(key, hash_ or hashes.SHA256()).public_bytes(Encoding.DER)

    def responder(self, *extensions: Extension, **how: Any) -> Issued:
        """A responder's certificate, as RFC 6960 wants it."""
        usual = (usages(ExtendedKeyUsageOID.OCSP_SIGNING), (x509.OCSPNoCheck(), False))
        return self.issue("CN=Responder", *(extensions or usual), **how)


def root(name: str = "O=Corp, CN=Corp Root", *extensions: Extension, **how: Any) -> Authority:
    """A self-signed CA."""
    key = how.pop("key", None) or new_key()
    given = extensions or (basic(), key_usage("key_cert_sign", "crl_sign"))
    blank = Authority.__new__(Authority)
    blank.above = None
    blank.extras = ()
    blank.serials = iter(range(0x100, 0x1000))
    blank.issued = Issued(_Named(dn(name)), key)  # type: ignore[arg-type]
    return Authority(blank.issue(name, *given, key=key, **how))


@dataclass(frozen=True)
class _Named:
    subject: x509.Name
