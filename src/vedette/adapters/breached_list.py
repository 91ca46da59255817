"""A local list of breached passwords, looked up where it lies.

Two forms are read. SHA-1 hashes in ascending order, `HASH:count` or `HASH` a line, as Have I Been
Pwned hands them out "ordered by hash": found by halving, some forty reads in a file of 40 GB.
Or plain passwords, one a line: found by reading through.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vedette.ports.errors import Unavailable

_HASH_LINE = re.compile(rb"[0-9A-Fa-f]{40}(?::[0-9]+)?\r?")
_HEX = 40
_LONGEST_LINE = 128
_SAMPLES = 64
_LINE_ENDS = (b"", b"\r\n", b"\r")


@dataclass(slots=True)
class BreachedList:
    """The list at `path`. It may be replaced by another file while running."""

    path: str
    _examined: tuple[int, ...] = ()
    _hashes: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def holds(self, spellings: Iterable[str]) -> bool:
        """Whether one of these is in the list.

        Raises:
            Unavailable: the list is missing, empty, or its hashes are not in order: then a
                password that is not found may be in it all the same.
        """
        with _opened(self.path) as (data, state):
            hashes = self._form(data, state)
            find = _has_hash if hashes else _has_word
            return any(find(data, one) for one in set(spellings))

    def _form(self, data: mmap.mmap, state: tuple[int, ...]) -> bool:
        """Whether it is a list of hashes. A file is examined once, until it changes."""
        with self._lock:
            if self._examined != state:
                self._hashes = _HASH_LINE.fullmatch(_first_line(data)) is not None
                if self._hashes and not _in_order(data):
                    raise Unavailable(
                        f"the hashes in `{self.path}` are not in ascending order;"
                        " take the list that is ordered by hash"
                    )
                self._examined = state
            return self._hashes


@contextmanager
def _opened(path: str) -> Iterator[tuple[mmap.mmap, tuple[int, ...]]]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # the path is text all the way
            found = os.fstat(file.fileno())
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    except OSError as fault:
        raise Unavailable(f"the breached passwords `{path}` can't be read: {fault}") from fault
    except ValueError as fault:  # mmap refuses an empty file
        raise Unavailable(f"the breached passwords `{path}` are empty") from fault


def _first_line(data: mmap.mmap) -> bytes:
    return data[: _LONGEST_LINE * 2].split(b"\n", 1)[0]


def _in_order(data: mmap.mmap) -> bool:
    """Whether the hashes rise, seen at evenly spread lines: enough to know another order."""
    size = len(data)
    starts = sorted({_line_start(data, size * part // _SAMPLES) for part in range(_SAMPLES)})
    seen = [_hash_at(data, start) for start in starts]
    return all(seen) and seen == sorted(seen)


def _has_hash(data: mmap.mmap, password: str) -> bool:
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    low, high = 0, len(data)  # the line that holds it starts in [low, high), if there is one
    while low < high:
        start = _line_start(data, (low + high) // 2)
        found = _hash_at(data, start)
        if found == wanted:
            return True
        if start < low or not found:
            raise Unavailable(f"the breached passwords have a line at byte {start} that is no hash")
        if found < wanted:
            end = data.find(b"\n", start)
            low = high if end < 0 else end + 1
        else:
            high = start
    return False


def _line_start(data: mmap.mmap, position: int) -> int:
    return data.rfind(b"\n", max(0, position - _LONGEST_LINE), position) + 1


def _hash_at(data: mmap.mmap, start: int) -> bytes:
    """The hash of the line that starts here, in capitals; empty if it is none."""
    found = data[start : start + _HEX].upper()
    return found if _HASH_LINE.fullmatch(found) else b""


def _has_word(data: mmap.mmap, password: str) -> bool:
    """Whether a line is this password, or this password in small letters."""
    return any(_has_line(data, one.encode()) for one in {password, password.lower()})


def _has_line(data: mmap.mmap, line: bytes) -> bool:
    if not line or b"\n" in line:
        return False
    position = data.find(line)
    while position >= 0:
        after = data[position + len(line) : position + len(line) + 2]
        begins = position == 0 or data[position - 1 : position] == b"\n"
        if begins and (after[:1] == b"\n" or after in _LINE_ENDS):
            return True
        position = data.find(line, position + 1)
    return False
