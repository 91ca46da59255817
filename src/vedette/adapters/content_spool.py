"""Where contents lie while they are looked at: files without a name, which end with the process.

Nothing is left behind by a process that was killed, and nobody else can open what lies here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from vedette.core.files import Digest
from vedette.ports.errors import Unavailable

LEAST_FREE = 1 << 30
"""Bytes that are always left on the disk."""


@dataclass(slots=True)
class Spool:
    """A folder for contents, of at most `most` bytes together."""

    folder: Path
    most: int
    used: int = 0

    def start(self) -> None:
        """Make the folder. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def begin(self, expected: int) -> SpooledContent:
        """A new content that is still arriving. Raises Unavailable when there is no room.

        `expected` is its size where that is known beforehand, else 0.
        """
        self.check(expected)
        try:
            file = tempfile.TemporaryFile(buffering=0, dir=self.folder)  # noqa: SIM115
        except OSError as fault:
            raise Unavailable(f"`{self.folder}` can't be written: {fault.strerror}") from fault
        return SpooledContent(self, file)

    def check(self, more: int) -> None:
        """Raise Unavailable when there is no room for so many bytes more."""
        if self.used + more > self.most:
            raise Unavailable("too many contents are being looked at")
        if shutil.disk_usage(self.folder).free - more < LEAST_FREE:
            raise Unavailable(f"the disk of `{self.folder}` is almost full")


@dataclass(slots=True)
class SpooledContent:
    """A Kept content, in a file without a name. Written by one thread at a time."""

    spool: Spool
    _file: BinaryIO
    size: int = 0
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> Digest:
        """The digest of what has arrived."""
        return Digest(self._hash.hexdigest())

    def write(self, data: bytes) -> None:
        """Take more of it. Raises Unavailable when there is no room."""
        if self.spool.used + len(data) > self.spool.most:
            raise Unavailable("too many contents are being looked at")
        self._hash.update(data)
        self.spool.used += len(data)
        self.size += len(data)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as fault:
            raise Unavailable(f"a content can't be kept: {fault.strerror}") from fault

    def open(self) -> int:
        """A new descriptor for reading alone, from the first byte on."""
        return os.open(f"/proc/self/fd/{self._file.fileno()}", os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        """Let the bytes go. A second time does nothing."""
        if not self._file.closed:
            self._file.close()
            self.spool.used -= self.size
