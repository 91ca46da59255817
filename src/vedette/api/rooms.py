"""The routes about rooms that exist."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from vedette.api.acting import By
from vedette.api.office import Office
from vedette.api.room_shapes import (
    CountsShape,
    ReportShape,
    RoomShape,
    SweepShape,
    counts_shape,
    report_shape,
    room_shape,
)
from vedette.api.sign_in_shapes import ReasonBody


def router(office: Office) -> APIRouter:
    """Everything about rooms."""
    router, desk = APIRouter(tags=["rooms"]), office.rooms

    @router.get("/rooms")
    async def report(by: By) -> ReportShape:
        """How the newest sweep stands, and every room that is against the rules or in doubt."""
        return report_shape(await desk.report(by))

    @router.get("/rooms/counts")
    async def counts(by: By) -> CountsShape:
        """How far the newest sweep is, in numbers alone."""
        return counts_shape(await desk.counts(by))

    @router.get("/rooms/one")
    async def one(by: By, room: Annotated[str, Query(min_length=1, max_length=255)]) -> RoomShape:
        """One of these rooms, by its id or its name."""
        return room_shape(await desk.room(by, room))

    @router.post("/rooms/sweep")
    async def sweep(by: By, body: ReasonBody) -> SweepShape:
        """Have every room judged again; the report's `answers` is then this sweep's word."""
        word, record = await desk.sweep(by, body.reason)
        return SweepShape(sweep=word, record=record)

    return router
