"""What one place of CRLs gave out: the last good list of each kind, whose CA, scope and base it has."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from vedette.core.language import NOTHING, Sentence, told
from vedette.ports.certificates import RevocationSource
from vedette.protocol.x509.crls import Crl, Scope, time_fault, verified
from vedette.protocol.x509.faults import WORDS, Fault
from vedette.protocol.x509.reading import Read

_MOST_KINDS = 16
"""So many kinds of list are kept of one place; whoever stands before it may have every list of a CA."""
_PEM = re.compile(rb"-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----")


@dataclass(frozen=True, slots=True)
class ListKind:
    """Which lists follow one another: those of one CA (its name and key), of one scope, whole or not.

    The numbers of others say nothing of these, and none of them takes their place.
    """

    ca: bytes
    key: str
    scope: Scope
    delta: bool


@dataclass(slots=True)
class CrlPlace:
    """One place of CRLs. `given` is the kind that it gave out last, `failed` whether its last
    try did, `unsaved` whether it is to be kept on disk still.

    Not for several threads at once.
    """

    source: RevocationSource
    kept: dict[ListKind, Crl] = field(default_factory=dict)
    given: ListKind | None = None
    loaded: bool = False
    failed: bool = False
    unsaved: bool = False

    @property
    def last(self) -> Crl | None:
        """The list that it gave out last, of those that hold."""
        return self.kept.get(self.given) if self.given is not None else None

    def take(self, crl: Crl, authorities: Sequence[Read], now: int) -> Taken:
        """Take a list in the place of the one of its kind, if it is a CA's of ours and no older one.

        1. It must be signed by one of these CAs. 2. It must not be from a time to come, since what it
        would replace may hold. 3. Its number must not be a smaller one than before: whoever gives it
        out may be hiding what was revoked since. 4. What covers less, or other certificates, replaces
        nothing.
        """
        ca = next((each for each in authorities if verified(crl, each) is None), None)
        if ca is None:  # (1)
            return Taken(fault=Fault.CRL_FORGED)
        fault = time_fault(crl, now)
        if fault is Fault.CRL_NOT_YET_VALID:  # (2)
            return Taken(fault=fault)
        kind = ListKind(crl.issuer, ca.key_sha256, crl.scope, crl.base is not None)
        before = self.kept.get(kind)
        if before is not None and _age(crl) < _age(before):  # (3)
            return Taken(older=True)
        new = before is None or before.der != crl.der
        if before is None and not self._has_room(authorities):
            return Taken(fault=Fault.CRL_SCOPE)
        if new:
            self.unsaved = True
            self.kept = {each: one for each, one in self.kept.items()
                         if each != kind and not _replaces(kind, crl, each, one)}  # fmt: skip
            self.kept[kind] = crl
        self.given = kind
        return Taken(fault=fault, new=new, good=True, others=self._others(kind, authorities))

    def _has_room(self, authorities: Sequence[Read]) -> bool:
        """Whether one more kind can be kept; lists of CAs that are none of ours any more make room."""
        if len(self.kept) >= _MOST_KINDS:
            ours = {(each.subject, each.key_sha256) for each in authorities}
            self.kept = {each: one for each, one in self.kept.items()
                         if (each.ca, each.key) in ours}  # fmt: skip
        return len(self.kept) < _MOST_KINDS

    def _others(self, kind: ListKind, authorities: Sequence[Read]) -> bool:
        """Whether it gave out other kinds before, of which it says nothing now."""
        ours = {(each.subject, each.key_sha256) for each in authorities}
        return any(each != kind and (each.ca, each.key) in ours for each in self.kept)

    def saved(self) -> bytes:
        """Everything that is kept, for a file; what was given last stands last."""
        order = sorted(self.kept.items(), key=lambda each: each[0] == self.given)
        return b"".join(_pem(crl.der) for _, crl in order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a list: `good` where it was taken, `new` where it was not known before."""

    fault: Fault | None = None
    older: bool = False
    new: bool = False
    good: bool = False
    others: bool = False

    @property
    def trouble(self) -> Sentence:
        """What is wrong with the place, for the administrator; empty where nothing is."""
        if self.fault is not None:
            return WORDS[self.fault].what
        if self.older:
            return told("it gives out an older list than it did before")
        if self.others:
            return told(
                "it gives out the list of another CA, or of other certificates, than it did before; "
                "what it said before still counts"
            )
        return NOTHING


def saved_lists(data: bytes) -> list[bytes]:
    """The lists of a file that `CrlPlace.saved` wrote, DER; one in DER alone is one list."""
    found: list[bytes] = []
    for block in _PEM.finditer(data):
        try:
            found.append(base64.b64decode(b"".join(block[1].split()), validate=True))
        except ValueError:
            continue
    return found or [data]


def _pem(der: bytes) -> bytes:
    text = base64.encodebytes(der)
    return b"-----BEGIN X509 CRL-----\n" + text + b"-----END X509 CRL-----\n"


def _age(crl: Crl) -> tuple[int, int]:
    return crl.number, crl.this_update


def _replaces(kind: ListKind, crl: Crl, other: ListKind, before: Crl) -> bool:
    """Whether a list says of every certificate what an earlier one of another kind said.

    That is one of a scope that covers its scope; of a delta, a whole list with all that it added.
    """
    if (kind.ca, kind.key) != (other.ca, other.key) or not kind.scope.covers(other.scope):
        return False
    if other.delta and not kind.delta:
        return crl.number >= before.number
    return kind.delta == other.delta and crl.this_update >= before.this_update


__all__ = ["CrlPlace", "ListKind", "Taken", "saved_lists"]
