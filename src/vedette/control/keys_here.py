"""Keys of this organisation on control's own host: what lies here, and changing those that can be."""

from __future__ import annotations

import asyncio
import secrets
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vedette.adapters.boot_file import Boot
from vedette.adapters.signin_inner import SigninKeys
from vedette.adapters.stream_files import write_whole
from vedette.admin.door import AdministrationDoor
from vedette.admin.key_desk import KeysDesk
from vedette.admin.keys import KeyFound, keys_here
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import SignInStore
from vedette.protocol.internal.renewals import HeldKey
from vedette.spine import Spine

LEAST_TOKEN = 32
"""Characters that a token of this host has at least."""


@dataclass(slots=True)
class TokenFile:
    """A token in a file, followed while it is used. `value` is the last that could be taken."""

    path: Path
    value: str
    _stamp: tuple[int, int, int] = (0, 0, 0)

    def current(self) -> str:
        """The token in force. One that is too short, or that others can read, is not taken."""
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            if stamp != self._stamp:
                value = self.path.read_text(encoding="ascii").strip()
                private = not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
                self._stamp = stamp
                self.value = value if private and len(value) >= LEAST_TOKEN else self.value
        except (OSError, UnicodeDecodeError):
            pass  # it is being replaced, or was taken away: the last one counts
        return self.value


@dataclass(frozen=True, slots=True)
class AdminTokenRotation:
    """A new administrator token; control follows the file, and the old one opens nothing."""

    path: Path

    async def rotate(self) -> None:
        """Write it. Raises Unavailable."""
        made = secrets.token_urlsafe(LEAST_TOKEN).encode()
        try:
            await asyncio.to_thread(write_whole, self.path, made)
        except OSError as fault:
            raise Unavailable(f"`{self.path}` can't be written: {fault}") from fault


def keys_desk(boot: Boot, spine: Spine, store: SignInStore) -> KeysDesk:
    """What an administrator sees and changes of keys."""
    held = {key.value: SigninKeys(boot.path(boot.signin.socket), key.value) for key in HeldKey}
    own = {"admin-token": AdminTokenRotation(boot.path(boot.control.token))}
    return KeysDesk(AdministrationDoor(spine), partial(_look, boot, store), {**held, **own})


def _look(boot: Boot, store: SignInStore) -> tuple[KeyFound, ...]:
    """Raises Unavailable."""
    return keys_here(boot, newest_token_key(store))


def newest_token_key(store: SignInStore) -> float | None:
    """When the key that signs tokens was made. Raises Unavailable."""
    return max((key.made for key in store.token_keys()), default=None)
