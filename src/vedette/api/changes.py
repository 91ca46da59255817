"""The routes by which the settings change, and those about changes that wait."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from vedette.admin.actor import Actor
from vedette.admin.rules import (
    with_edits,
    with_rule,
    with_rule_changed,
    with_value,
    without_rule,
    without_value,
)
from vedette.admin.settings import Applied, Outcome, Proposal
from vedette.api import render, shapes
from vedette.api.acting import By, asks
from vedette.api.office import Office
from vedette.api.sign_in_shapes import RecordShape
from vedette.core.asks import Act
from vedette.core.settings.commands import Edit

Name = Annotated[str, Path(max_length=80)]
Change = Annotated[str, Path(pattern=r"^[0-9a-f]{10}$")]
Reason = Annotated[str, Query(min_length=1, max_length=500)]
Base = Annotated[int | None, Query(ge=1, le=2**53)]
Sure = Annotated[
    bool,
    Query(
        alias="confirmed",
        description="Whoever asks knows that it suspends sessions, perhaps their own: without it such "
        "a change is answered with 409 and the code `confirm`.",
    ),
]
KEPT: dict[int | str, dict[str, Any]] = {
    202: {
        "model": shapes.PendingShape,
        "description": "It is kept, and waits; nothing was changed.",
    }
}
"""What every route may answer that makes a revision."""


async def answered(office: Office, outcome: Outcome) -> shapes.AppliedShape | JSONResponse:
    """A new revision with 200, or with 202 the change that waits."""
    if isinstance(outcome, Applied):
        return render.applied(outcome)
    found = await office.pending.one(outcome.change.id)
    shape = render.pending(found, text=False, record=outcome.record)
    return JSONResponse(shape.model_dump(), 202)


def routers(office: Office) -> tuple[APIRouter, ...]:
    """Making a change, and what waits."""
    return _changes(office), _rules(office), _pending(office)


def _changes(office: Office) -> APIRouter:
    router, desk = APIRouter(tags=["settings"]), office.desk
    # A change is asked as reading first: whoever may not read learns nothing from its faults.
    reads = asks(office, Act.ADMINISTRATION_SETTINGS_READ)

    @router.put(
        "/settings", dependencies=[reads], responses=KEPT, response_model=shapes.AppliedShape
    )
    async def apply(by: By, body: shapes.ApplyBody, *, sure: Sure = False) -> Any:
        """Apply a whole draft."""
        wished = Proposal(
            text=body.text,
            base=body.base,
            reason=body.reason,
            author=by,
            starts=body.starts,
            sure=sure,
        )
        return await answered(office, await desk.apply(wished))

    @router.post("/settings/foresee", dependencies=[reads])
    async def foresee(by: By, body: shapes.ForeseeBody) -> shapes.ForeseenShape:
        """What applying a draft would do now; nothing is changed and nothing is kept."""
        base = body.base or desk.current()[0].number
        wished = Proposal(text=body.text, base=base, reason="foreseen", author=by)
        return render.foreseen(await desk.foresee(wished))

    @router.patch(
        "/settings", dependencies=[reads], responses=KEPT, response_model=shapes.AppliedShape
    )
    async def change(by: By, body: shapes.SetBody, *, sure: Sure = False) -> Any:
        """Set one setting, or give it its default."""
        newest = desk.current()[0]
        if body.value is None:
            text = without_value(newest.text, body.path)
        else:
            text = with_value(newest.text, body.path, body.value)
        return await _apply(office, by, text, body.base or newest.number, body.reason, sure=sure)

    @router.post(
        "/settings/restore",
        dependencies=[reads],
        responses=KEPT,
        response_model=shapes.AppliedShape,
    )
    async def restore(by: By, body: shapes.RestoreBody, *, sure: Sure = False) -> Any:
        """Make an earlier revision's text the new revision."""
        return await answered(office, await desk.restore(body.revision, body.reason, by, sure=sure))

    @router.post(
        "/settings/change",
        dependencies=[reads],
        responses=KEPT,
        response_model=shapes.AppliedShape,
    )
    async def several(by: By, body: shapes.EditsBody, *, sure: Sure = False) -> Any:
        """Make several changes at once, as one revision."""
        newest = desk.current()[0]
        text = with_edits(newest.text, [Edit(each.path, each.value) for each in body.changes])
        return await _apply(office, by, text, body.base or newest.number, body.reason, sure=sure)

    return router


