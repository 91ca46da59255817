"""`vedette device …`: the register of devices, and letting new ones in."""

from __future__ import annotations

from typing import Annotated

import typer

from vedette.cli.session_commands import (
    State,
    User,
    Why,
    ask,
    pages,
    session_lines,
    tell_moved,
    view_lines,
)
from vedette.cli.surroundings import Dir, Json, Reason, here

app = typer.Typer(help="Devices: list, show, approve, reject, end.", no_args_is_help=True)

Whose = Annotated[str, typer.Argument(metavar="USER", help="Whose device it is.")]
Device = Annotated[str, typer.Argument(metavar="DEVICE", help="The device's id.")]


@app.command("list")
def list_(user: User = "", state: State = "", place: Dir = None, *, json: Json = False) -> None:
    """Every device in use, newest first; `--state waiting` are those to be approved."""
    at = here(place, json=json)
    found = pages(at, "/devices", "sessions", user=user or None, state=state or None)
    at.tell(found, session_lines(found))


@app.command()
def show(user: Whose, device: Device, place: Dir = None, *, json: Json = False) -> None:
    """One device: every fact that rules may read of it, and how each is known."""
    at = here(place, json=json)
    found = ask(at, "GET", "/devices/device", user=user, device=device)
    at.tell(found, view_lines(found))


@app.command()
def approve(
    user: Whose, device: Device, reason: Why = "", place: Dir = None, *, json: Json = False
) -> None:
    """Approve a device; its session begins or goes on, if the rules want nothing else."""
    at = here(place, json=json)
    body = {"user": user, "device": device, "reason": reason}
    tell_moved(at, ask(at, "POST", "/devices/approve", body))


@app.command()
def reject(
    user: Whose, device: Device, reason: Reason, place: Dir = None, *, json: Json = False
) -> None:
    """Turn away a device that waits to be approved."""
    at = here(place, json=json)
    body = {"user": user, "device": device, "reason": reason}
    tell_moved(at, ask(at, "POST", "/devices/reject", body))


@app.command()
def end(
    user: Whose, device: Device, reason: Reason, place: Dir = None, *, json: Json = False
) -> None:
    """End the session of a device for good; the device and its keys are deleted."""
    at = here(place, json=json)
    body = {"user": user, "device": device, "reason": reason}
    tell_moved(at, ask(at, "POST", "/devices/end", body))
