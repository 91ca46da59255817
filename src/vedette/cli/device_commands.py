"""`vedette device …`: the register of devices, and letting new ones in."""

from __future__ import annotations

from typing import Annotated

import typer

from vedette.cli import inventory_commands
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
from vedette.cli.surroundings import Dir, Json, Reason, Surroundings, here

app = typer.Typer(
    help="Devices: list, show, approve, reject, suspend, resume, end; inventories of them.",
    no_args_is_help=True,
)
app.add_typer(inventory_commands.app, name="inventory")

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
    _act(here(place, json=json), "approve", user, device, reason)


@app.command()
def reject(
    user: Whose, device: Device, reason: Reason, place: Dir = None, *, json: Json = False
) -> None:
    """Turn away a device that waits to be approved."""
    _act(here(place, json=json), "reject", user, device, reason)


@app.command()
def suspend(
    user: Whose, device: Device, reason: Reason, place: Dir = None, *, json: Json = False
) -> None:
    """Refuse everything to a device until it is resumed; its keys are kept."""
    _act(here(place, json=json), "suspend", user, device, reason)


@app.command()
def resume(
    user: Whose, device: Device, reason: Why = "", place: Dir = None, *, json: Json = False
) -> None:
    """Let a suspended device go on, if the rules let it."""
    _act(here(place, json=json), "resume", user, device, reason)


@app.command()
def end(
    user: Whose, device: Device, reason: Reason, place: Dir = None, *, json: Json = False
) -> None:
    """End the session of a device for good; the device and its keys are deleted."""
    _act(here(place, json=json), "end", user, device, reason)


def _act(at: Surroundings, act: str, user: str, device: str, reason: str) -> None:
    body = {"user": user, "device": device, "reason": reason}
    tell_moved(at, ask(at, "POST", f"/devices/{act}", body))
