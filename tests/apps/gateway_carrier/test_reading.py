"""Recognising a repeated head means exactly what parsing it again would mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.gateway.plan import FEDERATION_FORM, ORIGIN_FORM
from vedette.gateway.reading import END, RawHead, RequestReader
from vedette.protocol.http.head import HeadFault

LINES = st.sampled_from(
    [
        b"GET /a HTTP/1.1",
        b"GET /b?c HTTP/1.1",
        b"POST /a HTTP/1.1",
        b"PUT /%40 HTTP/1.1",
        b"CONNECT a:1 HTTP/1.1",
        b"GET /a HTTP/1.0",
        b"GET  /a HTTP/1.1",
        b"GET /a b HTTP/1.1",
        b"GET /\xff HTTP/1.1",
        b"get /a HTTP/1.1",
        b"GET http://a/ HTTP/1.1",
        b"GET /a",
        b"",
        b"\r\nGET /a HTTP/1.1",
    ]
)
TAILS = st.sampled_from(
    [
        b"\r\nHost: a\r\n\r\n",
        b"\r\nHost: a\r\nX: y\r\n\r\n",
        b"\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        b"\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
        b"\r\nHost: a\r\nContent-Length: 2\r\n\r\na",
        b"\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\nHost: a\r\n",
        b"\r\n",
        b"\n\n",
    ]
)


@given(pieces=st.lists(st.tuples(LINES, TAILS).map(b"".join), min_size=1, max_size=6))
def test_memory_changes_no_meaning(pieces: list[bytes]) -> None:
    remembering, forgetful = RequestReader(ORIGIN_FORM), RequestReader(ORIGIN_FORM)
    for piece in pieces:
        forgetful._known_tail = b""
        events = forgetful.feed(piece)
        assert remembering.feed(piece) == events
        assert remembering.idle == forgetful.idle
        if any(isinstance(event, HeadFault) for event in events):
            return  # nothing is fed after a fault
        if any(isinstance(event, RawHead) and event.method == b"CONNECT" for event in events):
            return
        if any(isinstance(event, RawHead) and _closes(event) for event in events):
            return


def _closes(head: RawHead) -> bool:
    """Say whether the connection ends with this request, so that nothing more is fed."""
    names = dict(head.headers)
    return b"upgrade" in names or b"connection" in names or head.version != "1.1"


@given(data=st.binary(max_size=200))
def test_the_reader_is_total(data: bytes) -> None:
    for dialect in (ORIGIN_FORM, FEDERATION_FORM):
        RequestReader(dialect).feed(data)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_cutting_the_bytes_anywhere_changes_no_meaning(size: int) -> None:
    data = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    data += b"GET /b HTTP/1.1\r\nHost: b\r\n\r\n"
    reader = RequestReader(ORIGIN_FORM)
    events = [
        event
        for start in range(0, len(data), size)
        for event in reader.feed(data[start : start + size])
    ]
    assert b"".join(event for event in events if isinstance(event, bytes)) == b"abc"
    heads = [event for event in events if isinstance(event, RawHead)]
    assert [(head.method, head.target) for head in heads] == [(b"POST", b"/a"), (b"GET", b"/b")]
    assert events.count(END) == 2
