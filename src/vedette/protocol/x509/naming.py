"""Whose a certificate is: the names that it carries, and the one that counts.

A name that could be read in two ways is refused, not interpreted: several UPNs, control characters
and NUL bytes in any name, text in another type than the standard's, bytes left over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtensionOID

from vedette.core.subject_patterns import SubjectPattern
from vedette.protocol.x509.der import OCTETS, SEQUENCE, UTF8, one
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.reading import Read
from vedette.protocol.x509.values import Claim, IssuerPolicy, NameKind, Names, Trusted

UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
"""The user principal name of Active Directory, an otherName."""
SID = x509.ObjectIdentifier("1.3.6.1.4.1.311.25.2")
"""Active Directory's extension for strong mapping (KB5014754), `szOID_NTDS_CA_SECURITY_EXT`."""
_OBJECT_SID = bytes.fromhex("060a2b060104018237190201")  # 1.3.6.1.4.1.311.25.2.1, as DER
_SID_TEXT = re.compile(r"S-1-[0-9]{1,15}(?:-[0-9]{1,10}){1,15}")
_UPN_TEXT = re.compile(r"[^@\s]{1,256}@[^@\s]{1,253}")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_LOCALPART = re.compile(r"[a-z0-9._=/+-]{1,230}")
_PLAIN_TYPES = {_ASN1Type.UTF8String, _ASN1Type.PrintableString, _ASN1Type.IA5String}
MOST_NAMES = 64
"""How many alternative names are read; more are refused."""


def names_in(leaf: Read, issuer: Read) -> Names | Fault:
    """The names that a certificate carries. Total: never raises."""
    extension = leaf.extensions.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    found = extension.value if extension else None
    if found is not None and not isinstance(found, x509.SubjectAlternativeName):
        return Fault.NAME_MALFORMED
    alternatives = list(found or ())
    if len(alternatives) > MOST_NAMES:
        return Fault.NAME_MALFORMED
    upns = [each.value for each in alternatives if _is_upn(each)]
    if len(upns) > 1:
        return Fault.NAME_AMBIGUOUS
    upn = text_of(upns[0]) if upns else None
    if upns and (upn is None or not _UPN_TEXT.fullmatch(upn)):
        return Fault.NAME_MALFORMED
    emails = tuple(each.value for each in alternatives if isinstance(each, x509.RFC822Name))
    if not all(_MAILBOX.fullmatch(each) for each in emails) or not _clean_subject(leaf):
        return Fault.NAME_MALFORMED
    sid = _sid(leaf)
    if isinstance(sid, Fault):
        return sid
    return Names(
        upn=upn,
        emails=tuple(dict.fromkeys(emails)),
        sid=sid,
        subject=subject_of(leaf),
        thumbprint=leaf.sha256,
        issued=f"{leaf.serial_hex}-{issuer.key_sha256}",
    )


def _is_upn(name: x509.GeneralName) -> bool:
    return isinstance(name, x509.OtherName) and name.type_id == UPN


def text_of(der: bytes) -> str | None:
    """The text of one DER UTF8String and nothing else; None where it is something else."""
    content = one(der, UTF8)
    try:
        text = content.decode() if content is not None else None
    except UnicodeDecodeError:
        return None
    return text if text is not None and _clean(text) else None


def _clean(text: str) -> bool:
    """Whether a name is what it looks like: in one normal form, without anything unseen."""
    seen = all(unicodedata.category(char)[0] not in "CZ" or char == " " for char in text)
    return bool(text) and seen and unicodedata.normalize("NFC", text) == text


def _clean_subject(leaf: Read) -> bool:
    return all(
        isinstance(each.value, str) and not any(ord(c) < 32 or ord(c) == 127 for c in each.value)
        for each in leaf.certificate.subject
    )


def subject_of(leaf: Read) -> tuple[tuple[str, str], ...] | None:
    """The subject as (attribute OID, text), the person first; None where no pattern reads it."""
    found: list[tuple[str, str]] = []
    for part in reversed(leaf.certificate.subject.rdns):
        attributes = list(part)
        if len(attributes) != 1 or attributes[0]._type not in _PLAIN_TYPES:  # noqa: SLF001
            return None
        value = attributes[0].value
        if not isinstance(value, str) or not _clean(value):
            return None
        found.append((attributes[0].oid.dotted_string, value))
    return tuple(found)


def _sid(leaf: Read) -> str | Fault | None:
    """The SID of the extension: SEQUENCE { [0] { OID, [0] { OCTET STRING of its text } } }."""
    extension = leaf.extensions.get(SID)
    if extension is None:
        return None
    if not isinstance(extension.value, x509.UnrecognizedExtension):
        return Fault.NAME_MALFORMED
    value: bytes | None = extension.value.value
    for tag in (SEQUENCE, 0xA0):
        value = one(value, tag) if value is not None else None
    if value is None or not value.startswith(_OBJECT_SID):
        return Fault.NAME_MALFORMED
    value = value[len(_OBJECT_SID) :]
    for tag in (0xA0, OCTETS):
        inner = one(value, tag)
        if inner is None:
            return Fault.NAME_MALFORMED
        value = inner
    text = value.decode("ascii", "replace")
    return text if _SID_TEXT.fullmatch(text) else Fault.NAME_MALFORMED


def name_of(trusted: Trusted, policy: IssuerPolicy) -> Claim | Fault:
    """Whose the certificate is, by the settings' order; a name that is there decides.

    1. A certificate that `people` names is that person's. 2. Otherwise the first way of `names` for
    which it carries something decides, also where that then names nobody: there is no second try.
    """
    names = trusted.names
    for key in (names.thumbprint, names.issued):  # (1)
        if key in policy.people:
            return Claim("user", policy.people[key])
    for way in policy.names:  # (2)
        found = list(_found(way, names))
        if len(found) > 1:
            return Fault.NAME_AMBIGUOUS
        if found:
            return _claim(found[0])
    return Fault.NAME_MISSING


def _found(way: str | SubjectPattern, names: Names) -> Iterator[tuple[NameKind, str]]:
    if isinstance(way, SubjectPattern):
        value = way.match(names.subject) if names.subject is not None else None
        if value is not None and way.kind != "device":
            yield ("localpart" if way.kind == "user" else way.kind), value
    elif way == "upn" and names.upn is not None:
        yield "upn", names.upn
    elif way == "sid" and names.sid is not None:
        yield "sid", names.sid
    elif way == "email":
        yield from (("email", each) for each in names.emails)


_FORMS = {"localpart": _LOCALPART, "email": _MAILBOX, "upn": _UPN_TEXT, "sid": _SID_TEXT}


def _claim(found: tuple[NameKind, str]) -> Claim | Fault:
    kind, value = found
    if kind == "localpart":
        value = value.lower() if value.isascii() else value
    return Claim(kind, value) if _FORMS[kind].fullmatch(value) else Fault.NAME_MALFORMED
