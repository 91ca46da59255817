"""The PROXY protocol, versions 1 and 2: who is behind a load balancer.

Source: "The PROXY protocol", HAProxy, sections 2.1, 2.2 and 3. The parser takes the
bytes that a connection starts with; it believes nothing that is not complete. Which
senders may be believed is `is_trusted`, asked before a byte is read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import Final

V1_LIMIT: Final = 107
"""Longest version 1 line with its line end, in bytes (section 2.1)."""
V2_LIMIT: Final = 2048
"""Most bytes of addresses and extensions that a version 2 header may announce."""

Network = IPv4Network | IPv6Network

_V1_START = b"PROXY "
_V2_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_FIXED = 16
_PORT = re.compile(rb"0|[1-9][0-9]{0,4}")


class NeedMore(Enum):
    """The header is not complete yet; all bytes seen belong to it."""

    NEED_MORE = "need more"


NEED_MORE: Final = NeedMore.NEED_MORE


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """Who connected: `length` bytes were the header.

    `host` is `None` where the sender speaks for itself (health checks) or does not
    know: then the address of the connection stands.
    """

    length: int
    host: str | None
    port: int


@dataclass(frozen=True, slots=True)
class ProxyFault:
    """The bytes are no PROXY header; the connection must be closed unanswered."""

    error: str


def is_trusted(host: str, networks: Iterable[Network]) -> bool:
    """Say whether the address `host` lies in one of `networks`; no address, no trust."""
    try:
        address = plain_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)


def plain_address(host: str) -> IPv4Address | IPv6Address:
    """Return the address in `host` without scope, an IPv4-mapped one as IPv4.

    Raises:
        ValueError: it is no address.
    """
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def parse_proxy_header(data: bytes) -> ProxyHeader | NeedMore | ProxyFault:
    """Return the header that `data` starts with."""
    if data.startswith(_V2_SIGNATURE) or _V2_SIGNATURE.startswith(data[:12]):
        return _parse_v2(data)
    if data.startswith(_V1_START) or _V1_START.startswith(data):
        return _parse_v1(data)
    return ProxyFault("the connection does not start with a PROXY header")


def _parse_v1(data: bytes) -> ProxyHeader | NeedMore | ProxyFault:
    end = data.find(b"\r\n", 0, V1_LIMIT)
    if end < 0:
        if len(data) >= V1_LIMIT:
            return ProxyFault(f"the PROXY line is longer than {V1_LIMIT} bytes")
        return NEED_MORE
    words = data[:end].split(b" ")
    if len(words) >= 2 and words[1] == b"UNKNOWN":
        return ProxyHeader(end + 2, None, 0)
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        return ProxyFault("the PROXY line has not the form `PROXY TCP4|TCP6 from to port port`")
    wanted = IPv4Address if words[1] == b"TCP4" else IPv6Address
    try:
        source = wanted(words[2].decode("ascii"))
        wanted(words[3].decode("ascii"))
    except ValueError:
        return ProxyFault("the PROXY line has an invalid address")
    ports = [_port(word) for word in words[4:]]
    if ports[0] is None or ports[1] is None:
        return ProxyFault("the PROXY line has an invalid port")
    return ProxyHeader(end + 2, str(plain_address(str(source))), ports[0])


def _port(word: bytes) -> int | None:
    if _PORT.fullmatch(word) is None or int(word) > 65535:
        return None
    return int(word)


def _parse_v2(data: bytes) -> ProxyHeader | NeedMore | ProxyFault:
    if len(data) < _V2_FIXED:
        return NEED_MORE
    version_command, family = data[12], data[13]
    length = int.from_bytes(data[14:16])
    if length > V2_LIMIT:
        return ProxyFault(f"the PROXY header announces more than {V2_LIMIT} bytes")
    if version_command not in (0x20, 0x21):
        return ProxyFault("the PROXY header has an unknown version or command")
    if len(data) < _V2_FIXED + length:
        return NEED_MORE
    total = _V2_FIXED + length
    # LOCAL (section 2.2): the sender speaks for itself; UNSPEC: it does not know.
    if version_command == 0x20 or family == 0x00:
        return ProxyHeader(total, None, 0)
    body = data[_V2_FIXED:total]
    if family == 0x11 and length >= 12:
        return ProxyHeader(total, str(IPv4Address(body[:4])), int.from_bytes(body[8:10]))
    if family == 0x21 and length >= 36:
        host = str(plain_address(str(IPv6Address(body[:16]))))
        return ProxyHeader(total, host, int.from_bytes(body[32:34]))
    return ProxyFault("the PROXY header's addresses are not those of a TCP connection")
