"""Certificate revocation lists (RFC 5280, 5 and 6.3): read, verified against their CA, and asked.

Indirect lists are refused. Lists of some reasons only count together, once all reasons are covered.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from vedette.protocol.x509.algorithms import key_fault, signature_fault
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.reading import UNREADABLE, Read

MOST_BYTES = 32 << 20
"""How large a CRL may be."""
MOST_SKEW = 300
"""How many seconds the CA's clock may be ahead of ours."""

_PEM = re.compile(rb"\s*-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----\s*")
_REASONS = frozenset(x509.ReasonFlags) - {
    x509.ReasonFlags.unspecified,
    x509.ReasonFlags.remove_from_crl,
}
_KNOWN = frozenset(
    {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.CRL_NUMBER,
        ExtensionOID.DELTA_CRL_INDICATOR,
        ExtensionOID.FRESHEST_CRL,
        ExtensionOID.ISSUING_DISTRIBUTION_POINT,
    }
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Of which certificates a list speaks (its issuing distribution point)."""

    points: frozenset[str] = frozenset()
    people_only: bool = False
    cas_only: bool = False
    reasons: frozenset[x509.ReasonFlags] = _REASONS

    def covers(self, other: Scope) -> bool:
        """Whether lists of this scope speak of every certificate, and reason, of which the other's do."""
        points = not self.points or (bool(other.points) and other.points <= self.points)
        people = other.people_only or not self.people_only
        cas = other.cas_only or not self.cas_only
        return points and people and cas and other.reasons <= self.reasons


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Crl:
    """A list that was read; whether it is the CA's is only known by `verified`.

    `base` is the number of the list that a delta adds to, None for a whole list. `revoked` has for
    each serial whether it is revoked; False stands in a delta for one that is no longer.
    """

    der: bytes
    parsed: x509.CertificateRevocationList
    issuer: bytes
    number: int
    base: int | None
    this_update: int
    next_update: int | None
    scope: Scope
    revoked: Mapping[int, bool]


def read_crl(data: bytes) -> Crl | Fault:
    """Read a CRL in DER or PEM. Total: any bytes have an answer.

    It costs some ten microseconds an entry, so a loop reads large lists in a thread.
    """
    if len(data) > MOST_BYTES:
        return Fault.TOO_LARGE
    try:
        pem = _PEM.fullmatch(data)
        der = base64.b64decode(b"".join(pem[1].split()), validate=True) if pem else data
        return _read(der, x509.load_der_x509_crl(der))
    except UNREADABLE:
        return Fault.CRL_MALFORMED


def _read(der: bytes, parsed: x509.CertificateRevocationList) -> Crl | Fault:
    extensions = {each.oid: each for each in parsed.extensions}
    if any(each.critical and oid not in _KNOWN for oid, each in extensions.items()):
        return Fault.CRL_SCOPE
    scope = _scope(parsed, extensions)
    revoked = _entries(parsed)
    if scope is None or revoked is None:
        return Fault.CRL_SCOPE
    base = _value(extensions, ExtensionOID.DELTA_CRL_INDICATOR)
    number = _value(extensions, ExtensionOID.CRL_NUMBER)
    if base is not None and number is None:
        return Fault.CRL_MALFORMED
    after = parsed.next_update_utc
    return Crl(
        der=der,
        parsed=parsed,
        issuer=parsed.issuer.public_bytes(),
        number=number or 0,
        base=base,
        this_update=int(parsed.last_update_utc.timestamp()),
        next_update=int(after.timestamp()) if after else None,
        scope=scope,
        revoked=revoked,
    )


_Extensions = Mapping[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]]


def _value(extensions: _Extensions, oid: x509.ObjectIdentifier) -> int | None:
    match extensions.get(oid):
        case x509.Extension(value=x509.CRLNumber() as found):
            return found.crl_number
        case x509.Extension(value=x509.DeltaCRLIndicator() as found):
            return found.crl_number
    return None


