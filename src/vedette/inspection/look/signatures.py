"""Formats that are known by what must stand where in them.

Each of these is checked at its place; what is found here counts more than what a detector guesses.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from vedette.inspection.look.bytes_of import Bytes

HEAD = 64 << 10
"""So many bytes from the start are read to know a format."""

_AT_START: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    (b"8BPS\x00\x02", "image/vnd.adobe.photoshop"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\xff\x4f\xff\x51\x00", "image/j2c"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"gimp xcf ", "image/x-xcf"),
    (b"DDS \x7c\x00\x00\x00", "image/vnd.ms-dds"),
    (b"\x76\x2f\x31\x01", "image/x-exr"),
    (b"qoif", "image/x-qoi"),
    (b"icns", "image/x-icns"),
    (b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (b"AT&TFORM", "image/vnd.djvu"),
    (b"fLaC", "audio/flac"),
    (b"MThd\x00\x00\x00\x06", "audio/midi"),
    (b"#!AMR", "audio/amr"),
    (b".snd\x00\x00\x00", "audio/basic"),
    (b"wvpk", "audio/x-wavpack"),
    (b"MAC \x96\x0f", "audio/x-ape"),
    (b"caff\x00\x01", "audio/x-caf"),
    (b"\x1aE\xdf\xa3", "video/x-matroska"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b".RMF\x00\x00\x00", "application/vnd.rn-realmedia"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"LZIP", "application/x-lzip"),
    (b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (b"xar!\x00\x1c", "application/x-xar"),
    (b"070701", "application/x-cpio"),
    (b"070702", "application/x-cpio"),
    (b"070707", "application/x-cpio"),
    (b"\xed\xab\xee\xdb", "application/x-rpm"),
    (b"MSWIM\x00\x00\x00", "application/x-ms-wim"),
    (b"hsqs", "application/x-squashfs"),
    (b"ITSF\x03\x00\x00\x00", "application/vnd.ms-htmlhelp"),
    (b"WARC/1.", "application/warc"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"%!PS", "application/postscript"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "application/onenote"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"dex\n0", "application/vnd.android.dex"),
    (b"\x00asm", "application/wasm"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (b"Cr24\x02\x00\x00\x00", "application/x-chrome-extension"),
    (b"Cr24\x03\x00\x00\x00", "application/x-chrome-extension"),
    (b"BC\xc0\xde", "application/x-llvm-bitcode"),
    (b"\x1bLua", "application/x-lua-bytecode"),
    (b"FWS", "application/x-shockwave-flash"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "application/vnd.tcpdump.pcap"),
    (b"OTTO\x00", "font/otf"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"ttcf\x00", "font/collection"),
    (b"\x00\x01\x00\x00\x00", "font/ttf"),
    (b"Salted__", "application/x-openssl-encrypted"),
    (b"age-encryption.org/v1", "application/age-encryption"),
    (b"-----BEGIN PGP MESSAGE", "application/pgp-encrypted"),
    (b"-----BEGIN AGE ENCRYPTED FILE", "application/age-encryption"),
    (b"LUKS\xba\xbe", "application/luks"),
)
_RIFF = {
    b"WAVE": "audio/x-wav",
    b"AVI ": "video/x-msvideo",
    b"WEBP": "image/webp",
    b"ACON": "image/x-ani",
    b"RMID": "audio/midi",
}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_LHA = re.compile(rb"..-lh[0-7d]-", re.DOTALL)
_PNM = re.compile(rb"P[1-7][ \t\r\n](?:#[^\n]*\n)?\s*[0-9W]")
_JPEG = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]")
_PDF_WITHIN = 1024
"""Readers find a PDF's header anywhere in so many bytes."""


def type_at_start(data: Bytes) -> str | None:
    """The media type whose format these bytes keep from their start on; None if none is known."""
    head = data.read(0, HEAD)
    for begins, media_type in _AT_START:
        if head.startswith(begins):
            return media_type
    for look in _LOOKS:
        found = look(head, data)
        if found is not None:
            return found
    return None


def _containers(head: bytes, _: Bytes) -> str | None:
    """RIFF, IFF, ISO base media and Ogg: the type stands a little after the start."""
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/x-aiff"
    if head[4:8] == b"ftyp":
        known = _BRANDS.get(head[8:12])
        return known or ("video/3gpp" if head[8:11] == b"3gp" else "video/mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide") and head[0] == 0:
        return "video/quicktime"
    if head.startswith(b"OggS"):
        return "video/ogg" if b"\x80theora" in head[:512] else "audio/ogg"
    return None


def _compressed(head: bytes, _: Bytes) -> str | None:
    if head.startswith(b"\x1f\x8b\x08") and len(head) > 10 and not head[3] & 0xE0:
        return "application/gzip"
    if head[:3] == b"BZh" and head[3:4] in b"123456789" and head[4:10] in _BZIP2:
        return "application/x-bzip2"
    if head.startswith(b"\x1f\x9d") and len(head) > 3 and not head[2] & 0x60:
        return "application/x-compress"
    return None


_BZIP2 = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")


