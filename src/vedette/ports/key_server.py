"""Where another server publishes its signing keys."""

from __future__ import annotations

from typing import Protocol

from vedette.core.names import ServerName
from vedette.ports.discovery import Trust


class KeyServer(Protocol):
    """Asks a server for its keys (Matrix server-server API v1.15, "Publishing Keys")."""

    async def published(self, server: ServerName, trust: Trust) -> bytes:
        """What `server` itself answers to `GET /_matrix/key/v2/server`, unchecked.

        Raises:
            Unavailable: it could not be asked, did not prove itself as `trust` wants, or answered
                something else, or too much.
        """
