"""The routes of the admin API, `/vedette/api/v1`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPBearer

from vedette.admin.audit import RECORD_PATTERN, find_record
from vedette.admin.grid import called, grid_rows
from vedette.admin.rejected import Code, Rejected
from vedette.admin.replay import recorded, replay
from vedette.admin.rules import (
    list_rules,
    show_rule,
    value_at,
)
from vedette.admin.settings import difference, document_of
from vedette.admin.why import Wondering, no_draft_of_a_room, under_draft, why, why_record
from vedette.api import (
    acts,
    audit,
    certificates,
    changes,
    directory,
    drafts,
    files,
    inventories,
    keys,
    managed_devices,
    partners,
    pushed,
    render,
    rooms,
    server_certificates,
    shapes,
    sign_in,
    synapse_options,
    tokens,
)
from vedette.api.acting import By, asks
from vedette.api.border import METRICS, add_errors
from vedette.api.description import describe
from vedette.api.metrics import CONTENT_TYPE, metrics_text
from vedette.api.office import Office
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.settings.commands import API as PREFIX
from vedette.ports.policy import Policy

_TOKENS = "The local administrator token, or one of `/tokens`."
Number = Annotated[int, Path(ge=1, le=2**53)]
Name = Annotated[str, Path(max_length=80)]
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": shapes.ErrorShape, "description": words}
    for status, words in {
        400: "The request, the document or the rule has faults.",
        401: "The token is missing, wrong, or over.",
        403: "The rules, the code or the guard against lock-out refuse it.",
        404: "What was named does not exist.",
        409: "Somebody else changed it meanwhile, it is there or over already, or nothing changes.",
        413: "The body is too large.",
        422: "The request has another shape.",
        503: "Something that is needed does not answer.",
    }.items()
}


def make_app(office: Office) -> FastAPI:
    """The whole API. Wrap it in `Border` before serving it: alone it knows nobody."""
    app = FastAPI(
        title="Vedette admin API",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        redirect_slashes=False,
    )
    add_errors(app)
    _add_health(app, office)
    bearer = Depends(HTTPBearer(auto_error=False, description=_TOKENS))
    own = (_settings(office), *changes.routers(office), _rules(office), _answers(office))
    more = (
        audit.router(office),
        partners.router(office),
        rooms.router(office),
        certificates.router(office),
        managed_devices.router(office),
        files.router(office),
        directory.router(office),
        inventories.router(office),
        pushed.router(office),
        tokens.router(office),
        drafts.router(office),
        server_certificates.router(office),
        keys.router(office),
        acts.router(office),
        synapse_options.router(office),
        *sign_in.routers(office),
    )
    for router in (*own, *more):
        app.include_router(router, prefix=PREFIX, responses=ERRORS, dependencies=[bearer])
    describe(app)
    return app


def _add_health(app: FastAPI, office: Office) -> None:
    @app.get("/health")
    async def health() -> shapes.Status:
        """Whether the process runs."""
        return shapes.Status(status="ok", detail=[])

    @app.get("/ready", responses={503: {"model": shapes.Status}})
    async def ready() -> JSONResponse:
        """Whether it decides, records and signs."""
        troubles = office.troubles()
        shape = shapes.Status(status="not ready" if troubles else "ready", detail=troubles)
        return JSONResponse(shape.model_dump(), 503 if troubles else 200)

    @app.get(METRICS, response_class=PlainTextResponse, responses=_closed(401, 503))
    async def metrics() -> PlainTextResponse:
        """Counts for Prometheus; no name of a person is in them."""
        text = metrics_text(await asyncio.to_thread(office.measured))
        return PlainTextResponse(text, media_type=CONTENT_TYPE)


def _closed(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These refusals, which are JSON also where the answer is another kind of text."""
    shape = {"$ref": f"#/components/schemas/{shapes.ErrorShape.__name__}"}
    content = {"application/json": {"schema": shape}}
    return {
        each: {"description": ERRORS[each]["description"], "content": content} for each in statuses
    }


