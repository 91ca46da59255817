"""The homeserver behind, over its Unix socket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from vedette.core.names import InvalidName, MediaId, ServerName, UserId
from vedette.ports.errors import Unavailable
from vedette.ports.homeserver import StoredFile

MEDIA_PATH = "/_synapse/vedette/media"
"""Where the module inside Synapse answers what it knows of a file."""

LOOKED_AT_PATH = "/_synapse/vedette/looked-at"
"""Where it has a file looked at."""

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_LOOKING = aiohttp.ClientTimeout(total=120)
"""To fetch a file from another server and to look at it takes its time."""


@dataclass(slots=True)
class SynapseInner:
    """The Homeserver port over Synapse's Unix socket."""

    socket: Path
    _session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def stored_file(self, server: ServerName, media: MediaId) -> StoredFile | None:
        """What the module knows of a file; asked each time, since it may be held. Raises Unavailable."""
        body = await self._ask(f"{MEDIA_PATH}/{quote(server, safe='')}/{media}")
        if body is None:
            return None
        owner, held = body.get("owner"), body.get("held")
        if not isinstance(held, bool):
            raise Unavailable("the homeserver did not say whether a file is held")
        named = None if owner is None else _user_named(owner)
        return StoredFile(named, body.get("type"), body.get("size"), held)

    async def have_looked_at(self, server: ServerName, media: MediaId) -> bool:
        """Have the module look at a file. Raises Unavailable."""
        path = f"{LOOKED_AT_PATH}/{quote(server, safe='')}/{media}"
        return await self._ask(path, "POST", _LOOKING) is not None

    async def _ask(
        self, path: str, method: str = "GET", limit: aiohttp.ClientTimeout = _TIMEOUT
    ) -> dict[str, Any] | None:
        """What Synapse answers; None for a 404.

        Raises:
            Unavailable: it does not answer, or something else.
        """
        if self._session is None:
            connector = aiohttp.UnixConnector(path=str(self.socket), limit=64)
            self._session = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT)
        try:
            url = URL(f"http://synapse{path}", encoded=True)
            async with self._session.request(method, url, timeout=limit) as answer:
                if answer.status == 404:  # what it says besides is for people
                    return None
                if answer.status != 200:
                    raise Unavailable(f"the homeserver answered `{path}` with {answer.status}")
                body = await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            raise Unavailable(f"the homeserver did not answer: {fault}") from fault
        if not isinstance(body, dict):
            raise Unavailable("the homeserver answered something else")
        return body


def _user_named(value: object) -> UserId:
    """The user whom an answer of the homeserver names. Raises Unavailable when it names none."""
    try:
        return UserId(str(value))
    except InvalidName as fault:
        raise Unavailable(f"the homeserver named no user: {fault}") from fault
