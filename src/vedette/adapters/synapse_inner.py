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
        body = await self._ask(f"{MEDIA_PATH}/{media}")
        if body is None:
            return None
        found = StoredFile(_user_named(body.get("owner")), body.get("type"), body.get("size"))
        if found.size is not None:  # before the bytes have arrived, type and size may still change
            self._files[media] = found
            if len(self._files) > _MOST_REMEMBERED:
                self._files.popitem(last=False)
        return found

    async def _ask(self, path: str) -> dict[str, Any] | None:
        """What Synapse answers to a GET; None for a 404.

        Raises:
            Unavailable: it does not answer, or something else.
        """
        if self._session is None:
            connector = aiohttp.UnixConnector(path=str(self.socket), limit=64)
            self._session = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT)
        try:
            async with self._session.get(f"http://synapse{path}") as answer:
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
