"""`vedette settings draft …`: texts that are kept to go on with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from vedette.cli.client import Client
from vedette.cli.surroundings import Base, Dir, Exit, Json, fault, here, read_text
from vedette.core.settings.marks import marked, unmarked

app = typer.Typer(help="Drafts of the settings: save, list, show, remove.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The draft's name.")]
Version = Annotated[int, typer.Option(help="The version that you have edited; 0 for a new draft.")]


@app.command()
def save(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The text; `-` reads it.")],
    name: Annotated[str, typer.Option(help="Its name; a new draft without one gets one.")] = "",
    version: Version = 0,
    base: Base = None,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Keep a text as a draft, or as the next version of one. It may still have faults."""
    at = here(place, json=json)
    said, text = unmarked(read_text(file))
    stands_on = base or said
    if not stands_on:
        hint = "say it with `--base N`, or begin with `vedette settings export`"
        raise fault("on which revision does this draft stand?", hint, Exit.USAGE)
    body = {"text": text, "base": stands_on, "version": version}
    client = Client(at.boot())
    if name:
        kept = client.ask("PUT", f"/settings/drafts/{quote(name, safe='')}", body)
    else:
        kept = client.ask("POST", "/settings/drafts", body)
    at.tell(kept, [f"draft {kept['name']} is kept, version {kept['version']}"])


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Every draft: its version, the revision that it stands on, who saved it last."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/settings/drafts")
    at.tell(found, list(_lines(found)) or ["there are no drafts"])


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    for each in found:
        stands = f"version {each['version']}, on revision {each['base']}"
        yield f"{each['name']}  {stands}, saved by {each['author']}"


@app.command()
def show(name: Name, place: Dir = None, *, json: Json = False) -> None:
    """Print a draft's text, to be edited, compared (`settings diff -`) or applied (`settings apply -`)."""
    at = here(place, json=json)
    found = Client(at.boot()).get(f"/settings/drafts/{quote(name, safe='')}")
    at.tell(found, [marked(found["text"], found["base"]).rstrip("\n")])


@app.command()
def remove(name: Name, version: Version, place: Dir = None, *, json: Json = False) -> None:
    """Forget a draft, if nobody has saved another version since."""
    at = here(place, json=json)
    path = f"/settings/drafts/{quote(name, safe='')}"
    gone = Client(at.boot()).ask("DELETE", path, None, {"version": version})
    at.tell(gone, [f"draft {name} is gone (record {gone['record']})"])
