"""What stands in a keytab; those of MIT's own programs are read in the conformance suite."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.kerberos.keytab import Entry, NoKeytab, entries_in

AES, RC4 = 18, 23


def _text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


def entry(name: str, realm: str, *, kvno: int = 2, kind: int = AES, longer: bool = True) -> bytes:
    parts = name.split("/")
    body = len(parts).to_bytes(2, "big") + _text(realm) + b"".join(map(_text, parts))
    body += (1).to_bytes(4, "big") + bytes(4) + (kvno % 256).to_bytes(1, "big")
    body += kind.to_bytes(2, "big") + (32).to_bytes(2, "big") + bytes(32)
    body += kvno.to_bytes(4, "big") if longer else b""
    return len(body).to_bytes(4, "big") + body


HEAD = b"\x05\x02"
HOLE = (-8).to_bytes(4, "big", signed=True) + bytes(8)
FILE = HEAD + entry("HTTP/chat.corp.test", "CORP.TEST", kvno=300) + HOLE + entry("x", "R", kind=RC4)


def test_every_key_is_named_and_holes_are_passed_over():
    assert entries_in(FILE) == (
        Entry("HTTP/chat.corp.test@CORP.TEST", 300, AES),
        Entry("x@R", 2, RC4),
    )


def test_a_file_without_long_numbers_is_read_as_well():
    found = entries_in(HEAD + entry("x", "R", kvno=7, longer=False))
    assert found == (Entry("x@R", 7, AES),)


def test_what_is_weak_is_told_apart():
    strong, weak = entries_in(FILE)
    assert not strong.is_weak
    assert weak.is_weak


def test_an_empty_keytab_has_no_keys():
    assert entries_in(HEAD) == ()


@pytest.mark.parametrize("data", [b"", b"\x05", b"\x05\x01", b"-----BEGIN", FILE[:-1], FILE[:5]])
def test_what_is_none_is_a_fault(data):
    with pytest.raises(NoKeytab):
        entries_in(data)


@given(st.binary(max_size=200))
def test_whatever_the_file_holds_it_is_read_or_a_fault(data):
    try:
        entries_in(HEAD + data)
    except NoKeytab:
        return


@given(at=st.integers(0, len(FILE) - 1), value=st.integers(0, 255))
def test_no_byte_makes_it_anything_else(at, value):
    changed = bytearray(FILE)
    changed[at] = value
    try:
        entries_in(bytes(changed))
    except NoKeytab:
        return
