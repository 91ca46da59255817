"""What is asked of certificates, what is known of revocations, and what an answer says.

Times are in seconds since 1970 UTC. Nothing here can be changed once it was made.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vedette.core.language import NOTHING, Sentence, joined, told
from vedette.core.settings.issuers import CLIENT_AUTH, Issuer
from vedette.core.subject_patterns import SubjectPattern, parse_pattern
from vedette.protocol.x509.faults import WORDS, Fault

NameKind = Literal["user", "localpart", "upn", "email", "sid"]
"""What a name in a certificate is: a whole user id (written in the settings), the part of one before
the colon, or what the directory is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerPolicy:
    """What one of the settings' issuers asks of a certificate. Certificates are DER.

    `names` are the ways to a name in their order: `upn`, `email`, `sid`, or a pattern of subjects.
    """

    name: str
    anchors: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    usages: frozenset[str] = frozenset({CLIENT_AUTH})
    policies: frozenset[str] = frozenset()
    names: tuple[str | SubjectPattern, ...] = ("upn",)
    people: Mapping[str, str] = field(default_factory=dict)
    counts: int = 1
    hard: bool = True
    crl: tuple[str, ...] = ()
    ocsp: str = "certificate"
    devices: bool = False
    """Whether its certificates speak for managed devices, and for nobody."""


def policy_of(name: str, issuer: Issuer) -> IssuerPolicy:
    """An issuer of the settings, by its name there."""
    return IssuerPolicy(
        name=name,
        anchors=tuple(base64.b64decode(each) for each in issuer.anchors),
        intermediates=tuple(base64.b64decode(each) for each in issuer.intermediates),
        usages=frozenset(issuer.usages),
        policies=frozenset(issuer.policies),
        names=tuple(_way(each) for each in issuer.names),
        people={key: str(user) for key, user in issuer.people.items()},
        counts=issuer.counts,
        hard=issuer.revocation == "hard",
        crl=issuer.crl,
        ocsp=issuer.ocsp,
        devices=issuer.devices == "managed",
    )


def _way(text: str) -> str | SubjectPattern:
    before, _, pattern = text.partition("subject:")
    return before or parse_pattern(pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names that a certificate carries, each well-formed.

    `subject` is given as (attribute OID, text), the person first; it is None where an attribute is
    of a kind that no pattern reads (several in one part, or text in an outdated type).
    `thumbprint` (SHA-256 of the certificate, hex) and `issued` (serial and SHA-256 of the issuer's
    public key, hex) are what the settings' `people` name it by.
    """

    upn: str | None
    emails: tuple[str, ...]
    sid: str | None
    subject: tuple[tuple[str, str], ...] | None
    thumbprint: str
    issued: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A certificate that may be believed, until what is known of revocations changes.

    `issuer` is the name in the settings. `serial` is in hex. `usages` and `policies` are OIDs; the
    policies hold for the whole path. `thumbprint` is the `x5t#S256` of RFC 8705. `chain` begins with
    the certificate itself and ends with the anchor, in DER. `unchecked` says that it is not known
    whether something in the chain was revoked (only with `soft`), `why_unchecked` what kept us from
    knowing. `known_until` is when what is known of revocations is too old, None where nothing is.
    """

    issuer: str
    serial: str
    subject: str
    names: Names
    usages: frozenset[str]
    policies: frozenset[str]
    not_before: int
    not_after: int
    thumbprint: str
    chain: tuple[bytes, ...]
    counts: int
    unchecked: bool = False
    why_unchecked: Fault | None = None
    known_until: int | None = None
    devices: bool = False
    """Whether it speaks for a managed device, and for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distrusted:
    """A certificate that is not believed.

    `fault` says why; `subject` whose certificate it is about, which is another one's than that shown
    where a CA above is at fault; `depth` how far above (0 is the certificate shown). `detail` adds
    what was found, without anything secret.
    """

    fault: Fault
    issuer: str
    subject: str = ""
    depth: int = 0
    detail: str = ""

    @property
    def sentence(self) -> Sentence:
        """What is wrong, for the administrator."""
        about = self.depth and self.subject
        where = told(" (about `{subject}`)", subject=self.subject) if about else NOTHING
        detail = told(" Found: {detail}.", detail=self.detail) if self.detail else NOTHING
        return joined((WORDS[self.fault].what, where, detail), "")


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose a certificate is, before it is looked up; see `NameKind`."""

    kind: NameKind
    value: str


def thumbprint_of(certificate: bytes) -> str:
    """The `x5t#S256` of a certificate in DER (RFC 8705, section 3.1)."""
    digest = hashlib.sha256(certificate).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
