"""What other servers learn of our people's devices by itself: changes that are sent, lists asked for.

What is left out of a transaction is not missed for good: the next change names the one before it,
and whoever has not heard of that asks for the whole list, which is decided again. Single keys are
asked for in `device_keys`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from synapse.api.errors import AuthError

from vedette.synapse.internals.device_keys import may_pass
from vedette.synapse.internals.wrapping import Place, original

Update = tuple[str, dict[str, Any]]


def install_key_updates(place: Place) -> None:
    """Leave changes of devices and signing keys out of what is sent to servers that may not know."""
    store = place.hs.get_datastores().main
    updates_of = original(
        store, "get_device_updates_by_remote", "destination", "from_stream_id", "limit"
    )

    async def get_device_updates_by_remote(
        destination: str, from_stream_id: int, limit: int
    ) -> tuple[int, list[Update]]:
        reached, updates = await updates_of(destination, from_stream_id, limit)
        people = frozenset(content["user_id"] for _, content in updates)
        known = await may_pass(place, destination, people)
        return reached, [each for each in updates if each[1]["user_id"] in known]

    store.get_device_updates_by_remote = get_device_updates_by_remote  # type: ignore[method-assign]


def close_key_updates(place: Place) -> None:
    """Tell nobody anything; Synapse takes it for sent."""
    store = place.hs.get_datastores().main

    async def get_device_updates_by_remote(*_: object, **__: object) -> tuple[int, list[Update]]:
        return store.get_device_stream_token().stream, []

    store.get_device_updates_by_remote = get_device_updates_by_remote  # type: ignore[method-assign]


def install_device_lists(place: Place) -> None:
    """Give a server the list of devices of those people only of whom it may know."""
    server = place.hs.get_federation_server()
    devices = original(server, "on_query_user_devices", "origin", "user_id")

    async def on_query_user_devices(origin: str, user_id: str) -> tuple[int, Any]:
        if user_id not in await may_pass(place, origin, frozenset({user_id})):
            raise AuthError(HTTPStatus.FORBIDDEN, "these devices are not shown to your server")
        told: tuple[int, Any] = await devices(origin, user_id)
        return told

    server.on_query_user_devices = on_query_user_devices  # type: ignore[method-assign]


def close_device_lists(place: Place) -> None:
    """Show nobody's."""

    async def on_query_user_devices(*_: object, **__: object) -> tuple[int, Any]:
        raise AuthError(HTTPStatus.FORBIDDEN, "devices are shown to nobody now")

    server = place.hs.get_federation_server()
    server.on_query_user_devices = on_query_user_devices  # type: ignore[method-assign]
