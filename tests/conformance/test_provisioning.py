"""What a homeserver promises the sign-in service, asked of a real Synapse and of the fake."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.system.delegated_synapse import DOMAIN, Delegated, delegated_synapse
from vedette.adapters.memory.provisioning import MemoryProvisioning
from vedette.adapters.synapse_provisioning import SynapseProvisioning
from vedette.ports.errors import Unavailable
from vedette.ports.provisioning import Provisioning

NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Server:
    """A homeserver, and what can be seen of it besides the port."""

    provisioning: Provisioning
    away: Provisioning
    devices: Callable[[str], dict[str, str]]
    name: Callable[[str], str]

    def account(self) -> str:
        """The localpart of an account that nobody has had before."""
        localpart = f"person{next(NUMBERS)}"
        self.provisioning.person(localpart, "First Name")
        return localpart


@pytest.fixture(scope="module")
def delegated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delegated]:
    with delegated_synapse(tmp_path_factory.mktemp("provisioning") / "org") as made:
        yield made


@pytest.fixture(params=["memory", pytest.param("synapse", marks=pytest.mark.system)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Server:
    if request.param == "memory":
        return in_memory()
    return of_synapse(request.getfixturevalue("delegated"), tmp_path)


def in_memory() -> Server:
    fake = MemoryProvisioning()

    def devices(localpart: str) -> dict[str, str]:
        return {id_: name for (owner, id_), name in fake.devices.items() if owner == localpart}

    return Server(
        fake,
        MemoryProvisioning(away=True),
        devices,
        lambda localpart: fake.names[localpart],
    )


def of_synapse(delegated: Delegated, tmp_path: Path) -> Server:
    """What Synapse tells the person; a session of its own sees for each."""
    eyes: dict[str, str] = {}

    def devices(localpart: str) -> dict[str, str]:
        if localpart not in eyes:
            eyes[localpart] = delegated.person(localpart, "EYES")
        found = delegated.api(eyes[localpart]).get("devices").ok()["devices"]
        return {
            each["device_id"]: each.get("display_name") or ""
            for each in found
            if each["device_id"] != "EYES"
        }

    def name(localpart: str) -> str:
        devices(localpart)
        path = f"profile/{quote(f'@{localpart}:{DOMAIN}', safe='')}"
        answer = delegated.api(eyes[localpart]).get(path)
        if answer.status == 404:  # nothing stands in it any more
            return ""
        return str(answer.ok().get("displayname", ""))

    real = delegated.provisioning
    away = SynapseProvisioning(tmp_path / "nobody.sock", "secret")
    return Server(real, away, devices, name)


def test_a_person_is_made_once_and_keeps_the_name(server: Server) -> None:
    localpart = server.account()
    assert server.name(localpart) == "First Name"
    server.provisioning.person(localpart, "Another Name")
    assert server.name(localpart) == "First Name"


def test_an_account_is_called_otherwise_and_nobody_is_made_by_it(server: Server) -> None:
    localpart = server.account()
    for name in ("Second Name", "Second Name", "Dritter Näme", "x" * 300):
        server.provisioning.call(localpart, name)
        assert server.name(localpart) == name[:256]
    server.provisioning.call(localpart, "")
    assert server.name(localpart) == ""
    with pytest.raises(Unavailable):
        server.provisioning.call("nobody-there", "Somebody")
    with pytest.raises(Unavailable):
        server.provisioning.device("nobody-there", "DEVICE", "phone")


def test_a_device_is_made_named_and_made_again(server: Server) -> None:
    localpart = server.account()
    for name in ("phone", "phone", "telephone"):
        server.provisioning.device(localpart, "DEVICE", name)
        assert server.devices(localpart) == {"DEVICE": name}
    server.provisioning.device(localpart, "DEVICE", "")
    assert server.devices(localpart) == {"DEVICE": "telephone"}


def test_a_device_of_nobody_is_not_made(server: Server) -> None:
    with pytest.raises(Unavailable):
        server.provisioning.device("nobody-there", "DEVICE", "phone")


def test_a_device_is_deleted_and_may_be_deleted_again(server: Server) -> None:
    localpart = server.account()
    server.provisioning.device(localpart, "ONE", "phone")
    server.provisioning.device(localpart, "TWO", "laptop")
    for _ in range(2):
        server.provisioning.delete_device(localpart, "ONE")
        assert server.devices(localpart) == {"TWO": "laptop"}
    server.provisioning.delete_device("nobody-there", "ONE")


def test_nothing_to_cancel_is_no_fault(server: Server) -> None:
    assert server.provisioning.cancel_delayed_events(server.account(), "DEVICE") == 0
    assert server.provisioning.cancel_delayed_events("nobody-there", "DEVICE") == 0


def test_keys_may_be_reset_only_for_somebody_who_is_there(server: Server) -> None:
    server.provisioning.allow_cross_signing_reset(server.account())
    with pytest.raises(Unavailable):
        server.provisioning.allow_cross_signing_reset("nobody-there")


def test_names_of_any_kind_arrive_as_they_are(server: Server) -> None:
    localpart = f"odd=2f.{next(NUMBERS)}/x"
    server.provisioning.person(localpart, "Ünï “quoted” <b>&amp;")
    assert server.name(localpart) == "Ünï “quoted” <b>&amp;"


@pytest.mark.parametrize(
    "asked",
    [
        lambda away: away.person("ann", "Ann"),
        lambda away: away.call("ann", "Ann"),
        lambda away: away.device("ann", "DEVICE", "phone"),
        lambda away: away.delete_device("ann", "DEVICE"),
        lambda away: away.cancel_delayed_events("ann", "DEVICE"),
        lambda away: away.allow_cross_signing_reset("ann"),
    ],
)
def test_a_server_that_is_away_is_said_to_be(
    server: Server, asked: Callable[[Provisioning], object]
) -> None:
    with pytest.raises(Unavailable):
        asked(server.away)


def test_without_the_secret_synapse_does_nothing(delegated: Delegated) -> None:
    stranger = replace(delegated.provisioning, secret="another")
    for asked in (
        lambda: stranger.person("stranger", ""),
        lambda: stranger.cancel_delayed_events("stranger", "DEVICE"),
    ):
        with pytest.raises(Unavailable, match="403"):
            asked()
    assert "another" not in repr(stranger)
