from __future__ import annotations

import base64
import contextlib
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.server_certificate import (
    CertificateFault,
    check_new,
    host_name,
    new_request,
    read_chain,
)

NOW = 1_800_000_000.0
DAY = 86_400.0
NAMES = ("chat.example.org", "example.org")


def dated(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def issued(
    names: tuple[str, ...] = NAMES,
    begins: float = NOW - DAY,
    ends: float = NOW + DAY,
    *,
    by: str = "A CA",
) -> tuple[bytes, bytes]:
    """A certificate (PEM), as an authority would make it, and its key (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chat.example.org")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)] if by else []))
        .public_key(key.public_key())
        .serial_number(0xBEEF)
        .not_valid_before(dated(begins))
        .not_valid_after(dated(ends))
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    made = builder.sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), pem


def test_a_certificate_says_whose_it_is_and_how_long():
    shown = read_chain(issued()[0] + issued()[0])
    assert (shown.names, shown.issuer, shown.serial) == (NAMES, "CN=A CA", "beef")
    assert (shown.begins, shown.ends, shown.own) == (NOW - DAY, NOW + DAY, False)


def test_one_that_vouches_for_itself_is_known():
    assert read_chain(issued(by="chat.example.org")[0]).own


def test_one_without_names_and_issuer_is_read_all_the_same():
    shown = read_chain(issued((), by="")[0])
    assert (shown.names, shown.issuer) == ((), "(nobody named)")


def test_a_new_one_that_fits_is_taken():
    chain, key = issued()
    assert check_new(chain, key, NAMES, NOW) == read_chain(chain)


def test_one_that_was_made_for_another_key_is_not():
    with pytest.raises(CertificateFault, match="another key"):
        check_new(issued()[0], issued()[1], NAMES, NOW)


def test_one_that_lacks_a_name_is_not():
    chain, key = issued(("example.org",))
    with pytest.raises(CertificateFault, match=r"not for `chat\.example\.org`"):
        check_new(chain, key, NAMES, NOW)


def test_one_that_begins_later_tells_of_the_clock():
    chain, key = issued(begins=NOW + 3600)
    with pytest.raises(CertificateFault, match="3600 seconds: this machine's clock is behind"):
        check_new(chain, key, NAMES, NOW)
    chain, key = issued(begins=NOW + 30)
    assert check_new(chain, key, NAMES, NOW).begins == NOW + 30


def test_one_that_is_over_tells_of_the_clock():
    chain, key = issued(ends=NOW)
    with pytest.raises(CertificateFault, match="clock is ahead"):
        check_new(chain, key, NAMES, NOW)


@pytest.mark.parametrize(
    "pem", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_is_said_to_be_none(pem: bytes):
    with pytest.raises(CertificateFault):
        read_chain(pem)


@given(at=st.integers(0, 900), bits=st.integers(1, 255))
def test_a_certificate_of_which_something_was_altered_is_read_or_refused(at: int, bits: int):
    der = bytearray(x509.load_pem_x509_certificate(CHAIN).public_bytes(Encoding.DER))
    der[at % len(der)] ^= bits
    body = base64.encodebytes(bytes(der))
    pem = b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"
    with contextlib.suppress(CertificateFault):
        assert check_new(pem, KEY, NAMES, NOW).ends > NOW


CHAIN, KEY = issued()


def test_a_request_is_for_the_names_with_a_key_of_its_own():
    one, other = new_request(NAMES), new_request(NAMES)
    assert one.key != other.key
    request = x509.load_pem_x509_csr(one.request)
    alternatives = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert tuple(alternatives.get_values_for_type(x509.DNSName)) == NAMES
    key = load_pem_private_key(one.key, None)
    assert request.public_key() == key.public_key()
    assert request.is_signature_valid
    assert "BEGIN" not in repr(one)


@pytest.mark.parametrize("name", ["example.org", "a-b.c1.example", "xn--bcher-kva.example"])
def test_a_host_name_can_be_ordered_for(name: str):
    assert host_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "localhost", "*.example.org", "Example.org", "example.org.", "127.0.0.1", "a b.example",
     "-a.example", "a-.example", "exämple.org", "a" * 64 + ".example", "a." * 130 + "example",
     "example.org\n", "example.org:443"],
)  # fmt: skip
def test_what_is_no_host_name_can_not(name: str):
    with pytest.raises(ValueError, match="not a host name"):
        host_name(name)