def _entries(parsed: x509.CertificateRevocationList) -> Mapping[int, bool] | None:
    """Every serial of the list; None where an entry speaks of another CA's certificate."""
    revoked: dict[int, bool] = {}
    for entry in parsed:
        gone = True
        for each in entry.extensions:
            if each.oid == CRLEntryExtensionOID.CRL_REASON:
                assert isinstance(each.value, x509.CRLReason)
                gone = each.value.reason is not x509.ReasonFlags.remove_from_crl
            elif each.critical:  # the certificate's issuer, or something unknown
                return None
        revoked[entry.serial_number] = gone
    return revoked


def _scope(parsed: x509.CertificateRevocationList, extensions: _Extensions) -> Scope | None:
    found = extensions.get(ExtensionOID.ISSUING_DISTRIBUTION_POINT)
    if found is None:
        return Scope()
    point = found.value
    if not isinstance(point, x509.IssuingDistributionPoint) or point.indirect_crl:
        return None
    if point.only_contains_attribute_certs:
        return None
    names = _points(point.full_name, point.relative_name, parsed.issuer)
    if (point.full_name or point.relative_name) and not names:
        return None
    return Scope(
        points=names,
        people_only=point.only_contains_user_certs,
        cas_only=point.only_contains_ca_certs,
        reasons=_reasons(point.only_some_reasons),
    )


def _reasons(given: frozenset[x509.ReasonFlags] | None) -> frozenset[x509.ReasonFlags]:
    return _REASONS if given is None else _REASONS & given


def _points(
    full: Iterable[x509.GeneralName] | None,
    relative: x509.RelativeDistinguishedName | None,
    issuer: x509.Name,
) -> frozenset[str]:
    """The names of a distribution point, each as one text that is the same wherever it stands."""
    if relative is not None:
        full = [x509.DirectoryName(x509.Name([*issuer.rdns, relative]))]
    return frozenset(
        each.value.rfc4514_string() if isinstance(each, x509.DirectoryName) else each.value
        for each in full or ()
        if isinstance(each, x509.DirectoryName | x509.UniformResourceIdentifier)
    )


_VERIFIED: WeakKeyDictionary[Crl, dict[str, Fault | None]] = WeakKeyDictionary()
"""What was found of a list and a CA, by its certificate's SHA-256, for as long as the list is kept."""


def verified(crl: Crl, issuer: Read) -> Fault | None:
    """Whether a list is its CA's: None, or what is wrong with it."""
    known = _VERIFIED.setdefault(crl, {})
    if issuer.sha256 not in known:
        known[issuer.sha256] = _verify(crl, issuer)
    return known[issuer.sha256]


def _verify(crl: Crl, issuer: Read) -> Fault | None:
    if crl.issuer != issuer.subject:
        return Fault.CRL_SCOPE
    if signature_fault(crl.parsed) or key_fault(issuer):
        return Fault.CRL_FORGED
    if issuer.usage is not None and not issuer.usage.crl_sign:
        return Fault.CRL_FORGED
    try:
        good = crl.parsed.is_signature_valid(issuer.certificate.public_key())  # type: ignore[arg-type]  # key_fault passed it
    except (InvalidSignature, *UNREADABLE):
        return Fault.CRL_FORGED
    return None if good else Fault.CRL_FORGED


def time_fault(crl: Crl, at: int) -> Fault | None:
    """Whether a list holds at a time; one that doesn't say how long is held to be outdated."""
    if at + MOST_SKEW < crl.this_update:
        return Fault.CRL_NOT_YET_VALID
    if crl.next_update is None or at > crl.next_update:
        return Fault.CRL_EXPIRED
    return None


def covered(crl: Crl, certificate: Read) -> frozenset[x509.ReasonFlags]:
    """For which reasons of revocation a list speaks of a certificate; none where it doesn't at all."""
    is_ca = certificate.basic is not None and certificate.basic.ca
    if (crl.scope.people_only and is_ca) or (crl.scope.cas_only and not is_ca):
        return frozenset()
    if not crl.scope.points:
        return crl.scope.reasons
    found: frozenset[x509.ReasonFlags] = frozenset()
    for names, reasons in _own_points(certificate):
        if names & crl.scope.points:
            found |= reasons & crl.scope.reasons
    return found


