"""`vedette act …`: acts of administration that wait for a second person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from vedette.cli.client import Client
from vedette.cli.surroundings import Dir, Json, Reason, here

app = typer.Typer(
    help="Acts that wait for a second person, such as a new key or an erasure, where a rule wants one.",
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(metavar="ID", help="The act's id.")]


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """The acts that wait, and those that ended last."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/acts")
    at.tell(found, [line for each in found for line in _lines(each)] or ["no act waits"])


@app.command()
def show(id_: Id, place: Dir = None, *, json: Json = False) -> None:
    """One act: who wants to do what over whom and why, and who could approve it."""
    at = here(place, json=json)
    found = Client(at.boot()).get(f"/acts/{quote(id_, safe='')}")
    at.tell(found, _lines(found))


@app.command()
def approve(
    id_: Id,
    reason: Reason,
    content: Annotated[
        str, typer.Option(help="The hash of what you have seen; another content is refused.")
    ] = "",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Be the second person for an act; whoever asked for it then does the very same once more."""
    at = here(place, json=json)
    body = {"reason": reason, "content": content}
    found = Client(at.boot()).ask("POST", f"/acts/{quote(id_, safe='')}/approve", body)
    at.tell(found, _lines(found))


@app.command()
def reject(id_: Id, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Turn an act away that waits, for good."""
    at = here(place, json=json)
    found = Client(at.boot()).ask("POST", f"/acts/{quote(id_, safe='')}/reject", {"reason": reason})
    at.tell(found, [f"act {id_} is {found['state']}"])


def _lines(found: dict[str, Any]) -> Iterator[str]:
    over = f" over {found['over']}" if found["over"] else ""
    yield f"{found['id']}  {found['state']}: {found['author']} asks for {found['act']}{over}"
    yield f"    {found['meaning']}"
    yield from (f"    {text}" for text in (found["what"], found["more"]) if text)
    yield f"    reason: {found['reason']}"
    for each in found["approvals"]:
        yield f"    approved by {each['person']}: {each['reason']}"
    if found["ended"] is not None:
        yield f"    {found['state']} on {_when(found['ended'])}: {found['said']}"
    elif found["enough"]:
        until = _when(found["expires"])
        yield f"    approved: {found['author']} does the very same once more, until {until}"
    else:
        could = ", ".join(found["could"]) or "nobody at present"
        yield f"    waits until {_when(found['expires'])}; who could approve it: {could}"
        yield f'    vedette act approve {found["id"]} --reason "…"'


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
