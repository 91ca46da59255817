"""The routes about keys. No value of one passes here."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path

from vedette.admin.keys import KeyFound
from vedette.api.acting import By
from vedette.api.office import Office
from vedette.api.shapes import Shape
from vedette.api.sign_in_shapes import ReasonBody

Name = Annotated[str, Path(pattern=r"^[a-z-]{1,40}$")]


class KeyShape(Shape):
    """A key by its name. `file` is null where it lies in no file; times are seconds since 1970.

    `rotates`: it can be changed by this API, while everything runs.
    """

    name: str
    what: str
    holder: str
    change: str
    rotates: bool
    file: str | None
    there: bool
    made: float | None
    ends: float | None


class RotatedShape(Shape):
    """The record of a key that was changed. `left`: what is still to be done, if anything is."""

    record: str
    left: str | None


class ServerKeyShape(Shape):
    """The public half of a server's signing key, as partners enter it: `id` and Base64."""

    id: str
    public: str


def router(office: Office) -> APIRouter:
    """Everything about keys."""
    router, desk = APIRouter(tags=["keys"]), office.keys

    @router.get("/keys")
    async def list_(by: By) -> list[KeyShape]:
        """Every key and secret of the organisation: who holds it, since when, how it is changed."""
        return [_shape(each) for each in await desk.list(by)]

    @router.post("/keys/{name}/rotate")
    async def rotate(by: By, name: Name, body: ReasonBody) -> RotatedShape:
        """Put a new key in the place of one of those that can be changed while everything runs."""
        done = await asyncio.shield(desk.rotate(by, name, body.reason))
        return RotatedShape(record=done.record, left=None if done.left is None else str(done.left))

    @router.get("/keys/{name}/next")
    async def next_(by: By, name: Name) -> ServerKeyShape:
        """The public half of the key that takes over next, for whoever has to know it before."""
        found = await desk.next(by, name)
        return ServerKeyShape(id=found.id, public=found.public)

    return router


def _shape(found: KeyFound) -> KeyShape:
    row = found.row
    return KeyShape(
        name=row.name,
        what=row.what,
        holder=row.holder,
        change=row.change,
        rotates=row.rotates,
        file=None if found.file is None else str(found.file),
        there=found.there,
        made=found.made,
        ends=found.ends,
    )
