"""Certificates of people and devices that were shown, those that were revoked, and where that is told.

`CertificateStore` is a part of the sign-in store: one database, opened by every signin and by control.
Each call is one short transaction, made from any thread, and raises Unavailable when the store does
not answer. Times are whole seconds since 1970-01-01 UTC. `issuer` is a name of the document's
`[issuers]`, `serial` a number in lower-case hex, two digits a byte.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, Protocol

from vedette.core.names import UserId

CERTIFICATE_KEPT = 90 * 86_400
"""A certificate that no session uses is kept for so many seconds after it was last shown."""

REVOKED = "its certificate was revoked"
"""Why a session ended whose certificate its CA revoked."""

Kind = Literal["crl", "ocsp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCertificate:
    """A certificate that was shown and found good at least once.

    `subject` is for people to read, `localpart` whom it names, empty where it names none of ours.
    `trouble` is empty while it is good, else why it is not, in words; `checked` when that was last
    judged, `shown` when it was last shown.
    """

    thumbprint: str
    der: bytes = field(repr=False)
    issuer: str
    serial: str
    subject: str
    localpart: str
    ends: int
    shown: int
    checked: int
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateUse:
    """A session that is not ended, and a certificate on which it stands."""

    session: str
    user: UserId
    thumbprint: str
    issuer: str
    serial: str
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedCertificate:
    """A certificate that somebody told us is revoked, before or beside any list of its CA."""

    issuer: str
    serial: str
    at: int
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationSource:
    """How one source of revocations stands: a CRL's address or file, or an OCSP responder.

    `fetched` is when it last answered with something that holds, 0 for never; `next_update` when
    that is no longer good, 0 where it does not say; `trouble` is empty while it is well.
    `revoked` is how many certificates it names.
    """

    issuer: str
    place: str
    kind: Kind
    fetched: int = 0
    next_update: int = 0
    revoked: int = 0
    trouble: str = ""
    tried: int = 0


class CertificateStore(Protocol):
    """Keeps what is known of certificates."""

    def keep(self, certificate: KeptCertificate) -> None:
        """Keep a certificate that was shown, in the place of what was known of it."""

    def kept(self, thumbprint: str) -> KeptCertificate | None:
        """The certificate, or None."""

    def listed(self, after: str, most: int) -> tuple[KeptCertificate, ...]:
        """Certificates, those that end first before others; behind the place `after` (see `place`)."""

    def ending(self, before: int) -> int:
        """How many certificates on which sessions stand end before this time."""

    def uses(
        self, issuer: str = "", ended: int | None = None, *, since: int = 0, serial: str = ""
    ) -> tuple[CertificateUse, ...]:
        """Every use of a certificate by a session that is not ended.

        With `issuer` only of its certificates, or of the one with this `serial`; with `ended` only of
        those that ended before then, and not before `since`.
        """

    def used_by(self, thumbprints: Collection[str]) -> dict[str, tuple[CertificateUse, ...]]:
        """The uses of these certificates by sessions that are not ended."""

    def checked(self, thumbprint: str, trouble: str, now: int) -> None:
        """Note how a certificate was last judged."""

    def revoke(self, revoked: RevokedCertificate) -> bool:
        """Keep that a certificate is revoked, whether it was ever shown or not; False if known."""

    def revocation(self, issuer: str, serial: str) -> RevokedCertificate | None:
        """What somebody told us of this certificate, or None."""

    def revocations(self) -> int:
        """How many certificates we were told are revoked; grows with each."""

    def told(self) -> tuple[RevokedCertificate, ...]:
        """Every certificate that we were told is revoked, newest first."""

    def note_source(self, source: RevocationSource) -> None:
        """Keep how a source stands."""

    def sources(self) -> tuple[RevocationSource, ...]:
        """Every source that was ever asked, by issuer and place."""

    def forget_sources(self, issuer: str, but: Collection[str]) -> None:
        """Forget the sources of an issuer other than these places."""


def place_of(certificate: KeptCertificate) -> str:
    """Where a certificate stands in the list, as text that sorts."""
    return f"{certificate.ends:015d} {certificate.thumbprint}"


class RevocationFetcher(Protocol):
    """Brings CRLs and OCSP answers from addresses and files."""

    def fetch(self, place: str, request: bytes | None = None) -> bytes:
        """What is there: a CRL of an address or an absolute path; with `request`, the answer of an
        OCSP responder to it. Bounded in size and time; never from anywhere but `place`.

        Raises:
            Unavailable: nothing came, or something that is too large or no success.
        """


class RevocationFiles(Protocol):
    """Keeps the last good CRL of each place over a restart."""

    def load(self, place: str) -> bytes | None:
        """What was kept last, or None."""

    def save(self, place: str, data: bytes) -> None:
        """Keep it in the place of the one before. Raises Unavailable."""
