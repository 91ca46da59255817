"""Rooms: which are against the rules, why, and what was done about it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from vedette.admin.door import Doing, foreseen
from vedette.admin.rejected import Code, Rejected
from vedette.console.act_orders import SWEEP
from vedette.console.desks import Desks
from vedette.console.lists import (
    Cell,
    Column,
    Filter,
    Listing,
    Reading,
    Say,
    Slice,
    moment,
    sliced,
)
from vedette.console.page import Page, View, Visit, Words
from vedette.core.asks import Act
from vedette.protocol.internal.standing import Report, RoomEntry

_STATES = ("against", "doubt", "frozen")


async def _report(desks: Desks, visit: Visit) -> Report | None:
    """The newest report, None before the first. Raises Rejected."""
    try:
        return await desks.rooms.report(visit.by)
    except Rejected as rejected:
        if rejected.code is Code.NOT_FOUND:
            return None
        raise


def states_of(row: RoomEntry) -> tuple[str, ...]:
    """How a room stands, as keys."""
    found = ["doubt" if row.doubt else "against"] if row.doubt or row.faults else []
    return (*found, *(["frozen"] if row.frozen else []))


async def _read(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    report, text = await _report(desks, visit), reading["text"].lower()
    rooms = sorted(report.rooms if report else (), key=lambda each: each.room)
    rows = [
        (each.room, each)
        for each in rooms
        if text in f"{each.room} {each.name}".lower()
        and (not reading["state"] or reading["state"] in states_of(each))
    ]
    return sliced(rows, reading)


async def _beside(desks: Desks, visit: Visit) -> dict[str, Any]:
    report = await _report(desks, visit)
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    sweep = Doing(act=Act.ADMINISTRATION_ROOM_SWEEP, author=visit.by)
    return {
        "report": report,
        "ended": moment(report.ended) if report and report.ended else "",
        "may_sweep": foreseen(policy, sweep, today),
    }


def _state(row: RoomEntry, say: Say) -> Cell:
    words = ", ".join(say(f"rooms-state-{each}") for each in states_of(row))
    return Cell(words, tone="bad" if row.faults and not row.frozen else "warn")


def _why(row: RoomEntry) -> str:
    return "; ".join(fault.sentence for fault in row.faults) or row.doubt or ""


LISTING = Listing(
    name="rooms",
    path="/rooms",
    entry="rooms",
    act=Act.ADMINISTRATION_ROOM_LIST,
    asks=False,
    read=_read,
    template="rooms",
    beside=_beside,
    filters=(Filter("text"), Filter("state", _STATES)),
    columns=(
        Column("name", lambda row: row.name or row.room,
               lambda row, _: Cell(row.name or row.room, f"/rooms/{quote(row.room, safe='')}")),
        Column("state", lambda row: ", ".join(states_of(row)), _state),
        Column("why", _why, lambda row, _: Cell(_why(row), english=True)),
        Column("kind", lambda row: row.kind or ""),
        Column("since", lambda row: moment(row.since)),
        Column("goes", lambda row: str(len(row.goes))),
    ),
)  # fmt: skip


async def room(desks: Desks, visit: Visit) -> View:
    """One room that is against the rules."""
    found = await desks.rooms.room(visit.by, visit.names["room"])
    faults = [
        (Cell(each.sentence, english=True), Cell(each.rule or ""), Cell(each.towards or ""),
         Cell(each.record or "", f"/why/{quote(each.record, safe='')}" if each.record else ""))
        for each in found.faults
    ]  # fmt: skip
    done = [
        (Cell(moment(each.at)), Cell(each.what, english=True), Cell(each.record or ""))
        for each in found.done
    ]
    context = {"room": found, "states": states_of(found), "since": moment(found.since),
               "faults": faults, "done": done}  # fmt: skip
    fill = {"name": found.name or found.room}
    return View(template="room", title="rooms-one", fill=fill, context=context)


ORDERS = (SWEEP,)
PAGES = (*LISTING.pages(), Page(path="/rooms/{room:path}", handler=room, asks=False))
WORDS: Words = MappingProxyType(
    {
        "rooms-text": ("Name or id", "Name oder Kennung"),
        "rooms-state": ("State", "Zustand"),
        "rooms-name": ("Room", "Raum"),
        "rooms-why": ("Why", "Warum"),
        "rooms-kind": ("Kind", "Art"),
        "rooms-since": ("Since (UTC)", "Seit (UTC)"),
        "rooms-goes": ("Who would go", "Wer gehen müsste"),
        "rooms-state-against": ("against the rules", "gegen die Regeln"),
        "rooms-state-doubt": ("in doubt", "im Zweifel"),
        "rooms-state-frozen": ("frozen", "eingefroren"),
        "rooms-empty": (
            "No room is against the rules.",
            "Kein Raum verstößt gegen die Regeln.",
        ),
        "rooms-counts": (
            (
                "{judged} of {total} rooms were judged under revision {revision}: {breaches} "
                "against the rules, {doubts} in doubt, {in_order} put in order."
            ),
            (
                "{judged} von {total} Räumen wurden nach Revision {revision} beurteilt: "
                "{breaches} gegen die Regeln, {doubts} im Zweifel, {in_order} in Ordnung gebracht."
            ),
        ),
        "rooms-unjudged": (
            "No room was judged yet. The event door does it as soon as Synapse runs.",
            "Noch wurde kein Raum beurteilt. Die Ereignistür tut es, sobald Synapse läuft.",
        ),
        "rooms-ended": (
            "The last sweep ended at {at} UTC.",
            "Der letzte Durchgang endete um {at} UTC.",
        ),
        "rooms-left-off": (
            "{count} more are not listed.",
            "{count} weitere stehen nicht in der Liste.",
        ),
        "rooms-sweep": ("Judge all rooms again …", "Alle Räume neu beurteilen …"),
        "rooms-sweep-does": (
            (
                "Has the event door judge every room again, and put in order what the "
                "settings want put in order."
            ),
            (
                "Lässt die Ereignistür jeden Raum neu beurteilen und in Ordnung bringen, was "
                "die Einstellungen wollen."
            ),
        ),
        "rooms-one": ("Room {name}", "Raum {name}"),
        "rooms-back": ("All rooms", "Alle Räume"),
        "rooms-id": ("Id", "Kennung"),
        "rooms-value": ("What the settings want", "Was die Einstellungen wollen"),
        "rooms-faults": ("What is against the rules", "Was gegen die Regeln ist"),
        "rooms-rule": ("Rule", "Regel"),
        "rooms-towards": ("Towards", "Gegenüber"),
        "rooms-going": ("Who would have to go", "Wer gehen müsste"),
        "rooms-nobody": ("nobody", "niemand"),
        "rooms-done": ("What was done", "Was getan wurde"),
        "rooms-what": ("What", "Was"),
        "rooms-at": ("When (UTC)", "Wann (UTC)"),
        "rooms-cannot": ("What can't be done", "Was nicht getan werden kann"),
        "rooms-nothing": ("Nothing yet.", "Noch nichts."),
    }
)  # fmt: skip
