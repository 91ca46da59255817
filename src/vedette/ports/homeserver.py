"""What a door asks the homeserver behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.core.names import MediaId, ServerName, UserId


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the homeserver knows of a file that was uploaded here. `type` is what was declared."""

    owner: UserId
    type: str | None
    size: int | None


class Homeserver(Protocol):
    """Answers whose a file is, and has files looked at."""

    async def stored_file(self, media: MediaId) -> StoredFile | None:
        """A file that was uploaded here; None if there is none with this id.

        Raises:
            Unavailable: the homeserver did not answer.
        """

    async def have_looked_at(self, server: ServerName, media: MediaId) -> bool:
        """Have a file looked at, and fetched from its server first if it is not here.

        Afterwards the inspector's register knows of it what can be known now. False: there is no
        such file.

        Raises:
            Unavailable: it could not be looked at, or not be fetched.
        """
