"""The routes about certificates. A CA's own procedure calls the one that says what was revoked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from vedette.admin.certificates import CertificateView, Revocation, Standing
from vedette.api.acting import By
from vedette.api.certificate_shapes import (
    CertificateShape,
    CertificatesShape,
    IssuerShape,
    RevocationShape,
    RevokedBody,
    SourceShape,
    StandingShape,
    ToldShape,
    UseShape,
)
from vedette.api.office import Office
from vedette.api.render import door

After = Annotated[str, Query(pattern=r"^([0-9]{15} [A-Za-z0-9_-]{43})?$")]


def router(office: Office) -> APIRouter:
    """Everything about certificates."""
    router, desk = APIRouter(tags=["certificates"]), office.certificates

    @router.get("/certificates")
    async def page(
        by: By, after: After = "", most: Annotated[int, Query(ge=1, le=1000)] = 200
    ) -> CertificatesShape:
        """Certificates that were shown and found good, and who is signed in with them."""
        found = await desk.page(by, after, most)
        return CertificatesShape(
            certificates=[_certificate(each) for each in found.certificates], next=found.next
        )

    @router.get("/certificates/standing")
    async def standing(by: By) -> StandingShape:
        """Issuers of the settings, how their lists and responders stand, and what we were told."""
        return _standing(await desk.standing(by))

    @router.post("/certificates/revoked")
    async def revoked(by: By, body: RevokedBody) -> RevocationShape:
        """Take a certificate for revoked from now on; every session that stands on it ends."""
        return _revocation(await desk.revoked(by, body.issuer, body.serial, body.reason))

    return router


def _certificate(view: CertificateView) -> CertificateShape:
    kept = view.certificate
    return CertificateShape(
        thumbprint=kept.thumbprint,
        issuer=kept.issuer,
        serial=kept.serial,
        subject=kept.subject,
        user=kept.localpart,
        ends=kept.ends,
        shown=kept.shown,
        checked=kept.checked,
        trouble=kept.trouble,
        sessions=[UseShape(session=use.session, user=str(use.user)) for use in view.uses],
    )


def _standing(found: Standing) -> StandingShape:
    return StandingShape(
        issuers=[
            IssuerShape(
                name=name,
                anchors=len(issuer.anchors),
                intermediates=len(issuer.intermediates),
                names=list(issuer.names),
                counts=issuer.counts,
                revocation=issuer.revocation,
                ocsp=issuer.ocsp,
            )
            for name, issuer in found.issuers.items()
        ],
        sources=[
            SourceShape(
                issuer=each.issuer,
                place=each.place,
                kind=each.kind,
                fetched=each.fetched,
                next_update=each.next_update,
                revoked=each.revoked,
                trouble=each.trouble,
            )
            for each in found.sources
        ],
        told=[
            ToldShape(issuer=each.issuer, serial=each.serial, at=each.at, because=each.because)
            for each in found.told
        ],
        ending=found.ending,
    )


def _revocation(done: Revocation) -> RevocationShape:
    return RevocationShape(
        issuer=done.issuer,
        serial=done.serial,
        known=done.known,
        ended=done.ended,
        record=done.record,
        doors=[door(each) for each in done.doors],
    )
