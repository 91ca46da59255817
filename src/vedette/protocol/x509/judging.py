"""Whether a certificate that somebody shows is to be believed.

Pure and total: any bytes, any settings and any state of revocations have an answer, and nothing is
raised. Time is a parameter, in seconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from vedette.core.language import told
from vedette.protocol.x509.algorithms import key_fault
from vedette.protocol.x509.constraints import constraint_fault
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.library import refusal
from vedette.protocol.x509.naming import SID, names_in
from vedette.protocol.x509.paths import Path, search
from vedette.protocol.x509.policies import MAPPINGS, policies_of
from vedette.protocol.x509.reading import Read, read
from vedette.protocol.x509.revocations import NOTHING_KNOWN, Revocations, status_of
from vedette.protocol.x509.values import Distrusted, IssuerPolicy, Trusted, thumbprint_of

_ANY_USAGE = "2.5.29.37.0"
_KNOWN = frozenset(
    {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        MAPPINGS,
        SID,
    }
)
"""Extensions that may be marked critical: each is read by one of the checks."""

_Found = tuple[Fault, int, str]
"""A fault, at which depth of the path, and what was found."""


def judge(
    leaf: bytes, policy: IssuerPolicy, revocations: Revocations, at: int
) -> Trusted | Distrusted:
    """Judge a certificate in DER by one of the settings' issuers.

    1. It must be readable. 2. There must be a path to an anchor in which every signature is good and
    none is weak. 3. Every certificate of it must be in time, have a strong key and no critical
    extension that is unknown; those above must be CAs, within the path length and the names that
    those above them permit. 4. The certificate must have the usages, and CAs that name usages must
    permit them. 5. A policy that is asked for must hold. 6. Its names must be well-formed. 7. The
    library must take the path too. 8. Nothing in the path below the anchor may be revoked.

    Where several paths lead to anchors, one that is good is enough; the fault of the first is told.
    """
    shown = read(leaf)
    if isinstance(shown, Fault):  # (1)
        return Distrusted(fault=shown, issuer=policy.name)
    looking = search(policy)
    first: Distrusted | None = None
    for path in looking.paths((shown,)):  # (2)
        found = _examined(path, policy, revocations, at)
        if isinstance(found, Trusted):
            return found
        first = first or found
    return first or looking.worst()


def before_revocation(leaf: bytes, policy: IssuerPolicy, at: int) -> Trusted | Distrusted:
    """Judge all but revocation: whose chain it is, so that what is to be fetched can be known."""
    return judge(leaf, replace(policy, hard=False), NOTHING_KNOWN, at)


def judge_by_any(
    leaf: bytes, policies: Iterable[IssuerPolicy], revocations: Revocations, at: int
) -> Trusted | Distrusted:
    """Judge a certificate by the first issuer that vouches for it; otherwise what is most telling."""
    found: list[Distrusted] = []
    for policy in policies:
        answer = judge(leaf, policy, revocations, at)
        if isinstance(answer, Trusted):
            return answer
        found.append(answer)
    telling = [each for each in found if each.fault is not Fault.ISSUER_UNKNOWN]
    nothing = Distrusted(
        fault=Fault.ISSUER_UNKNOWN, issuer="", detail=told("no issuers in the settings")
    )
    return next(iter([*telling, *found]), nothing)


def _examined(
    path: Path, policy: IssuerPolicy, revocations: Revocations, at: int
) -> Trusted | Distrusted:
    fault = next(_faults(path, policy, at), None)
    if fault:
        return _distrusted(fault, path, policy)
    policies = policies_of(path, policy.policies)  # (5)
    names = names_in(path[0], path[1])  # (6)
    if isinstance(policies, Fault):
        return _distrusted((policies, 0, ""), path, policy)
    if isinstance(names, Fault):
        return _distrusted((names, 0, ""), path, policy)
    refused = refusal(path, policy.usages, at)  # (7)
    if refused:
        return _distrusted((Fault.LIBRARY, 0, refused), path, policy)
    status = status_of(path, revocations, at)  # (8)
    if status.fault and (policy.hard or status.fault is Fault.REVOKED):
        return _distrusted((status.fault, status.depth, status.detail), path, policy)
    leaf = path[0]
    return Trusted(
        issuer=policy.name,
        serial=leaf.serial_hex,
        subject=leaf.subject_text,
        names=names,
        usages=leaf.extended or frozenset(),
        policies=policies,
        not_before=leaf.not_before,
        not_after=min(each.not_after for each in path),
        thumbprint=thumbprint_of(leaf.der),
        chain=tuple(each.der for each in path),
        counts=policy.counts,
        unchecked=status.fault is not None,
        why_unchecked=status.fault,
        known_until=status.until,
        devices=policy.devices,
    )


def _distrusted(found: _Found, path: Path, policy: IssuerPolicy) -> Distrusted:
    fault, depth, detail = found
    subject = path[depth].subject_text
    return Distrusted(fault=fault, issuer=policy.name, subject=subject, depth=depth, detail=detail)


def _faults(path: Path, policy: IssuerPolicy, at: int) -> Iterator[_Found]:
    for depth, each in enumerate(path):  # (3)
        for fault, detail in _of_any(each, at):
            yield fault, depth, detail
        if depth:
            for fault in _of_a_ca(each, path[1:depth]):
                yield fault, depth, ""
    constrained = constraint_fault(path)
    if constrained:
        yield constrained
    for fault in _of_the_leaf(path[0]):
        yield fault, 0, ""
    yield from _usage_faults(path, policy.usages)  # (4)


def _of_any(each: Read, at: int) -> Iterator[tuple[Fault, str]]:
    if at < each.not_before:
        yield Fault.NOT_YET_VALID, ""
    if at > each.not_after:
        yield Fault.EXPIRED, ""
    weak = key_fault(each)
    if weak:
        yield weak
    for oid, extension in each.extensions.items():
        if extension.critical and (oid not in _KNOWN or _unread(extension.value, oid)):
            yield Fault.CRITICAL_EXTENSION, oid.dotted_string


def _unread(value: x509.ExtensionType, oid: x509.ObjectIdentifier) -> bool:
    return isinstance(value, x509.UnrecognizedExtension) and oid not in (MAPPINGS, SID)


def _of_a_ca(each: Read, between: Path) -> Iterator[Fault]:
    """`between` are the CAs beneath it, of which those that are not self-issued count."""
    basic, usage = each.basic, each.usage
    if basic is None or not basic.ca:
        yield Fault.NOT_A_CA
    if usage is not None and not usage.key_cert_sign:
        yield Fault.KEY_USAGE
    beneath = sum(not one.self_issued for one in between)
    if basic is not None and basic.path_length is not None and beneath > basic.path_length:
        yield Fault.PATH_TOO_LONG


def _of_the_leaf(leaf: Read) -> Iterator[Fault]:
    if leaf.basic is not None and leaf.basic.ca:
        yield Fault.CA_AS_PERSON
    if leaf.usage is not None and not leaf.usage.digital_signature:
        yield Fault.KEY_USAGE


def _usage_faults(path: Path, wanted: frozenset[str]) -> Iterator[_Found]:
    """The certificate has every usage itself; a CA that names usages names it, or any."""
    for depth, each in enumerate(path):
        has = each.extended
        lacking = sorted(wanted - (has or frozenset()))
        if depth and (has is None or _ANY_USAGE in has):
            continue
        if lacking:
            yield Fault.USAGE, depth, told("it lacks {usages}", usages=", ".join(lacking))


__all__ = ["before_revocation", "judge", "judge_by_any"]
