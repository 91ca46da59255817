from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.settings.documents import CALM
from vedette.core.settings.recovery import plain_words, recover


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a = 1\nb =\nc = 2", 2, "not a value"),
        ("a = 1\nb = x\n", 2, "not a value"),
        ('a = "x\nb = 1', 1, "text is not closed"),
        ("a = 'x\nb = 1", 1, "text is not closed"),
        ('a = """x\nb\nc = 1', 1, "text is not closed"),
        ("a = [1,\n 2\nb = 1", 1, "list is not closed"),
        ("a = [1,\n 2\n[b]", 1, "list is not closed"),
        ("a = [1,\n 2", 1, "list is not closed"),
        ("a = { b = 1\nc = 2", 1, "braces are not closed"),
        ("[a\nb = 1", 1, "write `]`"),
        ("[[a]\nb = 1", 1, "write `]]`"),
        ("a = 1 2", 1, "something follows"),
        ("a", 1, "after a key stands"),
        ("= 1", 1, "neither a table"),
        ("a = 2027-02-30", 1, "calendar"),
        ('a = "\\q"', 1, "backslash"),
        ("a = { b = 1, b = 2 }", 1, "twice in these braces"),
    ],
)
def test_every_common_slip_is_said_in_plain_words_with_its_line(text, line, words):
    faults = recover(text).faults
    assert (faults[0].line, len(faults)) == (line, 1)
    assert words in faults[0].message


def test_a_broken_statement_takes_nothing_else_with_it():
    result = recover('a = 1\nb = "x\nc = [\n  1, # one ]\n  "]",\n]\nd = [\ne = 2\n')
    assert [fault.line for fault in result.faults] == [2, 7]
    assert result.text == 'a = 1\n\nc = [\n  1, # one ]\n  "]",\n]\n\ne = 2\n'


def test_a_broken_header_still_says_where_the_rest_belongs():
    result = recover("[rules.a\nallow = 1\nfrom =\n")
    assert result.text == "[rules.a]\nallow = 1\n\n"
    assert result.damaged == {("rules", "a")}
    assert [fault.path for fault in result.faults] == ["rules.a", "rules.a.from"]


def test_long_texts_may_hold_anything():
    text = 'a = """\n[x\n"quoted\n"""\nb = \'\'\'\n= =\n\'\'\'\nc =\n'
    assert [fault.line for fault in recover(text).faults] == [8]


def test_quoted_keys_begin_statements_too():
    assert [fault.line for fault in recover('"a" = [\n"b" = [\n').faults] == [1, 2]


def test_a_complaint_that_nobody_translated_is_passed_on():
    message, line = plain_words(ValueError("Something new (at line 3, column 1)"))
    assert (message, line) == ("this can't be read as TOML (something new)", 3)


def test_many_broken_statements_take_no_longer_than_many_good_ones():
    # A minute would mean that every broken statement reads the whole rest again.
    result = recover('"a" = [\n' * 3_000 + 'b = """\n' * 3_000)
    assert len(result.faults) >= 3_000


@CALM
@given(st.text(st.sampled_from("ab=[]{}\"'#\n.,1 \\"), max_size=80))
def test_lines_stay_where_they_are_whatever_was_blanked(text):
    assert recover(text).text.count("\n") == text.count("\n")
