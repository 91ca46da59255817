"""The homeserver behind, over its Unix socket."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from vedette.core.names import InvalidName, MediaId, UserId
from vedette.ports.errors import Unavailable
from vedette.ports.homeserver import StoredFile

MEDIA_PATH = "/_synapse/vedette/media"
"""Where the module inside Synapse answers what it knows of a file."""

_MOST_REMEMBERED = 50_000
_ANSWERS = frozenset({200, 401, 403, 404})
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(slots=True)
class SynapseInner:
    """The Homeserver port over Synapse's Unix socket."""

    socket: Path
    _session: aiohttp.ClientSession | None = None
    _files: OrderedDict[str, StoredFile] = field(default_factory=OrderedDict)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def remembered(self, media: MediaId) -> StoredFile | None:
        """A file that was asked for before."""
        return self._files.get(media)

    async def stored_file(self, media: MediaId) -> StoredFile | None:
        """What the module knows of a file uploaded here. Raises Unavailable."""
        remembered = self._files.get(media)
        if remembered is not None:
            return remembered
        path = f"{MEDIA_PATH}/{media}"
        status, body = await self.ask(path, {})
        if status == 404:
            return None
        if status != 200:
            raise Unavailable(f"the homeserver answered `{path}` with {status}")
        found = StoredFile(user_named(body.get("owner")), body.get("type"), body.get("size"))
        if found.size is not None:  # before the bytes have arrived, type and size may still change
            self._files[media] = found
            if len(self._files) > _MOST_REMEMBERED:
                self._files.popitem(last=False)
        return found

    async def ask(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """What Synapse answers to a GET: 200, 401, 403 or 404, and the body.

        Raises:
            Unavailable: it does not answer, or something else.
        """
        if self._session is None:
            connector = aiohttp.UnixConnector(path=str(self.socket), limit=64)
            self._session = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT)
        try:
            async with self._session.get(f"http://synapse{path}", headers=headers) as answer:
                if answer.status not in _ANSWERS:
                    raise Unavailable(f"the homeserver answered `{path}` with {answer.status}")
                # What a 403 or 404 says is for people; only its number is used.
                body = await answer.json() if answer.status in (200, 401) else {}
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            raise Unavailable(f"the homeserver did not answer: {fault}") from fault
        if not isinstance(body, dict):
            raise Unavailable("the homeserver answered something else")
        return answer.status, body


def user_named(value: object) -> UserId:
    """The user whom an answer of the homeserver names. Raises Unavailable when it names none."""
    try:
        return UserId(str(value))
    except InvalidName as fault:
        raise Unavailable(f"the homeserver named no user: {fault}") from fault
