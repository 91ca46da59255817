"""Entries of directories are read the same however they are written, and none raises."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.ldap_entries import (
    ends_at,
    extended_guid,
    guid_bytes,
    guid_text,
    is_enabled,
    members_of,
    name_key,
    number_of,
    plain_name,
    seconds_of_filetime,
    seconds_of_time,
    sid_text,
    text_of,
)
from vedette.protocol.ldap_filter import escaped_name

NAMES = [
    "useraccountcontrol", "accountexpires", "pwdaccountlockedtime", "pwdendtime", "shadowexpire",
    "nsaccountlock", "member", "member;range=0-1499", "member;range=1500-*", "cn",
]  # fmt: skip
VALUES = st.binary(max_size=20) | st.sampled_from(
    [
        b"514",
        b"512",
        b"0",
        b"-1",
        b"9223372036854775807",
        b"000001010000Z",
        b"20270630120000Z",
        b"TRUE",
    ]
)
ENTRIES = st.dictionaries(st.sampled_from(NAMES), st.lists(VALUES, max_size=3), max_size=6)


@given(ENTRIES)
def test_no_entry_raises(entry):
    is_enabled(entry)
    ends_at(entry)
    members_of(entry, ["member"])
    number_of(entry, "userAccountControl")
    assert text_of(entry, "cn").isprintable()


@pytest.mark.parametrize(
    ("entry", "enabled"),
    [
        ({}, True),
        ({"useraccountcontrol": [b"512"]}, True),
        ({"useraccountcontrol": [b"514"]}, False),
        ({"pwdaccountlockedtime": [b"000001010000Z"]}, False),
        ({"pwdaccountlockedtime": [b"20260101000000Z"]}, True),  # for some minutes
        ({"nsaccountlock": [b"TRUE"]}, False),
        ({"nsaccountlock": [b"false"]}, True),
    ],
)
def test_who_is_switched_off(entry, enabled):
    assert is_enabled(entry) is enabled


@pytest.mark.parametrize(
    ("entry", "ends"),
    [
        ({}, None),
        ({"accountexpires": [b"0"]}, None),
        ({"accountexpires": [b"9223372036854775807"]}, None),
        ({"accountexpires": [b"132223104000000000"]}, 1577836800),  # 2020-01-01
        ({"pwdendtime": [b"20200101000000Z"]}, 1577836800),
        ({"shadowexpire": [b"18262"]}, 1577836800),
        ({"shadowexpire": [b"-1"]}, None),
        ({"pwdendtime": [b"20200101000000Z"], "shadowexpire": [b"1"]}, 86400),
        ({"pwdendtime": [b"never"]}, None),
    ],
)
def test_when_an_account_ends(entry, ends):
    assert ends_at(entry) == ends


def test_times_with_zones_and_fractions():
    assert seconds_of_time("20200101010000.5+0100") == 1577836800
    assert seconds_of_time("2020010100Z") == 1577836800
    assert seconds_of_time("20201301000000Z") is None
    assert seconds_of_filetime(116444736000000000) == 0


@given(st.uuids())
def test_an_object_guid_and_its_text_are_one(found: uuid.UUID):
    assert guid_bytes(guid_text(found.bytes_le)) == found.bytes_le
    assert extended_guid(f"<GUID={found}>;<SID=S-1-5>;CN=A,DC=b") == str(found)
    assert plain_name(f"<GUID={found}>;<SID=S-1-5>;CN=A,DC=b") == "CN=A,DC=b"


@given(st.binary(max_size=40))
def test_a_security_identifier_is_read_or_is_none(data):
    assert sid_text(data) == "" or sid_text(data).startswith("S-")


def test_the_security_identifier_of_the_specification():
    data = bytes.fromhex("010500000000000515000000a065cf7e784b9b5fe77c8770091c0100")
    assert sid_text(data) == "S-1-5-21-2127521184-1604012920-1887927527-72713"
    assert sid_text(data[:-1]) == ""


def test_long_lists_of_members_come_in_pieces():
    first, rest = members_of({"member;range=0-1": [b"a", b"b"], "member": []}, ["member"])
    assert (first, rest) == ([b"a", b"b"], {"member": 2})
    last, rest = members_of({"member;range=2-*": [b"c"]}, ["Member"])
    assert (last, rest) == ([b"c"], {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=Ann,DC=corp,DC=test", "cn=ann,dc=corp,dc=test"),
        ("cn=Ann , dc=corp", "CN = Ann,DC=corp"),
        ("cn=a\\,b,dc=c", 'cn="a,b",dc=c'),
        ("cn=a\\2cb,dc=c", "cn=a\\,b,dc=c"),
        ("cn=Gr\\c3\\bcn,dc=c", "cn=grün,dc=c"),
        ("cn=a+uid=b,dc=c", "uid=b+cn=a,dc=c"),
        ("cn=a  b,dc=c", "cn=a b,dc=c"),
    ],
)
def test_names_of_one_entry_are_equal(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cn=a\\,dc=b", "cn=a,dc=b"),
        ("cn=a,dc=b,dc=c", "cn=a\\,dc\\=b,dc=c"),
        ("cn=ab", "cn=a b"),
        ("cn=a+uid=b", "cn=a,uid=b"),
    ],
)
def test_names_of_two_entries_are_not(one, other):
    assert name_key(one) != name_key(other)


STEPS = st.lists(
    st.tuples(st.sampled_from(["cn", "OU"]), st.text(st.sampled_from('aB=,+\\" ;#2c<ü'), max_size=9)),
    min_size=1, max_size=3,
)  # fmt: skip


@given(STEPS, STEPS)
def test_two_names_have_one_key_only_where_their_parts_mean_the_same(one, other):
    def name(steps):
        return ",".join(f"{attribute}={escaped_name(value)}" for attribute, value in steps)

    def meant(steps):
        return [(a.lower(), [w for w in v.lower().split(" ") if w]) for a, v in steps]

    assert name_key(name_key(name(one))) == name_key(name(one))
    assert (name_key(name(one)) == name_key(name(other))) == (meant(one) == meant(other))


@given(st.text(st.sampled_from('aB=,+\\" ;#2c<\x00ü'), max_size=20))
def test_what_is_no_name_has_some_key(name):
    assert isinstance(name_key(name), str)
