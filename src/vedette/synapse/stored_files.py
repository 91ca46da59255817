"""What Synapse knows of a file, told to the gateway over the inner socket.

The gateway needs the owner of a file to decide who may fetch it, and has a file looked at here of
which the inspector knows too little. No public path leads here: the gateway carries nothing under
`/_synapse/`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from synapse.api.errors import SynapseError
from synapse.http.server import DirectServeJsonResource
from twisted.web.resource import Resource

from vedette.core.names import InvalidName, MediaId, ServerName
from vedette.ports.errors import Unavailable

if TYPE_CHECKING:
    from synapse.http.site import SynapseRequest
    from synapse.storage.databases.main import DataStore

    from vedette.synapse.files import FileDoor
    from vedette.synapse.internals.media import Stored

PATH = "/_synapse/vedette/media"
LOOKED_AT = "/_synapse/vedette/looked-at"
_FETCH_SECONDS = 20.0


class StoredFiles(Resource):
    """Answers `GET <PATH>/<media id>` with owner, declared type and size."""

    def __init__(self, store: DataStore) -> None:
        """Serve what `store` knows."""
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's Resource has no types
        self._store = store

    def getChild(self, path: bytes, request: SynapseRequest) -> Resource:  # noqa: N802  # Twisted's name
        """One media id is one child."""
        del request
        return _StoredFile(self._store, path)


class _StoredFile(DirectServeJsonResource):
    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, store: DataStore, media: bytes) -> None:
        super().__init__()
        self._store = store
        self._media = media

    async def _async_render_GET(self, request: SynapseRequest) -> tuple[int, object]:  # noqa: N802
        del request
        try:
            media = MediaId(self._media.decode("ascii"))
        except (UnicodeDecodeError, InvalidName):
            return 404, {}
        found = await self._store.get_local_media(media)
        if found is None or found.user_id is None:
            return 404, {}
        size = found.media_length
        return 200, {"owner": str(found.user_id), "type": found.media_type, "size": size}


class LookedAt(Resource):
    """`POST <LOOKED_AT>/<server>/<media id>` has a file looked at, and fetched first if need be.

    200 once the inspector's register knows of it what can be known now, 404 if there is no such
    file, 503 where the inspector does not answer. What another server answered is handed on.
    """

    def __init__(self, stored: Stored, door: FileDoor) -> None:
        """Look at what `stored` has."""
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's Resource has no types
        self._stored = stored
        self._door = door

    def getChild(self, path: bytes, request: SynapseRequest) -> Resource:  # noqa: N802  # Twisted's name
        """Two segments are one child."""
        rest = request.postpath or []
        media = rest.pop(0) if rest else b""
        return _LookedAt(self._stored, self._door, path, media)


class _LookedAt(DirectServeJsonResource):
    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, stored: Stored, door: FileDoor, server: bytes, media: bytes) -> None:
        super().__init__()
        self._stored = stored
        self._door = door
        self._named = server, media

    async def _async_render_POST(self, request: SynapseRequest) -> tuple[int, object]:  # noqa: N802
        del request
        try:
            server, media = (part.decode("ascii") for part in self._named)
            server, media = ServerName(server), MediaId(media)
        except (UnicodeDecodeError, InvalidName):
            return 404, {}
        found = await self._stored.find(server, media)
        try:
            if found is not None:
                await self._door.learn(found)
            elif self._stored.is_ours(server):
                return 404, {}
            else:
                await self._stored.fetch(server, media, _FETCH_SECONDS)
        except Unavailable:
            return 503, {}
        except SynapseError as fault:
            if fault.code != HTTPStatus.FORBIDDEN:
                raise
            # refused as it entered: the register knows why, and nothing of it is here
        return 200, {}
