"""People of an organisation on this machine: a line of the people table and an account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.boot_file import Boot, load
from vedette.adapters.stream_files import write_whole
from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.people_table import parse_people
from vedette.suite.accounts import NewAccount, register

_FORBIDDEN = frozenset(';,"\r\n')
"""Characters with a meaning in the people table."""


class PeopleFault(ValueError):
    """The person can't be added; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Who is to be added. `name` is a whole user id or the part before its colon."""

    name: str
    groups: tuple[str, ...] = ()
    guest: bool = False
    password: str | None = None
    """None: one is chosen."""


async def add_person(folder: Path, person: NewPerson) -> str | None:
    """Make the account, then add the line by which the person has groups.

    Returns the password if it was chosen here, and None if it was given or the account was there
    already. Where there is a sign-in service, a chosen password must be changed at the first
    sign-in.

    Raises:
        BootFault, PeopleFault, AccountFault, OSError: nothing, or only the account, was made.
    """
    boot = load(folder)
    user = _user(boot, person.name)
    text = _checked_table(boot, user, person)
    chosen = person.password or secrets.token_urlsafe(12)
    # a password that somebody else has seen is good for one sign-in
    account = NewAccount(user.localpart, chosen, must_change=person.password is None)
    made = await register(boot, account)
    write_whole(boot.path(boot.control.people), text.encode())
    return chosen if made and person.password is None else None


def _user(boot: Boot, name: str) -> UserId:
    whole = name if name.startswith("@") else f"@{name}:{boot.organisation}"
    try:
        user = UserId(whole)
    except InvalidName as fault:
        raise PeopleFault(str(fault)) from fault
    if user.server != boot.organisation:
        raise PeopleFault(
            f"`{user}` is not of `{boot.organisation}`; people elsewhere need no account"
        )
    return user


def _checked_table(boot: Boot, user: UserId, person: NewPerson) -> str:
    """The table with the new line, which is known to be readable."""
    bad = [group for group in person.groups if _FORBIDDEN & set(group) or not group.strip()]
    if bad:
        raise PeopleFault(f"`{bad[0]}` can't be a group's name: no comma, semicolon or quote in it")
    path = boot.path(boot.control.people)
    text = path.read_text(encoding="utf-8")
    table = parse_people(text, ServerName(boot.organisation))
    if table.faults:
        raise PeopleFault(f"`{path}` must be mended first: {table.faults[0]}")
    if user in table.people:
        raise PeopleFault(f"`{user}` is in `{path}` already; change the groups there")
    head = [cell.strip() for cell in _first_line(text).split(",")]
    cells = {
        "user": user.localpart,
        "groups": ";".join(person.groups),
        "guest": "yes" if person.guest else "no",
        "active": "yes",
    }
    return text.rstrip("\n") + "\n" + ",".join(cells[column] for column in head) + "\n"


def _first_line(text: str) -> str:
    """The line that names the columns. The table was read, so there is one."""
    return next(
        line
        for line in text.removeprefix("\ufeff").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    )
