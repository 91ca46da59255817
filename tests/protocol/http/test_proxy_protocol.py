"""The PROXY protocol: complete and well formed, or not believed."""

import socket
import struct
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.http.proxy_protocol import (
    NEED_MORE,
    V1_LIMIT,
    ProxyFault,
    ProxyHeader,
    is_trusted,
    parse_proxy_header,
)

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def v2(command: int, family: int, body: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


FOUR = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2") + struct.pack("!HH", 5, 443)
SIX = (
    socket.inet_pton(socket.AF_INET6, "2001:db8::1") * 2 + struct.pack("!HH", 6, 443)
)  # fmt: skip
MAPPED = socket.inet_pton(socket.AF_INET6, "::ffff:192.0.2.9") * 2 + struct.pack("!HH", 6, 443)

GOOD = [
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\n", "192.0.2.1", 5),
    (b"PROXY TCP6 2001:db8::1 2001:db8::2 5 443\r\n", "2001:db8::1", 5),
    (b"PROXY TCP6 ::ffff:192.0.2.9 ::1 5 443\r\n", "192.0.2.9", 5),
    (b"PROXY UNKNOWN\r\n", None, 0),
    (b"PROXY UNKNOWN whatever else\r\n", None, 0),
    (v2(0x21, 0x11, FOUR), "192.0.2.1", 5),
    (v2(0x21, 0x21, SIX), "2001:db8::1", 6),
    (v2(0x21, 0x21, MAPPED), "192.0.2.9", 6),
    (v2(0x21, 0x11, FOUR + b"\x04\x00\x01x"), "192.0.2.1", 5),
    (v2(0x20, 0x00, b""), None, 0),
    (v2(0x20, 0x11, FOUR), None, 0),
    (v2(0x21, 0x00, b""), None, 0),
]


@pytest.mark.parametrize(("raw", "host", "port"), GOOD)
def test_a_header_names_who_connected_and_ends_where_it_ends(
    raw: bytes, host: str | None, port: int
) -> None:
    assert parse_proxy_header(raw + b"GET / HTTP/1.1") == ProxyHeader(len(raw), host, port)


@pytest.mark.parametrize(("raw", "host", "port"), GOOD)
def test_every_beginning_of_a_header_needs_more(raw: bytes, host: str | None, port: int) -> None:
    assert {parse_proxy_header(raw[:length]) for length in range(len(raw))} == {NEED_MORE}


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        b"PROXY\r\n\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 5\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 5 443 6\r\n",
        b"PROXY TCP4  192.0.2.1 192.0.2.2 5 443\r\n",
        b"PROXY TCP4 2001:db8::1 192.0.2.2 5 443\r\n",
        b"PROXY TCP6 192.0.2.1 ::1 5 443\r\n",
        b"PROXY TCP4 192.0.2.256 192.0.2.2 5 443\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 05 443\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 -5 443\r\n",
        b"PROXY UDP4 192.0.2.1 192.0.2.2 5 443\r\n",
        b"PROXY TCP4 \xff 192.0.2.2 5 443\r\n",
        b"PROXY " + b"a" * V1_LIMIT,
        v2(0x22, 0x11, FOUR),
        v2(0x11, 0x11, FOUR),
        v2(0x21, 0x12, FOUR),
        v2(0x21, 0x31, b"a" * 216),
        v2(0x21, 0x11, FOUR[:-1]),
        v2(0x21, 0x21, FOUR),
        SIGNATURE + b"\x21\x11\xff\xff",
    ],
)
def test_anything_else_is_refused(raw: bytes) -> None:
    assert isinstance(parse_proxy_header(raw), ProxyFault)


@given(
    raw=st.binary(max_size=60)
    | st.binary(max_size=40).map(lambda tail: SIGNATURE + tail)
    | st.text("PROXYTCUNKW46 .:0123456789af\r\n", max_size=60).map(lambda t: b"PROXY " + t.encode())
)
def test_the_parser_is_total_and_takes_no_byte_that_is_not_there(raw: bytes) -> None:
    header = parse_proxy_header(raw)
    if isinstance(header, ProxyHeader):
        assert header.length <= len(raw)


def test_trust_is_by_network_and_never_by_doubt() -> None:
    networks = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]
    assert is_trusted("10.1.2.3", networks)
    assert is_trusted("::ffff:10.1.2.3", networks)
    assert is_trusted("2001:db8::1%eth0", networks)
    assert not is_trusted("11.1.2.3", networks)
    assert not is_trusted("", networks)
    assert not is_trusted("localhost", networks)
    assert not is_trusted("10.1.2.3", ())
