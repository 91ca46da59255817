"""One mechanism for every list of the console.

A list is read a page at a time behind a cursor, which stands in the address beside the filters; so
an address is a view that can be kept and sent on. The same filters lead to a table for
spreadsheets. What a page needs is read for that page: no list is ever read or shown as a whole.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from vedette.admin.door import Doing
from vedette.admin.rejected import Code, Rejected
from vedette.console.desks import Desks
from vedette.console.page import Handler, Page, View, Visit
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.ports.errors import Unavailable

MOST = 50
"""Rows of a page."""
_MOST_CSV = 100_000
"""Rows of a table that is taken out; the last line then says that there are more."""
_CSV_AT_ONCE = 500
_LONGEST = 255
_LONGEST_CURSOR = 600
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Say = Callable[..., str]
"""A sentence by its key, in the visitor's language."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a table. `tone` is `good`, `warn` or `bad`; `soft` is less important.

    `english` marks what another program says, which is English on every page. `command` mends what
    is wrong there.
    """

    text: str
    href: str = ""
    tone: str = ""
    code: bool = False
    soft: str = ""
    english: bool = False
    command: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key, what it shows, and what stands in the table for spreadsheets."""

    key: str
    raw: Callable[[Any], str]
    cell: Callable[[Any, Say], Cell] | None = None

    def shown(self, row: Any, say: Say) -> Cell:
        """The cell of one row."""
        return Cell(self.raw(row)) if self.cell is None else self.cell(row, say)


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: a text, or one of `choices`, which are said by keys unless they are names.

    `named` reads choices that are not known beforehand, such as parties.
    """

    key: str
    choices: tuple[str, ...] = ()
    named: Callable[[Desks], Sequence[str]] | None = None
    date: bool = False

    @property
    def chosen(self) -> bool:
        """Whether it is a choice."""
        return bool(self.choices) or self.named is not None

    def options(self, desks: Desks) -> tuple[str, ...]:
        """What may be chosen."""
        return self.choices if self.named is None else tuple(self.named(desks))


@dataclass(frozen=True, slots=True)
class Slice:
    """Some rows, and the cursor behind which it goes on. `total` where counting cost nothing."""

    rows: Sequence[Any]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be read: the filters that are set, behind which cursor, and how many rows."""

    filters: Mapping[str, str]
    after: str | None
    most: int = MOST

    def __getitem__(self, key: str) -> str:
        """What a filter is set to, empty where it is not."""
        return self.filters.get(key, "")


