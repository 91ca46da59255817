"""Microsoft's and Jamf's own clients read our stand-ins, and read there what we do."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.test_device_inventories import CA, COMPANY, GraphWorld, JamfWorld, Told
from tests.services import graph_stand_in, jamf_stand_in
from tests.services.device_clients import asked_by_jamfs_client, asked_by_microsofts_client
from vedette.core.managed_devices import Standing

MANY = (*COMPANY, *(Told(number) for number in range(5, 251)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root.pem").write_bytes(CA.pem)
    return tmp_path


def test_microsofts_client_is_told_by_the_stand_in_what_we_are(folder: Path) -> None:
    with contextlib.ExitStack() as held:
        world = GraphWorld(folder, held)
        world.tell(MANY)
        world.there.throttled = [graph_stand_in.throttling(1)]
        found = asked_by_microsofts_client(
            world.there.origin,
            graph_stand_in.TENANT,
            graph_stand_in.CLIENT,
            world.there.client_secret,
            folder / "root.pem",
        )
        assert not world.there.throttled, "it was throttled, and went on"
        ours = {device.id: device for device in world.inventory.read().devices}
    theirs: dict[str, dict[str, Any]] = {each["id"]: each for each in found}
    assert theirs.keys() == ours.keys()
    assert len(found) == len(MANY)
    for id_, device in ours.items():
        them = theirs[id_]
        assert {them["serial"].casefold(), them["directory"], them["id"]} == device.names
        assert (them["owner"], them["version"], them["at"]) == (
            device.owner,
            device.version,
            device.at,
        )
        assert (them["compliance"] == "compliant") == device.compliant
        retired = them["state"] == "retireIssued"
        assert retired == (device.standing is Standing.RETIRED)


def test_jamfs_client_is_told_by_the_stand_in_what_we_are(folder: Path) -> None:
    with contextlib.ExitStack() as held:
        world = JamfWorld(folder, held)
        world.tell(MANY)
        world.there.token_seconds = 3600
        found = asked_by_jamfs_client(
            world.inventory.url,
            jamf_stand_in.CLIENT,
            world.there.client_secret,
            folder / "root.pem",
        )
        ours = world.read()
    rows = [*found["computers"], *found["mobiles"]]
    theirs: dict[str, dict[str, Any]] = {each["serial"].casefold(): each for each in rows}
    assert theirs.keys() == ours.keys()
    for serial, device in ours.items():
        them = theirs[serial]
        assert them["owner"] == device.owner
        assert them["managed"] == (device.standing is not Standing.RETIRED)
        assert them.get("lost", False) == (device.standing is Standing.LOST)
        if "compliance" in them:
            assert (them["compliance"] == ["compliant"]) == device.compliant
