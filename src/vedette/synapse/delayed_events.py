"""Cancels what a device has set to be sent later, for the sign-in service that ended its session.

Synapse deletes devices without doing that by itself. No public path leads here: the gateway carries
nothing under `/_synapse/`.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from synapse.http.server import DirectServeJsonResource
from synapse.http.servlet import parse_json_object_from_request

if TYPE_CHECKING:
    from synapse.http.site import SynapseRequest

PATH = "/_synapse/vedette/delayed-events"

Cancel = Callable[[str, str], Awaitable[int]]
"""Cancels by the person's localpart and the device's id; says how many there were."""


class DelayedEvents(DirectServeJsonResource):
    """Answers `POST <PATH>` with `{localpart, device_id}` by `{cancelled}`."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, secret: bytes, cancel: Cancel) -> None:
        """Serve whoever shows `secret` as a bearer token."""
        super().__init__()
        self._expected = b"Bearer " + secret
        self._cancel = cancel

    async def _async_render_POST(self, request: SynapseRequest) -> tuple[int, object]:  # noqa: N802
        shown = request.getHeader(b"Authorization")
        if shown is None or not hmac.compare_digest(shown, self._expected):
            return 403, {}
        body = parse_json_object_from_request(request)
        localpart, device = body.get("localpart"), body.get("device_id")
        if not isinstance(localpart, str) or not isinstance(device, str):
            return 400, {}
        return 200, {"cancelled": await self._cancel(localpart, device)}
