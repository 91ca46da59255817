"""The devices of a file that the company writes: comma-separated lines, read again when they change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.device_management.trouble import Trouble, tried_by
from vedette.core.device_table import TableFault, parse_devices
from vedette.core.language import told
from vedette.ports.device_management import InventoryTold
from vedette.ports.directory import Check

_LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class DeviceFile:
    """The Inventory that stands in the table `path` (`vedette.core.device_table`)."""

    path: Path

    def read(self) -> InventoryTold:
        """Every device of the table. Raises Unavailable where its frame does not hold."""
        try:
            table = parse_devices(self._held().decode())
        except (TableFault, UnicodeDecodeError) as fault:
            raise Trouble(
                told("`{path}` can't be used: {why}", path=self.path, why=fault),
                told("(write it anew beside it, and rename it into its place)"),
            ) from fault
        return InventoryTold(table.devices, table.faults)

    def tried(self) -> Iterator[Check]:
        """Whether it can be read, and its lines."""
        return tried_by(self._held, self.read)

    def stamp(self) -> object:
        """Other when somebody wrote the file anew."""
        try:
            found = self.path.stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _held(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                held = file.read(_LARGEST + 1)
        except OSError as fault:
            raise Trouble(
                told("`{path}` can't be read: {why}", path=self.path, why=fault.strerror or ""),
                told("(see the path in the boot file, and who may read it)"),
            ) from fault
        if len(held) > _LARGEST:
            raise Trouble(told("`{path}` is larger than 64 MiB", path=self.path))
        return held