Read = Callable[[Desks, Visit, Reading], Awaitable[Slice]]
Beside = Callable[[Desks, Visit], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list: where it is, what it shows, how it is read. `read` raises Rejected.

    `name` begins the keys of its sentences; `template` says what stands around it, from `beside`.
    """

    name: str
    path: str
    filters: tuple[Filter, ...]
    columns: tuple[Column, ...]
    read: Read
    act: Act | None = None
    asks: bool = True
    entry: str = ""
    title: str = ""
    template: str = "list"
    beside: Beside | None = None

    def pages(self) -> tuple[Page, ...]:
        """The page and its table for spreadsheets."""
        common: dict[str, Any] = {"act": self.act, "asks": self.asks}
        return (
            Page(path=self.path, handler=_page_of(self), entry=self.entry, **common),
            Page(path=f"{self.path}.csv", handler=_csv_of(self), **common),
        )


def _page_of(listing: Listing) -> Handler:
    async def page(desks: Desks, visit: Visit) -> View:
        reading = _reading(listing, desks, visit)
        found = await listing.read(desks, visit, reading)
        beside = {} if listing.beside is None or visit.part else await listing.beside(desks, visit)
        context = {
            "listing": listing,
            "layout": "part.html" if visit.part else "base.html",
            "filters": _shown(listing, desks, reading),
            "rows": found.rows,
            "total": found.total,
            "next": _address(listing.path, reading.filters, found.next),
            "first": _address(listing.path, reading.filters) if reading.after else None,
            "csv": _address(f"{listing.path}.csv", reading.filters),
            "filtered": bool(reading.filters),
            **beside,
        }
        return View(template=listing.template, title=listing.title or listing.name, context=context)

    return page


def _csv_of(listing: Listing) -> Handler:
    async def table(desks: Desks, visit: Visit) -> Response:
        reading = _reading(listing, desks, visit)
        # the first page is read before anything is sent: a refusal is still a page
        first = await listing.read(desks, visit, _behind(reading, reading.after))
        lines = _lines(listing, desks, visit, reading, first)
        headers = {"Content-Disposition": f'attachment; filename="{listing.name}.csv"'}
        return StreamingResponse(lines, 200, headers, "text/csv; charset=utf-8")

    return table


async def _lines(
    listing: Listing, desks: Desks, visit: Visit, reading: Reading, page: Slice
) -> AsyncIterator[str]:
    yield line([each.key for each in listing.columns])
    written = 0
    while True:
        for row in page.rows:
            yield line([each.raw(row) for each in listing.columns])
        written += len(page.rows)
        if page.next is None:
            return
        if written >= _MOST_CSV:
            yield line([f"more than {_MOST_CSV} rows: narrow the filters for the rest"])
            return
        await asyncio.sleep(0)  # whoever takes out much leaves room for others
        try:
            page = await listing.read(desks, visit, _behind(reading, page.next))
        except (Rejected, Unavailable) as fault:
            yield line([f"not whole: {fault}"])  # a table that ends early must not look whole
            return


def _behind(reading: Reading, after: str | None) -> Reading:
    return Reading(reading.filters, after, _CSV_AT_ONCE)


def line(cells: Sequence[str]) -> str:
    """One line of a table (RFC 4180), of which no spreadsheet takes a cell for a formula."""
    out = io.StringIO()
    safe = [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]
    csv.writer(out, lineterminator="\r\n").writerow(safe)
    return out.getvalue()


def _reading(listing: Listing, desks: Desks, visit: Visit) -> Reading:
    """The filters and the cursor of an address. Raises Rejected for what is none."""
    found: dict[str, str] = {}
    for each in listing.filters:
        text = visit.query.get(each.key, "").strip()
        if not text:
            continue
        if len(text) > _LONGEST or not text.isprintable():
            raise Rejected(
                Code.INVALID, told("`{key}` can't be looked for", key=each.key), told("shorten it")
            )
        if each.chosen and text not in each.options(desks):
            raise Rejected(
                Code.INVALID,
                told("`{text}` is nothing that `{key}` can be", text=text[:80], key=each.key),
            )
        found[each.key] = text
    after = visit.query.get("after") or None
    if after is not None and (len(after) > _LONGEST_CURSOR or not after.isprintable()):
        raise no_cursor()
    return Reading(found, after)


def no_cursor() -> Rejected:
    """The refusal of a cursor that is none."""
    return Rejected(
        Code.INVALID, told("nothing goes on from there"), told("open the list from its beginning")
    )


def number_of(after: str | None) -> int | None:
    """The cursor of a list that is read by numbers. Raises Rejected."""
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < 18):
        raise no_cursor()
    return int(after)


@dataclass(frozen=True, slots=True)
class _Shown:
    filter: Filter
    value: str
    options: tuple[str, ...] = field(default=())


def _shown(listing: Listing, desks: Desks, reading: Reading) -> list[_Shown]:
    return [
        _Shown(each, reading[each.key], each.options(desks) if each.chosen else ())
        for each in listing.filters
    ]


def _address(path: str, filters: Mapping[str, str], after: str | None = "") -> str | None:
    """The list with these filters behind a cursor; None where there is nothing behind."""
    if after is None:
        return None
    query = {**filters, **({"after": after} if after else {})}
    return f"{path}?{urlencode(query)}" if query else path


def sliced(rows: Sequence[tuple[str, Any]], reading: Reading) -> Slice:
    """A page of what is in memory: rows by their own keys, which MUST be in order."""
    rest = [row for row in rows if reading.after is None or row[0] > reading.after]
    shown = rest[: reading.most]
    more = shown[-1][0] if len(rest) > reading.most else None
    return Slice([row for _, row in shown], more, len(rows))


def moment(at: float) -> str:
    """A time as people read it, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


async def permit(desks: Desks, visit: Visit, act: Act) -> None:
    """Ask for an act over nobody in particular. Raises Rejected."""
    await desks.door.permit(Doing(act=act, author=visit.by))
