"""Passwords: argon2id (RFC 9106), and the local list of those that were breached.

Parameters are RFC 9106's second recommendation: 3 passes over 64 MiB in 4 lanes. A hash made with
others is still checked, and `rehash` says that it should be made anew.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from vedette.adapters.breached_list import BreachedList
from vedette.ports.factors import PasswordFault, Verified

LONGEST = 1024
_AT_ONCE = 4  # 64 MiB each: more sign-ins than this at one time wait, and the machine lives


class Argon2Passwords:
    """The Passwords port. May be used from several threads."""

    def __init__(self, *, at_once: int = _AT_ONCE) -> None:
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._places = threading.BoundedSemaphore(at_once)
        self._lists: dict[str, BreachedList] = {}
        # What nobody's password is compared with, so that a name nobody has takes as long.
        self._nobody = self._hasher.hash(secrets.token_bytes(16))

    def hash(self, password: str) -> str:
        """The hash to keep. Raises ValueError for one that is too long or is no text."""
        prepared = _prepared(password)
        if prepared is None:
            raise ValueError(f"a password has at most {LONGEST} characters of valid Unicode")
        with self._places:
            return self._hasher.hash(prepared)

    def verify(self, password: str, hash: str | None) -> Verified:  # noqa: A002  # the port's word
        """Whether the password has this hash; the same work whether or not there is one."""
        prepared = _prepared(password)
        known = hash is not None and prepared is not None
        with self._places:
            ok = self._right(hash if known and hash else self._nobody, prepared or b"")
        if not (ok and known and hash):
            return Verified(ok=False, rehash=False)
        return Verified(ok=True, rehash=self._hasher.check_needs_rehash(hash))

    def _right(self, kept: str, prepared: bytes) -> bool:
        try:
            return self._hasher.verify(kept, prepared)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False  # what is no hash of argon2 (a damaged row) opens nothing

    def fault(self, password: str, minimum: int, breached: str) -> PasswordFault | None:
        """Why this can't be a new password. Raises Unavailable when the list can't be read."""
        text = unicodedata.normalize("NFKC", password[: LONGEST + 1])
        if _prepared(password) is None:
            return PasswordFault.TOO_LONG
        if len(text) < minimum:
            return PasswordFault.TOO_SHORT
        if breached and self._list(breached).holds((password, text)):
            return PasswordFault.BREACHED
        return None

    def _list(self, path: str) -> BreachedList:
        return self._lists.setdefault(path, BreachedList(path))


def _prepared(password: str) -> bytes | None:
    """NFKC as UTF-8 (NIST SP 800-63B section 3.1.1.2); None for what no form can send or is huge.

    Without it a password typed with another keyboard's accents would not be the same.
    """
    if len(password) > LONGEST:
        return None
    try:
        return unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError:  # a lone surrogate
        return None
