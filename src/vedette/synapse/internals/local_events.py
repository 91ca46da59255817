"""Events that we make or sign: judged before they exist, without a room's whole state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.synapse.answers import CLOSED, event_allowed, refuse
from vedette.synapse.internals.views import view
from vedette.synapse.internals.wrapping import Place, original

if TYPE_CHECKING:
    from synapse.events import EventBase
    from synapse.events.snapshot import UnpersistedEventContextBase
    from synapse.types import StateMap


def install_local_events(place: Place) -> None:
    """Replace `check_event_allowed`, which loads the whole state for every event it is asked about.

    Modules that registered it in the plain way are no longer asked.
    """
    rules = place.hs.get_module_api_callbacks().third_party_event_rules
    original(rules, "check_event_allowed", "event", "context")

    async def check_event_allowed(
        event: EventBase, context: UnpersistedEventContextBase
    ) -> tuple[bool, dict[str, Any] | None]:
        template = not place.hs.is_mine_id(event.sender)
        asked = view(event, template=template, being_made=place.rooms.being_made)
        answer = await place.gate.local_event(asked, place.rooms.reader(event.room_id, context))
        return event_allowed(answer)

    rules.check_event_allowed = check_event_allowed  # type: ignore[method-assign]


def close_local_events(place: Place) -> None:
    """Refuse every event that we would make or sign."""

    async def refused(
        _event: EventBase, _state: StateMap[EventBase]
    ) -> tuple[bool, dict[str, Any] | None]:
        refuse(CLOSED)

    place.hs.get_module_api().register_third_party_rules_callbacks(check_event_allowed=refused)
