"""The files of the key by which settings, people and the record are believed, while it is changed.

    keys/settings.pub            the key of now; two of them while one takes over from the other
    keys/settings-before.jsonl   by which line each key of before has handed over (`signing`)
    secrets/settings.key         control's own half
    secrets/settings.key.next    the next one, until it has taken over

1. The next key is written beside the old one, so that nothing is ever signed by a key that is nowhere.
2. Both are published. 3. The old one hands over. 4. From then on the next one signs; whoever uses this
sends everything anew. 5. It is put in the old one's place, and 6. is the only one published.

Whoever is ended in between finds the next key at its start, and goes on at (2).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from vedette.adapters.stream_files import write_whole
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.signing import HandoverFault, Keys, hand_over, keys_of_before

_END = b"-----END PUBLIC KEY-----"
_Stamp = tuple[int, int, int]


def before_path(public: Path) -> Path:
    """Where it lies which keys came before those in `public`."""
    return public.with_name(f"{public.stem}-before.jsonl")


def public_keys_at(path: Path) -> tuple[Ed25519PublicKey, ...]:
    """The keys in a file, the newest first. Raises Unavailable: it can't be read, or holds others."""
    try:
        data = path.read_bytes()
        blocks = [block for block in data.split(_END) if block.strip()]
        keys = tuple(load_pem_public_key(block + _END) for block in blocks)
    except (OSError, ValueError) as fault:
        raise Unavailable(f"`{path}` is not a public key that can be read: {fault}") from fault
    ours = tuple(key for key in keys if isinstance(key, Ed25519PublicKey))
    if not ours or len(ours) < len(keys):
        raise Unavailable(f"`{path}` is not an Ed25519 key")
    return ours


def handovers_at(path: Path) -> list[bytes]:
    """The lines of `before_path`; none where there is no such file. Raises Unavailable."""
    try:
        return path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as fault:
        raise Unavailable(f"`{path}` can't be read: {fault}") from fault


@dataclass(slots=True)
class SettingsKeyFile:
    """Verifies by the keys in `path`, which is looked at again each time."""

    path: Path
    organisation: str
    _stamp: tuple[_Stamp | None, _Stamp | None] = (None, None)
    _keys: Keys = field(default_factory=lambda: Keys(()))

    def verify(self, signature: bytes, data: bytes, /) -> None:
        """By the keys of now. Raises InvalidSignature, also when they can't be read."""
        try:
            now = public_keys_at(self.path)
        except Unavailable as outage:
            raise InvalidSignature(str(outage)) from outage
        Keys(now).verify(signature, data)

    def at(self, when: int, /) -> Keys:
        """Those that count for what was signed at `when`. Raises Unavailable."""
        return self.keys().at(when)

    def keys(self) -> Keys:
        """All of them. Raises Unavailable."""
        earlier = before_path(self.path)
        stamp = (_stamp(self.path), _stamp(earlier))
        if stamp[0] is None or stamp != self._stamp:
            now = public_keys_at(self.path)
            try:
                before = keys_of_before(handovers_at(earlier), self.organisation, now)
            except HandoverFault as fault:
                raise Unavailable(f"`{earlier}`: {fault}") from fault
            self._keys, self._stamp = Keys(now, before), stamp
        return self._keys


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


@dataclass(slots=True)
class SettingsKey:
    """Control's settings key, which signs. `public` is where doors find the other half of it."""

    private: Path
    public: Path
    organisation: str
    _held: Ed25519PrivateKey
    _changing: Lock = field(default_factory=Lock)

    @classmethod
    def at(cls, private: Path, public: Path, organisation: str, now: int) -> SettingsKey:
        """The key that signs now. A change that was broken off is gone on with, to step 4.

        `settle` MUST follow once everything was sent.

        Raises:
            Unavailable: a file of it can't be read, or written.
        """
        made = cls(private, public, organisation, _private_at(private))
        if made.next.exists():
            made._take(_private_at(made.next), now)
        return made

    @property
    def next(self) -> Path:
        """Where the next key lies until it has taken over."""
        return self.private.with_name(f"{self.private.name}.next")

    def sign(self, data: bytes, /) -> bytes:
        """Sign by the newest key."""
        return self._held.sign(data)

    def public_key(self) -> Ed25519PublicKey:
        """The other half of the newest key."""
        return self._held.public_key()

    @contextmanager
    def changing(self, now: int) -> Iterator[None]:
        """Steps 1 to 4, whatever the caller does to have all signed anew, then 5 and 6.

        When the caller fails both keys are believed on, until this is done again or `settle`.

        Raises:
            Unavailable: it can't be done now; if it is before step 4, the old key signs on.
        """
        if not self._changing.acquire(blocking=False):
            raise Unavailable("the settings key is being changed already")
        try:
            self._begin(now)
            yield
            self._finish()
        finally:
            self._changing.release()

    def settle(self) -> None:
        """Steps 5 and 6 of a change that was broken off, if there is one. Raises Unavailable."""
        if self.next.exists() or self.two():
            self._finish()

    def two(self) -> bool:
        """Whether a key of before is believed beside the newest. Raises Unavailable."""
        return len(public_keys_at(self.public)) > 1

    def _begin(self, now: int) -> None:
        if not self.next.exists():
            made = Ed25519PrivateKey.generate()
            form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            _write(self.next, made.private_bytes(*form))
        self._take(_private_at(self.next), now)

    def _take(self, made: Ed25519PrivateKey, now: int) -> None:
        old, earlier = self._held, before_path(self.public)
        if old.public_key() != made.public_key():  # else it was ended between (5) and (6)
            self._publish(made.public_key(), old.public_key())
            lines = [*handovers_at(earlier), hand_over(self.organisation, old, made, now)]
            _write(earlier, b"".join(line + b"\n" for line in lines), 0o644)
        self._held = made

    def _finish(self) -> None:
        try:
            if self.next.exists():
                self.next.replace(self.private)
        except OSError as fault:
            raise Unavailable(f"`{self.private}` can't be replaced: {fault}") from fault
        self._publish(self.public_key())

    def _publish(self, *keys: Ed25519PublicKey) -> None:
        shown = (key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in keys)
        _write(self.public, b"".join(shown), 0o644)


def _private_at(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as fault:
        raise Unavailable(f"`{path}` is not a private key in PEM form: {fault}") from fault
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(f"`{path}` is not an Ed25519 key")
    return key


def _write(path: Path, data: bytes, mode: int = 0o600) -> None:
    try:
        write_whole(path, data, mode)
    except OSError as fault:
        raise Unavailable(f"`{path}` can't be written: {fault}") from fault
