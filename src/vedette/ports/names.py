"""The domain name system, as far as finding other servers needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.protocol.srv import Service


@dataclass(frozen=True, slots=True)
class Addresses:
    """Literal addresses of a name, both families; none if there are none. `seconds` to believe it."""

    found: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Services:
    """SRV records of a name; none if there are none. `seconds` to believe it."""

    found: tuple[Service, ...]
    seconds: float


class Names(Protocol):
    """Looks names up. Aliases (CNAME) are followed."""

    async def addresses(self, host: str) -> Addresses:
        """The addresses of a host name, whatever they are: whoever dials decides.

        Raises:
            Unavailable: nobody answered, or the answer was no answer.
        """

    async def services(self, name: str) -> Services:
        """The SRV records of `name`, such as `_matrix-fed._tcp.example.org`.

        Raises:
            Unavailable: nobody answered, or the answer was no answer.
        """
