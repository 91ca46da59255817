"""The routes about drafts of the settings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from vedette.api.acting import By, asks
from vedette.api.office import Office
from vedette.api.shapes import Shape, Whole
from vedette.api.sign_in_shapes import RecordShape
from vedette.core.asks import Act
from vedette.core.draft import Draft

Name = Annotated[str, Path(max_length=63)]
Version = Annotated[int, Query(ge=1, le=2**31)]


class DraftTextBody(Shape):
    """A text to keep. `version` is the one that was edited; 0 for a new draft."""

    text: str = Field(max_length=4 << 20)
    base: Whole = Field(ge=1, le=2**31, description="The revision on which it is meant to stand.")
    version: Whole = Field(default=0, ge=0, le=2**31)


class NewDraftBody(DraftTextBody):
    """A new draft; without a name it gets one."""

    name: str = Field(default="", max_length=63)


class DraftShape(Shape):
    """A draft; lists leave the text out. `at` is in seconds since 1970 UTC."""

    name: str
    base: int
    version: int
    author: str
    at: int
    text: str | None


def router(office: Office) -> APIRouter:
    """Everything about drafts."""
    router, desk = APIRouter(tags=["settings"]), office.drafts
    reads = asks(office, Act.ADMINISTRATION_SETTINGS_READ)

    @router.get("/settings/drafts", dependencies=[reads])
    async def drafts() -> list[DraftShape]:
        """Every draft, without texts."""
        return [_shape(each, text=False) for each in await desk.every()]

    @router.get("/settings/drafts/{name}", dependencies=[reads])
    async def one(name: Name) -> DraftShape:
        """One draft with its text."""
        return _shape(await desk.one(name), text=True)

    @router.post("/settings/drafts", dependencies=[reads])
    async def add(by: By, body: NewDraftBody) -> DraftShape:
        """Keep a new draft."""
        made = await desk.save(by, body.name, body.text, body.base, body.version)
        return _shape(made, text=False)

    @router.put("/settings/drafts/{name}", dependencies=[reads])
    async def save(by: By, name: Name, body: DraftTextBody) -> DraftShape:
        """Keep the next version of a draft; refused if somebody else has saved one since."""
        made = await desk.save(by, name, body.text, body.base, body.version)
        return _shape(made, text=False)

    @router.delete("/settings/drafts/{name}", dependencies=[reads])
    async def remove(by: By, name: Name, version: Version) -> RecordShape:
        """Forget a draft, if nobody has saved another version since."""
        return RecordShape(record=await desk.remove(by, name, version))

    return router


def _shape(draft: Draft, *, text: bool) -> DraftShape:
    return DraftShape(
        name=draft.name,
        base=draft.base,
        version=draft.version,
        author=draft.author,
        at=draft.at,
        text=draft.text if text else None,
    )
