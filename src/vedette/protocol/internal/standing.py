"""What the event door tells control about rooms that exist: a report, and the wish for a new sweep.

Both are files in the folder that control and the event door share. Neither decides anything: what is
against the rules is found by the signed settings and people alone, so the wish carries only a word
that the report repeats once the sweep it asked for is over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vedette.core.record import canonical

REPORT = "standing.json"
WISH = "sweep-wanted.json"
MOST_ROOMS = 2_000
"""Rooms that a report lists; of the others it says how many there are."""


class InvalidReport(ValueError):
    """A report or a wish that can't be read; the message says why."""


class SweepState(StrEnum):
    """Where a sweep stands."""

    WAITING = "waiting"
    """It can't judge now: its settings or people are too old, or were never received."""
    SWEEPING = "sweeping"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultEntry:
    """One way in which a room is against the rules; `sentence` says it in words."""

    what: str
    reason: str
    rule: str | None
    towards: str | None
    sentence: str
    record: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneEntry:
    """Something that was done about it, with its record."""

    what: str
    record: str | None
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEntry:
    """A room that is against the rules, or in doubt.

    `value` is what the settings want done; `since` is when it was found; `frozen` says that nobody can
    write in it; `goes` names who would have to go; `tried` is when it was last put in order.
    """

    room: str
    name: str
    kind: str | None
    ours: bool
    value: str
    frozen: bool
    since: float
    faults: tuple[FaultEntry, ...] = ()
    goes: tuple[str, ...] = ()
    done: tuple[DoneEntry, ...] = ()
    cannot: tuple[str, ...] = ()
    doubt: str | None = None
    tried: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How the rooms stand. `judged` of `total` rooms were looked at under `revision`.

    `in_order` counts rooms that were found against the rules and then put in order by this sweep.
    """

    revision: int
    state: SweepState
    why: str = ""
    begun: float = 0
    ended: float | None = None
    total: int = 0
    judged: int = 0
    breaches: int = 0
    doubts: int = 0
    in_order: int = 0
    answers: str | None = None
    rooms: tuple[RoomEntry, ...] = ()

    @property
    def left_off(self) -> int:
        """How many rooms are not listed."""
        return max(0, self.breaches + self.doubts + self.in_order - len(self.rooms))


def report_bytes(report: Report) -> bytes:
    """A report as it is written."""
    rooms = [_room_json(room) for room in report.rooms[:MOST_ROOMS]]
    body: dict[str, Any] = {name: getattr(report, name) for name in Report.__dataclass_fields__}
    return canonical({**body, "state": report.state.value, "rooms": rooms})


def _room_json(room: RoomEntry) -> dict[str, Any]:
    body: dict[str, Any] = {name: getattr(room, name) for name in RoomEntry.__dataclass_fields__}
    body["faults"] = [_plain(fault) for fault in room.faults]
    body["done"] = [_plain(done) for done in room.done]
    return body


def _plain(entry: FaultEntry | DoneEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in type(entry).__dataclass_fields__}


def read_report(data: bytes) -> Report:
    """The report that these bytes hold. Raises InvalidReport."""
    try:
        body = json.loads(data)
        rooms = tuple(_room(each) for each in body["rooms"])
        return Report(
            revision=_number(body["revision"]),
            state=SweepState(body["state"]),
            why=_text(body["why"]),
            begun=_seconds(body["begun"]),
            ended=None if body["ended"] is None else _seconds(body["ended"]),
            total=_number(body["total"]),
            judged=_number(body["judged"]),
            breaches=_number(body["breaches"]),
            doubts=_number(body["doubts"]),
            in_order=_number(body["in_order"]),
            answers=_maybe(body["answers"]),
            rooms=rooms,
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as fault:
        raise InvalidReport(f"this is no report about rooms: {fault}") from fault


def _room(body: Mapping[str, Any]) -> RoomEntry:
    return RoomEntry(
        room=_text(body["room"]),
        name=_text(body["name"]),
        kind=_maybe(body["kind"]),
        ours=_yes_no(body["ours"]),
        value=_text(body["value"]),
        frozen=_yes_no(body["frozen"]),
        since=_seconds(body["since"]),
        faults=tuple(_fault(each) for each in body["faults"]),
        goes=tuple(_text(each) for each in body["goes"]),
        done=tuple(_done(each) for each in body["done"]),
        cannot=tuple(_text(each) for each in body["cannot"]),
        doubt=_maybe(body["doubt"]),
        tried=None if body["tried"] is None else _seconds(body["tried"]),
    )


def _fault(body: Mapping[str, Any]) -> FaultEntry:
    return FaultEntry(
        what=_text(body["what"]),
        reason=_text(body["reason"]),
        rule=_maybe(body["rule"]),
        towards=_maybe(body["towards"]),
        sentence=_text(body["sentence"]),
        record=_maybe(body["record"]),
    )


def _done(body: Mapping[str, Any]) -> DoneEntry:
    return DoneEntry(
        what=_text(body["what"]), record=_maybe(body["record"]), at=_seconds(body["at"])
    )


def wish_bytes(word: str) -> bytes:
    """The wish for a sweep; its report repeats `word`."""
    return canonical({"sweep": word})


def read_wish(data: bytes) -> str:
    """The word of a wish. Raises InvalidReport."""
    try:
        word = json.loads(data)["sweep"]
    except (KeyError, TypeError, ValueError, RecursionError) as fault:
        raise InvalidReport(f"this is no wish for a sweep: {fault}") from fault
    if not isinstance(word, str) or not 0 < len(word) <= 64:
        raise InvalidReport("this is no wish for a sweep: its word is none")
    return word


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"`{value!r}` is no text")
    return value


def _maybe(value: object) -> str | None:
    return None if value is None else _text(value)


def _yes_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"`{value!r}` is neither yes nor no")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"`{value!r}` is no count")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"`{value!r}` is no time")
    return float(value)
