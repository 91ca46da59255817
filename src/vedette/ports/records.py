"""Reading back what the processes recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol


class Records(Protocol):
    """Every process's chain of records, as it lies on disk."""

    def processes(self) -> tuple[str, ...]:
        """The processes that ever recorded anything, alphabetical."""

    def begin(self, process: str) -> int:
        """The byte offset of the first record that was not removed; 0 where none ever was.

        Raises:
            RecordFault: two pieces of the log say the same of themselves.
        """

    def end(self, process: str) -> int:
        """The byte offset behind the last whole record that a process has written so far."""

    def since(self, process: str, at: float) -> int:
        """A byte offset before which nothing was recorded from `at` on, in seconds since 1970 UTC.

        Behind it there may be older records too.

        Raises:
            RecordFault: two pieces of the log say the same of themselves.
        """

    def read(self, process: str, offset: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
        """The records of one process from a byte offset on, each with the offset behind it.

        A last record that is still being written is left out.

        Raises:
            RecordFault: a line is not a record, or the file is shorter than `offset`.
        """

    def some(self, process: str, offsets: Iterable[int]) -> Iterator[dict[str, Any]]:
        """The records that begin at these offsets.

        Raises:
            RecordFault: there is none at one of them, or it was removed.
        """

    def find(self, process: str, number: int) -> dict[str, Any] | None:
        """The record of this number, or None.

        Raises:
            RecordFault: a line on the way to it is not a record.
        """

    def lines(self, process: str, offset: int = 0) -> Iterator[tuple[bytes, int]]:
        """The same as bytes, each without its newline, whatever they are.

        Raises:
            RecordFault: the file is shorter than `offset`.
        """
