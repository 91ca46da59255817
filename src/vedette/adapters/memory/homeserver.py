"""A homeserver in memory: tokens, files, and outages on demand."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.names import MediaId, UserId
from vedette.ports.errors import Unavailable
from vedette.ports.homeserver import StoredFile


@dataclass(slots=True)
class MemoryHomeserver:
    """The Homeserver port over two dictionaries. `down` makes it not answer."""

    tokens: dict[str, UserId] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    down: bool = False

    async def whose(self, token: str, address: str) -> UserId | None:
        """The person to whom the token belongs. Raises Unavailable when `down`."""
        del address
        self._answer()
        return self.tokens.get(token)

    async def stored_file(self, media: MediaId) -> StoredFile | None:
        """A file that was put in. Raises Unavailable when `down`."""
        self._answer()
        return self.files.get(media)

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("the homeserver does not answer")
