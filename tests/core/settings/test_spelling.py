from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.settings.documents import CALM
from vedette.core.conditions import read_duration, read_size
from vedette.core.names import ServerName
from vedette.core.settings.spelling import (
    did_you_mean,
    domain_matches,
    is_bridge,
    read_rate,
    spell_duration,
    spell_size,
)


@CALM
@given(st.integers(0, 10**12 - 1))
def test_a_spelled_size_reads_as_itself(size):
    assert read_size(spell_size(size)) == size


@CALM
@given(st.integers(0, 10**9 - 1))
def test_a_spelled_duration_reads_as_itself(seconds):
    assert read_duration(spell_duration(seconds)) == seconds


def test_sizes_and_durations_are_spelled_in_their_largest_unit():
    assert [spell_size(n) for n in (0, 1023, 1024, 50 << 20, 3 << 30)] == [
        "0 B", "1023 B", "1 KiB", "50 MiB", "3 GiB"]  # fmt: skip
    assert [spell_duration(n) for n in (0, 1, 61, 120, 3600, 86400, 7 * 86400)] == [
        "0 seconds", "1 second", "61 seconds", "2 minutes", "1 hour", "1 day", "7 days"]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "server", "answer"),
    [
        ("acme.example", "acme.example", True),
        ("acme.example", "ACME.example", True),
        ("acme.example", "acme.example:8448", False),
        ("acme.example", "chat.acme.example", False),
        ("*.acme.example", "chat.acme.example", True),
        ("*.acme.example", "a.chat.acme.example", True),
        ("*.acme.example", "acme.example", False),
        ("*.acme.example", "notacme.example", False),
        ("*.acme.example", "chat.acme.example:8448", False),
        ("*.acme.example:8448", "chat.acme.example:8448", True),
    ],
)
def test_a_domain_pattern_covers_exactly_what_it_says(pattern, server, answer):
    assert domain_matches(pattern, ServerName(server)) is answer


def test_bridges_are_told_by_their_prefix():
    assert is_bridge("bridge:irc")
    assert not is_bridge("bridge:")
    assert not is_bridge("irc")


def test_a_guess_is_only_made_where_something_is_near():
    assert did_you_mean("mesage", ["message", "file"]) == "did you mean `message`?"
    assert did_you_mean("zzz", ["message"]) is None


def test_a_rate_says_how_much_in_a_minute_and_how_much_at_once():
    assert read_rate("1200 a minute, 200 at once") == (1200, 200)


@pytest.mark.parametrize(
    "text",
    ["", "1200", "0 a minute, 5 at once", "5 a minute, 0 at once", "-1 a minute, 5 at once",
     "5 a minute,5 at once", "5 a second, 5 at once", "9999999 a minute, 1 at once",
     "\u0665 a minute, 5 at once"],
)  # fmt: skip
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(ValueError, match="is not a rate"):
        read_rate(text)


@CALM
@given(st.text(max_size=40) | st.from_regex(r"[0-9]{0,8} a minute, [0-9]{0,8} at once"))
def test_whatever_is_written_is_a_rate_or_refused(text):
    try:
        rate = read_rate(text)
    except ValueError:
        return
    assert rate.per_minute >= 1
    assert rate.at_once >= 1
