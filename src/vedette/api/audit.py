"""The routes about the record: searching it, what it says of one person, whether it holds."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from vedette.admin.audit import Wanted, list_records
from vedette.admin.audit_desk import PersonReport
from vedette.api import render, shapes
from vedette.api.acting import By, asks
from vedette.api.office import Office
from vedette.core.asks import Act

Moment = Annotated[float | None, Query(ge=0)]
Name = Annotated[str | None, Query(max_length=255)]


def router(office: Office) -> APIRouter:
    """Everything about the record."""
    router = APIRouter(tags=["proof"])

    @router.get("/audit/records", dependencies=[asks(office, Act.ADMINISTRATION_AUDIT_READ)])
    async def search(
        since: Moment = None,
        until: Moment = None,
        who: Name = None,
        person: Name = None,
        partner: Annotated[str | None, Query(max_length=80)] = None,
        rule: Annotated[str | None, Query(max_length=80)] = None,
        reason: Annotated[str | None, Query(max_length=40)] = None,
        answer: Annotated[str | None, Query(max_length=10)] = None,
        process: Annotated[str | None, Query(max_length=40)] = None,
        most: Annotated[int, Query(ge=1, le=10_000)] = 200,
    ) -> list[dict[str, Any]]:
        """The newest records that match, oldest first."""
        wanted = Wanted(
            since=since,
            until=until,
            who=who,
            person=person,
            partner=partner,
            domains=office.audit.domains_of(partner) if partner else (),
            rule=rule,
            reason=reason,
            answer=answer,
            process=process,
            most=most,
        )
        return await asyncio.to_thread(list_records, office.records, wanted)

    @router.post("/audit/person")
    async def person(by: By, body: shapes.PersonReportBody) -> shapes.PersonReportShape:
        """What the record says of one person. That it was told is recorded, with the reason."""
        desk = office.audit
        user = await desk.permit_report(body.person, body.reason, by)
        found = await asyncio.to_thread(desk.report, user, body.since, body.until)
        return person_shape(found)

    @router.get("/audit/chains", dependencies=[asks(office, Act.ADMINISTRATION_AUDIT_VERIFY)])
    async def chains() -> list[shapes.ChainShape]:
        """Every audit chain, checked against the newest checkpoints, here and elsewhere."""
        return [render.chain(each) for each in await asyncio.to_thread(office.verify)]

    return router


def person_shape(found: PersonReport) -> shapes.PersonReportShape:
    """A report as it is told."""
    return shapes.PersonReportShape(
        person=found.person,
        records=found.records,
        asks=found.asks,
        first=found.first,
        last=found.last,
        acts=[
            shapes.ActsShape(act=act, answer=answer, reason=reason, asks=asks)
            for (act, answer, reason), asks in sorted(found.acts.items())
        ],
        towards=[
            shapes.TowardsShape(name=name, asks=asks)
            for name, asks in found.towards.most_common(100)
        ],
        refused=list(found.refused),
        sign_ins=list(found.sign_ins),
        about=list(found.about),
    )
