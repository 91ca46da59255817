"""Rooms that exist, listed and put in order, by the account that is there for it.

The account is a member of no room. Where there is something to do, a moderator of the room here
invites it in the moderator's name, it comes, acts in its own name, and goes again. In rooms made
here it has its power from the beginning; in older ones an owner here gives it to it, in the owner's
name, if there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synapse.api.errors import AuthError, SynapseError
from synapse.types import UserID, create_requester

from vedette.protocol.matrix.rooms import MODERATOR, OWNER
from vedette.spine import Permit
from vedette.synapse.internals.gate import CanNot, RoomReader
from vedette.synapse.internals.rooms import RoomFacts

if TYPE_CHECKING:
    from synapse.server import HomeServer
    from synapse.storage.database import LoggingTransaction

POWER = ("m.room.power_levels", "")
CREATE = ("m.room.create", "")
_THERE = ("join", "invite", "knock")
_ABOVE_ALL = 1 << 53
_REMEMBERED = 50


@dataclass(slots=True)
class SynapseRooms:
    """`RoomsKept` over one Synapse. Its caches are its own and small, so that looking at every room
    puts none out of the event door's.
    """

    hs: HomeServer
    keeper: str
    _facts: RoomFacts = field(init=False)
    _ready: bool = False

    def __post_init__(self) -> None:
        """Begin with nothing remembered."""
        self._facts = RoomFacts.of(self.hs)

    async def ours(self) -> list[str]:
        """Every room in which one of us is joined, in the order of their ids."""

        def read(txn: LoggingTransaction) -> list[str]:
            txn.execute(
                "SELECT DISTINCT room_id FROM local_current_membership"
                " WHERE membership = 'join' AND user_id <> ?",
                (self.keeper,),
            )
            return sorted(str(room) for (room,) in txn)

        pool = self.hs.get_datastores().main.db_pool
        found: list[str] = await pool.runInteraction("vedette_rooms_of_ours", read)
        return found

    async def rooms_of(self, users: Collection[str]) -> list[tuple[str, str]]:
        """Each of these people with each room in which they are, or to which they are invited."""
        pool = self.hs.get_datastores().main.db_pool
        rows = await pool.simple_select_many_batch(
            table="local_current_membership",
            column="user_id",
            iterable=users,
            retcols=("user_id", "room_id", "membership"),
            desc="vedette_rooms_of",
        )
        return sorted((str(u), str(room)) for u, room, how in rows if how in _THERE)

    def reader(self, room: str) -> RoomReader:
        """The facts of one room as they are now."""
        if len(self._facts.remembered) > _REMEMBERED:
            self._facts.remembered.clear()
        return self._facts.reader(room)

    async def came(self, room: str) -> Mapping[str, int]:
        """In which order people first came, or were invited, as this server heard of it."""

        def read(txn: LoggingTransaction) -> dict[str, int]:
            txn.execute(
                "SELECT m.user_id, MIN(e.stream_ordering) FROM room_memberships AS m"
                " JOIN events AS e ON e.event_id = m.event_id"
                " WHERE m.room_id = ? AND m.membership IN ('join', 'invite') GROUP BY m.user_id",
                (room,),
            )
            return {str(user): int(order) for user, order in txn}

        pool = self.hs.get_datastores().main.db_pool
        found: dict[str, int] = await pool.runInteraction("vedette_came", read)
        return found

    async def enter(self, permit: Permit, room: str) -> None:
        """Let the keeper in, with power over everybody from elsewhere.

        Raises:
            CanNot: nobody here may let it in, or give it power.
        """
        del permit  # being given one is the point
        await self._account_exists()
        levels, doors = await self._levels(room), await self._openers(room)
        if not doors:
            raise CanNot("nobody here has power in the room")
        if _level(levels, self.keeper) < OWNER:
            await self._raise_keeper(room, levels, doors)
        opener = next((user for user, level in doors if level >= _needed(levels, "invite")), None)
        if opener is None:
            raise CanNot("nobody here may invite into the room")
        if self.keeper not in (await self._facts.reader(room).invited() or ()):
            await self._membership(opener, self.keeper, room, "invite")
        await self._membership(self.keeper, self.keeper, room, "join")

    async def withdraw(self, room: str) -> None:
        """Let the keeper go, if it is there."""
        reader = self._facts.reader(room)
        here = (await reader.joined() or frozenset()) | (await reader.invited() or frozenset())
        if self.keeper in here:
            await self._membership(self.keeper, self.keeper, room, "leave")

    async def remove(self, permit: Permit, room: str, user: str, reason: str) -> None:
        """Remove a member, or take back an invitation, in the keeper's name. Raises CanNot."""
        del permit
        await self._membership(self.keeper, user, room, "leave", reason)

    async def leave(self, permit: Permit, room: str, user: str, reason: str) -> None:
        """Let one of us leave a room elsewhere. Raises CanNot."""
        del permit
        await self._membership(user, user, room, "leave", reason)

    async def set_state(
        self, permit: Permit, room: str, kind: str, content: Mapping[str, object]
    ) -> None:
        """Set how the room is, in the keeper's name. Raises CanNot."""
        del permit
        await self._set(self.keeper, room, kind, content)

    async def _account_exists(self) -> None:
        api = self.hs.get_module_api()
        if not self._ready and await api.check_user_exists(self.keeper) is None:
            await api.register_user(UserID.from_string(self.keeper).localpart, "Vedette (rooms)")
        self._ready = True

    async def _levels(self, room: str) -> Mapping[str, Any]:
        found = await self._facts.reader(room).state(POWER)
        return (found or {}).get(POWER, {})

    async def _openers(self, room: str) -> list[tuple[str, int]]:
        """Our joined people with any power, the strongest first."""
        reader = self._facts.reader(room)
        levels = await self._levels(room)
        makers = await _makers(reader)
        found = [
            (user, _ABOVE_ALL if user in makers else _level(levels, user))
            for user in await reader.joined() or ()
            if self.hs.is_mine_id(user) and user != self.keeper
        ]
        return sorted(
            (each for each in found if each[1] >= MODERATOR), key=lambda each: (-each[1], each[0])
        )

    async def _raise_keeper(
        self, room: str, levels: Mapping[str, Any], openers: list[tuple[str, int]]
    ) -> None:
        owner, level = openers[0]
        if level < _needed_for_state(levels, POWER[0]):
            raise CanNot("nobody here may give power in the room")
        users = {**levels.get("users", {}), self.keeper: min(level, OWNER)}
        await self._set(owner, room, POWER[0], {**levels, "users": users})

    async def _membership(
        self, who: str, whom: str, room: str, membership: str, reason: str = ""
    ) -> None:
        requester = create_requester(who, authenticated_entity=self.hs.hostname)
        content = {"reason": reason} if reason else None
        handler = self.hs.get_room_member_handler()
        try:
            await handler.update_membership(
                requester,
                UserID.from_string(whom),
                room,
                membership,
                content=content,
                ratelimit=False,
                require_consent=False,
            )
        except (SynapseError, AuthError) as fault:
            raise CanNot(f"`{who}` could not set `{whom}` to {membership}: {fault}") from fault

    async def _set(self, who: str, room: str, kind: str, content: Mapping[str, object]) -> None:
        event = {"type": kind, "room_id": room, "sender": who, "state_key": ""}
        try:
            await self.hs.get_module_api().create_and_send_event_into_room(
                {**event, "content": dict(content)}
            )
        except (SynapseError, AuthError) as fault:
            raise CanNot(f"`{who}` could not set `{kind}`: {fault}") from fault


async def _makers(reader: RoomReader) -> frozenset[str]:
    """Who stands above all levels: the makers of a room of version 12 or later (MSC4289)."""
    version, creator = await reader.version(), await reader.creator()
    if version is None or not version.isdigit() or int(version) < 12 or creator is None:
        return frozenset()
    content = (await reader.state(CREATE) or {}).get(CREATE, {})
    more = content.get("additional_creators")
    return frozenset({creator, *(map(str, more) if isinstance(more, list | tuple) else ())})


def _level(levels: Mapping[str, Any], user: str) -> int:
    users = levels.get("users")
    found = users.get(user) if isinstance(users, Mapping) else None
    if isinstance(found, int):
        return found
    default = levels.get("users_default", 0)
    return default if isinstance(default, int) else 0


def _needed(levels: Mapping[str, Any], what: str) -> int:
    found = levels.get(what, 0 if what == "invite" else MODERATOR)
    return found if isinstance(found, int) else OWNER


def _needed_for_state(levels: Mapping[str, Any], kind: str) -> int:
    events = levels.get("events")
    found = events.get(kind) if isinstance(events, Mapping) else None
    return found if isinstance(found, int) else _needed(levels, "state_default")
