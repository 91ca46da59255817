"""What the event door would ask of the rules if somebody did something in a room."""

from __future__ import annotations

from typing import Protocol

from vedette.protocol.internal.asked_rooms import Missing, RoomQuestion, Wondered


class AskedRooms(Protocol):
    """The rooms that the homeserver knows."""

    async def wonder(self, question: RoomQuestion) -> Wondered | Missing:
        """What would be asked and answered now; nothing is settled or remembered of it.

        Raises:
            Unavailable: the homeserver does not answer.
        """
