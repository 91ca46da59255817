"""The endpoint table: one row per request, nothing for anything else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.protocol.matrix import paths
from vedette.protocol.matrix.paths import (
    ENDPOINTS,
    OWN_ENDPOINTS,
    REFUSED,
    Answering,
    Door,
    Endpoint,
    Matched,
    ServedBy,
    Token,
    UploadLimit,
    match,
    match_outgoing,
    match_own,
    methods_at,
    refusal,
)
from vedette.protocol.matrix.paths_trie import SegmentTrie, TableError
from vedette.protocol.matrix.paths_types import spellings

METHODS = ("GET", "PUT", "POST", "DELETE")
PUBLIC = tuple(row for row in ENDPOINTS if row.doors != frozenset({Door.FEDERATION_OUT}))
WORDS = sorted({word for row in ENDPOINTS for s in spellings(row.pattern) for word in s.split("/")})


def at(path: str, method: str = "GET") -> Matched | None:
    assert path.startswith("/")
    return match(method, parts(path))


def parts(path: str) -> tuple[str, ...]:
    return tuple(path[1:].split("/"))


def row_at(path: str, method: str = "GET") -> Endpoint:
    found = at(path, method)
    assert found is not None, f"{method} {path} has no row"
    return found.endpoint


def filled(spelling: str, value: str = "!q:example.org") -> tuple[str, ...]:
    return tuple(value if part.startswith(":") else part for part in spelling[1:].split("/"))


def belongs_to(row: Endpoint, method: str, segments: tuple[str, ...]) -> bool:
    """Say by a regular expression, the slow way, whether a request is one of this row's."""
    return method in row.methods and any(
        re.fullmatch(
            "/".join(
                ("[^/]*" if part.endswith("?") else "[^/]+")
                if part.startswith(":")
                else re.escape(part)
                for part in spelling[1:].split("/")
            ),
            "/".join(segments),
            re.DOTALL,
        )
        for spelling in spellings(row.pattern)
    )


requests_of_rows = st.sampled_from(
    [(row, method, s) for row in PUBLIC for method in row.methods for s in spellings(row.pattern)]
)
segment_like = st.sampled_from(WORDS) | st.text(max_size=12).filter(lambda text: "/" not in text)


def test_a_message_is_routine_at_the_client_door_and_decided_at_the_event_door() -> None:
    found = at("/_matrix/client/v3/rooms/!r:example.org/send/m.room.message/t1", "PUT")
    assert found is not None
    assert found.endpoint.name == "room.send"
    assert found.endpoint.channels == ()
    assert found.endpoint.decided_at is paths.DecidedAt.EVENT_DOOR
    assert found.params == {
        "room_id": "!r:example.org",
        "event_type": "m.room.message",
        "txn_id": "t1",
    }


@pytest.mark.parametrize("release", ["r0", "v3", "unstable"])
def test_older_clients_find_the_same_rows(release: str) -> None:
    assert row_at(f"/_matrix/client/{release}/sync").answering is Answering.LONG_POLL


