"""How the gateway tells which certificate a client showed."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from tests.company_ca import DAY, NOW, root
from vedette.protocol.internal.certificates import (
    LARGEST_CERTIFICATE,
    certificate_in,
    header_of,
    lasts,
    thumbprint_of,
)


@given(st.binary(min_size=1, max_size=4096))
def test_what_the_gateway_says_is_what_is_read(certificate: bytes) -> None:
    assert certificate_in(header_of(certificate)) == certificate


@given(st.text(max_size=200))
def test_whatever_stands_in_the_header_is_a_certificates_bytes_or_none(value: str) -> None:
    found = certificate_in(value)
    assert found == b"" or base64.b64encode(found).decode() == value


def test_what_is_too_large_is_none() -> None:
    assert certificate_in(header_of(bytes(LARGEST_CERTIFICATE))) == bytes(LARGEST_CERTIFICATE)
    assert certificate_in(header_of(bytes(LARGEST_CERTIFICATE + 1))) == b""
    assert certificate_in("A" * 1_000_000) == b""


@given(st.binary(max_size=300))
def test_bytes_that_are_no_certificate_last_never(certificate: bytes) -> None:
    begins, ends = lasts(certificate)
    assert ends < begins


def test_a_certificate_lasts_as_it_says() -> None:
    der = root().person("anna", since=NOW, until=NOW + DAY).der
    assert lasts(der) == (NOW, NOW + DAY)


def test_the_thumbprint_is_that_of_rfc_8705() -> None:
    # RFC 8705, section 3.1: base64url without padding of the SHA-256 of the DER.
    assert thumbprint_of(b"") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
