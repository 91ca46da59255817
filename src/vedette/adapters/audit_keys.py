"""The keys by which people in the record are named, as they lie beside the segments."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from vedette.adapters.audit_segments import Segment, erased_path, processes, segments
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


def private_key_at(path: Path) -> X25519PrivateKey | None:
    """Control's own key, which opens what doors sealed; None where there is no such file.

    Raises:
        Unavailable: what is there can't be read, or is no such key.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as fault:
        raise Unavailable(f"`{path}` can't be read: {fault}") from fault
    if not isinstance(key, X25519PrivateKey):
        raise Unavailable(f"`{path}` is not an X25519 key")
    return key


@dataclass(slots=True)
class _Known:
    """What was read of one file of keys, up to the byte `read`."""

    sealed: dict[str, SealedKey] = field(default_factory=dict)
    people: dict[str, Person | None] = field(default_factory=dict)
    size: int = -1


@dataclass(slots=True)
class AuditKeys:
    """The PeopleKeys below `folder`. With no `private` key nobody can be named, nor erased."""

    folder: Path
    private: X25519PrivateKey | None
    _files: OrderedDict[Path, _Known] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _opener: Opener | None = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is read before it is needed."""
        self._opener = None if self.private is None else Opener(self.private)

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
