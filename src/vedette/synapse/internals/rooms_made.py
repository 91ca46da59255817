"""Rooms being made or replaced: judged whole, before anything of them exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synapse.api.room_versions import KNOWN_ROOM_VERSIONS

from vedette.synapse.answers import CLOSED, or_refuse, refuse
from vedette.synapse.internals.gate import RoomForm
from vedette.synapse.internals.wrapping import Place, original

if TYPE_CHECKING:
    from synapse.api.room_versions import RoomVersion
    from synapse.synapse_rust.types import Requester
    from synapse.types import StateMap

POWER_LEVELS = "m.room.power_levels"


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


def force_state(form: RoomForm, kind: str, content: dict[str, Any]) -> None:
    """Make the room begin with this state event, whatever its maker asked for in its place."""
    asked = form.body.get("initial_state")
    others = [
        each
        for each in (asked if isinstance(asked, list) else [])
        if not (isinstance(each, dict) and each.get("type") == kind and not each.get("state_key"))
    ]
    form.body["initial_state"] = [*others, {"type": kind, "state_key": "", "content": content}]


def force_history(form: RoomForm, visibility: str = "joined") -> None:
    """Let members read from this on: `joined`, `invited` or `shared`. Every preset says `shared`."""
    force_state(form, "m.room.history_visibility", {"history_visibility": visibility})


def force_encryption(form: RoomForm) -> None:
    """Make the room encrypted from its first message on."""
    force_state(form, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})


def force_no_guests(form: RoomForm) -> None:
    """Keep guests out, whom the private presets let in."""
    force_state(form, "m.room.guest_access", {"guest_access": "forbidden"})


def creators_are_above(version: str) -> bool:
    """Whether a room's maker has power that no power level holds (MSC4289; from version 12 on)."""
    known = KNOWN_ROOM_VERSIONS.get(version)
    return known is not None and known.msc4289_creator_power_enabled


def force_power(form: RoomForm, *, lowered: dict[str, int] | None = None) -> None:
    """Bound who has power from the start: its maker alone.

    State stays at 50, powers over the rules at 100; `lowered` names state event types that members
    may send (MatrixRTC membership). Invited people get none, neither as additional creators nor by
    the preset that says so; in rooms from version 12 on the maker may not be listed.
    """
    form.body["preset"] = _without_shared_power(form.body)
    creation = form.body.get("creation_content")
    if isinstance(creation, dict):
        creation.pop("additional_creators", None)
    asked = form.body.get("initial_state")
    if isinstance(asked, list):
        form.body["initial_state"] = [
            each
            for each in asked
            if not (isinstance(each, dict) and each.get("type") == POWER_LEVELS)
        ]
    above = creators_are_above(form.version)
    form.body["power_level_content_override"] = {
        "users": {} if above else {form.user: 100},
        "users_default": 0,
        "events_default": 0,
        "state_default": 50,
        "ban": 50,
        "kick": 50,
        "redact": 50,
        "invite": 0,
        "events": _event_powers(above=above) | (lowered or {}),
    }


def _without_shared_power(body: dict[str, Any]) -> str:
    """The preset without `trusted_private_chat`, which makes invited people as strong as the maker.

    A body without one gets what Synapse would take for its visibility.
    """
    asked = body.get("preset")
    if asked == "public_chat" or (asked is None and body.get("visibility") == "public"):
        return "public_chat"
    return "private_chat"


def _event_powers(*, above: bool) -> dict[str, int]:
    over_rules = (
        *(POWER_LEVELS, "m.room.history_visibility", "m.room.server_acl", "m.room.encryption"),
        *("m.room.join_rules", "m.room.guest_access"),
    )
    described = ("m.room.name", "m.room.topic", "m.room.avatar", "m.room.canonical_alias")
    return {
        **dict.fromkeys(over_rules, 100),
        **dict.fromkeys(described, 50),
        "m.room.tombstone": 150 if above else 100,
    }
