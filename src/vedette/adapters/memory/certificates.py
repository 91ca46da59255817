"""Certificates of a sign-in store that is kept in memory, and a world in which CRLs are to be had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vedette.core.sessions import SessionState
from vedette.ports.certificates import (
    CERTIFICATE_KEPT,
    CertificateUse,
    KeptCertificate,
    RevocationSource,
    RevokedCertificate,
    place_of,
)
from vedette.ports.errors import Unavailable

if TYPE_CHECKING:
    from vedette.adapters.memory.sign_in import MemorySignInStore


@dataclass(slots=True)
class MemoryCertificates:
    """The CertificateStore of a MemorySignInStore."""

    store: MemorySignInStore
    _kept: dict[str, KeptCertificate] = field(default_factory=dict)
    _revoked: dict[tuple[str, str], RevokedCertificate] = field(default_factory=dict)
    _sources: dict[tuple[str, str], RevocationSource] = field(default_factory=dict)

    def keep(self, certificate: KeptCertificate) -> None:
        """Keep a certificate that was shown."""
        self._kept[certificate.thumbprint] = certificate

    def kept(self, thumbprint: str) -> KeptCertificate | None:
        """The certificate, or None."""
        return self._kept.get(thumbprint)

    def listed(self, after: str, most: int) -> tuple[KeptCertificate, ...]:
        """Certificates, those that end first before others."""
        found = sorted(
            (each for each in self._kept.values() if place_of(each) > after), key=place_of
        )
        return tuple(found[:most])

    def ending(self, before: int) -> int:
        """How many certificates on which sessions stand end before this time."""
        return len({use.thumbprint for use in self.uses() if use.ends < before})

    def uses(
        self, issuer: str = "", ended: int | None = None, *, since: int = 0, serial: str = ""
    ) -> tuple[CertificateUse, ...]:
        """Every use of a certificate by a session that is not ended."""
        found = self._uses()
        return tuple(
            use
            for use in found
            if issuer in ("", use.issuer)
            and serial in ("", use.serial)
            and (ended is None or since <= use.ends < ended)
        )

    def _uses(self) -> tuple[CertificateUse, ...]:
        return tuple(
            CertificateUse(
                session=session.id,
                user=session.user,
                thumbprint=kept.thumbprint,
                issuer=kept.issuer,
                serial=kept.serial,
                ends=kept.ends,
            )
            for session in self.store.sessions()
            if session.state is not SessionState.ENDED
            for thumbprint in dict.fromkeys(each.thumbprint for each in session.facts.certificates)
            if (kept := self._kept.get(thumbprint)) is not None
        )

    def used_by(self, thumbprints: Collection[str]) -> dict[str, tuple[CertificateUse, ...]]:
        """The uses of these certificates by sessions that are not ended."""
        found: defaultdict[str, list[CertificateUse]] = defaultdict(list)
        for use in self.uses():
            if use.thumbprint in thumbprints:
                found[use.thumbprint].append(use)
        return {thumbprint: tuple(uses) for thumbprint, uses in found.items()}

    def checked(self, thumbprint: str, trouble: str, now: int) -> None:
        """Note how a certificate was last judged."""
        kept = self._kept.get(thumbprint)
        if kept is not None:
            self._kept[thumbprint] = replace(kept, trouble=trouble, checked=now)

    def revoke(self, revoked: RevokedCertificate) -> bool:
        """Keep that a certificate is revoked; False if known."""
        known = (revoked.issuer, revoked.serial) in self._revoked
        if not known:
            self._revoked[revoked.issuer, revoked.serial] = revoked
        return not known

    def revocation(self, issuer: str, serial: str) -> RevokedCertificate | None:
        """What somebody told us of this certificate, or None."""
        return self._revoked.get((issuer, serial))

    def revocations(self) -> int:
        """How many certificates we were told are revoked."""
        return len(self._revoked)

    def told(self) -> tuple[RevokedCertificate, ...]:
        """Every certificate that we were told is revoked, newest first."""
        found = self._revoked.values()
        return tuple(sorted(found, key=lambda each: (-each.at, each.issuer, each.serial)))

    def note_source(self, source: RevocationSource) -> None:
        """Keep how a source stands."""
        self._sources[source.issuer, source.place] = source

    def sources(self) -> tuple[RevocationSource, ...]:
        """Every source that was ever asked."""
        return tuple(self._sources[key] for key in sorted(self._sources))

    def forget_sources(self, issuer: str, but: Collection[str]) -> None:
        """Forget the sources of an issuer other than these places."""
        for name, place in list(self._sources):
            if name == issuer and place not in but:
                del self._sources[name, place]

    def sweep(self, now: int) -> None:
        """Forget certificates on which no session stands and that were not shown for long."""
        stands = {
            each.thumbprint
            for session in self.store.sessions(ended=True)
            for each in session.facts.certificates
        }
        for thumbprint, kept in list(self._kept.items()):
            if kept.shown <= now - CERTIFICATE_KEPT and thumbprint not in stands:
                del self._kept[thumbprint]


@dataclass(slots=True)
class MemoryRevocations:
    """A RevocationFetcher and RevocationFiles in which a test says what is where.

    `there` is what each place answers; a function is called with the request. What is not there is
    Unavailable. `asked` is every place that was asked, in turn.
    """

    there: dict[str, bytes | Callable[[bytes], bytes]] = field(default_factory=dict)
    saved: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def fetch(self, place: str, request: bytes | None = None) -> bytes:
        """What is there. Raises Unavailable."""
        self.asked.append(place)
        found = self.there.get(place)
        if found is None:
            raise Unavailable(f"`{place}` does not answer")
        if isinstance(found, bytes):
            return found
        return found(request or b"")

    def load(self, place: str) -> bytes | None:
        """What was kept last, or None."""
        return self.saved.get(place)

    def save(self, place: str, data: bytes) -> None:
        """Keep it in the place of the one before."""
        self.saved[place] = data
