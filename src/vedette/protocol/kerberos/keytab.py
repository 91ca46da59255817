"""What stands in a keytab: the names whose keys it has (MIT's file format, version 2).

Keys are skipped over, and nothing of them is kept. Total: a file that can't be read is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_VERSION = b"\x05\x02"
_MOST = 1 << 20
_RC4 = frozenset({23, 24})
_DES = frozenset({1, 2, 3, 5, 16})


class NoKeytab(ValueError):
    """The file is no keytab, or is cut off."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key's name, its number (kvno) and its kind (RFC 3961 and its registry)."""

    principal: str
    kvno: int
    kind: int

    @property
    def is_weak(self) -> bool:
        """Whether it is of a kind that is no longer good (RFC 6649, RFC 8429)."""
        return self.kind in _RC4 | _DES


def entries_in(data: bytes) -> tuple[Entry, ...]:
    """Every entry. Raises NoKeytab."""
    if len(data) > _MOST or data[:2] != _VERSION:
        raise NoKeytab("this is no keytab")
    return tuple(_entries(data))


def _entries(data: bytes) -> Iterator[Entry]:
    at = 2
    while at < len(data):
        if at + 4 > len(data):
            raise NoKeytab("the keytab is cut off")
        size = int.from_bytes(data[at : at + 4], "big", signed=True)
        at += 4
        if at + abs(size) > len(data):
            raise NoKeytab("the keytab is cut off")
        if size > 0:
            yield _entry(_Reader(data[at : at + size]))
        at += abs(size)  # a negative size is a hole that a key has left


@dataclass(slots=True)
class _Reader:
    data: bytes
    at: int = 0

    def number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def text(self) -> str:
        return self._take(self.number(2)).decode("utf-8", "replace")

    def skip(self) -> None:
        self._take(self.number(2))

    def rest(self) -> int:
        return len(self.data) - self.at

    def _take(self, size: int) -> bytes:
        if size > self.rest():
            raise NoKeytab("the keytab is cut off")
        self.at += size
        return self.data[self.at - size : self.at]


def _entry(read: _Reader) -> Entry:
    parts = read.number(2)
    realm = read.text()
    name = "/".join(read.text() for _ in range(parts))
    read.number(4)  # the kind of name
    read.number(4)  # when it was written
    kvno = read.number(1)
    kind = read.number(2)
    read.skip()  # the key
    longer = read.number(4) if read.rest() >= 4 else 0
    return Entry(f"{name}@{realm}", longer or kvno, kind)
