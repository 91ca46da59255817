"""What `.well-known` says: read in one way or not at all, whatever stands there."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vedette.core.names import ServerName
from vedette.protocol.matrix.well_known import (
    LARGEST_ANSWER,
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    USUAL_SECONDS,
    Hop,
    WellKnownFault,
    believed_for,
    first_hop,
    next_hop,
    parse_delegation,
)

HOP = first_hop("acme.example")
TEN, ELEVEN = "Mon, 02 Nov 2026 10:00:00 GMT", "Mon, 02 Nov 2026 11:00:00 GMT"


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_a_body_names_a_valid_server_or_is_refused(body: bytes) -> None:
    with contextlib.suppress(WellKnownFault):
        assert ServerName(parse_delegation(body))


KEYS = st.sampled_from(["m.server", "a"])
LEAVES = st.none() | st.booleans() | st.text(max_size=20)
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner))


@given(DOCUMENTS)
@example({"m.server": "a.example:8448"})
def test_a_document_names_a_server_only_by_its_own_text(document: object) -> None:
    try:
        found = parse_delegation(json.dumps(document).encode())
    except WellKnownFault:
        return
    assert isinstance(document, dict)
    assert found == str(document["m.server"]).lower()


def test_a_deep_or_large_document_is_refused() -> None:
    for body in (b"[" * 50_000, b" " * (LARGEST_ANSWER + 1), b'{"m.server": "a:0"}'):
        with pytest.raises(WellKnownFault):
            parse_delegation(body)


@pytest.mark.parametrize(
    ("location", "leads"),
    [
        ("https://www.acme.example/a?b=c", Hop(ServerName("www.acme.example"), 443, "/a?b=c")),
        ("//www.acme.example", Hop(ServerName("www.acme.example"), 443, "/")),
        ("/other", Hop(ServerName("acme.example"), 443, "/other")),
        ("https://acme.example:8443/x#y", Hop(ServerName("acme.example"), 8443, "/x")),
        ("https://[2606:4700::1]:1/", Hop(ServerName("[2606:4700::1]"), 1, "/")),
    ],
)
def test_a_redirect_leads_where_its_address_says(location: str, leads: Hop) -> None:
    assert next_hop(HOP, location) == leads


@pytest.mark.parametrize(
    "location",
    [
        "http://acme.example/", "ftp://acme.example/", "https://a:b@acme.example/",
        "https://@acme.example/", "https://acme.example:0/", "https://acme.example:99999/",
        "https://ac me.example/", "https://acme.example/\r\nHost: x", "https://[::1/",
        "https://\uff41cme.example/", "javascript:alert(1)", "https://acme.example/" + "x" * 3000,
    ],
)  # fmt: skip
def test_a_redirect_that_leads_away_from_tls_or_can_not_be_read_is_refused(location: str) -> None:
    with pytest.raises(WellKnownFault):
        next_hop(HOP, location)


@given(st.text(max_size=80) | st.from_regex(r"https?:[/\\]{0,3}[a-z@:\[\].]{0,20}[/?#][^ ]{0,9}"))
def test_whatever_a_redirect_says_the_next_request_has_one_line_and_one_host(text: str) -> None:
    try:
        hop = next_hop(HOP, text)
    except WellKnownFault:
        return
    assert hop.target.startswith("/")
    assert hop.target.isprintable()
    assert " " not in hop.target
    assert 0 < hop.port < 65536
    assert "@" not in hop.http_host


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, USUAL_SECONDS),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, max-age=600, s-maxage=1"}, 600),
        ({"cache-control": 'Max-Age="600"'}, 600),
        ({"cache-control": "max-age=1"}, SHORTEST_SECONDS),
        ({"cache-control": "max-age=99999999999999999999"}, LONGEST_SECONDS),
        ({"cache-control": "max-age=-5"}, SHORTEST_SECONDS),
        ({"cache-control": "no-store, max-age=600"}, SHORTEST_SECONDS),
        ({"cache-control": "no-cache"}, SHORTEST_SECONDS),
        ({"cache-control": "max-age=600;;"}, SHORTEST_SECONDS),
        ({"cache-control": "public"}, USUAL_SECONDS),
        ({"date": TEN, "expires": ELEVEN}, 3600),
        ({"date": TEN, "expires": "0"}, SHORTEST_SECONDS),
        ({"expires": ELEVEN}, SHORTEST_SECONDS),
        ({"date": TEN, "expires": "Mon, 02 Nov 2099 11:00:00 GMT"}, LONGEST_SECONDS),
        ({"cache-control": "max-age=700", "expires": "0"}, 700),
    ],
)  # fmt: skip
def test_an_answer_is_believed_as_long_as_it_says_within_bounds(
    headers: dict[str, str], seconds: float
) -> None:
    assert believed_for(headers) == seconds


@given(st.dictionaries(st.sampled_from(["cache-control", "date", "expires"]), st.text(max_size=60)))
def test_whatever_headers_say_the_time_is_within_bounds(headers: dict[str, str]) -> None:
    assert SHORTEST_SECONDS <= believed_for(headers) <= LONGEST_SECONDS
