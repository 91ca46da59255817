"""Text of many sorts and encodings, and bytes that nothing recognises."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.apps.inspection.corpus.sample import Sample

_ROOT = Path(__file__).parents[4]
_LETTER = (
    "Sehr geehrte Damen und Herren,\n\nwir treffen uns am Donnerstag um zehn Uhr in Zürich."
    " Über die Größe der Gruppe müssen wir noch sprechen; bitte bringen Sie Fotos mit.\n\nMit"
    " freundlichen Grüßen\nÄnne\n"
)
_TEXTS = {
    path.stem: path.read_bytes() for path in sorted((Path(__file__).parent / "plain").iterdir())
}
_PAGE = "<!DOCTYPE html>\n<html><head><title>x</title></head><body><p>Hello</p></body></html>\n"


def texts() -> Iterator[Sample]:
    """Text."""
    for name, text in _TEXTS.items():
        yield Sample(name, text, "text", None, {"whole": True, "polyglot": False})
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "utf-16-be"):
        data = _LETTER.encode(encoding)
        data = b"\xfe\xff" + data if encoding == "utf-16-be" else data
        yield Sample(f"letter-{encoding}.txt", data, "text", None, {"encrypted": False})
    yield Sample("page.html", _PAGE.encode(), "text", "text/html", {"active": False})
    scripted = _PAGE.replace("<p>", "<script>alert(1)</script><p>")
    yield Sample("active.html", scripted.encode(), "text", "text/html", {"active": True})
    clicked = _PAGE.replace("<p>", '<p onmouseover="alert(1)">')
    yield Sample("handler.html", clicked.encode(), "text", "text/html", {"active": True})
    pages = [*sorted((_ROOT / "docs").rglob("*.md"))[:14], _ROOT / "README.md", _ROOT / "LICENSE"]
    for path in [*pages, _ROOT / "pyproject.toml", _ROOT / "docs/reference/settings.schema.json"]:
        yield Sample(f"own-{path.name}", path.read_bytes(), "text", None, {"whole": True})
    for path in sorted((_ROOT / "tests/decisions").rglob("*.toml"))[:15]:
        yield Sample(f"own-{path.name}", path.read_bytes(), "text")


def chance(size: int, seed: int = 0) -> bytes:
    """Bytes like ciphertext, the same every time."""
    key = hashlib.sha256(b"%d" % seed).digest()
    maker = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return maker.update(bytes(size))


def opaque(scratch: Path) -> Iterator[Sample]:
    """Ciphertext, and other things that no detector has a kind for."""
    for number, size in enumerate((300, 1000, 5000, 20_000, 65_536, 100_001, 500_000, 3_000_000)):
        for seed in range(4):
            data = chance(size, number * 10 + seed)
            yield Sample(f"cipher-{size}-{seed}", data, "encrypted", None, {"encrypted": True})
    salted = b"Salted__" + chance(3000, 99)
    yield Sample("openssl.enc", salted, "encrypted")
    armour = "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n=abcd\n-----END PGP MESSAGE-----\n"
    yield Sample("mail.asc", armour.encode(), "encrypted")
    token = Fernet(Fernet.generate_key()).encrypt(b"plan" * 100)
    yield Sample("fernet.txt", token, "text")
    path = scratch / "data.db"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE a (b)")
    yield Sample("data.db", path.read_bytes(), "other", "application/vnd.sqlite3")
    yield Sample("empty", b"", "other", "application/x-empty", {"whole": True})
    found = subprocess.run(["find", "/usr/share/fonts", "-name", "*.[to]tf"], capture_output=True,
                           text=True, check=False).stdout.split()  # fmt: skip
    for each in sorted(found)[:3]:
        yield Sample(Path(each).name, Path(each).read_bytes(), "other")
