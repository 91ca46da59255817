"""Reading files to which whole lines are appended, from a place in them on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vedette.core.record import RecordFault
from vedette.ports.errors import Unavailable


@dataclass(frozen=True, slots=True)
class LineFile:
    """The Lines in one file; a file that is not there has none."""

    path: Path

    def lines(self, offset: int = 0) -> Iterator[tuple[bytes, int]]:
        """The lines from `offset` on; a torn last line is left out. See the port."""
        try:
            with self.path.open("rb") as file:
                if file.seek(0, 2) < offset:
                    raise RecordFault(f"`{self.path.name}` is shorter than it was")
                file.seek(offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    offset += len(line)
                    yield line[:-1], offset
        except FileNotFoundError:
            if offset:
                raise RecordFault(f"`{self.path.name}` is gone") from None
        except OSError as fault:
            raise Unavailable(f"`{self.path}` can't be read: {fault}") from fault
