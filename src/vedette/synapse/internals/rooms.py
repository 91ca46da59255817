"""Room facts from Synapse's own caches, never from counting events and never a room's whole state.

What is read once stays until the room's current state changes. Synapse keeps the position of the
last such change per room in memory (`_curr_state_delta_stream_cache`), fed by everything that
changes state: events, state resolution, replication.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synapse.api.errors import NotFoundError, UnsupportedRoomVersionError
from synapse.types.state import StateFilter

if TYPE_CHECKING:
    from synapse.events.snapshot import UnpersistedEventContextBase
    from synapse.server import HomeServer
    from synapse.storage.controllers import StorageControllers

Key = tuple[str, str]
Content = Mapping[str, object]
Mark = tuple[int | None, int]
"""Changes whenever a room's current state may have changed."""

MEMBER = "m.room.member"
REMEMBERED_ROOMS = 10_000


@dataclass(slots=True)
class Remembered:
    """What is known of one room as long as its mark stays."""

    mark: Mark
    joined: frozenset[str] | None = None
    invited: frozenset[str] | None = None
    creator: str | None = None
    state: dict[Key, Content | None] = field(default_factory=dict)


@dataclass(slots=True)
class RoomFacts:
    """The facts of all rooms, and the rooms that are being made now."""

    store: Any  # a `DataStore`; Synapse types its cached methods by a plugin only
    controllers: StorageControllers
    being_made: set[str] = field(default_factory=set)
    remembered: OrderedDict[str, Remembered] = field(default_factory=OrderedDict)

    @classmethod
    def of(cls, hs: HomeServer) -> RoomFacts:
        """The facts that this Synapse knows."""
        return cls(hs.get_datastores().main, hs.get_storage_controllers())

    def mark(self, room: str) -> Mark:
        """Where the room's current state was last changed, as far as memory reaches."""
        changes = self.store._curr_state_delta_stream_cache  # noqa: SLF001
        return changes.get_max_pos_of_last_change(room), changes.get_earliest_known_position()

    def recall(self, room: str) -> Remembered:
        """What is still true of a room; nothing after a change of its state."""
        mark = self.mark(room)
        known = self.remembered.get(room)
        if known is None or known.mark[0] != mark[0] or (mark[0] is None and known.mark != mark):
            known = Remembered(mark)
            self.remembered[room] = known
            if len(self.remembered) > REMEMBERED_ROOMS:
                self.remembered.popitem(last=False)
        self.remembered.move_to_end(room)
        return known

    def reader(self, room: str, context: UnpersistedEventContextBase | None = None) -> CurrentRoom:
        """The reader for one question about one room."""
        return CurrentRoom(room, self, context)


@dataclass(frozen=True, slots=True)
class CurrentRoom:
    """`RoomReader` over current state; over an event's own state while the room is being made."""

    room: str
    facts: RoomFacts
    context: UnpersistedEventContextBase | None

    async def joined(self) -> frozenset[str] | None:
        """Everyone who is joined; None while the room is loading or if we are not in it."""
        known = self.facts.recall(self.room)
        if known.joined is None:
            if await self.facts.store.is_partial_state_room(self.room):
                return None
            known.joined = frozenset(await self.facts.store.get_users_in_room(self.room))
        return known.joined or await self._members("join")

    async def invited(self) -> frozenset[str] | None:
        """Everyone who is invited; None while the room is loading or if we are not in it."""
        known = self.facts.recall(self.room)
        if await self.joined() is None:
            return None
        if known.invited is None:
            known.invited = frozenset(await self.facts.store.get_invited_users_in_room(self.room))
        return known.invited

    async def servers(self) -> frozenset[str]:
        """The servers of its members, approximately while the room is loading."""
        state = self.facts.controllers.state
        return frozenset(
            await state.get_current_hosts_in_room_or_partial_state_approximation(self.room)
        )

    async def state(self, *keys: Key) -> Mapping[Key, Content] | None:
        """The contents of these state events; None if we know nothing of the room."""
        known = self.facts.recall(self.room)
        missing = [key for key in keys if key not in known.state]
        if missing:
            ids = await self.facts.store.get_partial_filtered_current_state_ids(
                self.room, StateFilter.from_types(missing)
            )
            found = await self._contents(ids)
            known.state.update({key: found.get(key) for key in missing})
        contents = {key: known.state.get(key) for key in keys}
        present = {key: content for key, content in contents.items() if content is not None}
        if present or await self._is_known():
            return present
        return await self._state_before(keys)

    async def version(self) -> str | None:
        """The room's version; None if we don't know the room."""
        try:
            return str((await self.facts.store.get_room_version(self.room)).identifier)
        except (NotFoundError, UnsupportedRoomVersionError):
            return None

    async def sender_of(self, event_id: str) -> str | None:
        """Who sent an event of this room; None if we don't have it here."""
        event = await self.facts.store.get_event(event_id, allow_none=True)
        return str(event.sender) if event is not None and event.room_id == self.room else None

    async def creator(self) -> str | None:
        """Who made the room; None if we don't know the room."""
        known = self.facts.recall(self.room)
        if known.creator is None:
            ids = await self.facts.store.get_partial_filtered_current_state_ids(
                self.room, StateFilter.from_types([("m.room.create", "")])
            )
            events = await self.facts.store.get_events(ids.values())
            known.creator = next((event.sender for event in events.values()), None)
        return known.creator

    async def _is_known(self) -> bool:
        return bool(await self.facts.store.get_users_in_room(self.room))

    async def _state_before(self, keys: tuple[Key, ...]) -> Mapping[Key, Content] | None:
        if self.context is None:
            return None
        ids = await self.context.get_prev_state_ids(StateFilter.from_types(keys))
        return await self._contents({key: ids[key] for key in keys if key in ids})

    async def _members(self, membership: str) -> frozenset[str] | None:
        """Members of a room whose first events are not stored yet; its maker comes first of all."""
        if self.context is None:
            return None
        ids = await self.context.get_prev_state_ids(StateFilter.from_types([(MEMBER, None)]))
        members = {key: event for key, event in ids.items() if key[0] == MEMBER}
        contents = await self._contents(members)
        return frozenset(
            user for (_, user), content in contents.items() if content["membership"] == membership
        )

    async def _contents(self, ids: Mapping[Key, str]) -> dict[Key, Content]:
        events = await self.facts.store.get_events(ids.values())
        return {key: events[event].content for key, event in ids.items() if event in events}
