"""Reading back what the processes recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol


class Records(Protocol):
    """Every process's chain of records, as it lies on disk."""

    def processes(self) -> tuple[str, ...]:
        """The processes that ever recorded anything, alphabetical."""

    def end(self, process: str) -> int:
        """The byte offset behind the last whole record that a process has written so far."""

    def read(self, process: str, offset: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
        """The records of one process from a byte offset on, each with the offset behind it.

        A last record that is still being written is left out.

        Raises:
            RecordFault: a line is not a record, or the file is shorter than `offset`.
        """

    def lines(self, process: str, offset: int = 0) -> Iterator[tuple[bytes, int]]:
        """The same as bytes, each without its newline, whatever they are.

        Raises:
            RecordFault: the file is shorter than `offset`.
        """
