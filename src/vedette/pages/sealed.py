"""Things in the sign-in store that only whoever has their name can find or read.

A name is a secret of 256 random bits that only a browser has, in a cookie. The store gets its hash,
and the thing itself encrypted under a key made from the name: whoever reads the store can neither go
on in somebody's place nor see what is kept.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vedette.ports.sign_in import SignInStore

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

    def swap(self, name: str, before: bytes, body: bytes, expires: int, now: int) -> bool:
        """Keep `body` under the name if `before` is kept there; False otherwise.

        Of several callers at once exactly one succeeds. Raises Unavailable.
        """
        found = self.store.peek(self.kind, self._key(name), now)
        if found is None or self._opened(name, found) != before:
            return False
        sealed = self._sealed(name, body)
        return self.store.replace(self.kind, self._key(name), sealed, expires, found)

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
