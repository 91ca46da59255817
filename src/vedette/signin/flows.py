"""Keeps sign-ins on their way in the store, so that a restart loses none and two signins share them.

A flow's name is a secret of 256 random bits that only the browser has, in a cookie. The store gets
its hash, and the flow itself encrypted under a key made from the name: whoever reads the store can
neither continue a sign-in nor see a secret that is being enrolled.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vedette.ports.sign_in import SignInStore
from vedette.signin.flow import Flow

_NONCE = 12
_LONGEST_NAME = 64


def new_name() -> str:
    """A secret name of 256 random bits."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Sealed:
    """One kind of things in the store that only whoever has the name can find or read."""

    store: SignInStore
    kind: str

    def put(self, body: bytes, expires: int) -> str:
        """Keep something and return its new name. Raises Unavailable."""
        name = new_name()
        self.store.put_once(self.kind, self._key(name), self._sealed(name, body), expires)
        return name

    def find(self, name: str, now: int) -> bytes | None:
        """What is kept under the name; None if there is nothing, or no more. Raises Unavailable."""
        if not 0 < len(name) <= _LONGEST_NAME or not name.isascii():
            return None
        found = self.store.peek(self.kind, self._key(name), now)
        return None if found is None else self._opened(name, found)

    def replace(self, name: str, body: bytes, expires: int) -> bool:
        """Keep something else under the name; False if there is nothing any more."""
        sealed = self._sealed(name, body)
        return self.store.replace(self.kind, self._key(name), sealed, expires)

    def end(self, name: str, now: int) -> bool:
        """Forget the name; True for exactly one of any number of callers. Raises Unavailable."""
        return self.store.take(self.kind, self._key(name), now) is not None

    def _key(self, name: str) -> str:
        return sha256(f"{self.kind}\0{name}".encode()).hexdigest()

    def _sealed(self, name: str, body: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher(name).encrypt(nonce, body, self.kind.encode())

    def _opened(self, name: str, sealed: bytes) -> bytes | None:
        try:
            return self._cipher(name).decrypt(sealed[:_NONCE], sealed[_NONCE:], self.kind.encode())
        except (InvalidTag, ValueError):
            return None

    @staticmethod
    def _cipher(name: str) -> AESGCM:
        # The name is as random as a key, so one hash apart from the one in the store is enough.
        return AESGCM(sha256(b"vedette sealed\0" + name.encode()).digest())


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows in the store."""

    sealed: Sealed

    @classmethod
    def of(cls, store: SignInStore) -> Flows:
        """The flows that this store keeps."""
        return cls(Sealed(store, "flow"))

    def begin(self, flow: Flow) -> str:
        """Keep a new flow and return its name. Raises Unavailable."""
        return self.sealed.put(flow.to_bytes(), flow.until)

    def find(self, name: str, now: int) -> Flow | None:
        """The flow with this name, unless it is unknown, through or too old. Raises Unavailable."""
        body = self.sealed.find(name, now)
        return None if body is None else Flow.from_bytes(body)

    def keep(self, name: str, flow: Flow) -> bool:
        """Keep how far the flow came; False if it was ended meanwhile. Raises Unavailable."""
        return self.sealed.replace(name, flow.to_bytes(), flow.until)

    def renamed(self, name: str, flow: Flow) -> str:
        """Keep the flow under a new name; whoever knew the old one can't go on with it.

        Of two requests that proved the same at once, both go on. Raises Unavailable.
        """
        new = self.begin(flow)
        self.sealed.end(name, flow.until - 1)
        return new
