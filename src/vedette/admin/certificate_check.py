"""Trying a certificate against the settings' issuers, with what its CA says of revocations now."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise

from vedette.admin.issuers import known_issuer, mends_source
from vedette.admin.rejected import Code, Rejected
from vedette.core.language import NOTHING, Sentence, as_is, said_by, told
from vedette.core.settings.document import Document
from vedette.core.settings.issuers import Issuer
from vedette.ports.certificates import Kind, RevocationFetcher
from vedette.ports.errors import Unavailable
from vedette.protocol.x509.crls import Crl, read_crl, time_fault, verified
from vedette.protocol.x509.device_names import device_names
from vedette.protocol.x509.faults import WORDS, Fault, mending
from vedette.protocol.x509.files import certificates_in
from vedette.protocol.x509.judging import before_revocation, judge
from vedette.protocol.x509.naming import name_of
from vedette.protocol.x509.ocsp import OcspAnswer, question, read_answer
from vedette.protocol.x509.reading import Read, read
from vedette.protocol.x509.revocations import (
    NOTHING_KNOWN,
    CrlAt,
    OcspAt,
    Revocations,
    what_to_fetch,
)
from vedette.protocol.x509.values import Claim, Distrusted, IssuerPolicy, Trusted, policy_of

_AT_ONCE = 8
_NONCE_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What one place said when it was asked. `about` is the subject of whom a responder was asked.

    `trouble` is empty where it answered with something that holds; then `revoked` is how many
    certificates a list names, or whether (1 or 0) the responder calls this one revoked, and `until`
    is how long that is good, in unix seconds. `command` mends it, or shows more.
    """

    place: str
    kind: Kind
    about: str = ""
    revoked: int = 0
    until: int = 0
    trouble: Sentence = NOTHING
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one issuer says of a certificate.

    `claim` is whose it is. `looked` says whether revocation was looked at; `fetch` where it is to be
    learnt, and `found` what was said there where it was asked. `device` is by which names of the
    settings it calls its device, None where its issuer speaks for no managed devices.
    """

    answer: Trusted | Distrusted
    claim: Claim | Fault | None
    looked: bool
    fetch: tuple[CrlAt | OcspAt, ...]
    found: tuple[LookedUp, ...] = ()
    device: tuple[str, ...] | None = None

    @property
    def fault(self) -> Fault | None:
        """What is wrong, the name included; None where nothing is. A device's may name nobody."""
        if isinstance(self.answer, Distrusted):
            return self.answer.fault
        if self.device is not None:
            return None
        return self.claim if isinstance(self.claim, Fault) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is looked at beside the certificate.

    `lists` are CRLs and `answers` OCSP answers as they came, such as a server would be handed them
    with the certificate (stapled). With `fetcher` every place is asked too. `told` has why we were
    told that a certificate is revoked, by issuer and serial.
    """

    lists: Sequence[bytes] = ()
    answers: Sequence[bytes] = ()
    fetcher: RevocationFetcher | None = None
    told: Mapping[tuple[str, str], str] = field(default_factory=dict)


def try_certificate(
    data: bytes, document: Document, evidence: Evidence, *, issuer: str = "", at: int
) -> Mapping[str, Tried]:
    """What the issuers of a document, or the one named, say of the first certificate of a file.

    Without any evidence revocation is not looked at. Blocks while places are asked. Raises Rejected
    where there is no such issuer, none at all, or no certificate in the file.
    """
    found = certificates_in(data)
    if isinstance(found, Fault):
        raise Rejected(Code.INVALID, WORDS[found].what, WORDS[found].way_out)
    if not document.issuers:
        hint = told("add the company's CA with `vedette issuer add <name> <PEM file>`")
        raise Rejected(Code.INVALID, told("the settings name no issuer of certificates"), hint)
    entries = {issuer: known_issuer(document, issuer)} if issuer else dict(document.issuers)
    return {
        str(name): replace(
            _try(found[0], policy_of(str(name), entry), evidence, at),
            device=_device(found[0], str(name), entry),
        )
        for name, entry in entries.items()
    }


def _device(leaf: bytes, name: str, entry: Issuer) -> tuple[str, ...] | None:
    """What the ways of the settings find; those names that every certificate has are left out."""
    if entry.devices != "managed":
        return None
    always = device_names(leaf, name, ())
    return tuple(sorted(device_names(leaf, name, entry.device_names) - always))


def _try(leaf: bytes, policy: IssuerPolicy, evidence: Evidence, at: int) -> Tried:
    whole = before_revocation(leaf, policy, at)
    if isinstance(whole, Distrusted):
        return Tried(answer=whole, claim=None, looked=False, fetch=())
    because = evidence.told.get((policy.name, whole.serial))
    looked = bool(evidence.lists or evidence.answers or evidence.fetcher or because is not None)
    fetch = tuple(what_to_fetch(whole.chain, policy))
    asked = _asked(fetch, whole, policy, evidence.fetcher, at) if evidence.fetcher else []
    known = _known_of(whole, evidence, asked, at) if looked else NOTHING_KNOWN
    answer = judge(leaf, policy, known, at) if looked else whole
    if isinstance(answer, Trusted) and because is not None:
        answer = Distrusted(
            fault=Fault.REVOKED, issuer=policy.name, subject=whole.subject, detail=as_is(because)
        )
    found = tuple(each.said for each in asked)
    return Tried(
        answer=answer, claim=name_of(whole, policy), looked=looked, fetch=fetch, found=found
    )


def _known_of(whole: Trusted, evidence: Evidence, asked: Iterable[_Asked], at: int) -> Revocations:
    """What was handed over, each answer tried for every certificate of the chain, and what was asked."""
    read_lists = [read_crl(each) for each in evidence.lists]
    known: dict[str, OcspAnswer] = {}
    missed: dict[str, Fault] = {}
    for each in read_lists:
        if isinstance(each, Fault):
            missed[whole.names.issued] = each
    for certificate, issuer in pairwise(whole.chain):
        question_ = question(certificate, issuer)
        for data in evidence.answers if not isinstance(question_, Fault) else ():
            assert not isinstance(question_, Fault)
            found = read_answer(data, question_, at)
            if isinstance(found, OcspAnswer):
                known[question_.issued] = found
            elif found is not Fault.OCSP_OTHER_CERTIFICATE:
                missed[question_.issued] = found
    crls = [each for each in read_lists if isinstance(each, Crl)]
    for one in asked:
        crls += [one.crl] if one.crl is not None else []
        known |= {one.answer.issued: one.answer} if one.answer is not None else {}
        missed |= one.missed
    return Revocations(crls, known, missed)


# ---- Asking ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What came of asking one place, for the administrator and for judging."""

    said: LookedUp
    crl: Crl | None = None
    answer: OcspAnswer | None = None
    missed: Mapping[str, Fault] = field(default_factory=dict)


