"""What Synapse knows of an uploaded file, told to the gateway over the inner socket.

The gateway needs the owner of a file to decide who may fetch it. No public path leads here: the
gateway carries nothing under `/_synapse/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synapse.http.server import DirectServeJsonResource
from twisted.web.resource import Resource

from vedette.core.names import InvalidName, MediaId

if TYPE_CHECKING:
    from synapse.http.site import SynapseRequest
    from synapse.storage.databases.main import DataStore

PATH = "/_synapse/vedette/media"


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
