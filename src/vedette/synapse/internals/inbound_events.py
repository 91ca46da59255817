"""Events of other servers.

What is pushed in a transaction is acknowledged and lies in Synapse's staging table, on disk and in
order, before it is worked off room by room. It is judged there, as it is taken off: a held room is
simply not worked off, so nothing is lost, nothing is fetched again, and lifting the hold (or
Synapse's own look every minute) delivers all of it in order. Everything else is judged by
`check_event_for_spam`, where a hold waits.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from synapse.api.errors import SynapseError
from synapse.events.utils import prune_event
from synapse.logging.context import make_deferred_yieldable
from synapse.module_api import NOT_SPAM
from synapse.util.async_helpers import DeferredEvent

from vedette.synapse.answers import ANSWERED, CLOSED, spam
from vedette.synapse.internals.gate import Answer, During, Inward, Pass, Refused
from vedette.synapse.internals.views import view, way_in
from vedette.synapse.internals.wrapping import Place, original, quietly

if TYPE_CHECKING:
    from synapse.api.room_versions import RoomVersion
    from synapse.events import EventBase
    from synapse.storage.databases.main.lock import Lock

LOOK_SECONDS = 60
"""How often a hold is looked at by itself; Synapse looks at its staging table as often."""

Staged = tuple[str, "EventBase"]


async def judge(place: Place, event: EventBase, origin: str, during: During) -> Answer | Inward:
    """Ask the gate about one event of another server."""
    reader = place.rooms.reader(event.room_id)
    return await place.gate.inbound_event(view(event), origin, during, reader)


def emptied(event: EventBase) -> EventBase:
    """The event without content, marked so that nobody is shown it and it is never judged again."""
    empty = prune_event(event)
    empty.internal_metadata.soft_failed = True
    empty.internal_metadata.spam_checker_spammy = True
    return empty


async def decided(place: Place, event: EventBase, origin: str, during: During) -> Answer | Inward:
    """The gate's answer, waited for where the event was fetched by us and its answer is a hold.

    Leaving such an event out would harm more than itself: Synapse gives up completing a room that
    one of us has just joined, and the room answers nobody until the next start.
    """
    outcome = await judge(place, event, origin, during)
    while outcome is Inward.HOLD and during is During.PULLED:
        lifted = DeferredEvent(place.hs.get_clock())
        place.waiting.append(lifted)
        await lifted.wait(LOOK_SECONDS)
        if lifted in place.waiting:
            place.waiting.remove(lifted)
        outcome = await judge(place, event, origin, during)
    return outcome


async def judged(place: Place, staged: Staged) -> Staged | None:
    """What is to be worked off for a staged event; None if its room must wait."""
    origin, event = staged
    held: Answer | Inward = Inward.HOLD
    outcome = await quietly(place, lambda: judge(place, event, origin, During.SEND), held)
    if outcome is Pass.PASS:
        return staged
    if outcome is Inward.EMPTY or isinstance(outcome, Refused):
        return origin, emptied(event)
    return None


def install_staged_events(place: Place) -> None:
    """Judge what is taken off the staging table; never thin it out.

    Synapse prunes a room's queue when it grows past a hundred and relies on fetching the rest
    later; after a hold that would show as a gap.
    """
    server = place.hs.get_federation_server()
    store = place.hs.get_datastores().main
    work_off = original(
        server,
        "_process_incoming_pdus_in_room_inner",
        *("room_id", "room_version", "lock", "latest_origin", "latest_event"),
    )
    take = original(store, "get_next_staged_event_for_room", "room_id", "room_version")
    original(store, "prune_staged_events_in_room", "room_id", "room_version")
    original(server, "_handle_old_staged_events")

    async def next_staged(room_id: str, room_version: RoomVersion) -> Staged | None:
        staged = await take(room_id, room_version)
        return await judged(place, staged) if staged else None

    async def begin(
        room_id: str, version: RoomVersion, lock: Lock, origin: str | None, event: EventBase | None
    ) -> None:
        ready = await judged(place, (origin, event)) if origin and event else None
        # A background process of its own: it ends outside every logging context.
        await make_deferred_yieldable(work_off(room_id, version, lock, *(ready or (None, None))))

    def process(
        room_id: str,
        room_version: RoomVersion,
        lock: Lock,
        latest_origin: str | None = None,
        latest_event: EventBase | None = None,
    ) -> Any:
        return place.hs.run_as_background_process(
            "vedette", begin, room_id, room_version, lock, latest_origin, latest_event
        )

    async def prune(room_id: str, room_version: RoomVersion) -> bool:
        del room_id, room_version
        return False

    setattr(store, take.__name__, next_staged)
    store.prune_staged_events_in_room = prune  # type: ignore[method-assign]
    setattr(server, "_process_incoming_pdus_in_room_inner", process)  # noqa: B010  # a private part
    _judge_what_has_no_queue(place)


def _judge_what_has_no_queue(place: Place) -> None:
    async def check_event_for_spam(event: EventBase) -> Any:
        if place.hs.is_mine_id(event.sender):
            return NOT_SPAM
        during, origin = way_in()
        if during in (During.SEND, During.LEAVE):
            return NOT_SPAM
        named = origin or event.sender.partition(":")[2]
        return spam(await decided(place, event, named, during), during)

    place.hs.get_module_api().register_spam_checker_callbacks(
        check_event_for_spam=check_event_for_spam
    )


def close_staged_events(place: Place) -> None:
    """Take no event of another server: whole transactions wait with their senders, who retry.

    Should that part be gone too, `check_event_for_spam` keeps every event from being stored.
    """

    async def wait_outside(*_: object, **__: object) -> Any:
        raise SynapseError(HTTPStatus.SERVICE_UNAVAILABLE, CLOSED.sentence)

    async def check_event_for_spam(event: EventBase) -> Any:
        if place.hs.is_mine_id(event.sender):
            return NOT_SPAM
        return spam(CLOSED if way_in()[0] in ANSWERED else Inward.HOLD, way_in()[0])

    place.hs.get_federation_server().on_incoming_transaction = wait_outside  # type: ignore[method-assign]
    place.hs.get_module_api().register_spam_checker_callbacks(
        check_event_for_spam=check_event_for_spam
    )


def lift_holds(place: Place) -> None:
    """Look at once at everything that waits, instead of within a minute."""
    for lifted in tuple(place.waiting):
        lifted.set()
    place.hs.get_federation_server()._handle_old_staged_events()  # noqa: SLF001
