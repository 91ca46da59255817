"""The routes about managed devices: inventories and what they report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from vedette.admin.managed_devices import DeviceView, InventoryView
from vedette.api.acting import By
from vedette.api.certificate_shapes import UseShape
from vedette.api.managed_device_shapes import (
    DeviceOnShape,
    InventoriesShape,
    InventoryShape,
    ManagedDeviceShape,
    ManagedDevicesShape,
)
from vedette.api.office import Office

_Text = Annotated[str, Query(max_length=255)]
_After = Annotated[str, Query(max_length=600)]


def router(office: Office) -> APIRouter:
    """Everything about managed devices."""
    router, desk = APIRouter(tags=["devices"]), office.managed_devices

    @router.get("/devices/inventories")
    async def states(by: By) -> InventoriesShape:
        """Every inventory of the settings, when it was read last, and what is wrong with it."""
        return InventoriesShape(inventories=[_inventory(each) for each in await desk.states(by)])

    @router.get("/devices/inventory")
    async def page(
        by: By,
        after: _After = "",
        most: Annotated[int, Query(ge=1, le=1000)] = 200,
        source: _Text = "",
        text: _Text = "",
    ) -> ManagedDevicesShape:
        """Devices that inventories report; `text` is a part of a name, label, id or owner."""
        found = await desk.page(by, after, most, source=source, text=text)
        return ManagedDevicesShape(
            devices=[_device(each) for each in found.devices], next=found.next
        )

    @router.get("/devices/inventory/device")
    async def device(
        by: By, source: _Text, id_: Annotated[str, Query(alias="id", max_length=255)]
    ) -> DeviceOnShape:
        """One device of an inventory, and who is signed in on it."""
        found = await desk.device(by, source, id_)
        return DeviceOnShape(
            device=_device(found),
            sessions=[UseShape(session=use.session, user=str(use.user)) for use in found.uses],
        )

    return router


def _inventory(view: InventoryView) -> InventoryShape:
    return InventoryShape(
        name=view.name,
        issuers=[str(each) for each in view.settings.issuers],
        good_for=view.settings.good_for,
        every=view.settings.every,
        read=view.state.read,
        tried=view.state.tried,
        devices=view.state.devices,
        trouble=view.state.trouble,
        silent=view.silent,
    )


def _device(view: DeviceView) -> ManagedDeviceShape:
    device = view.kept.device
    return ManagedDeviceShape(
        source=view.kept.source,
        id=device.id,
        label=device.label,
        owner=device.owner,
        platform=device.platform,
        version=device.version,
        compliant=device.compliant,
        standing=device.standing.value,
        gone=view.kept.gone,
        names=sorted(device.names),
        at=device.at,
        reported=view.kept.reported,
        fresh=view.fresh,
    )
