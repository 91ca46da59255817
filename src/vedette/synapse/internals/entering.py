"""Rooms of other servers: asked before anything leaves, and again when the answer is there.

`user_may_join_room` would do for people, but Synapse never asks it about its administrators.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from synapse.api.errors import RequestSendFailed, SynapseError
from synapse.util.duration import Duration

from vedette.synapse.answers import CLOSED, NOT_DECIDED, or_refuse, refuse
from vedette.synapse.internals.gate import Answer, Pass
from vedette.synapse.internals.join_answer import JoinAnswer
from vedette.synapse.internals.wrapping import Place, original

if TYPE_CHECKING:
    from synapse.synapse_rust.types import Requester
    from synapse.types import UserID

ENTERING = ("requester", "remote_room_hosts", "room_id", "user", "content")
_REJECT = ("target_hosts", "room_id", "user_id", "content")
_MAKE = ("target_hosts", "room_id", "user_id", "membership", "content", "params")
_PAUSES = (1, 5, 30, 120, 600, 3600)
"""Seconds between tries to leave a room that we did not want to be in."""
_LOG = logging.getLogger("vedette.entering")


def install_entering(place: Place) -> None:
    """Wrap joining and knocking at other servers."""
    members = place.hs.get_room_member_handler()
    join = original(members, "_remote_join", *ENTERING)
    knock = original(members, "remote_knock", *ENTERING)
    original(members, "_get_inviter", "user_id", "room_id")
    # its cache's wrapper hides its types
    is_host_joined: Any = place.hs.get_datastores().main.is_host_joined
    _judge_answers(place)

    async def ask(user: UserID, room: str, hosts: list[str], membership: str) -> None:
        person = user.to_string()
        inviter = await members._get_inviter(person, room)  # noqa: SLF001
        named = inviter.to_string() if inviter is not None else None
        answer = await place.gate.enter_elsewhere(person, room, frozenset(hosts), membership, named)
        or_refuse(answer)

    async def remote_join(
        requester: Requester, remote_room_hosts: list[str], room_id: str, user: UserID, content: Any
    ) -> Any:
        await ask(user, room_id, remote_room_hosts, "join")
        if await is_host_joined(room_id, place.hs.hostname):
            # Let in by another server into a room that we are in: its members are known already.
            reader = place.rooms.reader(room_id)
            or_refuse(await place.gate.entered_elsewhere(user.to_string(), reader))
        return await join(requester, remote_room_hosts, room_id, user, content)

    async def remote_knock(
        requester: Requester, remote_room_hosts: list[str], room_id: str, user: UserID, content: Any
    ) -> Any:
        await ask(user, room_id, remote_room_hosts, "knock")
        return await knock(requester, remote_room_hosts, room_id, user, content)

    setattr(members, "_remote_join", remote_join)  # noqa: B010  # a private part
    members.remote_knock = remote_knock  # type: ignore[method-assign]


def _judge_answers(place: Place) -> None:
    """Judge what a join is answered with, before any of it is stored: nobody has seen it then.

    The answer must hold all members, never a part that is completed later. While a room is
    completed its members are unknown and every event of it in doubt; but Synapse completes it by
    fetching events, which would wait for the doubt to end.
    """
    client = place.hs.get_federation_client()
    send = original(client, "send_join", "destinations", "pdu", "room_version", "partial_state")
    exchange = original(
        client, "_do_send_join", "room_version", "destination", "pdu", "omit_members"
    )
    original(client, "send_leave", "destinations", "pdu")
    handler = place.hs.get_federation_handler()
    original(handler, "do_remotely_reject_invite", *_REJECT)
    original(handler, "_make_and_verify_event", *_MAKE)

    said: dict[str, Any] = {}

    async def do_send_join(
        room_version: Any, destination: str, pdu: Any, omit_members: bool
    ) -> Any:
        """Keep what was said, before Synapse leaves out what it can't check."""
        response = await exchange(room_version, destination, pdu, omit_members)
        said[pdu.event_id] = response.state
        return response

    async def send_join(destinations: Any, pdu: Any, room_version: Any, partial_state: bool) -> Any:
        del partial_state
        hosts = list(destinations)
        verdict: Answer = NOT_DECIDED
        try:
            answer = await send(hosts, pdu, room_version, partial_state=False)
        except BaseException:
            said.pop(pdu.event_id, None)
            raise
        try:
            reader = JoinAnswer.of(pdu, answer, said.pop(pdu.event_id))
            verdict = await place.gate.entered_elsewhere(pdu.sender, reader)
        finally:
            if verdict is not Pass.PASS:
                _take_back(place, pdu.sender, pdu.room_id, hosts)
        or_refuse(verdict)
        return answer

    setattr(client, "_do_send_join", do_send_join)  # noqa: B010  # a private part
    client.send_join = send_join  # type: ignore[method-assign, assignment]


def _take_back(place: Place, user: str, room: str, hosts: list[str]) -> None:
    """Leave a room whose other servers took us in, and of which nothing is stored here.

    In the background, since the join holds the room's lock; tried again for a while, since others
    count us in until it succeeds.
    """

    async def leave() -> None:
        for pause in (*_PAUSES, None):
            try:
                await _leave(place, user, room, hosts)
            except (SynapseError, RequestSendFailed) as fault:
                _LOG.warning("`%s` could not leave `%s` yet: %s", user, room, fault)
            else:
                return
            if pause is not None:
                await place.hs.get_clock().sleep(Duration(seconds=pause))
        _LOG.error("`%s` could not leave `%s`: its servers count us in", user, room)

    place.hs.run_as_background_process("vedette_take_back", leave)


async def _leave(place: Place, user: str, room: str, hosts: list[str]) -> None:
    handler = place.hs.get_federation_handler()
    store = place.hs.get_datastores().main
    if await store.get_invite_for_local_user_in_room(user_id=user, room_id=room) is not None:
        await handler.do_remotely_reject_invite(hosts, room, user, {})  # the invitation goes, too
        return
    host, event, _ = await handler._make_and_verify_event(hosts, room, user, "leave", {})  # noqa: SLF001
    others = [each for each in hosts if each != host]
    await place.hs.get_federation_client().send_leave([host, *others], event)


def close_entering(place: Place) -> None:
    """Let nobody join by the public hook; Synapse does not ask it about its administrators."""

    async def user_may_join_room(_user: str, _room: str, _is_invited: bool) -> Any:
        refuse(CLOSED)

    place.hs.get_module_api().register_spam_checker_callbacks(user_may_join_room=user_may_join_room)
