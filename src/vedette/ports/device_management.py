"""The company's device management (MDM): what its inventory says, and where that is kept.

An inventory that does not answer is `Unavailable`; what it said before counts until it is too old
(`good_for` of the settings). Calls wait; use them on a worker thread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from vedette.core.managed_devices import ManagedDevice
from vedette.ports.directory import Check


@dataclass(frozen=True, slots=True)
class InventoryTold:
    """What an inventory tells: its devices, and in words which others were left out and why."""

    devices: tuple[ManagedDevice, ...]
    left_out: tuple[str, ...] = ()


class Inventory(Protocol):
    """One inventory that is asked: Microsoft Graph, Jamf Pro, MeshCentral, a file."""

    def read(self) -> InventoryTold:
        """Every device that it has, page by page, the retired and lost ones too where it tells.

        A device of which it says what can't be is left out.

        Raises:
            Unavailable: it did not tell all of them; nothing of it counts.
        """

    def tried(self) -> Iterator[Check]:
        """What comes of trying it, step by step, each failure with what mends it. Raises nothing."""

    def stamp(self) -> object:
        """Something that is other when there is news at once; None where only asking tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryState:
    """How one inventory stands. Times are in unix seconds, 0 for never.

    `read` is when it last told all it has, or last sent a report; `trouble` is empty while it is well.
    """

    source: str
    read: int = 0
    tried: int = 0
    devices: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class KeptDevice:
    """One device of an inventory, and when it was last reported, in unix seconds.

    `gone`: the inventory told all it has without it since; it counts as retired.
    """

    source: str
    device: ManagedDevice
    reported: int
    gone: bool = False

    @property
    def place(self) -> str:
        """Where it stands in the list of all."""
        return f"{self.source}/{self.device.id}"


class ReplayedReport(Exception):
    """A report with this id was taken before."""


REPORTS_KEPT = 30 * 86_400
"""So many seconds a report's id is remembered; an older report is to be refused for its age."""


class DeviceStore(Protocol):
    """Keeps what the inventories report: a part of the sign-in store. Raises Unavailable.

    `source` is a name of the document's `[device_management]`.
    """

    def take_all(self, source: str, devices: Collection[ManagedDevice], now: int) -> int:
        """Keep these as all that the inventory has; returns how many are other than before.

        Whatever it had before and names no more is `gone`.
        """

    def take_some(
        self, source: str, devices: Collection[ManagedDevice], now: int, report: str = ""
    ) -> int:
        """Keep these beside the others; returns how many are other than before.

        Raises:
            ReplayedReport: `report` is the id of one that was taken before; nothing is kept.
        """

    def named(self, sources: Collection[str], names: Collection[str]) -> tuple[KeptDevice, ...]:
        """Devices of these inventories that have one of these names (`device_name`)."""

    def device(self, source: str, id: str) -> KeptDevice | None:  # noqa: A002  # the field's word
        """One device, or None."""

    def listed(
        self, after: str, most: int, *, source: str = "", text: str = ""
    ) -> tuple[KeptDevice, ...]:
        """Devices by source and id, behind the place `after` (`<source>/<id>`), that hold the text."""

    def changes(self) -> int:
        """Grows with each device that is other than before. One cheap read."""

    def touched(self, since: int) -> frozenset[str]:
        """Certificates that name a device which is other than it was at this number of changes.

        As thumbprints (`x5t#S256`). A name that a device just lost still counts as one of its own.
        """

    def call(self, thumbprint: str, names: Collection[str]) -> None:
        """Keep by which names this certificate calls its device, in the place of those before."""

    def calling(self, names: Collection[str]) -> frozenset[str]:
        """The thumbprints of the certificates that call their device by one of these names."""

    def note(self, state: InventoryState) -> None:
        """Keep how an inventory stands."""

    def states(self) -> tuple[InventoryState, ...]:
        """How each inventory stands that was ever asked or ever reported."""

    def forget(self, but: Collection[str]) -> int:
        """Forget all devices and states of inventories other than these; returns how many devices."""


class InventoryKeeper(Protocol):
    """What reads the inventories of this host's organisation, again and again."""

    def sources(self) -> Collection[str]:
        """The names of all that the boot file says where to find."""

    def asked(self) -> Collection[str]:
        """Of those, the ones that are asked. The others report by themselves."""

    def sync(self, source: str, *, confirm: bool = False) -> InventoryState:
        """Read one now; with `confirm` what it tells is taken, whatever it misses.

        Raises:
            Unavailable: it does not tell all it has, or nothing can be kept.
        """

    def tried(self, source: str) -> tuple[Check, ...]:
        """What comes of trying one. Nothing of it is kept."""
