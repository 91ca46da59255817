"""Encryption of what must not be read from a stolen database: factors' secrets, token keys.

AES-256-GCM under the store key, a fresh 96-bit nonce each time (NIST SP 800-38D). What a secret
belongs to is the associated data, so that one row's secret can't be moved to another row.

    0x01 || nonce (12 bytes) || ciphertext and tag
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vedette.ports.errors import Unavailable

_FORM = b"\x01"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Seal:
    """Closes and opens secrets. Without a key it closes none, and opens each as nothing."""

    _cipher: AESGCM | None

    @classmethod
    def of(cls, key: bytes | None) -> Self:
        """The seal of a store key.

        Raises:
            Unavailable: the key has not 32 bytes.
        """
        if key is not None and len(key) != 32:
            raise Unavailable(f"the store key has {len(key)} bytes instead of 32")
        return cls(None if key is None else AESGCM(key))

    @property
    def keyless(self) -> bool:
        """Whether there is no key here."""
        return self._cipher is None

    def close(self, secret: bytes, *belongs_to: str) -> bytes:
        """The secret, sealed. Raises Unavailable where there is no key."""
        if self._cipher is None:
            raise Unavailable("this process was not given the store key and can keep no secret")
        nonce = secrets.token_bytes(_NONCE)
        return _FORM + nonce + self._cipher.encrypt(nonce, secret, _bound(belongs_to))

    def open(self, sealed: bytes, *belongs_to: str) -> bytes:
        """The secret, or nothing where there is no key.

        Raises:
            Unavailable: it was sealed with another key or for something else, or was altered.
        """
        if self._cipher is None:
            return b""
        form, nonce, closed = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if form != _FORM:
            raise Unavailable("a secret was sealed by another version of this program")
        try:
            return self._cipher.decrypt(nonce, closed, _bound(belongs_to))
        except (InvalidTag, ValueError):
            name = " ".join(belongs_to[:1])
            raise Unavailable(f"a {name} was sealed with another store key, or altered") from None


def _bound(belongs_to: tuple[str, ...]) -> bytes:
    # Each part with its length: no two lists of texts become the same bytes.
    parts = [text.encode(errors="surrogatepass") for text in belongs_to]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
