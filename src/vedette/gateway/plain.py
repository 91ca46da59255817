"""The plain port: answers of HTTP-01 challenges (RFC 8555, section 8.3), and the way to TLS.

Nothing else is served without TLS, and nothing that is sent here is read: whoever asks is sent to
the address that the boot file names, never to one that the request names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vedette.gateway import render
from vedette.gateway.plan import Answer, Head

_BEFORE = (".well-known", "acme-challenge")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}")
_READ = (b"GET", b"HEAD")
_NO_STORE = (b"cache-control", b"no-store")


@dataclass(slots=True)
class PlainDoor:
    """The plan of the plain port, and the Challenges that it answers."""

    client_url: str
    """Where TLS is, without a path."""
    _answers: dict[str, bytes] = field(default_factory=dict)

    def show(self, token: str, answer: str) -> None:
        """Answer this token. What is no token of RFC 8555 is answered nowhere."""
        if _TOKEN.fullmatch(token):
            self._answers = {**self._answers, token: answer.encode()}

    def clear(self) -> None:
        """Answer none."""
        self._answers = {}

    def plan(self, head: Head) -> Answer:
        """Say what is answered."""
        if head.method not in _READ:
            return render.UNRECOGNIZED
        segments = head.target.segments
        if segments[:2] == _BEFORE:
            return self._challenge(segments[2:])
        where = self.client_url.rstrip("/").encode("ascii") + head.target.raw
        return Answer(308, ((b"location", where), _NO_STORE))

    def _challenge(self, rest: tuple[str, ...]) -> Answer:
        answer = self._answers.get(rest[0]) if len(rest) == 1 else None
        if answer is None:
            return render.UNRECOGNIZED
        return Answer(200, ((b"content-type", b"application/octet-stream"), _NO_STORE), answer)
