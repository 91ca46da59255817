"""An organisation of some size with its console, and the browser of its security officer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.audit import DOORS, decision_of
from tests.apps.console.crowd import add_people, add_token, report_rooms, session
from tests.apps.console.house import DOMAIN, Browser, House
from tests.apps.synapse.test_held_rows import Synapse
from tests.company_ca import root
from vedette.adapters.audit_keys import recipient_at
from vedette.adapters.audit_writer import AuditWriter
from vedette.adapters.memory.held_files import MemoryHeldFiles
from vedette.adapters.sign_in.rows import session_columns
from vedette.adapters.sign_in.tables import (
    ACCOUNTS,
    CERTIFICATE_NAMES,
    CERTIFICATE_USES,
    CERTIFICATES,
    SESSIONS,
)
from vedette.core.managed_devices import ManagedDevice
from vedette.core.sessions import SessionState
from vedette.ports.device_management import InventoryState
from vedette.protocol.internal.held_files import FilesFound, Sought, cursor_of, read_cursor
from vedette.protocol.internal.standing import MOST_ROOMS
from vedette.synapse.internals.held_rows import HeldRows

AT_ONCE = 5_000
PARTNER = 'partner3 = { domains = ["partner3.example"] }'
MANAGED = f"""
[issuers.company]
anchors = ['''{root("O=Corp, CN=Corp Devices").issued.pem}''']
devices = "managed"
[device_management.mdm]
issuers = ["company"]
"""
_DAY = 86_400
_PLATFORMS = ("linux", "windows", "android", "ios")


@dataclass(frozen=True)
class Size:
    """How much there is."""

    people: int
    records: int
    rooms: int


MANY, FEW = Size(100_000, 1_000_000, MOST_ROOMS - 1), Size(100, 100, 99)


def name(number: int) -> str:
    """The localpart of one of them."""
    return f"worker{number:06}"


@dataclass(frozen=True)
class Office:
    """One organisation of some size, and the officer's browser."""

    house: House
    browser: Browser
    size: Size

    def page(self, address: str) -> float:
        """Seconds until a page is there. Raises RuntimeError where it is not."""
        began = time.perf_counter()
        shown = self.browser.get(address)
        took = time.perf_counter() - began
        if shown.status != 200:
            raise RuntimeError(f"`{address}` was answered with {shown.status}: {shown.words[:200]}")
        return took

    def next_of(self, address: str, link: Any) -> str | None:
        """Where the link leads that a page has to the next one."""
        found = link.search(self.browser.get(address).text)
        return unescape(found[1]) if found else None


class Files(MemoryHeldFiles):
    """Held files, looked for as Synapse's module looks for them, in tables as Synapse has them."""

    def fill(self, count: int) -> None:
        """So many held files, among twice as many."""
        self._synapse = Synapse()
        self._rows = HeldRows(self._synapse)  # type: ignore[arg-type]  # as much of it as this needs
        rows = (
            (f"media{number:07}", 1234, None if number % 2 else "vedette:held:DEVICE",
             number, f"@{name(number % count)}:{DOMAIN}", "application/pdf", f"report {number}.pdf")
            for number in range(2 * count)
        )  # fmt: skip
        marks = ",".join("?" * 7)
        self._synapse.database.executemany(
            f"INSERT INTO local_media_repository VALUES ({marks})",  # noqa: S608  # marks alone
            rows,
        )

    async def list(self, sought: Sought, after: str | None, most: int) -> FilesFound:
        """As `FilesForControl` answers."""
        behind = None if after is None else read_cursor(after)
        found = await self._rows.list(sought, behind, most + 1)
        next_ = cursor_of(found[most - 1]) if len(found) > most else None
        return FilesFound(rows=tuple(found[:most]), next=next_)


