"""One content to look at, and the answer about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from vedette.core.files import Content, Digest
from vedette.inspection.look.bytes_of import Bytes
from vedette.inspection.look.containers import open_archive, open_stream, open_zip
from vedette.inspection.look.detectors import Detectors
from vedette.inspection.look.kinds import kind_of
from vedette.inspection.look.ole import open_ole
from vedette.inspection.look.pdf import open_pdf
from vedette.inspection.look.texts import open_mail, open_markup, open_postscript, open_rtf
from vedette.inspection.look.walk import Walk
from vedette.ports.looking import Limits
from vedette.protocol.internal.files import content_to_json

Opener = Callable[[Walk, Bytes, str, int], str | None]
_ARCHIVES = (
    "application/vnd.debian.binary-package", "application/vnd.rar",
    "application/vnd.ms-cab-compressed", "application/warc", "application/x-7z-compressed",
    "application/x-archive", "application/x-cpio", "application/x-iso9660-image",
    "application/x-lha", "application/x-rpm", "application/x-tar", "application/x-xar",
)  # fmt: skip
_STREAMS = (
    "application/gzip", "application/x-bzip2", "application/x-compress", "application/x-lz4",
    "application/x-lzip", "application/x-lzma", "application/x-xz", "application/zstd",
)  # fmt: skip
_UNREAD = frozenset({"application/onenote"})
"""Documents that hold files which nobody here takes out."""
_OPENERS: dict[str, Opener] = {
    "application/zip": open_zip,
    "application/x-ole-storage": open_ole,
    "application/pdf": open_pdf,
    "application/rtf": open_rtf,
    "application/postscript": open_postscript,
    "application/vnd.ms-word.2003xml": open_markup,
    "application/vnd.oasis.opendocument.flat": open_markup,
    "application/xml": open_markup,
    "image/svg+xml": open_markup,
    "message/rfc822": open_mail,
    "text/html": open_markup,
    **dict.fromkeys(_ARCHIVES, open_archive),
    **dict.fromkeys(_STREAMS, open_stream),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One content: its descriptor, what is known of it already, and how far to look."""

    content: int
    sha256: Digest
    size: int
    limits: Limits


def opener(media_type: str) -> Opener | None:
    """How a type is opened: an archive that nobody here reads can't be looked into."""
    known = _OPENERS.get(media_type)
    if known is None and (kind_of(media_type) == "archive" or media_type in _UNREAD):
        return _closed
    return known


def _closed(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    del data, media_type, depth
    walk.broken()
    return None


def look_at(job: Job, scratch: tuple[int, ...], detectors: Detectors) -> bytes:
    """Look, and return the answer as it is sent."""
    return json.dumps(content_to_json(found_in(job, scratch, detectors))).encode()


def found_in(job: Job, scratch: tuple[int, ...], detectors: Detectors) -> Content:
    """What is found in a content. What was not looked at is not known to be harmless."""
    walk = Walk(detectors, job.limits, scratch, job.size, opener)
    identity = walk.top(Bytes(job.content, job.size))
    seen = walk.seen

    def learnt(found: bool | None) -> bool | None:
        return found if found or seen.whole else None

    return Content(
        sha256=job.sha256,
        size=job.size,
        kind=identity.kind,
        type=identity.type,
        inside=tuple(sorted(seen.inside)),
        whole=seen.whole,
        encrypted=seen.encrypted,
        active=learnt(seen.active),
        macros=learnt(seen.macros),
        polyglot=learnt(seen.polyglot),
        protected=learnt(seen.protected),
        matches=frozenset(seen.matches),
    )
