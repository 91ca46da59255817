"""Files: which are held or were refused, what is known of one, and what may be done about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from vedette.admin.door import Doing, foreseen, user_named
from vedette.admin.files import RefusedFile, RefusedSought, file_named
from vedette.console.desks import Desks
from vedette.console.file_orders import ORDERS, page_of
from vedette.console.lists import (
    Cell,
    Column,
    Filter,
    Listing,
    Reading,
    Say,
    Slice,
    moment,
    no_cursor,
)
from vedette.console.page import Page, View, Visit
from vedette.console.pages.audit import day
from vedette.console.pages.files_words import WORDS
from vedette.console.pages.people import address
from vedette.core.asks import Act
from vedette.core.files import Content
from vedette.core.names import MediaId, ServerName
from vedette.core.reasons import REASONS, Reason
from vedette.protocol.internal.held_files import LISTED, FileRow, FileState, SeenFile, Sought

__all__ = ["ORDERS", "PAGES", "WORDS"]

_DAY = 86_400
_CURSOR = re.compile(r"[0-9]{1,16}\.[0-9]{1,16}")
_TONES = {
    FileState.OFFICER: "warn",
    FileState.MEMBER: "warn",
    FileState.WAITING: "warn",
    FileState.REFUSED: "bad",
    FileState.OPEN: "good",
    FileState.ELSEWHERE: "bad",
}
_ANSWERS = {"yes": "good", "no": "bad", "not-yet": "warn"}
_FOUND = ("encrypted", "active", "macros", "polyglot", "protected", "malware")


def _whose(desks: Desks, reading: Reading) -> str:
    domain = desks.settings.policy.current().directory.domain
    return user_named(reading["user"], domain) if reading["user"] else ""


# ---- what is held --------------------------------------------------------------------------------


async def _read(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    sought = Sought(
        text=reading["text"],
        owner=_whose(desks, reading),
        state=FileState(reading["state"]) if reading["state"] else None,
    )
    page = await desks.files.page(visit.by, sought, reading.after, reading.most)
    return Slice(page.rows, page.next)


def _size(size: int | None) -> str:
    return "" if size is None else f"{size:,}".replace(",", "\N{NO-BREAK SPACE}")


def _name(row: FileRow, say: Say) -> Cell:
    return Cell(row.name or say("files-unnamed"), page_of(row.server, row.media))


def _owner(row: FileRow, say: Say) -> Cell:
    if row.owner is None:
        return Cell(say("files-elsewhere", server=row.server))
    return Cell(row.owner, address(row.owner))


def _state(row: FileRow, say: Say) -> Cell:
    return Cell(say(f"files-state-{row.state.value}"), tone=_TONES[row.state])


LISTING = Listing(
    name="files",
    path="/files",
    entry="files",
    act=Act.ADMINISTRATION_FILE_LIST,
    asks=False,
    read=_read,
    template="files",
    filters=(
        Filter("text"),
        Filter("user"),
        Filter("state", tuple(each.value for each in LISTED)),
    ),
    columns=(
        Column("name", lambda row: row.name, _name),
        Column("state", lambda row: row.state.value, _state),
        Column("user", lambda row: row.owner or row.server, _owner),
        Column("declared", lambda row: row.declared),
        Column("size", lambda row: str(row.size or 0), lambda row, _: Cell(_size(row.size))),
        Column("created", lambda row: moment(row.created / 1000)),
        Column("id", lambda row: row.address, lambda row, _: Cell(row.media, code=True)),
    ),
)  # fmt: skip


# ---- what was refused at once --------------------------------------------------------------------


async def _read_refused(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    if reading.after is not None and _CURSOR.fullmatch(reading.after) is None:
        raise no_cursor()
    until = day(reading["until"])
    sought = RefusedSought(
        user=_whose(desks, reading),
        rule=reading["rule"],
        since=day(reading["since"]),
        until=None if until is None else until + _DAY,
    )
    page = await desks.files.refused(visit.by, sought, reading.after, reading.most)
    return Slice(page.rows, page.next)


def _sender(row: RefusedFile, _say: Say) -> Cell:
    soft = f"{row.times}×" if row.times > 1 else ""  # noqa: RUF001  # times
    return Cell(row.user, address(row.user) if row.user.startswith("@") else "", soft=soft)


def _what(row: RefusedFile) -> str:
    return ", ".join(word for word in (row.kind, row.type) if word)


REFUSED = Listing(
    name="files-refused",
    path="/files/refused",
    act=Act.ADMINISTRATION_FILE_LIST,
    asks=False,
    read=_read_refused,
    template="files-refused",
    filters=(
        Filter("user"),
        Filter("rule"),
        Filter("since", date=True),
        Filter("until", date=True),
    ),
    columns=(
        Column("record", lambda row: row.record,
               lambda row, _: Cell(row.record, f"/why/{quote(row.record, safe='')}")),
        Column("at", lambda row: moment(row.at)),
        Column("user", lambda row: row.user, _sender),
        Column("what", _what, lambda row, say: Cell(_what(row) or say("files-unseen"))),
        Column("size", lambda row: str(row.size or 0), lambda row, _: Cell(_size(row.size))),
        Column("rule", lambda row: row.rule or row.reason),
        Column("say", lambda row: row.say or ""),
    ),
)  # fmt: skip


# ---- one file ------------------------------------------------------------------------------------


async def file(desks: Desks, visit: Visit) -> View:
    """One file, by the two parts of its address."""
    return await _one(desks, visit, f"{visit.names['server']}/{visit.names['media']}")


async def by_address(desks: Desks, visit: Visit) -> View:
    """One file, by its address as it was typed or copied."""
    return await _one(desks, visit, visit.query.get("file", "")[:600])


async def _one(desks: Desks, visit: Visit, named: str) -> View:
    server, media = file_named(named, desks.settings.policy.current().directory.domain)
    seen = await desks.files.show(visit.by, server, media)
    return View(
        template="file",
        title="files-one",
        fill={"name": seen.row.name or seen.row.media},
        context=_context(desks, visit, server, media, seen),
    )


def _context(
    desks: Desks, visit: Visit, server: ServerName, media: MediaId, seen: SeenFile
) -> Mapping[str, Any]:
    row, policy = seen.row, desks.settings.policy.current()
    reads = Doing(act=Act.ADMINISTRATION_AUDIT_READ, author=visit.by)
    may_read = foreseen(policy, reads, desks.settings.clock.today())
    return {
        "row": row,
        "person": address(row.owner) if row.owner else "",
        "tone": _TONES[row.state],
        "created": moment(row.created / 1000),
        "size": _size(row.size),
        "found": _found(seen.content),
        "content": seen.content,
        "outlook": seen.outlook,
        "because": _because(seen.outlook.reason),
        "answer_tone": _ANSWERS.get(seen.outlook.answer, ""),
        "acts": _may(desks, visit, seen),
        "own": visit.by.name == row.owner,
        "fields": {"file": row.address, "back": page_of(server, media)},
        "records": f"/audit?file={quote(row.address, safe='')}" if may_read else "",
    }


def _because(reason: str) -> str:
    """A reason in words, where Synapse names one that is known here."""
    return REASONS[Reason(reason)] if reason in set(Reason) else ""


def _found(content: Content | None) -> list[tuple[str, str]]:
    """What inspection found, as keys and words."""
    if content is None:
        return []
    learnt = {None: "unknown", True: "yes", False: "no"}
    rows = [(f"files-{name}", f"files-{learnt[getattr(content, name)]}") for name in _FOUND]
    return rows if content.whole else [*rows, ("files-whole", "files-no")]


def _may(desks: Desks, visit: Visit, seen: SeenFile) -> list[str]:
    """The orders that the page offers: those that the rules would allow and that are any use."""
    row, offered = seen.row, list[str]()
    held = row.state in LISTED
    vouch = row.state is FileState.OPEN and seen.content is None
    passes = seen.outlook.answer == "yes"
    release = Act.ADMINISTRATION_FILE_RELEASE
    if (held or vouch) and passes and desks.files.may(visit.by, release, row):
        offered.append("release-file")
    holds = row.state not in (FileState.OFFICER, FileState.ELSEWHERE)
    if holds and desks.files.may(visit.by, Act.ADMINISTRATION_FILE_HOLD, row):
        offered.append("hold-file")
    return offered


PAGES = (
    *LISTING.pages(),
    *REFUSED.pages(),
    Page(path="/files/one", handler=by_address, asks=False),
    Page(path="/files/{server}/{media}", handler=file, asks=False),
)
