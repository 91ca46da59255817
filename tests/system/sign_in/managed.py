"""A company's managed devices: their CA, what an inventory reports of them, and sessions on them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.company_ca import CLIENT_AUTH, DAY, Authority, Issued, basic, key_usage, root, usages
from tests.system.pki import Card
from tests.system.sign_in import live
from tests.system.sign_in.house import SURE, House
from vedette.core.managed_devices import ManagedDevice, Standing
from vedette.core.on_device import OnDevice, Proof
from vedette.core.sessions import ShownCertificate
from vedette.ports.certificates import KeptCertificate
from vedette.protocol.x509.device_names import device_names
from vedette.protocol.x509.reading import Read, read
from vedette.protocol.x509.values import thumbprint_of

SOURCE = "intune"
SAY = "Only devices in order can be used here."


@dataclass(slots=True)
class Fleet:
    """The devices of one inventory, as it reports them now."""

    authority: Authority
    devices: dict[str, ManagedDevice] = field(default_factory=dict)

    @classmethod
    def new(cls) -> Fleet:
        now = int(time.time())
        return cls(root("O=Corp, CN=Devices", since=now - DAY, until=now + DAY))

    def enrol(self, name: str, owner: str) -> Issued:
        """A new device: its certificate, and what the inventory says of it."""
        self.devices[name] = ManagedDevice(
            id=name,
            names=frozenset({name}),
            label=name,
            owner=owner,
            platform="windows",
            version="10.0.26100",
            compliant=True,
        )
        now = int(time.time())
        return self.authority.issue(
            f"O=Corp, CN={name}",
            basic(ca=False),
            key_usage("digital_signature"),
            usages(CLIENT_AUTH),
            since=now - 3600,
            until=now + DAY,
        )

    def told(self, name: str, state: str) -> ManagedDevice:
        """A device as its inventory would report it in this state."""
        changes: dict[str, object] = {
            "well": {},
            "not in order": {"compliant": False},
            "retired": {"standing": Standing.RETIRED},
            "lost": {"standing": Standing.LOST},
        }[state]
        return replace(self.devices[name], **changes)  # type: ignore[arg-type]


def card(folder: Path, issued: Issued) -> Card:
    """A certificate and its key as files, as TLS takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Card(folder / "device.pem", folder / "device.key")
    made.certificate.write_text(issued.pem)
    kept = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made.key.write_bytes(issued.key.private_bytes(*kept))
    return made


@contextmanager
def managing(
    house: House, fleet: Fleet, people: Sequence[str], *, unless: str = "device.compliant = yes"
) -> Iterator[None]:
    """The settings know the devices' CA and its inventory, and of these people want such devices."""
    before = max(each["number"] for each in house.cli("settings", "history"))
    pem = fleet.authority.issued.pem
    issuer = f'{{ anchors = ["""{pem}"""], devices = "managed", revocation = "soft" }}'
    users = ", ".join(f'"@{name}:{house.boot.organisation}"' for name in people)
    house.cli("settings", "set", "issuers.devices", issuer, *SURE)
    inventory = '{ issuers = ["devices"], good_for = "1 day" }'
    house.cli("settings", "set", f"device_management.{SOURCE}", inventory, *SURE)
    house.cli("settings", "set", "parties.mobile", f"{{ users = [{users}] }}", *SURE)
    house.cli(
        "rule", "add", "devices", "--from", "mobile", "--forbid", "sign-in", "--unless", unless,
        "--say", SAY, *SURE,
    )  # fmt: skip
    try:
        yield
    finally:
        house.cli("settings", "restore", str(before), *SURE)


def tell_all(house: House, fleet: Fleet) -> None:
    """The inventory is read as a whole, as control keeps it."""
    house.store.devices.take_all(SOURCE, tuple(fleet.devices.values()), int(time.time()))


def tell(house: House, *devices: ManagedDevice) -> float:
    """The inventory reports these; when that was known, by `monotonic`."""
    house.store.devices.take_some(SOURCE, devices, int(time.time()))
    return time.monotonic()


def stand_on(house: House, runs: live.Runs, issued: Issued) -> None:
    """Have a session stand on a device's certificate, as if its program had shown it."""
    known, thumbprint = read(issued.der), thumbprint_of(issued.der)
    assert isinstance(known, Read)
    now = int(time.time())
    kept = KeptCertificate(
        thumbprint=thumbprint, der=issued.der, issuer="devices", serial=known.serial_hex,
        subject=known.subject_text, localpart="", ends=known.not_after, shown=now, checked=now,
    )  # fmt: skip
    house.store.certificates.keep(kept)
    shown = ShownCertificate(
        thumbprint=thumbprint, issuer="devices", serial=kept.serial, ends=kept.ends
    )
    house.store.devices.call(thumbprint, device_names(issued.der, "devices", ("cn",)))
    proof = Proof(certificate=thumbprint, issuer="devices")
    house.store.set_device(runs.id, OnDevice(proof=proof, managed=True, compliant=True))
    house.store.set_facts(runs.id, replace(runs.session.facts, certificates=(shown,)))


@dataclass(slots=True)
class Held:
    """Seconds from the report until the next request was refused, the open /sync was cut, and, from
    the report that all is well, until it was answered again.
    """

    refused: list[float] = field(default_factory=list)
    cut: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)


async def held(
    house: House,
    http: aiohttp.ClientSession,
    fleet: Fleet,
    everybody: Sequence[tuple[live.Runs, str]],
    state: str,
) -> Held:
    """Have each of these devices become so, one after the other, and well again, with an open /sync."""
    found = Held()
    for runs, name in everybody:
        runs.cut = 0.0
        await live.listen(http, runs)
        await asyncio.sleep(0.1)  # it arrives at Synapse
        told = await asyncio.to_thread(tell, house, fleet.told(name, state))
        await live.becomes(http, runs.token, 403)
        found.refused.append(time.monotonic() - told)
        assert runs.polling is not None
        await asyncio.wait({runs.polling}, timeout=live.PATIENCE)
        assert runs.cut > 0, "the open /sync was not cut"
        found.cut.append(max(0.0, runs.cut - told))
        told = await asyncio.to_thread(tell, house, fleet.told(name, "well"))
        await live.becomes(http, runs.token, 200)
        found.back.append(time.monotonic() - told)
    return found


async def crowd(
    house: House, http: aiohttp.ClientSession, fleet: Fleet, people: Sequence[str]
) -> list[tuple[live.Runs, str]]:
    """A session for each of these people, each on a managed device of their own."""
    names = [f"laptop-of-{name}" for name in people]
    issued = [fleet.enrol(name, owner) for name, owner in zip(names, people, strict=True)]
    await asyncio.to_thread(tell_all, house, fleet)
    made = await asyncio.to_thread(live.issue, house, people)
    for runs, certificate in zip(made, issued, strict=True):
        await asyncio.to_thread(stand_on, house, runs, certificate)
    for runs in made:
        await live.becomes(http, runs.token, 200)
    return list(zip(made, names, strict=True))
