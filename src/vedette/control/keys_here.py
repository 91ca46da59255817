"""Keys of this organisation on control's own host: what lies here, and changing those that can be."""

from __future__ import annotations

import asyncio
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vedette.adapters.audit_keys import AuditKeys, change_audit_key
from vedette.adapters.boot_file import Boot
from vedette.adapters.restarts import FOLDER, Restarts
from vedette.adapters.settings_keys import SettingsKey
from vedette.adapters.signin_inner import SigninKeys
from vedette.adapters.stream_files import write_whole
from vedette.adapters.synapse_signing import SynapseSigning
from vedette.admin.door import AdministrationDoor
from vedette.admin.homeserver import SECRETS, secret_file
from vedette.admin.key_desk import KeysDesk, Rotation
from vedette.admin.keys import KeyFound, keys_here
from vedette.control.upkeep import Upkeep
from vedette.core.language import Sentence, said_by, told
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.keys import ServerKey
from vedette.ports.sign_in import SignInStore
from vedette.protocol.internal.renewals import HeldKey

LEAST_TOKEN = 32
"""Characters that a token of this host has at least."""
_SECRET_BYTES = 48


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


@dataclass(frozen=True, slots=True)
class SettingsKeyRotation:
    """Another settings key; `upkeep` sends what the old one signed once more."""

    key: SettingsKey
    clock: Clock
    upkeep: Callable[[], Upkeep]

    async def rotate(self) -> Sentence | None:
        """Have it take over; doors that are silent learn it when they are back. Raises Unavailable."""
        try:
            with self.key.changing(int(self.clock.now())):  # some small files, once in a while
                await self.upkeep().sign_anew()
        except Unavailable as outage:
            if not self.key.two():
                raise
            return told(
                "both keys are believed until all is signed anew, so or by a start of control: {why}",
                why=said_by(outage),
            )
        return None


@dataclass(frozen=True, slots=True)
class AuditKeyRotation:
    """Another key to which people are sealed in the record; older ones go on opening what is older."""

    boot: Boot
    keys: AuditKeys

    async def rotate(self) -> None:
        """Make it, and publish its other half. Raises Unavailable."""
        private, public = (
            self.boot.path(self.boot.control.audit_key),
            self.boot.path(self.boot.audit_key),
        )
        await asyncio.to_thread(change_audit_key, private, public, self.keys)


_LEFT = told("start the organisation again (`vedette up`): until then the old one is used")


async def _again(restarts: Restarts, *names: str) -> Sentence | None:
    """Have these started again; what is left to be done where that did not come about."""
    try:
        return None if await restarts.again(*names) else _LEFT
    except Unavailable as outage:
        return said_by(outage)


@dataclass(frozen=True, slots=True)
class SynapseSigningRotation:
    """Another key of our server, once Synapse was started again. What the old one signed stays good."""

    signing: SynapseSigning
    restarts: Restarts

    async def rotate(self) -> Sentence | None:
        """Choose it and have Synapse started again. Raises Unavailable."""
        await asyncio.to_thread(self.signing.choose)
        return await _again(self.restarts, "synapse")

    async def tell(self) -> ServerKey:
        """The one that is chosen next. Raises Unavailable."""
        return await asyncio.to_thread(self.signing.tell)


@dataclass(frozen=True, slots=True)
class SecretsRotation:
    """Other random texts in files that `read_by` read at their start."""

    files: tuple[Path, ...]
    read_by: tuple[str, ...]
    restarts: Restarts

    async def rotate(self) -> Sentence | None:
        """Write them and have their readers started again. Raises Unavailable."""
        try:
            for path in self.files:
                made = secrets.token_urlsafe(_SECRET_BYTES).encode()
                await asyncio.to_thread(write_whole, path, made)
        except OSError as fault:
            raise Unavailable(f"`{path}` can't be written: {fault}") from fault
        return await _again(self.restarts, *self.read_by)


def keys_desk(
    boot: Boot,
    door: AdministrationDoor,
    store: SignInStore,
    audit: AuditKeys,
    key: SettingsKey,
    upkeep: Callable[[], Upkeep],
) -> KeysDesk:
    """What an administrator sees and changes of keys. `upkeep` is asked for once all is wired."""
    restarts = Restarts(boot.path(FOLDER))
    signing = SynapseSigningRotation(SynapseSigning(boot), restarts)
    held = {key.value: SigninKeys(boot.path(boot.signin.socket), key.value) for key in HeldKey}
    own: dict[str, Rotation] = {
        "admin-token": AdminTokenRotation(boot.path(boot.control.token)),
        "audit-key": AuditKeyRotation(boot, audit),
        "settings-key": SettingsKeyRotation(key, door.spine.clock, upkeep),
        "synapse-secrets": SecretsRotation(
            tuple(secret_file(boot, name) for name in SECRETS), ("synapse",), restarts
        ),
        "synapse-shared-secret": SecretsRotation(
            (boot.path(boot.signin.synapse_secret),), ("synapse", "signin"), restarts
        ),
        "synapse-signing-key": signing,
    }
    ahead = {"synapse-signing-key": signing}
    return KeysDesk(door, partial(_look, boot, store), {**held, **own}, ahead)


def _look(boot: Boot, store: SignInStore) -> tuple[KeyFound, ...]:
    """Raises Unavailable."""
    return keys_here(boot, newest_token_key(store))


def newest_token_key(store: SignInStore) -> float | None:
    """When the key that signs tokens was made. Raises Unavailable."""
    return max((key.made for key in store.token_keys()), default=None)
