"""A homeserver in memory: files, and outages on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vedette.core.names import MediaId, ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.homeserver import StoredFile


@dataclass(slots=True)
class MemoryHomeserver:
    """The Homeserver port over dictionaries. `down` makes it not answer.

    `files` are those of `domain`, by media id; `elsewhere` are fetched ones, by server and id.

    `look` is what having a file looked at does; it says whether there is such a file.
    """

    domain: str = "example.org"
    files: dict[str, StoredFile] = field(default_factory=dict)
    elsewhere: dict[tuple[str, str], StoredFile] = field(default_factory=dict)
    down: bool = False
    look: Callable[[ServerName, MediaId], bool] = lambda _server, _media: True
    looked_at: list[tuple[ServerName, MediaId]] = field(default_factory=list)

    async def stored_file(self, server: ServerName, media: MediaId) -> StoredFile | None:
        """A file that was put in, of ours or of `elsewhere`. Raises Unavailable when `down`."""
        if self.down:
            raise Unavailable("the homeserver does not answer")
        if server == self.domain:
            return self.files.get(media)
        return self.elsewhere.get((server, media))

    async def have_looked_at(self, server: ServerName, media: MediaId) -> bool:
        """Look at a file. Raises Unavailable when `down`."""
        if self.down:
            raise Unavailable("the homeserver does not answer")
        self.looked_at.append((server, media))
        return self.look(server, media)
