"""Programs of four platforms, byte code and scripts."""

from __future__ import annotations

import io
import os
import py_compile
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from hashlib import sha1
from importlib.util import find_spec
from pathlib import Path

import pip

from tests.apps.inspection.corpus.sample import Sample
from tests.cache import cached

_ELF = "application/x-executable"
_PE = "application/vnd.microsoft.portable-executable"
_MACH = "application/x-mach-binary"
_PIP = (
    "--platform macosx_11_0_arm64", "--platform macosx_10_13_x86_64", "--platform win_amd64",
    "--platform manylinux2014_aarch64",
)  # fmt: skip
_VBA_FROM = Path(__file__).parent / "xlsxwriter.txt"
_NATIVE_FROM = Path(__file__).parent / "markupsafe.txt"


def fetched() -> Path:
    """Return the folder with PyPI's packages for other platforms, and a macro project made by Excel."""
    return cached("inspection", [_NATIVE_FROM.read_bytes(), _VBA_FROM.read_bytes()], _fetch)


def _fetch(place: Path) -> None:
    for platform in _PIP:
        options = ("--only-binary=:all:", "--python-version=3.13", *platform.split())
        _download(place, _NATIVE_FROM, *options)
    _download(place, _VBA_FROM, "--no-binary=:all:")


def _download(into: Path, lock: Path, *options: str) -> None:
    command = [
        sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
        "--no-build-isolation", "--require-hashes", *options, "-d", str(into), "-r", str(lock),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=600)


def vba_project(folder: Path) -> bytes:
    """A macro project that Excel made, from the examples of XlsxWriter."""
    (path,) = folder.glob("[Xx]lsx[Ww]riter-*.tar.gz")
    with tarfile.open(path) as archive:
        (name,) = [each for each in archive.getnames() if each.endswith("examples/vbaProject.bin")]
        member = archive.extractfile(name)
        assert member is not None
        return member.read()


def programs(folder: Path, scratch: Path) -> Iterator[Sample]:
    """Everything that a system or an interpreter runs."""
    yield from _here()
    yield from _windows()
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as file:
            for name in file.namelist():
                if name.endswith((".so", ".pyd")):
                    native = (
                        _MACH if "macos" in wheel.name else _PE if "win" in wheel.name else _ELF
                    )
                    yield Sample(
                        f"{wheel.stem[-20:]}-{Path(name).name}", file.read(name), "program", native
                    )
    yield Sample("fat.dylib", _fat(), "program", _MACH)
    yield Sample("classes.dex", dex(), "program", "application/vnd.android.dex")
    yield Sample("app.apk", apk(), "program", "application/vnd.android.package-archive")
    yield Sample("Hello.class", java_class(), "program", "application/java-vm")
    yield Sample("hello.jar", jar(), "program", "application/java-archive")
    yield Sample("bare.jar", jar(manifest=False), "program", "application/java-archive")
    yield Sample("module.wasm", WASM, "program", "application/wasm")
    link = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F" + bytes(56)
    yield Sample("link.lnk", link, "program", "application/x-ms-shortcut")
    source = scratch / "compiled.py"
    source.write_text("def f(x):\n    return x + 1\n")
    compiled = py_compile.compile(str(source), cfile=str(scratch / "compiled.pyc"))
    yield Sample("compiled.pyc", Path(str(compiled)).read_bytes(), "program")
    yield from _scripts()


def _here() -> Iterator[Sample]:
    """What this machine runs: ELF, and scripts by their first line."""
    elf, scripts = 0, 0
    for path in sorted(Path("/usr/bin").iterdir()):
        if not path.is_file() or path.is_symlink() or path.stat().st_size > 300_000:
            continue
        data = path.read_bytes()
        if data.startswith(b"\x7fELF") and elf < 40:
            elf += 1
            yield Sample(path.name, data, "program", _ELF)
        elif data.startswith(b"#!") and scripts < 30:
            scripts += 1
            yield Sample(path.name, data, "program")


def _place_of(package: str) -> Path:
    """Where a package lies; importing setuptools would change Python's own tools."""
    found = find_spec(package)
    assert found is not None
    return Path(str(found.origin)).parent


def _windows() -> Iterator[Sample]:
    places = (Path(pip.__file__).parent / "_vendor/distlib", _place_of("setuptools"))
    for place in places:
        for path in sorted(place.glob("*.exe")):
            yield Sample(f"{place.name}-{path.name}", path.read_bytes(), "program", _PE)


def java_class(name: bytes = b"Hello") -> bytes:
    """A class with nothing in it (JVM specification, 4.1)."""
    pool = [b"\x07\0\x02", _utf8(name), b"\x07\0\x04", _utf8(b"java/lang/Object")]
    head = b"\xca\xfe\xba\xbe" + struct.pack(">HHH", 0, 52, len(pool) + 1)
    return head + b"".join(pool) + struct.pack(">HHHHHHH", 0x21, 1, 3, 0, 0, 0, 0)


def _utf8(text: bytes) -> bytes:
    return b"\x01" + struct.pack(">H", len(text)) + text


def jar(*, manifest: bool = True, added: dict[str, bytes] | None = None) -> bytes:
    """A Java program."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as file:
        if manifest:
            file.writestr(
                "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nMain-Class: Hello\r\n\r\n"
            )
        file.writestr("Hello.class", java_class())
        for name, data in (added or {}).items():
            file.writestr(name, data)
    return into.getvalue()


def dex() -> bytes:
    """A Dalvik program with nothing in it (dex format, header_item)."""
    body = struct.pack("<IIIIII", 112, 0x12345678, 0, 0, 0, 0) + bytes(112 - 32 - 24)
    size = struct.pack("<I", 112)
    rest = size + body
    signed = sha1(rest).digest() + rest  # noqa: S324  # the format's own
    return b"dex\n035\0" + struct.pack("<I", zlib.adler32(signed)) + signed


def apk() -> bytes:
    """An Android package."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("AndroidManifest.xml", b"\x03\0\x08\0" + struct.pack("<I", 64) + bytes(56))
        file.writestr("classes.dex", dex())
        file.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n\r\n")
    return into.getvalue()


def _fat() -> bytes:
    """A universal Mach-O header over two empty parts."""
    head = b"\xca\xfe\xba\xbe" + struct.pack(">I", 2)
    parts = [struct.pack(">IIIII", 7, 3, 4096, 64, 12), struct.pack(">IIIII", 12, 0, 8192, 64, 12)]
    return (head + b"".join(parts)).ljust(4096, b"\0") + b"\xcf\xfa\xed\xfe" + bytes(4200)


WASM = (
    b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x05\x01\x01f\0\0\x0a\x04\x01\x02\0\x0b"
)
SCRIPTS = {
    path.stem: path.read_bytes() for path in sorted((Path(__file__).parent / "scripts").iterdir())
}


def _scripts() -> Iterator[Sample]:
    for name, text in SCRIPTS.items():
        yield Sample(name, text, "program")
    library = Path(os.__file__).parent
    for name in (
        "abc.py",
        "argparse.py",
        "base64.py",
        "bisect.py",
        "calendar.py",
        "csv.py",
        "glob.py",
    ):
        yield Sample(f"stdlib-{name}", (library / name).read_bytes(), "program", "text/x-python")
