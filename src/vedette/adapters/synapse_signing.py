"""Synapse's signing key on disk, and how another one takes its place.

    secrets/synapse-signing.key        as Synapse reads it: `ed25519 <id> <seed in unpadded Base64>`
    secrets/synapse-signing.key.told   made ahead, so that partners can be told of it before it signs
    secrets/synapse-signing.key.next   takes over at Synapse's next start
    keys/synapse-before.json           public halves of before, each with when it signed last

A key signs until Synapse has ended, so the time of its last signature is known only then: keys change
hands between Synapse's end and its start (`settle`). Other servers go on believing what the old one
signed until that time, since Synapse publishes it (Matrix server-server API, `old_verify_keys`).
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vedette.adapters.boot_file import Boot, BootFault
from vedette.adapters.stream_files import write_whole
from vedette.ports.errors import Unavailable
from vedette.ports.keys import ServerKey


def new_line() -> bytes:
    """A new key as Synapse reads it."""
    seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return f"ed25519 a_{secrets.token_hex(3)} {seed}\n".encode()


def shown(line: bytes) -> ServerKey:
    """The public half of a key as Synapse reads it. Raises ValueError."""
    kind, name, seed = line.decode("ascii").split()
    if kind != "ed25519":
        raise ValueError(f"`{kind}` is no kind of key that is known here")
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed + "=" * (-len(seed) % 4)))
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode().rstrip("=")
    return ServerKey(f"{kind}:{name}", public)


@dataclass(frozen=True, slots=True)
class SynapseSigning:
    """The files of Synapse's signing key."""

    boot: Boot

    @property
    def path(self) -> Path:
        """Where the key lies that Synapse signs with."""
        return self.boot.path(self.boot.synapse.signing_key)

    def _beside(self, what: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{what}")

    def tell(self) -> ServerKey:
        """The key that will sign next, made now unless it was told before. Raises Unavailable."""
        for path in (self._beside("next"), self._beside("told")):
            if path.exists():
                return _read(path)
        _write(self._beside("told"), new_line())
        return _read(self._beside("told"))

    def choose(self) -> ServerKey:
        """Have another key sign from Synapse's next start on: the one that was told, if any.

        Raises:
            Unavailable: it can't be kept; Synapse goes on with the old one.
        """
        told, next_ = self._beside("told"), self._beside("next")
        try:
            if not next_.exists() and told.exists():
                told.replace(next_)
        except OSError as fault:
            raise Unavailable(f"`{next_}` can't be written: {fault}") from fault
        if not next_.exists():
            _write(next_, new_line())
        return _read(next_)

    def settle(self, now: float) -> None:
        """While Synapse is down: have the chosen key take over, and keep when the old one ended.

        Ended in between, it is done at the next start.

        Raises:
            Unavailable: a file can't be read or written.
        """
        next_, before = self._beside("next"), self._kept()
        if next_.exists():
            old, new = _read(self.path), _read(next_)
            if old.id != new.id:
                before[old.id] = {"key": old.public, "expired_ts": int(now * 1000)}
                self._keep(before)
            try:
                next_.replace(self.path)
            except OSError as fault:
                raise Unavailable(f"`{self.path}` can't be replaced: {fault}") from fault
        if before and before.pop(_read(self.path).id, None) is not None:
            self._keep(before)  # a key that signs again, from a backup

    def _kept(self) -> dict[str, dict[str, str | int]]:
        try:
            return self.boot.synapse_keys_before()
        except BootFault as fault:
            raise Unavailable(str(fault)) from fault

    def _keep(self, before: dict[str, dict[str, str | int]]) -> None:
        data = json.dumps(before, indent=2, sort_keys=True).encode() + b"\n"
        _write(self.boot.synapse_before(), data, 0o644)


def _read(path: Path) -> ServerKey:
    try:
        return shown(next(line for line in path.read_bytes().splitlines() if line.strip()))
    except (OSError, ValueError, StopIteration) as fault:
        raise Unavailable(f"`{path}` is no signing key that can be read: {fault}") from fault


def _write(path: Path, data: bytes, mode: int = 0o600) -> None:
    try:
        write_whole(path, data, mode)
    except OSError as fault:
        raise Unavailable(f"`{path}` can't be written: {fault}") from fault
