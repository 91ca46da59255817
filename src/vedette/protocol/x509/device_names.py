"""By which names a certificate calls its device, as its management may know it.

A name that could be read in two ways is none: control characters, NUL bytes and texts of another type
than the standard's are passed over. What is passed over can only make less known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from vedette.core.managed_devices import MOST_NAME, MOST_NAMES, device_name
from vedette.core.subject_patterns import ATTRIBUTES, parse_pattern
from vedette.protocol.x509.naming import MOST_NAMES as MOST_ALTERNATIVES
from vedette.protocol.x509.naming import subject_of
from vedette.protocol.x509.reading import Read, read

_HOLE = "{device}"
_ATTRIBUTES = {"cn": ATTRIBUTES["CN"], "serial": ATTRIBUTES["SERIALNUMBER"]}


def device_names(certificate: bytes, issuer: str, ways: Iterable[str]) -> frozenset[str]:
    """The names in a certificate in DER, each as `device_name` writes it. Total.

    `ways` are those of the settings (`device_names`). Always among them are its SHA-256 in hex, and
    `issuer:serial` with the issuer's name in the settings; empty for what is no certificate.
    """
    found = read(certificate)
    if not isinstance(found, Read):
        return frozenset()
    own = [found.sha256, f"{issuer}:{found.serial_hex}"]
    named = [text for way in ways for text in _by(way, found)]
    names = (device_name(text) for text in (*own, *named) if _plain(text))
    return frozenset(list(dict.fromkeys(name for name in names if name))[:MOST_NAMES])


def _by(way: str, certificate: Read) -> Iterator[str]:
    kind, _, pattern = way.partition(":")
    if kind == "subject":
        subject = subject_of(certificate)
        name = None if subject is None else parse_pattern(pattern).match(subject)
        yield from () if name is None else (name,)
    elif kind in _ATTRIBUTES:
        subject = subject_of(certificate) or ()
        yield from (value for attribute, value in subject if attribute == _ATTRIBUTES[kind])
    else:
        before, _, after = (pattern or _HOLE).partition(_HOLE)
        for text in _alternatives(certificate, kind):
            within = text[len(before) : len(text) - len(after)]
            if text == f"{before}{within}{after}":
                yield within


def _alternatives(certificate: Read, kind: str) -> Iterator[str]:
    extension = certificate.extensions.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    found = extension.value if extension else None
    if not isinstance(found, x509.SubjectAlternativeName) or len(found) > MOST_ALTERNATIVES:
        return
    wanted = x509.DNSName if kind == "san-dns" else x509.UniformResourceIdentifier
    yield from (each.value for each in found if isinstance(each, wanted))


def _plain(text: str) -> bool:
    return 0 < len(text) <= MOST_NAME and text.isprintable()
