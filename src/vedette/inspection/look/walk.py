"""The walk through one content: everything in it, as far as the limits go.

What is unpacked is counted as it comes, and no size that a file claims is believed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from vedette.core.files import MOST_PARTS_INSIDE, Part
from vedette.inspection.look.bytes_of import Bytes
from vedette.inspection.look.detectors import Detectors
from vedette.inspection.look.ends import end_of
from vedette.inspection.look.identity import UNKNOWN, Identity, identify
from vedette.inspection.look.kinds import kind_of
from vedette.ports.looking import Limits

_LEAST_FOR_RATIO = 16 << 20
"""Below so many bytes a ratio says nothing: a page of blanks shrinks a thousand times."""
_LEAST_REST = 4
Own = Callable[[str, Identity], bool]
"""Whether a part of this name and identity is what the document itself is made of."""


class Enough(Exception):
    """A limit is reached: what is left is not looked at.

    `exact` is what was known already of the container at `depth` in which it happened.
    """

    def __init__(self, exact: str | None = None, depth: int = -1) -> None:
        super().__init__()
        self.exact, self.depth = exact, depth


@dataclass(slots=True)
class Seen:
    """What was found so far."""

    inside: set[Part] = field(default_factory=set)
    whole: bool = True
    encrypted: bool = False
    active: bool = False
    macros: bool = False
    polyglot: bool | None = False
    protected: bool = False
    matches: set[str] = field(default_factory=set)
    entries: int = 0
    unpacked: int = 0


@dataclass(slots=True)
class Walk:
    """One walk. `scratch` are writable files, one for each depth."""

    detectors: Detectors
    limits: Limits
    scratch: tuple[int, ...]
    size: int
    openers: Callable[[str], Callable[[Walk, Bytes, str, int], str | None] | None]
    """How a type is opened: with its depth; the answer is a more exact type, if there is one."""
    seen: Seen = field(default_factory=Seen)
    until: float = 0.0

    def top(self, data: Bytes) -> Identity:
        """Look at the content itself."""
        self.until = time.monotonic() + self.limits.seconds
        identity = identify(data, self.detectors)
        self.seen.encrypted = identity.kind == "encrypted"
        try:
            return self._into(data, identity, 0)
        except Enough as enough:
            self.seen.whole = False
            known = enough.exact if enough.depth == 0 else None
            return Identity(known or identity.type, encrypted=identity.encrypted)

    def part(
        self, chunks: Iterable[bytes], depth: int, own: Own | None = None, name: str = ""
    ) -> None:
        """Look at something within, at this depth. Raises Enough, and what `chunks` raises."""
        self.count()
        data = self._unpack(chunks, depth)
        self.see(data, depth, own, name)

    def see(self, data: Bytes, depth: int, own: Own | None = None, name: str = "") -> None:
        """Look at bytes within that lie unpacked already. Raises Enough."""
        identity = identify(data, self.detectors)
        if own is not None and not identity.second and own(name, identity):
            self._markup_only(data, identity, depth)
            return
        if depth > self.limits.depth:
            self.seen.whole = False
        else:
            identity = self._into(data, identity, depth)
        self.add(identity.type, identity.kind)

    def add(self, media_type: str, kind: str | None = None) -> None:
        """Say what is within."""
        kind = kind or kind_of(media_type)
        self.seen.encrypted |= kind == "encrypted"
        part = Part(kind, media_type)
        if part not in self.seen.inside and len(self.seen.inside) >= MOST_PARTS_INSIDE:
            self.seen.whole = False
            return
        self.seen.inside.add(part)

    def count(self) -> None:
        """One more part. Raises Enough."""
        self.seen.entries += 1
        if self.seen.entries > self.limits.entries:
            raise Enough
        self.check()

    def check(self) -> None:
        """Raise Enough when time is over."""
        if time.monotonic() > self.until:
            raise Enough

    def broken(self) -> None:
        """Something within could not be read."""
        self.seen.whole = False

    def locked(self) -> None:
        """A password keeps something from being looked at."""
        self.seen.protected = True
        self.seen.whole = False

    def unpacked(self, count: int) -> None:
        """So many bytes more were unpacked. Raises Enough."""
        self.seen.unpacked += count
        if self.seen.unpacked > self.limits.unpacked:
            raise Enough
        if self.seen.unpacked > max(_LEAST_FOR_RATIO, self.size * self.limits.ratio):
            raise Enough
        self.check()

    def _into(self, data: Bytes, identity: Identity, depth: int) -> Identity:
        """Open what can be opened, and say the exact type."""
        self.seen.matches |= self.detectors.matches(data)
        open_ = self.openers(identity.type)
        exact = open_(self, data, identity.type, depth) if open_ else None
        if exact is not None:
            identity = Identity(exact, identity.second, identity.unsure)
        self._second(data, identity, depth)
        self._after(data, identity, depth)
        return identity

    def _second(self, data: Bytes, identity: Identity, depth: int) -> None:
        """What else these bytes can be read as is within them, and opened too."""
        contained = identity.kind in ("archive", "document")
        for media_type in identity.second:
            before = set(self.seen.inside)
            if media_type == UNKNOWN:  # something stands before a zip
                self.seen.polyglot = True
                self.add(UNKNOWN, "other")
                continue
            open_ = self.openers(media_type)
            exact = (open_(self, data, media_type, depth) if open_ else None) or media_type
            # A zip that ends a tar is a part of the tar, which was seen already.
            if not contained or Part(kind_of(exact), exact) not in before:
                self.seen.polyglot = None if identity.unsure else True
            self.add(exact)

    def _after(self, data: Bytes, identity: Identity, depth: int) -> None:
        """Bytes after the end of a format that says where it ends."""
        end = end_of(identity.type, data)
        if end is None or data.size - end < _LEAST_REST:
            return
        rest = data.rest(end)
        if not any(any(chunk) for chunk in rest.chunks()):
            return
        found = identify(rest, self.detectors)
        if found.kind in ("encrypted", "text", "other") and found.type != "text/html":
            return  # makers of pictures append data of their own
        self.seen.polyglot = True
        self.count()
        if depth >= self.limits.depth:
            self.broken()
        else:
            found = self._into(rest, found, depth + 1)
        self.add(found.type, found.kind)

    def _markup_only(self, data: Bytes, identity: Identity, depth: int) -> None:
        """A document's own part can still do something by itself."""
        open_ = self.openers(identity.type)
        if open_ is not None and identity.type in ("image/svg+xml", "text/html"):
            open_(self, data, identity.type, depth)

    def _unpack(self, chunks: Iterable[bytes], depth: int) -> Bytes:
        """Write a part to the scratch file of its depth. Raises Enough, and what `chunks` raises."""
        descriptor = self.scratch[min(depth, len(self.scratch)) - 1]
        os.ftruncate(descriptor, 0)
        size = 0
        for chunk in chunks:
            self.unpacked(len(chunk))
            os.pwrite(descriptor, chunk, size)
            size += len(chunk)
        return Bytes(descriptor, size)