def _rules(office: Office) -> APIRouter:
    router, desk = APIRouter(tags=["settings"]), office.desk
    reads = asks(office, Act.ADMINISTRATION_SETTINGS_READ)

    @router.post("/rules", dependencies=[reads], responses=KEPT, response_model=shapes.AppliedShape)
    async def add(by: By, body: shapes.RuleBody, *, sure: Sure = False) -> Any:
        """Add one rule."""
        newest = desk.current()[0]
        text = with_rule(newest.text, body.id, body.rule, body.guardrail)
        return await _apply(office, by, text, body.base or newest.number, body.reason, sure=sure)

    @router.put(
        "/rules/{name}",
        dependencies=[reads],
        responses=KEPT,
        response_model=shapes.AppliedShape,
    )
    async def rewrite(
        by: By, name: Name, body: shapes.RuleChangeBody, *, sure: Sure = False
    ) -> Any:
        """Give one rule another content, all of it."""
        newest = desk.current()[0]
        text = with_rule_changed(newest.text, name, body.rule, body.guardrail)
        return await _apply(office, by, text, body.base or newest.number, body.reason, sure=sure)

    @router.delete(
        "/rules/{name}", dependencies=[reads], responses=KEPT, response_model=shapes.AppliedShape
    )
    async def drop(
        by: By,
        name: Name,
        reason: Reason,
        base: Base = None,
        *,
        guardrail: bool = False,
        sure: Sure = False,
    ) -> Any:
        """Remove one rule."""
        newest = desk.current()[0]
        text = without_rule(newest.text, name, guardrail or name.startswith("guardrails."))
        return await _apply(office, by, text, base or newest.number, reason, sure=sure)

    return router


async def _apply(
    office: Office, by: Actor, text: str, base: int, reason: str, *, sure: bool
) -> shapes.AppliedShape | JSONResponse:
    wished = Proposal(text=text, base=base, reason=reason, author=by, sure=sure)
    return await answered(office, await office.desk.apply(wished))


def _pending(office: Office) -> APIRouter:
    router, desk = APIRouter(tags=["settings"]), office.pending
    reads = asks(office, Act.ADMINISTRATION_SETTINGS_READ)

    @router.post("/settings/confirm", dependencies=[reads])
    async def confirm(by: By, body: shapes.ConfirmBody) -> RecordShape:
        """Let a revision stay that would return by itself."""
        return RecordShape(record=await office.trial.confirm(by, body.revision, body.reason))

    @router.get("/settings/pending", dependencies=[reads])
    async def waiting() -> list[shapes.PendingShape]:
        """The changes that wait, and those that ended last; newest first, without texts."""
        return [render.pending(each, text=False) for each in await desk.every()]

    @router.get("/settings/pending/{change}", dependencies=[reads])
    async def one(change: Change) -> shapes.PendingShape:
        """One change with its text."""
        return render.pending(await desk.one(change), text=True)

    @router.post(
        "/settings/pending/{change}/approve",
        dependencies=[reads],
        responses=KEPT,
        response_model=shapes.AppliedShape,
    )
    async def approve(by: By, change: Change, body: shapes.ApproveBody) -> Any:
        """Be the second person for a change; it is applied if that is enough."""
        return await answered(office, await desk.approve(by, change, body.reason, body.content))

    @router.post("/settings/pending/{change}/reject", dependencies=[reads])
    async def reject(by: By, change: Change, body: shapes.EndBody) -> shapes.PendingShape:
        """Turn a change away, for good."""
        await desk.reject(by, change, body.reason)
        return render.pending(await desk.one(change), text=False)

    @router.post("/settings/pending/{change}/withdraw", dependencies=[reads])
    async def withdraw(by: By, change: Change, body: shapes.EndBody) -> shapes.PendingShape:
        """Take back a change of one's own."""
        await desk.withdraw(by, change, body.reason)
        return render.pending(await desk.one(change), text=False)

    return router
