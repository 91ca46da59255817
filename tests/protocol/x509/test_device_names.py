"""By which names certificates call their devices, by the ways of the settings."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tests.company_ca import Issued, alternatives, basic, root
from vedette.core.managed_devices import device_name
from vedette.protocol.x509.device_names import device_names
from vedette.protocol.x509.reading import Read, read

CA = root()
UUID = "6f1d5e1c-8b1d-4a0e-9b58-1f1f3f3c0001"


def laptop(subject: str = "O=Corp, CN=LAPTOP-7", *names: x509.GeneralName) -> Issued:
    more = [alternatives(*names)] if names else []
    return CA.issue(subject, basic(ca=False), *more)


def own(certificate: Issued) -> set[str]:
    found = read(certificate.der)
    assert isinstance(found, Read)
    return {found.sha256, f"mdm:{found.serial_hex}"}


def named(certificate: Issued, *ways: str) -> set[str]:
    return set(device_names(certificate.der, "mdm", ways)) - own(certificate)


@pytest.mark.parametrize(
    ("way", "names"),
    [
        ("cn", {"laptop-7"}),
        ("serial", {"c02xk1"}),
        ("san-dns", {"laptop-7.corp.test", "other.test"}),
        ("san-dns:{device}.corp.test", {"laptop-7"}),
        ("san-uri", {f"urn:device:{UUID}", "https://corp.test/"}),
        ("san-uri:urn:device:{device}", {UUID}),
        ("subject:CN={device}, SERIALNUMBER=*, O=Corp", {"laptop-7"}),
        ("subject:CN=*, SERIALNUMBER={device}, O=Corp", {"c02xk1"}),
        ("subject:CN={device}, O=Corp", set()),
        ("san-uri:urn:other:{device}", set()),
    ],
)
def test_a_name_is_taken_from_where_the_settings_say(way: str, names: set[str]):
    certificate = laptop(
        "O=Corp, SERIALNUMBER=C02XK1, CN=LAPTOP-7",
        x509.DNSName("laptop-7.corp.test"),
        x509.DNSName("other.test"),
        x509.UniformResourceIdentifier(f"urn:device:{UUID.upper()}".replace("URN", "urn")),
        x509.UniformResourceIdentifier("https://corp.test/"),
    )
    found = named(certificate, way)
    assert found == {name.casefold() for name in names}


def test_the_certificates_own_hash_and_number_always_name_it():
    certificate = laptop()
    assert device_names(certificate.der, "mdm", ()) == own(certificate)


@pytest.mark.parametrize("name", ["laptop\x07", "laptop\x00.corp.test", " "])
def test_a_name_that_is_no_plain_text_names_nothing(name: str):
    odd = CA.issue(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]), basic(ca=False))
    assert named(odd, "cn") == set()


@given(st.binary(max_size=300))
def test_bytes_that_are_no_certificate_name_nothing(data: bytes):
    assert device_names(data, "mdm", ("cn", "san-dns")) == frozenset()


@given(st.text(max_size=40))
def test_names_are_compared_whatever_their_case_and_the_blanks_around_them(text: str):
    assert device_name(f" {text.upper()} ") == device_name(text.upper())
