"""What a browser sends with `Negotiate`, and what comes back."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vedette.protocol.kerberos.negotiate import (
    LARGEST_TOKEN,
    answered,
    is_negotiate,
    is_ntlm,
    token_in,
)


@given(token=st.binary(min_size=1, max_size=500), gap=st.sampled_from([" ", "  "]))
def test_a_token_is_read_back(token, gap):
    text = base64.b64encode(token).decode()
    assert token_in(f"Negotiate{gap}{text}") == token
    assert token_in(f"nEGOTIATE{gap}{text}") == token
    assert answered(token) == f"Negotiate {text}"


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer x", "Negotiated YQ==", "Nego YQ=="])
def test_another_scheme_is_no_answer(header):
    assert token_in(header) is None


@pytest.mark.parametrize(
    "header",
    [
        "Negotiate",
        "Negotiate ",
        "Negotiate YQ",
        "Negotiate YQ==YQ==",
        "Negotiate a b",
        "Negotiate !!!!",
        "Negotiate YQ==, Basic YTpi",
        "Negotiate " + "A" * (LARGEST_TOKEN * 2),
    ],
)
def test_what_cannot_be_read_is_an_empty_token(header):
    assert token_in(header) == b""


@given(st.text(max_size=200))
@example("Negotiate é")
@example("Negotiate YQ==\n")
def test_no_header_raises(header):
    found = token_in(header)
    assert found is None or isinstance(found, bytes)
    assert token_in(f"Negotiate {header}") is not None


def test_tickets_and_ntlm_are_told_apart():
    assert is_ntlm(b"NTLMSSP\0\1")
    assert not is_ntlm(b"\x60\x82")
    assert is_negotiate(b"negotiate abc")
    assert not is_negotiate(b"Bearer abc")
    assert answered(b"") == "Negotiate"
