"""Every inventory of devices keeps the same promises: Graph, Jamf, MeshCentral (stand-ins), a file."""

from __future__ import annotations

import contextlib
import datetime
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.services import graph_stand_in, jamf_stand_in, meshcentral_stand_in
from tests.services.graph_stand_in import GraphStandIn, managed_device
from tests.services.jamf_stand_in import JamfStandIn, computer, mobile
from tests.services.meshcentral_stand_in import MeshCentralStandIn, node
from tests.services.stand_in import Reply, stand_in
from tests.services.tls_server import authority
from vedette.adapters.device_management.device_file import DeviceFile
from vedette.adapters.device_management.graph import Graph, device_of
from vedette.adapters.device_management.jamf import Jamf, Marks
from vedette.adapters.device_management.meshcentral import MeshCentral
from vedette.adapters.device_management.web import Patience
from vedette.adapters.memory.clock import MemoryClock
from vedette.core.managed_devices import ManagedDevice, Standing
from vedette.ports.device_management import Inventory
from vedette.ports.errors import Unavailable

CA = authority("The CA of the inventories")
ACTIVE, RETIRED, LOST = Standing.ACTIVE, Standing.RETIRED, Standing.LOST


@dataclass(frozen=True)
class Told:
    """What somebody entered about a device, in whichever management."""

    number: int
    compliant: bool = True
    standing: Standing = ACTIVE


COMPANY = (
    Told(1),
    Told(2, compliant=False),
    Told(3, standing=RETIRED),
    Told(4, standing=LOST),
)
HOSTILE = ("control characters", "a giant text", "a wrong type", "no object", "no id")
GIANT = "x" * 100_000


class World:
    """A management and the inventory that asks it."""

    inventory: Inventory
    secret: Path | None = None
    waits: list[float]

    def tell(self, devices: tuple[Told, ...]) -> None: ...
    def spoil(self, number: int, how: str) -> None: ...
    def twice(self, number: int, *, compliant: bool) -> None: ...
    def away(self) -> None: ...
    def half(self) -> None: ...

    def read(self) -> dict[str, ManagedDevice]:
        """By serial number."""
        found = self.inventory.read().devices
        return {next(n for n in d.names if n.startswith("serial")): d for d in found}


def written(place: Path, text: str) -> Path:
    place.write_text(text)
    place.chmod(0o600)
    return place


class GraphWorld(World):
    def __init__(self, folder: Path, held: contextlib.ExitStack) -> None:
        self.there, self.waits, self.clock = GraphStandIn(page_size=100), [], MemoryClock(0.0)
        self.there.origin = held.enter_context(stand_in(self.there.answer, CA))
        self.secret = written(folder / "secret", self.there.client_secret)
        (folder / "ca.pem").write_bytes(CA.pem)
        self.inventory = Graph(
            tenant=graph_stand_in.TENANT,
            client_id=graph_stand_in.CLIENT,
            patience=Patience(self.clock, self.waits.append),
            secret=self.secret,
            graph=self.there.origin,
            login=self.there.origin,
            ca=folder / "ca.pem",
        )

    def tell(self, devices: tuple[Told, ...]) -> None:
        self.there.devices = [self._row(told) for told in devices]

    def _row(self, told: Told) -> dict[str, Any]:
        action = {
            "actionName": "enableLostMode",
            "actionState": "done",
            "startDateTime": "2026-11-20T08:00:00Z",
        }
        return managed_device(
            told.number,
            complianceState="compliant" if told.compliant else "noncompliant",
            managementState="retireIssued" if told.standing is RETIRED else "managed",
            deviceActionResults=[action] if told.standing is LOST else [],
        )

    def spoil(self, number: int, how: str) -> None:
        at = next(
            i for i, row in enumerate(self.there.devices) if row["deviceName"] == f"PC-{number}"
        )
        change: dict[str, Any] = {
            "control characters": {"deviceName": "evil\x1b[2J\n"},
            "a giant text": {"osVersion": GIANT},
            "a wrong type": {"serialNumber": {"$gt": ""}},
            "no id": {"id": ""},
            "no object": None,
        }[how]
        self.there.devices[at] = {**self.there.devices[at], **change} if change else "evil"

    def twice(self, number: int, *, compliant: bool) -> None:
        self.there.devices.append(self._row(Told(number, compliant=compliant)))

    def away(self) -> None:
        self.there.away = True

    def half(self) -> None:
        self.there.halves_at = (len(self.there.devices) - 1) // self.there.page_size


