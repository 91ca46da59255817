"""Where records go that leave this machine, and how far they came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Receiver(Protocol):
    """A SIEM that takes messages and says so."""

    def deliver(self, messages: Sequence[bytes]) -> None:
        """Return once the receiver has confirmed that it took every one.

        Raises:
            Unavailable: it may have taken all, some or none; they must be sent again, marked.
        """


class Lines(Protocol):
    """Lines that are only ever added to, other than a process's records."""

    def lines(self, offset: int = 0) -> Iterator[tuple[bytes, int]]:
        """The whole lines from a byte offset on, each with the offset behind it.

        Raises:
            RecordFault: there is less than `offset`.
            Unavailable: they can't be read.
        """


@dataclass(frozen=True, slots=True)
class Position:
    """How far one chain came, in bytes: `taken` was confirmed, up to `tried` may have been sent."""

    taken: int = 0
    tried: int = 0


class Positions(Protocol):
    """The positions of all chains, kept over restarts."""

    def load(self) -> dict[str, Position]:
        """What was kept last; nothing before the first time. Raises Unavailable."""

    def keep(self, positions: Mapping[str, Position]) -> None:
        """Return once they are on disk. Raises Unavailable."""
