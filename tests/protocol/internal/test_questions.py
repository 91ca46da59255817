"""What control asks the module inside Synapse: read as it was said, or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.internal.questions import GOOD_FOR, Question, QuestionRefused, ask, read

KEY, NOW = Ed25519PrivateKey.generate(), 1_800_000_000
QUESTION = Question(
    organisation="example.org",
    do="release",
    issued=NOW,
    body={"server": "example.org", "media": "abc", "by": "@olga:example.org", "order": "control:7"},
)


def test_a_question_is_read_as_it_was_asked() -> None:
    for at in (NOW, NOW + GOOD_FOR, NOW - GOOD_FOR):
        assert (
            read("rooms", ask("rooms", QUESTION, KEY), "example.org", KEY.public_key(), at)
            == QUESTION
        )


@given(st.data())
def test_no_byte_of_a_question_can_be_another(data):
    asked = bytearray(ask("rooms", QUESTION, KEY))
    at = data.draw(st.integers(0, len(asked) - 1))
    asked[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(QuestionRefused):
        read("rooms", bytes(asked), "example.org", KEY.public_key(), NOW)


@given(st.binary(max_size=300), st.booleans())
def test_whatever_comes_is_no_question_of_control(data, signed):
    begins = ask("rooms", QUESTION, KEY).partition(b"\n")[0] + b"\n" if signed else b""
    with pytest.raises(QuestionRefused):
        read("rooms", begins + data, "example.org", KEY.public_key(), NOW)


@pytest.mark.parametrize(
    ("organisation", "now"),
    [("acme.example", NOW), ("example.org", NOW + GOOD_FOR + 1), ("example.org", NOW - 61)],
)
def test_a_question_is_for_one_organisation_and_for_now(organisation: str, now: int) -> None:
    with pytest.raises(QuestionRefused):
        read("rooms", ask("rooms", QUESTION, KEY), organisation, KEY.public_key(), now)


def test_a_question_is_no_larger_than_one_may_be() -> None:
    large = replace(QUESTION, body={"text": "x" * (64 << 10)})
    with pytest.raises(QuestionRefused, match="no question"):
        read("rooms", ask("rooms", large, KEY), "example.org", KEY.public_key(), NOW)


def test_what_was_asked_about_files_is_no_question_about_rooms() -> None:
    asked = ask("files", QUESTION, KEY)
    for data in (asked, asked.replace(b"vedette-files-v1", b"vedette-rooms-v1")):
        with pytest.raises(QuestionRefused):
            read("rooms", data, "example.org", KEY.public_key(), NOW)
