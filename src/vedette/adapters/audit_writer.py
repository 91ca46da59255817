"""Writes the log of one process: segment by segment, whole batches, synced, people sealed.

A segment ends with the UTC day of its first record, or when it has grown to `most` bytes. Keys are on
disk before the first record that needs them.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from vedette.adapters.audit_keys import RecipientFile
from vedette.adapters.audit_segments import (
    OFFSET,
    current_path,
    erased_path,
    full_path,
    keys_path,
    segments,
)
from vedette.core.record import GENESIS, ChainState, RecordFault, canonical, chained
from vedette.protocol.internal.sealing import Sealer, read_keys

MOST_BYTES = 64 << 20
_DAY = 86_400


@dataclass(slots=True)
class AuditWriter:
    """The log below `folder`. With no `recipient` people are named in it. For one thread."""

    folder: Path
    process: str
    recipient: X25519PublicKey | RecipientFile | None
    most: int = MOST_BYTES
    _head: str = GENESIS
    _start: int = 0
    _size: int = 0
    _day: int = 0
    _sealer: Sealer | None = None
    _erased: tuple[int, int] = (0, 0)
    _torn_keys: bool = field(default=True)

    @property
    def path(self) -> Path:
        """The file that is written."""
        return current_path(self.folder, self.process)

    def begin(self) -> ChainState:
        """Go on behind what earlier runs wrote; says where that stands.

        Raises:
            OSError: the folder can't be used.
            RecordFault: the end of the log can't be read.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = segments(self.folder, self.process)
        if not found:
            return ChainState(GENESIS, None, 0)
        last = found[-1]
        state = last_state(last.path)
        if state.last is None and len(found) > 1:  # nothing was written to it yet
            last.path.unlink()
            last = found[-2]
            state = last_state(last.path)
        self._head = state.head
        size = last.path.stat().st_size
        if last.full:
            self._start = last.end
        else:
            self._start, self._size = last.start, size
            self._day = _first_day(last.path)
        return state

    def write(self, entries: Sequence[dict[str, Any]], now: float) -> None:
        """Append the records whole or not at all. Raises OSError, TypeError or ValueError."""
        self.end_when_due(now)
        if self._start and not self._size:
            entries[0][OFFSET] = self._start
        head, lines = self._head, []
        for entry in self._sealed(entries):
            linked = chained(head, entry)
            head = str(linked["hash"])
            lines.append(canonical(linked) + b"\n")
        data = b"".join(lines)
        self._keep_keys()
        _append(self.path, data)
        if not self._size:
            self._day = int(now) // _DAY
        self._size += len(data)
        self._head = head

    def end_when_due(self, now: float) -> None:
        """End the segment that is written, if its day is over or it is full. Raises OSError."""
        if self._size and (self._size >= self.most or int(now) // _DAY != self._day):
            self.path.rename(full_path(self.folder, self.process, self._start))
            _sync_folder(self.folder)
            self._start, self._size = self._start + self._size, 0
            self._sealer, self._torn_keys = None, True

    def _sealed(self, entries: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        to = self.recipient
        if to is None:
            return entries
        key = to.current() if isinstance(to, RecipientFile) else to
        if self._sealer is None:
            self._sealer = Sealer(key)
        elif self._sealer.recipient is not key:  # changed: what is not on disk yet goes before it
            self._sealer = Sealer(key, self._sealer.fresh)
        self._forget_erased(self._sealer)
        seal = self._sealer.seal
        return [seal(entry, int(entry["id"].rpartition(":")[2])) for entry in entries]

    def _forget_erased(self, sealer: Sealer) -> None:
        try:
            seen = erased_path(self.folder, self.process).stat()
        except FileNotFoundError:
            return
        if (seen.st_mtime_ns, seen.st_size) != self._erased:
            self._erased = (seen.st_mtime_ns, seen.st_size)
            with contextlib.suppress(FileNotFoundError):
                keys = read_keys(self._keys.read_bytes())
                sealer.forget({name for name, key in keys.items() if key.erased is not None})

    def _keep_keys(self) -> None:
        if self._sealer is None or not self._sealer.fresh:
            return
        if self._torn_keys:
            _cut_torn(self._keys)
            self._torn_keys = False
        _append(self._keys, b"".join(self._sealer.fresh))
        self._sealer.fresh.clear()

    @property
    def _keys(self) -> Path:
        return keys_path(self.folder, self.process, self._start)


def _append(path: Path, data: bytes) -> None:
    """Append whole or not at all, and sync: a torn tail is cut before the next try."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        before = os.fstat(descriptor).st_size
        try:
            while data:
                data = data[os.write(descriptor, data) :]
            os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cut_torn(path: Path) -> None:
    """Take away a last line without its end, so that the next one stands by itself."""
    with contextlib.suppress(FileNotFoundError), path.open("rb+") as file:
        data = file.read()
        file.truncate(data.rfind(b"\n") + 1)


def _first_day(path: Path) -> int:
    """The day of a segment's first record; a first line that can't be read is of no day."""
    with path.open("rb") as file:
        try:
            return int(json.loads(file.readline())["at"]) // _DAY
        except (ValueError, KeyError, TypeError):
            return -1


def last_state(path: Path) -> ChainState:
    """Where the chain in a spool file stands, from its last whole line.

    A torn tail is cut off, so that the next record starts on a line of its own. Raises RecordFault.
    """
    if not path.exists():
        return ChainState(GENESIS, None, 0)
    with path.open("rb+") as spool:
        size = spool.seek(0, os.SEEK_END)
        tail_from = max(0, size - (1 << 20))
        spool.seek(tail_from)
        tail = spool.read()
        end = tail.rfind(b"\n") + 1
        spool.truncate(tail_from + end)
        line = tail[:end].rstrip(b"\n").rpartition(b"\n")[2]
    if not line:
        return ChainState(GENESIS, None, 0)
    try:
        entry = json.loads(line)
        return ChainState(str(entry["hash"]), str(entry["id"]), -1)
    except (ValueError, KeyError, TypeError) as fault:
        raise RecordFault(f"the last record of `{path.name}` can't be read") from fault
