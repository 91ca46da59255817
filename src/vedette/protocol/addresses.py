"""Literal addresses, and which of them lie on the public Internet."""

from __future__ import annotations

import ipaddress

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_METADATA = frozenset({ipaddress.ip_address("fd00:ec2::254")})
"""Where else a cloud tells machines their secrets."""
_THIS = ipaddress.IPv4Network("0.0.0.0/8")
_UNICAST = ipaddress.IPv6Network("2000::/3")


def literal(host: str) -> str | None:
    """The address that a host is, without brackets; None for a name. Never raises."""
    text = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def is_outside(address: str) -> bool:
    """Whether a literal address lies on the public Internet.

    An IPv6 address that carries an IPv4 address (RFC 4291 2.5.5, 6052, 3056, 4380) is as good as
    the one that it carries: a gateway on the way would unpack it.

    Raises:
        ValueError: it is no address.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed.is_global and not parsed.is_multicast
    carried = _carried(parsed)
    if carried:
        return all(is_outside(str(each)) for each in carried)
    return parsed in _UNICAST and parsed.is_global


def is_somebodys(address: str) -> bool:
    """Whether a literal address can be that of a host that somebody runs, outside or inside.

    Those of nobody, of many, reserved and link-local ones are not; by the last ones, clouds tell
    machines their secrets.

    Raises:
        ValueError: it is no address.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.is_loopback:
            return True
        carried = _carried(parsed)
        if carried:
            return all(is_somebodys(str(each)) for each in carried)
    nobodys = parsed.is_unspecified or parsed.is_multicast or parsed.is_reserved or parsed in _THIS
    return not nobodys and not parsed.is_link_local and parsed not in _METADATA


def _carried(address: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses within."""
    if address in _NAT64 or address.packed[:12] == bytes(12):
        return (ipaddress.IPv4Address(address.packed[12:]),)
    if address.teredo is not None:
        return address.teredo
    single = address.ipv4_mapped or address.sixtofour
    return (single,) if single is not None else ()