class JamfWorld(World):
    def __init__(self, folder: Path, held: contextlib.ExitStack) -> None:
        self.there, self.waits, self.clock = JamfStandIn(), [], MemoryClock(0.0)
        origin = held.enter_context(stand_in(self.there.answer, CA))
        self.secret = written(folder / "secret", self.there.client_secret)
        (folder / "ca.pem").write_bytes(CA.pem)
        self.inventory = Jamf(
            url=origin,
            client_id=jamf_stand_in.CLIENT,
            secret=self.secret,
            patience=Patience(self.clock, self.waits.append),
            marks=Marks(attribute="Compliance"),
            ca=folder / "ca.pem",
        )

    def tell(self, devices: tuple[Told, ...]) -> None:
        """Every second one is a computer; a computer has no lost mode that Jamf tells."""
        rows = [(told, self._row(told)) for told in devices]
        self.there.computers = [row for _, row in rows if "id" in row]
        self.there.mobiles = [row for _, row in rows if "id" not in row]

    def _row(self, told: Told) -> dict[str, Any]:
        word, managed = (
            "compliant" if told.compliant else "noncompliant",
            told.standing is not RETIRED,
        )
        if told.number % 2:
            return computer(told.number, managed=managed, word=word)
        return mobile(told.number, managed=managed, lost=told.standing is LOST, word=word)

    def _place(self, number: int) -> tuple[list[Any], int]:
        rows = self.there.computers if number % 2 else self.there.mobiles
        serial = f"SERIAL{number:05}"
        return rows, next(i for i, r in enumerate(rows) if r["hardware"]["serialNumber"] == serial)

    def spoil(self, number: int, how: str) -> None:
        rows, at = self._place(number)
        change: dict[str, Any] = {
            "control characters": {"userAndLocation": {"username": "ev\x00il"}},
            "a giant text": {"hardware": {"serialNumber": GIANT}},
            "a wrong type": {"general": ["managed"]},
            "no id": {"id": None, "mobileDeviceId": None},
            "no object": None,
        }[how]
        rows[at] = {**rows[at], **change} if change else 17

    def twice(self, number: int, *, compliant: bool) -> None:
        rows, _ = self._place(number)
        rows.append(self._row(Told(number, compliant=compliant)))
        self.there.hides = -1  # it counts devices, not rows

    def away(self) -> None:
        self.there.away = True

    def half(self) -> None:
        self.there.hides = 2


class MeshWorld(World):
    def __init__(self, folder: Path, held: contextlib.ExitStack) -> None:
        self.there, self.waits = MeshCentralStandIn(), []
        origin = held.enter_context(meshcentral_stand_in.meshcentral_stand_in(self.there, CA))
        token = f"{meshcentral_stand_in.TOKEN}\n{self.there.password}\n"
        self.secret = written(folder / "token", token)
        (folder / "ca.pem").write_bytes(CA.pem)
        self.inventory = MeshCentral(
            url=origin, token=self.secret, clock=MemoryClock(1000.0), ca=folder / "ca.pem"
        )

    def tell(self, devices: tuple[Told, ...]) -> None:
        self.there.pages = 100 if len(devices) > 100 else 0
        self.there.devices = [self._row(told) for told in devices]

    def _row(self, told: Told) -> dict[str, Any]:
        tags = ["compliant"] if told.compliant else []
        tags += [] if told.standing is ACTIVE else [str(told.standing)]
        return node(told.number, *tags)

    def spoil(self, number: int, how: str) -> None:
        rows = self.there.devices
        at = next(i for i, row in enumerate(rows) if row["name"] == f"mac-{number}")
        change: dict[str, Any] = {
            "control characters": {"name": "evil\x7f"},
            "a giant text": {"tags": ["compliant", f"owner:{GIANT}"]},
            "a wrong type": {"tags": {"compliant": True}},
            "no id": {"_id": ""},
            "no object": None,
        }[how]
        rows[at] = {**rows[at], **change} if change else ["evil"]

    def twice(self, number: int, *, compliant: bool) -> None:
        self.there.devices.append(self._row(Told(number, compliant=compliant)))

    def away(self) -> None:
        self.there.away = True

    def half(self) -> None:
        self.there.halves = True


