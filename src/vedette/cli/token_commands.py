"""`vedette token …`: tokens of the administration API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from vedette.cli.session_commands import ask
from vedette.cli.surroundings import Dir, Json, Reason, here

app = typer.Typer(help="Tokens of the administration API: add, list, remove.", no_args_is_help=True)

For = Annotated[str, typer.Option("--for", metavar="USER", help="The person for whom it acts.")]
Acts = Annotated[
    str,
    typer.Option(
        "--acts", metavar="ACT,…", help="The acts it is good for, such as doors:door:list."
    ),
]
Over = Annotated[
    str,
    typer.Option(
        "--over",
        metavar="PARTY,…",
        help="Over whose people alone; else over all that the person may.",
    ),
]
Expires = Annotated[str, typer.Option("--expires", metavar="DATE", help="Its last day, UTC.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The token's id.")]


@app.command()
def add(
    user: For,
    acts: Acts,
    expires: Expires,
    reason: Reason,
    over: Over = "",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Make a token. Its value is shown this once; commands take it from `VEDETTE_TOKEN_FILE`."""
    at = here(place, json=json)
    body = {
        "user": user,
        "acts": _words(acts),
        "over": _words(over),
        "expires": expires,
        "reason": reason,
    }
    made = ask(at, "POST", "/tokens", body)
    at.tell(made, [*_lines([made["token"]]), "", f"value, shown only now: {made['value']}"])


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Every token, oldest first, never its value."""
    at = here(place, json=json)
    found = ask(at, "GET", "/tokens")
    at.tell(found, _lines(found) if found else ["There are no tokens but the local one."])


@app.command()
def remove(id_: Id, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Make a token good for nothing, at once."""
    at = here(place, json=json)
    gone = ask(at, "DELETE", f"/tokens/{id_}", reason=reason)
    at.tell(gone, [f"The token {id_} is good for nothing any more (record {gone['record']})."])


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _lines(tokens: list[dict[str, Any]]) -> Iterator[str]:
    for each in tokens:
        until = f"until {each['expires']}" + (", which is over" if each["over_by_now"] else "")
        over = f", over {', '.join(each['over'])}" if each["over"] else ""
        yield f"{each['id']}  acts for {each['user']}{over}, {until}: {each['reason']}"
        yield f"    {', '.join(each['acts'])}"
