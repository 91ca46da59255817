"""The routes about partners."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from vedette.admin.actor import Actor
from vedette.admin.partners import (
    Checked,
    NewPartner,
    PartnerView,
    list_partners,
    show_partner,
    with_partner,
    without_partner,
)
from vedette.admin.settings import Proposal
from vedette.api import render
from vedette.api.acting import By, asks
from vedette.api.changes import KEPT, Sure, answered
from vedette.api.office import Office
from vedette.api.shapes import AppliedShape, DifferenceShape, Shape, Whole
from vedette.core.asks import Act
from vedette.core.partners import ChannelGlance, OneWay
from vedette.protocol.internal.partner_checks import Finding

_CHANGE = Act.ADMINISTRATION_PARTNER_CHANGE
Name = Annotated[str, Path(max_length=80)]
Reason = Annotated[str, Query(min_length=1, max_length=500)]
Base = Annotated[int | None, Query(ge=1, le=2**53)]
_Line = Annotated[str, Field(max_length=500)]
_Certificate = Annotated[str, Field(max_length=32 << 10)]


class WayShape(Shape):
    """One channel in one direction: for all of us, for the parties named, or for nobody."""

    extent: str
    whom: list[str]
    conditions: bool
    words: str


class ChannelShape(Shape):
    """One channel, both ways."""

    channel: str
    to_us: WayShape
    to_them: WayShape


class NamingShape(Shape):
    """A rule that names the partner."""

    id: str
    sentence: str


class PartnerShape(Shape):
    """A partner, and what passes between it and us."""

    name: str
    domains: list[str]
    covers: list[str]
    contact: str
    keys: list[str]
    tls: list[str]
    ca: list[str]
    valid_until: date | None
    ended: bool
    channels: list[ChannelShape]
    consequences: list[str]
    rules: list[NamingShape]


class NewPartnerBody(Shape):
    """A partner to add. `allow` and `direction` together add a rule too; alone it allows nothing."""

    name: str = Field(min_length=1, max_length=64)
    domains: list[_Line] = Field(min_length=1, max_length=100)
    contact: _Line = ""
    keys: list[_Line] = Field(default_factory=list, max_length=20)
    tls: list[_Line] = Field(default_factory=list, max_length=20)
    ca: list[_Certificate] = Field(default_factory=list, max_length=5)
    valid_until: date | None = None
    allow: list[_Line] = Field(default_factory=list, max_length=20)
    direction: str = Field(default="", max_length=8, description="`both`, `out` or `in`.")
    ours: str = Field(default="us", max_length=64, description="The party of ours it is with.")
    reason: str = Field(min_length=1, max_length=500)
    base: Whole | None = Field(default=None, ge=1, le=2**53)


class FindingShape(Shape):
    """One thing that was looked at: `good`, `weak` or `broken`."""

    part: str
    state: str
    words: str


class ServerShape(Shape):
    """One server of a partner that was tried."""

    server: str
    findings: list[FindingShape]


class CheckedShape(Shape):
    """A partner that was tried, and in words what would and would not work between us."""

    partner: PartnerShape
    works: bool
    entry: list[FindingShape]
    servers: list[ServerShape]
    verdict: list[str]


def router(office: Office) -> APIRouter:
    """Everything about partners."""
    routes, desk = APIRouter(tags=["partners"]), office.desk
    reads = asks(office, Act.ADMINISTRATION_PARTNER_LIST)

    @routes.get("/partners", dependencies=[reads])
    async def partners() -> list[PartnerShape]:
        """Every partner, with its channels at a glance."""
        return [_partner(each) for each in list_partners(desk.policy.current())]

    @routes.get("/partners/{name}", dependencies=[reads])
    async def one(name: Name) -> PartnerShape:
        """One partner."""
        return _partner(show_partner(desk.policy.current(), name))

    @routes.post("/partners", dependencies=[reads], responses=KEPT, response_model=AppliedShape)
    async def add(by: By, body: NewPartnerBody, *, sure: Sure = False) -> Any:
        """Add a partner, and a rule with it where one is asked for."""
        newest, document = desk.current()
        text = with_partner(newest.text, document, _new(body))
        wished = _proposal(by, text, body.base or newest.number, body, sure=sure)
        return await answered(office, await desk.apply(wished))

    @routes.post("/partners/difference", dependencies=[reads])
    async def preview(body: NewPartnerBody) -> DifferenceShape:
        """Say what adding this partner would change; nothing is applied."""
        newest, document = desk.current()
        text = with_partner(newest.text, document, _new(body))
        return render.difference(desk.difference(document, text)[1])

    @routes.delete(
        "/partners/{name}", dependencies=[reads], responses=KEPT, response_model=AppliedShape
    )
    async def drop(
        by: By, name: Name, reason: Reason, base: Base = None, *, sure: Sure = False
    ) -> Any:
        """Remove a partner that no rule names; from then on it counts as outside."""
        newest, document = desk.current()
        text = without_partner(newest.text, document, name)
        made = Proposal(
            text=text,
            base=base or newest.number,
            reason=reason,
            author=by,
            act=_CHANGE,
            sure=sure,
        )
        return await answered(office, await desk.apply(made))

    @routes.post("/partners/{name}/check")
    async def check(by: By, name: Name) -> CheckedShape:
        """Have the gateway try to reach a partner. Nothing of ours is sent to it."""
        return _checked(await office.partners.check(by, desk.policy.current(), name))

    return routes


def _proposal(by: Actor, text: str, base: int, body: NewPartnerBody, *, sure: bool) -> Proposal:
    return Proposal(text=text, base=base, reason=body.reason, author=by, act=_CHANGE, sure=sure)


def _new(body: NewPartnerBody) -> NewPartner:
    keys: dict[str, Any] = {
        "domains": body.domains,
        "contact": body.contact,
        "keys": body.keys,
        "tls": body.tls,
        "ca": body.ca,
        "valid_until": body.valid_until,
    }
    return NewPartner(
        name=body.name,
        keys=keys,
        allow=tuple(body.allow),
        direction=body.direction,
        ours=body.ours,
    )


def _partner(view: PartnerView) -> PartnerShape:
    entry = view.entry
    return PartnerShape(
        name=view.name,
        domains=list(entry.domains),
        covers=list(view.covers),
        contact=entry.contact,
        keys=list(entry.keys),
        tls=list(entry.tls),
        ca=list(entry.ca),
        valid_until=entry.valid_until,
        ended=view.ended,
        channels=[_channel(each) for each in view.channels],
        consequences=list(view.consequences),
        rules=[NamingShape(id=own, sentence=sentence) for own, sentence in view.rules],
    )


def _channel(found: ChannelGlance) -> ChannelShape:
    return ChannelShape(
        channel=found.channel.value, to_us=_way(found.to_us), to_them=_way(found.to_them)
    )


def _way(found: OneWay) -> WayShape:
    return WayShape(
        extent=found.extent.value,
        whom=list(found.whom),
        conditions=found.conditions,
        words=found.words,
    )


def _checked(found: Checked) -> CheckedShape:
    return CheckedShape(
        partner=_partner(found.view),
        works=found.works,
        entry=[_finding(each) for each in found.entry],
        servers=[
            ServerShape(server=each.server, findings=[_finding(f) for f in each.findings])
            for each in found.servers
        ],
        verdict=list(found.verdict),
    )


def _finding(found: Finding) -> FindingShape:
    return FindingShape(part=found.part.value, state=found.state.value, words=found.words)
