"""Opens what is text but more than that: pages, drawings, rich text, mail."""

from __future__ import annotations

import binascii
import email
import email.policy
import re

from vedette.inspection.look.bytes_of import Bytes
from vedette.inspection.look.walk import Walk

_LARGEST = 64 << 20
_ACTIVE = re.compile(
    rb"<\s*(?:[\w-]+:)?(?:script|iframe|object|embed|applet|hta:application|foreignobject)\b"
    rb"|[\s\"'/]on[a-z]{3,20}\s*=|javascript\s*:|vbscript\s*:|http-equiv\s*=\s*[\"']?refresh"
    rb"|data\s*:\s*text/html|<!ENTITY",
    re.IGNORECASE,
)
_OBJECT = re.compile(rb"\\objdata\b[^0-9a-fA-F{}]*((?:[0-9a-fA-F]|\s|\\[a-z]+-?\d*[ ]?|[{}])+)")
_ODF_MACROS = re.compile(rb"<(?:office:scripts|ooo:libraries|script:)[^/<>]*>", re.IGNORECASE)
_FLAT = ("application/vnd.oasis.opendocument.flat", "application/vnd.ms-word.2003xml")
_BINARY = re.compile(rb"<(?:[\w-]+:)?(?:binary-data|binData)\b[^<>]*>([^<]*)<")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_OBJECTS = 1000
_MOST_PARTS = 1000


def _all(walk: Walk, data: Bytes) -> bytes:
    if data.size > _LARGEST:
        walk.broken()
    text = data.read(0, min(data.size, _LARGEST))
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return text.decode("utf-16", "replace").encode()
    return text


def open_markup(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    """Whether a page, a drawing or an XML document does something by itself."""
    text = _all(walk, data)
    if media_type in ("text/html", "image/svg+xml") and _ACTIVE.search(text):
        walk.seen.active = True
    if media_type == "application/xml" and b"http://www.w3.org/1999/xhtml" in text:
        walk.seen.active |= _ACTIVE.search(text) is not None
    if media_type == "application/vnd.oasis.opendocument.flat" and _ODF_MACROS.search(text):
        walk.seen.macros = True
    if media_type == "application/vnd.ms-word.2003xml" and b'macrosPresent="yes"' in text:
        walk.seen.macros = True
    if media_type in _FLAT:
        _embedded(walk, text, depth)
    return None


def _embedded(walk: Walk, text: bytes, depth: int) -> None:
    """What a document in one XML file holds as base64; pictures are its own."""
    for number, found in enumerate(_BINARY.finditer(text)):
        if number >= _MOST_PARTS:
            walk.broken()
            return
        try:
            payload = binascii.a2b_base64(found.group(1))
        except binascii.Error:
            walk.broken()
        else:
            walk.part([payload], depth + 1, lambda _, identity: identity.kind == "image")


def open_postscript(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    """PostScript is a program that draws."""
    del data, media_type, depth
    walk.seen.active = True
    return None


def open_rtf(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    """Rich text: the objects that are embedded in it, as hexadecimal digits."""
    del media_type
    text = _all(walk, data)
    for number, found in enumerate(_OBJECT.finditer(text)):
        if number >= _MOST_OBJECTS:
            walk.broken()
            break
        digits = re.sub(rb"\\[a-z]+-?\d*[ ]?|[^0-9a-fA-F]", b"", found.group(1))
        payload = binascii.unhexlify(digits[: len(digits) & ~1])
        at = payload.find(_OLE_MAGIC)
        walk.part([payload[at:] if at >= 0 else payload], depth + 1)
    if b"\\objupdate" in text or b"\\objautlink" in text:
        walk.seen.active = True
    return None


def open_mail(walk: Walk, data: Bytes, media_type: str, depth: int) -> str | None:
    """A message: each of its parts that is no text of its own."""
    del media_type
    try:
        message = email.message_from_bytes(_all(walk, data), policy=email.policy.compat32)
    except RecursionError:
        walk.broken()
        return None
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS:
            walk.broken()
            break
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes) or part.defects:
            walk.broken()
        elif part.get_content_type() != "text/plain" or part.get_filename():
            walk.part([payload], depth + 1)
    return None