def _settings(office: Office) -> APIRouter:
    router, desk = APIRouter(tags=["settings"]), office.desk
    reads = asks(office, Act.ADMINISTRATION_SETTINGS_READ)

    @router.get("/settings", dependencies=[reads])
    async def show() -> shapes.SettingsShape:
        """The settings in force, as text and as data with every default."""
        revision, document = desk.current()
        return shapes.SettingsShape(
            revision=revision.number,
            digest=revision.digest,
            text=revision.text,
            document=document.model_dump(mode="json", by_alias=True),
            trial=render.trial(await office.trial.current()),
        )

    @router.get("/settings/value", dependencies=[reads])
    async def value(path: Annotated[str, Query(max_length=300)]) -> shapes.ValueShape:
        """One setting."""
        return shapes.ValueShape(path=path, value=value_at(desk.current()[1], path))

    @router.post("/settings/check", dependencies=[reads])
    async def check(draft: shapes.DraftBody) -> list[shapes.FaultShape]:
        """The warnings about a draft; faults come as an error that names all of them."""
        return [render.fault(each) for each in desk.check(draft.text)[1]]

    @router.post("/settings/diff", dependencies=[reads])
    async def diff(draft: shapes.DraftBody) -> shapes.DifferenceShape:
        """What a draft would change."""
        return render.difference(desk.difference(desk.current()[1], draft.text)[1])

    @router.post(
        "/settings/replay", dependencies=[asks(office, Act.ADMINISTRATION_SETTINGS_REPLAY)]
    )
    async def again(body: shapes.ReplayBody) -> shapes.ReplayShape:
        """Whom a draft would affect: recorded asks, decided by it."""
        policy, (document, _) = desk.policy.current(), desk.check(body.text)
        entries = recorded(office.records, body.since)
        return render.replayed(await asyncio.to_thread(replay, policy, document, entries))

    @router.get("/settings/revisions", dependencies=[reads])
    async def history() -> list[shapes.RevisionShape]:
        """Every revision, newest first, without texts."""
        kept = desk.revisions.history()
        return [render.revision(each, text=False) for each in reversed(kept)]

    @router.get(
        "/settings/revisions/{number}",
        dependencies=[reads],
    )
    async def revision(number: Number) -> shapes.RevisionShape:
        """One revision with its text."""
        return render.revision(desk.revision(number), text=True)

    @router.get(
        "/settings/revisions/{number}/diff",
        dependencies=[reads],
    )
    async def between(
        number: Number, since: Annotated[int, Query(ge=1, le=2**53)]
    ) -> shapes.DifferenceShape:
        """What changed from revision `since` to this one."""
        old, new = (document_of(desk.revision(each)) for each in (since, number))
        return render.difference(difference(old, new, desk.clock.today()))

    return router


def _rules(office: Office) -> APIRouter:
    router, desk = APIRouter(tags=["rules"]), office.desk
    reads = asks(office, Act.ADMINISTRATION_SETTINGS_READ)

    @router.get("/grid", dependencies=[reads])
    async def grid(
        one: Annotated[str, Query(alias="from", max_length=64)] = "",
        other: Annotated[str, Query(alias="to", max_length=64)] = "",
    ) -> list[shapes.GridRowShape]:
        """What the rules answer between parties; of those with these letters in their names."""
        made = office.grid.current()
        pairs = [(a, b) for a in called(made, one) for b in called(made, other)]
        rows = await asyncio.to_thread(grid_rows, made, pairs)
        return [render.grid_row(row) for row in rows]

    @router.get("/rules", dependencies=[reads])
    async def rules() -> list[shapes.RuleShape]:
        """Every guardrail and rule, as sentences."""
        return [render.rule(view) for view in list_rules(desk.current()[1])]

    @router.get("/rules/{name}", dependencies=[reads])
    async def one_rule(name: Name) -> shapes.RuleShape:
        """One rule."""
        return render.rule(show_rule(desk.current()[1], name))

    return router


def _answers(office: Office) -> APIRouter:
    router, desk = APIRouter(tags=["proof"]), office.desk

    @router.post("/why", dependencies=[asks(office, Act.ADMINISTRATION_DECISION_EXPLAIN)])
    async def ask(by: By, body: shapes.WhyBody) -> shapes.WhyShape:
        """The decision on an ask, and how it comes about; nothing is done by it."""
        wondering = Wondering(
            from_=body.from_,
            to=body.to,
            channel=body.channel,
            file=body.file,
            size=body.size,
            facts=tuple(body.facts),
            room=body.room,
        ).placed()
        if wondering.room is not None:
            if body.draft is not None:
                raise no_draft_of_a_room()
            return render.why(await office.rooms.why(by, wondering))
        return render.why(why(_policy(office, body.draft), wondering, desk.clock.today()))

    @router.get("/why/{record}", dependencies=[asks(office, Act.ADMINISTRATION_AUDIT_READ)])
    async def again(
        record: Annotated[str, Path(pattern=RECORD_PATTERN)],
    ) -> shapes.WhyShape:
        """A recorded decision, decided again with the rules of its revision."""
        entry = await asyncio.to_thread(find_record, office.records, record)
        if entry is None:
            known = ", ".join(office.records.processes())
            raise Rejected(
                Code.NOT_FOUND,
                told("there is no record `{record}`", record=record),
                told("processes that recorded: {known}", known=known),
            )
        kept = desk.revisions.get(int(entry.get("decision", {}).get("revision", 0)))
        return render.why(why_record(entry, document_of(kept) if kept else None))

    @router.get("/doors", dependencies=[asks(office, Act.ADMINISTRATION_DOOR_LIST)])
    async def doors() -> list[shapes.DoorShape]:
        """How each door stands."""
        return [render.door(each) for each in office.doors()]

    @router.get("/people", dependencies=[asks(office, Act.ADMINISTRATION_PEOPLE_COUNT)])
    async def people() -> shapes.PeopleShape:
        """How many people are known, and why the newest list was not taken."""
        source = office.people
        return shapes.PeopleShape(count=len(source.people()), faults=list(source.faults()))

    return router


def _policy(office: Office, draft: str | None) -> Policy:
    policy = office.desk.policy.current()
    if draft is None:
        return policy
    return under_draft(policy, office.desk.check(draft)[0])
