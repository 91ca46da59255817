"""Reads the audit spools of every process of one organisation."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from vedette.adapters.audit_segments import (
    LONGEST_RECORD,
    Segment,
    current_path,
    full_path,
    keys_path,
    processes,
    segments,
)
from vedette.core.record import RecordFault
from vedette.ports.errors import Unavailable
from vedette.ports.removed import Piece

_SET_BACK = 3600.0
"""Seconds by which a clock may have been set back between two records."""

Opened = Callable[[Mapping[str, Any], Segment], dict[str, Any]]


def as_written(entry: Mapping[str, Any], segment: Segment) -> dict[str, Any]:
    """A record as it is."""
    del segment
    return dict(entry)


@dataclass(frozen=True, slots=True)
class SpoolReader:
    """The Records below one folder, each process's in `<folder>/<process>`.

    `opened` makes of a record of a segment what is read; lines are never changed.
    """

    folder: Path
    opened: Opened = as_written

    def processes(self) -> tuple[str, ...]:
        """Every process that has a spool."""
        return processes(self.folder)

    def begin(self, process: str) -> int:
        """The offset of the first record that was not removed; 0 where none ever was."""
        found = segments(self.folder / process, process)
        return found[0].start if found else 0

    def end(self, process: str) -> int:
        """The offset behind the last whole line; 0 where there is none."""
        found = segments(self.folder / process, process)
        if not found:
            raise FileNotFoundError(current_path(self.folder / process, process))
        last = found[-1]
        if last.full:
            return last.end
        with last.path.open("rb") as spool:
            size = spool.seek(0, 2)
            start = max(0, size - LONGEST_RECORD)
            spool.seek(start)
            whole = start + spool.read(LONGEST_RECORD).rfind(b"\n") + 1 if size else 0
        return last.start + whole

    def since(self, process: str, at: float) -> int:
        """The offset of the first segment with a record from `at` on; clocks may be set back an hour."""
        found = segments(self.folder / process, process)
        for segment in found:
            if not segment.full or _last_time(segment.path) >= at - _SET_BACK:
                return segment.start
        return found[-1].end if found else 0

    def read(self, process: str, offset: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
        """The records from `offset` on; a torn last line is left out. Raises RecordFault."""
        for segment, line, end in self.pieces(process, offset):
            yield self.opened(_record(line, process, end), segment), end

    def lines(self, process: str, offset: int = 0) -> Iterator[tuple[bytes, int]]:
        """The lines from `offset` on; a torn last line is left out. Raises RecordFault."""
        for _, line, end in self.pieces(process, offset):
            yield line, end

    def some(self, process: str, offsets: Iterable[int]) -> Iterator[dict[str, Any]]:
        """The records at these offsets. Raises RecordFault, and OSError where one is gone."""
        found = segments(self.folder / process, process)
        for offset in offsets:
            segment, line = _line_at(found, process, offset)
            if line is None:  # it was ended meanwhile
                found = segments(self.folder / process, process)
                segment, line = _line_at(found, process, offset)
            yield self.opened(_record(line or b"", process, offset), segment)

    def find(self, process: str, number: int) -> dict[str, Any] | None:
        """The record of this number, or None: numbers only grow, so a few lines are read."""
        before = None
        for segment in segments(self.folder / process, process):
            with segment.path.open("rb") as spool:
                first = spool.readline().rstrip(b"\n")
            if not first or _number(_record(first, process, segment.start)) > number:
                break
            before = segment
        if before is None:
            return None
        with before.path.open("rb") as spool:
            entry = _numbered(spool, process, number, before.end - before.start)
        return None if entry is None else self.opened(entry, before)

    def segments(self, process: str) -> list[Segment]:
        """Its segments, in order. Raises RecordFault and OSError."""
        return segments(self.folder / process, process)

    def first_full(self, process: str) -> Piece | None:
        """The oldest segment that is never written again and has others behind it."""
        found = self.segments(process)
        if len(found) < 2 or not found[0].full:
            return None
        first = found[0]
        newest = _last_time(first.path)
        return Piece(process=process, start=first.start, end=first.end, newest=newest)

    def lines_of(self, piece: Piece) -> Iterator[bytes]:
        """The lines of one segment. Raises RecordFault."""
        for line, end in self.lines(piece.process, piece.start):
            yield line
            if end >= piece.end:
                return

    def remove(self, piece: Piece) -> None:
        """Remove a segment, and its keys after it. Raises Unavailable."""
        folder = self.folder / piece.process
        try:
            full_path(folder, piece.process, piece.start).unlink(missing_ok=True)
            keys_path(folder, piece.process, piece.start).unlink(missing_ok=True)
        except OSError as fault:
            raise Unavailable(f"a segment could not be removed: {fault}") from fault

    def pieces(self, process: str, offset: int = 0) -> Iterator[tuple[Segment, bytes, int]]:
        """Each line from `offset` on with its segment and the offset behind it.

        A segment may be ended while it is read: it is looked for again by its new name.
        """
        at, moved = offset, True
        while moved:
            moved, before = False, None
            for segment in self._from(process, at):
                _join(before, segment)
                at, before = max(at, segment.start), segment
                with segment.path.open("rb") as spool:
                    if os.fstat(spool.fileno()).st_ino != segment.inode:
                        moved = True
                        break
                    spool.seek(at - segment.start)
                    for line in spool:
                        if not line.endswith(b"\n"):
                            _torn(segment)
                            return
                        at += len(line)
                        yield segment, line[:-1], at

    def _from(self, process: str, offset: int) -> list[Segment]:
        """The segments that hold what follows `offset`; those before it join one another.

        Whether the others do is looked at as they are read, so that a fault before a gap is told first.
        """
        found = segments(self.folder / process, process)
        if not found:
            raise FileNotFoundError(current_path(self.folder / process, process))
        if found[-1].end < offset:
            raise RecordFault(f"the spool of `{process}` is shorter than it was")
        if 0 < offset < found[0].start:
            raise RecordFault(
                f"the spool of `{process}` begins at byte {found[0].start} now, behind byte {offset}"
            )
        for one, other in itertools.pairwise(found):
            if one.end <= offset:
                _join(one, other)
        return [segment for segment in found if segment.end > offset]


def _last_time(path: Path) -> float:
    """The time of the last record in a file; of one that can't be read, never over."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - LONGEST_RECORD))
        try:
            return float(json.loads(file.read().rstrip(b"\n").rpartition(b"\n")[2])["at"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return float("inf")


def _numbered(spool: BinaryIO, process: str, number: int, size: int) -> dict[str, Any] | None:
    """The record of a number in one file, by halving."""
    low, high = 0, size  # it begins at `low` or behind, and before `high`
    while low < high:
        middle = (low + high) // 2
        spool.seek(max(low, middle - 1))
        if middle > low:
            spool.readline()  # what is left of the line before the first that begins here
        here = spool.tell()
        line = spool.readline() if here < high else b""
        if not line.endswith(b"\n"):
            if middle == low:
                return None
            high = middle
            continue
        entry = _record(line[:-1], process, here)
        found = _number(entry)
        if found == number:
            return entry
        low, high = (spool.tell(), high) if found < number else (low, middle)
    return None


def _number(entry: Mapping[str, Any]) -> int:
    number = str(entry.get("id")).rpartition(":")[2]
    return int(number) if number.isascii() and number.isdigit() else 0


def _line_at(found: list[Segment], process: str, offset: int) -> tuple[Segment, bytes | None]:
    """The line at a place, and its segment; None where the file is another one by now."""
    segment = next((each for each in reversed(found) if each.start <= offset), None)
    if segment is None:
        raise RecordFault(f"the record of `{process}` at byte {offset} was removed")
    with segment.path.open("rb") as spool:
        if os.fstat(spool.fileno()).st_ino != segment.inode:
            return segment, None
        spool.seek(offset - segment.start)
        return segment, spool.readline().rstrip(b"\n")


def _join(one: Segment | None, other: Segment) -> None:
    """Raises RecordFault where something is missing between two segments, or they overlap."""
    if one is not None and one.end != other.start:
        raise RecordFault(
            f"a segment of `{one.process}` is missing or has another length: one ends at byte {one.end} of"
            f" its log, and the next begins at byte {other.start}"
        )


def _torn(segment: Segment) -> None:
    """A line without its end is being written, or was when the machine stopped; not in a full one."""
    if segment.full:
        raise RecordFault(f"`{segment.path.name}` ends in the middle of a record")


def _record(line: bytes, process: str, offset: int) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise RecordFault(
            f"the spool of `{process}` has a line before byte {offset} that is not a record"
        ) from fault
    if not isinstance(entry, dict):
        raise RecordFault(
            f"the spool of `{process}` has a line before byte {offset} that is not a record"
        )
    return entry
