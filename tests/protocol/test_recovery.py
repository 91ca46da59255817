"""Recovery codes: readable, forgiving, and bound to one person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.recovery import (
    COUNT,
    LENGTH,
    OFFLINE_BYTES,
    RANDOM_BYTES,
    codes,
    digest,
    normalise,
    offline_code,
    offline_digest,
)

CHANCE = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@given(chance=CHANCE)
def test_ten_codes_in_groups_of_four(chance):
    made = codes(chance)
    assert len(made) == COUNT
    assert all([len(group) for group in code.split("-")] == [4] * 4 for code in made)


@given(chance=CHANCE)
def test_a_code_typed_as_people_type_is_the_same_code(chance):
    code = codes(chance)[0]
    kept = digest(code, "alice")
    typed = " " + code.upper().replace("-", " ").replace("0", "O").replace("1", "l") + "\t"
    assert digest(typed, "alice") == kept


def test_every_letter_is_as_likely_as_another():
    made = codes(bytes(range(RANDOM_BYTES)))
    letters = "".join(made).replace("-", "")
    assert {letters.count(letter) for letter in letters} == {RANDOM_BYTES // 32}


def test_another_person_has_another_digest():
    code = codes(bytes(RANDOM_BYTES))[0]
    assert digest(code, "alice") != digest(code, "bob")


@given(text=st.text(max_size=80) | st.text("0oOiIlL1u -abcXYZ", max_size=24))
def test_whatever_is_typed_is_a_code_or_is_none(text):
    bare = normalise(text)
    if bare is None:
        with pytest.raises(ValueError, match="recovery"):
            digest(text, "alice")
    else:
        assert len(bare) == LENGTH
        assert normalise(bare) == bare
        assert digest(text, "alice") == digest(bare, "alice")


def test_too_little_chance_makes_no_codes():
    with pytest.raises(ValueError, match="160 bytes"):
        codes(b"short")


OFFLINE = st.binary(min_size=OFFLINE_BYTES, max_size=OFFLINE_BYTES)


@given(chance=OFFLINE)
def test_an_offline_code_typed_as_people_type_is_the_same_code(chance):
    code = offline_code(chance)
    assert [len(group) for group in code.split("-")] == [4] * 8
    typed = " " + code.upper().replace("-", " ").replace("0", "O").replace("1", "l") + "\r\n"
    assert offline_digest(typed, "example.org") == offline_digest(code, "example.org")
    assert offline_digest(code, "example.org") != offline_digest(code, "other.example")


@given(one=OFFLINE, other=st.text(max_size=500))
def test_whatever_else_is_shown_has_another_digest(one, other):
    code = offline_code(one)
    meant = "".join(other[:400].split()).replace("-", "").lower() == code.replace("-", "")
    assert (offline_digest(other, "x") == offline_digest(code, "x")) is meant


def test_an_offline_code_takes_all_of_its_bytes():
    with pytest.raises(ValueError, match="32 bytes"):
        offline_code(b"x")
