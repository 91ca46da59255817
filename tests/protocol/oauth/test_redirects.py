from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vedette.protocol.oauth.redirects import (
    RedirectKind,
    parse_redirect,
    redirect_matches,
    with_answer,
)

GOOD = [
    ("https://app.example/", RedirectKind.HTTPS, "https://app.example"),
    ("https://app.example", RedirectKind.HTTPS, "https://app.example"),
    ("https://app.example:8443/a/b?x=1", RedirectKind.HTTPS, "https://app.example:8443"),
    ("https://127.0.0.1/", RedirectKind.HTTPS, "https://127.0.0.1"),
    ("http://localhost/", RedirectKind.LOOPBACK, "http://localhost"),
    ("http://127.0.0.1:1/", RedirectKind.LOOPBACK, "http://127.0.0.1:1"),
    ("http://[::1]:65535/cb", RedirectKind.LOOPBACK, "http://[::1]:65535"),
    ("io.element.app:/", RedirectKind.PRIVATE, "io.element.app:"),
    ("io.element.app://vector/x", RedirectKind.PRIVATE, "io.element.app:"),
]
BAD = [
    "",
    "https://",
    "https:///x",
    "https://app.example:0/",
    "https://app.example:65536/",
    "https://app.example:080/",
    "https://a..b/",
    "https://-a.example/",
    "https://APP.example/",
    "https://app.example/#",
    "https://u@app.example/",
    "https://app.example/ä",
    "https://app.example/ ",
    "https://app.example/\n",
    "https://app.example/%",
    "https://app.example/<",
    "https://app.example\\x/",
    "https://1.2.3/",
    "https://0x7f000001/",
    "https://256.1.1.1/",
    "https://[::ffff:1]/x",
    "https://[::1",
    "http://app.example/",
    "http://127.0.0.2/",
    "http://127.1/",
    "http://localhost.example/",
    "http://[::1%25eth0]/",
    "javascript:alert(1)",
    "element:/",
    "a.b",
    "io.element.app://u@x/",
    "io.element.app://x:1/",
    "io.element..app:/",
    "IO.element.app:/",
    "https://app.example/" + "x" * 1024,
]


@pytest.mark.parametrize(("text", "kind", "where"), GOOD)
def test_addresses_that_a_client_can_own(text, kind, where):
    found = parse_redirect(text)
    assert (found.kind, found.where) == (kind, where)


@pytest.mark.parametrize("text", [text for text in BAD if text != "https://[::ffff:1]/x"])
def test_addresses_that_nobody_can_own_alone(text):
    with pytest.raises(ValueError, match="address"):
        parse_redirect(text)


PIECES = st.lists(
    st.sampled_from(
        ["https:", "http:", "//", "/", "app.example", "localhost", "127.0.0.1", "[::1]", ":", "@",
         "1", "8080", "?", "#", "%", "%2e", "..", "\\", "x", "=", "&", "io.element", " ", "\n", "ä"]
    ),
    max_size=9,
).map("".join)  # fmt: skip


@given(PIECES | st.text(max_size=40))
def test_reading_an_address_is_total_and_a_browser_sees_the_same_host(text):
    try:
        found = parse_redirect(text)
    except ValueError:
        return
    parts = urlsplit(text)
    assert parts.username is None
    assert parts.fragment == ""
    if found.kind is not RedirectKind.PRIVATE:
        assert f"{parts.scheme}://{parts.netloc}" == found.where
        assert (parts.hostname or "") == found.host.strip("[]")


@given(PIECES, PIECES)
@example("http://127.0.0.1/a", "http://127.0.0.1:8080/a")
@example("https://app.example/", "https://app.example:8080/")
def test_only_the_port_of_a_loopback_address_is_free(registered, presented):
    if not redirect_matches(registered, presented):
        return
    if registered != presented:
        there, here = urlsplit(registered), urlsplit(presented)
        assert there.scheme == here.scheme == "http"
        assert there.hostname == here.hostname in ("localhost", "127.0.0.1", "::1")
        assert (there.path, there.query) == (here.path, here.query)


def test_one_loopback_name_is_not_another():
    assert not redirect_matches("http://localhost/", "http://127.0.0.1/")
    assert not redirect_matches("http://[::1]/", "http://127.0.0.1/")


def test_an_address_that_is_none_matches_not_even_itself():
    assert not redirect_matches("javascript:x", "javascript:x")


@pytest.mark.parametrize("address", ["https://app.example/", "https://app.example/?x=1"])
@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_an_answer_is_added_and_nothing_is_lost(address, mode):
    parts = urlsplit(with_answer(address, {"code": "a&b", "state": "ü#"}, mode))
    answer = parse_qs(parts.fragment if mode == "fragment" else parts.query)
    assert (answer["code"], answer["state"]) == (["a&b"], ["ü#"])
    if "?" in address:
        assert parse_qs(parts.query)["x"] == ["1"]
