"""Where another organisation's server is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.core.names import ServerName


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to connect, the name to expect in the certificate, and the `Host` to send."""

    host: str
    port: int
    tls_name: str
    http_host: str


class Discovery(Protocol):
    """Finds servers (Matrix server-server API v1.15, "Resolving server names")."""

    async def find(self, server: ServerName) -> Destination:
        """Where `server` is.

        Raises:
            Unavailable: it could not be found, or it is at an address that is inside here.
        """
