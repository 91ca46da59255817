"""The table of people: comma-separated lines that say who is in which groups.

The first line names the columns: `user`, `groups` and, where wanted, `guest` and `active`. Groups
are separated by `;`, `guest` and `active` are `yes` or `no` (left empty: no guest, active). A user
is a whole user id or only its part before the colon. Lines that begin with `#` are comments.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.people import Person

REQUIRED = ("user", "groups")
COLUMNS = (*REQUIRED, "guest", "active")
_HEAD = ",".join(COLUMNS)


@dataclass(frozen=True, slots=True)
class PeopleTable:
    """What a table says. With a fault in it, nothing of it may be used."""

    people: Mapping[str, Person]
    faults: tuple[str, ...]


class _LineFault(ValueError):
    """One line can't be read."""


def parse_people(text: str, domain: ServerName) -> PeopleTable:
    """Read the whole table; every fault names its line. Total: nothing is raised."""
    people: dict[str, Person] = {}
    faults: list[str] = []
    columns: list[str] | None = None
    for number, line in _lines(text):
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
            if columns is None:
                columns = _columns(cells)
                continue
            user, person = _person(columns, cells, domain)
            _only_once(user, people)
            people[user] = person
        except (_LineFault, csv.Error) as fault:
            faults.append(f"line {number}: {fault}")
            if columns is None:
                break
    if columns is None and not faults:  # cut off while it was written, not a table of nobody
        faults.append(f"line 1: it is empty; its first line names the columns, as in `{_HEAD}`")
    return PeopleTable({} if faults else people, tuple(faults))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line


def _columns(cells: list[str]) -> list[str]:
    unknown = [cell for cell in cells if cell not in COLUMNS]
    missing = [name for name in REQUIRED if name not in cells]
    if unknown or missing or len(set(cells)) != len(cells):
        raise _LineFault(
            f"the first line names the columns, such as `{_HEAD}`, not `{','.join(cells)[:80]}`"
        )
    return cells


def _only_once(user: str, people: Mapping[str, Person]) -> None:
    if user in people:
        raise _LineFault(f"`{user}` stands in the table twice; leave one line out")


def _person(columns: list[str], cells: list[str], domain: ServerName) -> tuple[str, Person]:
    if len(cells) != len(columns):
        raise _LineFault(f"this line has {len(cells)} columns, not {len(columns)}")
    row = dict(zip(columns, cells, strict=True))
    groups = frozenset(group.strip() for group in row["groups"].split(";") if group.strip())
    person = Person(
        groups=groups,
        guest=_yes_no(row.get("guest", ""), "guest", empty=False),
        active=_yes_no(row.get("active", ""), "active", empty=True),
    )
    return _user(row["user"], domain), person


def _user(text: str, domain: ServerName) -> str:
    whole = text if text.startswith("@") else f"@{text}:{domain}"
    try:
        user = UserId(whole)
    except InvalidName as fault:
        raise _LineFault(str(fault)) from fault
    if user.server != domain:
        raise _LineFault(f"`{user}` is not a user of `{domain}`; people elsewhere are partners")
    return user


def _yes_no(text: str, column: str, *, empty: bool) -> bool:
    if text not in ("", "yes", "no"):
        raise _LineFault(f"`{column}` is `yes` or `no`, not `{text}`")
    return text == "yes" if text else empty
