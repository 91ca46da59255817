"""Encryption of what must not be read from a stolen database: factors' secrets, token keys.

AES-256-GCM under the store key, a fresh 96-bit nonce each time (NIST SP 800-38D). What a secret
belongs to is the associated data, so that one row's secret can't be moved to another row.

    0x01 || nonce (12 bytes) || ciphertext and tag
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vedette.ports.errors import Unavailable

_FORM = b"\x01"
_NONCE = 12


@dataclass(slots=True)
class _Uses:
    """How many uses are under way, by the round in which they began."""

    _changed: Condition = field(default_factory=Condition)
    _round: int = 0
    _under_way: Counter[int] = field(default_factory=Counter)

    @contextmanager
    def one(self) -> Iterator[None]:
        with self._changed:
            began = self._round
            self._under_way[began] += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way[began] -= 1
                self._changed.notify_all()

    def are_over(self, seconds: float) -> bool:
        with self._changed:
            before = self._round
            self._round += 1
            return self._changed.wait_for(lambda: not self._older(before), seconds)

    def _older(self, before: int) -> bool:
        return any(count for began, count in self._under_way.items() if began <= before)


@dataclass(frozen=True, slots=True)
class Seal:
    """Closes and opens secrets. Without a key it closes none, and opens each as nothing.

    Where there are several keys, the first closes and each of them opens: so one takes the place of
    another while the store is used (`adapters.sign_in.rekeying`). Whoever closes or opens does so
    within `using`, up to where it is kept or was read.
    """

    _ciphers: list[AESGCM]
    _uses: _Uses = field(default_factory=_Uses, compare=False)

    @classmethod
    def of(cls, *keys: bytes | None) -> Self:
        """The seal of a store key, and of those that came before it.

        Raises:
            Unavailable: a key has not 32 bytes.
        """
        return cls([_cipher(key) for key in keys if key is not None])

    @property
    def keyless(self) -> bool:
        """Whether there is no key here."""
        return not self._ciphers

    @contextmanager
    def using(self) -> Iterator[None]:
        """Something is closed and kept, or read and opened, within."""
        with self._uses.one():
            yield

    def settle(self, seconds: float) -> bool:
        """Wait until every use that began before now is over; False where it takes longer."""
        return self._uses.are_over(seconds)

    def add(self, key: bytes) -> None:
        """Close with another key from now on. Raises Unavailable."""
        self._ciphers.insert(0, _cipher(key))

    def forget(self) -> None:
        """Open with the newest key alone from now on."""
        del self._ciphers[1:]

    def close(self, secret: bytes, *belongs_to: str) -> bytes:
        """The secret, sealed. Raises Unavailable where there is no key."""
        if self.keyless:
            raise Unavailable("this process was not given the store key and can keep no secret")
        nonce = secrets.token_bytes(_NONCE)
        return _FORM + nonce + self._ciphers[0].encrypt(nonce, secret, _bound(belongs_to))

    def open(self, sealed: bytes, *belongs_to: str) -> bytes:
        """The secret, or nothing where there is no key.

        Raises:
            Unavailable: it was sealed with another key or for something else, or was altered.
        """
        if self.keyless:
            return b""
        if sealed[:1] != _FORM:
            raise Unavailable("a secret was sealed by another version of this program")
        for cipher in tuple(self._ciphers):
            found = _opened(cipher, sealed, belongs_to)
            if found is not None:
                return found
        name = " ".join(belongs_to[:1])
        raise Unavailable(f"a {name} was sealed with another store key, or altered")

    def is_newest(self, sealed: bytes, *belongs_to: str) -> bool:
        """Whether something was sealed with the newest key."""
        return _opened(self._ciphers[0], sealed, belongs_to) is not None


def _cipher(key: bytes) -> AESGCM:
    if len(key) != 32:
        raise Unavailable(f"the store key has {len(key)} bytes instead of 32")
    return AESGCM(key)


def _opened(cipher: AESGCM, sealed: bytes, belongs_to: tuple[str, ...]) -> bytes | None:
    nonce, closed = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        return cipher.decrypt(nonce, closed, _bound(belongs_to))
    except (InvalidTag, ValueError):
        return None


def _bound(belongs_to: tuple[str, ...]) -> bytes:
    # Each part with its length: no two lists of texts become the same bytes.
    parts = [text.encode(errors="surrogatepass") for text in belongs_to]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
