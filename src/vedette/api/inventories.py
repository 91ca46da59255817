"""The routes that try and read inventories of device management, and their JSON shapes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from vedette.api.acting import By
from vedette.api.office import Office
from vedette.api.shapes import Shape, YesNo
from vedette.api.sign_in_shapes import ReasonBody
from vedette.ports.device_management import InventoryState
from vedette.ports.directory import Check

_Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", max_length=63)]


class CheckShape(Shape):
    """One thing that was tried; where it fails, `mend` says what to do."""

    what: str
    well: bool
    words: str
    mend: str


class TriedShape(Shape):
    """What came of trying an inventory, step by step."""

    checks: list[CheckShape]


class InventorySyncBody(ReasonBody):
    """Why it is read now; `confirm` takes what it tells, whatever it misses."""

    confirm: YesNo = False


class InventorySyncedShape(Shape):
    """How an inventory stands after a reading, and the act's record. Times are unix seconds."""

    source: str
    read: int
    tried: int
    devices: int
    trouble: str
    record: str


def router(office: Office) -> APIRouter:
    """Trying and reading inventories."""
    router, desk = APIRouter(tags=["devices"]), office.inventories

    @router.post("/devices/inventories/{name}/test")
    async def test(by: By, name: _Name) -> TriedShape:
        """Try an inventory step by step; nothing of what it tells is kept."""
        return TriedShape(checks=[_check(each) for each in await desk.tried(by, name)])

    @router.post("/devices/inventories/{name}/sync")
    async def sync(by: By, name: _Name, body: InventorySyncBody) -> InventorySyncedShape:
        """Read an inventory now; with `confirm` what it tells is taken, whatever it misses."""
        state, record = await desk.sync(by, name, body.reason, confirm=body.confirm)
        return _synced(state, record)

    return router


def _check(each: Check) -> CheckShape:
    return CheckShape(what=each.what, well=each.well, words=each.words, mend=each.mend)


def _synced(state: InventoryState, record: str) -> InventorySyncedShape:
    return InventorySyncedShape(
        source=state.source,
        read=state.read,
        tried=state.tried,
        devices=state.devices,
        trouble=state.trouble,
        record=record,
    )
