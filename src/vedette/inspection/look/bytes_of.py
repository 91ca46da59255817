"""Bytes that are looked at: a descriptor, read at any place, never trusted about its length."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass

_CHUNK = 256 << 10


@dataclass(frozen=True, slots=True)
class Bytes:
    """`size` bytes behind a descriptor, from `start` on."""

    descriptor: int
    size: int
    start: int = 0

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes at a place; fewer at the end, none beyond it."""
        if offset < 0 or offset >= self.size or length <= 0:
            return b""
        return os.pread(self.descriptor, min(length, self.size - offset), self.start + offset)

    def rest(self, offset: int) -> Bytes:
        """What follows a place."""
        return Bytes(self.descriptor, max(0, self.size - offset), self.start + offset)

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """Everything from a place on, in parts."""
        while chunk := self.read(offset, _CHUNK):
            yield chunk
            offset += len(chunk)

    def file(self) -> io.BufferedReader:
        """A file object of its own over these bytes, at their start."""
        return io.BufferedReader(_File(self), _CHUNK)


class _File(io.RawIOBase):
    """Reads by place, so that several readers never disturb one another."""

    def __init__(self, data: Bytes) -> None:
        super().__init__()
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._data.size}[whence]
        if base + offset < 0:
            raise OSError("a place before the start")
        self._at = base + offset
        return self._at

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        chunk = self._data.read(self._at, len(into))
        into[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)
