"""What a door asks the homeserver behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.core.names import MediaId, ServerName, UserId


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the homeserver knows of a file that it has.

    `owner` is None for a file of another server. `type` is what was declared. `held`: it hands the
    file to nobody.
    """

    owner: UserId | None
    type: str | None
    size: int | None
    held: bool = False


class Homeserver(Protocol):
    """Answers whose a file is, and has files looked at."""

    async def stored_file(self, server: ServerName, media: MediaId) -> StoredFile | None:
        """A file that is here, uploaded or fetched; None if there is none with this name.

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
