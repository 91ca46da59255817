"""The routes about files that are held or were refused."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from vedette.admin.door import user_named
from vedette.admin.files import RefusedSought, file_named
from vedette.api.acting import By
from vedette.api.file_shapes import (
    FileMovedShape,
    FilesPageShape,
    FileViewShape,
    RefusedPageShape,
    file_shape,
    refused_shape,
    view_shape,
)
from vedette.api.office import Office
from vedette.api.sign_in_shapes import ReasonBody
from vedette.core.files import address_of
from vedette.core.names import MediaId, ServerName
from vedette.protocol.internal.held_files import FileState, Sought

Server = Annotated[str, Path(max_length=255, description="The server in the file's address.")]
Media = Annotated[str, Path(max_length=255, description="The id in the file's address.")]
User = Annotated[str | None, Query(min_length=1, max_length=255)]
Most = Annotated[int, Query(ge=1, le=1000)]
Moment = Annotated[float | None, Query(ge=0)]
After = Annotated[
    str | None, Query(pattern=r"^[0-9]{1,16}/[^/\s]{1,255}/[A-Za-z0-9_-]{1,255}$", max_length=600)
]
AfterRecord = Annotated[str | None, Query(pattern=r"^[0-9]{1,16}\.[0-9]{1,16}$")]


def router(office: Office) -> APIRouter:
    """Everything about files."""
    router, desk = APIRouter(tags=["files"]), office.files

    @router.get("/files")
    async def held(
        by: By,
        user: User = None,
        text: Annotated[str | None, Query(max_length=255)] = None,
        state: FileState | None = None,
        after: After = None,
        most: Most = 200,
    ) -> FilesPageShape:
        """Files that are held, or were refused once held, newest first."""
        sought = Sought(text=text or "", owner=_named(office, user), state=state)
        page = await desk.page(by, sought, after, most)
        return FilesPageShape(files=[file_shape(row) for row in page.rows], next=page.next)

    @router.get("/files/refused")
    async def refused(
        by: By,
        user: User = None,
        rule: Annotated[str | None, Query(max_length=80)] = None,
        since: Moment = None,
        until: Moment = None,
        after: AfterRecord = None,
        most: Most = 200,
    ) -> RefusedPageShape:
        """Uploads that were refused at once, newest first, as the record has them."""
        sought = RefusedSought(user=_named(office, user), rule=rule or "", since=since, until=until)
        page = await desk.refused(by, sought, after, most)
        return RefusedPageShape(files=[refused_shape(row) for row in page.rows], next=page.next)

    @router.get("/files/{server}/{media}")
    async def show(by: By, server: Server, media: Media) -> FileViewShape:
        """One file: who sent it, who holds it, what is in it, and what the rules say of it now."""
        return view_shape(await desk.show(by, *_file(office, server, media)))

    @router.post("/files/{server}/{media}/hold")
    async def hold(by: By, server: Server, media: Media, body: ReasonBody) -> FileMovedShape:
        """Keep a file from everybody from now on."""
        file = _file(office, server, media)
        return FileMovedShape(
            file=address_of(*file), record=await desk.hold(by, *file, body.reason)
        )

    @router.post("/files/{server}/{media}/release")
    async def release(by: By, server: Server, media: Media, body: ReasonBody) -> FileMovedShape:
        """Let a held file go, whoever held it; what the rules refuse stays refused."""
        file = _file(office, server, media)
        record = await desk.release(by, *file, body.reason)
        return FileMovedShape(file=address_of(*file), record=record)

    return router


def _named(office: Office, user: str | None) -> str:
    domain = office.desk.policy.current().directory.domain
    return user_named(user, domain) if user else ""


def _file(office: Office, server: str, media: str) -> tuple[ServerName, MediaId]:
    return file_named(f"{server}/{media}", office.desk.policy.current().directory.domain)
