from __future__ import annotations

import json

import pytest
from canonicaljson import encode_canonical_json
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.matrix.canonical_json import DEEPEST, JsonFault, canonical, parse_object

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_the_canonical_form_is_the_reference_implementation_s(value):
    assert canonical(value) == encode_canonical_json(value)


@pytest.mark.parametrize(
    ("written", "form"),
    [  # Matrix 1.15, appendix "Canonical JSON", "Examples"
        ("{}", "{}"),
        ('{ "one": 1, "two": "Two" }', '{"one":1,"two":"Two"}'),
        ('{ "b": "2", "a": "1" }', '{"a":"1","b":"2"}'),
        ('{ "本": 2, "日": 1 }', '{"日":1,"本":2}'),
        ('{ "a": "\\u65E5" }', '{"a":"日"}'),
        ('{ "a": null }', '{"a":null}'),
        (
            '{"auth":{"success":true,"mxid":"@john.doe:example.com","profile":{"display_name":"J"}}}',
            '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"J"},"success":true}}',
        ),
    ],
)
def test_the_specification_s_examples(written, form):
    assert canonical(parse_object(written.encode())) == form.encode()


@given(st.dictionaries(TEXT, VALUES))
def test_what_is_written_is_read_back(value):
    assert parse_object(canonical(value)) == value


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b"{", "not JSON"),
        (b'{"a":1}x', "not JSON"),
        (b'{"a":1,"a":2}', "twice"),
        (b'{"x":{"a":1,"\\u0061":2}}', "twice"),
        (b'{"a":NaN}', "no number"),
        (b'{"a":-Infinity}', "no number"),
        (b'{"a":1e999}', "too large"),
        (b'{"a":"\xff"}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        ('{"a":1}'.encode("utf-16"), "not JSON"),
        (b'{"a":' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper|not JSON"),
        (b'{"a":' * DEEPEST + b"[]" + b"}" * DEEPEST, "nested deeper"),
    ],
)
def test_what_can_be_read_in_two_ways_or_not_at_all_is_refused(data, why):
    with pytest.raises(JsonFault, match=why):
        parse_object(data)


def test_the_deepest_that_is_taken():
    data = b'{"a":' * (DEEPEST - 1) + b"[]" + b"}" * (DEEPEST - 1)
    assert canonical(parse_object(data)) == data


def test_many_objects_beside_each_other_are_not_deep():
    assert len(parse_object(json.dumps({"a": [{}] * 1000}).encode())["a"]) == 1000


def test_half_a_character_has_no_canonical_form():
    with pytest.raises(JsonFault, match="no canonical form"):
        canonical(parse_object(b'{"a":"\\ud800"}'))


@given(st.binary())
def test_anything_is_read_or_refused(data):
    try:
        found = parse_object(data)
    except JsonFault:
        return
    assert isinstance(found, dict)
