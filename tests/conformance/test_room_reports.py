"""What every keeper of reports about rooms promises, asked of files and of memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vedette.adapters.memory.room_reports import MemoryRoomReports
from vedette.adapters.room_reports import RoomReportFiles
from vedette.ports.errors import Unavailable
from vedette.ports.standing import RoomReports
from vedette.protocol.internal.standing import (
    DoneEntry,
    FaultEntry,
    Report,
    RoomEntry,
    SweepState,
)

ROOM = RoomEntry(
    room="!a:example.org",
    name="Herön",
    kind="project",
    ours=True,
    value="remove",
    frozen=True,
    since=1_800_000_000.5,
    faults=(
        FaultEntry(
            what="members",
            reason="forbidden",
            rule="no-more",
            towards="@carol:acme.example",
            sentence="members: no",
            record="synapse:7",
        ),
    ),
    goes=("@carol:acme.example",),
    done=(DoneEntry(what="@cora:acme.example was removed", record="synapse:8", at=1_800_000_001),),
    cannot=("nobody here has power in the room",),
    doubt=None,
    tried=1_800_000_002.0,
)
REPORT = Report(
    revision=4, state=SweepState.DONE, begun=1.0, ended=2.5, total=3, judged=3, breaches=1,
    answers="a word", rooms=(ROOM,),
)  # fmt: skip


@pytest.fixture(params=["memory", "files"])
def reports(request: pytest.FixtureRequest, tmp_path: Path) -> RoomReports:
    return MemoryRoomReports() if request.param == "memory" else RoomReportFiles(tmp_path)


def test_before_the_first_there_is_none(reports: RoomReports) -> None:
    assert reports.last() is None
    assert reports.wished() is None


def test_the_newest_report_is_read_as_it_was_kept(reports: RoomReports) -> None:
    reports.keep(replace(REPORT, revision=3))
    reports.keep(REPORT)
    assert reports.last() == REPORT


def test_a_wish_is_seen_once_and_the_next_one_again(reports: RoomReports) -> None:
    reports.wish("one")
    assert reports.wished() == "one"
    assert reports.wished() is None
    reports.wish("two")
    assert reports.wished() == "two"


def test_a_report_that_can_not_be_kept_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for reports in (MemoryRoomReports(full=True), RoomReportFiles(tmp_path / "file" / "under")):
        with pytest.raises(Unavailable):
            reports.keep(REPORT)
        with pytest.raises(Unavailable):
            reports.wish("x")


def test_what_lies_there_and_is_no_report_is_none(tmp_path: Path) -> None:
    reports = RoomReportFiles(tmp_path)
    (tmp_path / "standing.json").write_bytes(b'{"rooms": 1}')
    (tmp_path / "sweep-wanted.json").write_bytes(b"[]")
    assert reports.last() is None
    assert reports.wished() is None