def _own_points(
    certificate: Read,
) -> list[tuple[frozenset[str], frozenset[x509.ReasonFlags]]]:
    extension = certificate.extensions.get(ExtensionOID.CRL_DISTRIBUTION_POINTS)
    issuer = certificate.certificate.issuer
    if extension is None or not isinstance(extension.value, x509.CRLDistributionPoints):
        return [(frozenset({issuer.rfc4514_string()}), _REASONS)]
    return [
        (_points(each.full_name, each.relative_name, issuer), _reasons(each.reasons))
        for each in extension.value
        if not each.crl_issuer
    ]


@dataclass(frozen=True, slots=True)
class ByCrl:
    """What lists say of a certificate: that it is good until a time, or a fault; `fault` None is good."""

    fault: Fault | None
    until: int | None = None


def by_crls(certificate: Read, issuer: Read, crls: Iterable[Crl], at: int) -> ByCrl:
    """What the lists say of a certificate that `issuer` issued.

    1. Only lists with the CA's name count, of these only those that it signed, and of these only
    those that speak of this certificate. 2. Of lists of one scope the newest counts, with the newest
    delta that adds to it. 3. Who stands on one of them is revoked, however old it is. 4. Otherwise
    the lists that hold now must cover all reasons.
    """
    faults: list[Fault] = []
    ours: dict[Scope, list[Crl]] = {}
    for crl in crls:  # (1)
        if crl.issuer != certificate.issuer:
            continue
        fault = verified(crl, issuer)
        if fault is None and not covered(crl, certificate):
            fault = Fault.CRL_SCOPE
        if fault:
            faults.append(fault)
        else:
            ours.setdefault(crl.scope, []).append(crl)
    reasons: frozenset[x509.ReasonFlags] = frozenset()
    untils: list[int] = []
    for several in ours.values():
        found = _newest(several, certificate.serial, at)  # (2)
        if found.fault is Fault.REVOKED:  # (3)
            return found
        if found.fault or found.until is None:
            faults.append(found.fault or Fault.CRL_EXPIRED)
            continue
        reasons |= covered(several[0], certificate)
        untils.append(found.until)
    if untils and reasons >= _REASONS:  # (4)
        return ByCrl(None, min(untils))
    return ByCrl(_telling(faults) if faults else (Fault.CRL_SCOPE if untils else None))


def _newest(crls: list[Crl], serial: int, at: int) -> ByCrl:
    whole = max((each for each in crls if each.base is None), key=_age, default=None)
    deltas = [each for each in crls if each.base is not None]
    delta = max((each for each in deltas if whole is None or _adds(each, whole)), key=_age,
                default=None)  # fmt: skip
    listed = delta.revoked.get(serial) if delta else None
    if listed is None and whole is not None:
        listed = whole.revoked.get(serial)
    if listed:
        return ByCrl(Fault.REVOKED)
    if whole is None:
        return ByCrl(Fault.CRL_DELTA_WITHOUT_BASE)
    fault = time_fault(whole, at)
    if fault:
        unfit = any(not _adds(each, whole) and each.number > whole.number for each in deltas)
        return ByCrl(Fault.CRL_DELTA_WITHOUT_BASE if unfit else fault)
    assert whole.next_update is not None  # time_fault saw it
    if delta and delta.next_update is not None and not time_fault(delta, at):
        return ByCrl(None, min(whole.next_update, delta.next_update))
    return ByCrl(None, whole.next_update)


def _age(crl: Crl) -> tuple[int, int]:
    return crl.number, crl.this_update


def _adds(delta: Crl, whole: Crl) -> bool:
    """Whether a delta adds to a whole list (RFC 5280, 5.2.4), and is newer."""
    return delta.base is not None and delta.base <= whole.number < delta.number


_LEAST_TELLING_FIRST = (
    Fault.CRL_SCOPE,
    Fault.CRL_FORGED,
    Fault.CRL_NOT_YET_VALID,
    Fault.CRL_EXPIRED,
    Fault.CRL_DELTA_WITHOUT_BASE,
)


def _telling(faults: list[Fault]) -> Fault:
    return max(faults, key=_LEAST_TELLING_FIRST.index)


__all__ = ["ByCrl", "Crl", "Scope", "by_crls", "covered", "read_crl", "time_fault", "verified"]
