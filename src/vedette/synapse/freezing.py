"""A frozen room: who is in it may not be together any more, so nobody says anything in it.

Nothing is written into the room: it is frozen as long as the rules in force and its members say so,
at every event anew, and free again the moment they don't. Leaving, removing, taking back what was
said, and putting the room in order stay possible.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vedette.core.names import InvalidName, UserId
from vedette.ports.policy import Policy
from vedette.protocol.matrix.events import Sort, classify
from vedette.synapse.gather import Gathered, RoomFacts, RoomGather, act_of
from vedette.synapse.internals.gate import EventView, RoomReader
from vedette.synapse.standing import Fault, Frozen, freezes_at_all


@dataclass(frozen=True, slots=True)
class Freezing:
    """Finds what is said in frozen rooms."""

    rooms: RoomGather
    _frozen: Frozen = field(default_factory=Frozen)

    async def ask(self, policy: Policy, event: EventView, room: RoomReader) -> Gathered | None:
        """What refuses this event because its room is frozen; None where that is not so."""
        if not freezes_at_all(policy) or _is_service(policy, event.sender):
            return None
        found = classify(event.kind, event.content, is_state=event.state_key is not None)
        if found.sort is not Sort.CONTENT:
            return None
        facts = await self.rooms.room(policy.directory, room)
        fault = self.fault(policy, facts, event.room)
        if fault is None:
            return None
        if fault.ask is None:
            return fault.decision
        return replace(fault.ask, act=act_of(event), who=event.sender), fault.facts

    def fault(self, policy: Policy, facts: RoomFacts, room: str) -> Fault | None:
        """For what a room is frozen; None where it is not."""
        return self._frozen.fault(policy, facts, room) if freezes_at_all(policy) else None


def _is_service(policy: Policy, user: str) -> bool:
    try:
        return policy.directory.is_service(UserId(user))
    except InvalidName:
        return False
