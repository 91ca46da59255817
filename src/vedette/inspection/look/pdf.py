"""Opens PDF: what acts by itself, files within, and passwords (ISO 32000-2)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pikepdf

from vedette.inspection.look.bytes_of import Bytes
from vedette.inspection.look.walk import Enough, Walk

BROKEN = (
    pikepdf.PdfError, pikepdf.DataDecodingError, zlib.error, ValueError, TypeError, KeyError,
    AttributeError, RuntimeError, OverflowError, UnicodeError, IndexError,
)  # fmt: skip
"""What pikepdf raises over files that lie."""
_MOST_OBJECTS = 300_000
_CHUNK = 256 << 10
_ACTS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/Rendition", "/RichMediaExecute"})
_ACTIVE_KEYS = ("/JS", "/JavaScript", "/RichMediaContent", "/XFA")


def open_pdf(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    """Open a PDF."""
    del media_type
    try:
        with pikepdf.open(data.file(), suppress_warnings=True) as document:
            _objects(walk, document, depth)
    except pikepdf.PasswordError:
        walk.locked()
    except Enough:
        raise
    except BROKEN:
        walk.broken()
    return None


def _objects(walk: Walk, document: pikepdf.Pdf, depth: int) -> None:
    files: set[tuple[int, int]] = set()
    for number, each in enumerate(document.objects):
        if number >= _MOST_OBJECTS:
            walk.broken()
            return
        if number % 1000 == 0:
            walk.check()
        try:
            _object(walk, each, depth, files)
        except Enough:
            raise
        except BROKEN:
            walk.broken()


def _object(walk: Walk, each: pikepdf.Object, depth: int, files: set[tuple[int, int]]) -> None:
    if isinstance(each, pikepdf.Stream) and str(each.get("/Type", "")) == "/EmbeddedFile":
        _file(walk, each, depth, files)
    if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
        _dictionary(walk, each, depth, files, 0)
    elif isinstance(each, pikepdf.Array):
        for item in list(each)[:1000]:
            if isinstance(item, pikepdf.Dictionary) and not item.is_indirect:
                _dictionary(walk, item, depth, files, 0)


def _dictionary(
    walk: Walk, each: pikepdf.Object, depth: int, files: set[tuple[int, int]], nested: int
) -> None:
    if any(key in each for key in _ACTIVE_KEYS) or str(each.get("/S", "")) in _ACTS:
        walk.seen.active = True
    if "/EF" in each:
        for stream in each["/EF"].values() if isinstance(each["/EF"], pikepdf.Dictionary) else ():
            if isinstance(stream, pikepdf.Stream):
                _file(walk, stream, depth, files)
    if nested >= 20:
        walk.broken()
        return
    for value in each.values() if isinstance(each, pikepdf.Dictionary) else ():
        if isinstance(value, pikepdf.Dictionary) and not value.is_indirect:
            _dictionary(walk, value, depth, files, nested + 1)


def _file(walk: Walk, stream: pikepdf.Object, depth: int, files: set[tuple[int, int]]) -> None:
    if stream.objgen in files:
        return
    files.add(stream.objgen)
    walk.part(_unpacked(stream), depth + 1)


def _unpacked(stream: pikepdf.Object) -> Iterator[bytes]:
    """An embedded file. Only deflate is undone, counted as it comes; else it can't be looked at."""
    filters = stream.get("/Filter", None)
    names = (
        [str(each) for each in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    )
    raw = stream.read_raw_bytes()
    if filters is None or not names:
        yield raw
        return
    if names != ["/FlateDecode"]:
        raise ValueError("an embedded file is packed in a way that is not undone here")
    undoing = zlib.decompressobj()
    rest = raw
    while rest and not undoing.eof:
        yield undoing.decompress(rest, _CHUNK)
        rest = undoing.unconsumed_tail
