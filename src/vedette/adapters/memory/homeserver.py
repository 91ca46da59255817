"""A homeserver in memory: files, and outages on demand."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.names import MediaId
from vedette.ports.errors import Unavailable
from vedette.ports.homeserver import StoredFile


@dataclass(slots=True)
class MemoryHomeserver:
    """The Homeserver port over a dictionary. `down` makes it not answer.

    `seen` are the files that were asked for before, which are known without asking.
    """

    files: dict[str, StoredFile] = field(default_factory=dict)
    down: bool = False
    seen: set[str] = field(default_factory=set)

    def remembered(self, media: MediaId) -> StoredFile | None:
        """A file that was asked for before."""
        return self.files.get(media) if media in self.seen else None

    async def stored_file(self, media: MediaId) -> StoredFile | None:
        """A file that was put in. Raises Unavailable when `down`."""
        if self.down:
            raise Unavailable("the homeserver does not answer")
        self.seen.add(media)
        return self.files.get(media)