def office(folder: Path, size: Size) -> Office:
    """An organisation of this size.

    The officer signs in first: the sign-in service of the tests sends every session at each change.
    """
    house = House(folder)
    browser = house.browser()
    if browser.signs_in("olga").status != 200:
        raise RuntimeError("the officer was not signed in")
    house.signin.close()
    add_people(house, map(name, range(size.people)))
    house.obey("\n[partners]\n", f"{MANAGED}\n[partners]\n{PARTNER}\n")
    _sign_in(house, size.people)
    _inventory(house, size.people)
    report_rooms(house, more=size.rooms)
    add_token(house)
    files = Files()
    files.fill(size.people)
    house.desks.files.files = files
    _records(house, size.records)
    while house.wiring.office.index.follow(AT_ONCE):
        pass
    browser.get("/")  # control looks at its host when it starts, before anybody comes
    return Office(house, browser, size)


def _sign_in(house: House, count: int) -> None:
    """An account, a session and a certificate for everybody; every hundredth session is suspended.

    Each certificate names the device on which it is.
    """
    engine = sa.create_engine(f"sqlite:///{house.boot.sign_in_database()}")
    now = int(time.time())
    with engine.begin() as connection:
        for numbers in _batches(range(count)):
            connection.execute(ACCOUNTS.insert(), [_account(number) for number in numbers])
            connection.execute(SESSIONS.insert(), [_session(number) for number in numbers])
            shown = [_certificate(number, now) for number in numbers]
            connection.execute(CERTIFICATES.insert(), shown)
            uses = [
                {"session": session(number, name(number)).id, "thumbprint": each["thumbprint"]}
                for number, each in zip(numbers, shown, strict=True)
            ]
            connection.execute(CERTIFICATE_USES.insert(), uses)
            names = [
                {"thumbprint": each["thumbprint"], "name": _device(number)}
                for number, each in zip(numbers, shown, strict=True)
            ]
            connection.execute(CERTIFICATE_NAMES.insert(), names)
    engine.dispose()


def _account(number: int) -> Mapping[str, object]:
    return {
        "localpart": name(number),
        "display_name": f"Worker No {number}",
        "password_hash": "x",
        "must_change": False,
        "created": 1,
        "provisioned": True,
    }


def _session(number: int) -> Mapping[str, object]:
    states = {0: SessionState.SUSPENDED, 50: SessionState.WAITING}
    made = session(number, name(number), platform=_PLATFORMS[number % 4], approved=number % 3 == 0)
    return session_columns(replace(made, state=states.get(number % 100, SessionState.LIVE)), 1)


def _certificate(number: int, now: int) -> Mapping[str, object]:
    return {
        "thumbprint": f"{number:043d}",
        "der": b"x" * 1000,
        "issuer": "company",
        "serial": f"{number:x}",
        "subject": f"CN={name(number)}",
        "localpart": name(number),
        "trouble": "",
        "ends": now + number % 400 * _DAY,
        "shown": now,
        "checked": now,
    }


def _device(number: int) -> str:
    return f"serial-{number:06}"


def _inventory(house: House, count: int) -> None:
    """A managed device for everybody; every hundredth is not in order."""
    now = int(time.time())
    devices = [
        ManagedDevice(
            id=_device(number), names=frozenset({_device(number)}), label=f"Laptop {number:06}",
            owner=f"{name(number)}@{DOMAIN}", platform=_PLATFORMS[number % 4], version="10.0",
            compliant=number % 100 != 0, at=now,
        )
        for number in range(count)
    ]  # fmt: skip
    house.store.devices.take_all("mdm", devices, now)
    state = InventoryState(source="mdm", read=now, tried=now, devices=count)
    house.store.devices.note(state)


def _records(house: House, count: int) -> None:
    """What the doors recorded, sealed as they seal it."""
    recipient = recipient_at(house.boot.path(house.boot.audit_key))
    for turn, door in enumerate(DOORS):
        writer = AuditWriter(house.boot.spool(door), door, recipient)
        writer.begin()
        numbers = range(turn, count, len(DOORS))
        for some in _batches(enumerate(numbers)):
            entries = [decision_of(door, at, number) for at, number in some]
            writer.write(entries, float(entries[-1]["at"]))


def _batches(every: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(every)
    while some := list(islice(rest, AT_ONCE)):
        yield some
