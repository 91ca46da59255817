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

    from vedette.synapse.files import FileDoor
    from vedette.synapse.internals.held_rows import HeldRows
    from vedette.synapse.internals.media import Stored

PATH = "/_synapse/vedette/media"
LOOKED_AT = "/_synapse/vedette/looked-at"
_FETCH_SECONDS = 20.0


def named(server: bytes, media: bytes) -> tuple[ServerName, MediaId] | None:
    """The file that two segments of a path name; None if they name none."""
    try:
        return ServerName(server.decode("ascii")), MediaId(media.decode("ascii"))
    except (UnicodeDecodeError, InvalidName):
        return None


class StoredFiles(Resource):
    """Answers `GET <PATH>/<server>/<media id>` with owner, declared type, size, and whether it is held."""

    def __init__(self, rows: HeldRows) -> None:
        """Serve what `rows` say."""
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's Resource has no types
        self._rows = rows

    def getChild(self, path: bytes, request: SynapseRequest) -> Resource:  # noqa: N802  # Twisted's name
        """Two segments are one child."""
        rest = request.postpath or []
        return _StoredFile(self._rows, path, rest.pop(0) if rest else b"")


class _StoredFile(DirectServeJsonResource):
    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, rows: HeldRows, server: bytes, media: bytes) -> None:
        super().__init__()
        self._rows = rows
        self._file = named(server, media)

    async def _async_render_GET(self, request: SynapseRequest) -> tuple[int, object]:  # noqa: N802
        del request
        found = self._file and await self._rows.find(*self._file)
        if not found:
            return 404, {}
        return 200, {
            "owner": found.owner,
            "type": found.type,
            "size": found.size,
            "held": found.quarantined,
        }


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
        return _LookedAt(self._stored, self._door, path, rest.pop(0) if rest else b"")


class _LookedAt(DirectServeJsonResource):
    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, stored: Stored, door: FileDoor, server: bytes, media: bytes) -> None:
        super().__init__()
        self._stored = stored
        self._door = door
        self._file = named(server, media)

    async def _async_render_POST(self, request: SynapseRequest) -> tuple[int, object]:  # noqa: N802
        del request
        if self._file is None:
            return 404, {}
        server, media = self._file
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
