"""The routes about acts that wait for a second person, and their JSON shapes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from vedette.admin.acts import ActView
from vedette.api.acting import By
from vedette.api.office import Office
from vedette.api.shapes import ApprovalShape, ApproveBody, EndBody, Shape
from vedette.core.administration import MEANINGS

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{10}$")]


class ActShape(Shape):
    """An act that waits, or has waited. Times are in seconds since 1970 UTC.

    `over` is over whom it goes (null: the organisation), `what` and `more` all else that it depends
    on, `content` the hash of what is approved. `could` names some who might be a second person for it
    now; with `enough` its author may do it, by the very same call. `said` is how it ended.
    """

    id: str
    state: str
    content: str
    act: str
    meaning: str
    over: str | None
    what: str
    more: str
    author: str
    reason: str
    asked: int
    expires: int
    record: str
    approvals: list[ApprovalShape]
    could: list[str]
    enough: bool
    ended: int | None
    said: str


def router(office: Office) -> APIRouter:
    """Everything about acts that wait."""
    router, desk = APIRouter(tags=["acts"]), office.acts

    @router.get("/acts")
    async def list_(by: By) -> list[ActShape]:
        """The acts that wait for a second person, and those that ended last; newest first."""
        return [shape(each) for each in await desk.every(by)]

    @router.get("/acts/{act}")
    async def one(by: By, act: Id) -> ActShape:
        """One act."""
        return shape(await desk.one(by, act))

    @router.post("/acts/{act}/approve")
    async def approve(by: By, act: Id, body: ApproveBody) -> ActShape:
        """Be the second person for an act; whoever asked for it does it once more."""
        return shape(await desk.approve(by, act, body.reason, body.content))

    @router.post("/acts/{act}/reject")
    async def reject(by: By, act: Id, body: EndBody) -> ActShape:
        """Turn an act away, for good."""
        return shape(await desk.reject(by, act, body.reason))

    return router


def shape(found: ActView) -> ActShape:
    """An act as the API tells it."""
    act = found.act
    return ActShape(
        id=act.id,
        state=act.state.value,
        content=act.content,
        act=act.act.value,
        meaning=MEANINGS[act.act].english,
        over=act.over or None,
        what=act.what,
        more=act.more,
        author=act.author,
        reason=act.reason,
        asked=act.asked,
        expires=act.expires,
        record=act.record,
        approvals=[
            ApprovalShape(person=each.person, reason=each.reason, at=each.at, record=each.record)
            for each in found.approvals
        ],
        could=list(found.could),
        enough=found.enough,
        ended=act.ended,
        said=act.said,
    )
