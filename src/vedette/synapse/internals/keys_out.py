"""Keys of our people's devices: what other servers are told of them, and what they may ask for.

What is left out of a transaction is not missed for good: the next change names the one before it,
and whoever has not heard of that asks for the whole list, which is decided again.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from synapse.api.errors import AuthError
from synapse.logging.context import current_context

from vedette.synapse.internals.wrapping import Place, original, quietly

if TYPE_CHECKING:
    from collections.abc import Iterable

Update = tuple[str, dict[str, Any]]
Wish = tuple[str, str, str, int]
"""A one-time key that another server would like: user, device, algorithm, how many."""


async def shown_to(place: Place, people: Iterable[str], server: str) -> frozenset[str]:
    """Whose keys this server may learn; nobody's where that can't be told."""
    nobody: frozenset[str] = frozenset()
    asked = frozenset(people)
    if not asked or not server:
        return nobody
    return await quietly(place, lambda: place.gate.keys(asked, server), nobody)


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
        people = {content["user_id"] for _, content in updates}
        shown = await shown_to(place, people, destination)
        return reached, [each for each in updates if each[1]["user_id"] in shown]

    store.get_device_updates_by_remote = get_device_updates_by_remote  # type: ignore[method-assign]


def close_key_updates(place: Place) -> None:
    """Tell nobody anything; Synapse takes it for sent."""
    store = place.hs.get_datastores().main

    async def get_device_updates_by_remote(*_: object, **__: object) -> tuple[int, list[Update]]:
        return store.get_device_stream_token().stream, []

    store.get_device_updates_by_remote = get_device_updates_by_remote  # type: ignore[method-assign]


def install_key_answers(place: Place) -> None:
    """Answer questions for keys as if those who may not be shown had no devices."""
    server = place.hs.get_federation_server()
    query = original(server, "on_query_client_keys", "origin", "content")
    devices = original(server, "on_query_user_devices", "origin", "user_id")
    claim = original(server, "on_claim_client_keys", "query", "always_include_fallback_keys")

    async def on_query_client_keys(origin: str, content: dict[str, Any]) -> tuple[int, Any]:
        asked = content.get("device_keys")
        wanted: dict[str, Any] = asked if isinstance(asked, dict) else {}
        shown = await shown_to(place, wanted, origin)
        kept = {user: devices for user, devices in wanted.items() if user in shown}
        answered: tuple[int, Any] = await query(origin, {**content, "device_keys": kept})
        return answered

    async def on_query_user_devices(origin: str, user_id: str) -> tuple[int, Any]:
        if user_id not in await shown_to(place, (user_id,), origin):
            raise AuthError(HTTPStatus.FORBIDDEN, "these devices are not shown to your server")
        told: tuple[int, Any] = await devices(origin, user_id)
        return told

    async def on_claim_client_keys(
        query: list[Wish],
        always_include_fallback_keys: bool,  # Synapse's signature
    ) -> Any:
        request = current_context().request
        origin = request.requester if request is not None else None
        shown = await shown_to(place, {user for user, *_ in query}, origin or "")
        kept = [wish for wish in query if wish[0] in shown]
        return await claim(kept, always_include_fallback_keys)

    server.on_query_client_keys = on_query_client_keys  # type: ignore[method-assign]
    server.on_query_user_devices = on_query_user_devices  # type: ignore[method-assign]
    server.on_claim_client_keys = on_claim_client_keys  # type: ignore[method-assign]


def close_key_answers(place: Place) -> None:
    """Answer that nobody has any."""
    server = place.hs.get_federation_server()

    async def on_query_client_keys(*_: object, **__: object) -> tuple[int, Any]:
        return 200, {"device_keys": {}}

    async def on_query_user_devices(*_: object, **__: object) -> tuple[int, Any]:
        raise AuthError(HTTPStatus.FORBIDDEN, "devices are shown to nobody now")

    async def on_claim_client_keys(*_: object, **__: object) -> Any:
        return {}

    server.on_query_client_keys = on_query_client_keys  # type: ignore[method-assign]
    server.on_query_user_devices = on_query_user_devices  # type: ignore[method-assign]
    server.on_claim_client_keys = on_claim_client_keys  # type: ignore[method-assign]
