"""The keys by which people in the record are named, as they lie beside the segments."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from vedette.adapters.audit_segments import Segment, erased_path, processes, segments
from vedette.adapters.stream_files import write_whole
from vedette.core.record import RecordFault
from vedette.ports.audit_keys import Erased
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.sealing import (
    LENGTH,
    MARK,
    Opener,
    Person,
    SealedKey,
    erasure,
    opened,
    read_keys,
)

_END = b"-----END PRIVATE KEY-----"
_MOST_KEYS = 300_000
"""How many keys are remembered, in all files together; those of one file more than that too."""


def recipient_at(path: Path) -> X25519PublicKey | None:
    """Control's public key, to which a door seals people; None where there is no such file.

    Raises:
        Unavailable: what is there can't be read, or is no such key.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        raise Unavailable(f"`{path}` can't be read: {fault}") from fault
    if not isinstance(key, X25519PublicKey):
        raise Unavailable(f"`{path}` is not an X25519 key")
    return key


@dataclass(slots=True)
class RecipientFile:
    """Control's public key in a file, followed: what is sealed from now on is sealed to the newest."""

    path: Path
    _key: X25519PublicKey
    _stamp: tuple[int, int, int] = (0, 0, 0)

    @classmethod
    def at(cls, path: Path) -> RecipientFile | None:
        """None where there is no such file. Raises Unavailable, as `recipient_at`."""
        key = recipient_at(path)
        return None if key is None else cls(path, key)

    def current(self) -> X25519PublicKey:
        """The newest key that could be read: of a file that is gone, or torn, the one before."""
        with contextlib.suppress(OSError, Unavailable):
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            if stamp != self._stamp:
                self._key = recipient_at(self.path) or self._key
                self._stamp = stamp
        return self._key


def private_keys_at(path: Path) -> tuple[X25519PrivateKey, ...]:
    """Control's own keys, which open what doors sealed, the newest first; none without such a file.

    Raises:
        Unavailable: what is there can't be read, or is no such key.
    """
    try:
        blocks = [block for block in path.read_bytes().split(_END) if block.strip()]
        keys = tuple(load_pem_private_key(block + _END, None) for block in blocks)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as fault:
        raise Unavailable(f"`{path}` can't be read: {fault}") from fault
    ours = tuple(key for key in keys if isinstance(key, X25519PrivateKey))
    if not ours or len(ours) < len(keys):
        raise Unavailable(f"`{path}` is not an X25519 key")
    return ours


def change_audit_key(private: Path, public: Path, keys: AuditKeys) -> None:
    """Have doors seal to another key from now on, and keep those by which something is still sealed.

    1. The new one is written before the old ones. 2. Whoever reads by `keys` opens by all of them.
    3. Doors find the other half, and seal to it from their next record on. Ended in between, doors
    go on sealing to the old one, which stays.

    Raises:
        Unavailable: a file can't be read or written.
    """
    made, found = X25519PrivateKey.generate(), private_keys_at(private)
    if not found:
        raise Unavailable(f"`{private}` is missing: put it back from a backup")
    kept = (made, found[0], *keys.needed(found[1:]))
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        write_whole(private, b"".join(key.private_bytes(*form) for key in kept))
        keys.take(kept)
        write_whole(public, shown, 0o644)
    except OSError as fault:
        raise Unavailable(f"the audit's keys can't be written: {fault}") from fault


@dataclass(slots=True)
class _Known:
    """What was read of one file of keys, up to the byte `read`."""

    sealed: dict[str, SealedKey] = field(default_factory=dict)
    people: dict[str, Person | None] = field(default_factory=dict)
    size: int = -1


