"""One content to look at, and the answer about it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from vedette.core.file_kinds import declared_kind
from vedette.core.files import Content, Digest
from vedette.inspection.look.detectors import Detectors
from vedette.ports.looking import Limits
from vedette.protocol.internal.files import content_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One content: its descriptor, what is known of it already, and how far to look."""

    content: int
    sha256: Digest
    size: int
    limits: Limits


def look_at(job: Job, scratch: tuple[int, ...], detectors: Detectors) -> bytes:
    """Look, and return the answer as it is sent."""
    del scratch
    mime = detectors.magic_type(job.content)
    content = Content(sha256=job.sha256, size=job.size, kind=declared_kind(mime), type=mime)
    return json.dumps(content_to_json(content)).encode()