def _asked(
    places: Sequence[CrlAt | OcspAt],
    whole: Trusted,
    policy: IssuerPolicy,
    fetcher: RevocationFetcher,
    at: int,
) -> list[_Asked]:
    """Ask every place, each beside the others, in the order of the places."""
    authorities = [each for each in map(read, whole.chain[1:]) if isinstance(each, Read)]

    def one(place: CrlAt | OcspAt) -> _Asked:
        if isinstance(place, CrlAt):
            return _list_at(place, authorities, policy, fetcher, at)
        return _answer_at(place, policy, fetcher, at)

    with ThreadPoolExecutor(_AT_ONCE) as several:
        return list(several.map(one, places))


def _list_at(
    at_: CrlAt,
    authorities: Sequence[Read],
    policy: IssuerPolicy,
    fetcher: RevocationFetcher,
    at: int,
) -> _Asked:
    try:
        found = read_crl(fetcher.fetch(at_.place))
    except Unavailable as outage:
        mend = mends_source(policy.name, "crl")
        return _Asked(
            said=LookedUp(place=at_.place, kind="crl", trouble=said_by(outage), command=mend)
        )
    if isinstance(found, Fault):
        return _Asked(said=_faulty(at_.place, "crl", found, policy))
    if all(verified(found, each) for each in authorities):
        return _Asked(said=_faulty(at_.place, "crl", Fault.CRL_FORGED, policy))
    fault = time_fault(found, at)
    if fault is not None:
        return _Asked(said=_faulty(at_.place, "crl", fault, policy), crl=found)
    until, revoked = found.next_update or 0, sum(found.revoked.values())
    return _Asked(
        said=LookedUp(place=at_.place, kind="crl", revoked=revoked, until=until), crl=found
    )


def _answer_at(at_: OcspAt, policy: IssuerPolicy, fetcher: RevocationFetcher, at: int) -> _Asked:
    asked = question(at_.certificate, at_.issuer, secrets.token_bytes(_NONCE_BYTES))
    if isinstance(asked, Fault):  # the chain was read before
        return _Asked(said=_faulty(at_.url, "ocsp", asked, policy))
    about = asked.certificate.subject_text
    try:
        found = read_answer(fetcher.fetch(at_.url, asked.request), asked, at)
    except Unavailable as outage:
        mend = mends_source(policy.name, "ocsp")
        said = LookedUp(
            place=at_.url, kind="ocsp", about=about, trouble=said_by(outage), command=mend
        )
        return _Asked(said=said, missed={asked.issued: Fault.STATUS_UNKNOWN})
    if isinstance(found, OcspAnswer) and found.revoked is None:
        found = Fault.OCSP_REFUSED
    if isinstance(found, Fault):
        said = _faulty(at_.url, "ocsp", found, policy, about)
        return _Asked(said=said, missed={asked.issued: found})
    said = LookedUp(
        place=at_.url, kind="ocsp", about=about, revoked=int(bool(found.revoked)), until=found.until
    )
    return _Asked(said=said, answer=found)


def _faulty(
    place: str, kind: Kind, fault: Fault, policy: IssuerPolicy, about: str = ""
) -> LookedUp:
    command = mending(fault, policy.name) or mends_source(policy.name, kind)
    return LookedUp(place=place, kind=kind, about=about, trouble=WORDS[fault].what, command=command)
