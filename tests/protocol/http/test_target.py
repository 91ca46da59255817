"""One spelling per resource: what two programs could read differently is refused."""

from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.http.head import (
    TARGET_LIMIT,
    HeadFault,
    Target,
    parse_federation_target,
    parse_target,
)

CONFUSED = [
    b"",
    b"*",
    b"_matrix/client/versions",
    b"http://example.org/_matrix/client/versions",
    b"matrix-federation://example.org/_matrix/x",
    b"example.org:443",
    b"//_matrix/client/versions",
    b"/_matrix//client/versions",
    b"/_matrix/client/versions//",
    b"/_matrix/./client/versions",
    b"/_matrix/../_synapse/admin",
    b"/_matrix/client/..",
    b"/_matrix/client/.",
    b"/_matrix/%2e%2e/_synapse/admin",
    b"/_matrix/%2E./_synapse/admin",
    b"/_matrix/.%2e/_synapse/admin",
    b"/_matrix/%2e/_synapse/admin",
    b"/_matrix/%252e%252e/_synapse/admin",
    b"/_matrix/%25252e./_synapse/admin",
    b"/_matrix/..;/_synapse/admin",
    b"/_matrix/..;a=b/_synapse/admin",
    b"/_matrix/.;/_synapse/admin",
    b"/_matrix/..%3b/_synapse/admin",
    b"/_matrix/%2e%2e;x/_synapse/admin",
    b"/_matrix%2fclient/versions",
    b"/_matrix%2Fclient/versions",
    b"/_matrix/client%5c..%5cversions",
    b"/_matrix/client%5Cversions",
    b"/_matrix\\client",
    b"/_matrix/client%00",
    b"/_matrix/client?x=%00",
    b"/_matrix/client\x00",
    b"/_matrix/client%",
    b"/_matrix/client%4",
    b"/_matrix/client%zz",
    b"/_matrix/client?x=%zz",
    b"/_matrix/client?x=%4",
    b"/_matrix/cl ient",
    b"/_matrix/client\t",
    b"/_matrix/client\r\n",
    b"/_matrix/client\n",
    b"/_matrix/client\x7f",
    b"/_matrix/clie\xc3\xa9nt",
    b"/_matrix/client?x=\xc3\xa9",
    b"/_matrix/client?x= ",
    b"/_matrix/client#fragment",
    b"/_matrix/client?x#fragment",
    b"/_matrix/client%ff",
    b"/_matrix/client%c0%ae",
    b"/_matrix/client%ed%a0%80",
    b'/_matrix/"client"',
    b"/_matrix/<client>",
    b"/" + b"a" * TARGET_LIMIT,
]


@pytest.mark.parametrize("raw", CONFUSED)
def test_a_target_with_two_readings_is_refused(raw: bytes) -> None:
    assert isinstance(parse_target(raw), HeadFault)


@pytest.mark.parametrize(
    ("raw", "segments"),
    [
        (b"/", ("",)),
        (b"/_matrix/client/versions", ("_matrix", "client", "versions")),
        (b"/a/%40alice%3Aexample.org", ("a", "@alice:example.org")),
        (b"/a/@alice:example.org", ("a", "@alice:example.org")),
        (b"/a/%21room%3Ab/state/m.room.name/", ("a", "!room:b", "state", "m.room.name", "")),
        (b"/a/%23general%3Ab?server_name=x%2Fy", ("a", "#general:b")),
        (b"/pushrules/global/override/.m.rule.master/enabled",
         ("pushrules", "global", "override", ".m.rule.master", "enabled")),
        (b"/a/...", ("a", "...")),
        (b"/a/..b", ("a", "..b")),
        (b"/a/b..", ("a", "b..")),
        (b"/a/b;c=d", ("a", "b;c=d")),
        (b"/a/%2541", ("a", "%41")),
        (b"/a/%E2%82%AC", ("a", "€")),
        (b"/a/@a:[::1]:8448", ("a", "@a:[::1]:8448")),
        (b"/a/$event+id=x", ("a", "$event+id=x")),
    ],
)  # fmt: skip
def test_what_matrix_writes_is_read(raw: bytes, segments: tuple[str, ...]) -> None:
    target = parse_target(raw)
    assert isinstance(target, Target)
    assert (target.raw, target.segments) == (raw, segments)


