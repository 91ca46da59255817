"""What some bytes are, from several detectors that must agree.

1. A format that is checked at its place (`signatures`) counts before every guess.
2. A second format in the same bytes is told beside the first: they can be read as two kinds.
3. Text is what decodes as text; which one, Magika says, and libmagic where that is unsure. Where
   only one of them sees a program, it counts as one.
4. Other bytes are what libmagic and Magika agree on. Where they see different kinds, both are told.
   Where one alone sees something in what looks like chance, and where neither does, it is encrypted.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

from vedette.inspection.look import zips
from vedette.inspection.look.bytes_of import Bytes
from vedette.inspection.look.detectors import Detectors, Guess
from vedette.inspection.look.kinds import kind_of
from vedette.inspection.look.signatures import type_at_start

UNKNOWN = "application/octet-stream"
_SCRIPTS = {
    "applescript": "text/x-applescript",
    "autohotkey": "text/x-autohotkey",
    "autoit": "text/x-autoit",
    "awk": "text/x-awk",
    "batch": "application/x-bat",
    "coffeescript": "text/coffeescript",
    "javascript": "text/javascript",
    "lua": "text/x-lua",
    "perl": "text/x-perl",
    "php": "application/x-php",
    "powershell": "application/x-powershell",
    "python": "text/x-python",
    "ruby": "text/x-ruby",
    "shell": "application/x-sh",
    "tcl": "text/x-tcl",
    "typescript": "text/x-typescript",
    "vba": "text/vbscript",
    "winregistry": "text/x-ms-regedit",
    "internetshortcut": "application/x-mswinurl",
}
_MAGIC_SCRIPTS = {
    "text/x-shellscript": "application/x-sh",
    "text/x-msdos-batch": "application/x-bat",
    "text/x-php": "application/x-php",
    "text/x-script.python": "text/x-python",
    "text/x-python": "text/x-python",
    "text/x-perl": "text/x-perl",
    "text/x-ruby": "text/x-ruby",
    "text/x-lua": "text/x-lua",
    "text/x-tcl": "text/x-tcl",
    "text/x-awk": "text/x-awk",
    "application/javascript": "text/javascript",
}
_SURE_MAGIC = frozenset({"text/x-shellscript", "text/x-msdos-batch", "text/x-php"})
_WORD = re.compile(rb"[A-Za-z0-9+/=_-]+\s*")
"""One long word, such as a key or a token: no program, whatever it looks like."""
_SHEBANG = re.compile(rb"#![ \t]*/[^\n]*\n")
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!DOCTYPE|!--|[A-Za-z])", re.DOTALL)
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_MAIL = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*)*?"
    rb"(?:MIME-Version|Received|Message-ID|Content-Transfer-Encoding|Return-Path):",
    re.IGNORECASE,
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 64 << 10
_CHANCE_BITS = 7.2
"""Bits of entropy a byte from which on a kilobyte looks like chance; random ones have about 7.8."""
_LEAST_FOR_CHANCE = 256


@dataclass(frozen=True, slots=True)
class Identity:
    """The type and kind of some bytes. `second` are other types that they can be read as.

    `unsure`: the detectors disagree, so that `second` may be what it really is.
    """

    type: str
    second: tuple[str, ...] = ()
    unsure: bool = False
    encrypted: bool = False

    @property
    def kind(self) -> str:
        """The kind."""
        return "encrypted" if self.encrypted else kind_of(self.type)


def identify(data: Bytes, detectors: Detectors) -> Identity:
    """What these bytes are."""
    if data.size == 0:
        return Identity("application/x-empty")
    first = type_at_start(data)
    place = zips.locate(data)
    if place is not None and place.start == 0 and (first is None or data.read(0, 2) == b"PK"):
        first = "application/zip"
    if first is not None:
        second = ("application/zip",) if place is not None and first != "application/zip" else ()
        return Identity(first, (*second, *_text_too(first, data)))
    if place is not None:
        return Identity("application/zip", () if place.start == 0 else (UNKNOWN,))
    if data.read(0, 4) == b"PK\3\4":
        return Identity("application/zip")
    if is_text(data):
        return _text(data, detectors)
    return _binary(data, detectors)


def _text_too(first: str, data: Bytes) -> tuple[str, ...]:
    """A picture or a sound that is all text: it is a script that begins like one."""
    picture = first.startswith(("image/", "audio/", "video/")) and first not in _TEXTUAL
    return ("text/javascript",) if picture and data.size > 32 and is_text(data) else ()


_TEXTUAL = frozenset({"image/x-portable-anymap", "image/x-xbitmap", "image/x-xpixmap"})


def is_text(data: Bytes) -> bool:
    """Whether these bytes decode as text, at their start, in their middle and at their end."""
    head = data.read(0, _SAMPLE)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decodes(head[: len(head) & ~1], "utf-16")
    for at in {0, data.size // 2, max(0, data.size - _SAMPLE)}:
        sample = data.read(at, _SAMPLE)
        if _CONTROL.search(sample) or not _eight_bit(sample):
            return False
    return True


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return not any(ord(char) < 32 and char not in "\t\n\r\f\x1b" for char in text)


def _eight_bit(sample: bytes) -> bool:
    """UTF-8, cut anywhere, or mostly ASCII with some letters of an older encoding."""
    try:
        sample.decode()
    except UnicodeDecodeError as fault:
        cut = fault.start > len(sample) - 4 or fault.start < 4
        high = sum(byte >= 0x80 for byte in sample)
        return (cut and fault.end >= len(sample)) or high * 3 < len(sample)
    return True


def _text(data: Bytes, detectors: Detectors) -> Identity:
    head = data.read(0, _SAMPLE)
    marked = _markup(head)
    if marked is not None:
        return Identity(marked)
    magic, guess = detectors.magic_type(data), detectors.guess(data)
    script = None if _WORD.fullmatch(head) else _SCRIPTS.get(guess.label)
    if script is not None:
        return Identity(script)
    if (
        _SHEBANG.match(head)
        or magic in _SURE_MAGIC
        or (magic in _MAGIC_SCRIPTS and not guess.known)
    ):
        return Identity(_MAGIC_SCRIPTS.get(magic, "text/x-script"))
    if head.startswith(b"[Desktop Entry]"):
        return Identity("application/x-desktop")
    if _MAIL.match(head):
        return Identity("message/rfc822")
    if "html" in (guess.label, magic.partition("/")[2]):
        return Identity("text/html")
    if guess.known and kind_of(guess.type) == "text":
        return Identity(guess.type)
    return Identity(
        magic if magic.startswith("text/") and kind_of(magic) == "text" else "text/plain"
    )


def _markup(head: bytes) -> str | None:
    """XML, SVG and HTML by their root element."""
    if not _XML.match(head):
        return None
    name = _root(head)
    if name == b"svg":
        return "image/svg+xml"
    if name in (b"html", b"head", b"body", b"script", b"hta"):
        return "text/html"
    if b"mso-application" in head[:512] and b"Word.Document" in head[:512]:
        return "application/vnd.ms-word.2003xml"
    if b"office:mimetype=" in head and name == b"document":
        return "application/vnd.oasis.opendocument.flat"
    return "application/xml" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") else None


def _root(head: bytes) -> bytes:
    """The name of the first element behind comments and declarations; in one pass over any bytes."""
    last_comment, last_end = head.rfind(b"-->"), head.rfind(b">")
    at = head.find(b"<")
    while at >= 0:
        root = _ROOT.match(head, at)
        if root:
            return root.group(1).lower()
        if head.startswith(b"<!--", at) and at + 4 <= last_comment:
            at = head.index(b"-->", at + 4) + 2
        elif head[at + 1 : at + 2] in (b"?", b"!") and at < last_end:
            at = head.index(b">", at)
        at = head.find(b"<", at + 1)
    return b""


def _binary(data: Bytes, detectors: Detectors) -> Identity:
    magic, guess = detectors.magic_type(data), detectors.guess(data)
    said = magic != UNKNOWN or detectors.magic_words(data) != "data"
    if magic.startswith("text/"):  # it is none: it has bytes that no text has
        magic, said = UNKNOWN, False
    if not guess.known:
        if said and not (guess.random or _chance(data)):
            return Identity(magic)
        return Identity(UNKNOWN, encrypted=True)
    if not said:
        return _guessed(data, guess)
    if kind_of(magic) == kind_of(guess.type) or magic == UNKNOWN:
        return Identity(guess.type if magic == UNKNOWN else magic)
    return Identity(magic, (guess.type,), unsure=True)


def _guessed(data: Bytes, guess: Guess) -> Identity:
    """Only Magika sees something."""
    if _chance(data) or guess.group in ("text", "code"):
        return Identity(UNKNOWN, encrypted=True)
    return Identity(guess.type)


def _chance(data: Bytes) -> bool:
    """Whether the bytes look like chance, as ciphertext does."""
    for at in (0, data.size // 2):
        sample = data.read(at, 4096)
        if len(sample) < _LEAST_FOR_CHANCE:
            continue
        total = len(sample)
        bits = -sum(n / total * math.log2(n / total) for n in Counter(sample).values())
        if bits < (_CHANCE_BITS if total >= 1024 else 6.8):
            return False
    return True