class FileWorld(World):
    def __init__(self, folder: Path, _: contextlib.ExitStack) -> None:
        self.path, self.waits = folder / "devices.csv", []
        self.inventory = DeviceFile(self.path)
        self.rows: list[str] = []

    def tell(self, devices: tuple[Told, ...]) -> None:
        self.rows = [self._row(told) for told in devices]
        self._write()

    def _row(self, told: Told) -> str:
        number, yes = told.number, "yes" if told.compliant else "no"
        return (
            f"dev-{number},SERIAL{number:05};x{number:08},PC {number},person{number},macos,15.4.1,"
            f"{yes},{told.standing},2026-11-26T10:17:11Z"
        )

    def _write(self) -> None:
        head = "id,names,label,owner,platform,version,compliant,standing,reported"
        self.path.write_text("".join(f"{line}\n" for line in ("# ours", head, *self.rows)))

    def spoil(self, number: int, how: str) -> None:
        at = next(i for i, row in enumerate(self.rows) if row.startswith(f"dev-{number},"))
        self.rows[at] = {
            "control characters": self.rows[at].replace("PC", "P\x00C"),
            "a giant text": self.rows[at].replace("PC", GIANT),
            "a wrong type": self.rows[at].replace("yes", "maybe").replace(",no,", ",maybe,"),
            "no id": self.rows[at].replace(f"dev-{number}", ""),
            "no object": "evil",
        }[how]
        self._write()

    def twice(self, number: int, *, compliant: bool) -> None:
        self.rows.append(self._row(Told(number, compliant=compliant)))
        self._write()

    def away(self) -> None:
        self.path.unlink()

    def half(self) -> None:
        self.path.write_text(self.path.read_text()[:-20])


WORLDS = {"graph": GraphWorld, "jamf": JamfWorld, "meshcentral": MeshWorld, "file": FileWorld}
CLOUDS = ("graph", "jamf")


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    with contextlib.ExitStack() as held:
        made = WORLDS[request.param](tmp_path, held)
        made.tell(COMPANY)
        yield made


every = pytest.mark.parametrize("world", list(WORLDS), indirect=True)
over_the_net = pytest.mark.parametrize("world", [*CLOUDS, "meshcentral"], indirect=True)
clouds = pytest.mark.parametrize("world", CLOUDS, indirect=True)


@every
def test_the_same_devices_are_told_the_same_way(world):
    found = world.read()
    assert sorted(found) == [f"serial{told.number:05}" for told in COMPANY]
    for told in COMPANY:
        device = found[f"serial{told.number:05}"]
        assert (device.compliant, device.standing) == (told.compliant, told.standing), device
        assert device.owner.partition("@")[0] == f"person{told.number}"
        assert device.platform in ("macos", "ios")
        assert device.label
        assert world.inventory.read().left_out == ()


@every
def test_a_device_that_is_taken_away_is_told_no_more(world):
    world.tell(COMPANY[:2])
    assert sorted(world.read()) == ["serial00001", "serial00002"]
    world.tell(())
    assert world.read() == {}


@every
def test_a_change_is_told_at_the_next_reading(world):
    world.read()
    world.tell((replace(COMPANY[0], compliant=False), *COMPANY[1:]))
    assert world.read()["serial00001"].compliant is False
    world.tell(COMPANY)
    assert world.read()["serial00001"].compliant is True


@every
def test_many_devices_are_told_page_by_page_each_once(world):
    world.tell(tuple(Told(number) for number in range(1, 931)))
    assert len(world.read()) == 930


@every
def test_an_outage_is_unavailable_and_passes(world):
    world.away()
    with pytest.raises(Unavailable):
        world.read()


@every
def test_what_is_told_half_counts_for_nothing(world):
    world.tell(tuple(Told(number) for number in range(1, 251)))
    world.half()
    with pytest.raises(Unavailable):
        world.read()


@every
@pytest.mark.parametrize("how", HOSTILE)
def test_a_device_that_can_not_be_is_left_out_and_told_and_the_others_count(world, how):
    world.spoil(1, how)
    found = world.inventory.read()
    assert len(found.devices) == 3
    (words,) = found.left_out
    assert words.isprintable()
    assert len(words) < 400


@every
@pytest.mark.parametrize("later", [True, False])
def test_of_a_device_that_is_told_twice_the_stricter_counts_or_neither(world, later):
    world.tell((Told(1, compliant=not later), Told(2)))
    world.twice(1, compliant=later)
    found = world.read().get("serial00001")
    assert found is None or found.compliant is False


