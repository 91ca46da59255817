"""A log that lies in sealed segments, its oldest removed because their time was over: nothing in it can be
changed, taken, moved or cut unseen, and what is said names the place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.test_audit_segments import ALICE, BOB
from tests.apps.control.test_retention import Archive
from vedette.admin.audit import ChainReport
from vedette.core.record import ChainState, canonical, chained, read_line, verify_lines
from vedette.protocol.internal.checkpoints import Checkpoint

DAYS, KEPT, A_DAY = 9, 6, 20
"""Days of which there are records, days whose records are kept, records of each person a day."""


@dataclass
class Sealed:
    """What lies on the disk, and the last checkpoint that left the machine."""

    archive: Archive
    left: Checkpoint
    paths: list[Path]
    whole: list[bytes]

    @property
    def first(self) -> int:
        """The number of the first record that is still there."""
        return int(str(read_line(self.whole[0].split(b"\n")[0])["id"]).partition(":")[2])

    def number(self, segment: int, line: int) -> int:
        """The number of a record, by its segment and its line there."""
        return int(str(read_line(self.lines(segment)[line])["id"]).partition(":")[2])

    def lines(self, segment: int) -> list[bytes]:
        return self.whole[segment].splitlines()

    def lies(self, segments: list[bytes | None]) -> ChainReport:
        """What is said of the log when this lies on the disk; then it is as it was again."""
        try:
            for path, data in zip(self.paths, segments, strict=True):
                if data is None:
                    path.unlink()
                else:
                    path.write_bytes(data)
            return self.archive.report(self.left)
        finally:
            for path, data in zip(self.paths, self.whole, strict=True):
                path.write_bytes(data)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    archive = Archive(tmp_path_factory.mktemp("sealed"), keep=f"{KEPT} days")
    for _ in range(DAYS):
        archive.log.note(ALICE, times=A_DAY)
        archive.log.note(BOB, times=A_DAY)
        archive.log.next_day()
    assert archive.look() == DAYS - KEPT
    left = archive.anchored()
    archive.log.spool.close()
    archive.own.close()
    folder = archive.folder / "audit" / "gateway"
    paths = sorted(folder.glob("*.jsonl"), key=lambda path: (path.name.count(".") < 2, path.name))
    return Sealed(archive, left, paths, [path.read_bytes() for path in paths])


def test_the_untouched_log_holds_behind_its_signed_head(sealed: Sealed) -> None:
    report = sealed.lies(list(sealed.whole))
    assert report.holds, report.words
    assert report.removed == f"gateway:{sealed.first - 1}"
    assert report.anchored == sealed.left.heads["gateway"].last
    assert len(sealed.paths) == KEPT
    assert all(ALICE.encode() not in data for data in sealed.whole)


def numbers_in(words: str) -> set[int]:
    """The records and lines that a report names."""
    return {int(each) for each in re.findall(r"(?:gateway:|line )(\d+)", words)}


def found(sealed: Sealed, segments: list[bytes | None], number: int, behind: int = 1) -> None:
    """What lies there does not hold, and the record is named, or one within `behind` of it."""
    report = sealed.lies(segments)
    assert not report.holds, report.words
    near = set(range(number - 1, number + behind + 1))
    assert numbers_in(report.words) & near, (number, report.words)


CALM = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def places(sealed: Sealed, data: st.DataObject) -> tuple[int, int]:
    """A segment, and a line in it."""
    segment = data.draw(st.integers(0, len(sealed.paths) - 1))
    return segment, data.draw(st.integers(0, len(sealed.lines(segment)) - 1))


def with_lines(sealed: Sealed, segment: int, lines: list[bytes]) -> list[bytes | None]:
    """Everything as it is, but this segment has these lines."""
    segments: list[bytes | None] = [*sealed.whole]
    segments[segment] = b"".join(line + b"\n" for line in lines)
    return segments


@CALM
@given(data=st.data())
def test_a_changed_byte_in_any_segment_is_found(sealed: Sealed, data: st.DataObject) -> None:
    segment, line = places(sealed, data)
    lines = sealed.lines(segment)
    changed = bytearray(lines[line] + b"\n")
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    number = sealed.number(segment, line)
    segments: list[bytes | None] = [*sealed.whole]
    before, after = lines[:line], lines[line + 1 :]
    segments[segment] = (
        b"".join(each + b"\n" for each in before)
        + bytes(changed)
        + b"".join(each + b"\n" for each in after)
    )
    found(sealed, segments, number)


def test_every_byte_of_a_whole_segment_is_watched(sealed: Sealed) -> None:
    """Every place of one segment, with one other value each; other values are drawn above."""
    lines = sealed.lines(1)
    state = chain_before(sealed, 1)
    for number, line in enumerate(lines):
        for place, byte in enumerate(line):
            changed = line[:place] + bytes([byte ^ 1 << place % 8]) + line[place + 1 :]
            assert not goes_on([*changed.split(b"\n"), *lines[number + 1 : number + 2]], state), (
                place
            )
        (state,) = verify_lines([line], "gateway", state)


def chain_before(sealed: Sealed, segment: int) -> ChainState:
    """Where the chain stands before a segment."""
    head = sealed.archive.heads.heads()[-1].state
    states = [head]
    for index in range(segment):
        states += verify_lines(sealed.lines(index), "gateway", states[-1])
    return states[-1]


def goes_on(lines: list[bytes], state: ChainState) -> bool:
    try:
        return len(list(verify_lines(lines, "gateway", state))) == len(lines)
    except ValueError:
        return False


Tamper = Callable[[Sealed, st.DataObject], tuple[list[bytes | None], int]]


def removed(sealed: Sealed, data: st.DataObject) -> tuple[list[bytes | None], int]:
    segment, line = places(sealed, data)
    lines = sealed.lines(segment)
    return with_lines(sealed, segment, lines[:line] + lines[line + 1 :]), sealed.number(
        segment, line
    )


def twice(sealed: Sealed, data: st.DataObject) -> tuple[list[bytes | None], int]:
    segment, line = places(sealed, data)
    lines = sealed.lines(segment)
    more = [*lines[: line + 1], lines[line], *lines[line + 1 :]]
    return with_lines(sealed, segment, more), sealed.number(segment, line)


def swapped(sealed: Sealed, data: st.DataObject) -> tuple[list[bytes | None], int]:
    """Two records, of one segment or of two."""
    one, other = places(sealed, data), places(sealed, data)
    if one == other:
        other = (one[0], (one[1] + 1) % len(sealed.lines(one[0])))
    per = [sealed.lines(index) for index in range(len(sealed.paths))]
    per[one[0]][one[1]], per[other[0]][other[1]] = per[other[0]][other[1]], per[one[0]][one[1]]
    segments: list[bytes | None] = [b"".join(line + b"\n" for line in lines) for lines in per]
    return segments, sealed.number(*min(one, other))


def cut(sealed: Sealed, data: st.DataObject) -> tuple[list[bytes | None], int]:
    """The rest of a segment is missing, from any byte on, and what came after it stays or goes too."""
    segment, line = places(sealed, data)
    lines = sealed.lines(segment)
    kept = lines[line][: data.draw(st.integers(0, len(lines[line]) - 1))]
    segments: list[bytes | None] = [*sealed.whole]
    segments[segment] = b"".join(each + b"\n" for each in lines[:line]) + kept
    if data.draw(st.booleans()):
        segments[segment + 1 :] = [None] * (len(segments) - segment - 1)
    return segments, sealed.number(segment, line)


def forged(sealed: Sealed, data: st.DataObject) -> tuple[list[bytes | None], int]:
    """Written anew from some record on, by somebody who knows how chains are made."""
    segment, line = places(sealed, data)
    before = chain_before(sealed, segment)
    lines = sealed.lines(segment)
    states = [before, *verify_lines(lines[:line], "gateway", before)]
    entry = {name: value for name, value in read_line(lines[line]).items() if name != "hash"}
    other = chained(states[-1].head, {**entry, "at": 1.0})
    return with_lines(sealed, segment, [*lines[:line], canonical(other), *lines[line + 1 :]]), (
        sealed.number(segment, line)
    )


@pytest.mark.parametrize(
    "tamper", [removed, twice, swapped, cut, forged], ids=lambda one: one.__name__
)
def test_whatever_is_done_to_records_is_found_where_it_was_done(
    sealed: Sealed, tamper: Tamper
) -> None:
    @CALM
    @given(data=st.data())
    def every(data: Any) -> None:
        found(sealed, *tamper(sealed, data))

    every()


def test_a_segment_that_is_missing_is_found_at_its_first_record(sealed: Sealed) -> None:
    for segment in range(1, len(sealed.paths)):
        segments: list[bytes | None] = [*sealed.whole]
        segments[segment] = None
        found(sealed, segments, sealed.number(segment, 0))
    report = sealed.lies([None, *sealed.whole[1:]])
    assert not report.holds
    begins = len(sealed.whole[0]) + sealed.archive.heads.heads()[-1].end
    assert f"the log begins at byte {begins}, and nothing signed says" in report.words


def test_two_segments_that_changed_places_are_found_at_the_first(sealed: Sealed) -> None:
    for segment in range(len(sealed.paths) - 1):
        segments: list[bytes | None] = [*sealed.whole]
        segments[segment], segments[segment + 1] = segments[segment + 1], segments[segment]
        found(sealed, segments, sealed.number(segment, 0))


def test_a_log_that_was_removed_up_to_the_checkpoint_is_found(sealed: Sealed) -> None:
    report = sealed.lies([None] * len(sealed.paths))
    assert not report.holds, report.words
