"""Opens zip containers and what libarchive reads: archives, and documents made of parts."""

from __future__ import annotations

import ctypes
import os
import re
import zipfile
from collections.abc import Callable, Iterator

import libarchive
from libarchive import ffi
from libarchive.entry import ArchiveEntry
from libarchive.read import new_archive_read

from vedette.inspection.look import zips
from vedette.inspection.look.bytes_of import Bytes
from vedette.inspection.look.identity import Identity
from vedette.inspection.look.kinds import is_office
from vedette.inspection.look.walk import Enough, Own, Walk

_FORMATS = ("7zip", "ar", "cab", "cpio", "iso9660", "lha", "rar", "rar5", "tar", "xar")
_BLOCK = 256 << 10
_LARGEST_DIRECTORY = 64 << 20
_MACROS = re.compile(r"(?:^|/)(?:vbaProject\.bin|macrosheets/|Basic/|Scripts/)|^(?:Basic|Scripts)/")
_CONTROLS = re.compile(r"(?:^|/)activeX/")
_OWN_BINARY = re.compile(
    r"(?:^|/)(?:printerSettings\d*\.bin|fonts?/[^/]+\.(?:odttf|fntdata|ttf|otf|woff2?)"
    r"|ObjectReplacements/[^/]+|layout-cache|mimetype|vbaProject(?:Signature\w*)?\.bin"
    r"|activeX/activeX\d+\.bin|attachedToolbars\.bin|Basic/.*|xl/[^/]*/?[^/]*\.bin)$"
)
_OWN_KINDS = frozenset({"image"})
_OWN_TYPES = re.compile(
    r"^(?:application/(?:xml|vnd\.ms-opentype|x-dtbncx\+xml)|font/.+|text/css)$"
)
_RELATION = re.compile(rb"<Relationship\b[^>]*", re.IGNORECASE)
_FOLLOWED = re.compile(rb'(?:attachedTemplate|oleObject|frame)"', re.IGNORECASE)
_ELSEWHERE = re.compile(rb'TargetMode="External"', re.IGNORECASE)
_LONGEST_NAME = 1024
_DDE = re.compile(rb"\bDDE(?:AUTO)?\b[^<]{0,80}")
_ODF_ENCRYPTED = b"encryption-data"
_LIB = ffi.libarchive
_LIB.archive_entry_is_encrypted.argtypes = [ctypes.c_void_p]
_LIB.archive_entry_is_encrypted.restype = ctypes.c_int
_LIB.archive_read_has_encrypted_entries.argtypes = [ctypes.c_void_p]
_LIB.archive_read_has_encrypted_entries.restype = ctypes.c_int
BROKEN = (
    libarchive.exception.ArchiveError,
    OSError,
    ValueError,
    UnicodeError,
    ctypes.ArgumentError,
)
"""What libarchive raises over archives that lie."""


