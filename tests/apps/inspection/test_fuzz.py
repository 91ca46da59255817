"""Readers of our own over bytes that nobody meant: they answer or say what they promise, and end."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.apps.inspection.corpus.archives import TEXT, tarred, zipped
from tests.apps.inspection.corpus.documents import EML, _xls, attached, pdf, word
from tests.apps.inspection.corpus.media import picture, saved
from tests.apps.inspection.corpus.programs import jar
from vedette.core.files import Digest
from vedette.inspection.look import zips
from vedette.inspection.look.bytes_of import Bytes
from vedette.inspection.look.detectors import Detectors, load
from vedette.inspection.look.ends import _ENDS, end_of
from vedette.inspection.look.job import _OPENERS, Job, found_in, opener
from vedette.inspection.look.signatures import _AT_START, type_at_start
from vedette.inspection.look.walk import Enough, Walk
from vedette.ports.looking import Limits

LIMITS = Limits(depth=3, entries=50, unpacked=4 << 20, ratio=50, seconds=2)
SECONDS = 5.0
"""So much of a processor's time may one small content take, however busy the machine is."""
SOME = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
FEW = settings(SOME, max_examples=40)


@cache
def detectors() -> Detectors:
    return load("")


@cache
def seeds() -> tuple[bytes, ...]:
    """Small files that are as they should be."""
    images = [
        saved(picture(size=32), name) for name in ("PNG", "GIF", "JPEG", "BMP", "WEBP", "ICO")
    ]
    return (
        *images,
        zipped({"a.txt": TEXT, "b.zip": zipped({"c": b"c"})}),
        tarred({"a.txt": TEXT}),
        tarred({"a.txt": TEXT}, "w:gz"),
        word(),
        _xls(3),
        pdf(),
        pdf(attached("a.txt", TEXT)),
        jar(),
        EML + b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n--x--\n",
        b"{\\rtf1{\\object\\objemb{\\*\\objdata 0105" + TEXT[:40].hex().encode() + b"}}}",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='a()'/>",
        Path("/bin/true").read_bytes()[:4096],
    )


@st.composite
def mutated(draw: Any) -> bytes:
    """A file that is as it should be, with parts changed, cut out, doubled, or another one behind."""
    data = bytearray(draw(st.sampled_from(seeds())))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 5)):
            case 0:
                data[at : at + 1] = draw(st.binary(max_size=4))
            case 1:
                data[at : at + 4] = struct.pack("<I", draw(st.integers(0, 0xFFFFFFFF)))
            case 2:
                data[at : at + 4] = draw(
                    st.sampled_from([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"PK\5\6"])
                )
            case 3:
                del data[at : at + draw(st.integers(1, 400))]
            case 4:
                data[at:at] = data[at : at + draw(st.integers(1, 400))]
            case 5:
                data += draw(st.sampled_from(seeds()))
    return bytes(data)


@st.composite
def begun(draw: Any) -> bytes:
    """Anything behind the first bytes of a known format."""
    begins = draw(st.sampled_from([first for first, _ in _AT_START] + [b"PK\3\4", b"PK\5\6"]))
    return bytes(begins + draw(st.binary(max_size=600)))


HOSTILE = st.one_of(st.binary(max_size=1000), begun(), mutated())


@contextmanager
def lying(data: bytes) -> Iterator[Bytes]:
    """The bytes, where a looking finds them; whatever is done with them, it ends in time."""
    descriptor = os.memfd_create("fuzz", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, data)
        begun = time.process_time()
        yield Bytes(descriptor, len(data))
        assert time.process_time() - begun < SECONDS
    finally:
        os.close(descriptor)


@contextmanager
def scratch() -> Iterator[tuple[int, ...]]:
    files = tuple(os.memfd_create("scratch", os.MFD_CLOEXEC) for _ in range(LIMITS.depth + 1))
    try:
        yield files
    finally:
        for each in files:
            os.close(each)


@given(HOSTILE)
@SOME
def test_a_type_is_told_of_any_bytes_or_none(data: bytes) -> None:
    with lying(data) as there:
        found = type_at_start(there)
        assert found is None or "/" in found


@pytest.mark.parametrize("media_type", sorted(_ENDS))
@given(data=HOSTILE)
@FEW
def test_an_end_is_behind_what_was_read_or_is_none(media_type: str, data: bytes) -> None:
    with lying(data) as there:
        end = end_of(media_type, there)
        assert end is None or end > 0


@given(HOSTILE)
@SOME
def test_a_zip_lies_within_the_bytes_and_opens_or_is_broken(data: bytes) -> None:
    with lying(data) as there:
        place = zips.locate(there)
        if place is None:
            return
        assert place.start >= 0
        assert place.end >= place.start
        try:
            opened = zips.Zip.open(there)
            assert all("/" in each for each in opened.types())
            opened.hides()
            for entry in opened.entries()[:20]:
                for _ in zip(opened.chunks(entry), range(8), strict=False):
                    pass
        except zips.BROKEN:
            pass


