"""Which keys and signatures are taken."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

from tests.company_ca import DAY, NOW, dn, root, rsa_key, when
from vedette.protocol.x509.algorithms import key_fault, signature_fault
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.reading import Read, read


def signed(key: Any, hash_: Any, scheme: Any = None) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder().subject_name(dn("CN=a")).issuer_name(dn("CN=a")).serial_number(1)
        .public_key(key.public_key()).not_valid_before(when(NOW)).not_valid_after(when(NOW + DAY))
    )  # fmt: skip
    return builder.sign(key, hash_, rsa_padding=scheme)


def pss(hash_: hashes.HashAlgorithm, mask: hashes.HashAlgorithm) -> padding.PSS:
    return padding.PSS(padding.MGF1(mask), hash_.digest_size)


SHA256, SHA512 = hashes.SHA256(), hashes.SHA512()


@pytest.mark.parametrize(
    ("key", "hash_", "scheme", "good"),
    [
        (rsa_key(2048), SHA256, None, True),
        (rsa_key(2048), SHA512, None, True),
        (rsa_key(2048), hashes.SHA224(), None, False),
        (rsa_key(2048), SHA256, pss(SHA256, SHA256), True),
        (rsa_key(2048), SHA256, pss(SHA256, SHA512), False),
        (rsa_key(2048), hashes.SHA224(), pss(hashes.SHA224(), hashes.SHA224()), False),
        (ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), None, True),
        (ec.generate_private_key(ec.SECP256R1()), hashes.SHA3_256(), None, False),
        (ed25519.Ed25519PrivateKey.generate(), None, None, False),
    ],
)
def test_a_signature_is_on_the_list_or_refused(
    key: Any, hash_: Any, scheme: Any, good: bool
) -> None:
    found = signature_fault(signed(key, hash_, scheme))
    assert found is None if good else found is not None and found[0] is Fault.WEAK_HASH


@pytest.mark.parametrize(
    ("key", "good"),
    [
        (rsa_key(2048), True),
        (rsa_key(1024), False),
        (ec.generate_private_key(ec.SECP521R1()), True),
        (ec.generate_private_key(ec.BrainpoolP256R1()), False),
        (ec.generate_private_key(ec.SECP192R1()), False),
    ],
)
def test_a_key_is_on_the_list_or_refused(key: Any, good: bool) -> None:
    found = read(root(key=key).der)
    assert isinstance(found, Read)
    assert (key_fault(found) is None) is good
