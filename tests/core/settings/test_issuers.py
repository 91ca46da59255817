"""How issuers are written in the settings."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from vedette.core.settings.issuers import Issuer
from vedette.core.settings.parse import parse_document

CA = "MIIB" + "A" * 40
GOOD = {"anchors": [CA]}


def test_an_issuer_is_strict_unless_it_says_otherwise() -> None:
    issuer = Issuer(**GOOD)
    assert issuer.revocation == "hard"
    assert issuer.usages == ("1.3.6.1.5.5.7.3.2",)
    assert issuer.counts == 1
    assert issuer.names == ("upn",)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("anchors", [], "at least 1"),
        ("anchors", ["-----BEGIN RSA PRIVATE KEY-----"], "not one certificate"),
        ("usages", [], "at least 1"),
        ("usages", ["clientAuth"], "object identifier"),
        ("policies", ["1.40.3"], "object identifier"),
        ("policies", ["2.5.029"], "object identifier"),
        ("names", [], "at least 1"),
        ("names", ["cn"], "no way to a name"),
        ("names", ["subject:CN=(.*)+"], "exactly one"),
        ("names", ["subject:CN={device}"], "names no person"),
        ("devices", "yes", "managed"),
        ("device_names", ["serialnumber"], "no way to a device's name"),
        ("device_names", ["subject:"], "no way to a device's name"),
        ("device_names", ["subject:CN={user}"], "where the device's name stands"),
        ("device_names", ["san-uri:urn:x"], "`{device}` once"),
        ("device_names", ["san-dns:{device}.{device}"], "`{device}` once"),
        ("people", {"12": "@a:example.test"}, "names no certificate"),
        ("people", {"ab" * 32: "alice"}, "user"),
        ("counts", 3, "less than or equal to 2"),
        ("revocation", "none", "hard"),
        ("crl", ["ldap://dc1/crl"], "not an address"),
        ("crl", ["http://user@ca.test/x.crl"], "not an address"),
        ("ocsp", "file:///etc/passwd", "not an address"),
        ("refresh", "1 second", "10 seconds"),
    ],
)
def test_what_can_not_hold_is_refused_with_a_sentence(key: str, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as found:
        Issuer(**{**GOOD, key: value})
    assert said in str(found.value)


def test_a_fingerprint_with_colons_is_the_same_certificate() -> None:
    colons = ":".join(["AB"] * 32)
    issuer = Issuer(**GOOD, people={colons: "@a:example.test"})
    assert list(issuer.people) == ["ab" * 32]


def test_a_rule_names_only_issuers_that_are_there() -> None:
    text = (
        '[organisation]\nname = "E"\ndomain = "example.test"\n'
        f'[issuers.corp]\nanchors = ["{CA}"]\n'
        '[rules.cards]\nfrom = ["us"]\nforbid = ["sign-in"]\nunless = ["certificate.issuer = %s"]\n'
    )
    assert not isinstance(parse_document(text % "corp"), list | tuple)
    found = parse_document(text % "crop")
    assert "`crop` is no issuer of this document" in str(found)
    assert "did you mean `corp`" in str(found)
