"""People: whom there is, how they stand, and what may be done for one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from vedette.admin.door import Doing, foreseen, foreseen_anywhere, user_named
from vedette.admin.people import PeopleSought, PersonRow, PersonState
from vedette.admin.sessions import Wanted
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
    no_cursor,
)
from vedette.console.page import Page, View, Visit
from vedette.console.pages.people_words import WORDS
from vedette.console.person_orders import ORDERS
from vedette.core.asks import Act
from vedette.core.facts import FACTORS
from vedette.core.language import Sentence, joined
from vedette.core.names import UserId
from vedette.core.people import GUESTS, US
from vedette.core.sessions import OUTCOMES, STATES, Session, SessionState

_TONES = {"live": "good", "suspended": "warn", "waiting": "warn", "expired": "", "ended": ""}
_ACTS = {
    "reset-factors": Act.ADMINISTRATION_FACTOR_RESET,
    "reset-password": Act.ADMINISTRATION_PASSWORD_RESET,
    "unlock": Act.ADMINISTRATION_PASSWORD_RESET,
    "suspend-sessions": Act.ADMINISTRATION_SESSION_SUSPEND,
    "end-sessions": Act.ADMINISTRATION_SESSION_END,
}
"""What may be done for a person, and the act that it is."""


def address(user: str) -> str:
    """The page of a person of ours."""
    return f"/people/{quote(user[1:].partition(':')[0], safe='')}"


# ---- the list ------------------------------------------------------------------------------------


async def _read(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    sought = PeopleSought(
        text=reading["text"],
        party=reading["party"],
        group=reading["group"],
        state=PersonState(reading["state"]) if reading["state"] else None,
    )
    after = reading.after or ""
    if not after.isascii() or " " in after:
        raise no_cursor()
    page = await desks.folk.page(visit.by, sought, after, reading.most)
    return Slice(page.rows, page.next)


def _parties(desks: Desks) -> Sequence[str]:
    document = desks.settings.policy.current().directory.document
    return (US, GUESTS, *sorted(map(str, document.parties)))


def states_of(row: PersonRow) -> tuple[str, ...]:
    """How somebody stands, as keys."""
    found = ["active" if row.active else "inactive"]
    if row.account is None:
        found.append("no-account")
    if row.locked:
        found.append("locked")
    found += [
        s.value for s in (SessionState.SUSPENDED, SessionState.WAITING) if row.sessions.get(s)
    ]
    return tuple(found)


def _state(row: PersonRow, say: Say) -> Cell:
    words = [say(f"people-state-{each}") for each in states_of(row)]
    calm = states_of(row) == ("active",)
    return Cell(", ".join(words), tone="" if calm else "warn")


def _groups(row: PersonRow) -> str:
    return ", ".join(sorted(row.known.groups)) if row.known else ""


def _live(row: PersonRow) -> str:
    return str(row.sessions.get(SessionState.LIVE, 0))


async def _beside(desks: Desks, visit: Visit) -> dict[str, object]:
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    act = Act.ADMINISTRATION_ACCOUNT_CREATE
    return {"may_create": foreseen_anywhere(policy, visit.by, act, today)}


LISTING = Listing(
    name="people",
    path="/people",
    entry="people",
    asks=False,
    act=Act.ADMINISTRATION_SESSION_LIST,
    read=_read,
    template="people",
    beside=_beside,
    filters=(
        Filter("text"),
        Filter("party", named=_parties),
        Filter("group"),
        Filter("state", tuple(PersonState)),
    ),
    columns=(
        Column("user", lambda row: row.user, lambda row, _: Cell(row.user, address(row.user))),
        Column("name", lambda row: row.account.display_name if row.account else ""),
        Column("state", lambda row: ", ".join(states_of(row)), _state),
        Column("parties", lambda row: ", ".join(row.parties)),
        Column("groups", _groups),
        Column("sessions", _live),
    ),
)


# ---- one person ----------------------------------------------------------------------------------


async def person(desks: Desks, visit: Visit) -> View:
    """One person: how they stand, their sessions and factors, and what passes to partners."""
    policy = desks.settings.policy.current()
    user = user_named(visit.names["user"], policy.directory.domain)
    view = await desks.folk.show(visit.by, user)
    sessions = await desks.sessions.of(visit.by, Wanted(user=user, ended=True))
    context = {
        "row": view.row,
        "states": states_of(view.row),
        "past": [
            (
                Cell(moment(each.at)),
                Cell(OUTCOMES.get(each.outcome, each.outcome)),
                Cell(each.address),
                Cell(each.client),
            )
            for each in view.past
        ],
        "partners": view.partners,
        "sessions": [session_cells(each) for each in sessions[:20]],
        "factors": await _factors(desks, visit, user, view.row),
        "acts": _may(desks, visit, user, view.row),
        "records": f"/audit?person={quote(user, safe='')}",
        "more": f"/sessions?user={quote(user, safe='')}",
    }
    return View(template="person", title="people-one", fill={"user": user}, context=context)


async def _factors(
    desks: Desks, visit: Visit, user: UserId, row: PersonRow
) -> Mapping[str, Any] | None:
    if row.account is None:
        return None
    found = await desks.accounts.factors(visit.by, user)
    kinds = [
        (Cell(FACTORS.get(each.kind, each.kind)), Cell(each.label), Cell(moment(each.created)),
         Cell(moment(each.last_used) if each.last_used else ""))
        for each in found.factors
    ]  # fmt: skip
    return {"kinds": kinds, "codes": str(found.codes_left)}


def _may(desks: Desks, visit: Visit, user: UserId, row: PersonRow) -> list[str]:
    """The acts that the page offers: those that the rules would allow and that are any use."""
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    useless = set() if row.account else {"reset-factors", "reset-password", "unlock"}
    if not row.sessions:
        useless |= {"suspend-sessions", "end-sessions"}
    return [
        kind
        for kind, act in _ACTS.items()
        if kind not in useless
        and foreseen(policy, Doing(act=act, author=visit.by, over=user), today)
    ]


def factors_of(each: Session) -> Sentence:
    """The kinds of factor that a session was begun with, each once."""
    kinds = dict.fromkeys(use.kind for use in each.facts.factors)
    return joined([FACTORS.get(kind, kind) for kind in kinds], ", ")


def session_cells(each: Any) -> tuple[Cell, ...]:
    """A session in a table of its person's."""
    facts = each.facts
    return (
        Cell(each.device_name or each.device or each.kind, f"/sessions/{each.id}"),
        Cell(facts.client_name, soft=facts.client_version),
        Cell(facts.platform, soft=facts.platform_version),
        Cell(factors_of(each)),
        Cell(STATES[each.state], tone=_TONES[each.state.value]),
        Cell(moment(each.created)),
    )


PAGES = (
    *LISTING.pages(),
    Page(path="/people/{user:path}", handler=person, asks=False),
)
__all__ = ["ORDERS", "PAGES", "WORDS"]
