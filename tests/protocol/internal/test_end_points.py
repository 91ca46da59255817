"""By which hash a server's certificate is meant (RFC 5929, section 4.1)."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.internal.end_points import (
    bindings_of,
    end_point_in,
    end_point_of,
    header_of,
)

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "chat.example.org")])


def certificate(algorithm: hashes.HashAlgorithm | None) -> x509.Certificate:
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm
        else ed25519.Ed25519PrivateKey.generate()
    )
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, algorithm)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_it_is_the_hash_of_its_own_signature(algorithm):
    made = certificate(algorithm)
    assert end_point_of(made) == made.fingerprint(algorithm)


def test_without_a_hash_of_its_own_there_is_none():
    assert end_point_of(certificate(None)) == b""
    assert bindings_of(b"") == b""


@given(
    st.sampled_from([20, 32, 48, 64]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
)
def test_the_header_is_read_back(end_point):
    assert end_point_in(header_of(end_point)) == end_point
    assert bindings_of(end_point) == b"tls-server-end-point:" + end_point


@given(st.text(max_size=100))
def test_no_header_raises(value):
    found = end_point_in(value)
    assert not found or header_of(found) == value
