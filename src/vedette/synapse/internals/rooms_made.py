"""Rooms being made or replaced: judged whole, before anything of them exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.synapse.answers import CLOSED, or_refuse, refuse
from vedette.synapse.internals.gate import RoomForm
from vedette.synapse.internals.wrapping import Place, original

if TYPE_CHECKING:
    from synapse.api.room_versions import RoomVersion
    from synapse.synapse_rust.types import Requester
    from synapse.types import StateMap


def install_rooms_made(place: Place) -> None:
    """Judge createRoom by its public hook, and upgrades, which never ask that hook."""
    creation = place.hs.get_room_creation_handler()
    upgrade = original(
        creation,
        "upgrade_room",
        *("requester", "old_room_id", "new_version", "additional_creators"),
        *("auto_member", "ratelimit"),
    )
    first_events = original(
        creation,
        "_send_events_for_new_room",
        *("creator", "room_id", "room_version", "room_config", "invite_list", "initial_state"),
        *("creation_content", "room_alias", "power_level_content_override"),
        *("creator_join_profile", "ignore_forced_encryption", "creation_event_with_context"),
    )

    async def upgrade_room(
        requester: Requester, old_room_id: str, new_version: RoomVersion, *rest: Any, **named: Any
    ) -> Any:
        user = requester.user.to_string()
        reader = place.rooms.reader(old_room_id)
        or_refuse(await place.gate.upgrade_room(user, new_version.identifier, reader))
        return await upgrade(requester, old_room_id, new_version, *rest, **named)

    async def send_first_events(creator: Requester, room_id: str, *rest: Any, **named: Any) -> Any:
        place.rooms.being_made.add(room_id)
        try:
            return await first_events(creator, room_id, *rest, **named)
        finally:
            place.rooms.being_made.discard(room_id)

    creation.upgrade_room = upgrade_room  # type: ignore[method-assign]
    setattr(creation, "_send_events_for_new_room", send_first_events)  # noqa: B010  # a private part
    _judge_forms(place)


def _judge_forms(place: Place) -> None:
    default = place.hs.config.server.default_room_version.identifier

    async def on_create_room(requester: Requester, config: dict[str, Any], _admin: bool) -> None:
        form = RoomForm(
            user=requester.user.to_string(),
            device=requester.device_id,
            version=str(config.get("room_version", default)),
            body=config,
        )
        or_refuse(await place.gate.create_room(form))

    async def no_third_party_invites(_medium: str, _address: str, _state: StateMap[Any]) -> bool:
        return False

    place.hs.get_module_api().register_third_party_rules_callbacks(
        on_create_room=on_create_room, check_threepid_can_be_invited=no_third_party_invites
    )


def close_rooms_made(place: Place) -> None:
    """Let nobody make a room; the first event of an upgrade is refused as every local event."""

    async def refused(_requester: Requester, _config: dict[str, Any], _admin: bool) -> None:
        refuse(CLOSED)

    place.hs.get_module_api().register_third_party_rules_callbacks(on_create_room=refused)
