"""The security identifier in a ticket of an Active Directory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.kerberos.pac import Named, named_in
from vedette.protocol.ldap_entries import sid_bytes

SID = "S-1-5-21-1004336348-1177238915-682003330-1104"


def part(*, sid: str = SID, flags: int = 3, cut: int = 0) -> bytes:
    """UPN_DNS_INFO as a controller writes it (MS-PAC 2.10)."""
    upn, dns, sam = (text.encode("utf-16-le") for text in ("anna@corp.test", "CORP.TEST", "anna"))
    raw = sid_bytes(sid) or b""
    at, fields = 24, b""
    for each in (upn, dns):
        fields += len(each).to_bytes(2, "little") + at.to_bytes(2, "little")
        at += len(each)
    fields += flags.to_bytes(4, "little")
    for each in (sam, raw):
        fields += len(each).to_bytes(2, "little") + at.to_bytes(2, "little")
        at += len(each)
    whole = fields.ljust(24, b"\0") + upn + dns + sam + raw
    return whole[: len(whole) - cut]


def test_the_identifier_is_read():
    assert named_in(part()) == Named(SID)


def test_an_older_controller_says_none():
    assert named_in(part(flags=1)) == Named()


def test_one_that_is_cut_off_says_none():
    assert named_in(part(cut=1)) == Named()


@given(st.binary(max_size=200))
def test_no_part_raises(data):
    assert named_in(data).sid.startswith("S-") or not named_in(data).sid


@given(at=st.integers(0, len(part()) - 1), value=st.integers(0, 255))
def test_no_byte_makes_it_raise(at, value):
    changed = bytearray(part())
    changed[at] = value
    named_in(bytes(changed))
