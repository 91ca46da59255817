"""Which keys and signatures are taken. Both lists are closed: what is not on them is refused.

People may have Ed25519 keys; CAs may not, since the library verifies no path with one.

Sources: BSI TR-02102-1 and NIST SP 800-131A (no SHA-1, RSA from 2048 bits); the upper bound keeps a
hostile key from costing seconds.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.reading import UNREADABLE, Read

SMALLEST_RSA, LARGEST_RSA = 2048, 8192
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
HASHES = frozenset({"sha256", "sha384", "sha512"})
SIGNATURES = frozenset(
    {
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
        SignatureAlgorithmOID.RSASSA_PSS,
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
    }
)


def key_fault(certificate: Read) -> tuple[Fault, str] | None:
    """What is wrong with a key's kind or size, and what it is; None where it is taken."""
    match certificate.key:
        case rsa.RSAPublicKey() as key:
            good = SMALLEST_RSA <= key.key_size <= LARGEST_RSA and _exponent(key)
            return None if good else (Fault.WEAK_KEY, f"RSA with {key.key_size} bits")
        case ec.EllipticCurvePublicKey() as key:
            good = key.curve.name in CURVES
            return None if good else (Fault.WEAK_KEY, f"the curve {key.curve.name}")
        case ed25519.Ed25519PublicKey():
            return None
        case other:
            return Fault.WEAK_KEY, type(other).__name__


def _exponent(key: rsa.RSAPublicKey) -> bool:
    return 65537 <= key.public_numbers().e < 1 << 64


Signed = x509.Certificate | x509.CertificateRevocationList


def signature_fault(signed: Signed) -> tuple[Fault, str] | None:
    """What is wrong with how a certificate or a CRL is signed; None where that is taken."""
    oid = signed.signature_algorithm_oid
    if oid not in SIGNATURES:
        return Fault.WEAK_HASH, oid._name  # noqa: SLF001  # the name for people; there is no other way to it
    if oid == SignatureAlgorithmOID.RSASSA_PSS and not _good_pss(signed):
        return Fault.WEAK_HASH, "RSASSA-PSS with a weak hash"
    return None


def _good_pss(signed: Signed) -> bool:
    try:
        found = signed.signature_algorithm_parameters
        hash_ = signed.signature_hash_algorithm
    except UNREADABLE:
        return False
    return (
        isinstance(found, padding.PSS)
        and isinstance(found.mgf, padding.MGF1)
        and hash_ is not None
        and hash_.name in HASHES
        and found.mgf._algorithm.name == hash_.name  # noqa: SLF001  # no public way to it
        and isinstance(hash_, hashes.HashAlgorithm)
    )
