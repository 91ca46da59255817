"""Where other servers may be: never inside, however the address is written."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.addresses import is_outside, literal

INSIDE = (
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "192.168.0.1",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104  # read, not listened on
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2002:c0a8:1::1",
    "2001:0:0:0:0:0:80ff:fffe",
    "2001:db8::1",
)


@pytest.mark.parametrize("address", INSIDE)
def test_an_inside_address_is_never_outside(address: str) -> None:
    assert not is_outside(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_a_public_address_is_outside(address: str) -> None:
    assert is_outside(address)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "::{}", "64:ff9b::{}"]))
def test_an_address_within_an_address_counts_as_itself(
    address: ipaddress.IPv4Address, written: str
) -> None:
    assert is_outside(written.format(address)) == is_outside(str(address))


@given(st.ip_addresses())
def test_every_address_is_read_with_and_without_brackets(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assert literal(f"[{address}]") == literal(str(address)) == str(address)


@given(st.text(max_size=60))
def test_whatever_stands_there_nothing_is_raised_and_no_name_is_an_address(text: str) -> None:
    found = literal(text)
    assert found is None or ipaddress.ip_address(found)