@pytest.mark.parametrize(
    ("path", "method", "channels"),
    [
        ("/_matrix/media/v3/upload", "POST", {Channel.FILE}),
        ("/_matrix/client/v1/media/download/a.example/m1", "GET", {Channel.FILE}),
        ("/_matrix/client/v1/media/thumbnail/a.example/m1", "GET", {Channel.FILE}),
        ("/_matrix/federation/v1/media/download/m1", "GET", {Channel.FILE}),
        ("/_matrix/client/v3/voip/turnServer", "GET", {"voice", "video", "screen"}),
        ("/_matrix/client/v3/profile/@a:b.example", "GET", {Channel.CONTACT}),
        ("/_matrix/client/v3/user_directory/search", "POST", {Channel.CONTACT}),
        ("/_matrix/client/v3/presence/@a:b.example/status", "GET", {Channel.PRESENCE}),
        ("/_matrix/client/v3/login", "POST", set()),
        ("/_matrix/federation/v2/invite/!r/$e", "PUT", {Channel.CONTACT}),
        ("/_matrix/federation/v1/make_leave/!r/@a:b.example", "GET", set()),
        ("/_matrix/federation/v1/send/t1", "PUT", set(BETWEEN_PEOPLE)),
    ],
)
def test_a_door_asks_for_the_channel_that_the_path_serves(
    path: str, method: str, channels: set[str]
) -> None:
    assert set(row_at(path, method).channels) == channels


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/_synapse/admin/v1/users/@a:b.example", "GET"),
        ("/_synapse/mas/provision_user", "POST"),
        ("/_synapse/client/oidc/callback", "GET"),
        ("/_synapse/replication/x", "POST"),
        ("/_matrix/client/v3/register", "POST"),
        ("/_matrix/client/v3/account/3pid", "POST"),
        ("/_matrix/client/v3/account/3pid/email/requestToken", "POST"),
        ("/_matrix/client/v3/account/deactivate", "POST"),
        ("/_matrix/client/v3/admin/whois/@a:b.example", "GET"),
        ("/_matrix/client/v3/login/cas/ticket", "GET"),
        ("/_matrix/client/v1/login/get_token", "POST"),
        ("/_matrix/client/v1/media/preview_url", "GET"),
        ("/_matrix/client/api/v1/login", "POST"),
        ("/_matrix/client/v1/appservice/x/ping", "POST"),
        ("/_matrix/media/v3/download/a.example/m1", "GET"),
        ("/_matrix/media/r0/thumbnail/a.example/m1", "GET"),
        ("/_matrix/key/v2/query/a.example", "GET"),
        ("/_matrix/federation/v1/query/client_keys", "GET"),
    ],
)
def test_what_is_kept_from_the_public_has_no_row_and_a_reason(path: str, method: str) -> None:
    assert at(path, method) is None
    assert refusal(method, parts(path)) is not None


def test_a_file_goes_out_only_over_the_signed_endpoint() -> None:
    signed = parts("/_matrix/federation/v1/media/download/m1")
    unsigned = parts("/_matrix/media/v3/download/a.example/m1")
    assert match_outgoing("GET", signed) is not None
    assert match_outgoing("GET", unsigned) is None
    assert refusal("GET", unsigned, outgoing=True) is not None


def test_the_client_endpoints_are_no_way_out() -> None:
    assert match_outgoing("GET", parts("/_matrix/client/v3/sync")) is None


def test_an_empty_state_key_is_a_trailing_slash() -> None:
    found = at("/_matrix/client/v3/rooms/!r/state/m.room.name/", "PUT")
    assert found is not None
    assert found.params["state_key"] == ""


@pytest.mark.parametrize(
    "path",
    [
        "/_matrix/client/v3/sync/",
        "/_matrix/client/v3//sync",
        "//_matrix/client/v3/sync",
        "/_matrix/client/v3/Sync",
        "/_MATRIX/client/v3/sync",
        "/_matrix/client/v3/rooms//messages",
        "/_matrix/client/v4/sync",
        "/",
    ],
)
def test_a_path_that_is_nearly_right_has_no_row(path: str) -> None:
    assert at(path) is None


def test_only_what_the_specification_needs_is_open_without_a_proof() -> None:
    assert {row.name for row in ENDPOINTS if row.token in (Token.NONE, Token.OPTIONAL)} == {
        "auth.fallback",
        "auth.issuer",
        "auth.metadata",
        "auth.metadata.msc2965",
        "delayed.act",
        "delayed.act.named",
        "login",
        "login.flows",
        "login.page",
        "login.page.named",
        "openid.userinfo",
        "password-policy",
        "refresh",
        "server.key",
        "server.keys",
        "server.version",
        "versions",
        "well-known.client",
        "well-known.server",
    }