def open_zip(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    """Open a zip container, and say which one it is."""
    place = zips.locate(data)
    if place is None or place.directory > _LARGEST_DIRECTORY:
        walk.broken()
        return None
    try:
        opened = zips.Zip.open(data)
        types = opened.types()
    except zips.BROKEN:
        walk.broken()
        return None
    office = is_office(types[0])
    for other in types[1:]:  # a document that is a program too
        walk.seen.polyglot = True
        walk.add(other)
    if opened.hides():
        walk.seen.polyglot = True
        walk.broken()
    if data.read(0, 2) == b"PK":
        _after_zip(walk, data, place, depth)
    own = _own_parts(types[0]) if office else None
    sealed = office and _ODF_ENCRYPTED in opened.text("META-INF/manifest.xml")
    if sealed and types[0] != "application/epub+zip":
        walk.locked()
        return types[0]
    try:
        for entry in opened.entries():
            _zip_entry(walk, opened, entry, depth, own)
    except Enough:
        raise Enough(types[0], depth) from None
    return types[0] if types[0] != media_type else None


def _zip_entry(
    walk: Walk, opened: zips.Zip, entry: zipfile.ZipInfo, depth: int, own: Own | None
) -> None:
    if own is not None:
        _document_part(walk, opened, entry)
    if zips.is_locked(entry):
        walk.count()
        walk.locked()
        return
    try:
        walk.part(opened.chunks(entry), depth + 1, own, entry.filename)
    except Enough:
        raise
    except zips.BROKEN:
        walk.broken()


def _document_part(walk: Walk, opened: zips.Zip, entry: zipfile.ZipInfo) -> None:
    """What a document's part says by its place: macros, controls, links that are followed."""
    name = entry.filename
    if _MACROS.search(name) and entry.file_size:
        walk.seen.macros = True
    if _CONTROLS.search(name):
        walk.seen.active = True
    if name.endswith(".rels") and _leads_elsewhere(opened.text(name)):
        walk.seen.active = True
    if name.endswith(("document.xml", "sheet1.xml")) and _DDE.search(opened.text(name)):
        walk.seen.active = True


def _leads_elsewhere(relations: bytes) -> bool:
    """Whether a part lies elsewhere that is followed without a click (ECMA-376, part 2, 9.3)."""
    return any(
        _FOLLOWED.search(each.group()) and _ELSEWHERE.search(each.group())
        for each in _RELATION.finditer(relations)
    )


def _own_parts(media_type: str) -> Own:
    """Which parts a document of this type is made of itself."""
    book = media_type == "application/epub+zip"

    def own(name: str, identity: Identity) -> bool:
        if len(name) > _LONGEST_NAME:
            return False
        if identity.kind in _OWN_KINDS or _OWN_TYPES.match(identity.type):
            return True
        if book and identity.type == "text/html":
            return True
        if name in ("mimetype", "META-INF/MANIFEST.MF") and identity.kind == "text":
            return True
        plain = identity.kind in ("encrypted", "other", "text") or "ole" in identity.type
        return bool(plain and _OWN_BINARY.search(name)) or (
            # an empty part, and XML without its first line
            identity.type == "application/x-empty" or _is_markup(name, identity)
        )

    return own


def _is_markup(name: str, identity: Identity) -> bool:
    return name.endswith((".xml", ".rels", ".rdf", ".vml", ".opf", ".ncx")) and (
        identity.type in ("text/html", "text/xml", "text/plain")
    )


def _after_zip(walk: Walk, data: Bytes, place: zips.Place, depth: int) -> None:
    """Bytes after a zip's end, which other readers begin with."""
    rest = data.rest(place.end)
    if rest.size >= 4 and any(any(chunk) for chunk in rest.chunks()):
        walk.seen.polyglot = True
        walk.count()
        walk.see(rest, depth + 1)


def open_stream(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    """Undo a compression of one stream, and look at what it holds, whatever that is.

    Reading on into a tar would take what begins with zeros for an empty one, and miss the rest.
    """
    del media_type
    try:
        with _reading(data, ("raw",), "all") as archive:
            for _ in _entries(archive):
                if ffi.filter_count(archive) <= 1:
                    walk.broken()  # it undoes nothing: these are the bytes themselves
                    return None
                walk.part(_blocks(archive), depth + 1)
    except Enough:
        raise
    except BROKEN:
        walk.broken()
    return None


def open_archive(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    """Open what libarchive reads."""
    filters = "all" if media_type == "application/x-rpm" else "none"
    try:
        with _reading(data, _FORMATS, filters) as archive:
            for entry in _entries(archive):
                if entry.isreg or entry.filetype == 0:
                    _archive_entry(walk, archive, entry, depth)
                else:
                    walk.count()
            if _LIB.archive_read_has_encrypted_entries(archive) == 1:
                walk.locked()
    except Enough:
        raise
    except BROKEN as fault:
        if "ncrypt" in str(fault) or "assphrase" in str(fault):
            walk.locked()
        walk.broken()
    return None


def _archive_entry(walk: Walk, archive: ctypes.c_void_p, entry: ArchiveEntry, depth: int) -> None:
    if _LIB.archive_entry_is_encrypted(entry._entry_p) == 1:  # noqa: SLF001  # it has no such property
        walk.count()
        walk.locked()
        return
    walk.part(_blocks(archive), depth + 1)


def _blocks(archive: ctypes.c_void_p) -> Iterator[bytes]:
    buffer = ctypes.create_string_buffer(_BLOCK)
    while True:
        count = ffi.read_data(archive, buffer, _BLOCK)
        if count <= 0:
            return
        yield buffer.raw[:count]


def _entries(archive: ctypes.c_void_p) -> Iterator[ArchiveEntry]:
    while True:
        entry = ArchiveEntry(archive, "utf-8")
        if ffi.read_next_header2(archive, entry._entry_p) == ffi.ARCHIVE_EOF:  # noqa: SLF001
            return
        yield entry


class _reading:  # noqa: N801  # a context manager
    """An archive opened over bytes, in some formats, with filters undone or not."""

    def __init__(self, data: Bytes, formats: tuple[str, ...], filters: str) -> None:
        self._data, self._formats = data, formats
        self._made = new_archive_read(formats[0], filters)

    def __enter__(self) -> ctypes.c_void_p:
        archive: ctypes.c_void_p = self._made.__enter__()
        for name in self._formats[1:]:
            _formats_of(name)(archive)
        # The place of reading is shared by both, and nothing else reads this one by its place.
        copy = os.dup(self._data.descriptor)
        os.lseek(copy, self._data.start, os.SEEK_SET)
        self._copy = copy
        ffi.read_open_fd(archive, copy, 64 << 10)
        return archive

    def __exit__(self, *fault: object) -> None:
        os.close(self._copy)
        self._made.__exit__(None, None, None)


def _formats_of(name: str) -> Callable[[ctypes.c_void_p], object]:
    """How a format is switched on; one that this libarchive does not have stays off."""
    try:
        return ffi.get_read_format_function(name)  # type: ignore[no-any-return]
    except ValueError:
        return lambda _: None
