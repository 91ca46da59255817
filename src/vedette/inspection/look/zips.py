"""Zip containers: where one lies in some bytes, what it is, and what is hidden between its parts."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from vedette.inspection.look.bytes_of import Bytes

_END = b"PK\5\6"
_LOCAL = b"PK\3\4"
_LONGEST_TAIL = 22 + 65535
_SEARCH = 4 << 20
_MOST_READ = 1 << 20
_CHUNK = 256 << 10
BROKEN = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, EOFError, OSError,
    struct.error, KeyError, OverflowError, RuntimeError, IndexError,
)  # fmt: skip
"""What reading a zip that lies may raise; RuntimeError: a password is asked for."""
_MAIN = re.compile(
    rb'ContentType="(application/vnd\.[^"]*?)\.(?:main\+xml|template\.main\+xml)"', re.IGNORECASE
)
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a zip lies: its first byte, its end, and how long its directory claims to be."""

    start: int
    end: int
    directory: int


def locate(data: Bytes) -> Place | None:
    """The zip that a reader would find from the end of these bytes; None if there is none."""
    begins = data.read(0, 4) in (_LOCAL, _END)
    at = _last_end(data, data.size if begins else min(data.size, _LONGEST_TAIL))
    if at is None:
        return None
    told = struct.unpack("<4sHHHHIIH", data.read(at, 22))
    entries, length, offset, comment = told[4], told[5], told[6], told[7]
    if 0xFFFF in (entries, offset & 0xFFFF) and data.read(at - 20, 4) == b"PK\6\7":
        return Place(0 if begins else 1, at + 22 + comment, 0)
    start = at - length - offset
    central = data.read(at - length, 4)
    if start < 0 or (entries and central != b"PK\1\2"):
        return None
    return Place(0 if begins else max(0, start), min(data.size, at + 22 + comment), length)


def _last_end(data: Bytes, reach: int) -> int | None:
    """The last end record within so many bytes of the end."""
    stop = max(0, data.size - reach)
    high = data.size
    while high > stop:
        low = max(stop, high - _SEARCH)
        block = data.read(low, high - low + 21)
        found = block.rfind(_END)
        while found >= 0:
            if low + found + 22 <= data.size:
                return low + found
            found = block.rfind(_END, 0, found)
        high = low
    return None


@dataclass(slots=True)
class Zip:
    """An opened zip."""

    data: Bytes
    archive: zipfile.ZipFile
    names: frozenset[str]

    @classmethod
    def open(cls, data: Bytes) -> Zip:
        """Open. Raises one of BROKEN."""
        archive = zipfile.ZipFile(data.file())
        return cls(data, archive, frozenset(each.filename for each in archive.infolist()))

    def types(self) -> tuple[str, ...]:
        """What kinds of container it is; the first is the one it claims to be."""
        found = [kind for kind in (self._office(), self._declared(), self._program()) if kind]
        return tuple(dict.fromkeys(found)) or ("application/zip",)

    def entries(self) -> list[zipfile.ZipInfo]:
        """Every entry that is not a folder."""
        return [each for each in self.archive.infolist() if not each.is_dir()]

    def chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """What an entry unpacks to. Raises one of BROKEN."""
        with self.archive.open(entry) as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    def text(self, name: str, most: int = _MOST_READ) -> bytes:
        """The first bytes of an entry; empty if it is not there or can't be read."""
        try:
            with self.archive.open(name) as file:
                return file.read(most)
        except BROKEN:
            return b""

    def hides(self) -> bool:
        """Whether entries lie between those that the directory names: another reader finds them."""
        spans = sorted(map(self._span, self.archive.infolist()))
        at = self._first()
        for begin, end in spans:
            if begin > at and self._has_entry(at, begin):
                return True
            at = max(at, end)
        return at < self.archive.start_dir and self._has_entry(at, self.archive.start_dir)

    def _first(self) -> int:
        offsets = [each.header_offset for each in self.archive.infolist()]
        return 0 if self.data.read(0, 4) == _LOCAL else min(offsets, default=0)

    def _span(self, entry: zipfile.ZipInfo) -> tuple[int, int]:
        head = self.data.read(entry.header_offset, 30)
        name, extra = struct.unpack("<HH", head[26:30]) if len(head) == 30 else (0, 0)
        begin = entry.header_offset
        return begin, begin + 30 + name + extra + entry.compress_size

    def _has_entry(self, begin: int, end: int) -> bool:
        while begin < end:
            if _LOCAL in self.data.read(begin, min(_SEARCH, end - begin) + 3):
                return True
            begin += _SEARCH
        return False

    def _office(self) -> str | None:
        """OOXML and XPS, by the content types that the package declares (ECMA-376, part 2)."""
        if "[Content_Types].xml" not in self.names:
            return None
        told = self.text("[Content_Types].xml")
        if "AppxManifest.xml" in self.names:
            return "application/x-msix"
        for main in _MAIN.finditer(told):
            media_type = main.group(1).decode("ascii", "replace").lower()
            return f"{media_type}.12" if media_type.endswith("macroenabled") else media_type
        if b"fixeddocumentsequence" in told:
            return "application/vnd.ms-xpsdocument"
        if b"vnd.ms-excel.sheet.binary" in told:
            return "application/vnd.ms-excel.sheet.binary.macroenabled.12"
        if b"vnd.ms-visio" in told:
            return "application/vnd.openxmlformats-officedocument.visio"
        return None

    def _declared(self) -> str | None:
        """OpenDocument and EPUB declare their type in their first entry."""
        if "Index/Document.iwa" in self.names:
            return "application/vnd.apple.iwork"
        told = self.text("mimetype", 256).strip().decode("ascii", "replace")
        if told.startswith("application/vnd.oasis.opendocument.") or told == "application/epub+zip":
            return told
        return told if told.startswith("application/vnd.sun.xml.") else None

    def _program(self) -> str | None:
        if {"AndroidManifest.xml", "classes.dex"} & self.names:
            return "application/vnd.android.package-archive"
        if "META-INF/MANIFEST.MF" in self.names or any(n.endswith(".class") for n in self.names):
            return "application/java-archive"
        if "install.rdf" in self.names or "META-INF/mozilla.rsa" in self.names:
            return "application/x-xpinstall"
        if any(name.startswith("Payload/") and ".app/" in name for name in self.names):
            return "application/x-ios-app"
        return None


def is_locked(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry needs a password."""
    return bool(entry.flag_bits & _ENCRYPTED)
