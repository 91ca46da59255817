# ruff: noqa: F401, F811  # fixtures are named where they are used
"""What every sign-in store promises of the company's devices, in memory, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.test_sign_in_store import NOW, server, store
from vedette.core.managed_devices import ManagedDevice, Standing
from vedette.ports.device_management import REPORTS_KEPT, InventoryState, ReplayedReport
from vedette.ports.sign_in import SignInStore


def device(number: int, **changes: object) -> ManagedDevice:
    made = ManagedDevice(
        id=f"d{number}",
        names=frozenset({f"serial-{number}", f"udid-{number}"}),
        label=f"B\u00fcro-Laptop {number}",
        owner="ann@example.test",
        platform="windows",
        version="10.0.26100",
        compliant=True,
        at=NOW - 5,
    )
    return replace(made, **changes)


def test_a_device_is_kept_as_the_inventory_told_it(store: SignInStore) -> None:
    devices = store.devices
    assert devices.take_all("intune", [device(1), device(2)], NOW) == 2
    found = devices.device("intune", "d1")
    assert found is not None
    assert (found.device, found.reported, found.gone) == (device(1), NOW, False)
    assert devices.device("jamf", "d1") is devices.device("intune", "d3") is None


def test_what_was_told_again_is_no_change_and_counts_from_now_on(store: SignInStore) -> None:
    devices = store.devices
    devices.take_all("intune", [device(1), device(2)], NOW)
    before = devices.changes()
    assert devices.take_all("intune", [device(1), device(2)], NOW + 60) == 0
    assert devices.take_some("intune", [device(1)], NOW + 90) == 0
    assert devices.changes() == before
    reported = [each.reported for each in devices.listed("", 9)]
    assert reported == [NOW + 90, NOW + 60]


def test_what_the_inventory_names_no_more_is_gone_until_it_names_it_again(
    store: SignInStore,
) -> None:
    devices = store.devices
    devices.take_all("intune", [device(1), device(2)], NOW)
    devices.take_all("jamf", [device(1)], NOW)
    assert devices.take_all("intune", [device(1)], NOW + 9) == 1
    assert [(each.place, each.gone) for each in devices.listed("", 9)] == [
        ("intune/d1", False),
        ("intune/d2", True),
        ("jamf/d1", False),
    ]
    assert devices.take_all("intune", [device(1)], NOW + 10) == 0
    gone = devices.device("intune", "d2")
    assert gone is not None
    assert gone.reported == NOW + 9
    assert devices.take_some("intune", [device(2)], NOW + 11) == 1
    back = devices.device("intune", "d2")
    assert back is not None
    assert back.gone is False


def test_a_report_of_some_leaves_the_others_and_counts_once(store: SignInStore) -> None:
    devices = store.devices
    devices.take_all("hook", [device(1), device(2)], NOW)
    lost = device(2, standing=Standing.LOST, compliant=None)
    assert devices.take_some("hook", [lost], NOW + 1, "r1") == 1
    with pytest.raises(ReplayedReport):
        devices.take_some("hook", [device(2)], NOW + 2, "r1")
    assert [each.device for each in devices.listed("", 9)] == [device(1), lost]
    assert devices.take_some("other", [device(2)], NOW + 2, "r1") == 1
    store.sweep(NOW + 1 + REPORTS_KEPT)
    assert devices.take_some("hook", [device(2)], NOW + 2, "r1") == 1


def test_devices_are_found_by_their_names_in_the_inventories_that_are_asked(
    store: SignInStore,
) -> None:
    devices = store.devices
    devices.take_all("intune", [device(1), device(2)], NOW)
    devices.take_all("jamf", [device(1)], NOW)
    found = devices.named(["intune"], ["serial-1", "udid-1", "serial-9"])
    assert [each.place for each in found] == ["intune/d1"]
    assert len(devices.named(["intune", "jamf"], ["udid-1"])) == 2
    assert devices.named([], ["udid-1"]) == devices.named(["intune"], []) == ()


def test_a_name_that_a_device_lost_finds_it_no_more(store: SignInStore) -> None:
    devices = store.devices
    devices.take_all("intune", [device(1)], NOW)
    devices.take_some("intune", [device(1, names=frozenset({"new"}))], NOW)
    assert devices.named(["intune"], ["serial-1"]) == ()
    assert len(devices.named(["intune"], ["new"])) == 1


def test_devices_are_listed_a_page_at_a_time_and_sought_by_what_they_are_called(
    store: SignInStore,
) -> None:
    devices = store.devices
    devices.take_all("intune", [device(3), device(1), device(2, owner="BEN@example.test")], NOW)
    devices.take_all("jamf", [device(4)], NOW)
    found, after = [], ""
    while page := devices.listed(after, 2):
        found += [each.place for each in page]
        after = page[-1].place
    assert found == ["intune/d1", "intune/d2", "intune/d3", "jamf/d4"]
    assert [each.place for each in devices.listed("", 9, source="jamf")] == ["jamf/d4"]
    assert [each.place for each in devices.listed("", 9, text="ben@")] == ["intune/d2"]
    assert len(devices.listed("", 9, text="B\u00dcRO")) == 4
    assert devices.listed("", 9, text="%") == ()


def test_only_the_certificates_of_changed_devices_are_touched(store: SignInStore) -> None:
    devices = store.devices
    devices.call("print-1", ["serial-1", "hash-1"])
    devices.call("print-2", ["serial-2", "hash-2"])
    start = devices.changes()
    devices.take_all("intune", [device(1), device(2)], NOW)
    assert devices.touched(start) == {"print-1", "print-2"}
    before = devices.changes()
    assert devices.touched(before) == frozenset()
    devices.take_all("intune", [device(1), device(2, compliant=False)], NOW + 1)
    assert devices.touched(before) == {"print-2"}
    before = devices.changes()
    devices.take_all("intune", [device(2, compliant=False)], NOW + 2)
    assert devices.touched(before) == {"print-1"}
    before = devices.changes()
    devices.take_some("intune", [device(2, names=frozenset({"new"}))], NOW + 3)
    assert devices.touched(before) == {"print-2"}
    devices.call("print-2", ["other"])
    assert devices.touched(before) == frozenset()
    assert devices.calling(["serial-1", "other"]) == {"print-1", "print-2"}


def test_how_an_inventory_stands_is_noted(store: SignInStore) -> None:
    devices = store.devices
    well = InventoryState(source="intune", read=NOW, tried=NOW, devices=2)
    devices.note(replace(well, trouble="it does not answer", read=0))
    devices.note(well)
    devices.take_all("intune", [device(1)], NOW + 1)
    devices.note(InventoryState(source="a", tried=NOW, trouble="no"))
    assert devices.states() == (InventoryState(source="a", tried=NOW, trouble="no"), well)


def test_what_another_inventory_said_is_forgotten_with_it(store: SignInStore) -> None:
    devices = store.devices
    devices.take_all("intune", [device(1), device(2)], NOW)
    devices.take_all("jamf", [device(1)], NOW)
    devices.note(InventoryState(source="jamf"))
    before = devices.changes()
    assert devices.forget(["intune"]) == 1
    assert devices.changes() > before
    assert [each.source for each in devices.states()] == ["intune"]
    assert devices.named(["jamf"], ["serial-1"]) == ()
    assert devices.forget(["intune"]) == 0


def test_an_inventory_of_many_devices_is_taken_and_only_what_changed_is_looked_at(
    store: SignInStore,
) -> None:
    many = [device(number) for number in range(1200)]
    devices = store.devices
    assert devices.take_all("intune", many, NOW) == 1200
    devices.call("print", ["serial-700"])
    before = devices.changes()
    other = [replace(each, compliant=False) if each.id == "d700" else each for each in many]
    assert devices.take_all("intune", other[:1199], NOW + 1) == 2
    assert devices.changes() == before + 2
    assert devices.touched(before) == {"print"}
