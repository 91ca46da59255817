"""The JSON shapes about managed devices. Times are seconds since 1970 UTC; 0 stands for never."""

from __future__ import annotations

from vedette.api.certificate_shapes import UseShape
from vedette.api.shapes import Shape


class InventoryShape(Shape):
    """An inventory of the settings. `trouble` is empty while it is well; `silent` says that what it
    told last is too old to count.
    """

    name: str
    issuers: list[str]
    good_for: int
    every: int
    read: int
    tried: int
    devices: int
    trouble: str
    silent: bool


class InventoriesShape(Shape):
    """Every inventory."""

    inventories: list[InventoryShape]


class ManagedDeviceShape(Shape):
    """A device as its inventory reports it. `compliant` is null where it has no opinion; `fresh` says
    whether the report still counts, `gone` that the inventory names it no more.
    """

    source: str
    id: str
    label: str
    owner: str
    platform: str
    version: str
    compliant: bool | None
    standing: str
    gone: bool
    names: list[str]
    at: int
    reported: int
    fresh: bool


class ManagedDevicesShape(Shape):
    """Some devices, by inventory and id."""

    devices: list[ManagedDeviceShape]
    next: str | None


class DeviceOnShape(Shape):
    """One device, and the sessions that stand on a certificate which names it."""

    device: ManagedDeviceShape
    sessions: list[UseShape]
