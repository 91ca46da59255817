"""An inspector in memory: it tells a few kinds apart by their first bytes, and may be away or slow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from vedette.core.files import Content, Digest, File
from vedette.core.names import MediaId, ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.inspection import NotFound

BREAKS = b"breaks whoever looks"
_BEGINNINGS = (
    (b"%PDF-", "document", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image", "image/png"),
    (b"PK\x03\x04", "archive", "application/zip"),
    (b"MZ", "program", "application/vnd.microsoft.portable-executable"),
)


def kind_of(data: bytes) -> Content:
    """What the beginning of some bytes says; what is no UTF-8 text counts as encrypted."""
    digest, size = Digest(hashlib.sha256(data).hexdigest()), len(data)
    for beginning, kind, type_ in _BEGINNINGS:
        if data.startswith(beginning):
            return Content(sha256=digest, size=size, kind=kind, type=type_, by="memory")
    try:
        data.decode()
    except UnicodeDecodeError:
        opaque = Content(
            sha256=digest, size=size, kind="encrypted", type="application/octet-stream", by="memory"
        )
        return replace(opaque, encrypted=True)
    return Content(sha256=digest, size=size, kind="text", type="text/plain", by="memory")


@dataclass(slots=True)
class MemoryInspection:
    """The Inspection port over dictionaries.

    `away` makes it not answer, `slow` never be done, and `largest` is what it takes at most.
    Bytes that begin with `BREAKS` are never judged.
    """

    away: bool = False
    slow: bool = False
    largest: int = 1 << 20
    contents: dict[Digest, Content] = field(default_factory=dict)
    files: dict[tuple[ServerName, MediaId], tuple[File, Digest | None]] = field(
        default_factory=dict
    )
    sent: int = 0
    """How often bytes were sent."""

    async def file(self, server: ServerName, media: MediaId) -> File | None:
        """A file that was registered. Raises Unavailable when `away`."""
        self._answers()
        found = self.files.get((server, media))
        if found is None:
            return None
        file, digest = found
        content = None if digest is None or self.slow else self.contents.get(digest)
        return replace(file, content=content)

    async def register(self, file: File, sha256: Digest | None) -> None:
        """Remember a file. An owner never changes. Raises Unavailable."""
        self._answers()
        before = self.files.get((file.server, file.media))
        if before is not None and before[0].owner != file.owner:
            raise Unavailable("this file has another owner")
        if before is not None:
            kept = before[0]
            file = replace(file, class_=kept.class_, held=kept.held, released=kept.released)
        self.files[file.server, file.media] = replace(file, content=None), sha256

    async def use_as(self, server: ServerName, media: MediaId, class_: str) -> bool:
        """Remember a use. Raises Unavailable."""
        self._answers()
        found = self.files.get((server, media))
        if found is not None:
            self.files[server, media] = replace(found[0], class_=class_), found[1]
        return found is not None

    async def content(self, sha256: Digest, seconds: float) -> Content | NotFound:
        """What was found in bytes that were sent. Raises Unavailable."""
        del seconds
        self._answers()
        found = self.contents.get(sha256)
        if found is None:
            return NotFound.UNSENT
        return NotFound.LOOKING if self.slow else found

    async def look_at(self, path: str, seconds: float) -> Content | NotFound:
        """Look at a file. Raises Unavailable."""
        self._answers()
        data = Path(path).read_bytes()  # noqa: ASYNC240  # a fake may wait for the disk
        if len(data) > self.largest:
            return NotFound.TOO_LARGE
        if data.startswith(BREAKS):
            return NotFound.NOT_JUDGED
        self.sent += 1
        content = kind_of(data)
        self.contents[content.sha256] = content
        return await self.content(content.sha256, seconds)

    async def hold(
        self, server: ServerName, media: MediaId, by: str, *, held: bool, released: bool = False
    ) -> bool:
        """Hold a file or no longer. Raises Unavailable when `away`."""
        del by
        self._answers()
        found = self.files.get((server, media))
        if found is not None:
            kept = replace(found[0], held=held, released=released and not held)
            self.files[server, media] = kept, found[1]
        return found is not None

    def _answers(self) -> None:
        if self.away:
            raise Unavailable("the inspector is away")
