"""Whether a request between servers is signed ("Request authentication", Matrix 1.15).

What is signed is a canonical JSON object of method, raw request target, both servers and the body.
The destination is always ours: whoever signed for another server signed something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from vedette.core.names import ServerName
from vedette.protocol.matrix.canonical_json import canonical, parse_object
from vedette.protocol.matrix.server_keys import VerifyKey

WITH_CONTENT = frozenset({b"PUT", b"POST"})
"""Methods whose body is signed; of all others Synapse reads none."""


@dataclass(slots=True)
class SignedRequest:
    """A request as it came. `target` is path and query as sent; `body` only for `WITH_CONTENT`."""

    method: bytes
    target: bytes
    origin: str
    destination: ServerName
    body: bytes | None
    _content: dict[str, Any] | None = field(default=None, init=False)

    def content(self) -> dict[str, Any]:
        """The body, parsed once. Raises JsonFault."""
        if self._content is None:
            self._content = parse_object(self.body or b"")
        return self._content

    def signed_by(self, keys: Iterable[VerifyKey], signature: str) -> bool:
        """Whether one of `keys` made the signature over this request.

        1. Most servers send the body in the very form that they signed: then it need not be parsed
           to be verified. That can't be turned against anybody: what follows the body in the signed
           text holds no unescaped quote, so a signed text is cut in one way only.
        2. Otherwise the body's canonical form is what was signed.

        Raises:
            JsonFault: the body has no canonical form.
        """
        keys = tuple(keys)
        text = self._text(self.body)
        if any(key.signed(text, signature) for key in keys):  # (1)
            return True
        if self.body is None:
            return False
        written = canonical(self.content())  # (2)
        return written != self.body and any(
            key.signed(self._text(written), signature) for key in keys
        )

    def _text(self, content: bytes | None) -> bytes:
        fields = {
            "destination": self.destination,
            "method": self.method.decode("latin-1"),
            "origin": self.origin,
            "uri": self.target.decode("latin-1"),
        }
        rest = canonical(fields)
        return rest if content is None else b'{"content":' + content + b"," + rest[1:]
