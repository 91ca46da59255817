"""Who looks at contents: the looker that parses them, and scanners that know malware."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.core.files import Content, Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far one content is looked into; what lies beyond counts as not looked at.

    `unpacked` is in bytes, `seconds` of the clock on the wall, `ratio` unpacked to packed.
    """

    depth: int
    entries: int
    unpacked: int
    ratio: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scanner's answer: the name of what it found, or None where it found nothing."""

    found: str | None


class Kept(Protocol):
    """A content whose bytes lie here until they were looked at."""

    @property
    def sha256(self) -> Digest:
        """Its digest."""

    @property
    def size(self) -> int:
        """Its size in bytes."""

    def open(self) -> int:
        """A new descriptor, for reading alone, that starts at the first byte; the caller closes it."""


class Looker(Protocol):
    """Says what a content is. It parses hostile bytes, and so does it where they can't do harm."""

    @property
    def rules(self) -> str:
        """By which detectors, in which versions, it looks; it changes whenever an answer could."""

    async def look(self, kept: Kept, limits: Limits) -> Content:
        """What the content is. `malware` is not known by it.

        Raises:
            Unavailable: the looking ended without an answer that can be relied on.
        """


class Scanner(Protocol):
    """Looks for malware."""

    async def version(self) -> str:
        """By which signatures it would look now.

        Raises:
            Unavailable: it did not answer.
        """

    async def scan(self, kept: Kept) -> Scanned:
        """Whether something was found in the content.

        Raises:
            Unavailable: it did not say; the content is not judged.
        """
