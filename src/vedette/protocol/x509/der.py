"""The little of DER (X.690) that the library leaves to its callers: strict, and total on any bytes."""

from __future__ import annotations

OID, UTF8, OCTETS, SEQUENCE = 0x06, 0x0C, 0x04, 0x30
MOST_VALUES = 1024


def one(der: bytes, tag: int) -> bytes | None:
    """The content of the one value with that tag that takes up all bytes; None if it is not that."""
    found = values(der)
    return found[0][1] if found is not None and len(found) == 1 and found[0][0] == tag else None


def values(der: bytes) -> list[tuple[int, bytes]] | None:
    """The values that stand one after the other, as (tag, content); None where they aren't DER.

    Tags have one byte, lengths at most three; that is all that is needed here.
    """
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(der):
        head = _length(der, at + 1)
        if head is None or der[at] & 0x1F == 0x1F or len(found) == MOST_VALUES:
            return None
        length, start = head
        if start + length > len(der):
            return None
        found.append((der[at], der[start : start + length]))
        at = start + length
    return found


def _length(der: bytes, at: int) -> tuple[int, int] | None:
    """A length and where its content begins; a length that could be written shorter is not DER."""
    first = der[at] if at < len(der) else 0xFF
    if first < 0x80:
        return first, at + 1
    size = first & 0x7F
    length = int.from_bytes(der[at + 1 : at + 1 + size]) if 0 < size <= 3 else 0
    if length < 0x80 or length >> (8 * (size - 1)) == 0 or at + 1 + size > len(der):
        return None
    return length, at + 1 + size


def identifier(content: bytes) -> str | None:
    """An object identifier's content in dotted numbers; None where it is not DER."""
    numbers: list[int] = []
    value = 0
    for place, byte in enumerate(content):
        if byte == 0x80 and value == 0 and (place == 0 or content[place - 1] < 0x80):
            return None  # a leading zero
        value = value << 7 | byte & 0x7F
        if value >> 70:
            return None
        if byte < 0x80:
            numbers.append(value)
            value = 0
    if not numbers or content[-1] >= 0x80:
        return None
    top = min(numbers[0] // 40, 2)
    return ".".join(str(number) for number in (top, numbers[0] - 40 * top, *numbers[1:]))
