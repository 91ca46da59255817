"""The homeserver behind, over its Unix socket."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from vedette.core.names import InvalidName, MediaId, UserId
from vedette.ports.errors import Unavailable
from vedette.ports.homeserver import StoredFile

MEDIA_PATH = "/_synapse/vedette/media"
"""Where the module inside Synapse answers what it knows of a file."""

_REMEMBERED_SECONDS = 60.0
_MOST_REMEMBERED = 50_000
_K = TypeVar("_K")
_V = TypeVar("_V")
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(slots=True)
class SynapseInner:
    """The Homeserver port over Synapse's Unix socket.

    Whose a token is never changes while it lives, so answers are remembered for a minute; whether
    it still lives is checked by Synapse itself on every request that is carried to it.
    """

    socket: Path
    _session: aiohttp.ClientSession | None = None
    _owners: OrderedDict[bytes, tuple[float, UserId]] = field(default_factory=OrderedDict)
    _files: OrderedDict[str, StoredFile] = field(default_factory=OrderedDict)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def whose(self, token: str, address: str) -> UserId | None:
        """The person to whom the token belongs, by `/account/whoami`. Raises Unavailable."""
        key = hashlib.sha256(token.encode()).digest()
        remembered = self._owners.get(key)
        if remembered is not None and remembered[0] > time.monotonic():
            return remembered[1]
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        status, body = await self._get("/_matrix/client/v3/account/whoami", headers)
        if status in (401, 403):
            return None
        user = _user(body.get("user_id"))
        _remember(self._owners, key, (time.monotonic() + _REMEMBERED_SECONDS, user))
        return user

    async def stored_file(self, media: MediaId) -> StoredFile | None:
        """What the module knows of a file uploaded here. Raises Unavailable."""
        remembered = self._files.get(media)
        if remembered is not None:
            return remembered
        status, body = await self._get(f"{MEDIA_PATH}/{media}", {})
        if status == 404:
            return None
        found = StoredFile(_user(body.get("owner")), body.get("type"), body.get("size"))
        if found.size is not None:  # before the bytes have arrived, type and size may still change
            _remember(self._files, media, found)
        return found

    async def _get(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self._session is None:
            connector = aiohttp.UnixConnector(path=str(self.socket), limit=64)
            self._session = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT)
        try:
            async with self._session.get(f"http://synapse{path}", headers=headers) as answer:
                if answer.status in (401, 403, 404):
                    return answer.status, {}
                if answer.status != 200:
                    raise Unavailable(f"the homeserver answered `{path}` with {answer.status}")
                body = await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            raise Unavailable(f"the homeserver did not answer: {fault}") from fault
        if not isinstance(body, dict):
            raise Unavailable("the homeserver answered something else")
        return 200, body


def _user(value: object) -> UserId:
    try:
        return UserId(str(value))
    except InvalidName as fault:
        raise Unavailable(f"the homeserver named no user: {fault}") from fault


def _remember(memory: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    memory[key] = value
    if len(memory) > _MOST_REMEMBERED:
        memory.popitem(last=False)
