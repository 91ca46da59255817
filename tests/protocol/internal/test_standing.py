from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.internal.standing import (
    MOST_ROOMS,
    DoneEntry,
    FaultEntry,
    InvalidReport,
    Report,
    RoomEntry,
    SweepState,
    read_report,
    read_wish,
    report_bytes,
    wish_bytes,
)

TEXT = st.text(max_size=20)
MAYBE = st.none() | TEXT
SECONDS = st.floats(min_value=0, max_value=1e12)
FAULT = st.builds(
    FaultEntry, what=TEXT, reason=TEXT, rule=MAYBE, towards=MAYBE, sentence=TEXT, record=MAYBE
)
ROOM = st.builds(
    RoomEntry, room=TEXT, name=TEXT, kind=MAYBE, ours=st.booleans(), value=TEXT,
    frozen=st.booleans(), since=SECONDS, faults=st.lists(FAULT, max_size=2).map(tuple),
    goes=st.lists(TEXT, max_size=2).map(tuple),
    done=st.lists(st.builds(DoneEntry, what=TEXT, record=MAYBE, at=SECONDS), max_size=2).map(tuple),
    cannot=st.lists(TEXT, max_size=2).map(tuple), doubt=MAYBE, tried=st.none() | SECONDS,
)  # fmt: skip
COUNT = st.integers(0, 1000)
REPORT = st.builds(
    Report, revision=COUNT, state=st.sampled_from(SweepState), why=TEXT, begun=SECONDS,
    ended=st.none() | SECONDS, total=COUNT, judged=COUNT, breaches=COUNT, doubts=COUNT,
    in_order=COUNT, answers=MAYBE, rooms=st.lists(ROOM, max_size=3).map(tuple),
)  # fmt: skip


@given(REPORT)
def test_a_report_is_read_as_it_was_written(report: Report) -> None:
    assert read_report(report_bytes(report)) == report


@given(st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
def test_what_is_no_report_is_refused_whatever_it_is(data: bytes) -> None:
    for read in (read_report, read_wish):
        try:
            read(data)  # type: ignore[operator]
        except InvalidReport:
            continue


@given(REPORT, st.data())
def test_a_report_with_one_value_of_another_type_is_refused(
    report: Report, data: st.DataObject
) -> None:
    body = json.loads(report_bytes(report))
    name = data.draw(st.sampled_from(sorted(body)))
    wrong: object = data.draw(st.sampled_from([{"x": 1}, [[1]], True]))
    body[name] = wrong
    with pytest.raises(InvalidReport):
        read_report(json.dumps(body).encode())


def test_of_very_many_rooms_a_report_lists_some_and_counts_the_rest() -> None:
    room = RoomEntry(
        room="!a", name="", kind=None, ours=True, value="warn", frozen=False, since=0.0
    )
    report = Report(revision=1, state=SweepState.DONE, breaches=MOST_ROOMS + 3, rooms=(room,))
    whole = replace(report, rooms=(room,) * (MOST_ROOMS + 3))
    read = read_report(report_bytes(whole))
    assert (len(read.rooms), read.left_off) == (MOST_ROOMS, 3)


def test_a_wish_is_one_short_word() -> None:
    assert read_wish(wish_bytes("17")) == "17"
    for bad in (b"{}", b'{"sweep": ""}', b'{"sweep": 1}', wish_bytes("x" * 65), b"nothing"):
        with pytest.raises(InvalidReport):
            read_wish(bad)
