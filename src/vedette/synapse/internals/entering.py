"""Rooms of other servers: asked before anything leaves, and again when the answer is there.

`user_may_join_room` would do for people, but Synapse never asks it about its administrators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synapse.types import create_requester

from vedette.synapse.answers import CLOSED, or_refuse, refuse
from vedette.synapse.internals.gate import Pass
from vedette.synapse.internals.wrapping import Place, original

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
    _ask_for_whole_rooms(place)

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


def _ask_for_whole_rooms(place: Place) -> None:
    """Let a join's answer hold all members, never a part that is completed later.

    While a room is completed its members are unknown and every event of it in doubt; but Synapse
    completes it by fetching events, which would wait for the doubt to end.
    """
    client = place.hs.get_federation_client()
    send = original(client, "send_join", "destinations", "pdu", "room_version", "partial_state")

    async def send_join(destinations: Any, pdu: Any, room_version: Any, partial_state: bool) -> Any:
        del partial_state
        return await send(destinations, pdu, room_version, partial_state=False)

    client.send_join = send_join  # type: ignore[method-assign, assignment]


_LOCKED = (
    *("requester", "target", "room_id", "action", "txn_id", "remote_room_hosts"),
    *("third_party_signed", "ratelimit", "content", "new_room", "require_consent", "outlier"),
    *("prev_event_ids", "state_event_ids", "depth", "origin_server_ts", "prev_state_events"),
    "delay_id",
)


async def _stay_or_leave(place: Place, user: UserID, room_id: str) -> None:
    """Ask again with the room's members known; after a no, leave and tell the person.

    The room's lock is held by the join, so the leave goes in below it.
    """
    person = user.to_string()
    reader = place.rooms.reader(room_id)
    answer = await place.gate.entered_elsewhere(person, reader)
    if answer is not Pass.PASS:
        requester = create_requester(user, authenticated_entity=place.hs.hostname)
        members = place.hs.get_room_member_handler()
        await members.update_membership_locked(requester, user, room_id, "leave", ratelimit=False)
        or_refuse(answer)


def close_entering(place: Place) -> None:
    """Let nobody join by the public hook; Synapse does not ask it about its administrators."""

    async def user_may_join_room(_user: str, _room: str, _is_invited: bool) -> Any:
        refuse(CLOSED)

    place.hs.get_module_api().register_spam_checker_callbacks(user_may_join_room=user_may_join_room)