@dataclass(slots=True)
class AuditKeys:
    """The PeopleKeys below `folder`. With no `private` key nobody can be named, nor erased.

    `older` opens what was sealed before the key was changed.
    """

    folder: Path
    private: X25519PrivateKey | None
    older: tuple[X25519PrivateKey, ...] = ()
    _files: OrderedDict[Path, _Known] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _opener: Opener | None = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is read before it is needed."""
        self._opener = None if self.private is None else Opener((self.private, *self.older))

    @classmethod
    def at(cls, folder: Path, private: Path) -> AuditKeys:
        """Those below `folder`, opened by the keys in a file. Raises Unavailable."""
        found = private_keys_at(private)
        return cls(folder, found[0] if found else None, found[1:])

    def take(self, keys: Sequence[X25519PrivateKey]) -> None:
        """Open by these from now on, the newest first."""
        with self._lock:
            self.private, self.older = keys[0], tuple(keys[1:])
            self._opener = Opener(tuple(keys))
            self._files.clear()

    def needed(self, keys: Sequence[X25519PrivateKey]) -> tuple[X25519PrivateKey, ...]:
        """Those of these keys by which somebody in the record could still be named."""
        left = list(keys)
        for process in processes(self.folder):
            for path in (self.folder / process).glob(f"{process}.*.keys"):
                sealed = _read(path)
                left = [key for key in left if not _opens_any(Opener((key,)), sealed)]
        return tuple(key for key in keys if key not in left)

    def opened(self, entry: Mapping[str, Any], segment: Segment) -> dict[str, Any]:
        """A record of this segment with its people named, where they were not erased."""
        return opened(entry, lambda name: self.person(segment.keys, name))

    def person(self, keys: Path, name: str) -> Person | None:
        """Whom a pseudonym stands for; None where it was erased, or nobody knows."""
        with self._lock:
            known = self._files.get(keys) or self._files.setdefault(keys, _Known())
            self._files.move_to_end(keys)
            if name not in known.people:
                known.people[name] = self._found(keys, known, name)
            return known.people[name]

    def named(self, wanted: Collection[str]) -> Iterator[tuple[str, Person]]:
        """Those of these pseudonyms that can be opened, and whom they stand for."""
        if self._opener is None:
            return
        for process in processes(self.folder):
            for keys in sorted((self.folder / process).glob(f"{process}.*.keys")):
                for name, sealed in _read(keys).items():
                    person = self._opener.person(name, sealed) if name in wanted else None
                    if person is not None:
                        yield name, person

    def erase(self, name: str, record: str) -> Erased:
        """Write over every key of `name`. What the file system keeps of old blocks is not ours."""
        if self._opener is None:
            raise Unavailable(
                "control's key for the audit is not here: nobody can be found by name"
            )
        gone: dict[str, int] = {}
        try:
            for process in processes(self.folder):
                files = sorted((self.folder / process).glob(f"{process}.*.keys"))
                erased = sum(self._erase(keys, name, record) for keys in files)
                if erased:
                    gone[process] = erased
                    _tell(erased_path(self.folder / process, process), record)
            plain = sum(1 for _ in self._in_plain(name))
        except (OSError, RecordFault) as fault:
            raise Unavailable(f"not every key could be erased: {fault}") from fault
        finally:
            with self._lock:
                self._files.clear()
        return Erased(keys=sum(gone.values()), processes=tuple(gone), plain=plain)

    def _found(self, keys: Path, known: _Known, name: str) -> Person | None:
        if self._opener is None:
            return None
        if name not in known.sealed:
            self._read_again(keys, known)
        sealed = known.sealed.get(name)
        return None if sealed is None else self._opener.person(name, sealed)

    def _read_again(self, keys: Path, known: _Known) -> None:
        """Read a file that has grown; forget those that were not asked for longest."""
        try:
            size = keys.stat().st_size
        except OSError:
            return
        if size == known.size:
            return
        known.sealed, known.size = _read(keys), size
        known.people = {name: person for name, person in known.people.items() if person}
        while (
            len(self._files) > 1
            and sum(len(each.sealed) for each in self._files.values()) > _MOST_KEYS
        ):
            self._files.popitem(last=False)

    def _erase(self, keys: Path, name: str, record: str) -> int:
        count, place = 0, 0
        with keys.open("rb+") as file:
            data = file.read()
            sealed = read_keys(data)
            for line in data.splitlines(keepends=True):
                if line.startswith(MARK.encode()) and line.endswith(b"\n"):
                    said = line[:LENGTH].decode("ascii", "replace")
                    person = self._opener.person(said, sealed[said]) if self._opener else None
                    if person is not None and person.name == name:
                        os.pwrite(file.fileno(), erasure(line[:-1], record), place)
                        count += 1
                place += len(line)
            os.fsync(file.fileno())
        return count

    def _in_plain(self, name: str) -> Iterator[bytes]:
        said = name.encode("utf-8", "surrogatepass")
        for process in processes(self.folder):
            for segment in segments(self.folder / process, process):
                with segment.path.open("rb") as lines:
                    yield from (line for line in lines if said in line)


def _opens_any(opener: Opener, sealed: Mapping[str, SealedKey]) -> bool:
    return any(opener.person(name, key) is not None for name, key in sealed.items())


def _read(keys: Path) -> dict[str, SealedKey]:
    try:
        return read_keys(keys.read_bytes())
    except OSError:
        return {}


def _tell(marker: Path, record: str) -> None:
    """Have the door make new keys for whom it still names by those that are gone."""
    descriptor = os.open(marker, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, record.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
