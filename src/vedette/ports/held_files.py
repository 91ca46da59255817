"""The files at the homeserver: which are held or were refused, and holding and releasing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.core.names import MediaId, ServerName
from vedette.protocol.internal.held_files import FilesFound, Outlook, SeenFile, Sought


@dataclass(frozen=True, slots=True)
class Moved:
    """It is done, on this record of the homeserver's."""

    record: str | None


@dataclass(frozen=True, slots=True)
class RulesRefuse:
    """The rules refuse the file, on this record; nothing was done."""

    why: Outlook
    record: str | None


@dataclass(frozen=True, slots=True)
class NotOurs:
    """Somebody quarantined the file in the homeserver itself; nothing was done."""


Came = Moved | RulesRefuse | NotOurs | None
"""What came of it; None where no such file is there."""


class HeldFiles(Protocol):
    """The files. Every method raises Unavailable where the homeserver does not do it now.

    `by` names the administrator and `order` the record of their act, which MUST be durable before.
    """

    async def list(self, sought: Sought, after: str | None, most: int) -> FilesFound:
        """Files that are held or were refused once held, the newest first, behind a cursor.

        Raises:
            ValueError: nothing can be sought like this, or `after` is no cursor.
        """

    async def show(self, server: ServerName, media: MediaId) -> SeenFile | None:
        """A file whose bytes are there, held or not."""

    async def hold(self, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        """Keep a file from everybody from now on."""

    async def release(self, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        """Let a file go, whoever held it, if the rules have nothing against it."""
