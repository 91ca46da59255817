"""What doors ask the inspector: what some bytes are, and what it knows of a file."""

from __future__ import annotations

from typing import Protocol

from vedette.core.files import Digest, File
from vedette.core.names import MediaId, ServerName


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
