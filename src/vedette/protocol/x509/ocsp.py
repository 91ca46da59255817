"""OCSP (RFC 6960, with the nonce of RFC 9654): what is asked, and what an answer is worth.

An answer counts if it is about this certificate, signed by its CA or by a responder that the CA
itself certified for it, in time, and, where it carries a nonce, an answer to this very question.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from vedette.protocol.x509.algorithms import HASHES, key_fault, signature_fault
from vedette.protocol.x509.der import SEQUENCE, one, values
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.reading import UNREADABLE, Read, read

MOST_BYTES = 64 << 10
"""How large an answer may be."""
MOST_SKEW = 300
"""How many seconds the responder's clock may be ahead of ours."""
MOST_AGE = 7 * 86400
"""How old an answer without an end may be, in seconds, and one without our nonce at the most."""
MOST_RESPONSES = 64
_ID_HASHES = frozenset({"sha1", *HASHES})
"""Hashes by which an answer may name a certificate; nobody is trusted by these, so SHA-1 will do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one certificate. `nonce` is empty where none was sent (a stapled answer)."""

    certificate: Read
    issuer: Read
    nonce: bytes
    request: bytes

    @property
    def issued(self) -> str:
        """By what the certificate is named: its serial and its issuer's key (see `Names.issued`)."""
        return f"{self.certificate.serial_hex}-{self.issuer.key_sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspAnswer:
    """An answer that was verified. INVARIANT: made by `read_answer` alone.

    `revoked` None means that the responder does not know the certificate. Times in unix seconds.
    """

    issued: str
    revoked: bool | None
    this_update: int
    until: int


def question(certificate: bytes, issuer: bytes, nonce: bytes = b"") -> Asked | Fault:
    """The question about a certificate that `issuer` issued, both in DER.

    `nonce` has 16 to 32 bytes of chance, or is empty to send none.
    """
    shown, above = read(certificate), read(issuer)
    if isinstance(shown, Fault) or isinstance(above, Fault):
        return Fault.MALFORMED
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        shown.certificate,
        above.certificate,
        hashes.SHA1(),  # noqa: S303  # the hash that every responder knows; it secures nothing
    )
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return Asked(shown, above, nonce, builder.build().public_bytes(Encoding.DER))


def read_answer(data: bytes, asked: Asked, at: int) -> OcspAnswer | Fault:
    """Read and verify an answer. Total: any bytes have an answer.

    1. It must be one, and a successful one. 2. Where it has a nonce, it must be ours. 3. It must be
    about this certificate. 4. It must be signed by somebody who may. 5. It must be in time.
    """
    if len(data) > MOST_BYTES:
        return Fault.TOO_LARGE
    try:
        return _read(data, asked, at)
    except (*UNREADABLE, InvalidSignature):
        return Fault.OCSP_MALFORMED


def _read(data: bytes, asked: Asked, at: int) -> OcspAnswer | Fault:
    response = ocsp.load_der_ocsp_response(data)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:  # (1)
        return Fault.OCSP_REFUSED
    fault = _extension_fault(response, asked)  # (2)
    if fault:
        return fault
    singles = list(response.responses)[:MOST_RESPONSES]
    single = next((each for each in singles if _about(each, asked)), None)
    if single is None:  # (3)
        return Fault.OCSP_OTHER_CERTIFICATE
    fault = _signer_fault(response, asked.issuer, at)  # (4)
    return fault or _timed(single, asked, at)


def _extension_fault(response: ocsp.OCSPResponse, asked: Asked) -> Fault | None:
    for each in response.extensions:
        if isinstance(each.value, x509.OCSPNonce):
            if asked.nonce and each.value.nonce != asked.nonce:
                return Fault.OCSP_NONCE
        elif each.critical:
            return Fault.OCSP_MALFORMED
    return None


def _about(single: ocsp.OCSPSingleResponse, asked: Asked) -> bool:
    name = single.hash_algorithm.name
    if name not in _ID_HASHES or single.serial_number != asked.certificate.serial:
        return False
    return (
        single.issuer_name_hash == hashlib.new(name, asked.issuer.subject).digest()
        and single.issuer_key_hash == hashlib.new(name, _key_bits(asked.issuer)).digest()
    )


def _key_bits(certificate: Read) -> bytes:
    """The BIT STRING of a public key, as OCSP hashes it (RFC 6960, 4.1.1)."""
    info = certificate.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    parts = values(one(info, SEQUENCE) or b"") or []
    return parts[1][1][1:] if len(parts) == 2 else b""


def _signer_fault(response: ocsp.OCSPResponse, issuer: Read, at: int) -> Fault | None:
    """The CA itself may sign, or one of its certificates for OCSP that stands in the answer."""
    if _is(response, issuer):
        return None if _signed(response, issuer) else Fault.OCSP_FORGED
    for each in response.certificates[:4]:
        delegate = read(each.public_bytes(Encoding.DER))
        if isinstance(delegate, Read) and _is(response, delegate):
            if not _may(delegate, issuer, at):
                return Fault.OCSP_UNAUTHORISED
            return None if _signed(response, delegate) else Fault.OCSP_FORGED
    return Fault.OCSP_UNAUTHORISED


def _is(response: ocsp.OCSPResponse, signer: Read) -> bool:
    if response.responder_name is not None:
        return response.responder_name.public_bytes() == signer.subject
    return response.responder_key_hash == hashlib.sha1(_key_bits(signer)).digest()  # noqa: S324  # RFC 6960 names it


def _may(delegate: Read, issuer: Read, at: int) -> bool:
    """Whether the CA made it its responder (RFC 6960, 4.2.2.2).

    It must carry ocsp-nocheck: whether the responder itself was revoked is not asked for, so its CA
    has to say that nobody need ask.
    """
    usage = delegate.usage
    if ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string not in (delegate.extended or frozenset()):
        return False
    if ExtensionOID.OCSP_NO_CHECK not in delegate.extensions:
        return False
    if not delegate.not_before <= at <= delegate.not_after:
        return False
    if usage is not None and not usage.digital_signature:
        return False
    if signature_fault(delegate.certificate) or key_fault(delegate):
        return False
    try:
        delegate.certificate.verify_directly_issued_by(issuer.certificate)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _signed(response: ocsp.OCSPResponse, signer: Read) -> bool:
    if key_fault(signer):
        return False
    signature, data = response.signature, response.tbs_response_bytes
    try:
        hash_ = response.signature_hash_algorithm
        match signer.key:
            case ed25519.Ed25519PublicKey() as key:
                key.verify(signature, data)
            case rsa.RSAPublicKey() as key if hash_ is not None and hash_.name in HASHES:
                key.verify(signature, data, padding.PKCS1v15(), hash_)
            case ec.EllipticCurvePublicKey() as key if hash_ is not None and hash_.name in HASHES:
                key.verify(signature, data, ec.ECDSA(hash_))
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _timed(single: ocsp.OCSPSingleResponse, asked: Asked, at: int) -> OcspAnswer | Fault:
    since = int(single.this_update_utc.timestamp())
    after = single.next_update_utc
    until = since + MOST_AGE
    if after is not None:
        until = min(until, int(after.timestamp()))
    if at + MOST_SKEW < since:
        return Fault.OCSP_NOT_YET_VALID
    if at > until:
        return Fault.OCSP_EXPIRED
    known = {ocsp.OCSPCertStatus.GOOD: False, ocsp.OCSPCertStatus.REVOKED: True}
    revoked = known.get(single.certificate_status)
    return OcspAnswer(issued=asked.issued, revoked=revoked, this_update=since, until=until)