def _archives(head: bytes, data: Bytes) -> str | None:
    if head.startswith(b"!<arch>\n"):
        deb = head[8:24].rstrip() in (b"debian-binary", b"debian-binary/")
        return "application/vnd.debian.binary-package" if deb else "application/x-archive"
    if head[257:262] == b"ustar" or _old_tar(head):
        return "application/x-tar"
    if data.read(32769, 5) == b"CD001":
        return "application/x-iso9660-image"
    if _LHA.match(head):
        return "application/x-lha"
    if head[7:14] == b"**ACE**":
        return "application/x-ace"
    if data.read(data.size - 512, 4) == b"koly":
        return "application/x-apple-diskimage"
    if head[20:24] == b"\xdc\xa7\xc4\xfd":
        return "application/x-zoo"
    return None


def _old_tar(head: bytes) -> bool:
    """A tar header before POSIX: its checksum is right."""
    if len(head) < 512 or not head[0] or not head[148:154].strip(b" \0").isdigit():
        return False
    try:
        told = int(head[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    return told == sum(head[:148]) + 8 * 32 + sum(head[156:512])


def _pictures(head: bytes, data: Bytes) -> str | None:
    if _JPEG.match(head):
        return "image/jpeg"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") and len(head) >= 8:
        return "image/tiff"
    if head[:2] == b"BM" and len(head) > 26 and _bmp(head, data.size):
        return "image/bmp"
    if head[:4] in (b"\0\0\1\0", b"\0\0\2\0") and _icon(head, data.size):
        return "image/vnd.microsoft.icon"
    if head.startswith(b"\1\0\0\0") and head[40:44] == b" EMF":
        return "image/emf"
    if head.startswith(b"\xff\x0a") and len(head) > 12:
        return "image/jxl"
    if _PNM.match(head):
        return "image/x-portable-anymap"
    return None


_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)


def _bmp(head: bytes, size: int) -> bool:
    told, _, pixels, header = struct.unpack_from("<IIII", head, 2)
    return bool(header in _BMP_HEADERS and pixels < max(size, 1) and told <= size)


def _icon(head: bytes, size: int) -> bool:
    count = int.from_bytes(head[4:6], "little")
    if not 0 < count <= 256 or len(head) < 22:
        return False
    length, offset = struct.unpack_from("<II", head, 14)
    return bool(offset >= 6 + 16 * count and offset + length <= size and length)


def _programs(head: bytes, data: Bytes) -> str | None:
    if head.startswith(b"MZ") and len(head) >= 64:
        new = int.from_bytes(head[60:64], "little")
        if data.read(new, 4) == b"PE\0\0":
            return "application/vnd.microsoft.portable-executable"
        if data.read(new, 2) in (b"NE", b"LE", b"LX") or _dos(head):
            return "application/x-dosexec"
    if head.startswith(b"\xca\xfe\xba\xbe") and len(head) >= 8:
        # A universal Mach-O counts its parts here, a Java class says its version.
        return (
            "application/java-vm"
            if int.from_bytes(head[6:8], "big") >= 43
            else "application/x-mach-binary"
        )
    if (
        head[2:4] == b"\r\n"
        and len(head) > 16
        and head[4:16].count(0) >= 3
        and head[1] in (12, 13, 14)
    ):
        return "application/x-python-bytecode"
    if head[:3] in (b"CWS", b"ZWS") and head[3:4] < b"\x40" and len(head) > 20:
        return "application/x-shockwave-flash"
    return None


def _dos(head: bytes) -> bool:
    """A DOS header whose sizes make sense."""
    last, pages, _, paragraphs = struct.unpack_from("<HHHH", head, 2)
    return bool(last < 512 and 0 < pages < 2048 and 2 <= paragraphs <= 4096)


def _sound(head: bytes, data: Bytes) -> str | None:
    if head.startswith(b"ID3") and len(head) > 10 and head[3] in (2, 3, 4):
        return "audio/mpeg"
    if _mpeg_frames(head):
        return "audio/mpeg"
    if head[:2] in (b"\xff\xf1", b"\xff\xf9") and _adts(head):
        return "audio/aac"
    packets = range(0, 188 * 5, 188)
    if data.size >= 188 * 5 and all(head[at : at + 1] == b"G" for at in packets):
        return "video/mp2t"
    return None


_RATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def _mpeg_frames(head: bytes) -> bool:
    """Three MPEG audio frames (layer III) one after the other."""
    at = 0
    for _ in range(3):
        if len(head) < at + 4 or head[at] != 0xFF or head[at + 1] & 0xE6 != 0xE2:
            return False
        version = head[at + 1] >> 3 & 3
        rates = _RATES[3 if version == 3 else 2]
        rate, sampling = head[at + 2] >> 4, head[at + 2] >> 2 & 3
        if not 0 < rate < 15 or sampling == 3 or version == 1:
            return False
        hertz = (44100, 48000, 32000)[sampling] >> {3: 0, 2: 1, 0: 2}[version]
        at += (144 if version == 3 else 72) * rates[rate] * 1000 // hertz + (head[at + 2] >> 1 & 1)
    return True


def _adts(head: bytes) -> bool:
    """Two ADTS frames one after the other."""
    if len(head) < 8:
        return False
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length > 7 and head[length : length + 2] == head[:2]


def _documents(head: bytes, _: Bytes) -> str | None:
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return "application/pdf"
    if head[60:68] in (b"BOOKMOBI", b"TEXtREAd"):
        return "application/x-mobipocket-ebook"
    return None


_LOOKS: tuple[Callable[[bytes, Bytes], str | None], ...] = (
    _programs,
    _containers,
    _compressed,
    _archives,
    _pictures,
    _sound,
    _documents,
)
