"""Ways from a certificate to an anchor, in which every signature is good.

A way goes by the names that certificates carry, compared byte by byte, and stops at the first anchor.
How many signatures are tried is bounded, so that no set of certificates can keep a process busy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID

from vedette.protocol.x509.algorithms import key_fault, signature_fault
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.reading import UNREADABLE, Read, read
from vedette.protocol.x509.values import Distrusted, IssuerPolicy

MOST_CERTIFICATES = 10
"""How many certificates a path may have, the anchor and the one shown counted."""
MOST_SIGNATURES = 64
"""How many signatures are tried for one certificate shown."""

Path = tuple[Read, ...]
"""A path: first the certificate shown, last the anchor."""


@dataclass(slots=True)
class Search:
    """One search for paths. `missed` is what kept the search from the path that came furthest."""

    issuer: str
    anchors: tuple[Read, ...]
    others: tuple[Read, ...]
    left: int = MOST_SIGNATURES
    missed: list[Distrusted] = field(default_factory=list)

    def paths(self, path: Path) -> Iterator[Path]:
        """Every path that begins with those certificates."""
        last = path[-1]
        if len(path) >= MOST_CERTIFICATES:
            self._miss(Fault.PATH_TOO_LONG, path)
            return
        found = [each for each in (*self.anchors, *self.others) if each.subject == last.issuer]
        found = [each for each in found if not _again(each, path)]
        if not found:
            self._miss(Fault.ISSUER_UNKNOWN, path)
        for each in sorted(found, key=lambda one: not _says(last, one)):
            if not self._signed(each, path):
                continue
            if each in self.anchors:
                yield (*path, each)
            else:
                yield from self.paths((*path, each))

    def _signed(self, issuer: Read, path: Path) -> bool:
        weak = signature_fault(path[-1].certificate)
        if weak:
            return self._miss(weak[0], path, weak[1])
        weak = key_fault(issuer)
        if weak:
            return self._miss(weak[0], (*path, issuer), weak[1])
        if self.left == 0:
            return self._miss(Fault.PATH_TOO_LONG, path, "too many ways to try")
        self.left -= 1
        try:
            path[-1].certificate.verify_directly_issued_by(issuer.certificate)
        except (InvalidSignature, *UNREADABLE):
            return self._miss(Fault.SIGNATURE, path)
        return True

    def _miss(self, fault: Fault, path: Path, detail: str = "") -> bool:
        last = path[-1]
        if fault is Fault.ISSUER_UNKNOWN:
            detail = f"issued by `{_issuer_text(last)}`"
        self.missed.append(
            Distrusted(fault=fault, issuer=self.issuer, subject=last.subject_text,
                       depth=len(path) - 1, detail=detail)
        )  # fmt: skip
        return False

    def worst(self) -> Distrusted:
        """Why there is no path: what was missed furthest up; a bad signature says most."""
        return max(self.missed, key=lambda one: (one.fault is not Fault.ISSUER_UNKNOWN, one.depth))


def search(policy: IssuerPolicy) -> Search:
    """A search with one issuer's certificates. What can't be read of those is passed over."""
    anchors, others = (
        tuple(each for each in map(read, given) if isinstance(each, Read))
        for given in (policy.anchors, policy.intermediates)
    )
    return Search(policy.name, anchors, others)


def _again(one: Read, path: Path) -> bool:
    return any((one.subject, one.key_sha256) == (each.subject, each.key_sha256) for each in path)


def _says(child: Read, issuer: Read) -> bool:
    """Whether the key identifiers say that this is the issuer; a hint, never a proof."""
    said = child.extensions.get(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    has = issuer.extensions.get(ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    if not said or not isinstance(said.value, x509.AuthorityKeyIdentifier) or not has:
        return False
    key = has.value
    return isinstance(key, x509.SubjectKeyIdentifier) and said.value.key_identifier == key.digest


def _issuer_text(one: Read) -> str:
    text = one.certificate.issuer.rfc4514_string()
    return "".join(char if char.isprintable() else "�" for char in text)[:300]
