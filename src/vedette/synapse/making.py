"""A room about to be made: what is wished, and the bounds within which it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vedette.core.names import InvalidName, UserId
from vedette.core.people import keeper_of
from vedette.core.reasons import Reason
from vedette.core.settings.document import RoomKind
from vedette.ports.policy import Policy
from vedette.protocol.matrix.events import Sort, classify
from vedette.protocol.matrix.room_form import Bounds, Encryption, bound, initial_state
from vedette.protocol.matrix.rooms import KIND_KEY, STATE_KEYS, encryption_fault
from vedette.spine import Permit
from vedette.synapse.gather import encryption_wanted, is_ours, kind_named
from vedette.synapse.internals.gate import RoomForm


@dataclass(frozen=True, slots=True)
class RoomWish:
    """What somebody wishes a room to be."""

    kind: str | None
    invited: frozenset[str]
    published: bool
    public: bool


def read_wish(body: Mapping[str, Any]) -> RoomWish | Reason:
    """Read the body of a createRoom request; a Reason where it can't be granted to anybody."""
    creation = body.get("creation_content") or {}
    invited = body.get("invite") or []
    if body.get("invite_3pid"):
        return Reason.NOT_SUPPORTED
    if not isinstance(creation, Mapping) or not isinstance(invited, list):
        return Reason.UNKNOWN_EVENT
    if creation.get("additional_creators"):
        return Reason.ROOM_POWER
    try:
        people = frozenset(str(UserId(str(user))) for user in invited)
    except InvalidName:
        return Reason.UNKNOWN_EVENT
    if not STATE_KEYS[Sort.CREATE].issuperset(creation) or not _first_state_is_known(body):
        return Reason.UNKNOWN_EVENT
    kind = creation.get(KIND_KEY)
    if kind is not None and not isinstance(kind, str):
        return Reason.ROOM_KIND
    published = body.get("visibility") == "public"
    return RoomWish(kind, people, published, _is_public(body, published))


def _first_state_is_known(body: Mapping[str, Any]) -> bool:
    """Whether the event door would let every first state event pass: afterwards it is too late."""
    asked = body.get("initial_state") or []
    return isinstance(asked, list) and all(
        isinstance(event, Mapping) and _is_known(event) for event in asked
    )


def _is_known(event: Mapping[str, Any]) -> bool:
    content = event.get("content")
    if not isinstance(content, Mapping) or not isinstance(event.get("type"), str):
        return False
    sort = classify(event["type"], content, is_state=True).sort
    if sort in (Sort.CONTENT, Sort.TAKES_AWAY):
        return True
    if sort is Sort.ENCRYPTION and encryption_fault(content) is not None:
        return False
    keys = STATE_KEYS.get(sort)
    return keys is not None and keys.issuperset(content) and not event.get("state_key")


def _is_public(body: Mapping[str, Any], published: bool) -> bool:
    preset = body.get("preset", "public_chat" if published else "private_chat")
    rules = initial_state(body, "m.room.join_rules")
    return preset == "public_chat" or rules.get("join_rule") == "public"


def shape_room(permit: Permit, form: RoomForm, policy: Policy, wish: RoomWish) -> None:
    """Change the body of `form` in place so that the room is made as the settings demand.

    A public room stays here: another server could let people in without asking us.
    """
    del permit  # being given one is the point
    directory = policy.directory
    kind = kind_named(directory, wish.kind)
    remote = any(not is_ours(directory, user) for user in wish.invited)
    bounds = Bounds(
        history=kind.history if kind and not remote else "joined",
        encryption=_encryption(policy, kind),
        federates=not wish.public,
        ours=lambda user: is_ours(directory, user),
        maker=form.user,
        version=form.version,
        keeper=keeper_of(directory.domain),
    )
    bound(form.body, bounds)


def _encryption(policy: Policy, kind: RoomKind | None) -> Encryption:
    match encryption_wanted(policy.directory, kind):
        case "required":
            return Encryption.FORCED
        case "never":
            return Encryption.NEVER
        case _:
            return Encryption.AS_ASKED
