"""The routes about the record: searching it, what it says of one person, whether it holds."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from vedette.admin.audit import list_records, search
from vedette.admin.audit_desk import PersonReport
from vedette.api import render, shapes
from vedette.api.acting import By, asks
from vedette.api.office import Office
from vedette.core.asks import Act
from vedette.ports.record_index import Wanted

Moment = Annotated[float | None, Query(ge=0)]
Name = Annotated[str | None, Query(max_length=255)]
Most = Annotated[int, Query(ge=1, le=10_000)]


@dataclass(frozen=True, slots=True)
class Filters:
    """What records are searched by, as it stands in an address. Times: seconds since 1970 UTC."""

    since: Moment = None
    until: Moment = None
    who: Name = None
    person: Name = None
    partner: Annotated[str | None, Query(max_length=80)] = None
    rule: Annotated[str | None, Query(max_length=80)] = None
    reason: Annotated[str | None, Query(max_length=40)] = None
    answer: Annotated[str | None, Query(max_length=10)] = None
    process: Annotated[str | None, Query(max_length=40)] = None
    act: Annotated[str | None, Query(max_length=60)] = None
    file: Annotated[str | None, Query(max_length=600)] = None


Sought = Annotated[Filters, Depends()]


def router(office: Office) -> APIRouter:
    """Everything about the record."""
    router = APIRouter(tags=["proof"])

    @router.get("/audit/records", dependencies=[asks(office, Act.ADMINISTRATION_AUDIT_READ)])
    async def records(sought: Sought, most: Most = 200) -> list[dict[str, Any]]:
        """The newest records that match, oldest first."""
        wanted = _wanted(office, sought, most)
        return await asyncio.to_thread(list_records, office.index, office.records, wanted)

    @router.get("/audit/search", dependencies=[asks(office, Act.ADMINISTRATION_AUDIT_READ)])
    async def look(
        sought: Sought,
        after: Annotated[str | None, Query(pattern=r"^[0-9]{1,16}\.[0-9]{1,16}$")] = None,
        most: Most = 200,
    ) -> shapes.RecordsPage:
        """The newest records that match, newest first, a page of them."""
        wanted = _wanted(office, sought, most)
        page = await asyncio.to_thread(search, office.index, office.records, wanted, after)
        return shapes.RecordsPage(records=list(page.records), next=page.next, behind=page.behind)

    @router.post("/audit/person")
    async def person(by: By, body: shapes.PersonReportBody) -> shapes.PersonReportShape:
        """What the record says of one person. That it was told is recorded, with the reason."""
        desk = office.audit
        user = await desk.permit_report(body.person, body.reason, by)
        found = await asyncio.to_thread(desk.report, user, body.since, body.until)
        return person_shape(found)

    @router.post("/audit/erase")
    async def erase(by: By, body: shapes.PersonEraseBody) -> shapes.ErasedShape:
        """Make what the record says of one person unreadable, for good; the chains stay whole."""
        done = await office.audit.erase(body.person, body.reason, by)
        erased = done.erased
        return shapes.ErasedShape(
            person=done.person,
            keys=erased.keys,
            processes=list(erased.processes),
            plain=erased.plain,
        )

    @router.get("/audit/chains", dependencies=[asks(office, Act.ADMINISTRATION_AUDIT_VERIFY)])
    async def chains() -> list[shapes.ChainShape]:
        """Every audit chain, checked against the newest checkpoints, here and elsewhere."""
        return [render.chain(each) for each in await asyncio.to_thread(office.verify)]

    return router


def _wanted(office: Office, sought: Filters, most: int) -> Wanted:
    domains = office.audit.domains_of(sought.partner) if sought.partner else ()
    return Wanted(**asdict(sought), domains=domains, most=most)


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