def test_a_signature_is_asked_for_between_servers_and_nowhere_else() -> None:
    for row in ENDPOINTS:
        if row.token is Token.X_MATRIX:
            assert Door.CLIENT not in row.doors, row.name
        if row.token is Token.ACCESS_TOKEN:
            assert row.doors == {Door.CLIENT}, row.name


def test_names_are_unique_and_parameters_that_are_named_exist() -> None:
    assert len({row.name for row in ENDPOINTS}) == len(ENDPOINTS)
    for row in ENDPOINTS:
        assert not row.towards or f":{row.towards}" in row.pattern, row.name


def test_a_get_has_no_body_and_every_other_body_has_a_limit() -> None:
    for row in ENDPOINTS:
        for method in row.methods:
            limit = row.body_limit_of(method)
            if method == "GET":
                assert limit == 0
            elif isinstance(limit, int):
                assert 64 * 1024 <= limit <= 10 * 1024 * 1024, row.name
            else:
                assert limit is UploadLimit.MAX_UPLOAD
                assert row.channel is Channel.FILE


def test_the_gateway_serves_the_well_known_files_itself() -> None:
    own = {row.pattern for row in ENDPOINTS if row.served_by is ServedBy.GATEWAY}
    assert own == {"/.well-known/matrix/client", "/.well-known/matrix/server"}


def test_whatever_begins_or_ends_a_session_is_the_sign_in_service_s() -> None:
    served = {row.name for row in ENDPOINTS if row.served_by is ServedBy.SIGNIN}
    assert served == {
        "account.password",
        "auth.fallback",
        "auth.issuer",
        "auth.metadata",
        "auth.metadata.msc2965",
        "device.delete",
        "devices.delete",
        "login",
        "login.flows",
        "login.page",
        "login.page.named",
        "logout",
        "logout.all",
        "refresh",
    }
    for row in ENDPOINTS:
        decided_there = row.decided_at is paths.DecidedAt.SIGN_IN_DOOR
        assert decided_there == (row.served_by is ServedBy.SIGNIN), row.name


@pytest.mark.parametrize(
    ("path", "method", "name"),
    [
        ("/sign-in", "GET", "pages.sign-in"),
        ("/sign-in/second", "POST", "pages.sign-in"),
        ("/account/", "GET", "pages.account"),
        ("/account/devices/end", "POST", "pages.account"),
        ("/oauth2/authorize", "GET", "oauth.authorize"),
        ("/oauth2/token", "POST", "oauth.token"),
        ("/oauth2/keys.json", "GET", "oauth.keys"),
        ("/.well-known/openid-configuration", "GET", "oauth.configuration"),
        ("/.well-known/oauth-authorization-server", "GET", "oauth.configuration"),
    ],
)
def test_our_own_pages_have_rows_of_their_own(path: str, method: str, name: str) -> None:
    found = match_own(method, parts(path))
    assert found is not None
    assert found.endpoint.name == name
    assert at(path, method) is None


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/oauth2/introspect", "POST"),
        ("/oauth2/token", "GET"),
        ("/oauth2/authorize", "DELETE"),
        ("/oauth2/token/", "POST"),
        ("/sign-in", "PUT"),
        ("/sign-inside", "GET"),
        ("/", "GET"),
        ("/health", "GET"),
        ("/_matrix/client/v3/login", "POST"),
    ],
)
def test_no_other_path_leads_to_the_sign_in_service(path: str, method: str) -> None:
    assert match_own(method, parts(path)) is None


def test_our_own_rows_ask_for_no_token_and_are_the_sign_in_service_s() -> None:
    names = {row.name for row in ENDPOINTS}
    for row in OWN_ENDPOINTS:
        assert row.name not in names
        assert (row.served_by, row.token) == (ServedBy.SIGNIN, Token.NONE)
        assert row.channels == ()


