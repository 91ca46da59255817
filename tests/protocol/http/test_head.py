"""Headers: one framing, one host, nothing forged, nothing of the last connection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.http.head import (
    HEAD_LIMIT,
    HEADER_COUNT_LIMIT,
    METHODS,
    Field,
    HeadFault,
    RequestHeaders,
    ResponseHeaders,
    clean_request_headers,
    clean_response_headers,
    is_field,
    parse_method,
    render_head,
)

HOST = (b"host", b"example.org")


def clean(*headers: Field) -> RequestHeaders | HeadFault:
    return clean_request_headers([HOST, *headers], peer=b"192.0.2.1", proto=b"https")


def names(*headers: Field) -> list[bytes]:
    cleaned = clean(*headers)
    assert isinstance(cleaned, RequestHeaders)
    return [name for name, _ in cleaned.fields]


OURS = [b"x-forwarded-for", b"x-forwarded-proto"]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"1"), (b"content-length", b"1")],
        [(b"content-length", b"1"), (b"content-length", b"2")],
        [(b"content-length", b"1, 1")],
        [(b"content-length", b"+1")],
        [(b"content-length", b"-1")],
        [(b"content-length", b"0x1")],
        [(b"content-length", b"")],
        [(b"content-length", b"1 1")],
        [(b"content-length", "\uff11".encode())],
        [(b"content-length", b"9" * 19)],
        [(b"content-length", b"1"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"identity")],
        [(b"transfer-encoding", b"gzip, chunked")],
        [(b"transfer-encoding", b"chunked, identity")],
        [(b"transfer-encoding", b"xchunked")],
        [(b"transfer-encoding", b"chunked;q=1")],
        [(b"transfer-encoding", b"\x0bchunked")],
        [(b"transfer-encoding", b"")],
        [(b"authorization", b"a"), (b"authorization", b"b")],
        [(b"host", b"other.example")],
        [(b"content-type", b"a"), (b"content-type", b"b")],
        [(b"connection", b"authorization")],
        [(b"connection", b"close, Content-Length")],
        [(b"connection", b"keep-alive"), (b"connection", b"HOST")],
        [(b"connection", b"x-forwarded-for")],
        [(b"connection", b"upgrade"), (b"upgrade", b"websocket")],
        [(b"connection", b"upgrade")],
        [(b"upgrade", b"h2c")],
        [(b"expect", b"200-ok")],
        [(b"x", b"a\r\nb: c")],
        [(b"x", b"a\nb")],
        [(b"x", b"a\x00")],
        [(b"x", b"a\x7f")],
        [(b"x y", b"a")],
        [(b"x:", b"a")],
        [(b"", b"a")],
        [(b"X", b"a")],
        [(b"x\xff", b"a")],
        [(b"a", b"")] * (HEADER_COUNT_LIMIT + 1),
        [(b"a", b"b" * HEAD_LIMIT)],
    ],
)
def test_a_head_with_two_readings_is_refused(headers: list[Field]) -> None:
    assert isinstance(clean(*headers), HeadFault)


@pytest.mark.parametrize(
    "host", [None, b"", b"a b", b"a/b", b"a@b", b"a,b", b"a:b", b"a:123456", b"[::1", b"\xc3\xa9"]
)
def test_a_host_must_be_there_and_be_one(host: bytes | None) -> None:
    headers = [] if host is None else [(b"host", host)]
    assert isinstance(clean_request_headers(headers, peer=b"", proto=b"http"), HeadFault)


@pytest.mark.parametrize(
    "name",
    [
        b"forwarded", b"via", b"x-real-ip", b"x-forwarded-for", b"x-forwarded-proto",
        b"x-forwarded-host", b"x-forwarded-anything", b"x_forwarded_for", b"x-original-url",
        b"x-http-method-override", b"te", b"trailer", b"keep-alive", b"proxy-connection",
        b"proxy-authorization", b"true-client-ip", b"a_b", b"http2-settings",
    ],
)  # fmt: skip
def test_forged_and_hop_by_hop_headers_go(name: bytes) -> None:
    assert names((name, b"1")) == OURS


def test_what_connection_names_goes_with_it() -> None:
    assert (
        names((b"connection", b"close, X-Hop ,, x-two"), (b"x-hop", b"1"), (b"x-two", b"2")) == OURS
    )


def test_others_stay_in_order_and_may_repeat() -> None:
    cleaned = clean(
        (b"x-a", b"1"), (b"cookie", b"b"), (b"x-a", b"2"), (b"user-agent", b"\xc3\xa9\t")
    )
    assert isinstance(cleaned, RequestHeaders)
    assert cleaned.fields == [
        (b"x-a", b"1"), (b"cookie", b"b"), (b"x-a", b"2"), (b"user-agent", b"\xc3\xa9\t"),
        (b"x-forwarded-for", b"192.0.2.1"), (b"x-forwarded-proto", b"https"),
    ]  # fmt: skip


def test_a_client_without_address_gets_no_forwarding_header() -> None:
    cleaned = clean_request_headers([HOST], peer=b"", proto=b"http")
    assert isinstance(cleaned, RequestHeaders)
    assert cleaned.fields == []


def test_framing_and_wishes_are_read() -> None:
    cleaned = clean(
        (b"content-length", b"007"), (b"expect", b"100-Continue"), (b"connection", b"Close"),
        (b"proxy-authorization", b"Bearer x"),
    )  # fmt: skip
    assert isinstance(cleaned, RequestHeaders)
    assert (cleaned.content_length, cleaned.chunked, cleaned.close) == (7, False, True)
    assert (cleaned.expects_continue, cleaned.proxy_authorization) == (True, b"Bearer x")
    chunked = clean((b"transfer-encoding", b"Chunked"))
    assert isinstance(chunked, RequestHeaders)
    assert (chunked.content_length, chunked.chunked) == (None, True)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"1"), (b"content-length", b"1")],
        [(b"content-length", b"1"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"gzip")],
        [(b"x", b"\x00")],
        [(b"x y", b"")],
        [(b"content-type", b"a"), (b"content-type", b"b")],
        [(b"a", b"")] * (HEADER_COUNT_LIMIT + 1),
    ],
)
def test_answers_are_believed_no_more_than_requests(headers: list[Field]) -> None:
    assert isinstance(clean_response_headers(headers), HeadFault)


def test_answers_lose_what_names_software_or_leads_around_the_gateway() -> None:
    cleaned = clean_response_headers(
        [(b"server", b"x"), (b"alt-svc", b"h3"), (b"via", b"x"), (b"set-cookie", b"a"),
         (b"set-cookie", b"b"), (b"connection", b"close, x-hop"), (b"x-hop", b"1")]
    )  # fmt: skip
    assert isinstance(cleaned, ResponseHeaders)
    assert (cleaned.fields, cleaned.close) == ([(b"set-cookie", b"a"), (b"set-cookie", b"b")], True)


def test_methods_are_an_allowlist_and_case_matters() -> None:
    assert {parse_method(method) for method in METHODS} == METHODS
    for method in (b"get", b"CONNECT", b"TRACE", b"PATCH", b"", b"GET "):
        fault = parse_method(method)
        assert isinstance(fault, HeadFault)
        assert fault.status == 405


NAMES = st.sampled_from(
    [
        b"content-length",
        b"transfer-encoding",
        b"connection",
        b"host",
        b"authorization",
        b"x-a",
        b"x-forwarded-for",
        b"x_a",
        b"upgrade",
        b"te",
        b"expect",
        b"X-B",
        b"a b",
        b"cookie",
    ]
) | st.binary(max_size=6)
VALUES = st.sampled_from(
    [
        b"",
        b"1",
        b"2",
        b"chunked",
        b"Chunked",
        b"close",
        b"x-a",
        b"authorization",
        b"keep-alive",
        b"100-continue",
        b"example.org",
        b"a\r\nb: c",
        b"a\x00",
        b", ,x-a",
    ]
) | st.binary(max_size=8)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=8)


@given(headers=HEADERS)
def test_whatever_is_accepted_can_be_read_in_one_way_only(headers: list[Field]) -> None:
    cleaned = clean_request_headers([HOST, *headers], peer=b"192.0.2.1", proto=b"https")
    if isinstance(cleaned, HeadFault):
        assert 400 <= cleaned.status < 600
        return
    sent = [name for name, _ in cleaned.fields]
    assert sent.count(b"x-forwarded-for") == sent.count(b"x-forwarded-proto") == 1
    assert not set(sent) & {b"content-length", b"transfer-encoding", b"connection", b"host", b"te"}
    assert sent.count(b"authorization") <= 1
    assert not (cleaned.chunked and cleaned.content_length is not None)
    lines = render_head(b"GET / HTTP/1.1", cleaned.fields).split(b"\r\n")
    assert lines[-2:] == [b"", b""]
    assert len(lines) == len(cleaned.fields) + 3
    assert not any(b"\r" in line or b"\n" in line or b"\x00" in line for line in lines)


@given(headers=HEADERS)
def test_cleaning_answers_never_raises_and_keeps_no_framing(headers: list[Field]) -> None:
    cleaned = clean_response_headers(headers)
    if isinstance(cleaned, ResponseHeaders):
        kept = {name for name, _ in cleaned.fields}
        assert not kept & {b"content-length", b"transfer-encoding", b"connection", b"upgrade"}
        assert all(is_field(name, value) for name, value in cleaned.fields)
