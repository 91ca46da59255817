"""The second examination: the path as the `cryptography` library's own verifier sees it.

Both examinations must say yes. The library knows neither certificate policies nor revocation, and
it takes a certificate without extended key usage for granted, so those are asked for here and there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import ExtensionOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from vedette.protocol.x509.policies import MAPPINGS
from vedette.protocol.x509.reading import UNREADABLE, Read

_NOT_KNOWN_TO_IT = (
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.INHIBIT_ANY_POLICY,
    ExtensionOID.POLICY_CONSTRAINTS,
    MAPPINGS,
)
"""Extensions that are judged here, and that the library refuses where they are critical."""
_TREES_KNOWN_TO_IT = (x509.DNSName, x509.IPAddress, x509.RFC822Name)
"""Kinds of name whose constraints the library judges."""


def refusal(path: Sequence[Read], usages: frozenset[str], at: int) -> str:
    """Why the library refuses a path, in its own words; empty where it takes it, or can't be asked."""
    if any(_beyond(each) for each in path):
        return ""
    anyone = ExtensionPolicy.permit_all()
    policies = {
        "ca_policy": anyone.require_present(
            x509.BasicConstraints, Criticality.AGNOSTIC, None
        ).may_be_present(x509.NameConstraints, Criticality.AGNOSTIC, None),
        "ee_policy": anyone.require_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None)
        if usages
        else anyone,
    }
    try:
        verifier = (
            PolicyBuilder()
            .store(Store([path[-1].certificate]))
            .time(datetime.fromtimestamp(at, UTC))
            .max_chain_depth(len(path))
            .extension_policies(**policies)
            .build_client_verifier()
        )
        verifier.verify(path[0].certificate, [each.certificate for each in path[1:-1]])
    except VerificationError as refused:
        return str(refused)[:300]
    except UNREADABLE as fault:
        return f"it can't be read: {fault}"[:300]
    return ""


def _beyond(certificate: Read) -> bool:
    """Whether a certificate has what the library does not judge, and refuses for that alone."""
    found = (certificate.extensions.get(oid) for oid in _NOT_KNOWN_TO_IT)
    if any(each is not None and each.critical for each in found):
        return True
    names = certificate.extensions.get(ExtensionOID.NAME_CONSTRAINTS)
    if names is None or not isinstance(names.value, x509.NameConstraints):
        return False
    trees = (*(names.value.permitted_subtrees or ()), *(names.value.excluded_subtrees or ()))
    return not all(isinstance(each, _TREES_KNOWN_TO_IT) for each in trees)
