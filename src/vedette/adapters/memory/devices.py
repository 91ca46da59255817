"""What inventories say of devices, of a sign-in store that is kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from threading import RLock

from vedette.core.managed_devices import ManagedDevice
from vedette.ports.device_management import (
    REPORTS_KEPT,
    InventoryState,
    KeptDevice,
    ReplayedReport,
)

_Key = tuple[str, str]


@dataclass(slots=True)
class _Device:
    kept: KeptDevice
    change: int
    lost: frozenset[str] = frozenset()
    """Names that it had until just now."""


@dataclass(slots=True)
class MemoryDevices:
    """The DeviceStore of a MemorySignInStore."""

    _devices: dict[_Key, _Device] = field(default_factory=dict)
    _called: dict[str, frozenset[str]] = field(default_factory=dict)
    _reports: dict[_Key, int] = field(default_factory=dict)
    _states: dict[str, InventoryState] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)
    _changes: int = 0
    _lock: RLock = field(default_factory=RLock)

    def take_all(self, source: str, devices: Collection[ManagedDevice], now: int) -> int:
        """Keep these as all that the inventory has; whatever it names no more is gone."""
        named = {device.id for device in devices}
        with self._lock:
            changed = self.take_some(source, devices, now)
            for (from_, id_), each in self._devices.items():
                if from_ == source and id_ not in named and not each.kept.gone:
                    self._changes += 1
                    each.kept = replace(each.kept, gone=True, reported=now)
                    each.change = self._changes
                    changed += 1
            self._told[source] = now
        return changed

    def take_some(
        self, source: str, devices: Collection[ManagedDevice], now: int, report: str = ""
    ) -> int:
        """Keep these beside the others. Raises ReplayedReport."""
        with self._lock:
            if report and (source, report) in self._reports:
                raise ReplayedReport
            if report:
                self._reports[source, report] = now
            return sum(self._take(source, device, now) for device in devices)

    def _take(self, source: str, device: ManagedDevice, now: int) -> bool:
        before = self._devices.get((source, device.id))
        kept = KeptDevice(source, device, now)
        if before is not None and before.kept.device == device and not before.kept.gone:
            before.kept = kept
            return False
        self._changes += 1
        lost = before.kept.device.names - device.names if before is not None else frozenset()
        self._devices[source, device.id] = _Device(kept, self._changes, lost)
        return True

    def named(self, sources: Collection[str], names: Collection[str]) -> tuple[KeptDevice, ...]:
        """Devices of these inventories that have one of these names."""
        wanted = set(names)
        return self._found(lambda k: k.source in sources and bool(wanted & k.device.names))

    def device(self, source: str, id: str) -> KeptDevice | None:  # noqa: A002
        """One device, or None."""
        found = self._devices.get((source, id))
        return None if found is None else self._told_of(found.kept)

    def listed(
        self, after: str, most: int, *, source: str = "", text: str = ""
    ) -> tuple[KeptDevice, ...]:
        """Devices by source and id, behind the place `after`, that hold the text."""
        behind = tuple(after.split("/", 1)) if after else ("", "")
        found = self._found(
            lambda k: (
                (k.source, k.device.id) > behind
                and source in ("", k.source)
                and text.casefold() in _words(k.device)
            )
        )
        return found[:most]

    def _found(self, wanted: Callable[[KeptDevice], bool]) -> tuple[KeptDevice, ...]:
        with self._lock:
            kept = [self._told_of(each.kept) for each in self._devices.values()]
        found = [each for each in kept if wanted(each)]
        return tuple(sorted(found, key=lambda each: (each.source, each.device.id)))

    def _told_of(self, kept: KeptDevice) -> KeptDevice:
        told = 0 if kept.gone else self._told.get(kept.source, 0)
        return replace(kept, reported=max(kept.reported, told))

    def changes(self) -> int:
        """The number of the newest change."""
        return self._changes

    def touched(self, since: int) -> frozenset[str]:
        """Certificates that name a device which is other than it was at this number of changes."""
        with self._lock:
            changed = [each for each in self._devices.values() if each.change > since]
        return self.calling(
            {name for each in changed for name in each.kept.device.names | each.lost}
        )

    def call(self, thumbprint: str, names: Collection[str]) -> None:
        """Keep by which names this certificate calls its device."""
        with self._lock:
            self._called[thumbprint] = frozenset(names)

    def calling(self, names: Collection[str]) -> frozenset[str]:
        """The certificates that call their device by one of these names."""
        with self._lock:
            called = list(self._called.items())
        return frozenset(thumbprint for thumbprint, mine in called if not mine.isdisjoint(names))

    def note(self, state: InventoryState) -> None:
        """Keep how an inventory stands."""
        self._states[state.source] = state

    def states(self) -> tuple[InventoryState, ...]:
        """How each inventory stands that was ever asked or ever reported."""
        with self._lock:
            known = {**{each: InventoryState(source=each) for each in self._told}, **self._states}
        return tuple(known[each] for each in sorted(known))

    def forget(self, but: Collection[str]) -> int:
        """Forget all devices and states of inventories other than these."""
        with self._lock:
            gone = [key for key in self._devices if key[0] not in but]
            for key in gone:
                del self._devices[key]
            self._changes += len(gone)
            for kept in (self._states, self._told):
                for each in [name for name in kept if name not in but]:
                    del kept[each]
            self._reports = {key: at for key, at in self._reports.items() if key[0] in but}
        return len(gone)

    def sweep(self, now: int) -> None:
        """Forget ids of reports that are too old."""
        with self._lock:
            kept = {key: at for key, at in self._reports.items() if at > now - REPORTS_KEPT}
            self._reports = kept


def _words(device: ManagedDevice) -> str:
    return "\n".join((device.id, device.label, device.owner, *sorted(device.names))).casefold()
