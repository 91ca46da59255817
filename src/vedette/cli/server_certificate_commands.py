"""`vedette certificate server …`: the certificates of our own servers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import typer

from vedette.cli.client import Client
from vedette.cli.surroundings import Dir, Exit, Json, Reason, here

app = typer.Typer(
    help="The certificates of our own servers: whose, until when, and ordering one.",
    no_args_is_help=True,
)
_ORDER_SECONDS = 260.0


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Each server's certificate: its names, who issued it, its last day, what becomes of orders.

    Exit 1 if one can't be read, or the last order came to nothing.
    """
    at = here(place, json=json)
    found = Client(at.boot()).get("/certificates/server")
    at.tell(found, (line for each in found for line in _lines(each)))
    bad = any(each["ends"] is None or (each["ordering"] or {}).get("trouble") for each in found)
    raise typer.Exit(Exit.FOUND if bad else Exit.DONE)


@app.command()
def renew(reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Have the gateway order a new certificate now, under a new key. What serves stays until then.

    Exit 1 if nothing came of it.
    """
    at = here(place, json=json)
    client = Client(at.boot(), seconds=_ORDER_SECONDS)
    found = client.ask("POST", "/certificates/server/renew", {"reason": reason})
    at.tell(found, _ordering(found["ordering"], []))
    raise typer.Exit(Exit.FOUND if found["ordering"]["trouble"] else Exit.DONE)


def _lines(each: dict[str, Any]) -> Iterator[str]:
    yield f"{each['server']}  ({each['file']})"
    if each["ends"] is None:
        yield "    its certificate can't be read"
    else:
        own = "vouches for itself" if each["self_signed"] else f"issued by {each['issuer']}"
        yield f"    for {', '.join(each['names']) or 'nobody'}; {own}; ends {_day(each['ends'])}"
    if each["directory"] is None:
        yield "    comes from files"
    elif each["ordering"] is None:
        yield f"    is to be ordered at {each['directory']}; the gateway has told nothing yet"
    else:
        yield f"    is ordered at {each['directory']}"
        yield from _ordering(each["ordering"], each["names"] or [])


def _ordering(state: dict[str, Any], names: list[str]) -> Iterator[str]:
    if state["trouble"]:
        yield f"    order {state['failures']} in a row came to nothing: {state['trouble']}"
        yield f"    what to do: {state['advice']}"
        yield f"    the next try is at {_minute(state['next_at'])}"
    else:
        yield f"    the next one is ordered at {_minute(state['next_at'])}"
    lacks = [each for each in state["names"] if names and each not in names]
    if lacks:
        yield f"    it lacks {', '.join(lacks)}, which the boot file names"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _minute(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
