"""`vedette doctor`: what is wrong or weak, and the command that mends it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import typer

from vedette.adapters.boot_file import Boot
from vedette.cli.client import Client
from vedette.cli.surroundings import CliFault, Dir, Exit, Json, fault, here

_MARKS = {"good": "  good ", "weak": "  weak ", "broken": "BROKEN "}


def doctor(place: Dir = None, *, json: Json = False) -> None:
    """Look for what is wrong or weak, each with the command that mends it.

    Works with control down. Exit 1 if something is broken; what is only weak is listed last.
    """
    from vedette.admin.rejected import Rejected
    from vedette.control.main import examine_here
    from vedette.ports.errors import Unavailable

    at = here(place, json=json)
    boot = at.boot()
    try:
        found = examine_here(boot, control_answers=_answers(boot))
    except (Rejected, Unavailable) as outage:
        hint = "go back with `vedette settings restore N`, or put a backup in place"
        raise fault(str(outage), hint, Exit.FOUND) from outage
    data = [
        {"check": f.check, "health": f.health.value, "words": f.words, "mend": f.mending}
        for f in found
    ]
    at.tell(data, _lines(data))
    broken = any(each["health"] == "broken" for each in data)
    raise typer.Exit(Exit.FOUND if broken else Exit.DONE)


def _answers(boot: Boot) -> bool:
    try:
        Client(boot).get("/doors")
    except CliFault:
        return False
    return True


def _lines(data: list[dict[str, Any]]) -> Iterable[str]:
    for each in data:
        yield f"{_MARKS[each['health']]} {each['check']}: {each['words']}"
        if each["mend"]:
            yield f"         {each['mend']}"
