"""Archives in every format that can be made here, and archives in archives."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import libarchive

from tests.apps.inspection.corpus.documents import pdf, word
from tests.apps.inspection.corpus.media import picture, saved
from tests.apps.inspection.corpus.programs import jar
from tests.apps.inspection.corpus.sample import Sample

TEXT = b"What is written here is text, and nothing but text.\n" * 30
_DOCUMENT = ["document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"]
_TEXT = ["text", "text/plain"]
_TAR = ["archive", "application/x-tar"]
_PNG = ["image", "image/png"]
_JAR = ["program", "application/java-archive"]
_PDF = ["document", "application/pdf"]


def contents() -> dict[str, bytes]:
    """What lies in most archives here."""
    return {"note.txt": TEXT, "a/dot.png": saved(picture(), "PNG"), "a/letter.docx": word()}


def zipped(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", how) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return into.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    """A tar, compressed as the mode says."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode=mode) as file:  # type: ignore[call-overload]
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return into.getvalue()


def by_libarchive(files: dict[str, bytes], format_: str, filter_: str | None, path: Path) -> bytes:
    """An archive as libarchive writes it."""
    with libarchive.file_writer(str(path), format_, filter_) as archive:
        for name, data in files.items():
            archive.add_file_from_memory(name, len(data), data)
    return path.read_bytes()


def seven(files: dict[str, bytes], path: Path, *words: str) -> bytes:
    """An archive as 7-Zip writes it."""
    place = path.parent / f"{path.name}.d"
    for name, data in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    command = ["7z", "a", "-bd", "-y", *words, str(path), "."]
    subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=120)
    return path.read_bytes()


def archives(scratch: Path) -> Iterator[Sample]:
    """Every format, with the same things within."""
    inside = {"inside": sorted([_TEXT, _PNG, _DOCUMENT]), "whole": True, "polyglot": False}
    packed = {**inside, "inside": sorted([_TEXT, _PNG, _DOCUMENT, _TAR])}
    files = contents()
    for name, how in (("stored", 0), ("deflated", 8), ("bzip2", 12), ("lzma", 14)):
        yield Sample(f"{name}.zip", zipped(files, how), "archive", "application/zip", inside)
    for name, mode, media_type in (
        ("tar", "w", "application/x-tar"),
        ("tar.gz", "w:gz", "application/gzip"),
        ("tar.bz2", "w:bz2", "application/x-bzip2"),
        ("tar.xz", "w:xz", "application/x-xz"),
    ):
        yield Sample(f"things.{name}", tarred(files, mode), "archive", media_type,
                     inside if mode == "w" else packed)  # fmt: skip
    for format_, filter_, media_type in (
        ("gnutar", "zstd", "application/zstd"), ("ustar", "lz4", "application/x-lz4"),
        ("pax", "lzip", "application/x-lzip"), ("7zip", None, "application/x-7z-compressed"),
        ("cpio_newc", None, "application/x-cpio"), ("iso9660", None, "application/x-iso9660-image"),
        ("xar", None, "application/x-xar"),
        ("v7tar", None, "application/x-tar"), ("pax", "compress", "application/x-compress"),
        ("cpio", None, "application/x-cpio"), ("zip", None, "application/zip"),
    ):  # fmt: skip
        data = by_libarchive(files, format_, filter_, scratch / f"{format_}-{filter_}")
        yield Sample(f"things-{format_}-{filter_}", data, "archive", media_type,
                     inside if filter_ is None else packed)  # fmt: skip
    # libarchive reads past the end of what a WARC holds, so that none is opened
    web = by_libarchive(files, "warc", None, scratch / "warc")
    yield Sample("things.warc", web, "archive", "application/warc", {"whole": False})
    for method in ("LZMA2", "PPMd", "BZip2"):
        data = seven(files, scratch / f"{method}.7z", f"-m0={method}")
        yield Sample(f"{method}.7z", data, "archive", "application/x-7z-compressed", inside)
    yield Sample("things.deb", _deb(files), "program", "application/vnd.debian.binary-package")
    for name, data in (
        ("gz", gzip.compress(TEXT)),
        ("bz2", bz2.compress(TEXT)),
        ("xz", lzma.compress(TEXT)),
    ):
        yield Sample(f"note.txt.{name}", data, "archive", None, {"inside": [_TEXT], "whole": True})
    yield from _nested(scratch)
    yield from _locked(scratch)


def _deb(files: dict[str, bytes]) -> bytes:
    def member(name: bytes, data: bytes) -> bytes:
        head = name.ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"100644".ljust(8)
        return head + str(len(data)).encode().ljust(10) + b"`\n" + data + b"\n" * (len(data) % 2)

    parts = member(b"debian-binary", b"2.0\n") + member(b"control.tar.gz", tarred({}, "w:gz"))
    return b"!<arch>\n" + parts + member(b"data.tar.xz", tarred(files, "w:xz"))


def _nested(scratch: Path) -> Iterator[Sample]:
    """Archives in archives, with a program at the bottom."""
    data = jar()
    for number, wrap in enumerate((zipped, tarred, zipped, tarred, zipped)):
        data = wrap({f"level-{number}.bin": data})
        yield Sample(f"nested-{number}", data, "archive", None, {"has": _JAR, "whole": True})
    mixed = seven(
        {"a.tar.gz": tarred({"b.zip": zipped({"c.jar": jar()})}, "w:gz")}, scratch / "mixed.7z"
    )
    yield Sample("mixed.7z", mixed, "archive", None, {"has": _JAR, "whole": True})
    gzipped = gzip.compress(gzip.compress(jar()))
    yield Sample("twice.gz", gzipped, "archive", None, {"has": _JAR})
    for number in range(6):
        files = {"a.pdf": pdf(), "b.zip": zipped({"n.txt": TEXT * (number + 1)})}
        yield Sample(
            f"pdfs-{number}.zip", zipped(files), "archive", None, {"has": _PDF, "whole": True}
        )
    yield Sample("jar-in-gz.gz", gzip.compress(jar()), "archive", None, {"has": _JAR})


def _locked(scratch: Path) -> Iterator[Sample]:
    """Archives with a password."""
    said = {"protected": True, "whole": False}
    files = {"note.txt": TEXT}
    for name, words in (
        ("crypto.zip", ("-psecret",)),
        ("aes.zip", ("-psecret", "-mem=AES256")),
        ("locked.7z", ("-psecret",)),
        ("names-locked.7z", ("-psecret", "-mhe=on")),
    ):
        yield Sample(name, seven(files, scratch / name, *words), "archive", None, said)
