from __future__ import annotations

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.core.settings.documents import CALM, SAMPLE, documents
from vedette.core.settings.source import line_of, read, tree_of


@CALM
@given(documents)
def test_the_tree_reads_the_values_that_the_standard_library_reads(pair):
    found, text = pair
    tree = tree_of(text)
    assert tree.values == tomllib.loads(text) == found
    assert tree.faults == []


def test_the_tree_reads_every_kind_of_toml_value():
    text = (
        "a.b.c = 1\n'q k'.\"d\\u00e9\" = 0x1F\nf = [1.5, -inf, [true, false], {x = 1}]\n"
        "m = \"\"\"\\\n   folded\\n\"\"\"\nl = '''\nraw\\'''\n"
        "t = 1979-05-27T07:32:00Z\nd = 1979-05-27\nh = 07:32:00\n"
        "[[list]]\nx = 1\n[[list]]\n[list.sub]\ny = 2\n[[list.deep]]\nz = 3\n[a.other]\nw = {}\n"
    )
    assert tree_of(text).values == tomllib.loads(text)


def test_windows_line_ends_change_no_value_and_no_line():
    text = SAMPLE.replace("\n", "\r\n")
    tree = tree_of(text)
    assert tree.values == tomllib.loads(text) == tomllib.loads(SAMPLE)
    assert (
        tree.places[("rules", "acme", "say")].line
        == tree_of(SAMPLE).places[("rules", "acme", "say")].line
    )


@CALM
@given(documents)
def test_every_place_holds_what_its_path_says(pair):
    _, text = pair
    data = text.encode()
    tree = tree_of(text)
    for path, place in tree.places.items():
        if place.kind == "pair":
            value = tomllib.loads("v = " + data[place.value_start : place.value_end].decode())["v"]
            there = tree.values
            for part in path:
                there = there[part]
            assert value == there


def test_a_path_without_a_place_has_the_line_of_the_table_around_it():
    places = tree_of("\n[media]\n").places
    assert line_of(places, ("media", "max_upload")) == 2
    assert line_of(places, ("nothing",)) == 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a = 1\na = 2\na = 3\n", [2, 3]),
        ("[t]\n[t]\nx = 1\nx = 2\n", [2, 4]),
        ("a = 1\n[a]\nb = 1\n", [2]),
        ("a = 1\n[a.b]\nc = 1\n", [2]),
        ("a = 1\na.b = 2\n", [2]),
        ("a = { b = 1 }\n[a]\nc = 1\n", [2]),
        ("a = { b = 1, b = 2 }\n", [1]),
        ("a = [1]\n[[a]]\nb = 1\n", [2]),
        ("[a]\n[[a]]\nb = 1\n", [2]),
        ("[[a]]\n[a]\nb = 1\n", [2]),
    ],
)
def test_everything_that_stands_twice_is_named_with_its_line(text, lines):
    assert [fault.line for fault in read(text).faults] == lines


def test_what_only_the_reader_knows_is_still_said():
    # The grammar can't tell that a table in braces is closed for good.
    assert read("a = { b = 1 }\na.c = 2\n").faults


@CALM
@given(st.text(st.sampled_from("ab=[]{}\"'#\n.,1 \r\t\\-"), max_size=60))
@example("[]\nx = 1\n[a]\ny =\nz = 2\n")
@example('a = "\\q"\nb = 2027-02-30\n"\\q" = 1\n')
def test_a_broken_text_has_a_tree_too(text):
    assert isinstance(tree_of(text).values, dict)


def test_text_that_is_not_unicode_is_one_fault():
    assert [fault.message for fault in read("a = '\ud800'").faults] == [
        "the text is not valid Unicode"
    ]


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "a = " + "{b = " * 5_000, "a = " + "[" * 5_000 + "]" * 5_000,
             "a = " + "9" * 5_000, "a." * 2_000 + "b = 1"]
)  # fmt: skip
def test_monstrous_nesting_is_a_fault_and_no_crash(text):
    source = read(text)
    assert source.faults or source.values


@CALM
@given(st.text(st.sampled_from("ab=[]{}\"'#\n.,1 \r\t\\-"), max_size=60))
def test_the_tree_never_says_something_else_than_the_standard_library(text):
    try:
        wanted = tomllib.loads(text)
    except ValueError:
        assert read(text).faults
    else:
        assert read(text).values == wanted
        assert read(text).faults == ()
