"""Where a format ends by its own words, so that what follows can be looked at."""

from __future__ import annotations

import struct
from collections.abc import Callable

from vedette.inspection.look.bytes_of import Bytes

_MOST_BLOCKS = 200_000


def end_of(media_type: str, data: Bytes) -> int | None:
    """Where the format ends; None where it doesn't say, or breaks off before."""
    find = _ENDS.get(media_type)
    try:
        return find(data) if find else None
    except (struct.error, IndexError):
        return None


def _png(data: Bytes) -> int | None:
    """PNG 5.3: chunks, the last of which is IEND."""
    at = 8
    for _ in range(_MOST_BLOCKS):
        length, name = int.from_bytes(data.read(at, 4), "big"), data.read(at + 4, 4)
        at += 12 + length
        if name == b"IEND":
            return at
        if at > data.size:
            return None
    return None


def _gif(data: Bytes) -> int | None:
    """GIF89a: blocks, the last of which is the trailer."""
    head = data.read(0, 13)
    at = 13 + _colours(head[10])
    for _ in range(_MOST_BLOCKS):
        kind = data.read(at, 1)
        if kind == b";":
            return at + 1
        if kind == b"!":
            at = _sub_blocks(data, at + 2)
        elif kind == b",":
            at = _sub_blocks(data, at + 11 + _colours(data.read(at + 9, 1)[0]))
        else:
            return None
    return None


def _colours(packed: int) -> int:
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _sub_blocks(data: Bytes, at: int) -> int:
    for _ in range(_MOST_BLOCKS):
        length = data.read(at, 1)[0]
        at += 1 + length
        if not length:
            return at
    raise IndexError(at)


def _jpeg(data: Bytes) -> int | None:
    """JPEG B.1: segments, entropy-coded data after a scan's header, and EOI."""
    at = 2
    for _ in range(_MOST_BLOCKS):
        marker = data.read(at, 2)
        if len(marker) < 2 or marker[0] != 0xFF:
            return None
        name = marker[1]
        if name == 0xD9:
            return at + 2
        if name == 0xFF:
            at += 1
            continue
        at += (
            2
            if name == 1 or 0xD0 <= name <= 0xD7
            else 2 + int.from_bytes(data.read(at + 2, 2), "big")
        )
        if name == 0xDA:
            at = _after_scan(data, at)
    return None


def _after_scan(data: Bytes, at: int) -> int:
    """The next marker after entropy-coded data."""
    while chunk := data.read(at, 64 << 10):
        where = chunk.find(b"\xff")
        while where >= 0 and where + 1 < len(chunk):
            if chunk[where + 1] and not 0xD0 <= chunk[where + 1] <= 0xD7:
                return at + where
            where = chunk.find(b"\xff", where + 1 if chunk[where + 1] == 0xFF else where + 2)
        if len(chunk) < 2:
            break
        at += len(chunk) - (1 if where >= 0 else 0)
    raise IndexError(at)


def _riff(data: Bytes) -> int | None:
    length = int.from_bytes(data.read(4, 4), "little")
    return 8 + length + (length & 1)


def _bmp(data: Bytes) -> int | None:
    told = int.from_bytes(data.read(2, 4), "little")
    return told or None


def _pdf(data: Bytes) -> int | None:
    """After the last `%%EOF`; the line's end belongs to it."""
    start = max(0, data.size - (1 << 20))
    tail = data.read(start, 1 << 20)
    where = tail.rfind(b"%%EOF")
    if where < 0:
        return None
    end = where + 5
    while tail[end : end + 1] in (b"\r", b"\n", b" ", b"\t") and end < len(tail):
        end += 1
    return start + end


_ENDS: dict[str, Callable[[Bytes], int | None]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/webp": _riff,
    "image/bmp": _bmp,
    "audio/x-wav": _riff,
    "application/pdf": _pdf,
}
