"""Files that are made to be taken for something else, to fill disks, or to break readers."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.apps.inspection.corpus.archives import TEXT, seven, tarred, zipped
from tests.apps.inspection.corpus.documents import (
    DOCX,
    EML,
    attached,
    open_document,
    pdf,
    rezipped,
    sheet,
    word,
)  # fmt: skip
from tests.apps.inspection.corpus.media import picture, saved
from tests.apps.inspection.corpus.programs import SCRIPTS, jar
from tests.apps.inspection.corpus.sample import Sample

_JAR = ["program", "application/java-archive"]
_ELF = ["program", "application/x-executable"]
_ZIP = ["archive", "application/zip"]
_PDF = ["document", "application/pdf"]
_JS = ["program", "text/javascript"]
_BOTH = {"polyglot": True}


def hostile(scratch: Path) -> Iterator[Sample]:
    """All of them."""
    yield from polyglots()
    yield from jars(scratch)
    yield from _in_documents()
    yield from bombs()
    yield from _broken()


def polyglots() -> Iterator[Sample]:
    """Files that are two kinds at once."""
    archive, png = zipped({"note.txt": TEXT}), saved(picture(), "PNG")
    for format_ in ("PNG", "GIF", "JPEG", "BMP", "WEBP", "TIFF"):
        data = saved(picture(), format_) + archive
        yield Sample(f"zip-behind.{format_.lower()}", data, "image", None, {**_BOTH, "has": _ZIP})
    yield Sample("zip-behind.pdf", pdf() + archive, *_PDF, {**_BOTH, "has": _ZIP})
    yield Sample("pdf-behind.zip", archive + pdf(), *_ZIP, {**_BOTH, "has": _PDF})
    elf = Path("/bin/true").read_bytes()
    yield Sample("zip-behind.elf", elf + archive, *_ELF, {**_BOTH, "has": _ZIP})
    yield Sample("elf-behind.png", png + elf, "image", None, {**_BOTH, "has": _ELF})
    yield Sample("zip-behind.txt", TEXT + archive, "archive", None, _BOTH)
    script = b"GIF89a/*" + b"x" * 40 + b"*/=1;function run(){alert(document.cookie)}\nrun();\n"
    yield Sample("script.gif", script, "image", "image/gif", {**_BOTH, "has": _JS})
    page = b"GIF89a<html><body><script>alert(document.domain)</script></body></html>\n"
    yield Sample("page.gif", page, "image", "image/gif", _BOTH)
    seven_behind = saved(picture(), "JPEG") + b"Rar!\x1a\x07\x01\x00" + bytes(range(256))
    yield Sample("rar-behind.jpg", seven_behind, "image", "image/jpeg", _BOTH)
    both = rezipped(word(), {"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n\r\n"})
    yield Sample("document-and-jar.docx", both, "document", DOCX, {**_BOTH, "has": _JAR})
    yield Sample("hidden-entry.zip", _hidden(archive), *_ZIP, {**_BOTH, "whole": False})


def _hidden(archive: bytes) -> bytes:
    """A zip with an entry that its directory does not name."""
    entry = zipped({"evil.exe": b"MZ" + bytes(100)})
    entry = entry[: entry.index(b"PK\1\2")]
    at = archive.index(b"PK\1\2")
    end = bytearray(archive[at:])
    offset = len(end) - 6
    end[offset : offset + 4] = struct.pack("<I", at + len(entry))
    return archive[:at] + entry + bytes(end)


def jars(scratch: Path) -> Iterator[Sample]:
    """One program, hidden in many ways; each shows it."""
    data, said = jar(), {"has": _JAR}
    yield Sample("report.pdf", data, *_JAR)
    yield Sample("picture.png", data, *_JAR)
    yield Sample("jar-in.zip", zipped({"holiday.jpg": data}), *_ZIP, said)
    yield Sample(
        "jar-deep.zip", zipped({"a.zip": zipped({"b.tar": tarred({"c.txt": data})})}), *_ZIP, said
    )
    yield Sample(
        "jar-in.docx", rezipped(word(), {"word/media/image9.png": data}), "document", DOCX, said
    )
    font = rezipped(word(), {"word/fonts/font1.odttf": data})
    yield Sample("jar-as-font.docx", font, "document", DOCX, said)
    settings = rezipped(word(), {"word/printerSettings1.bin": data})
    yield Sample("jar-as-settings.docx", settings, "document", DOCX, said)
    yield Sample(
        "jar-in.odt", open_document("text", {"Pictures/a.png": data}), "document", None, said
    )
    png = saved(picture(), "PNG") + data
    yield Sample("jar-behind.png", png, "image", "image/png", {**said, **_BOTH})
    yield Sample("jar-behind-in.docx", rezipped(word(), {"word/media/image1.png": png}), "document", DOCX,
                 {**said, **_BOTH})  # fmt: skip
    yield Sample("jar-behind-in.zip", zipped({"a.png": png}), *_ZIP, {**said, **_BOTH})
    yield Sample("jar-in.pdf", pdf(attached("a.txt", data)), *_PDF, said)
    mail = EML + b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
    mail += base64.encodebytes(data) + b"--x--\n"
    yield Sample("jar-in.eml", mail, "document", "message/rfc822", said)
    yield Sample("jar-in.7z", seven({"a.png": data}, scratch / "jar-in.7z"), "archive", None, said)
    yield Sample("jar-in.gz", gzip.compress(data), "archive", None, said)
    yield Sample("jar-without-names.zip", jar(manifest=False), *_JAR)
    yield Sample("jar-with-comment.jar", _commented(data), *_JAR)


def _commented(data: bytes) -> bytes:
    into = io.BytesIO(data)
    with zipfile.ZipFile(into, "a") as file:
        file.comment = b"c" * 60_000
    return into.getvalue()


def _in_documents() -> Iterator[Sample]:
    """Other things within documents."""
    elf = Path("/bin/true").read_bytes()
    script = SCRIPTS["page.js"]
    for name, data, part in (
        ("elf", elf, _ELF), ("script", script, _JS),
        ("zip", zipped({"a.txt": TEXT}), _ZIP), ("pdf", pdf(), _PDF),
    ):  # fmt: skip
        packed = rezipped(word(), {f"word/embeddings/{name}.bin": data})
        yield Sample(f"{name}-in.docx", packed, "document", DOCX, {"has": part})
    workbook = rezipped(word(), {"word/embeddings/sheet.xlsx": sheet()})
    part = ["document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]
    yield Sample("sheet-in.docx", workbook, "document", DOCX, {"has": part})
    packaged = _ole10native(elf).hex().encode()
    rich = b"{\\rtf1{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata 0105" + packaged + b"}}}"
    yield Sample("object.rtf", rich, "document", "application/rtf")


def _ole10native(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + b"\2\0a.exe\0a.exe\0" + data[:2000]


def bombs() -> Iterator[Sample]:
    """What becomes far larger than it is, or never ends; each is not whole, and looked at quickly."""
    said = {"whole": False}
    zeros = zipped({"zeros": bytes(64 << 20)})
    yield Sample("zeros.zip", zeros, "archive", None, said)
    yield Sample("zeros.gz", gzip.compress(bytes(64 << 20), 9), "archive", "application/gzip", said)
    yield Sample(
        "zeros-in.docx",
        rezipped(word(), {"word/media/a.bmp": bytes(64 << 20)}),
        "document",
        DOCX,
        said,
    )
    yield Sample("many.zip", _many(12_000), "archive", "application/zip", said)
    yield Sample("lying.zip", _lying(), "archive", None, said)
    data = zipped({"n.txt": TEXT})
    for number in range(12):
        data = zipped({f"{number}.zip": data})
    yield Sample("deep.zip", data, "archive", "application/zip", said)
    yield Sample("itself.zip", _overlapping(), "archive", None, {})
    swollen = pdf(attached("a.bin", bytes(64 << 20)), compress_streams=True)
    yield Sample("swollen.pdf", swollen, *_PDF, said)


def _many(count: int) -> bytes:
    return zipped({f"{number}": b"" for number in range(count)}, 0)


def _lying() -> bytes:
    """A zip that says ten bytes and holds a megabyte."""
    data = bytearray(zipped({"a.txt": TEXT * 600}))
    for signature, place in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = data.index(signature) + place
        data[at : at + 4] = struct.pack("<I", 10)
    return bytes(data)


def _overlapping() -> bytes:
    """A zip whose directory names one entry many times."""
    data = zipped({"a.txt": bytes(1 << 20)})
    at = data.index(b"PK\1\2")
    record = data[at : data.index(b"PK\5\6")]
    end = bytearray(data[data.index(b"PK\5\6") :])
    end[8:12] = struct.pack("<HH", 500, 500)
    end[12:16] = struct.pack("<I", len(record) * 500)
    return data[:at] + record * 500 + bytes(end)


def _broken() -> Iterator[Sample]:
    """Files that break off."""
    for format_ in ("PNG", "JPEG", "GIF", "BMP", "TIFF"):
        data = saved(picture(size=128), format_)
        yield Sample(f"half.{format_.lower()}", data[: len(data) // 2], "image")
    said = {"whole": False}
    document = word("Hello " * 500, pictured=True)
    yield Sample("half.docx", document[: len(document) // 2], "archive", "application/zip", said)
    packed = gzip.compress(Path("/bin/true").read_bytes())
    yield Sample("half.gz", packed[: len(packed) // 2], "archive", "application/gzip", said)
    tar = tarred({"a.txt": TEXT, "b.bin": Path("/bin/true").read_bytes()}, "w:xz")
    yield Sample("half.tar.xz", tar[: len(tar) // 2], "archive", "application/x-xz", said)
    yield Sample("one-byte", b"x", "text")
    yield Sample("start-of.zip", b"PK\3\4", "archive", None, said)
    yield Sample(
        "start-of.ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "document", None, said
    )
