"""The routes about the certificates of our own servers."""

from __future__ import annotations

from fastapi import APIRouter

from vedette.admin.server_certificates import ServerCertificate
from vedette.api.acting import By
from vedette.api.office import Office
from vedette.api.shapes import Shape
from vedette.api.sign_in_shapes import ReasonBody
from vedette.protocol.internal.server_certificates import Ordering


class OrderingShape(Shape):
    """What becomes of orders. Times are seconds since 1970; no `trouble`: the last one succeeded."""

    origin: str
    names: list[str]
    next_at: float
    tried_at: float | None
    failures: int
    trouble: str
    advice: str


class ServerCertificateShape(Shape):
    """One server's certificate; what it says is null where its file can't be read.

    `origin` is `files` or `acme`: where the one in use comes from. `directory` is null where none is
    ordered.
    """

    server: str
    file: str
    host: str
    origin: str
    names: list[str] | None
    issuer: str | None
    serial: str | None
    begins: float | None
    ends: float | None
    self_signed: bool | None
    directory: str | None
    ordering: OrderingShape | None


class RenewedShape(Shape):
    """What came of an order, and the record of the act."""

    ordering: OrderingShape
    record: str


def router(office: Office) -> APIRouter:
    """Everything about the certificates of our servers."""
    router, desk = APIRouter(tags=["certificates"]), office.server_certificates

    @router.get("/certificates/server")
    async def list_(by: By) -> list[ServerCertificateShape]:
        """The certificates of the gateway and the console, and what becomes of orders."""
        return [_shape(each) for each in await desk.list(by)]

    @router.post("/certificates/server/renew")
    async def renew(by: By, body: ReasonBody) -> RenewedShape:
        """Have the gateway order a new one now. It is answered when that is over, either way."""
        state, record = await desk.renew(by, body.reason)
        return RenewedShape(ordering=_ordering(state), record=record)

    return router


def _shape(each: ServerCertificate) -> ServerCertificateShape:
    shown = each.shown
    return ServerCertificateShape(
        server=each.server,
        file=str(each.file),
        host=each.host,
        origin="files" if each.ordering is None else each.ordering.origin.value,
        names=None if shown is None else list(shown.names),
        issuer=None if shown is None else shown.issuer,
        serial=None if shown is None else shown.serial,
        begins=None if shown is None else shown.begins,
        ends=None if shown is None else shown.ends,
        self_signed=None if shown is None else shown.own,
        directory=each.directory,
        ordering=None if each.ordering is None else _ordering(each.ordering),
    )


def _ordering(state: Ordering) -> OrderingShape:
    return OrderingShape(
        origin=state.origin.value,
        names=list(state.wanted),
        next_at=state.next_at,
        tried_at=state.tried_at,
        failures=state.failures,
        trouble=state.trouble,
        advice=state.advice,
    )
