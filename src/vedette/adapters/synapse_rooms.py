"""Rooms at Synapse, about which control asks the event door over Synapse's own socket."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.adapters.synapse_questions import SynapseQuestions, answered
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.asked_rooms import (
    ABOUT,
    PATH,
    WONDER,
    AnswerFault,
    Missing,
    RoomQuestion,
    Wondered,
    missing_from_json,
    question_to_json,
    wondered_from_json,
)


@dataclass(frozen=True, slots=True)
class SynapseAskedRooms:
    """The AskedRooms port over the module inside Synapse."""

    synapse: SynapseQuestions

    async def wonder(self, question: RoomQuestion) -> Wondered | Missing:
        """What would be asked. Raises Unavailable."""
        status, told = await self.synapse.ask(ABOUT, PATH, WONDER, question_to_json(question))
        try:
            if status == 404:
                return missing_from_json(told)
            return wondered_from_json(answered(status, told))
        except AnswerFault as fault:
            raise Unavailable(f"Synapse answered something else: {fault}") from fault
