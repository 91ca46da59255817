"""What is known of revocations, and what it says of a path; what to fetch to know more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from vedette.core.language import told
from vedette.protocol.x509.crls import Crl, by_crls
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.ocsp import OcspAnswer
from vedette.protocol.x509.reading import Read, read
from vedette.protocol.x509.values import IssuerPolicy

MOST_PLACES = 16
"""How many addresses of one certificate are looked at."""
MOST_ADDRESS = 1024


@dataclass(frozen=True, slots=True)
class Revocations:
    """What is known. Certificates are named by `Names.issued`, serial and issuer's key.

    `crls` are lists that were read; whose they are is found out here. `ocsp` has the newest answer
    about a certificate, `missed` why there is none. `told` are certificates that the CA's own
    procedure told us to be revoked, by `issued` or by `thumbprint`.
    """

    crls: Sequence[Crl] = ()
    ocsp: Mapping[str, OcspAnswer] = field(default_factory=dict)
    missed: Mapping[str, Fault] = field(default_factory=dict)
    told: frozenset[str] = frozenset()


NOTHING_KNOWN = Revocations()


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a path: `fault` None says that nothing in it was revoked, until `until`.

    Any other fault than REVOKED says why it is not known.
    """

    fault: Fault | None = None
    depth: int = 0
    detail: str = ""
    until: int | None = None


def status_of(path: Sequence[Read], revocations: Revocations, at: int) -> Status:
    """What is known of every certificate of a path below the anchor; what is revoked comes first."""
    found = [_one(path, depth, revocations, at) for depth in range(len(path) - 1)]
    for status in found:
        if status.fault is Fault.REVOKED:
            return status
    for status in found:
        if status.fault:
            return status
    return Status(until=min((each.until for each in found if each.until is not None), default=None))


def _one(path: Sequence[Read], depth: int, revocations: Revocations, at: int) -> Status:
    """One certificate: what the CA told us, what its lists say, what its responder says.

    One of them that says *revoked* is enough; otherwise one that says *good* is.
    """
    certificate, issuer = path[depth], path[depth + 1]
    issued = f"{certificate.serial_hex}-{issuer.key_sha256}"
    if issued in revocations.told or certificate.sha256 in revocations.told:
        return Status(Fault.REVOKED, depth, told("the CA's own procedure said so"))
    answer = revocations.ocsp.get(issued)
    by_list = by_crls(certificate, issuer, revocations.crls, at)
    if answer is not None and answer.revoked:
        return Status(Fault.REVOKED, depth, told("its responder says so"))
    if by_list.fault is Fault.REVOKED:
        return Status(Fault.REVOKED, depth, told("it stands on the CA's revocation list"))
    fresh = answer is not None and at <= answer.until
    if answer is not None and fresh and answer.revoked is False:
        return Status(until=max(answer.until, by_list.until or 0))
    if by_list.fault is None and by_list.until is not None:
        return Status(until=by_list.until)
    return Status(_why(by_list.fault, answer, revocations.missed.get(issued), fresh=fresh), depth)


def _why(
    by_list: Fault | None, answer: OcspAnswer | None, missed: Fault | None, *, fresh: bool
) -> Fault:
    if by_list:
        return by_list
    if answer is not None:
        return Fault.OCSP_REFUSED if fresh else Fault.OCSP_EXPIRED
    return missed or Fault.STATUS_UNKNOWN


@dataclass(frozen=True, slots=True)
class CrlAt:
    """A list to fetch: an http(s) address, or the path of a file."""

    place: str


@dataclass(frozen=True, slots=True)
class OcspAt:
    """A responder to ask about one certificate, both certificates in DER; see `ocsp.question`."""

    url: str
    certificate: bytes
    issuer: bytes


def what_to_fetch(chain: Sequence[bytes], policy: IssuerPolicy) -> list[CrlAt | OcspAt]:
    """Where it is to be learnt whether something in a chain was revoked, without repetition.

    MUST be asked with the chain of a `Trusted` (`judging.before_revocation`): addresses in a
    certificate that nobody vouches for are a stranger's.
    """
    path = [each for each in map(read, chain) if isinstance(each, Read)]
    found: dict[CrlAt | OcspAt, None] = {}
    for certificate, issuer in pairwise(path):
        places = policy.crl or tuple(_list_places(certificate))
        found.update(dict.fromkeys(CrlAt(each) for each in places))
        urls = _responders(certificate) if policy.ocsp == "certificate" else iter([policy.ocsp])
        if policy.ocsp != "no":
            asks = (OcspAt(each, certificate.der, issuer.der) for each in urls)
            found.update(dict.fromkeys(asks))
    return list(found)


def _list_places(certificate: Read) -> Iterator[str]:
    for oid in (ExtensionOID.CRL_DISTRIBUTION_POINTS, ExtensionOID.FRESHEST_CRL):
        found = certificate.extensions.get(oid)
        value = found.value if found else None
        if isinstance(value, x509.CRLDistributionPoints | x509.FreshestCRL):
            for point in list(value)[:MOST_PLACES]:
                yield from (each for each in map(_url, point.full_name or ()) if each)


def _responders(certificate: Read) -> Iterator[str]:
    found = certificate.extensions.get(ExtensionOID.AUTHORITY_INFORMATION_ACCESS)
    if found and isinstance(found.value, x509.AuthorityInformationAccess):
        for each in list(found.value)[:MOST_PLACES]:
            url = _url(each.access_location)
            if each.access_method == AuthorityInformationAccessOID.OCSP and url:
                yield url


def _url(name: x509.GeneralName) -> str | None:
    """An http(s) address; others (ldap) are not fetched from."""
    text = name.value if isinstance(name, x509.UniformResourceIdentifier) else ""
    plain = len(text) <= MOST_ADDRESS and text.isascii() and text.isprintable()
    return text if plain and text.lower().startswith(("http://", "https://")) else None
