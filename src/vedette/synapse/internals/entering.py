"""Rooms of other servers: asked before anything leaves, and again when the answer is there.

`user_may_join_room` would do for people, but Synapse never asks it about its administrators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synapse.types import create_requester

from vedette.synapse.answers import CLOSED, or_refuse, refuse
from vedette.synapse.internals.gate import Answer, Pass
from vedette.synapse.internals.wrapping import Place, original, quietly

if TYPE_CHECKING:
    from synapse.synapse_rust.types import Requester
    from synapse.types import UserID

ENTERING = ("requester", "remote_room_hosts", "room_id", "user", "content")


def install_entering(place: Place) -> None:
    """Wrap joining and knocking at other servers."""
    members = place.hs.get_room_member_handler()
    join = original(members, "_remote_join", *ENTERING)
    knock = original(members, "remote_knock", *ENTERING)
    original(members, "update_membership_locked", *_LOCKED)

    async def ask(user: UserID, room: str, hosts: list[str], membership: str) -> None:
        person = user.to_string()
        answer = await place.gate.enter_elsewhere(person, room, frozenset(hosts), membership)
        or_refuse(answer)

    async def remote_join(
        requester: Requester, remote_room_hosts: list[str], room_id: str, user: UserID, content: Any
    ) -> Any:
        await ask(user, room_id, remote_room_hosts, "join")
        joined = await join(requester, remote_room_hosts, room_id, user, content)
        await _stay_or_leave(place, user, room_id)
        return joined

    async def remote_knock(
        requester: Requester, remote_room_hosts: list[str], room_id: str, user: UserID, content: Any
    ) -> Any:
        await ask(user, room_id, remote_room_hosts, "knock")
        return await knock(requester, remote_room_hosts, room_id, user, content)

    setattr(members, "_remote_join", remote_join)  # noqa: B010  # a private part
    members.remote_knock = remote_knock  # type: ignore[method-assign]


_LOCKED = (
    *("requester", "target", "room_id", "action", "txn_id", "remote_room_hosts"),
    *("third_party_signed", "ratelimit", "content", "new_room", "require_consent", "outlier"),
    *("prev_event_ids", "state_event_ids", "depth", "origin_server_ts", "prev_state_events"),
    "delay_id",
)


async def _stay_or_leave(place: Place, user: UserID, room_id: str) -> None:
    """Ask again with the room's members known; after a no, leave and tell the person.

    The room's lock is held by the join, so the leave goes in below it. While the room is loading,
    the servers are known, not the people: the question comes again once it has loaded.
    """
    person = user.to_string()
    reader = place.rooms.reader(room_id)
    answer = await place.gate.entered_elsewhere(person, reader)
    if answer is not Pass.PASS:
        requester = create_requester(user, authenticated_entity=place.hs.hostname)
        members = place.hs.get_room_member_handler()
        await members.update_membership_locked(requester, user, room_id, "leave", ratelimit=False)
        or_refuse(answer)
    if await reader.joined() is None:
        place.hs.run_as_background_process("vedette", _ask_when_loaded, place, user, room_id)


async def _ask_when_loaded(place: Place, user: UserID, room_id: str) -> None:
    await place.hs.get_storage_controllers().state.get_current_state_ids(room_id)
    person = user.to_string()
    none: Answer | None = None
    answer = await quietly(
        place, lambda: place.gate.entered_elsewhere(person, place.rooms.reader(room_id)), none
    )
    if answer is not Pass.PASS:
        requester = create_requester(user, authenticated_entity=place.hs.hostname)
        members = place.hs.get_room_member_handler()
        await members.update_membership(requester, user, room_id, "leave", ratelimit=False)


def close_entering(place: Place) -> None:
    """Let nobody join by the public hook; Synapse does not ask it about its administrators."""

    async def user_may_join_room(_user: str, _room: str, _is_invited: bool) -> Any:
        refuse(CLOSED)

    place.hs.get_module_api().register_spam_checker_callbacks(user_may_join_room=user_may_join_room)
