"""`vedette device inventory …`: what device management reports of devices, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from vedette.cli.session_commands import ask, day, pages
from vedette.cli.surroundings import Dir, Json, here

Source = Annotated[str, typer.Option(help="Only of this inventory.")]
Text = Annotated[str, typer.Option(help="A part of a name, label, id or owner.")]


def list_devices(
    source: Source = "", text: Text = "", place: Dir = None, *, json: Json = False
) -> None:
    """The devices that inventories report, by inventory and id."""
    at = here(place, json=json)
    found = pages(at, "/devices/inventory", "devices", source=source or None, text=text or None)
    at.tell(found, [_line(each) for each in found] or ["no inventory reports such a device"])


def show_device(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The inventory's name.")],
    id_: Annotated[str, typer.Argument(metavar="ID", help="The device's id there.")],
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """One device of an inventory, and who is signed in on it."""
    at = here(place, json=json)
    found = ask(at, "GET", "/devices/inventory/device", source=source, id=id_)
    at.tell(found, device_lines(found))


def state_of_all(place: Dir = None, *, json: Json = False) -> None:
    """Every inventory of the settings: when it was read last, how many devices, what is wrong."""
    at = here(place, json=json)
    found = ask(at, "GET", "/devices/inventories")["inventories"]
    nothing = ["the settings name no inventory ([device_management])"]
    at.tell(found, [inventory_line(each) for each in found] or nothing)


def inventory_line(each: dict[str, Any]) -> str:
    """How one inventory stands."""
    read = day(each["read"]) if each["read"] else "never"
    issuers = ", ".join(each["issuers"])
    trouble = f"; FAILS: {each['trouble']}" if each["trouble"] else ""
    silent = "; what it told last counts no more" if each["silent"] else ""
    return (
        f"{each['name']}  {each['devices']} devices of {issuers}; last read {read}{trouble}{silent}"
    )


def _line(each: dict[str, Any]) -> str:
    owner = each["owner"] or "nobody's"
    system = f"{each['platform']} {each['version']}".strip() or "-"
    place = f"{each['source']}/{each['id']}"
    return f"{place}  {each['label'] or '-'}  {owner}  {system}  {_standing(each)}"


def _standing(each: dict[str, Any]) -> str:
    if each["gone"] or each["standing"] != "active":
        return "gone" if each["gone"] and each["standing"] == "active" else str(each["standing"])
    if not each["fresh"]:
        return "not known: the report is too old"
    words = {True: "in order", False: "NOT in order", None: "not judged"}
    return words[each["compliant"]]


def device_lines(found: dict[str, Any]) -> Iterable[str]:
    """One device, and who is signed in on it."""
    device = found["device"]
    yield _line(device)
    yield f"  reported {day(device['reported'])}"
    yield from (f"  known as {name}" for name in device["names"])
    yield from (f"  session {each['session']} of {each['user']}" for each in found["sessions"])
