"""What doors ask the inspector: what some bytes are, and what it knows of a file."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from vedette.core.files import Content, Digest, File
from vedette.core.names import MediaId, ServerName


class NotFound(Enum):
    """Why nothing is known of some bytes."""

    LOOKING = "looking"
    """They are being looked at, or arriving; asking again helps."""
    UNSENT = "unsent"
    """Nobody sent them under the rules of inspection now in force."""
    TOO_LARGE = "too large"
    """They are larger than anything that is looked at: nothing will ever be known of them."""
    NOT_JUDGED = "not judged"
    """Looking at them failed, and is tried again after a pause; other bytes are judged meanwhile."""


class FileRegister(Protocol):
    """The inspector's file register, as doors ask it."""

    async def file(self, server: ServerName, media: MediaId) -> File | None:
        """What is known of a file; None if nobody registered it.

        Raises:
            Unavailable: the inspector did not answer; the file must stay held.
        """

    async def register(self, file: File, sha256: Digest | None) -> None:
        """Remember a file, and which content it has where that is known; `file.content` is not read.

        Raises:
            Unavailable: it may not have been remembered; the file must stay held.
        """

    async def hold(
        self, server: ServerName, media: MediaId, by: str, *, held: bool, released: bool = False
    ) -> bool:
        """Hold a file from everybody, or no longer; False if nobody registered it.

        `released` says of one that is let go that an administrator answers for it. Only what the
        homeserver holds too is held while the inspector is away: `by` holds files through the
        module inside it (`vedette.synapse.held_by_id`).

        Raises:
            Unavailable: it may not have been remembered.
        """

    async def use_as(self, server: ServerName, media: MediaId, class_: str) -> bool:
        """Remember what a file is used as; False if nobody registered it.

        Raises:
            Unavailable: it may not have been remembered.
        """


class Inspection(FileRegister, Protocol):
    """The inspector, as the door asks it at which bytes enter."""

    async def content(self, sha256: Digest, seconds: float) -> Content | NotFound:
        """What bytes with this digest are; those being looked at are waited for, `seconds` at most.

        Raises:
            Unavailable: the inspector did not answer; what has these bytes must stay held.
        """

    async def look_at(self, path: str, seconds: float) -> Content | NotFound:
        """Send the bytes of the file at `path`, and wait at most `seconds` for what they are.

        Raises:
            Unavailable: the inspector did not take them all; what has these bytes must stay held.
        """
