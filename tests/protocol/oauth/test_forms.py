from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.oauth.forms import FormFault, parse_form, printable

NAMES = st.from_regex(r"[A-Za-z0-9_.\-]{1,20}", fullmatch=True)
VALUES = st.text(
    st.characters(
        blacklist_categories=["Cs"], blacklist_characters=[chr(c) for c in range(32)] + ["\x7f"]
    ),
    min_size=1,
    max_size=40,
)


@given(st.dictionaries(NAMES, VALUES, max_size=10))
def test_what_a_client_encodes_is_read_back(form):
    assert parse_form(urlencode(form).encode()) == form


@given(st.binary(max_size=200))
def test_reading_a_form_is_total(data):
    try:
        form = parse_form(data)
    except FormFault:
        return
    assert all(name and value for name, value in form.items())


@given(
    st.lists(st.sampled_from(["a=1", "a=2", "b", "b=", "%61=3", "=x", "c=%", "c=%zz", "&", "é"]))
)
def test_reading_what_almost_is_a_form_is_total_and_knows_no_name_twice(parts):
    try:
        form = parse_form("&".join(parts).encode())
    except FormFault:
        return
    assert sum(part.startswith(("a=", "%61=")) for part in parts) <= 1
    assert set(form) <= {"a", "c"}


@pytest.mark.parametrize(
    "data",
    [
        b"a=1&a=1",
        b"a=1&a=",
        b"a=&%61=1",
        b"a=%00",
        b"a=%0d%0a",
        b"a=%ff",
        b"a=%",
        b"a b=1",
        b"a=\xc3\xa4",
        b"<a>=1",
        b"a=" + b"x" * 5000,
        b"&".join(b"a%d=1" % n for n in range(41)),
    ],
)
def test_a_form_with_more_than_one_reading_is_none(data):
    with pytest.raises(FormFault):
        parse_form(data)


def test_a_parameter_without_a_value_counts_as_left_out():
    assert parse_form(b"a=&b=1&c") == {"b": "1"}


@given(st.text(max_size=600))
def test_a_description_is_always_of_the_alphabet_that_the_standard_wants(text):
    said = printable(text)
    assert len(said) <= 500
    assert all(" " <= letter <= "~" and letter not in '"\\' for letter in said)


def test_german_stays_readable():
    assert printable("Nicht möglich, größer") == "Nicht moeglich, groesser"
