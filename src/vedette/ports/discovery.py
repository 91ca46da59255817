"""Where another organisation's server is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.core.names import ServerName


@dataclass(frozen=True, slots=True)
class Target:
    """One address to connect to; `host` is a literal address, or what a fixed route says."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to connect, the name to expect in the certificate, and the `Host` to send.

    `targets` are tried in order until one can be reached; there is at least one.
    """

    targets: tuple[Target, ...]
    tls_name: str
    http_host: str


@dataclass(frozen=True, slots=True)
class Trust:
    """How a partner's server proves itself when we connect to it, beside its name.

    `ca`: DER certificates that alone vouch for it; empty: the machine's own. `pins`: SHA-256 of the
    SubjectPublicKeyInfo of keys that it may show; empty: any.
    """

    ca: tuple[bytes, ...] = ()
    pins: frozenset[bytes] = frozenset()


ANY_SERVER = Trust()
"""The trust in a server of which nothing is pinned."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of finding a server, in words, and whether it led further."""

    led: bool
    words: str


@dataclass(frozen=True, slots=True)
class Traced:
    """A search that was watched: every step, and where it ended, if anywhere."""

    steps: tuple[Step, ...]
    destination: Destination | None


class Discovery(Protocol):
    """Finds servers (Matrix server-server API v1.15, "Resolving server names")."""

    async def find(self, server: ServerName, trust: Trust = ANY_SERVER) -> Destination:
        """Where `server` is.

        Raises:
            Unavailable: it could not be found, or it is at an address that is inside here.
        """

    async def trace(self, server: ServerName, trust: Trust = ANY_SERVER) -> Traced:
        """Look for `server` now, whatever is remembered, and say each step. Never raises."""
