from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synapse.api.errors import SynapseError
from synapse.federation.transport.server._base import _parse_auth_header

from vedette.core.names import ServerName
from vedette.protocol.matrix.xmatrix import XMatrix, XMatrixFault, parse_xmatrix

GOOD = b'X-Matrix origin="acme.example",destination="example.org",key="ed25519:a_1",sig="YWJj+/="'


def test_a_server_says_who_signed_for_whom():
    assert parse_xmatrix(GOOD) == XMatrix(
        ServerName("acme.example"), ServerName("example.org"), "ed25519:a_1", "YWJj+/="
    )


@pytest.mark.parametrize(
    "header",
    [
        b"X-Matrix origin=acme.example,key=ed25519:a_1,sig=YWJj",
        b"x-matrix ORIGIN=acme.example , Key=ed25519:a_1,\tsig=YWJj",
        b'X-Matrix origin="acme.example",key="ed25519:a_1",sig="YWJj",more="1"',
    ],
)
def test_older_and_newer_servers_may_say_less_or_more(header):
    found = parse_xmatrix(header)
    assert (found.origin, found.destination) == ("acme.example", None)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (b"Bearer abc", "not X-Matrix"),
        (b"", "not X-Matrix"),
        (b"X-Matrix", "has no `origin`"),
        (b"X-Matrix origin=acme.example,key=ed25519:a", "has no `sig`"),
        (b"X-Matrix origin=a.example,origin=b.example,key=k,sig=s", "`origin` twice"),
        (b"X-Matrix origin=a.example,Origin=b.example,key=k,sig=s", "`origin` twice"),
        (b'X-Matrix origin="acme example",key=k,sig=s', "can't be read"),
        (b"X-Matrix origin=-,key=k,sig=s", "not a valid server name"),
        (b"X-Matrix origin=acme.example,destination=:,key=k,sig=s", "not a valid server name"),
        (b"X-Matrix origin=acme.example;key=k", "can't be read"),
        (b'X-Matrix origin="acme.example,key=k,sig=s', "can't be read"),
        (b"X-Matrix origin=acme.example,key=k,sig=" + b"a" * 3000, "not X-Matrix"),
        ("X-Matrix origin=äcme.example,key=k,sig=s".encode(), "not ASCII"),
    ],
)
def test_what_is_not_one_clear_authorisation_is_refused(header, why):
    with pytest.raises(XMatrixFault, match=why):
        parse_xmatrix(header)


@pytest.mark.parametrize(
    "hidden",
    [
        b'x=",origin=evil.example,y="',
        b'sig=",origin=evil.example,y="',
        b'key="a\\",origin=evil.example,y=\\"b"',
        b'x="\\",origin=evil.example,y=\\""',
    ],
)
def test_no_second_origin_hides_in_a_quoted_value(hidden):
    # Synapse cuts at every comma and believes the last of two, so it would believe the other one.
    header = b"X-Matrix origin=acme.example,key=ed25519:a_1,sig=YWJj," + hidden
    with pytest.raises(XMatrixFault):
        parse_xmatrix(header)


_PIECES = st.sampled_from(
    [b"X-Matrix ", b"origin", b"ORIGIN", b"key", b"sig", b"destination", b"=", b'"', b",", b"\\",
     b" ", b"\t", b"\n", b"\0", b"acme.example", b"evil.example", b"ed25519:a", b"YWJj", b"x", b"\xff"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=30).map(b"".join) | st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tail):
    for header in (tail, b"X-Matrix " + tail, GOOD + tail, GOOD + b"," + tail):
        try:
            ours = parse_xmatrix(header)
        except XMatrixFault:
            continue
        # Whatever we accept, Synapse reads the same names out of it, or refuses it.
        try:
            origin, _, _, destination = _parse_auth_header(header)
        except SynapseError:
            continue
        assert ServerName(origin) == ours.origin
        assert (destination and ServerName(destination)) == ours.destination
