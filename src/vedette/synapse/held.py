"""What is held is asked about again until it is released or refused.

The list is Synapse's own table, so nothing that was accepted is forgotten by a process that ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.spine import Permit
from vedette.synapse.files import FileDoor, StillHeld
from vedette.synapse.internals.gate import Entering

ROUND_SECONDS = 2.0
_MOST_AT_ONCE = 100


class Holding(Protocol):
    """Where held files are."""

    async def held(self, most: int, skip: int) -> list[Entering]:
        """What is held, oldest first, without the first `skip`."""

    async def release(self, file: Entering) -> None:
        """Let one go."""

    async def refuse(self, file: Entering) -> None:
        """Keep one from everybody for good."""


async def release_file(permit: Permit, stored: Holding, file: Entering) -> None:
    """Let a held file go."""
    del permit  # being given one is the point
    await stored.release(file)


@dataclass(frozen=True, slots=True)
class HeldFiles:
    """Goes through what is held: once in every `ROUND_SECONDS`, for as long as Synapse runs."""

    door: FileDoor
    stored: Holding

    async def once(self) -> tuple[int, int]:
        """One round: how many were released or refused, and how many are still held.

        It ends early where the inspector does not answer: nothing could change then.
        """
        changed = left = 0
        while files := await self.stored.held(_MOST_AT_ONCE, left):
            for file in files:
                found = await self.door.again(file)
                if isinstance(found, StillHeld):
                    left += 1
                    if found.inspector_away:
                        return changed, left
                elif isinstance(found, Permit):
                    await release_file(found, self.stored, file)
                    self.door.released(file)
                    changed += 1
                else:
                    await self.stored.refuse(file)
                    self.door.refused(file, found)
                    changed += 1
        return changed, left
