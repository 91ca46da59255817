"""A SIEM in memory: takes messages, and fails as a real one does when it is told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vedette.ports.errors import Unavailable
from vedette.ports.siem import Position


@dataclass(slots=True)
class MemoryReceiver:
    """The Receiver. `taken` is what it took, in order.

    `breaks_after` makes it break off behind so many messages of the next batch, without a receipt.
    """

    taken: list[bytes] = field(default_factory=list)
    breaks_after: int | None = None

    def deliver(self, messages: Sequence[bytes]) -> None:
        """Take all, or break off. Raises Unavailable."""
        if self.breaks_after is None:
            self.taken.extend(messages)
            return
        self.taken.extend(messages[: self.breaks_after])
        self.breaks_after = None
        raise Unavailable("the receiver broke off")


@dataclass(slots=True)
class MemoryPositions:
    """The Positions, as they would lie on disk."""

    kept: dict[str, Position] = field(default_factory=dict)

    def load(self) -> dict[str, Position]:
        """What was kept last."""
        return dict(self.kept)

    def keep(self, positions: Mapping[str, Position]) -> None:
        """Keep them."""
        self.kept = dict(positions)