def test_path_and_query_stay_as_they_were_sent() -> None:
    target = parse_target(b"/a/%41?b=%2F&c=//../&{}|?")
    assert isinstance(target, Target)
    assert (target.path, target.query) == (b"/a/%41", b"b=%2F&c=//../&{}|?")


def test_too_long_is_said_to_be_too_long() -> None:
    fault = parse_target(b"/" + b"a" * TARGET_LIMIT)
    assert isinstance(fault, HeadFault)
    assert fault.status == 414


EDGES = st.lists(
    st.sampled_from(
        [
            b"/",
            b"//",
            b".",
            b"..",
            b"%2e",
            b"%2E",
            b"%2f",
            b"%5c",
            b"%00",
            b"%25",
            b"%",
            b";",
            b"?",
            b"\\",
            b"#",
            b"a",
            b"_matrix",
            b"%40",
            b"%c3%a9",
            b"%ff",
            b"\x00",
            b" ",
            b"\xff",
            b"*",
        ]
    ),
    max_size=12,
).map(b"".join)


@given(raw=EDGES | EDGES.map(lambda tail: b"/" + tail) | st.binary(max_size=40))
def test_whatever_is_accepted_has_one_reading(raw: bytes) -> None:
    target = parse_target(raw)
    if isinstance(target, HeadFault):
        assert 400 <= target.status < 500
        return
    path, _, query = raw.partition(b"?")
    assert (target.raw, target.path, target.query) == (raw, path, query)
    assert all(0x21 <= byte < 0x7F for byte in raw)
    assert b"//" not in path
    assert path.startswith(b"/")
    parts = path[1:].split(b"/")
    assert target.segments == tuple(unquote_to_bytes(part).decode() for part in parts)
    for segment in target.segments:
        # Decoded as often as anybody might, no part climbs or separates.
        again = segment
        for _ in range(3):
            assert again.partition(";")[0] not in (".", "..") or again == ""
            again = unquote_to_bytes(again).decode("latin-1")
        assert not set(segment) & {"/", "\\", "\x00"}


SEGMENT = st.text(min_size=1, max_size=20).filter(
    lambda text: not set(text) & {"/", "\\", "\x00"} and text.strip(".") != ""
)


@given(segments=st.lists(SEGMENT, min_size=1, max_size=6))
def test_every_identifier_without_separators_can_be_written(segments: list[str]) -> None:
    if any("%2" in segment or ";" in segment for segment in segments):
        return
    raw = b"".join(b"/" + quote(segment, safe="").encode() for segment in segments)
    target = parse_target(raw)
    assert isinstance(target, Target)
    assert target.segments == tuple(segments)


@pytest.mark.parametrize("server", ["a.example", "a.example:8448", "127.0.0.1:1", "[::1]:8448"])
def test_a_request_to_another_server_names_it(server: str) -> None:
    target = parse_federation_target(b"matrix-federation://" + server.encode() + b"/_matrix/x?y=1")
    assert isinstance(target, Target)
    assert (target.authority, target.raw, target.segments) == (
        server, b"/_matrix/x?y=1", ("_matrix", "x"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        b"/_matrix/x",
        b"http://a/_matrix/x",
        b"MATRIX-FEDERATION://a/_matrix/x",
        b"matrix-federation://a",
        b"matrix-federation:///_matrix/x",
        b"matrix-federation://user@a/_matrix/x",
        b"matrix-federation://a b/_matrix/x",
        b"matrix-federation://a:b/_matrix/x",
        b"matrix-federation://a?/_matrix/x",
        b"matrix-federation://a%2f/_matrix/x",
        b"matrix-federation://a/../x",
        b"matrix-federation://a//x",
    ],
)
def test_a_request_to_no_clear_server_is_refused(raw: bytes) -> None:
    assert isinstance(parse_federation_target(raw), HeadFault)


@given(raw=st.binary(max_size=40).map(lambda tail: b"matrix-federation://" + tail))
def test_federation_targets_never_raise(raw: bytes) -> None:
    target = parse_federation_target(raw)
    assert isinstance(target, HeadFault) or target.authority
