from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.names import (
    DeviceId,
    EventId,
    InvalidName,
    MediaId,
    RoomId,
    ServerName,
    UserId,
    Word,
)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (ServerName, "example.org"),
        (ServerName, "a.b:8448"),
        (ServerName, "[::1]:65535"),
        (ServerName, "192.0.2.1"),
        (UserId, "@a:example.org"),
        (UserId, "@A!#Z~:example.org:8448"),
        (RoomId, "!abc:example.org"),
        (RoomId, "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"),
        (EventId, "$abc"),
        (DeviceId, "ABC-1"),
        (MediaId, "aB_-="),
        (Word, "a"),
        (Word, "no-file-crosses"),
    ],
)
def test_a_name_that_keeps_to_its_grammar_can_be_built(kind, text):
    assert kind(text) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (ServerName, ""),
        (ServerName, "-a.example"),
        (ServerName, "a..example"),
        (ServerName, "example.org:65536"),
        (ServerName, "example.org:"),
        (ServerName, "exämple.org"),
        (ServerName, "example.org\n"),
        (ServerName, "a" * 231),
        (ServerName, "example.org/x"),
        (UserId, "a:example.org"),
        (UserId, "@:example.org"),
        (UserId, "@a"),
        (UserId, "@a b:example.org"),
        (UserId, "@a:example.org\n"),
        (UserId, "@a:-"),
        (UserId, "@" + "a" * 250 + ":x.org"),
        (RoomId, "abc:example.org"),
        (RoomId, "!"),
        (RoomId, "!a b"),
        (EventId, "abc"),
        (EventId, "$"),
        (DeviceId, ""),
        (DeviceId, "a b"),
        (MediaId, "../etc"),
        (MediaId, ""),
        (Word, "Staff"),
        (Word, "-a"),
        (Word, "a-"),
        (Word, "a" * 65),
    ],
)
def test_a_name_that_does_not_can_not_be_built(kind, text):
    with pytest.raises(InvalidName, match="is not a valid"):
        kind(text)


def test_a_long_wrong_name_is_shown_in_part():
    with pytest.raises(InvalidName) as fault:
        Word("A" * 500)
    assert len(str(fault.value)) < 160
    assert fault.value.kind.startswith("name")


def test_server_names_are_compared_in_lower_case():
    assert ServerName("Example.ORG") == "example.org"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("a.b", "a.b", None),
        ("a.b:1", "a.b", 1),
        ("[::1]:8448", "[::1]", 8448),
        ("[::1]", "[::1]", None),
    ],
)
def test_a_server_name_is_a_host_and_perhaps_a_port(text, host, port):
    assert (ServerName(text).host, ServerName(text).port) == (host, port)


def test_a_user_lives_on_a_server():
    user = UserId("@a:Example.org:8448")
    assert (user.localpart, user.server) == ("a", "example.org:8448")


@given(st.text(max_size=40), st.sampled_from([ServerName, UserId, RoomId, EventId, Word]))
def test_any_text_is_a_name_or_is_refused(text, kind):
    try:
        built = kind(text)
    except InvalidName:
        return
    assert kind(built) == built
    assert built.isascii()
