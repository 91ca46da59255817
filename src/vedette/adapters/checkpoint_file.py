"""Signed checkpoints in one file, a line each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vedette.ports.errors import Unavailable

_LONGEST = 1 << 20
"""More than any line has."""


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """The Checkpoints in `path`."""

    path: Path

    def append(self, line: bytes) -> None:
        """Append one line and sync it. Raises Unavailable."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                # A line torn by a crash is closed first, so that this one stands by itself.
                if file.tell() and not self._ends_whole():
                    file.write(b"\n")
                file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise Unavailable(f"the checkpoint could not be kept: {fault}") from fault

    def last(self) -> bytes | None:
        """The last whole line. Raises Unavailable."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST))
                data = file.read()
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise Unavailable(f"the checkpoints can't be read: {fault}") from fault
        return data[: data.rfind(b"\n") + 1].rstrip(b"\n").rpartition(b"\n")[2] or None

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
