"""Speaking with another server only to see whether it could be spoken with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.ports.discovery import Destination, Target, Trust


@dataclass(frozen=True, slots=True)
class Shook:
    """A TLS handshake with one address. `fault` says in words why nothing may be sent there.

    `pin` and `ends` (seconds since 1970) are of the certificate that was shown, if one was; of one
    that is not valid too, so that people can compare it.
    """

    fault: str | None
    version: str
    pin: bytes | None
    ends: float | None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: its status, its body, and the time that it was dated with, if any."""

    status: int
    body: bytes
    date: float | None


class PartnerProbe(Protocol):
    """Makes connections that carry nothing of ours but the question."""

    async def handshake(self, destination: Destination, target: Target, trust: Trust) -> Shook:
        """Shake hands, by the partner's CAs and the name; pins are the caller's to compare.

        Raises:
            Unavailable: nobody answers there, or a CA of the settings can't be used.
        """

    async def get(
        self, destination: Destination, target: Target, trust: Trust, path: str
    ) -> Answered:
        """Ask for `path`, of a server that proved itself by `trust`, pins included.

        Raises:
            Unavailable: it did not, or did not answer, or answered too much or no HTTP.
        """
