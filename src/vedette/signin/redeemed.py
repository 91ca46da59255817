"""A code or device code that was presented, and what it was made for."""

from __future__ import annotations

import json
from dataclasses import dataclass

from vedette.core.sessions import PAGE
from vedette.signin.signed_in import SignedIn

_TEXTS = ("client", "redirect_uri", "challenge", "scope", "nonce", "session", "flow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What its person agreed to. `session` is the id that the session will have.

    `key` is under what the store keeps the code, empty for a device code: those are only taken.
    """

    client: str
    redirect_uri: str
    challenge: str
    scope: str
    nonce: str
    session: str
    signed: SignedIn
    key: str
    flow: str = PAGE

    def to_bytes(self) -> bytes:
        """What the store keeps under the code's hash."""
        fields = {name: getattr(self, name) for name in _TEXTS}
        return json.dumps({**fields, "signed": self.signed.to_json()}).encode()

    @classmethod
    def from_bytes(cls, data: bytes, key: str) -> Redeemed:
        """Read what `to_bytes` wrote. Raises ValueError or KeyError."""
        fields = json.loads(data)
        texts = {name: str(fields[name]) for name in _TEXTS}
        return cls(**texts, signed=SignedIn.from_json(fields["signed"]), key=key)
