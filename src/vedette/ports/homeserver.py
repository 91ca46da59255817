"""What a door asks the homeserver behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.core.names import MediaId, UserId


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the homeserver knows of a file that was uploaded here. `type` is what was declared."""

    owner: UserId
    type: str | None
    size: int | None


class Homeserver(Protocol):
    """Answers who a token belongs to, and whose a file is."""

    async def whose(self, token: str, address: str) -> UserId | None:
        """The person to whom this access token belongs; None if to nobody.

        `address` is where the request came from: the homeserver notes it with the session.

        Raises:
            Unavailable: the homeserver did not answer.
        """

    async def stored_file(self, media: MediaId) -> StoredFile | None:
        """A file that was uploaded here; None if there is none with this id.

        Raises:
            Unavailable: the homeserver did not answer.
        """
