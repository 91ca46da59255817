from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.matrix.test_canonical_json import TEXT, VALUES
from tests.signing import SigningServer, wire
from vedette.core.names import ServerName
from vedette.protocol.matrix.canonical_json import JsonFault
from vedette.protocol.matrix.server_keys import VerifyKey
from vedette.protocol.matrix.signed_request import SignedRequest
from vedette.protocol.matrix.xmatrix import parse_xmatrix

US = ServerName("example.org")
ACME = SigningServer("acme.example")
KEY = VerifyKey.of(ACME.key_id, ACME.public)
OTHER = VerifyKey.of(ACME.key_id, SigningServer("acme.example").public)
TARGET = "/_matrix/federation/v1/send/1?x=%41&y="


def verified(header, body, *, method=b"PUT", target=TARGET, key=KEY, us=US):
    signed = parse_xmatrix(header)
    request = SignedRequest(method, target.encode(), signed.origin, us, body)
    return request.signed_by([key], signed.signature)


@given(st.dictionaries(TEXT, VALUES), st.booleans())
def test_what_the_reference_implementation_signs_is_verified_in_any_spelling(content, spaced):
    header = ACME.header("PUT", TARGET, US, content)
    body = json.dumps(content, indent=1).encode() if spaced else wire(content)
    assert verified(header, body)


def test_a_request_without_content_is_verified():
    header = ACME.header("GET", TARGET, US)
    assert verified(header, None, method=b"GET")


CONTENT = {"pdus": [], "edus": [], "origin": "acme.example"}


@pytest.mark.parametrize(
    "change",
    [
        {"body": wire(CONTENT | {"edus": [1]})},
        {"body": wire(CONTENT) + b" ", "body_is_spaced": True},
        {"method": b"POST"},
        {"target": TARGET.replace("%41", "A")},
        {"target": TARGET + "1"},
        {"us": ServerName("other.example")},
        {"key": OTHER},
        {"body": None},
    ],
)
def test_one_thing_changed_is_a_forgery(change):
    header = ACME.header("PUT", TARGET, US, CONTENT)
    spaced = change.pop("body_is_spaced", False)
    body = change.pop("body", wire(CONTENT))
    assert verified(header, body, **change) is spaced  # white space alone changes nothing


def test_a_request_signed_for_another_server_is_a_forgery_even_if_the_header_says_nothing():
    header = ACME.header("PUT", TARGET, "other.example", CONTENT, named=False)
    assert not verified(header, wire(CONTENT))
    header = ACME.header("PUT", TARGET, US, CONTENT, named=False)
    assert verified(header, wire(CONTENT))


@pytest.mark.parametrize(
    "body",
    [
        b'{},"destination":"example.org"',
        wire(CONTENT) + b',"destination":"example.org","method":"PUT"',
        wire({"a": 1})[:-1],
        b"",
        b"\xff",
    ],
)
def test_a_body_cut_into_the_signed_text_is_no_body(body):
    """The text around the body can't be moved into it: what is no JSON by itself never verifies."""
    header = ACME.header("PUT", TARGET, US, CONTENT)
    with pytest.raises(JsonFault):
        verified(header, body)


@given(st.binary(max_size=60))
def test_any_body_under_a_signature_of_another_is_refused(body):
    header = ACME.header("PUT", TARGET, US, CONTENT)
    try:
        assert not verified(header, body)
    except JsonFault:
        return
