"""Control reads the inventories of device management, and doubts one that suddenly misses most."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.apps.control.organisation import until
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.devices import MemoryDevices
from vedette.admin import inventory_findings as findings
from vedette.admin.findings import Found, Health
from vedette.control.inventories import Inventories
from vedette.core.managed_devices import ManagedDevice, Standing
from vedette.core.settings.device_management import DeviceManagement
from vedette.ports.device_management import InventoryState, InventoryTold
from vedette.ports.directory import Check
from vedette.ports.errors import Unavailable


@dataclass
class Scripted:
    """An inventory that tells what the test says."""

    devices: list[ManagedDevice] = field(default_factory=list)
    left_out: tuple[str, ...] = ()
    fault: Exception | None = None
    news: object = None
    readings: int = 0
    hold: threading.Event | None = None

    def read(self) -> InventoryTold:
        self.readings += 1
        if self.hold is not None:
            assert self.hold.wait(60)
        if self.fault is not None:
            raise self.fault
        return InventoryTold(tuple(self.devices), self.left_out)

    def tried(self) -> Iterator[Check]:
        yield from ()

    def stamp(self) -> object:
        return self.news


class Desk:
    """One inventory, `mdm`, that is read every minute, and what is kept of it."""

    def __init__(self) -> None:
        self.inventory, self.store, self.clock = Scripted(), MemoryDevices(), MemoryClock()
        self.settings = {"mdm": DeviceManagement(issuers=("company",), every="1 minute")}
        self.keeper = Inventories(
            {"mdm": self.inventory}, {}, self.store, lambda: self.settings, self.clock
        )
        self.inventory.devices = [device(number) for number in range(40)]

    def passes(self, seconds: float) -> int:
        """Time passes; how many readings that brings."""
        before = self.inventory.readings
        self.clock.seconds += seconds
        self.keeper.step()
        until(lambda: not self.keeper._paces["mdm"].begun)
        return self.inventory.readings - before

    def state(self) -> InventoryState:
        return next(
            (s for s in self.store.states() if s.source == "mdm"), InventoryState(source="")
        )

    def in_use(self) -> int:
        """How many devices count as in use."""
        kept = self.store.listed("", 1000, source="mdm")
        return sum(not k.gone and k.device.standing is Standing.ACTIVE for k in kept)


def device(number: int, **other: Any) -> ManagedDevice:
    names = frozenset({f"serial{number}"})
    return replace(ManagedDevice(id=f"d{number:03}", names=names, compliant=True), **other)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_it_is_read_at_once_and_then_as_often_as_the_settings_say(desk):
    assert desk.passes(0) == 1
    assert desk.state() == InventoryState(
        source="mdm", read=int(desk.clock.now()), tried=int(desk.clock.now()), devices=40
    )
    assert desk.passes(59) == 0
    assert desk.passes(1) == 1


def test_a_file_that_changed_is_read_at_once(desk):
    desk.passes(0)
    desk.inventory.news = 1
    assert desk.passes(1) == 1
    assert desk.passes(1) == 0


def test_an_inventory_that_the_settings_do_not_name_is_left_alone(desk):
    desk.settings = {}
    desk.keeper.step()
    assert desk.inventory.readings == 0


def test_a_few_devices_may_always_go_and_are_gone(desk):
    desk.passes(0)
    del desk.inventory.devices[:5]
    desk.passes(60)
    assert desk.in_use() == 35
    assert not desk.state().trouble


def test_a_reading_that_misses_most_devices_is_held_and_told(desk):
    desk.passes(0)
    read = desk.state().read
    del desk.inventory.devices[:30]
    desk.passes(60)
    assert desk.in_use() == 40
    assert "30 of 40" in desk.state().trouble
    assert "--confirm" in desk.state().trouble
    assert desk.state().read == read  # so that it grows old


def test_what_is_held_is_taken_when_somebody_says_so(desk):
    desk.passes(0)
    del desk.inventory.devices[:30]
    desk.passes(60)
    assert "30 of 40" in desk.keeper.sync("mdm").trouble
    assert desk.keeper.sync("mdm", confirm=True).trouble == ""
    assert desk.in_use() == 10
    assert desk.passes(60) == 1
    assert not desk.state().trouble


def test_a_hold_ends_by_itself_when_the_inventory_thinks_better_of_it(desk):
    desk.passes(0)
    gone, desk.inventory.devices = desk.inventory.devices, []
    desk.passes(60)
    assert desk.state().trouble
    desk.inventory.devices = gone
    desk.passes(60)
    assert not desk.state().trouble
    assert desk.in_use() == 40


def test_a_hold_outlives_a_restart_of_control(desk):
    desk.passes(0)
    desk.inventory.devices = []
    again = Inventories({"mdm": desk.inventory}, {}, desk.store, lambda: desk.settings, desk.clock)
    assert "40 of 40" in again.sync("mdm").trouble
    assert desk.in_use() == 40


def test_while_a_reading_is_held_what_takes_away_counts_and_what_gives_waits(desk):
    desk.inventory.devices[1] = device(1, compliant=False)
    desk.passes(0)
    desk.inventory.devices = [
        device(0, standing=Standing.LOST),
        device(1, compliant=True),
        device(2, compliant=False),
        device(99),
    ]
    desk.passes(60)
    assert "37 of 40" in desk.state().trouble
    kept = {k.device.id: k.device for k in desk.store.listed("", 1000)}
    assert kept["d000"].standing is Standing.LOST
    assert kept["d001"].compliant is False
    assert kept["d002"].compliant is False
    assert "d099" not in kept


def test_devices_that_it_tells_to_be_retired_are_not_doubted_however_many(desk):
    desk.passes(0)
    desk.inventory.devices = [device(n, standing=Standing.RETIRED) for n in range(40)]
    desk.passes(60)
    assert desk.in_use() == 0
    desk.inventory.devices = []
    desk.passes(60)
    assert not desk.state().trouble


def test_an_outage_changes_nothing_is_told_and_is_tried_ever_more_seldom(desk):
    desk.passes(0)
    read = desk.state().read
    desk.inventory.fault = Unavailable("it is away")
    desk.passes(60)
    assert desk.in_use() == 40
    assert (desk.state().trouble, desk.state().read, desk.state().devices) == (
        "it is away",
        read,
        40,
    )
    assert [desk.passes(5), desk.passes(5), desk.passes(5)] == [1, 0, 1]
    desk.inventory.fault = None
    assert desk.passes(300) == 1
    assert not desk.state().trouble


def test_a_fault_of_ours_is_an_incident_and_ends_no_readings(desk, caplog):
    desk.inventory.fault = ZeroDivisionError("a bug")
    assert desk.passes(0) == 1
    assert "incident: the reading of inventory mdm failed" in caplog.text
    assert "a bug" in caplog.text
    assert desk.passes(299) == 0
    desk.inventory.fault = None
    assert desk.passes(2) == 1
    assert desk.in_use() == 40


def test_what_is_left_out_is_told(desk):
    desk.inventory.left_out = ("`d7`: too long",)
    desk.passes(0)
    assert "`d7`: too long" in desk.state().trouble


def test_one_reading_at_a_time_and_a_slow_one_holds_up_nobody(desk):
    desk.inventory.hold = threading.Event()
    desk.keeper.step()
    until(lambda: desk.inventory.readings == 1)
    desk.clock.seconds += 120
    desk.keeper.step()
    waiting = threading.Thread(target=desk.keeper.sync, args=("mdm",))
    waiting.start()
    assert desk.inventory.readings == 1
    desk.inventory.hold.set()
    waiting.join(60)
    assert desk.passes(0) == 0
    assert desk.inventory.readings == 2


def test_an_inventory_that_is_named_no_more_is_forgotten_but_not_at_once(desk):
    desk.passes(0)
    desk.keeper._forget_at = desk.clock.now() + 3600
    desk.passes(3600)
    desk.settings = {}
    desk.clock.seconds += 3600
    desk.keeper.step()
    assert desk.in_use() == 40  # a revision that is taken back forgets nothing
    desk.clock.seconds += 3600
    desk.keeper.step()
    until(lambda: desk.in_use() == 0)


# ---- what the doctor says ------------------------------------------------------------------------

NOW = 1_800_000_000
WELL = InventoryState(source="mdm", read=NOW, tried=NOW, devices=40)


@dataclass
class Seen:
    boot: Any
    document: Any
    inventories: tuple[InventoryState, ...]
    now: float = NOW


def said(*states: InventoryState, here: tuple[str, ...] = ("mdm",)) -> Found:
    """The one thing that the doctor finds about an inventory `mdm` of the settings."""
    section = DeviceManagement(issuers=("company",), good_for="1 day")
    boot = SimpleNamespace(control=SimpleNamespace(device_management=dict.fromkeys(here)))
    document = SimpleNamespace(device_management={"mdm": section})
    (found,) = findings.inventories(Seen(boot, document, states))
    return found


def test_the_doctor_is_content_with_an_inventory_that_is_read() -> None:
    assert said(WELL).health is Health.GOOD


def test_the_doctor_names_the_command_for_a_reading_that_is_held() -> None:
    held = said(replace(WELL, tried=NOW + 60, trouble="confirm with `… --confirm`"))
    assert held.health is Health.BROKEN
    assert held.mend == "vedette device inventory sync mdm --confirm --reason why"


def test_what_is_left_out_of_a_reading_that_was_taken_is_weak_and_an_outage_is_broken() -> None:
    assert said(replace(WELL, trouble="1 are left out")).health is Health.WEAK
    away = said(replace(WELL, tried=NOW + 60, trouble="it is away"))
    assert (away.health, away.mend) == (Health.BROKEN, "vedette device inventory test mdm")


def test_the_doctor_tells_of_devices_that_count_as_unknown_by_now() -> None:
    old = said(replace(WELL, read=NOW - 86_401, trouble="it is away"))
    assert old.health is Health.BROKEN
    assert "count as unknown" in old.words


def test_the_doctor_tells_of_an_inventory_that_nobody_says_where_to_find() -> None:
    assert "boot file" in said(WELL, here=()).words
    assert said().health is Health.WEAK  # it has told nothing yet
