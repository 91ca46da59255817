"""Certificate policies along a path: RFC 5280, 6.1, with the graph of RFC 9618 instead of the tree.

A tree of policies can be made to grow without bounds by a hostile CA; the graph grows with what the
certificates say. Each node knows by which policies of the anchor's own domain it is reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from vedette.protocol.x509.der import OID, SEQUENCE, identifier, one, values
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.reading import Read

ANY = "2.5.29.32.0"
"""anyPolicy."""
MAPPINGS = x509.ObjectIdentifier("2.5.29.33")
MOST_POLICIES = 64
"""How many policies one certificate may name, and how many mappings it may have."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A policy that holds down to here: what it may be called beneath, and what it is at the anchor."""

    expected: frozenset[str]
    roots: frozenset[str]


_Level = dict[str, _Node]


@dataclass(slots=True)
class _State:
    """The state variables of RFC 5280, 6.1.2: `level` is the graph's lowest one, empty for none."""

    level: _Level = field(default_factory=lambda: {ANY: _Node(frozenset({ANY}), frozenset({ANY}))})
    explicit: int = 0
    mapping: int = 0
    any_policy: int = 0


def policies_of(path: Sequence[Read], wanted: frozenset[str]) -> frozenset[str] | Fault:
    """The policies that hold for a whole path, as the anchor's domain calls them.

    `path` begins with the certificate shown and ends with the anchor, which is not looked at. Where
    `wanted` names policies, one of them must hold. `ANY` in the answer stands for every policy.
    """
    down = list(reversed(path[:-1]))
    state = _State(explicit=0 if wanted else len(down) + 1, mapping=len(down) + 1,
                   any_policy=len(down) + 1)  # fmt: skip
    for place, certificate in enumerate(down):
        last = place == len(down) - 1
        fault = _one(state, certificate, last=last)
        if fault:
            return fault
    return _end(state, down[-1], wanted)


def _one(state: _State, certificate: Read, *, last: bool) -> Fault | None:
    named = _named(certificate)
    if isinstance(named, Fault):
        return named
    any_counts = state.any_policy > 0 or (not last and certificate.self_issued)
    state.level = _next(state.level, named, any_counts=any_counts)  # (d) and (e)
    if state.explicit == 0 and not state.level:  # (f)
        return Fault.POLICY
    return None if last else _prepare(state, certificate)


def _named(certificate: Read) -> frozenset[str] | Fault:
    found = certificate.extensions.get(ExtensionOID.CERTIFICATE_POLICIES)
    if found is None:
        return frozenset()
    if not isinstance(found.value, x509.CertificatePolicies):
        return Fault.MALFORMED
    named = [each.policy_identifier.dotted_string for each in found.value]
    # RFC 5280, 4.2.1.4: a policy must not stand there twice
    bad = len(named) > MOST_POLICIES or len(set(named)) < len(named)
    return Fault.MALFORMED if bad else frozenset(named)


def _next(level: _Level, named: frozenset[str], *, any_counts: bool) -> _Level:
    below: _Level = {}
    for policy in named - {ANY}:
        roots = _roots(level, policy)
        if not roots and ANY in level:
            roots = frozenset({policy}) if ANY in level[ANY].roots else level[ANY].roots
        if roots:
            below[policy] = _Node(frozenset({policy}), roots)
    if ANY in named and any_counts:
        expected = frozenset(each for node in level.values() for each in node.expected)
        for policy in expected - below.keys():
            below[policy] = _Node(frozenset({policy}), _roots(level, policy))
    return below


def _roots(level: _Level, policy: str) -> frozenset[str]:
    """By which of the anchor's policies a policy is reached from the nodes that expect it."""
    return frozenset(
        root for node in level.values() if policy in node.expected for root in node.roots
    )


def _prepare(state: _State, certificate: Read) -> Fault | None:
    """Prepare for the next certificate (RFC 5280, 6.1.4)."""
    mappings = _mappings(certificate)
    if isinstance(mappings, Fault):
        return mappings
    _map(state, mappings)
    if not certificate.self_issued:  # (h)
        state.explicit = max(0, state.explicit - 1)
        state.mapping = max(0, state.mapping - 1)
        state.any_policy = max(0, state.any_policy - 1)
    explicit, mapping = _constraints(certificate)  # (i)
    state.explicit = min(state.explicit, explicit if explicit is not None else state.explicit)
    state.mapping = min(state.mapping, mapping if mapping is not None else state.mapping)
    found = certificate.extensions.get(ExtensionOID.INHIBIT_ANY_POLICY)  # (j)
    if found and isinstance(found.value, x509.InhibitAnyPolicy):
        state.any_policy = min(state.any_policy, found.value.skip_certs)
    return None


def _constraints(certificate: Read) -> tuple[int | None, int | None]:
    found = certificate.extensions.get(ExtensionOID.POLICY_CONSTRAINTS)
    if found is None or not isinstance(found.value, x509.PolicyConstraints):
        return None, None
    return found.value.require_explicit_policy, found.value.inhibit_policy_mapping


def _map(state: _State, mappings: Mapping[str, frozenset[str]]) -> None:
    """(b): what a policy is called beneath; without mappings allowed, it ends here."""
    for policy, called in mappings.items():
        node = state.level.get(policy)
        if state.mapping == 0:
            state.level.pop(policy, None)
        elif node is not None:
            state.level[policy] = _Node(called, node.roots)
        elif ANY in state.level:
            state.level[policy] = _Node(called, frozenset({policy}))


def _mappings(certificate: Read) -> Mapping[str, frozenset[str]] | Fault:
    found = certificate.extensions.get(MAPPINGS)
    if found is None:
        return {}
    pairs = _pairs(found.value)
    if not pairs or len(pairs) > MOST_POLICIES or any(ANY in pair for pair in pairs):  # (a)
        return Fault.MALFORMED
    return {policy: frozenset(to for from_, to in pairs if from_ == policy) for policy, _ in pairs}


def _pairs(value: x509.ExtensionType) -> list[tuple[str, str]]:
    """SEQUENCE OF SEQUENCE { issuerDomainPolicy, subjectDomainPolicy }; empty where it is not that."""
    whole = one(value.value, SEQUENCE) if isinstance(value, x509.UnrecognizedExtension) else None
    pairs: list[tuple[str, str]] = []
    for tag, content in (values(whole) or []) if whole is not None else []:
        inner = values(content) if tag == SEQUENCE else None
        names = [identifier(each) for kind, each in inner or [] if kind == OID]
        if inner is None or len(inner) != 2 or len(names) != 2 or names[0] is None:
            return []
        if names[1] is None:
            return []
        pairs.append((names[0], names[1]))
    return pairs


def _end(state: _State, leaf: Read, wanted: frozenset[str]) -> frozenset[str] | Fault:
    """Wrap up (RFC 5280, 6.1.5)."""
    explicit, _ = _constraints(leaf)
    if explicit == 0 or state.explicit <= 1:
        state.explicit = 0  # (a) and (b)
    held = frozenset(root for node in state.level.values() for root in node.roots)
    if wanted and ANY not in held:  # (g)
        held &= wanted
    if not held and (wanted or state.explicit == 0):
        return Fault.POLICY
    return held
