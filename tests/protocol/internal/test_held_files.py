"""What control asks about files, and what it is answered: read as it was said, or refused."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.internal.test_files import anything
from vedette.core.names import MediaId, ServerName, UserId
from vedette.protocol.internal.held_files import (
    AnswerFault,
    FileRow,
    FileState,
    Sought,
    cursor_of,
    found_from_json,
    named_from_json,
    outlook_from_json,
    read_cursor,
    row_from_json,
    row_to_json,
    seen_from_json,
    sought_from_json,
    sought_to_json,
)

NOW = 1_800_000_000
ROW = FileRow(
    server=ServerName("x.example:8448"),
    media=MediaId("abc"),
    owner=UserId("@alice:x.example"),
    declared="text/plain",
    name="a",
    size=3,
    created=NOW * 1000,
    state=FileState.WAITING,
)
OUTLOOK = {"answer": "yes", "reason": "allowed", "rule": None, "sentence": "yes"}
rows = st.builds(
    FileRow,
    server=st.sampled_from([ROW.server, ServerName("[::1]:8448"), ServerName("example.org")]),
    media=st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True).map(MediaId),
    owner=st.none() | st.just(ROW.owner),
    declared=st.text(max_size=20),
    name=st.text(max_size=20),
    size=st.none() | st.integers(0, 2**40),
    created=st.integers(0, 2**50),
    state=st.sampled_from(FileState),
)


@given(rows)
def test_a_file_is_read_as_it_was_told_and_its_cursor_leads_behind_it(row):
    assert row_from_json(json.loads(json.dumps(row_to_json(row)))) == row
    assert read_cursor(cursor_of(row)) == (row.created, row.server, row.media)


@given(st.text(max_size=30))
def test_whatever_is_no_cursor_is_refused(text):
    try:
        created, server, media = read_cursor(text)
    except ValueError:
        return
    assert f"{created}/{server}/{media}".endswith(text.lstrip("0"))


@given(
    st.builds(
        Sought,
        text=st.text(max_size=20),
        owner=st.sampled_from(["", "@a:x.example"]),
        state=st.none() | st.sampled_from(FileState),
    ),
    st.none() | rows.map(cursor_of),
    st.integers(1, 1000),
)
def test_what_is_sought_is_read_as_it_was_asked(sought, after, most):
    read_again = sought_from_json(json.loads(json.dumps(sought_to_json(sought, after, most))))
    assert read_again == (sought, None if after is None else read_cursor(after), most)


SOUGHT = sought_to_json(Sought(), None, 10)
SEEN = {"file": row_to_json(ROW), "content": None, "outlook": OUTLOOK}


@given(
    st.sampled_from(sorted(SOUGHT)), st.sampled_from(["server", "media"]),
    st.sampled_from(sorted(row_to_json(ROW))), st.sampled_from(sorted(SEEN)),
    st.sampled_from(sorted(OUTLOOK)), anything,
)  # fmt: skip
def test_whatever_stands_in_a_field_is_read_or_refused(
    of_sought, of_name, of_row, of_seen, of_out, data
):
    for reading, whole in (
        (sought_from_json, {**SOUGHT, of_sought: data}),
        (named_from_json, {"server": "x.example", "media": "abc", of_name: data}),
        (row_from_json, {**row_to_json(ROW), of_row: data}),
        (seen_from_json, {**SEEN, of_seen: data}),
        (outlook_from_json, {**OUTLOOK, of_out: data}),
        (found_from_json, {"files": [data], "next": None}),
        (found_from_json, {"files": [], "next": data}),
    ):
        with contextlib.suppress(AnswerFault, ValueError):
            reading(whole)


@given(anything)
def test_whatever_comes_is_an_answer_or_refused_as_one(data):
    for reading in (row_from_json, seen_from_json, outlook_from_json, found_from_json):
        with pytest.raises(AnswerFault):
            reading(data)
