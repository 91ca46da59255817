"""Records that may be removed, and what is left of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from vedette.protocol.internal.removed import RemovedHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One full segment of a log: from the byte `start` of the log to `end`; `newest` is its last time."""

    process: str
    start: int
    end: int
    newest: float


class RemovedHeads(Protocol):
    """The signed heads of segments that were removed."""

    def heads(self) -> Sequence[RemovedHead]:
        """Every head that holds, in the order in which they were kept. Raises Unavailable."""

    def keep(self, line: bytes) -> None:
        """Keep a signed head durably. Raises Unavailable."""


class RemovableRecords(Protocol):
    """Logs in segments."""

    def processes(self) -> tuple[str, ...]:
        """Every process that has a log."""

    def first_full(self, process: str) -> Piece | None:
        """The oldest segment of a log that is never written again and has others behind it."""

    def lines_of(self, piece: Piece) -> Iterator[bytes]:
        """Its lines. Raises RecordFault."""

    def remove(self, piece: Piece) -> None:
        """Remove it with its keys. Raises Unavailable."""
