"""Name constraints (RFC 5280, 4.2.1.10): which names a CA may write into certificates.

A constraint of a kind that is not understood here refuses every name of that kind.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.naming import UPN, text_of
from vedette.protocol.x509.reading import Read

MOST_COMPARISONS = 20_000
"""How many comparisons of one path are made; a path that needs more is refused."""

_Kind = tuple[str, str]
"""The kind of a name: its type, and for an otherName its OID."""


def constraint_fault(path: Sequence[Read]) -> tuple[Fault, int, str] | None:
    """Which certificate of a path carries a name that one above it does not permit.

    Answers (fault, depth of that certificate, the name), or None where all are permitted. As the
    standard has it, self-issued CAs are passed over, the certificate shown never is.
    """
    spent = 0
    for above in range(1, len(path)):
        constraints = path[above].extensions.get(ExtensionOID.NAME_CONSTRAINTS)
        if constraints is None:
            continue
        if not isinstance(constraints.value, x509.NameConstraints):
            return Fault.MALFORMED, above, ""
        for depth in range(above):
            if depth and path[depth].self_issued:
                continue
            names = list(_names(path[depth]))
            spent += len(names) * _size(constraints.value)
            if spent > MOST_COMPARISONS:
                return Fault.CONSTRAINT, depth, "too many names and constraints"
            bad = next((name for name in names if not _permitted(name, constraints.value)), None)
            if bad is not None:
                return Fault.CONSTRAINT, depth, _shown(bad)
    return None


def _size(constraints: x509.NameConstraints) -> int:
    return len(constraints.permitted_subtrees or ()) + len(constraints.excluded_subtrees or ())


def _names(certificate: Read) -> Iterator[x509.GeneralName]:
    """All names of a certificate: its subject, mail addresses in it, its alternative names."""
    subject = certificate.certificate.subject
    if list(subject):
        yield x509.DirectoryName(subject)
    for attribute in subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
        if isinstance(attribute.value, str):
            # without the check of its form: what has none must not slip past the constraints
            yield x509.RFC822Name._init_without_validation(attribute.value)  # noqa: SLF001
    found = certificate.extensions.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    if found and isinstance(found.value, x509.SubjectAlternativeName):
        yield from found.value


def _shown(name: x509.GeneralName) -> str:
    if isinstance(name, x509.OtherName):
        return (text_of(name.value) or "another kind of name")[:200]
    value = name.value
    text = value.rfc4514_string() if isinstance(value, x509.Name) else str(value)
    return "".join(char if char.isprintable() else "�" for char in text)[:200]


def _kind(name: x509.GeneralName) -> _Kind:
    other = name.type_id.dotted_string if isinstance(name, x509.OtherName) else ""
    return type(name).__name__, other


def _permitted(name: x509.GeneralName, constraints: x509.NameConstraints) -> bool:
    kind = _kind(name)
    excluded = [each for each in constraints.excluded_subtrees or () if _kind(each) == kind]
    permitted = [each for each in constraints.permitted_subtrees or () if _kind(each) == kind]
    # None is doubt, and counts against the name on both sides
    if any(_within(name, each) is not False for each in excluded):
        return False
    return not permitted or any(_within(name, each) is True for each in permitted)


def _within(name: x509.GeneralName, base: x509.GeneralName) -> bool | None:
    """Whether a name lies within a subtree; None where that can't be told."""
    match name, base:
        case x509.DirectoryName(), x509.DirectoryName():
            return _below(name.value, base.value)
        case x509.RFC822Name(), x509.RFC822Name():
            return _mailbox(name.value, base.value)
        case x509.DNSName(), x509.DNSName():
            return _host(name.value, base.value, exact=False)
        case x509.UniformResourceIdentifier(), x509.UniformResourceIdentifier():
            return _uri(name.value, base.value)
        case x509.IPAddress(), x509.IPAddress():
            return _address(name.value, base.value)
        case x509.OtherName(), x509.OtherName() if base.type_id == UPN:
            held, tree = text_of(name.value), text_of(base.value)
            return _mailbox(held, tree.removeprefix("@")) if held and tree else None
    return None


def _below(name: x509.Name, base: x509.Name) -> bool:
    held, tree = list(name.rdns), list(base.rdns)
    return len(held) >= len(tree) and all(
        _folded(one) == _folded(other) for one, other in zip(held, tree, strict=False)
    )


def _folded(part: x509.RelativeDistinguishedName) -> frozenset[tuple[str, str | bytes]]:
    """A part of a name as RFC 5280, 7.1 compares it: without regard to case and to blanks."""
    return frozenset(
        (each.oid.dotted_string, " ".join(each.value.split()).casefold())
        if isinstance(each.value, str)
        else (each.oid.dotted_string, each.value)
        for each in part
    )


def _mailbox(name: str, base: str) -> bool | None:
    """A mailbox, every mailbox of one host, or with a leading dot those of all hosts below it."""
    local, at, host = name.rpartition("@")
    if not at:
        return None
    if "@" in base:
        base_local, _, base_host = base.rpartition("@")
        # the part before the sign may be another mailbox by its case alone, so doubt stays doubt
        same = host.lower() == base_host.lower() and local.lower() == base_local.lower()
        return (True if local == base_local else None) if same else False
    return _host(host, base, exact=True)


def _host(name: str, base: str, *, exact: bool) -> bool | None:
    """`base` alone where `exact`, and with a leading dot what is below; otherwise both."""
    held, tree = name.lower().rstrip("."), base.lower().rstrip(".")
    if not held.isascii() or not tree.isascii():
        return None
    if not tree.strip("."):
        return True  # an empty subtree holds every name
    if tree.startswith("."):
        return held.endswith(tree)
    return held == tree or (not exact and held.endswith("." + tree))


def _uri(name: str, base: str) -> bool | None:
    _, found, rest = name.partition("://")
    host = rest.split("/")[0].split("?")[0].split("#")[0].rpartition("@")[2].partition(":")[0]
    if not found or not host or host.startswith("[") or host.replace(".", "").isdigit():
        return None  # RFC 5280: a constraint holds for names of hosts only
    return _host(host, base, exact=True)


def _address(name: Any, base: Any) -> bool | None:
    nets = (ipaddress.IPv4Network, ipaddress.IPv6Network)
    if not isinstance(base, nets) or isinstance(name, nets):
        return None
    return name.version == base.version and name in base
