"""Reads the inventories of device management, again and again, and doubts one that misses most.

Each reading is on a thread of its own, for whose end no shutdown waits. What an inventory does not
tell stays as it was told last; a device that it tells to be retired, lost or not compliant is so at
once, whatever else is doubted.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from vedette.core.directory_state import too_many
from vedette.core.language import told
from vedette.core.managed_devices import ManagedDevice, Standing
from vedette.core.settings.device_management import DeviceManagement
from vedette.ports.clock import Clock
from vedette.ports.device_management import (
    DeviceStore,
    Inventory,
    InventoryState,
    InventoryTold,
)
from vedette.ports.directory import Check
from vedette.ports.errors import Unavailable

_LOG = logging.getLogger("vedette.control")
_LOOK_SECONDS = 0.5
"""How often it is looked whether a reading is due, or a file has changed."""
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 300.0
_LARGEST_LOSS = 20
"""Percent of the devices that may be missing from one reading to the next."""
_AT_ONCE = 1000
_FORGET_SECONDS = 3600.0


@dataclass(slots=True)
class _Pace:
    """When an inventory is read next."""

    due: float = 0.0
    wait: float = 0.0
    stamp: object = None
    begun: bool = False
    """Whether a reading goes on."""
    turn: threading.Lock = field(default_factory=threading.Lock)
    """One reading at a time."""


@dataclass(slots=True)
class Inventories:
    """The InventoryKeeper of this host.

    `inventories` are asked; `reporters` report by themselves, and are tried by what is theirs.
    `settings` are those in force: an inventory that they do not name is left alone.
    """

    inventories: Mapping[str, Inventory]
    reporters: Mapping[str, Callable[[], Iterator[Check]]]
    store: DeviceStore
    settings: Callable[[], Mapping[str, DeviceManagement]]
    clock: Clock
    _paces: dict[str, _Pace] = field(default_factory=dict)
    _active: dict[str, set[str]] = field(default_factory=dict)
    """By inventory the ids of devices that it last told to be in use."""
    _forget_at: float = 0.0
    _named: frozenset[str] = frozenset()
    """What the settings named an hour ago: a revision that is taken back forgets nothing."""

    def sources(self) -> Collection[str]:
        """The names of all that the boot file says where to find."""
        return self.inventories.keys() | self.reporters.keys()

    def asked(self) -> Collection[str]:
        """Of those, the ones that are asked."""
        return self.inventories.keys()

    async def run(self) -> None:
        """Read what is due until cancelled."""
        self._forget_at = self.clock.now() + _FORGET_SECONDS
        while True:
            with suppress(Unavailable):  # before the first settings are in force nothing is due
                await asyncio.to_thread(self.step)  # it looks at files
            await asyncio.sleep(_LOOK_SECONDS)

    def step(self) -> None:
        """Begin every reading that is due. Raises Unavailable without settings."""
        settings = self.settings()
        for name, inventory in self.inventories.items():
            pace = self._pace(name)
            if name in settings and not pace.begun and self._is_due(pace, inventory):
                pace.begun = True
                self._begin(name, pace)
        if self._forget_at and self.clock.now() >= self._forget_at:
            self._forget_at = self.clock.now() + _FORGET_SECONDS
            kept, self._named = self._named | settings.keys(), frozenset(settings)
            threading.Thread(target=self._forget, args=(kept,), daemon=True).start()

    def sync(self, source: str, *, confirm: bool = False) -> InventoryState:
        """Read one now. Raises Unavailable."""
        pace = self._pace(source)
        with pace.turn:
            return self._read(source, pace, confirm=confirm)

    def tried(self, source: str) -> tuple[Check, ...]:
        """What comes of trying one; it takes as long as a reading."""
        if source in self.reporters:
            return tuple(self.reporters[source]())
        with self._pace(source).turn:
            return tuple(self.inventories[source].tried())

    # ---- reading ---------------------------------------------------------------------------------

    def _pace(self, name: str) -> _Pace:
        return self._paces.setdefault(name, _Pace())

    def _is_due(self, pace: _Pace, inventory: Inventory) -> bool:
        return self.clock.now() >= pace.due or inventory.stamp() != pace.stamp

    def _begin(self, name: str, pace: _Pace) -> None:
        thread = f"vedette-inventory-{name}"
        threading.Thread(target=self._turn, args=(name, pace), name=thread, daemon=True).start()

    def _turn(self, name: str, pace: _Pace) -> None:
        try:
            with pace.turn:
                self._read(name, pace)
        except Unavailable as outage:
            self._later(name, pace, outage)
        except Exception:  # noqa: BLE001  # a bug in one reading must not end the readings
            _LOG.exception("incident: the reading of inventory %s failed", name)
            pace.due = self.clock.now() + _LONGEST_WAIT
        finally:
            pace.due = max(pace.due, self.clock.now() + _FIRST_WAIT)
            pace.begun = False

    def _later(self, name: str, pace: _Pace, outage: Unavailable) -> None:
        """Where not even the outage could be noted, the log has it."""
        if pace.due <= self.clock.now():
            _LOG.error("inventory %s: %s", name, outage)
            pace.due = self.clock.now() + _LONGEST_WAIT

    def _read(self, name: str, pace: _Pace, *, confirm: bool = False) -> InventoryState:
        """Ask it and keep what it tells. Raises Unavailable."""
        inventory = self.inventories[name]
        pace.stamp = inventory.stamp()
        before = self._before(name)
        try:
            found = inventory.read()
        except Unavailable as outage:
            pace.wait = min(_LONGEST_WAIT, pace.wait * 2 or _FIRST_WAIT)
            pace.due = self.clock.now() + pace.wait
            self._note(before, replace(before, tried=int(self.clock.now()), trouble=str(outage)))
            raise
        settings = self.settings().get(name)
        pace.wait, pace.due = 0.0, self.clock.now() + (300 if settings is None else settings.every)
        state = self._taken(name, found, before, confirm=confirm)
        self._note(before, state)
        return state

    def _taken(
        self, name: str, found: InventoryTold, before: InventoryState, *, confirm: bool
    ) -> InventoryState:
        """Keep it, or of a reading that misses too many what takes away. Raises Unavailable."""
        now, known = int(self.clock.now()), self._known(name)
        missing = known - {device.id for device in found.devices}
        if not confirm and too_many(len(missing), len(known), _LARGEST_LOSS):
            self.store.take_some(name, [each for each in found.devices if is_off(each)], now)
            words = told(
                "it names {count} of {of} devices no more, so what it told last stays in force; "
                "look at it, and confirm with `vedette device inventory sync {name} --confirm`",
                count=len(missing),
                of=len(known),
                name=name,
            )
            return replace(before, tried=now, trouble=str(words))
        changed = self.store.take_all(name, found.devices, now)
        self._active[name] = {d.id for d in found.devices if d.standing is Standing.ACTIVE}
        if changed:
            _LOG.info("inventory %s: %d devices are other than before", name, changed)
        return InventoryState(
            source=name, read=now, tried=now, devices=len(found.devices), trouble=_left_out(found)
        )

    def _known(self, name: str) -> set[str]:
        """The ids of devices that it had in use. Raises Unavailable."""
        if name not in self._active:
            found, after = set[str](), ""
            while some := self.store.listed(after, _AT_ONCE, source=name):
                after = some[-1].place
                found |= {
                    each.device.id
                    for each in some
                    if not each.gone and each.device.standing is Standing.ACTIVE
                }
            self._active[name] = found
        return self._active[name]

    def _before(self, name: str) -> InventoryState:
        """How it stood. Raises Unavailable."""
        states = {state.source: state for state in self.store.states()}
        return states.get(name) or InventoryState(source=name)

    def _note(self, before: InventoryState, state: InventoryState) -> None:
        """Keep how it stands, and tell the log where that is news."""
        self.store.note(state)
        if state.trouble and state.trouble != before.trouble:
            _LOG.error("inventory %s: %s", state.source, state.trouble)
        elif before.trouble and not state.trouble:
            _LOG.info("inventory %s is well again", state.source)

    def _forget(self, names: frozenset[str]) -> None:
        """Forget devices of inventories that the settings have not named for an hour."""
        try:
            gone = self.store.forget(names)
        except Unavailable as outage:
            _LOG.error("%s", outage)
            return
        for name in self._active.keys() - names:
            self._active.pop(name, None)
        if gone:
            _LOG.info("%d devices of inventories that are no more are forgotten", gone)


def is_off(device: ManagedDevice) -> bool:
    """Whether the management says by itself that this device is not to be let in."""
    return device.standing is not Standing.ACTIVE or device.compliant is False


def _left_out(found: InventoryTold) -> str:
    if not found.left_out:
        return ""
    some = "; ".join(found.left_out[:3])
    return str(told("{count} are left out: {some}", count=len(found.left_out), some=some))
