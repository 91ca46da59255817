"""Keys of people's devices, as other servers ask for them: only those of whom they may know."""

from __future__ import annotations

from typing import Any

from synapse.logging.context import current_context

from vedette.synapse.internals.wrapping import Place, original, quietly

Query = list[tuple[str, str, str, int]]


async def may_pass(place: Place, server: str, people: frozenset[str]) -> frozenset[str]:
    """Of whom device keys may pass between this server and us; in doubt nobody."""
    nobody: frozenset[str] = frozenset()
    if not people:
        return nobody
    return people & await quietly(place, lambda: place.gate.device_keys(server, people), nobody)


def install_device_keys(place: Place) -> None:
    """Answer a server's query and its claim for those people only; others have no devices for it."""
    server = place.hs.get_federation_server()
    query = original(server, "on_query_client_keys", "origin", "content")
    claim = original(server, "on_claim_client_keys", "query", "always_include_fallback_keys")

    async def on_query_client_keys(origin: str, content: dict[str, Any]) -> Any:
        asked = content.get("device_keys")
        if isinstance(asked, dict):
            known = await may_pass(place, origin, frozenset(asked))
            kept = {user: devices for user, devices in asked.items() if user in known}
            content = {**content, "device_keys": kept}
        return await query(origin, content)

    async def on_claim_client_keys(query: Query, always_include_fallback_keys: bool) -> Any:
        request = current_context().request
        origin = request.requester if request is not None else None
        people = frozenset(user for user, _, _, _ in query)
        known = await may_pass(place, origin or "", people)
        kept = [each for each in query if each[0] in known]
        return await claim(kept, always_include_fallback_keys)

    server.on_query_client_keys = on_query_client_keys  # type: ignore[method-assign]
    server.on_claim_client_keys = on_claim_client_keys  # type: ignore[method-assign]


def close_device_keys(place: Place) -> None:
    """Let nobody elsewhere know any key."""

    async def no_keys(*_: object, **__: object) -> tuple[int, dict[str, Any]]:
        return 200, {"device_keys": {}}

    async def none_claimed(*_: object, **__: object) -> dict[str, Any]:
        return {"one_time_keys": {}}

    server = place.hs.get_federation_server()
    server.on_query_client_keys = no_keys  # type: ignore[method-assign]
    server.on_claim_client_keys = none_claimed  # type: ignore[method-assign]
