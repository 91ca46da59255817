"""The doors to which control sends its signed streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from vedette.protocol.internal.streams import Stream


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a door says of one stream: the number in force there, and what it refused and why."""

    number: int
    refused: str | None


class Doors(Protocol):
    """Carries parts to every door and brings their acknowledgements back."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every door that receives streams."""

    def takes(self, door: str, stream: Stream) -> bool:
        """Whether the door is sent this stream: each only what it needs."""

    def deliver(self, door: str, stream: Stream, data: bytes) -> None:
        """Hand a part over, replacing the one before.

        Raises:
            Unavailable: the door's folder can't be written; the door keeps its last good part.
        """

    def closed(self, door: str) -> tuple[str, ...]:
        """What the door has shut by itself, in words; empty when nothing, or it never ran."""

    def acknowledged(self, door: str) -> Mapping[Stream, Acknowledged]:
        """What the door last acknowledged; empty when it never did. Never raises."""
