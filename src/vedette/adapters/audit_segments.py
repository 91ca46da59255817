"""Where the log of one process lies: in segments, each a file, with a file of keys beside it.

    <folder>/<process>.jsonl                  the segment that is written
    <folder>/<process>.<start>.jsonl          one that is full or of an earlier day, never written again
    <folder>/<process>.<start>.keys           its keys, from the beginning on

`start` is the place of a segment's first byte in the whole log, in 16 digits, and stays what it was when
earlier segments are removed. A segment's first record says it as its `offset`; one that says none is
the first. When keys were erased, `<process>.erased` is written to, so that the door looks for them.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.core.record import RecordFault

OFFSET = "offset"
"""Where a segment's first record says where the segment begins."""
LONGEST_RECORD = 1 << 20
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a log: from the byte `start` of the log to the byte `end`. `inode` is its file's."""

    path: Path
    process: str
    start: int
    end: int
    inode: int
    full: bool

    @property
    def keys(self) -> Path:
        """Its file of keys; it need not be there."""
        return keys_path(self.path.parent, self.process, self.start)


def current_path(folder: Path, process: str) -> Path:
    """The segment that is written."""
    return folder / f"{process}.jsonl"


def full_path(folder: Path, process: str, start: int) -> Path:
    """A segment that is never written again."""
    return folder / f"{process}.{start:016}.jsonl"


def keys_path(folder: Path, process: str, start: int) -> Path:
    """The keys of a segment."""
    return folder / f"{process}.{start:016}.keys"


def erased_path(folder: Path, process: str) -> Path:
    """What changes whenever keys of this process were erased."""
    return folder / f"{process}.erased"


def processes(folder: Path) -> tuple[str, ...]:
    """Every process with a log below `folder`, alphabetical."""
    found = set()
    for path in folder.glob("*/*.jsonl"):
        process = path.parent.name
        if path.name == f"{process}.jsonl" or _start_of(path, process) is not None:
            found.add(process)
    return tuple(sorted(found))


def segments(folder: Path, process: str) -> list[Segment]:
    """The segments of one log, in order. Raises RecordFault and OSError."""
    for _ in range(_TRIES):
        current = _current(folder, process)
        full = _full(folder, process)
        if current is None:
            return full
        if current.start < 0:
            begin = full[-1].end if full else 0
            current = replace(current, start=begin, end=begin + current.end)
        if not full or full[-1].start < current.start:
            return [*full, current]
        # It was ended between the two looks, and stands among the full ones by now.
    raise RecordFault(f"two segments of `{process}` say that they begin at the same place")


def _full(folder: Path, process: str) -> list[Segment]:
    found = []
    for path in folder.glob(f"{process}.*.jsonl"):
        start = _start_of(path, process)
        if start is None:
            continue
        with suppress(FileNotFoundError):  # its time was over, just now
            seen = path.stat()
            end = start + seen.st_size
            found.append(Segment(path, process, start, end, seen.st_ino, full=True))
    return sorted(found, key=lambda segment: segment.start)


def _start_of(path: Path, process: str) -> int | None:
    found = re.fullmatch(re.escape(process) + r"\.([0-9]{16})\.jsonl", path.name)
    return int(found[1]) if found else None


def _current(folder: Path, process: str) -> Segment | None:
    path = current_path(folder, process)
    try:
        with path.open("rb") as file:
            first = file.readline(LONGEST_RECORD)
            seen = os.fstat(file.fileno())
    except FileNotFoundError:
        return None
    if not first.endswith(b"\n"):  # its first record is being written
        return Segment(path, process, -1, seen.st_size, seen.st_ino, full=False)
    start = start_said(first)
    return Segment(path, process, start, start + seen.st_size, seen.st_ino, full=False)


def start_said(first: bytes) -> int:
    """Where a segment begins by its first line; 0 where that says nothing of it."""
    try:
        start = json.loads(first)[OFFSET]
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0
    return start if isinstance(start, int) and start >= 0 else 0
