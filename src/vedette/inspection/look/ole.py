"""Opens compound files (MS-CFB): older Office documents, messages, installers, locked documents."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import olefile

from vedette.inspection.look.bytes_of import Bytes
from vedette.inspection.look.walk import Enough, Walk

BROKEN = (
    OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error,
    OverflowError, UnicodeError, RecursionError,
)  # fmt: skip
"""What olefile raises over files that lie."""
_MOST_STREAMS = 10_000
_LARGEST_STREAM = 256 << 20
_LARGEST_HEAD = 4 << 20
_INSTALLER = "000C1084-0000-0000-C000-000000000046"
_PATCH = "000C1086-0000-0000-C000-000000000046"
_MACRO_STORAGES = frozenset({"vba", "_vba_project_cur", "_vba_project", "macros"})
_PACKAGES = frozenset({"package", "contents", "embeddedodf", "ooxmlisencrypted"})
_MAILED = "__substg1.0_37010102"
_BOUNDSHEET, _FILEPASS, _EOF_RECORDS = 0x85, 0x2F, 200_000


def open_ole(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    """Open a compound file, and say what it is."""
    del media_type
    try:
        with olefile.OleFileIO(data.file()) as ole:
            return _opened(walk, ole, depth)
    except BROKEN:
        walk.broken()
        return "application/vnd.ms-office"


def _opened(walk: Walk, ole: olefile.OleFileIO, depth: int) -> str:
    names = [tuple(each) for each in ole.listdir(streams=True, storages=False)[:_MOST_STREAMS]]
    found = _type(walk, ole, {name[0].lower() for name in names if name})
    parts = {part.lower() for name in names for part in name}
    if parts & _MACRO_STORAGES:
        walk.seen.macros = True
    try:
        for name in names:
            _stream(walk, ole, name, depth)
    except Enough:
        raise Enough(found, depth) from None
    return found


def _type(walk: Walk, ole: olefile.OleFileIO, roots: set[str]) -> str:
    if "encryptedpackage" in roots:
        walk.locked()
        return "application/vnd.ms-office"
    if "worddocument" in roots:
        if ole.openstream("WordDocument").read(12)[10:12] and _word_is_locked(ole):
            walk.locked()
        return "application/msword"
    for book in ("workbook", "book"):
        if book in roots:
            _workbook(walk, ole.openstream(book).read(_LARGEST_STREAM))
            return "application/vnd.ms-excel"
    if "powerpoint document" in roots:
        if "encryptedsummary" in roots or _slides_are_locked(ole):
            walk.locked()
        return "application/vnd.ms-powerpoint"
    if "__properties_version1.0" in roots:
        return "application/vnd.ms-outlook"
    if ole.root is not None and ole.root.clsid.upper() in (_INSTALLER, _PATCH):
        return "application/vnd.microsoft.installer"
    return "application/vnd.ms-office"


def _word_is_locked(ole: olefile.OleFileIO) -> bool:
    """MS-DOC 2.5.2: bit fEncrypted of the base of the FIB."""
    return bool(int.from_bytes(ole.openstream("WordDocument").read(12)[10:12], "little") & 0x0100)


def _slides_are_locked(ole: olefile.OleFileIO) -> bool:
    """MS-PPT 2.3.2: the token of a current user whose document is encrypted."""
    if not ole.exists("Current User"):
        return False
    return bool(ole.openstream("Current User").read(16)[12:16] == b"\xdf\xc4\xd1\xf3")


def _workbook(walk: Walk, stream: bytes) -> None:
    """MS-XLS 2.4: a password, and sheets of macros."""
    at = 0
    for _ in range(_EOF_RECORDS):
        if at + 4 > len(stream):
            return
        record, length = struct.unpack_from("<HH", stream, at)
        if record == _FILEPASS:
            walk.locked()
            return
        if record == _BOUNDSHEET and length >= 6 and stream[at + 9 : at + 10] in (b"\1", b"\6"):
            walk.seen.macros = True
        if not record:
            return
        at += 4 + length


def _stream(walk: Walk, ole: olefile.OleFileIO, name: tuple[str, ...], depth: int) -> None:
    last = name[-1].lower()
    if ole.get_size(list(name)) > _LARGEST_STREAM:
        walk.broken()
    elif last == "\x01ole10native":
        walk.part(_packaged(ole.openstream(list(name)).read()), depth + 1)
    elif last in _PACKAGES or last == _MAILED:
        walk.part([ole.openstream(list(name)).read()], depth + 1)
    elif last == "__substg1.0_1013001e":
        walk.seen.active |= b"<script" in ole.openstream(list(name)).read(_LARGEST_HEAD).lower()
    elif len(name) > 1 and last in ("worddocument", "workbook", "powerpoint document"):
        walk.add("application/vnd.ms-office")


def _packaged(stream: bytes) -> Iterator[bytes]:
    """MS-OLEDS 2.3.6, as packages use it: names, then the length of the file, then the file."""
    at = 6
    for _ in range(2):
        at = stream.index(b"\0", at) + 1
    at += 4
    length = int.from_bytes(stream[at : at + 4], "little")
    at += 4 + length
    size = int.from_bytes(stream[at : at + 4], "little")
    yield stream[at + 4 : at + 4 + size] if 0 < size <= len(stream) - at else stream[4:]
