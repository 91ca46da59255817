"""`vedette key …`: every key and secret of the organisation, by name, and changing one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import quote

import typer

from vedette.cli.client import Client
from vedette.cli.surroundings import Dir, Exit, Json, Reason, here

app = typer.Typer(
    help="Keys and secrets: which there are, who holds them, how they are changed.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="The key's name, such as `token-key`.")]
_ROTATE_SECONDS = 620.0


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Every key: what it is for, who holds it, where it lies and since when, how it is changed.

    Shows no value. Exit 1 if a file that the boot file names is missing.
    """
    at = here(place, json=json)
    found = Client(at.boot()).get("/keys")
    at.tell(found, _lines(found))
    raise typer.Exit(Exit.DONE if all(each["there"] for each in found) else Exit.FOUND)


@app.command()
def rotate(name: Name, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Put a new key in the place of one of those that can be changed while everything runs.

    No session ends by it. A key that Synapse reads at its start has that start again, which takes
    some seconds.
    """
    at = here(place, json=json)
    client = Client(at.boot(), seconds=_ROTATE_SECONDS)
    found = client.ask("POST", f"/keys/{quote(name, safe='')}/rotate", {"reason": reason})
    left = [] if found["left"] is None else [found["left"]]
    at.tell(found, [f"`{name}` is another one now ({found['record']})", *left])


@app.command("next")
def next_(name: Name, place: Dir = None, *, json: Json = False) -> None:
    """The public half of the key that `rotate` puts in place, to tell partners of before.

    For `synapse-signing-key`: partners who have pinned our key add this one first.
    """
    at = here(place, json=json)
    found = Client(at.boot()).get(f"/keys/{quote(name, safe='')}/next")
    at.tell(found, [f"{found['id']} {found['public']}"])


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    for name, group in groupby(found, key=lambda each: each["name"]):
        keys = list(group)
        yield f"{name}: {keys[0]['what']}"
        yield f"    held by {keys[0]['holder']}"
        yield from (f"    {_where(each)}" for each in keys)
        yield f"    to change it: {keys[0]['change']}"


def _where(key: dict[str, Any]) -> str:
    place = key["file"] or "in the sign-in store"
    if not key["there"]:
        return f"{place}: MISSING" if key["file"] else f"{place}: none yet"
    since = f", since {_day(key['made'])}" if key["made"] is not None else ""
    ends = f", ends {_day(key['ends'])}" if key["ends"] is not None else ""
    return f"{place}{since}{ends}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
