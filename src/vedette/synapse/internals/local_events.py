"""Events that we make or sign: judged before they exist, without a room's whole state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.synapse.answers import CLOSED, event_allowed, or_refuse, refuse
from vedette.synapse.internals.gate import EventView, Refused
from vedette.synapse.internals.views import view
from vedette.synapse.internals.wrapping import Place, original

if TYPE_CHECKING:
    from synapse.events import EventBase
    from synapse.events.snapshot import UnpersistedEventContextBase
    from synapse.synapse_rust.types import Requester
    from synapse.types import StateMap

_CREATE = "m.room.create"
_CREATE_EVENT = (
    *("requester", "event_dict", "txn_id", "prev_event_ids", "auth_event_ids", "state_event_ids"),
    *("require_consent", "outlier", "depth", "state_map", "for_batch", "current_state_group"),
    *("prev_state_events", "delay_id"),
)
_NOT_AGAIN = Refused("a room is made once, by the request that makes rooms")


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


def install_second_beginnings(place: Place) -> None:
    """Refuse a room's first event where Synapse would break on it, before it asks anybody.

    It makes no such event itself: it looks for what only its own have, and answers others with 500.
    """
    creation = place.hs.get_event_creation_handler()
    create = original(creation, "create_event", *_CREATE_EVENT)

    async def create_event(
        requester: Requester, event_dict: dict[str, Any], *rest: Any, **named: Any
    ) -> Any:
        if event_dict["type"] == _CREATE and not _has_version(event_dict):
            asked = EventView(
                room=event_dict["room_id"],
                kind=_CREATE,
                sender=event_dict["sender"],
                state_key=event_dict.get("state_key"),
                content=event_dict["content"],
                device=requester.device_id,
            )
            or_refuse(await place.gate.local_event(asked, place.rooms.reader(asked.room)))
            refuse(_NOT_AGAIN)
        return await create(requester, event_dict, *rest, **named)

    creation.create_event = create_event  # type: ignore[method-assign]


def _has_version(event: dict[str, Any]) -> bool:
    return "state_key" in event and isinstance(event["content"].get("room_version"), str)


def leave_second_beginnings(_: Place) -> None:
    """Nothing needs closing: Synapse refuses them itself, though with an error that says nothing."""


def close_local_events(place: Place) -> None:
    """Refuse every event that we would make or sign."""

    async def refused(
        _event: EventBase, _state: StateMap[EventBase]
    ) -> tuple[bool, dict[str, Any] | None]:
        refuse(CLOSED)

    place.hs.get_module_api().register_third_party_rules_callbacks(check_event_allowed=refused)
