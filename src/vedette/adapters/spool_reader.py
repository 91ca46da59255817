"""Reads the audit spools of every process of one organisation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vedette.core.record import RecordFault

_LONGEST_RECORD = 1 << 20


@dataclass(frozen=True, slots=True)
class SpoolReader:
    """The Records below one folder: `<folder>/<process>/<process>.jsonl`."""

    folder: Path

    def processes(self) -> tuple[str, ...]:
        """Every process that has a spool."""
        found = self.folder.glob("*/*.jsonl")
        return tuple(sorted(path.stem for path in found if path.stem == path.parent.name))

    def end(self, process: str) -> int:
        """The offset behind the last whole line; 0 where there is none."""
        with self._path(process).open("rb") as spool:
            size = spool.seek(0, 2)
            start = max(0, size - _LONGEST_RECORD)
            spool.seek(start)
            return start + spool.read(_LONGEST_RECORD).rfind(b"\n") + 1 if size else 0

    def read(self, process: str, offset: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
        """The records from `offset` on; a torn last line is left out. Raises RecordFault."""
        for line, end in self.lines(process, offset):
            yield _record(line, process, end), end

    def lines(self, process: str, offset: int = 0) -> Iterator[tuple[bytes, int]]:
        """The lines from `offset` on; a torn last line is left out. Raises RecordFault."""
        with self._path(process).open("rb") as spool:
            if spool.seek(0, 2) < offset:
                raise RecordFault(f"the spool of `{process}` is shorter than it was")
            spool.seek(offset)
            for line in spool:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                yield line[:-1], offset

    def _path(self, process: str) -> Path:
        return self.folder / process / f"{process}.jsonl"


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
