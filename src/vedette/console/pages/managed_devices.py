"""Managed devices: how inventories stand, what they report, and who is signed in on which device."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from vedette.admin.managed_devices import DeviceView, InventoryView
from vedette.console.desks import Desks
from vedette.console.lists import Cell, Column, Filter, Listing, Reading, Say, Slice, moment
from vedette.console.page import Visit, Words
from vedette.core.asks import Act
from vedette.core.managed_devices import Standing


async def _read(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    page = await desks.managed_devices.page(
        visit.by,
        reading.after or "",
        reading.most,
        source=reading["source"],
        text=reading["text"],
        uses=True,
    )
    return Slice(page.devices, page.next)


async def _beside(desks: Desks, visit: Visit) -> dict[str, Any]:
    found = await desks.managed_devices.states(visit.by)
    return {"inventories": [_inventory(each) for each in found]}


def _inventory(view: InventoryView) -> tuple[Cell, ...]:
    state = view.state
    tone = "bad" if view.silent else "warn" if state.trouble else "good"
    return (
        Cell(view.name),
        Cell(", ".join(map(str, view.settings.issuers))),
        Cell(moment(state.read) if state.read else "-", tone=tone),
        Cell(str(state.devices)),
        Cell(state.trouble, english=True),
    )


def _sources(desks: Desks) -> list[str]:
    document = desks.settings.policy.current().directory.document
    return sorted(map(str, document.device_management))


def _state(row: DeviceView, say: Say) -> Cell:
    device = row.kept.device
    if device.standing is not Standing.ACTIVE:
        return Cell(say(f"managed-devices-{device.standing.value}"), tone="bad")
    if row.kept.gone:
        return Cell(say("managed-devices-gone"), tone="bad")
    if not row.fresh:
        return Cell(say("managed-devices-old"), tone="warn")
    word, tone = {True: ("good", "good"), False: ("bad", "bad"), None: ("unjudged", "")}[
        device.compliant
    ]
    return Cell(say(f"managed-devices-{word}"), tone=tone)


def _raw_state(row: DeviceView) -> str:
    device = row.kept.device
    if device.standing is not Standing.ACTIVE or row.kept.gone:
        return "gone" if device.standing is Standing.ACTIVE else device.standing.value
    if not row.fresh:
        return "unknown"
    return {True: "compliant", False: "not compliant", None: "not judged"}[device.compliant]


def _who(row: DeviceView, _say: Say) -> Cell:
    people = sorted({str(use.user) for use in row.uses})
    if not people:
        return Cell("-")
    return Cell(", ".join(people), f"/sessions/{quote(row.uses[0].session, safe='')}")


LISTING = Listing(
    name="managed-devices",
    path="/managed-devices",
    entry="managed-devices",
    act=Act.ADMINISTRATION_INVENTORY_LIST,
    asks=False,
    read=_read,
    template="managed-devices",
    beside=_beside,
    filters=(Filter("text"), Filter("source", named=_sources)),
    columns=(
        Column("device", lambda row: row.kept.device.label or row.kept.device.id,
               lambda row, _: Cell(row.kept.device.label or row.kept.device.id,
                                   soft=row.kept.device.id if row.kept.device.label else "")),
        Column("source", lambda row: row.kept.source),
        Column("owner", lambda row: row.kept.device.owner),
        Column("system", lambda row: f"{row.kept.device.platform} {row.kept.device.version}".strip(),
               lambda row, _: Cell(row.kept.device.platform, soft=row.kept.device.version)),
        Column("state", _raw_state, _state),
        Column("reported", lambda row: moment(row.kept.reported)),
        Column("who", lambda row: ", ".join(sorted({str(use.user) for use in row.uses})), _who),
    ),
)  # fmt: skip

PAGES = LISTING.pages()
WORDS: Words = MappingProxyType(
    {
        "managed-devices-text": ("Name, owner or id", "Name, Eigentümer oder Kennung"),
        "managed-devices-source": ("Inventory", "Inventar"),
        "managed-devices-device": ("Device", "Gerät"),
        "managed-devices-owner": ("Given to", "Gegeben an"),
        "managed-devices-system": ("System", "System"),
        "managed-devices-state": ("State", "Zustand"),
        "managed-devices-reported": ("Reported (UTC)", "Gemeldet (UTC)"),
        "managed-devices-who": ("Signed in on it", "Darauf angemeldet"),
        "managed-devices-good": ("in order", "in Ordnung"),
        "managed-devices-bad": ("not in order", "nicht in Ordnung"),
        "managed-devices-unjudged": ("not judged", "nicht beurteilt"),
        "managed-devices-old": ("report too old", "Meldung zu alt"),
        "managed-devices-lost": ("lost", "verloren"),
        "managed-devices-retired": ("retired", "ausgemustert"),
        "managed-devices-gone": ("gone", "verschwunden"),
        "managed-devices-empty": (
            "No inventory has reported a device yet.",
            "Noch hat kein Inventar ein Gerät gemeldet.",
        ),
        "managed-devices-inventories": ("Inventories", "Inventare"),
        "managed-devices-issuers": ("For certificates of", "Für Zertifikate von"),
        "managed-devices-read": ("Last told (UTC)", "Zuletzt gemeldet (UTC)"),
        "managed-devices-count": ("Devices", "Geräte"),
        "managed-devices-trouble": ("What is wrong", "Was nicht stimmt"),
        "managed-devices-none": (
            (
                "The settings name no inventory. One is named by a command, and where it is stands in "
                "the boot file:"
            ),
            (
                "Die Einstellungen nennen kein Inventar. Eines benennt ein Befehl, und wo es ist, steht "
                "in der Boot-Datei:"
            ),
        ),
        "managed-devices-list": ("Devices", "Geräte"),
    }
)
