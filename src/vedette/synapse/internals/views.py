"""Synapse's own events and requests as the plain data that a gate is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synapse.logging.context import current_context

from vedette.synapse.internals.gate import During, EventView

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from synapse.events import EventBase

WAYS = {
    "send": During.SEND,
    "send_join": During.JOIN,
    "send_knock": During.KNOCK,
    "send_leave": During.LEAVE,
    "invite": During.INVITE,
}
"""The federation endpoints with a body of events, by the word after the version."""

FEDERATION = ("_matrix", "federation")


def view(
    event: EventBase, *, template: bool = False, being_made: AbstractSet[str] = frozenset()
) -> EventView:
    """One event, with the device only where our own client said it."""
    inside = event.internal_metadata.get_dict()
    device = inside.get("device_id")
    return EventView(
        room=event.room_id,
        kind=event.type,
        sender=event.sender,
        state_key=event.get_state_key(),
        content=event.content,
        device=device if isinstance(device, str) else None,
        event_id=event.event_id,
        template=template,
        making=event.type == "m.room.create" or event.room_id in being_made,
        redacts=event.redacts,
    )


def way_in() -> tuple[During, str | None]:
    """How the event at hand came in, and from which server, by the request being served.

    Without a request (Synapse works off what it has stored, or fetches what it misses), or in a
    request of a client, it was fetched by us; from whom is not told.
    """
    request = current_context().request
    if request is None:
        return During.PULLED, None
    words = tuple(request.url.partition("?")[0].strip("/").split("/"))
    if (
        request.method != "PUT" or words[:2] != FEDERATION or len(words) < 4
    ):  # prefix, version, word
        return During.PULLED, None
    return WAYS.get(words[3], During.PULLED), request.requester
