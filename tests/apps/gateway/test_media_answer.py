"""Another server's file, written anew: compared with how Synapse reads what we wrote."""

from __future__ import annotations

import io

from hypothesis import example, given, settings
from hypothesis import strategies as st
from synapse.http.client import MultipartResponse, _MultipartParserProtocol
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone

from vedette.gateway.media_answer import MediaAnswer
from vedette.gateway.plan import Answer, Unwanted

OURS = "f" * 48
HEADERS = [(b"content-type", b"multipart/mixed; boundary=theirs")]
JSON = b"Content-Type: application/json\r\n\r\n{}"


def rebuilt(pieces: list[bytes]) -> bytes:
    """The new answer of an old one that comes in pieces. Raises Unwanted."""
    made = MediaAnswer(HEADERS, OURS.encode(), lambda _: Answer(404))
    return b"".join([made.feed(piece) for piece in pieces]) + made.end()


def as_synapse_reads(body: bytes, piece: int = 1 << 20) -> tuple[MultipartResponse, bytes]:
    file, done = io.BytesIO(), Deferred()
    reader = _MultipartParserProtocol(file, done, OURS, None)
    for start in range(0, len(body), piece):
        reader.dataReceived(body[start : start + piece])
    reader.connectionLost(Failure(ResponseDone()))
    results: list[MultipartResponse] = []
    done.addBoth(results.append)
    assert isinstance(results[0], MultipartResponse), results
    return results[0], file.getvalue()


def cut(body: bytes, marks: list[int]) -> list[bytes]:
    points = sorted({mark % (len(body) + 1) for mark in marks})
    return [body[a:b] for a, b in zip([0, *points], [*points, len(body)], strict=True)]


def old(content: bytes, headers: bytes = b"Content-Type: a/b\r\n") -> bytes:
    parts = (JSON, headers + b"\r\n" + content)
    return b"".join(b"--theirs\r\n" + part + b"\r\n" for part in parts) + b"--theirs--\r\n"


CONTENT = st.binary(max_size=400) | st.lists(
    st.sampled_from([b"\r\n", b"--", b"theirs", OURS.encode(), b"\r", b"\n", b"-", b"Location: x"])
).map(b"".join)
MARKS = st.lists(st.integers(0, 5000), max_size=12)


def without_marks(content: bytes) -> bool:
    """Whether a content holds neither mark: theirs is theirs to choose, ours is drawn anew each time."""
    marks = (b"\r\n--theirs", b"\r\n--" + OURS.encode())
    return not any(mark in b"\r\n" + content for mark in marks)


@given(CONTENT.filter(without_marks), MARKS)
@example(b"\r\n--their", [60, 61, 62, 63])
def test_the_bytes_that_synapse_stores_are_the_file_s_however_they_come(
    content: bytes, marks: list[int]
) -> None:
    new = rebuilt(cut(old(content), marks))
    found, stored = as_synapse_reads(new)
    assert stored == content
    assert (found.url, found.json, found.content_type) == (None, b"{}", b"a/b")


@settings(max_examples=400)
@given(
    st.lists(
        st.sampled_from(
            [b"--theirs\r\n", b"--theirs--\r\n", b"\r\n", JSON, b"Location: https://x/\r\n",
             b"Content-Type: a/b\r\n", b"\r\n\r\n", b"x", b"--theirs", b"LOCATION:y\r\n\r\n",
             b": \r\n", b"--theirs \r\n", b"\n", b"Content-Type: application/json\r\n\r\n"]
        ) | st.binary(max_size=8),
        max_size=24,
    ).map(b"".join),
    MARKS,
)  # fmt: skip
def test_whatever_comes_synapse_is_never_sent_elsewhere(body: bytes, marks: list[int]) -> None:
    try:
        new = rebuilt(cut(body, marks))
    except Unwanted:
        return
    found, _ = as_synapse_reads(new)
    assert found.url is None


@given(st.binary(max_size=60), MARKS)
def test_foreign_headers_never_reach_the_head(value: bytes, marks: list[int]) -> None:
    headers = b"Content-Disposition: " + value.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n"
    try:
        new = rebuilt(cut(old(b"x", headers), marks))
    except Unwanted:
        return
    found, stored = as_synapse_reads(new)
    assert (stored, found.url) == (b"x", None)
    assert len(new.partition(b"\r\n\r\n")[2].split(b"\r\n\r\n")[0].split(b"\r\n")) == 4


def test_a_type_and_a_name_go_on_and_nothing_else_does() -> None:
    headers = b"Content-Type: a/b\r\nContent-Disposition: inline; filename=x\r\nX-Y: z\r\n"
    new = rebuilt([old(b"x", headers)])
    assert b"X-Y" not in new
    found, _ = as_synapse_reads(new)
    assert (found.content_type, found.disposition) == (b"a/b", b"inline; filename=x")


def test_a_file_without_a_type_is_octets_to_be_saved() -> None:
    found, _ = as_synapse_reads(rebuilt([old(b"x", b"")]))
    assert (found.content_type, found.disposition) == (b"application/octet-stream", b"attachment")