@every
def test_trying_says_what_it_finds_and_where_it_fails_what_mends_it(world):
    good = list(world.inventory.tried())
    assert [check.well for check in good] == [True, True], good
    assert "4" in good[-1].words
    world.spoil(2, "a giant text")
    *_, left_out = world.inventory.tried()
    assert (left_out.well, bool(left_out.mend)) == (False, True)
    world.away()
    *_, failed = world.inventory.tried()
    assert (failed.well, bool(failed.mend)) == (False, True)


@over_the_net
def test_a_secret_that_others_can_read_is_not_used(world):
    world.secret.chmod(0o640)
    asked = len(world.there.asked)
    with pytest.raises(Unavailable, match="others can read"):
        world.read()
    (failed,) = world.inventory.tried()
    assert failed.mend == f"chmod 600 {world.secret}"
    assert len(world.there.asked) == asked


@over_the_net
def test_a_wrong_secret_is_told_with_what_mends_it_and_without_the_secret(world):
    wrong = secrets.token_urlsafe(24)
    written(
        world.secret,
        f"{meshcentral_stand_in.TOKEN}\n{wrong}" if "token" in world.secret.name else wrong,
    )
    *_, failed = world.inventory.tried()
    assert not failed.well
    assert failed.mend
    assert wrong not in f"{failed}"


@over_the_net
def test_a_server_of_another_ca_is_told_nothing(world):
    (world.secret.parent / "ca.pem").write_bytes(authority("Another CA").pem)
    with pytest.raises(Unavailable, match="certificate"):
        world.read()
    assert world.there.asked == []


@clouds
def test_throttling_is_waited_out_for_as_long_as_it_says(world):
    module = graph_stand_in if isinstance(world, GraphWorld) else jamf_stand_in
    world.there.throttled = [
        module.throttling(7),
        module.throttling("Thu, 01 Jan 1970 00:00:09 GMT"),
    ]
    assert len(world.read()) == 4
    assert world.waits == [7.0, 9.0]


@clouds
def test_throttling_without_end_is_unavailable(world):
    module = graph_stand_in if isinstance(world, GraphWorld) else jamf_stand_in
    world.there.throttled = [module.throttling(10**9)] * 100
    with pytest.raises(Unavailable, match="429"):
        world.read()
    assert max(world.waits) <= 60
    assert len(world.waits) < 10


@clouds
def test_a_server_that_fails_for_a_moment_is_asked_again(world):
    world.there.throttled = [Reply(502, b"<html>"), Reply(500, {})]
    assert len(world.read()) == 4
    assert world.waits == [1.0, 2.0]


@clouds
def test_a_token_that_ends_meanwhile_is_fetched_anew_once(world):
    class Ending(list):
        """Tokens are revoked when the first page was told."""

        def pop(self, *_: Any) -> Reply:
            super().pop()
            world.there.revoke()
            return Reply(503, {}, {"Retry-After": "1"})

    world.there.throttled = Ending([1])
    assert len(world.read()) == 4
    assert world.there.fetched == 2


@clouds
def test_tokens_that_are_refused_again_and_again_are_unavailable(world):
    world.there.token_seconds = -100
    with pytest.raises(Unavailable, match="token"):
        world.read()
    assert world.there.fetched < 5


@clouds
@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>sign in</html>"),
        Reply(200, ["no object"]),
        Reply(200, {"value": {}, "results": {}}),
        Reply(200, {"value": None, "results": [], "totalCount": "4"}),
        Reply(403, {"error": {"code": "Forbidden", "message": "no\x1b[2J right"}}),
        Reply(302, b"", {"Location": "https://127.0.0.1:1/elsewhere"}),
        Reply(200, b"[" * 100_000),
    ],
)
def test_an_answer_that_is_none_is_unavailable(world, reply):
    world.there.throttled = [reply]
    with pytest.raises(Unavailable) as fault:
        world.read()
    assert str(fault.value).isprintable()


@pytest.mark.parametrize("world", ["graph"], indirect=True)
@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/v1.0/deviceManagement/managedDevices?$skiptoken=1",
        "http://127.0.0.1/v1.0/deviceManagement/managedDevices",
        "https://{here}@evil.test/",
        "//evil.test/",
        "https://{here}.evil.test/",
        "/v1.0/relative",
        "https://{here}/\r\nX-Evil: 1",
    ],
)
def test_a_next_page_elsewhere_is_not_fetched_and_no_token_goes_there(world, elsewhere):
    world.tell(tuple(Told(number) for number in range(1, 201)))
    here = world.there.origin.removeprefix("https://")
    world.there.further = elsewhere.replace("{here}", here)
    with pytest.raises(Unavailable):
        world.read()
    assert len([c for c in world.there.asked if c.path.endswith("managedDevices")]) == 1


