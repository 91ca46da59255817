"""Files that tests send: small, real, and each of one kind."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def pdf(tag: str) -> bytes:
    """A document that says `tag`, so that no two have the same bytes."""
    return PDF + b"% " + tag.encode() + b"\n"


def zipped(**files: bytes) -> bytes:
    """An archive with these files; `_` in a name stands for a dot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return buffer.getvalue()


def jar(tag: str = "a") -> bytes:
    """A Java archive with a class in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\nMain-Class: {tag}\n")
        archive.writestr("Main.class", b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + tag.encode())
    return buffer.getvalue()


def program(tag: str) -> bytes:
    """A program of this machine, which says `tag` at its end."""
    return Path("/bin/true").read_bytes() + tag.encode()


def docx(**parts: bytes) -> bytes:
    """An office document; `parts` are put in beside its text."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.'
            'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/'
            '2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/'
            'officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "word/document.xml",
            '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/'
            'wordprocessingml/2006/main"><w:body><w:p/></w:body></w:document>',
        )
        for name, data in parts.items():
            archive.writestr(f"word/embeddings/{name.replace('_', '.')}", data)
    return buffer.getvalue()


def png(size: int = 32, colour: int = 200) -> bytes:
    """A picture of one grey."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes([colour]) * size) * size)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
