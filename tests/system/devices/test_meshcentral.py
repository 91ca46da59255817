"""A real MeshCentral with a real agent as the inventory of devices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.meshcentral import MeshCentralServer, meshcentral
from vedette.adapters.device_management.meshcentral import MeshCentral
from vedette.adapters.memory.devices import MemoryDevices
from vedette.adapters.system_clock import SystemClock
from vedette.control.inventories import Inventories
from vedette.core.managed_devices import ManagedDevice, Standing
from vedette.core.settings.device_management import DeviceManagement
from vedette.ports.errors import Unavailable

pytestmark = pytest.mark.system


@dataclass
class Company:
    server: MeshCentralServer
    device: str
    inventory: MeshCentral

    def read(self) -> ManagedDevice:
        found = self.inventory.read()
        assert found.left_out == ()
        (device,) = found.devices
        return device


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("meshcentral")
    began = time.monotonic()
    with meshcentral(folder / "server") as server:
        up = time.monotonic()
        device = server.enrol()
        then = time.monotonic()
        print(f"the server was up after {up - began:.1f} s, the agent {then - up:.1f} s later")
        token = folder / "token"
        server.login_token("vedette", token)
        inventory = MeshCentral(url=server.url, token=token, clock=SystemClock(), ca=server.ca)
        yield Company(server, device, inventory)


def test_an_agent_that_enrolled_is_a_device_that_nobody_called_compliant(company: Company) -> None:
    device = company.read()
    assert device.id == company.device
    assert device.id.rpartition("/")[2].casefold() in device.names
    assert (device.standing, device.compliant) == (Standing.ACTIVE, False)
    assert device.platform == "linux"
    assert time.time() - device.at < 300


def test_what_its_tags_say_reaches_the_reading_and_what_they_say_no_more_too(
    company: Company,
) -> None:
    company.server.tag(company.device, "compliant", "name:C02ABC", "owner:anna")
    given = company.read()
    assert (given.compliant, given.owner) == (True, "anna")
    assert "c02abc" in given.names
    company.server.tag(company.device, "name:C02ABC", "owner:anna")
    assert company.read().compliant is False
    company.server.tag(company.device, "compliant", "lost")
    assert company.read().standing is Standing.LOST
    company.server.tag(company.device, "compliant", "retired")
    assert company.read().standing is Standing.RETIRED
    company.server.tag(company.device)
    assert company.read().standing is Standing.ACTIVE


def test_a_tag_that_is_taken_away_is_in_the_store_after_the_next_reading(company: Company) -> None:
    store, settings = MemoryDevices(), {"mesh": DeviceManagement(issuers=("company",))}
    keeper = Inventories({"mesh": company.inventory}, {}, store, lambda: settings, SystemClock())
    company.server.tag(company.device, "compliant")
    assert keeper.sync("mesh").devices == 1
    before = store.changes()
    company.server.tag(company.device)
    begun = time.monotonic()
    keeper.sync("mesh")
    print(f"read and kept in {time.monotonic() - begun:.2f} s")
    kept = store.device("mesh", company.device)
    assert kept is not None
    assert kept.device.compliant is False
    assert store.changes() > before


def test_a_login_token_that_is_wrong_or_was_taken_back_lets_nobody_in(
    company: Company, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    company.server.login_token("soon gone", token)
    reading = MeshCentral(
        url=company.server.url, token=token, clock=SystemClock(), ca=company.server.ca
    )
    assert len(reading.read().devices) == 1
    name, password = token.read_text().split()
    company.server.control("LoginTokens", "--remove", name)
    with pytest.raises(Unavailable, match="does not let us in"):
        reading.read()
    token.write_text(f"{name}\n{password[:-1]}\n")
    with pytest.raises(Unavailable, match="does not let us in"):
        reading.read()
