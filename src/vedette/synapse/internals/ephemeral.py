"""Typing, receipts, and the door for everything ephemeral that other servers send.

What is refused here is dropped without a word: a client would repeat what failed, and one error
fails another server's whole transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from vedette.synapse.internals.device_keys import may_pass
from vedette.synapse.internals.gate import Answer, Pass, RoomReader
from vedette.synapse.internals.wrapping import Place, original, quietly

if TYPE_CHECKING:
    from synapse.synapse_rust.types import Requester
    from synapse.types import UserID

Asker = Callable[[str, RoomReader], Awaitable[Answer]]
Content = dict[str, Any]

READ = "m.read"
READ_PRIVATE = "m.read.private"


async def may_show(place: Place, asker: Asker, user: str, room: str) -> bool:
    """Whether a yes came back for this person in this room."""
    none: Answer | None = None
    answer = await quietly(place, lambda: asker(user, place.rooms.reader(room)), none)
    return answer is Pass.PASS


def install_ephemeral_in(place: Place) -> None:
    """Thin out ephemeral messages of other servers to what may be shown; drop unknown types.

    What is decided about each type, `vedette.core.holding.EPHEMERAL` says for people to read.
    """
    registry = place.hs.get_federation_registry()
    handle = original(registry, "on_edu", "edu_type", "origin", "content")

    async def on_edu(edu_type: str, origin: str, content: Content) -> None:
        thin = THINNERS.get(edu_type)
        if thin is None:
            return
        nothing: Content | None = None
        kept = await quietly(place, lambda: thin(place, origin, content), nothing)
        if kept is not None:
            await handle(edu_type, origin, kept)

    registry.on_edu = on_edu  # type: ignore[method-assign]


async def typing_in(place: Place, origin: str, content: Content) -> Content | None:
    """A typing notice if it may be shown; the end of one always."""
    user, room = content["user_id"], content["room_id"]
    if user.partition(":")[2] != origin:
        return None
    if not content["typing"] or await may_show(place, place.gate.typing, user, room):
        return content
    return None


async def receipts_in(place: Place, origin: str, content: Content) -> Content | None:
    """The receipts of people who may show what they have read."""
    kept: Content = {}
    for room, by_type in content.items():
        people = {user for users in by_type.values() for user in users}
        ours_to_see = {
            user
            for user in people
            if user.partition(":")[2] == origin
            and await may_show(place, place.gate.receipt, user, room)
        }
        kept[room] = {
            kind: {user: said for user, said in users.items() if user in ours_to_see}
            for kind, users in by_type.items()
        }
    return kept if any(users for by in kept.values() for users in by.values()) else None


async def to_device_in(place: Place, origin: str, content: Content) -> Content | None:
    """The messages to people whose devices this sender may reach."""
    sender, kind, messages = content["sender"], content["type"], content["messages"]
    if sender.partition(":")[2] != origin:
        return None
    allowed = await place.gate.to_device(sender, kind, frozenset(messages))
    kept = {user: devices for user, devices in messages.items() if user in allowed}
    return {**content, "messages": kept} if kept else None


async def presence_in(place: Place, origin: str, content: Content) -> Content | None:
    """All of it: each reader is asked about when presence is read."""
    del place, origin
    return content


async def device_keys_in(place: Place, origin: str, content: Content) -> Content | None:
    """News of a person's device keys, where anything that needs them is allowed with that person."""
    user = content["user_id"]
    if user.partition(":")[2] != origin:
        return None
    return content if user in await may_pass(place, origin, frozenset({user})) else None


Thinner = Callable[[Place, str, Content], Awaitable[Content | None]]
THINNERS: dict[str, Thinner] = {
    "m.device_list_update": device_keys_in,
    "m.direct_to_device": to_device_in,
    "m.presence": presence_in,
    "m.receipt": receipts_in,
    "m.signing_key_update": device_keys_in,
    "m.typing": typing_in,
    "org.matrix.signing_key_update": device_keys_in,
}
"""What is decided about each type; every other type is dropped."""


def install_typing(place: Place) -> None:
    """Drop the typing notices of our people that not everyone in the room may see."""
    handler = place.hs.get_typing_handler()
    start = original(handler, "started_typing", "target_user", "requester", "room_id", "timeout")

    async def started_typing(
        target_user: UserID,
        requester: Requester,
        room_id: str,
        timeout: int,  # noqa: ASYNC109  # Synapse's signature
    ) -> None:
        if await may_show(place, place.gate.typing, target_user.to_string(), room_id):
            await start(target_user, requester, room_id, timeout)

    setattr(handler, "started_typing", started_typing)  # noqa: B010  # on the writer's class only


def install_receipts(place: Place) -> None:
    """Make a receipt that not everyone may see a private one, so that one's own counts stay true."""
    handler = place.hs.get_receipts_handler()
    receive = original(
        handler, "received_client_receipt", "room_id", "receipt_type", "user_id", "event_id",
        "thread_id",
    )  # fmt: skip

    async def received_client_receipt(
        room_id: str, receipt_type: str, user_id: UserID, event_id: str, thread_id: str | None
    ) -> None:
        kind = receipt_type
        if kind == READ and not await may_show(
            place, place.gate.receipt, user_id.to_string(), room_id
        ):
            kind = READ_PRIVATE
        await receive(room_id, kind, user_id, event_id, thread_id)

    handler.received_client_receipt = received_client_receipt  # type: ignore[method-assign]


def install_to_device(place: Place) -> None:
    """Drop to-device messages of our people to those whose devices they may not reach."""
    handler = place.hs.get_device_message_handler()
    send = original(handler, "send_device_message", "requester", "message_type", "messages")

    async def send_device_message(
        requester: Requester, message_type: str, messages: dict[str, Any]
    ) -> None:
        sender = requester.user.to_string()
        readers = frozenset(messages) - {sender}
        nobody: frozenset[str] = frozenset()
        allowed = await quietly(
            place, lambda: place.gate.to_device(sender, message_type, readers), nobody
        )
        kept = {user: said for user, said in messages.items() if user in allowed | {sender}}
        if kept:
            await send(requester, message_type, kept)

    handler.send_device_message = send_device_message  # type: ignore[method-assign]
