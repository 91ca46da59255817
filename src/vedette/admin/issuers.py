"""Issuers of certificates as objects, and the commands that mend what is wrong with them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from vedette.admin.findings import Found, Health
from vedette.admin.rejected import Code, Rejected
from vedette.core.language import NOTHING, Sentence, day, told
from vedette.core.settings.document import Document
from vedette.core.settings.issuers import CLIENT_AUTH, Issuer
from vedette.core.settings.spelling import did_you_mean
from vedette.ports.certificates import Kind
from vedette.protocol.x509.algorithms import key_fault
from vedette.protocol.x509.faults import WORDS, Fault
from vedette.protocol.x509.files import certificates_in, has_private_key
from vedette.protocol.x509.reading import Read, read


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """A certificate as people read it. Times in unix seconds; `fault` says that it can't be read."""

    subject: str
    issuer: str
    sha256: str
    not_before: int
    not_after: int
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerView:
    """One issuer of the settings as people read it."""

    name: str
    entry: Issuer
    anchors: tuple[CertificateView, ...]
    intermediates: tuple[CertificateView, ...]


def list_issuers(document: Document) -> list[IssuerView]:
    """Every issuer, by name."""
    return [_view(str(name), document.issuers[name]) for name in sorted(document.issuers)]


def show_issuer(document: Document, name: str) -> IssuerView:
    """One issuer. Raises Rejected where there is none of this name."""
    return _view(name, known_issuer(document, name))


def known_issuer(document: Document, name: str) -> Issuer:
    """An issuer by its name. Raises Rejected where there is none of this name."""
    found = {str(own): entry for own, entry in document.issuers.items()}
    if name in found:
        return found[name]
    hint = did_you_mean(name, found) or told("list them with `vedette issuer list`")
    raise Rejected(Code.NOT_FOUND, told("there is no issuer `{name}`", name=name), hint)


def _view(name: str, entry: Issuer) -> IssuerView:
    anchors, between = (
        tuple(_certificate(each) for each in given)
        for given in (entry.anchors, entry.intermediates)
    )
    return IssuerView(name=name, entry=entry, anchors=anchors, intermediates=between)


def _certificate(text: str) -> CertificateView:
    found = read(base64.b64decode(text))
    if isinstance(found, Fault):
        return CertificateView(
            subject="", issuer="", sha256="", not_before=0, not_after=0, fault=found
        )
    return CertificateView(
        subject=found.subject_text,
        issuer=found.certificate.issuer.rfc4514_string(),
        sha256=found.sha256,
        not_before=found.not_before,
        not_after=found.not_after,
    )


def mends_source(issuer: str, kind: Kind) -> str:
    """The command that says where an issuer's list or responder is instead."""
    place = '["<address of the CRL>"]' if kind == "crl" else '"<address of the responder>"'
    return f"vedette settings set issuers.{issuer}.{kind} '{place}'"


def mends_authority(issuer: str) -> str:
    """The command that puts a CA's renewed certificate beside the old one."""
    return f"vedette issuer add {issuer} <PEM file>"


ENDS_SOON = 30 * 86400
"""How long before its end a CA's certificate is told of, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with a certificate of an issuer; `broken` where nothing beneath is believed."""

    issuer: str
    words: Sentence
    broken: bool


def troubles(document: Document, at: int) -> Iterator[Trouble]:
    """What is wrong with the CAs of the settings, or will be soon."""
    for name, entry in sorted(document.issuers.items()):
        for text in (*entry.anchors, *entry.intermediates):
            found = read(base64.b64decode(text))
            words, broken = _trouble(found, at)
            if words:
                what = (
                    NOTHING
                    if isinstance(found, Fault)
                    else told(" (`{subject}`)", subject=found.subject_text)
                )
                said = told(
                    "a CA{what} of the issuer `{name}` {words}", what=what, name=name, words=words
                )
                yield Trouble(issuer=str(name), words=said, broken=broken)


def _trouble(found: Read | Fault, at: int) -> tuple[Sentence, bool]:
    if isinstance(found, Fault):
        return told("can't be read"), True
    if found.basic is None or not found.basic.ca:
        return told("is none: its certificate may not issue others"), True
    if key_fault(found):
        return told("has a key that is too weak or of a kind that is not taken"), True
    if at > found.not_after:
        return told("has expired"), True
    ends = datetime.fromtimestamp(found.not_after, UTC).date()
    soon = at + ENDS_SOON > found.not_after
    return told("ends on {day}", day=day(ends)) if soon else NOTHING, False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The CAs of a file, as settings spell certificates."""

    anchors: tuple[str, ...]
    intermediates: tuple[str, ...]


def sorted_out(data: bytes, *, all_anchors: bool) -> Sorted:
    """The CAs of a PEM or DER file: self-signed ones are anchors, the others stand between.

    With `all_anchors` each is an anchor, also one that another CA issued. Raises Rejected where the
    file has something else in it, so that nothing comes into the settings that does not belong there.
    """
    if has_private_key(data):
        raise Rejected(Code.INVALID, told("the file holds a private key, which never belongs here"),
                       told("export the CA's certificates alone"))  # fmt: skip
    found = certificates_in(data)
    if isinstance(found, Fault):
        raise Rejected(Code.INVALID, WORDS[found].what, WORDS[found].way_out)
    anchors: list[str] = []
    between: list[str] = []
    for der in dict.fromkeys(found):
        each = _ca(der)
        root = all_anchors or each.self_issued
        (anchors if root else between).append(base64.b64encode(der).decode())
    return Sorted(anchors=tuple(anchors), intermediates=tuple(between))


def _ca(der: bytes) -> Read:
    each = read(der)
    if isinstance(each, Fault):
        raise Rejected(Code.INVALID, WORDS[each].what, WORDS[each].way_out)
    if each.basic is None or not each.basic.ca:
        hint = told("name the CA's certificate; whom it issued to is found out when they sign in")
        raise Rejected(
            Code.INVALID,
            told("`{subject}` is not the certificate of a CA", subject=each.subject_text),
            hint,
        )
    return each


def counted_twice(named: Mapping[str, Issuer]) -> Iterable[Found]:
    """Issuers whose certificates are a whole sign-in, wherever their keys are."""
    for name, issuer in named.items():
        if issuer.counts == 1 or issuer.policies or set(issuer.usages) != {CLIENT_AUTH}:
            continue
        words = told(
            "every certificate of issuer `{issuer}` counts as two factors, also one whose key is in "
            "a file",
            issuer=name,
        )
        mend = f"vedette issuer add {name} CA.pem --policy OID --reason …"
        note = told(
            "name the policy under which its CA makes keys in cards, or with `--usage` the usages "
            "that only cards have, or let it count as one"
        )
        yield Found("certificates", Health.WEAK, words, mend, note)
