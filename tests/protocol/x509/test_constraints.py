"""Which names lie within which subtrees (RFC 5280, 4.2.1.10); in doubt neither yes nor no."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.company_ca import alternatives, basic, dn, upn
from tests.protocol.x509.corpus import CA_USAGE, PERSON, narrow, world
from vedette.protocol.x509.constraints import MOST_COMPARISONS, _permitted, _within
from vedette.protocol.x509.faults import Fault

Mail, Host, Uri, Address = (
    x509.RFC822Name, x509.DNSName, x509.UniformResourceIdentifier, x509.IPAddress,
)  # fmt: skip
OTHER = x509.ObjectIdentifier("1.3.6.1.4.1.99999.9")


@pytest.mark.parametrize(
    ("name", "base", "within"),
    [
        (Mail("a@corp.test"), Mail("corp.test"), True),
        (Mail("a@CORP.test"), Mail("corp.TEST"), True),
        (Mail("a@sub.corp.test"), Mail("corp.test"), False),
        (Mail("a@sub.corp.test"), Mail(".corp.test"), True),
        (Mail("a@corp.test"), Mail(".corp.test"), False),
        (Mail("a@evilcorp.test"), Mail("corp.test"), False),
        (Mail("a@corp.test"), Mail("a@corp.test"), True),
        (Mail("A@corp.test"), Mail("a@corp.test"), None),
        (Mail("b@corp.test"), Mail("a@corp.test"), False),
        (Mail("no-host"), Mail("corp.test"), None),
        (Host("www.corp.test"), Host("corp.test"), True),
        (Host("corp.test"), Host("corp.test"), True),
        (Host("evilcorp.test"), Host("corp.test"), False),
        (Host("www.corp.test"), Host(""), True),
        (Host("www.corp.test."), Host("corp.test"), True),
        (Uri("https://www.corp.test/x@y?z"), Uri(".corp.test"), True),
        (Uri("https://user@www.corp.test:8443/"), Uri("www.corp.test"), True),
        (Uri("https://evil.test/.corp.test"), Uri(".corp.test"), False),
        (Uri("https://10.1.2.3/"), Uri(".corp.test"), None),
        (Uri("https://[::1]/"), Uri(".corp.test"), None),
        (Uri("mailto:a@corp.test"), Uri("corp.test"), None),
        (Address(IPv4Address("10.1.2.3")), Address(IPv4Network("10.0.0.0/8")), True),
        (Address(IPv4Address("11.1.2.3")), Address(IPv4Network("10.0.0.0/8")), False),
        (Address(IPv6Address("::1")), Address(IPv4Network("10.0.0.0/8")), False),
        (Address(IPv6Address("2001:db8::1")), Address(IPv6Network("2001:db8::/32")), True),
        (Address(IPv4Address("10.1.2.3")), Address(IPv4Address("10.1.2.3")), None),
        (x509.DirectoryName(dn("O=Corp, CN=a")), x509.DirectoryName(dn("O=CORP")), True),
        (x509.DirectoryName(dn("O=Corp  Two")), x509.DirectoryName(dn("O=corp two")), True),
        (x509.DirectoryName(dn("CN=a, O=Corp")), x509.DirectoryName(dn("O=Corp")), False),
        (x509.DirectoryName(dn("O=Corp")), x509.DirectoryName(dn("O=Corp, OU=x")), False),
        (upn("a@corp.test"), upn("corp.test"), True),
        (upn("a@corp.test"), upn("@corp.test"), True),
        (upn("a@sub.corp.test"), upn(".corp.test"), True),
        (upn("a@evil.test"), upn("corp.test"), False),
        (upn(b"a@corp.test\0"), upn("corp.test"), None),
        (upn("a@corp.test", 0x16), upn("corp.test"), None),
        (upn("a@jürgen.test"), upn("jürgen.test"), None),
        (x509.OtherName(OTHER, b"\x05\x00"), x509.OtherName(OTHER, b"\x05\x00"), None),
        (x509.RegisteredID(OTHER), x509.RegisteredID(OTHER), None),
    ],
)
def test_a_name_is_within_a_subtree_or_not_or_it_is_not_known(
    name: x509.GeneralName, base: x509.GeneralName, within: bool | None
) -> None:
    assert _within(name, base) is within


@pytest.mark.parametrize("name", [upn("a@corp.test", 0x16), x509.RegisteredID(OTHER)])
def test_doubt_refuses_on_both_sides(name: x509.GeneralName) -> None:
    tree = upn("corp.test") if isinstance(name, x509.OtherName) else name
    assert not _permitted(name, x509.NameConstraints([tree], None))
    assert not _permitted(name, x509.NameConstraints(None, [tree]))
    assert _permitted(name, x509.NameConstraints([x509.DNSName("corp.test")], None))


@pytest.mark.parametrize("mail", ["ä@evil.test", "no-host", "", " a@evil.test"])
def test_an_odd_mail_address_in_the_subject_does_not_slip_past(mail: str) -> None:
    w = world()
    ca = narrow(w, [Mail("corp.test")])
    odd = x509.NameAttribute(NameOID.EMAIL_ADDRESS, mail or " ")
    subject = x509.Name([*dn("O=Corp, CN=alice"), odd])
    leaf = ca.issue(subject, *PERSON, alternatives(upn("alice@corp.test")))
    assert w.show(leaf, ca).ours() is Fault.CONSTRAINT


def test_names_and_constraints_without_number_keep_nobody_busy() -> None:
    w = world()
    trees = [x509.DNSName(f"host-{number}.test") for number in range(900)]
    ca = w.beneath(basic(), CA_USAGE, (x509.NameConstraints(None, trees), True))
    names = [upn("alice@corp.test"), *(x509.DNSName(f"n{number}.test") for number in range(40))]
    assert len(trees) * len(names) > MOST_COMPARISONS
    assert w.show(ca.person("alice", alternatives(*names)), ca).ours() is Fault.CONSTRAINT
