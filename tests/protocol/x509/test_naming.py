"""Whose a certificate is."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from tests.company_ca import CLIENT_AUTH, NOW, alternatives, basic, sid_extension, upn, usages
from tests.protocol.x509.corpus import Shown, world
from vedette.core.subject_patterns import parse_pattern
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.judging import judge
from vedette.protocol.x509.naming import name_of
from vedette.protocol.x509.revocations import Revocations
from vedette.protocol.x509.values import Claim, Trusted


def named(shown: Shown) -> Claim | Fault:
    found = judge(shown.leaf, shown.policy, shown.revocations(), NOW)
    assert isinstance(found, Trusted), found
    return name_of(found, shown.policy)


def show(*extensions: Any, **asked: Any) -> Shown:
    return world().show(world().ca.person("alice", *extensions), **asked)


SID_TEXT = "S-1-5-21-1004336348-1177238915-682003330-512"


@pytest.mark.parametrize(
    ("names", "claim"),
    [
        (("upn",), Claim("upn", "alice@corp.test")),
        (("email",), Claim("email", "alice@corp.test")),
        (("sid",), Claim("sid", SID_TEXT)),
        (("sid", "upn"), Claim("sid", SID_TEXT)),
        ((parse_pattern("CN={user}, O=Corp"),), Claim("localpart", "alice")),
        ((parse_pattern("CN={user}, O=Other"), "upn"), Claim("upn", "alice@corp.test")),
    ],
)
def test_the_first_name_that_is_there_counts(names: Any, claim: Claim) -> None:
    assert named(show(sid_extension(SID_TEXT), names=names)) == claim


def test_a_certificate_that_the_settings_name_is_that_persons() -> None:
    shown = show()
    found = judge(shown.leaf, shown.policy, shown.revocations(), NOW)
    assert isinstance(found, Trusted)
    for key in (found.names.thumbprint, found.names.issued):
        again = world().show(shown.leaf, people={key: "@boss:corp.test"})
        assert named(again) == Claim("user", "@boss:corp.test")


def test_an_umlaut_in_the_subject_is_no_user_id() -> None:
    w = world()
    leaf = w.ca.issue("O=Corp, CN=jürgen", basic(ca=False), usages(CLIENT_AUTH),
                      alternatives(upn("j@corp.test")))  # fmt: skip
    shown = w.show(leaf, names=(parse_pattern("CN={user}, O=Corp"),))
    assert named(shown) is Fault.NAME_MALFORMED


def test_an_international_user_principal_name_is_taken_in_its_normal_form() -> None:
    assert named(show(alternatives(upn("jürgen@corp.test")))) == Claim("upn", "jürgen@corp.test")


def test_a_machines_certificate_is_trusted_without_naming_anybody() -> None:
    shown = show(alternatives(x509.DNSName("pc17.corp.test")))
    assert isinstance(judge(shown.leaf, shown.policy, shown.revocations(), NOW), Trusted)
    assert named(shown) is Fault.NAME_MISSING


def test_what_was_told_by_the_cas_procedure_is_revoked_at_once() -> None:
    shown = show()
    found = judge(shown.leaf, shown.policy, shown.revocations(), NOW)
    assert isinstance(found, Trusted)
    lists = shown.revocations().crls
    for key in (found.names.issued, found.names.thumbprint):
        told = Revocations(lists, told=frozenset({key}))
        after = judge(shown.leaf, shown.policy, told, NOW)
        assert not isinstance(after, Trusted)
        assert after.fault is Fault.REVOKED