@pytest.mark.parametrize("world", ["graph"], indirect=True)
def test_pages_that_lead_round_in_circles_are_unavailable(world):
    world.tell(tuple(Told(number) for number in range(1, 201)))
    world.there.further = f"{world.there.origin}{graph_stand_in.DEVICES}?$skiptoken=0&$top=100"
    with pytest.raises(Unavailable, match="circles"):
        world.read()


@pytest.mark.parametrize("world", ["meshcentral"], indirect=True)
def test_the_control_channel_is_followed_nowhere_else(world):
    other = MeshCentralStandIn(password=world.there.password)
    with meshcentral_stand_in.meshcentral_stand_in(other, CA) as elsewhere:
        world.there.sends_on_to = f"{elsewhere}/control.ashx"
        with pytest.raises(Unavailable):
            world.read()
    assert other.asked == []


@pytest.mark.parametrize("world", ["graph"], indirect=True)
def test_a_certificate_proves_the_application_too(world, tmp_path):
    pair = rsa_pair()
    world.clock.seconds = time.time()
    world.there.certificate = x509.load_pem_x509_certificate(pair[0])
    (tmp_path / "app.crt").write_bytes(pair[0])
    (tmp_path / "app.key").write_bytes(pair[1])
    (tmp_path / "app.key").chmod(0o600)
    by = replace(
        world.inventory, secret=None, certificate=tmp_path / "app.crt", key=tmp_path / "app.key"
    )
    assert len(by.read().devices) == 4
    (tmp_path / "app.key").write_bytes(rsa_pair()[1])
    with pytest.raises(Unavailable, match="no token"):
        by.read()


@pytest.mark.parametrize("world", ["jamf"], indirect=True)
def test_a_jamf_of_before_is_read_where_it_has_its_lists(world):
    world.there.old = True
    assert len(world.read()) == 4


@pytest.mark.parametrize("world", ["jamf"], indirect=True)
def test_a_group_of_jamf_says_which_computers_are_compliant(world):
    world.inventory = replace(world.inventory, marks=Marks(group="Compliant"))
    world.there.computers = [computer(1, groups=("All", "Compliant")), computer(3, groups=("All",))]
    found = world.read()
    assert found["serial00001"].compliant is True
    assert found["serial00003"].compliant is False
    assert found["serial00002"].compliant is None  # a mobile device


STATES: list[tuple[dict[str, Any], Callable[[ManagedDevice], bool]]] = [
    ({"complianceState": "inGracePeriod"}, lambda d: d.compliant is True),
    ({"complianceState": "conflict"}, lambda d: d.compliant is None),
    ({"complianceState": "configManager"}, lambda d: d.compliant is None),
    ({"managementState": "wipePending"}, lambda d: d.standing is RETIRED),
    ({"managementState": "wipeCanceled"}, lambda d: d.standing is ACTIVE),
    ({"deviceRegistrationState": "revoked"}, lambda d: d.standing is RETIRED),
    ({"managementAgent": "eas"}, lambda d: d.standing is RETIRED),
    ({"lostModeState": "enabled"}, lambda d: d.standing is LOST),
    ({"lastSyncDateTime": "0001-01-01T00:00:00Z"}, lambda d: d.at == 0),
    ({"azureADDeviceId": "00000000-0000-0000-0000-000000000000"}, lambda d: len(d.names) == 2),
    ({"serialNumber": "To Be Filled By O.E.M."}, lambda d: len(d.names) == 2),
]


@pytest.mark.parametrize(("change", "holds"), STATES)
def test_what_intune_says_of_a_device_means(change, holds):
    assert holds(device_of(managed_device(1, **change)))


def test_lost_mode_that_was_switched_off_again_is_over():
    def action(name: str, day: int, state: str = "done") -> dict[str, str]:
        at = f"2026-11-{day:02}T08:00:00Z"
        return {"actionName": name, "actionState": state, "startDateTime": at}

    on, off = action("enableLostMode", 1), action("disableLostMode", 2)
    assert device_of(managed_device(1, deviceActionResults=[off, on])).standing is ACTIVE
    again = action("enableLostMode", 3, "pending")
    assert device_of(managed_device(1, deviceActionResults=[on, again, off])).standing is LOST
    failed = action("disableLostMode", 4, "failed")
    assert device_of(managed_device(1, deviceActionResults=[again, failed])).standing is LOST


def rsa_pair() -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vedette")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM), pem
