"""Certificates, as administrators and the CA's own procedure see them and have them revoked.

What the CA revoked is gone here as soon as somebody tells us, before any list says so: the certificate
is refused from then on, and every session that stands on it ends at once. Nothing takes that back; the
person comes with a new certificate.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.doors import DoorAnswer
from vedette.admin.rejected import Code, Rejected
from vedette.admin.sessions import Tell
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.settings.issuers import Issuer
from vedette.ports.certificates import (
    REVOKED,
    CertificateUse,
    KeptCertificate,
    RevocationSource,
    RevokedCertificate,
    place_of,
)
from vedette.ports.clock import Clock
from vedette.ports.sign_in import SignInStore
from vedette.spine import Permit

ENDS_SOON = 30 * 86_400
"""A certificate that ends within so many seconds is said to end soon."""
_CURSOR = re.compile(r"[0-9]{15} [A-Za-z0-9_-]{43}")
_SERIAL = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,42})")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """A certificate and the sessions that stand on it, which are not ended."""

    certificate: KeptCertificate
    uses: tuple[CertificateUse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesPage:
    """Some certificates, those that end first before others. `next` is where it goes on, if it does."""

    certificates: tuple[CertificateView, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The issuers of the settings, and how what they say of revocations stands.

    `told` are certificates that somebody told us are revoked, newest first; `ending` is how many on
    which sessions stand end soon.
    """

    issuers: dict[str, Issuer]
    sources: tuple[RevocationSource, ...]
    told: tuple[RevokedCertificate, ...]
    ending: int
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """What came of telling us. `known` says that we were told before; `ended` counts sessions."""

    issuer: str
    serial: str
    known: bool
    ended: int
    record: str
    doors: tuple[DoorAnswer, ...]


@dataclass(frozen=True, slots=True)
class CertificatesDesk:
    """Where certificates are looked at and revoked.

    Every method raises Rejected where the rules refuse the act, and Unavailable where the store does
    not answer.
    """

    door: AdministrationDoor
    store: SignInStore
    clock: Clock
    tell: Tell

    async def standing(self, author: Actor) -> Standing:
        """The issuers, their lists and responders, and what we were told."""
        await self._may_list(author)
        return await asyncio.to_thread(self._standing)

    def _standing(self) -> Standing:
        issuers = self.door.spine.policy.current().directory.document.issuers
        store, now = self.store.certificates, int(self.clock.now())
        return Standing(
            issuers={str(name): issuer for name, issuer in sorted(issuers.items())},
            sources=tuple(each for each in store.sources() if each.issuer in issuers),
            told=store.told(),
            ending=store.ending(now + ENDS_SOON),
            now=now,
        )

    async def page(self, author: Actor, after: str = "", most: int = 50) -> CertificatesPage:
        """Certificates that were shown, and who signs in with them. Raises Rejected for no cursor."""
        await self._may_list(author)
        if after and _CURSOR.fullmatch(after) is None:
            raise Rejected(
                Code.INVALID,
                told("nothing goes on from there"),
                told("open the list from its beginning"),
            )
        return await asyncio.to_thread(self._page, after, most)

    def _page(self, after: str, most: int) -> CertificatesPage:
        store = self.store.certificates
        found = store.listed(after, most + 1)
        shown = found[:most]
        uses = store.used_by([each.thumbprint for each in shown])
        return CertificatesPage(
            certificates=tuple(
                CertificateView(certificate=each, uses=uses.get(each.thumbprint, ()))
                for each in shown
            ),
            next=place_of(shown[-1]) if len(found) > most else None,
        )

    async def revoked(self, author: Actor, issuer: str, serial: str, reason: str) -> Revocation:
        """Take a certificate for revoked from now on, and end every session that stands on it.

        Telling it again is no fault: a CA's procedure may be run twice.
        """
        why, number = needs_reason(reason), serial_of(serial)
        what = f"{issuer[:100]}:{number}"
        doing = Doing(
            act=Act.ADMINISTRATION_SHOWN_CERTIFICATE_REVOKE, author=author, reason=why, what=what
        )
        permit = await self.door.permit(doing)
        self._must_be_one(issuer)
        told = RevokedCertificate(
            issuer=issuer, serial=number, at=int(self.clock.now()), because=why
        )
        new, ended = await asyncio.to_thread(self._carry_out, permit, told)
        return Revocation(
            issuer=issuer,
            serial=number,
            known=not new,
            ended=ended,
            record=permit.record,
            doors=await self.tell(),
        )

    def _carry_out(self, _permit: Permit, told: RevokedCertificate) -> tuple[bool, int]:
        """Keep it first: whoever shows the certificate meanwhile is refused already."""
        new = self.store.certificates.revoke(told)
        uses = self.store.certificates.uses(told.issuer, serial=told.serial)
        ended = len(self.store.end_sessions([use.session for use in uses], REVOKED, told.at))
        return new, ended

    async def _may_list(self, author: Actor) -> None:
        await self.door.permit(Doing(act=Act.ADMINISTRATION_SHOWN_CERTIFICATE_LIST, author=author))

    def _must_be_one(self, issuer: str) -> None:
        known = self.door.spine.policy.current().directory.document.issuers
        if issuer not in known:
            names = ", ".join(f"`{name}`" for name in sorted(known)) or "-"
            raise Rejected(
                Code.NOT_FOUND,
                told("the settings name no issuer `{issuer}`", issuer=issuer[:100]),
                told(
                    "the issuers are: {names}; `vedette certificate list` shows them", names=names
                ),
            )


def serial_of(text: str) -> str:
    """A serial number in hex as certificates, `openssl` and browsers print it, in our form.

    Raises:
        Rejected: it is none.
    """
    found = _SERIAL.fullmatch(text.strip().replace(":", "").replace(" ", ""))
    number = int(found[1], 16) if found else 0
    if number < 1:
        raise Rejected(
            Code.INVALID,
            told("`{text}` is no serial number in hex", text=text[:60]),
            told("`openssl x509 -noout -serial -in CERTIFICATE.pem` prints it"),
        )
    return number.to_bytes((number.bit_length() + 7) // 8).hex()
