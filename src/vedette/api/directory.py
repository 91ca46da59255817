"""The routes about the company's directory, and their JSON shapes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from vedette.admin.directory import Previewed
from vedette.api.acting import By
from vedette.api.office import Office
from vedette.api.shapes import Shape, YesNo
from vedette.api.sign_in_shapes import ReasonBody
from vedette.core.directory_state import DirectoryState


class HeldShape(Shape):
    """A list that waits for a word since it would take so many people away."""

    taken: int
    of: int
    some: list[str]
    since: float


class DirectoryShape(Shape):
    """How the list of people stands towards the directory. Times are seconds since 1970.

    `lag` is how many seconds old the newest certain knowledge is.
    """

    server: str
    read_at: float | None
    read_seconds: float
    changed_at: float | None
    seen_at: float | None
    lag: float | None
    people: int
    active: int
    guests: int
    groups: int
    left_out: list[str]
    trouble: str
    trouble_since: float | None
    follows: str
    held: HeldShape | None
    sentences: list[str]


class PreviewShape(Shape):
    """Whom something would hold; the lists name a hundred people at most, the numbers count all."""

    held: int
    people: list[str]
    coming: int
    come: list[str]
    going: int
    go: list[str]
    too_many: bool
    unknown_groups: list[str]
    left_out: list[str]


class CheckShape(Shape):
    """One thing that was tried with the directory; `mend` is what helps where it is not well."""

    what: str
    well: bool
    words: str
    mend: str


class SyncBody(ReasonBody):
    """Why it is read now; `confirm` takes a list that is held."""

    confirm: YesNo = False


class SyncedShape(DirectoryShape):
    """How it stands after a reading, and the act's record."""

    record: str


def directory_shape(state: DirectoryState, now: float) -> DirectoryShape:
    """How it stands, as JSON."""
    held = state.held
    return DirectoryShape(
        server=state.server,
        read_at=state.read_at,
        read_seconds=state.read_seconds,
        changed_at=state.changed_at,
        seen_at=state.seen_at,
        lag=state.lag(now),
        people=state.people,
        active=state.active,
        guests=state.guests,
        groups=state.groups,
        left_out=list(state.left_out),
        trouble=state.trouble,
        trouble_since=state.trouble_since,
        follows=state.follows,
        held=None
        if held is None
        else HeldShape(taken=held.taken, of=held.of, some=list(held.some), since=held.since),
        sentences=list(state.sentences()),
    )


def preview_shape(found: Previewed) -> PreviewShape:
    """A preview, as JSON."""
    return PreviewShape(
        held=found.held,
        people=list(found.people),
        coming=found.coming,
        come=list(found.come),
        going=found.going,
        go=list(found.go),
        too_many=found.too_many,
        unknown_groups=list(found.unknown_groups),
        left_out=list(found.left_out),
    )


def router(office: Office) -> APIRouter:
    """Everything about the company's directory."""
    router, desk, clock = APIRouter(tags=["directory"]), office.directory, office.desk.clock

    @router.get("/directory")
    async def show(by: By) -> DirectoryShape:
        """How the list of people stands towards the directory."""
        return directory_shape(await desk.state(by), clock.now())

    @router.post("/directory/sync")
    async def sync(by: By, body: SyncBody) -> SyncedShape:
        """Read everything now; with `confirm` a list that is held is taken."""
        state, record = await desk.sync(by, body.reason, confirm=body.confirm)
        return SyncedShape(**directory_shape(state, clock.now()).model_dump(), record=record)

    @router.post("/directory/test")
    async def test(by: By) -> list[CheckShape]:
        """Try every server step by step now; it takes seconds where one does not answer."""
        return [
            CheckShape(what=each.what, well=each.well, words=each.words, mend=each.mend)
            for each in await desk.tried(by)
        ]

    @router.get("/directory/preview")
    async def preview(
        by: By,
        party: Annotated[str, Query(max_length=100)] = "",
        group: Annotated[str, Query(max_length=256)] = "",
        people: Annotated[str | None, Query(max_length=4096)] = None,
    ) -> PreviewShape:
        """Whom a party or a group holds now, or the filter `people` would hold."""
        return preview_shape(await desk.preview(by, party=party, group=group, people=people))

    return router