@pytest.mark.parametrize("media_type", sorted(_OPENERS))
@given(data=HOSTILE)
@FEW
def test_whatever_is_opened_as_anything_raises_nothing(media_type: str, data: bytes) -> None:
    """A detector may take any bytes for any type, so every opener meets all of them."""
    with lying(data) as there, scratch() as files:
        walk = Walk(detectors(), LIMITS, files, there.size, opener)
        walk.until = time.monotonic() + LIMITS.seconds
        open_ = opener(media_type)
        assert open_ is not None
        with suppress(Enough):
            open_(walk, there, media_type, 0)


@given(HOSTILE)
@settings(SOME, max_examples=300)
def test_something_is_said_of_any_content(data: bytes) -> None:
    with lying(data) as there, scratch() as files:
        job = Job(content=there.descriptor, sha256=Digest("0" * 64), size=there.size, limits=LIMITS)
        found = found_in(job, files, detectors())
        assert found.size == len(data)


QUADRATIC = {
    "scripts": b"<script:" * 50_000,
    "data": b"data" + b" " * 400_000,
    "objects": b"{\\rtf1" + b"\\objdata\\zzz" * 40_000,
    "tags": b"<" * 400_000,
    "comments": b"<!--" * 100_000,
    "half of a meta": b"<meta " + b"a" * 400_000,
    "metas": b"<meta " * 60_000,
    "headers": b"A: b\n" * 80_000,
    "a header folded": b"A: b\n" + b" c\n" * 100_000,
    "entities": b"<?xml version='1.0'?>" + b"<!DOCTYPE a" * 40_000,
    "ends of zips": b"PK\5\6" * 100_000,
    "rtf": b"{\\rtf1" + b"{\\objdata " * 40_000,
    "rtf digits": b"{\\rtf1\\objdata " + b"0 " * 200_000 + b"x",
    "mail in mail": b"MIME-Version: 1.0\nContent-Type: message/rfc822\n\n" * 3000,
    "jpeg marks": b"\xff\xd8\xff" + b"\xff" * 400_000,
    "gif blocks": b"GIF89a" + bytes(7) + b"!\x01\x01" * 100_000,
    "png chunks": b"\x89PNG\r\n\x1a\n" + bytes(400_000),
    "pdf ends": b"%PDF-1.7\n" + b"%%EOF\n" * 60_000,
    "pdf arrays": b"%PDF-1.7\n1 0 obj\n" + b"[" * 100_000,
    "pdf dictionaries": b"%PDF-1.7\n1 0 obj\n" + b"<</A" * 50_000,
    "relations": b"<Relationship " * 30_000,
    "words": b"on" * 200_000,
    "blanks": b" " * 400_000 + b"<",
}


@pytest.mark.parametrize("name", sorted(QUADRATIC))
def test_what_repeats_without_end_is_looked_at_in_time(name: str) -> None:
    data = QUADRATIC[name]
    with lying(data) as there, scratch() as files:
        job = Job(content=there.descriptor, sha256=Digest("0" * 64), size=there.size, limits=LIMITS)
        found_in(job, files, detectors())


@pytest.mark.parametrize(
    "media_type",
    [
        "application/pdf",
        "application/rtf",
        "application/vnd.oasis.opendocument.flat",
        "application/xml",
        "text/html",
    ],
)
@pytest.mark.parametrize("name", sorted(QUADRATIC))
def test_what_repeats_is_opened_in_time_as_whatever_it_is_taken_for(
    name: str, media_type: str
) -> None:
    with lying(QUADRATIC[name]) as there, scratch() as files:
        walk = Walk(detectors(), LIMITS, files, there.size, opener)
        walk.until = time.monotonic() + LIMITS.seconds
        open_ = opener(media_type)
        assert open_ is not None
        with suppress(Enough):
            open_(walk, there, media_type, 0)


LONG = {
    "relations without end": {"a/_rels/document.xml.rels": b"<Relationship " * 70_000},
    "relations": {"a/_rels/document.xml.rels": b'<Relationship frame" ' * 50_000},
    "a long name": {"xl/" + "a" * 60_000: b"\0" * 600},
    "a type": {"[Content_Types].xml": b'ContentType="application/vnd.' + b"a." * 400_000},
    "fields": {"word/document.xml": b"DDE DDEAUTO " * 80_000},
}


@pytest.mark.parametrize("name", sorted(LONG))
def test_a_document_whose_parts_repeat_is_opened_in_time(name: str) -> None:
    types = (
        b"<Types><Override ContentType="
        b'"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    data = zipped({"[Content_Types].xml": types, **LONG[name]})
    with lying(data) as there, scratch() as files:
        job = Job(content=there.descriptor, sha256=Digest("0" * 64), size=there.size, limits=LIMITS)
        found_in(job, files, detectors())
