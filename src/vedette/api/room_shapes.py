"""The JSON shapes about rooms that exist."""

from __future__ import annotations

from vedette.api.shapes import Shape
from vedette.protocol.internal.standing import DoneEntry, FaultEntry, Report, RoomEntry


class FaultOfRoomShape(Shape):
    """One way in which a room is against the rules."""

    what: str
    reason: str
    rule: str | None
    towards: str | None
    sentence: str
    record: str | None


class DoneShape(Shape):
    """Something that was done about it."""

    what: str
    record: str | None
    at: float


class RoomShape(Shape):
    """A room that is against the rules, in doubt, or was put in order by this sweep."""

    room: str
    name: str
    kind: str | None
    ours: bool
    value: str
    frozen: bool
    since: float
    faults: list[FaultOfRoomShape]
    goes: list[str]
    done: list[DoneShape]
    cannot: list[str]
    doubt: str | None


class CountsShape(Shape):
    """How far the newest sweep is: `judged` of `total` rooms, and what was found so far."""

    revision: int
    state: str
    total: int
    judged: int
    breaches: int
    doubts: int
    in_order: int
    answers: str | None


class ReportShape(CountsShape):
    """How the newest sweep stands. `left_off` counts rooms that are not listed."""

    why: str
    begun: float
    ended: float | None
    left_off: int
    rooms: list[RoomShape]


class SweepShape(Shape):
    """A sweep that was wished for, by its word, and the record of the wish."""

    sweep: str
    record: str


def counts_shape(report: Report) -> CountsShape:
    """The numbers of a report."""
    return CountsShape(
        revision=report.revision,
        state=report.state.value,
        total=report.total,
        judged=report.judged,
        breaches=report.breaches,
        doubts=report.doubts,
        in_order=report.in_order,
        answers=report.answers,
    )


def report_shape(report: Report) -> ReportShape:
    """A report as the API gives it."""
    return ReportShape(
        revision=report.revision,
        state=report.state.value,
        why=report.why,
        begun=report.begun,
        ended=report.ended,
        total=report.total,
        judged=report.judged,
        breaches=report.breaches,
        doubts=report.doubts,
        in_order=report.in_order,
        left_off=report.left_off,
        answers=report.answers,
        rooms=[room_shape(entry) for entry in report.rooms],
    )


def room_shape(entry: RoomEntry) -> RoomShape:
    """One room as the API gives it."""
    return RoomShape(
        room=entry.room,
        name=entry.name,
        kind=entry.kind,
        ours=entry.ours,
        value=entry.value,
        frozen=entry.frozen,
        since=entry.since,
        faults=[_fault(each) for each in entry.faults],
        goes=list(entry.goes),
        done=[_done(each) for each in entry.done],
        cannot=list(entry.cannot),
        doubt=entry.doubt,
    )


def _fault(each: FaultEntry) -> FaultOfRoomShape:
    return FaultOfRoomShape(
        what=each.what,
        reason=each.reason,
        rule=each.rule,
        towards=each.towards,
        sentence=each.sentence,
        record=each.record,
    )


def _done(each: DoneEntry) -> DoneShape:
    return DoneShape(what=each.what, record=each.record, at=each.at)
