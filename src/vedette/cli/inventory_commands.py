"""`vedette device inventory …`: inventories of device management."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from vedette.cli import inventory_lists
from vedette.cli.client import Client
from vedette.cli.surroundings import Dir, Exit, Json, Reason, here
from vedette.cli.waiting import waiting

app = typer.Typer(
    help="Inventories of device management: what they report, how they stand; try or read one.",
    no_args_is_help=True,
)
app.command("list")(inventory_lists.list_devices)
app.command("show")(inventory_lists.show_device)
app.command("state")(inventory_lists.state_of_all)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name in [device_management].")]
_LONGEST = 1900.0
"""Seconds for which a whole reading may go on."""
_READING = "asking the inventory"


@app.command("test")
def try_(name: Name, place: Dir = None, *, json: Json = False) -> None:
    """Try an inventory step by step; each failure says what mends it. Exit 1 if something fails."""
    at = here(place, json=json)
    with waiting(_READING, quiet=json):
        found = Client(at.boot(), seconds=_LONGEST).ask(
            "POST", f"/devices/inventories/{name}/test", None
        )
    at.tell(found, [line for row in found["checks"] for line in _tried(row)])
    well = all(each["well"] for each in found["checks"])
    raise typer.Exit(Exit.DONE if well else Exit.FOUND)


@app.command()
def sync(
    name: Name,
    reason: Reason,
    place: Dir = None,
    *,
    confirm: Annotated[
        bool,
        typer.Option("--confirm", help="Take what it tells, whatever it misses; on record."),
    ] = False,
    json: Json = False,
) -> None:
    """Read an inventory now. Exit 1 if what it tells is held, or some of it is left out."""
    at = here(place, json=json)
    body = {"reason": reason, "confirm": confirm}
    with waiting(_READING, quiet=json):
        found = Client(at.boot(), seconds=_LONGEST).ask(
            "POST", f"/devices/inventories/{name}/sync", body
        )
    at.tell(found, _state_lines(found))
    raise typer.Exit(Exit.FOUND if found["trouble"] else Exit.DONE)


def _tried(row: dict[str, Any]) -> Iterable[str]:
    yield f"{'good  ' if row['well'] else 'FAILS '} {row['what']}: {row['words']}"
    if row["mend"]:
        yield f"       {row['mend']}"


def _state_lines(found: dict[str, Any]) -> Iterable[str]:
    yield f"{found['source']}: {found['devices']} devices"
    if found["trouble"]:
        yield found["trouble"]
