"""Who may do what with whom: every party by every party, as a grid, as a list, and as a table."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from vedette.admin.grid import called, grid_rows
from vedette.admin.rejected import Code, Rejected
from vedette.console.desks import Desks
from vedette.console.page import Page, View, Visit
from vedette.console.pages.grid_words import WORDS
from vedette.core.asks import Act
from vedette.core.channels import CALL, Channel
from vedette.core.grid import CHANNELS, Answer, Grid, Way
from vedette.core.language import told
from vedette.core.people import BUILT_IN
from vedette.core.settings.commands import Call, Step

AT_ONCE = 16
"""Parties on each side of the grid that are shown together."""
ROWS = 100
"""Rows of the list on one page."""
_LONGEST = 64
SLOTS: tuple[tuple[str, tuple[Channel, ...]], ...] = (
    ("message", (Channel.MESSAGE,)),
    ("file", (Channel.FILE,)),
    ("call", tuple(channel for channel in CHANNELS if channel in CALL)),
    ("presence", (Channel.PRESENCE,)),
    ("contact", (Channel.CONTACT,)),
)
"""What a cell has room for: each channel, and the four media ones together."""


@dataclass(frozen=True, slots=True)
class Line:
    """One direction of a cell: `arrow`, and the answer in each slot. `observed` as in `Way`."""

    arrow: str
    slots: tuple[tuple[str, Answer], ...]
    observed: bool

    @property
    def empty(self) -> bool:
        """Whether nothing passes, and no rule says so."""
        return all(answer in (Answer.NO, Answer.NOT_OURS) for _, answer in self.slots)

    @property
    def asked(self) -> bool:
        """Whether anything of it is ours to decide."""
        return any(answer is not Answer.NOT_OURS for _, answer in self.slots)


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands where two parties meet: one line where both directions are the same."""

    one: str
    other: str
    lines: tuple[Line, ...]

    @property
    def href(self) -> str:
        """The page of the pair."""
        return f"/grid/{self.one}/{self.other}"


@dataclass(frozen=True, slots=True)
class Party:
    """A party in the margin: its name, and the key of what sort of party it is."""

    name: str
    sort: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks for: names with these letters, one channel, from which place on."""

    party: str
    other: str
    channel: str
    row: int
    column: int

    def address(self, path: str, **other: int | str) -> str:
        """The address of the same with something else."""
        own = {"party": self.party, "with": self.other, "channel": self.channel,
               "row": self.row, "column": self.column}  # fmt: skip
        query = {key: value for key, value in {**own, **other}.items() if value}
        return f"{path}?{urlencode(query)}" if query else path


@dataclass(frozen=True, slots=True)
class Margin:
    """The parties on one side that are shown, of how many, and where the others are."""

    parties: tuple[Party, ...]
    first: int
    of: int
    before: str
    after: str


async def grid(desks: Desks, visit: Visit) -> View:
    """Some parties by some parties. Raises Rejected for a filter that can't be one."""
    made, wanted = desks.grid.current(), _wanted(visit)
    rows = _margin(made, wanted, "row", "/grid")
    columns = _margin(made, wanted, "column", "/grid")
    cells = await asyncio.to_thread(_cells, made, rows.parties, columns.parties, wanted.channel)
    context = {
        **_around(made, wanted),
        "rows": rows,
        "columns": columns,
        "cells": cells,
        "slots": [name for name, _ in SLOTS],
        "as_list": wanted.address("/grid/list", row=0, column=0),
    }
    return View(template="grid", title="grid-title", context=context)


async def as_list(desks: Desks, visit: Visit) -> View:
    """The same, one direction of one pair in each row."""
    made, wanted = desks.grid.current(), _wanted(visit)
    pairs = list(_pairs(made, wanted))
    shown = pairs[wanted.row : wanted.row + ROWS]
    rows = await asyncio.to_thread(grid_rows, made, shown)
    more = wanted.row + ROWS
    step = _step(wanted)
    context = {
        **_around(made, wanted),
        "command": step.command,
        "call": step.call,
        "rows": rows,
        "first": wanted.row + 1,
        "last": wanted.row + len(rows),
        "count": len(pairs),
        "before": wanted.address("/grid/list", row=max(wanted.row - ROWS, 0)) if wanted.row else "",
        "after": wanted.address("/grid/list", row=more) if more < len(pairs) else "",
        "as_grid": wanted.address("/grid", row=0, column=0),
    }
    return View(template="grid-list", title="grid-title", context=context)


async def table(desks: Desks, visit: Visit) -> Response:
    """All of it for a spreadsheet: one direction of one pair in each row, answers as words."""
    made, wanted = desks.grid.current(), _wanted(visit)
    text = await asyncio.to_thread(_csv, made, wanted)
    headers = {"Content-Disposition": 'attachment; filename="who-may-do-what.csv"'}
    return Response(text, 200, headers, "text/csv; charset=utf-8")


