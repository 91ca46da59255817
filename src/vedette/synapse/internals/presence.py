"""Presence: who is there, thinned out for each reader and each server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synapse.api.presence import UserPresenceState
from synapse.logging.context import current_context

from vedette.synapse.internals.gate import Glance
from vedette.synapse.internals.wrapping import Place, original, quietly

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.types import UserID

States = list[UserPresenceState]


async def allowed(place: Place, glances: frozenset[Glance]) -> frozenset[Glance]:
    """Which of these may be; everyone sees himself."""
    own = frozenset(glance for glance in glances if glance.sender == glance.reader)
    others = glances - own
    if not others:
        return own
    nothing: frozenset[Glance] = frozenset()
    return own | (await quietly(place, lambda: place.gate.presence(others), nothing) & others)


async def seen_by(place: Place, reader: str, people: Iterable[str]) -> frozenset[str]:
    """Which of these people's presence the reader may see."""
    glances = frozenset(Glance(person, reader) for person in people)
    return frozenset(glance.sender for glance in await allowed(place, glances))


def install_presence_read(place: Place) -> None:
    """Thin out what each of our people sees of others, on every way that Synapse reads presence."""
    source = place.hs.get_event_sources().sources.presence
    handler = place.hs.get_presence_handler()
    new_events = original(
        source,
        "get_new_events",
        *("user", "from_key", "limit", "room_ids", "is_guest", "explicit_room_id"),
        *("include_offline", "service"),
    )
    states_of = original(handler, "get_states", "target_user_ids")
    visible = original(handler, "is_visible", "observed_user", "observer_user")

    async def get_new_events(user: UserID, *rest: Any, **named: Any) -> tuple[States, int]:
        states, token = await new_events(user, *rest, **named)
        seen = await seen_by(place, user.to_string(), {state.user_id for state in states})
        return [state for state in states if state.user_id in seen], token

    async def get_states(target_user_ids: Iterable[str]) -> States:
        states = await states_of(target_user_ids)
        request = current_context().request
        if request is None:
            return list(states)
        people = {state.user_id for state in states}
        seen = (
            await seen_by(place, request.requester, people)
            if request.requester
            else people - people
        )
        return [
            state if state.user_id in seen else UserPresenceState.default(state.user_id)
            for state in states
        ]

    async def is_visible(observed_user: UserID, observer_user: UserID) -> bool:
        person = observed_user.to_string()
        shared = await visible(observed_user, observer_user)
        return bool(shared and await seen_by(place, observer_user.to_string(), {person}))

    setattr(source, "get_new_events", get_new_events)  # noqa: B010  # overloaded in its base class
    handler.get_states = get_states  # type: ignore[method-assign]
    handler.is_visible = is_visible  # type: ignore[method-assign]


def install_presence_out(place: Place) -> None:
    """Send a server only the presence of people whom all its people in their rooms may see.

    What a server is told, it may show to any of them.
    """
    sender = place.hs.get_federation_sender()
    send = original(sender, "send_presence_to_destinations", "states", "destinations")

    async def send_presence_to_destinations(
        states: Iterable[UserPresenceState], destinations: Iterable[str]
    ) -> None:
        for state in states:
            told = await _may_be_told(place, state.user_id, frozenset(destinations))
            if told:
                await send([state], told)

    sender.send_presence_to_destinations = send_presence_to_destinations  # type: ignore[method-assign]


async def _may_be_told(place: Place, person: str, servers: frozenset[str]) -> frozenset[str]:
    readers = await _readers(place, person, servers)
    everyone = frozenset().union(*readers.values()) if readers else frozenset()
    glances = await allowed(place, frozenset(Glance(person, reader) for reader in everyone))
    may = {glance.reader for glance in glances}
    return frozenset(server for server, people in readers.items() if people and people <= may)


async def _readers(place: Place, person: str, servers: frozenset[str]) -> dict[str, set[str]]:
    """The people of each server who share a room with this person."""
    store = place.rooms.store
    readers: dict[str, set[str]] = {server: set() for server in servers}
    for room in await store.get_rooms_for_user(person):
        for user in await store.get_users_in_room(room):
            server = user.partition(":")[2]
            if server in readers:
                readers[server].add(user)
    return readers
