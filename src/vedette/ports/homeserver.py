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
    """Answers whose a file is."""

    def remembered(self, media: MediaId) -> StoredFile | None:
        """The file, if it was asked for before and nothing about it can change any more."""

    async def stored_file(self, media: MediaId) -> StoredFile | None:
        """A file that was uploaded here; None if there is none with this id.

        Raises:
            Unavailable: the homeserver did not answer.
        """
