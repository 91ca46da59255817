"""`vedette room …`: rooms that exist and what the rules say of them now."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from vedette.cli.client import Client
from vedette.cli.surroundings import CliFault, Dir, Exit, Json, Reason, Surroundings, fault, here

app = typer.Typer(
    help="Rooms that exist: which are against the rules, why, and what was done.",
    no_args_is_help=True,
)

_WAIT = 600.0
_LOOK = 0.5
CHEAP = 1.5
"""Seconds for which a command that changes the settings waits for the rooms to be judged."""


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Every room that is against the rules or in doubt, and what the last sweep put in order.

    Exit 1 if there is one that is against the rules.
    """
    at = here(place, json=json)
    found = Client(at.boot()).get("/rooms")
    at.tell(found, report_lines(found))
    raise typer.Exit(Exit.FOUND if found["breaches"] else Exit.DONE)


@app.command()
def show(
    room: Annotated[str, typer.Argument(help="A room's id, or its name.")],
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """One of these rooms: the rule, who is concerned, what was done, what can't be done."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/rooms/one", room=room)
    at.tell(found, room_lines(found))


@app.command()
def sweep(reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Have every room judged again now, wait for it, and list what is against the rules."""
    at = here(place, json=json)
    client = Client(at.boot())
    wished = client.ask("POST", "/rooms/sweep", {"reason": reason})
    found = _wait_for(client, wished["sweep"], quiet=json)
    at.tell(found, report_lines(found))
    raise typer.Exit(Exit.FOUND if found["breaches"] else Exit.DONE)


def _wait_for(client: Client, word: str, *, quiet: bool) -> dict[str, Any]:
    """Wait for the sweep of this word and say on the error output how far it is."""
    end, told = time.monotonic() + _WAIT, ""
    while time.monotonic() < end:
        found = _counts_of(client)
        if found and found["answers"] == word and found["state"] != "sweeping":
            whole: dict[str, Any] = client.get("/rooms")
            return whole
        words = _progress(found) if found and found["answers"] == word else ""
        if words != told and not quiet:
            print(words, file=sys.stderr)
            told = words
        time.sleep(_LOOK)
    raise fault(
        "the event door has not judged the rooms yet",
        "it does so as soon as it runs; `vedette room list` shows how far it is",
        Exit.UNAVAILABLE,
    )


def _counts_of(client: Client) -> dict[str, Any] | None:
    """The numbers, if there are any. Raises CliFault where they can't be had for another reason."""
    try:
        found: dict[str, Any] = client.get("/rooms/counts")
    except CliFault as no:
        if no.error.get("code") == "not-found":
            return None
        raise
    return found


def _progress(found: dict[str, Any]) -> str:
    return f"judged {found['judged']} of {found['total']} rooms"


def concerned(at: Surroundings, revision: int) -> tuple[dict[str, Any] | None, list[str]]:
    """How many rooms a new revision concerns, where that is known within a moment."""
    try:
        client, end = Client(at.boot()), time.monotonic() + CHEAP
        found = _counts_of(client)
        while found and time.monotonic() < end:
            if found["revision"] == revision and found["state"] == "done":
                counted = {
                    name: found[name] for name in ("total", "breaches", "doubts", "in_order")
                }
                return counted, [_counts(found)]
            time.sleep(_LOOK)
            found = _counts_of(client)
    except CliFault:
        return None, []  # what was applied is applied; of the rooms nothing can be said now
    judging = "the rooms that exist are being judged: `vedette room list` shows them"
    return None, [judging] if found else []


def _counts(found: dict[str, Any]) -> str:
    order = f", {found['in_order']} put in order" if found["in_order"] else ""
    doubt = f", {found['doubts']} in doubt" if found["doubts"] else ""
    return f"rooms: {found['breaches']} of {found['total']} are against the rules{order}{doubt}"


def report_lines(found: dict[str, Any]) -> Iterable[str]:
    """A report in words."""
    if found["state"] == "waiting":
        yield f"nothing can be judged now: {found['why']}"
    elif found["state"] == "sweeping":
        yield f"{_progress(found)} under revision {found['revision']}; not all is known yet"
    else:
        yield f"{_counts(found)} (revision {found['revision']}, {_day(found['ended'])})"
    for room in found["rooms"]:
        yield from _short(room)
    if found["left_off"]:
        yield f"and {found['left_off']} more"


def _short(room: dict[str, Any]) -> Iterable[str]:
    yield f"{room['room']}  {_named(room)}  {_standing(room)}"
    yield from (f"    {each['sentence']} ({each['record']})" for each in room["faults"])
    yield from (f"    done: {each['what']} ({each['record']})" for each in room["done"])
    yield from (f"    can't be done: {words}" for words in room["cannot"])


def room_lines(room: dict[str, Any]) -> Iterable[str]:
    """One room in words."""
    yield from _short(room)
    yield f"    found {_day(room['since'])}"
    if room["faults"] and room["goes"]:
        verb = "has to go" if len(room["goes"]) == 1 else "have to go"
        yield f"    {', '.join(room['goes'])} {verb}, so that it is in order"


def _named(room: dict[str, Any]) -> str:
    kind = f" ({room['kind']})" if room["kind"] else ""
    where = "" if room["ours"] else ", owned elsewhere"
    return f"“{room['name']}”{kind}{where}" if room["name"] else f"without a name{kind}{where}"


def _standing(room: dict[str, Any]) -> str:
    if room["doubt"] and not room["faults"]:
        return f"in doubt: {room['doubt']}"
    if not room["faults"]:
        return "in order again"
    return "frozen: nobody can write in it" if room["frozen"] else "its people were told"


def _day(at: float | None) -> str:
    return datetime.fromtimestamp(at or 0, UTC).strftime("%Y-%m-%d %H:%M UTC")