def test_the_methods_of_a_path_are_known_and_those_of_an_unknown_path_are_none() -> None:
    assert methods_at(parts("/_matrix/client/v3/devices/D")) == {"GET", "PUT", "DELETE"}
    assert methods_at(("_matrix", "client", "v3", "register")) == frozenset()


@given(requests_of_rows, st.sampled_from(WORDS) | st.text(min_size=1, max_size=12))
def test_every_row_is_found_whatever_its_parameters_are(
    request: tuple[Endpoint, str, str], value: str
) -> None:
    row, method, spelling = request
    value = value.replace("/", "") or "q"
    segments = filled(spelling, value)
    found = match(method, segments)
    assert found is not None
    if found.endpoint is row:
        assert set(found.params.values()) <= {value}
    else:
        # The parameter is spelled like a word of another row, which is then the right one.
        assert value in WORDS
        assert belongs_to(found.endpoint, method, segments)


def test_no_word_of_a_row_hides_another_row() -> None:
    hidden = [
        (row.name, value)
        for row in PUBLIC
        for spelling in spellings(row.pattern)
        for value in filter(None, WORDS)
        for method in row.methods
        if match(method, filled(spelling, value)) is None
    ]
    assert hidden == []


@given(
    st.sampled_from([*METHODS, "HEAD", "", "get", "CONNECT"]), st.lists(segment_like, max_size=14)
)
def test_any_segments_are_answered_without_an_error_and_only_by_a_row_of_theirs(
    method: str, drawn: list[str]
) -> None:
    segments = tuple(drawn)
    found = match(method, segments)
    assert found is None or belongs_to(found.endpoint, method, segments)
    methods_at(segments)
    refusal(method, segments)
    match_outgoing(method, segments)


@given(requests_of_rows, st.data())
def test_a_segment_more_or_less_or_in_another_case_leads_to_no_row_that_is_not_its_own(
    request: tuple[Endpoint, str, str], data: st.DataObject
) -> None:
    _, method, spelling = request
    segments = filled(spelling)
    place = data.draw(st.integers(0, len(segments) - 1))
    extra = data.draw(segment_like)
    before, here, after = segments[:place], segments[place], segments[place + 1 :]
    for changed in (
        (*before, extra, here, *after),
        (*segments, extra),
        (*segments, ""),
        (*before, *after),
        (*before, here.swapcase(), *after),
        (*before, "", *after),
    ):
        found = match(method, changed)
        assert found is None or belongs_to(found.endpoint, method, changed)


@given(st.sampled_from(REFUSED), st.lists(segment_like, max_size=3))
def test_a_refusal_is_never_named_for_a_request_that_has_a_row(
    row: paths.Refusal, rest: list[str]
) -> None:
    for spelling in spellings(row.pattern):
        start = tuple(part for part in filled(spelling) if not part.startswith("*"))
        for method in METHODS:
            segments = (*start, *rest)
            assert match(method, segments) is None or refusal(method, segments) is None


def test_two_rows_for_one_request_are_a_fault_of_the_table() -> None:
    with pytest.raises(TableError, match="two rows"):
        SegmentTrie([("/a/:x", ("GET",), 1), ("/a/:y", ("GET",), 2)])


def test_a_parameter_that_may_and_may_not_be_empty_is_a_fault_of_the_table() -> None:
    with pytest.raises(TableError, match="never empty"):
        SegmentTrie([("/a/:x?", ("GET",), 1), ("/a/:y/b", ("GET",), 2)])


def test_a_pattern_without_its_slash_is_a_fault_of_the_table() -> None:
    with pytest.raises(TableError, match="slash"):
        SegmentTrie([("a", ("GET",), 1)])


def test_the_reference_page_names_every_row_and_every_refusal() -> None:
    page = paths.table_as_markdown()
    for row in (*ENDPOINTS, *OWN_ENDPOINTS):
        assert f"| {row.name} |" in page
    for refused in REFUSED:
        assert refused.because in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {11, 5}
