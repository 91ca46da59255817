from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.oauth.user_codes import ALPHABET, LENGTH, normalise, show

LETTERS = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


@given(LETTERS)
def test_a_code_is_read_as_it_is_shown_and_as_people_type_it(letters):
    assert normalise(show(letters)) == letters
    assert normalise(f" {show(letters).lower().replace('-', ' ')}") == letters


@given(st.text(max_size=60))
def test_reading_a_code_is_total(typed):
    letters = normalise(typed)
    assert letters is None or (len(letters) == LENGTH and set(letters) <= set(ALPHABET))


def test_no_letter_of_a_code_is_a_vowel_or_looks_like_a_digit():
    assert not set(ALPHABET) & set("AEIOUY0123456789")