def _step(wanted: Wanted) -> Step:
    """The command and the call that list the same."""
    words = ["rule", "grid"]
    query = {"from": wanted.party, "to": wanted.other}
    query = {key: text for key, text in query.items() if text}
    for key, text in query.items():
        words += (f"--{key}={text}",) if text.startswith("-") else (f"--{key}", text)
    return Step(tuple(words), Call("GET", "/grid", None, query or None))


def _around(made: Grid, wanted: Wanted) -> Mapping[str, object]:
    return {
        "wanted": wanted,
        "names": made.names,
        "channels": [channel.value for channel in CHANNELS],
        "answers": list(Answer),
        "revision_shown": made.rules.revision,
        "csv": wanted.address("/grid.csv", row=0, column=0),
    }


# ---- what is wanted ------------------------------------------------------------------------------


def _wanted(visit: Visit) -> Wanted:
    channel = visit.query.get("channel", "")
    if channel and channel not in {each.value for each in CHANNELS}:
        hint = told("one of {known}", known=", ".join(CHANNELS))
        raise Rejected(
            Code.INVALID,
            told("`{channel}` is nothing that people do here", channel=channel[:40]),
            hint,
        )
    return Wanted(
        party=_text(visit, "party"),
        other=_text(visit, "with"),
        channel=channel,
        row=_place(visit, "row"),
        column=_place(visit, "column"),
    )


def _text(visit: Visit, key: str) -> str:
    text = visit.query.get(key, "").strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise Rejected(
            Code.INVALID, told("no party is called what `{key}` says", key=key), told("shorten it")
        )
    return text


def _place(visit: Visit, key: str) -> int:
    text = visit.query.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _margin(made: Grid, wanted: Wanted, side: str, path: str) -> Margin:
    names = called(made, wanted.party if side == "row" else wanted.other)
    first = wanted.row if side == "row" else wanted.column
    first = first if first < len(names) else 0
    after = first + AT_ONCE
    return Margin(
        parties=tuple(Party(name, sort_of(made, name)) for name in names[first:after]),
        first=first,
        of=len(names),
        before=wanted.address(path, **{side: max(first - AT_ONCE, 0)}) if first else "",
        after=wanted.address(path, **{side: after}) if after < len(names) else "",
    )


def sort_of(made: Grid, name: str) -> str:
    """The key of what sort of party it is."""
    if name in BUILT_IN:
        return "grid-built-in"
    return "grid-own" if name in made.directory.document.parties else "grid-partner"


# ---- cells ---------------------------------------------------------------------------------------


def _cells(
    made: Grid, rows: Sequence[Party], columns: Sequence[Party], channel: str
) -> list[list[Cell]]:
    slots = ((channel, (Channel(channel),)),) if channel else SLOTS
    return [[_cell(made, row.name, column.name, slots) for column in columns] for row in rows]


def _cell(
    made: Grid, one: str, other: str, slots: Sequence[tuple[str, tuple[Channel, ...]]]
) -> Cell:
    there, back = _line(made, one, other, slots, "→"), _line(made, other, one, slots, "←")
    if (there.slots, there.observed) == (back.slots, back.observed):
        return Cell(one, other, (Line("↔", there.slots, there.observed),))
    return Cell(one, other, (there, back))


def _line(
    made: Grid, one: str, other: str, slots: Sequence[tuple[str, tuple[Channel, ...]]], arrow: str
) -> Line:
    ways = [(name, [made.way(one, other, each) for each in channels]) for name, channels in slots]
    observed = any(way.observed for _, each in ways for way in each)
    return Line(arrow, tuple((name, together(each)) for name, each in ways), observed)


def together(ways: Sequence[Way]) -> Answer:
    """One answer for several channels: what they agree on, or that it is for some."""
    answers = {way.answer for way in ways}
    if len(answers) == 1:
        return answers.pop()
    if any(answer.passes for answer in answers):
        every = all(answer in (Answer.YES, Answer.CONDITIONS) for answer in answers)
        return Answer.CONDITIONS if every else Answer.SOME
    return Answer.NO


# ---- rows of the list ----------------------------------------------------------------------------


def _pairs(made: Grid, wanted: Wanted) -> Iterator[tuple[str, str]]:
    for one in called(made, wanted.party):
        for other in called(made, wanted.other):
            yield one, other


def _csv(made: Grid, wanted: Wanted) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180; names of parties are no formulas
    writer.writerow(["from", "to", *CHANNELS, "observed"])
    for row in grid_rows(made, list(_pairs(made, wanted))):
        answers = [way.answer.value for _, way in row.ways]
        writer.writerow([row.one, row.other, *answers, "yes" if row.observed else "no"])
    return out.getvalue()


_READ = Act.ADMINISTRATION_SETTINGS_READ
PAGES = (
    Page(path="/grid", handler=grid, act=_READ, entry="grid"),
    Page(path="/grid/list", handler=as_list, act=_READ),
    Page(path="/grid.csv", handler=table, act=_READ),
)
__all__ = ["PAGES", "WORDS"]
