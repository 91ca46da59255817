"""Certificates as files have them."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.x509.corpus import world
from vedette.protocol.x509.faults import WORDS, Fault, way_out
from vedette.protocol.x509.files import MOST_CERTIFICATES, certificates_in, has_private_key

CA = world().ca


def test_one_in_der_and_several_in_pem_are_read_in_their_order() -> None:
    pem = (CA.issued.pem + "some words between\n" + world().root.issued.pem).encode()
    assert certificates_in(CA.der) == (CA.der,)
    assert certificates_in(pem) == (CA.der, world().root.der)
    assert certificates_in(pem.replace(b"\n", b"\r\n")) == (CA.der, world().root.der)


def test_what_holds_no_certificate_or_a_broken_or_too_many_is_refused() -> None:
    assert certificates_in(b"<html>") is Fault.MALFORMED
    broken = CA.issued.pem.replace("-----END", "A\n-----END").encode()
    assert certificates_in(broken) is Fault.MALFORMED
    assert certificates_in(CA.issued.pem.encode() * (MOST_CERTIFICATES + 1)) is Fault.TOO_LARGE
    assert certificates_in(b"x" * (3 << 20)) is Fault.TOO_LARGE


def test_a_private_key_is_seen_and_never_taken_for_a_certificate() -> None:
    key = CA.issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert has_private_key(CA.issued.pem.encode() + key)
    assert not has_private_key(CA.issued.pem.encode())
    assert certificates_in(key + CA.issued.pem.encode()) == (CA.der,)


@given(st.binary(max_size=300) | st.binary(max_size=80).map(lambda b: b"-----BEGIN " + b))
def test_any_bytes_are_a_file_of_certificates_or_not(data: bytes) -> None:
    assert isinstance(certificates_in(data), tuple | Fault)
    assert has_private_key(data) in {True, False}


def test_the_way_out_names_the_issuer_in_its_command() -> None:
    for fault, words in WORDS.items():
        said = way_out(fault, "corp")
        assert words.way_out in said
        assert "{issuer}" not in said
