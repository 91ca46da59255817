"""People, accounts and sessions in numbers, for the tests of lists."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.apps.console.house import DOMAIN, House
from vedette.adapters.memory.directory import MemoryDirectory
from vedette.adapters.memory.held_files import MemoryHeldFiles
from vedette.adapters.people_kept import PeopleKept
from vedette.admin.actor import LOCAL
from vedette.admin.tokens import NewToken
from vedette.control.directory import DirectoryPeople
from vedette.core.asks import Act
from vedette.core.directory_state import DirectoryState
from vedette.core.language import as_is, told
from vedette.core.names import MediaId, ServerName, UserId
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.core.settings.document import CompanyDirectory
from vedette.core.waiting_acts import WaitingAct
from vedette.ports.directory import Check, Foreseen, GroupEntry, PersonEntry
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.held_files import FileRow, FileState
from vedette.protocol.internal.standing import (
    REPORT,
    FaultEntry,
    Report,
    RoomEntry,
    SweepState,
    report_bytes,
)

NOW = int(time.time())


def session(number: int, name: str, **changes: Any) -> Session:
    """A session of a device, of this person."""
    facts = SessionFacts(
        factors=(FactorUse(kind="password", at=NOW), FactorUse(kind="totp", at=NOW)),
        network="192.0.2.7",
        client_name=changes.pop("client", "Element"),
        client_version="1.12.1",
        platform=changes.pop("platform", "linux"),
        approved=changes.pop("approved", False),
    )
    values: dict[str, Any] = {
        "id": f"session-{number:0>22}", "user": UserId(f"@{name}:{DOMAIN}"), "device": f"DEV{number}",
        "state": SessionState.LIVE, "kind": "oauth", "client": "c", "facts": facts, "created": NOW - 99,
        "expires": NOW + 99_999, "device_name": f"laptop {number}", "number": 1,
    }  # fmt: skip
    return Session(**{**values, **changes})


def add_people(house: House, names: Iterable[str], group: str = "Employees") -> None:
    """Have the directory know more people."""
    path = house.boot.path(house.boot.control.people)
    lines = "".join(f"{name},{group},no,yes\n" for name in names)
    path.write_text(path.read_text() + lines)
    office = house.wiring.office
    assert office.people.poll(), office.people.faults()
    desk = house.desks.settings
    number = desk.current()[0].number
    document, _ = desk.check(desk.current()[0].text)
    desk.take(document, number)
    house.signin.policy.policy = desk.policy.current()


ROOM = "!room1:example.org"


def report_rooms(house: House, name: str = "Board & <b>more</b>", more: int = 0) -> None:
    """What a sweep found: one room against the rules, and so many others in doubt."""
    fault = FaultEntry(what="member", reason="no-rule", rule="acme", towards="@carol:acme.example",
                       sentence="Carol may not be here.", record="synapse:1")  # fmt: skip
    rooms = [RoomEntry(room=ROOM, name=name, kind=None, ours=True, value="report", frozen=False,
                       since=NOW, faults=(fault,), goes=("@carol:acme.example",))]  # fmt: skip
    rooms += [RoomEntry(room=f"!r{n:03}:example.org", name="", kind=None, ours=True, value="report",
                        frozen=False, since=NOW, doubt="not known") for n in range(more)]  # fmt: skip
    report = Report(revision=1, state=SweepState.DONE, begun=NOW, ended=NOW, total=9, judged=9,
                    breaches=1, doubts=more, rooms=tuple(rooms))  # fmt: skip
    (house.boot.door("synapse") / REPORT).write_bytes(report_bytes(report))


def add_token(house: House, reason: str = "for a test") -> str:
    """A token that acts for Olga; its id."""
    wanted = NewToken(user=UserId(f"@olga:{DOMAIN}"), acts=("doors:door:list",), over=(),
                      expires=datetime.now(UTC).date() + timedelta(days=1), reason=reason)  # fmt: skip
    made = house.run(house.desks.tokens.add(LOCAL, wanted))
    return made.token.id


def with_directory(house: House, *, held: bool = True) -> MemoryDirectory:
    """Have people come from a company's directory, half of whom vanished where `held`."""
    directory = MemoryDirectory()
    people = [PersonEntry(id=f"i{n}", key=f"d{n}", dn=f"d{n}", name=f"p{n}") for n in range(20)]
    odd = PersonEntry(id="odd", key="odd", dn="odd", name="No Name")
    staff = GroupEntry(id="g", key="g", dn="g", name="Staff", members=frozenset({"d1", "d2"}))
    directory.put(*people, odd, staff)
    keeper = DirectoryPeople(
        reader=directory,
        kept=PeopleKept(house.boot.folder / "people.kept"),
        domain=ServerName(DOMAIN),
        settings=lambda: house.desks.settings.policy.current().directory.document.directory,
        concerned=list,
        clock=house.clock,
    )
    keeper.begin()
    keeper.sync()
    if held:
        directory.drop(*(f"i{n}" for n in range(10)))
        keeper.sync()
    checks = (
        Check(told("CA"), True, told("`{path}` can be read", path="/tls/ca.pem")),
        Check(
            as_is("ldaps://dc1.corp.test"),
            False,
            told("`{host}` is not in DNS", host="dc1.corp.test"),
            told("getent hosts {host}    (or correct `servers`)", host="dc1.corp.test"),
        ),
    )
    desk = replace(house.desks.directory, keeper=keeper, checks=lambda _: checks)
    object.__setattr__(house.desks, "directory", desk)
    return directory


def file_row(media: str, sender: str = "anna", **changes: Any) -> FileRow:
    """A file that this person sent, which could not be judged."""
    values: dict[str, Any] = {
        "server": ServerName(DOMAIN), "media": MediaId(media), "owner": UserId(f"@{sender}:{DOMAIN}"),
        "declared": "application/pdf", "name": f"{media}.pdf", "size": 1234, "created": NOW * 1000,
        "state": FileState.WAITING,
    }  # fmt: skip
    return FileRow(**{**values, **changes})


def with_files(house: House, *rows: FileRow) -> MemoryHeldFiles:
    """Have a homeserver with these files behind the console; there is no Synapse here."""
    files = MemoryHeldFiles()
    for row in rows:
        files.put(row)
    house.desks.files.files = files
    return files


@dataclass
class Stands:
    """A keeper of a company's directory that stands as it says and reaches nobody."""

    said: DirectoryState

    def state(self) -> DirectoryState:
        """How it stands."""
        return self.said

    def sync(self, *, confirm: bool = False) -> DirectoryState:
        """Raises Unavailable."""
        raise Unavailable(f"no server of the directory answers ({confirm=})")

    def foresee(self, settings: CompanyDirectory) -> Foreseen:
        """Raises Unavailable."""
        raise Unavailable(f"no server of the directory answers (for {settings.people})")


def standing_so(house: House, state: DirectoryState) -> None:
    """Have people come from a company's directory that stands so."""
    object.__setattr__(house.desks.directory, "keeper", Stands(state))


def waiting_act(house: House, author: str = "vera", over: str = "anna") -> WaitingAct:
    """An act of somebody's over somebody that waits for a second person."""
    now = int(house.clock.now())
    act = WaitingAct(
        id=secrets.token_hex(5),
        act=Act.ADMINISTRATION_FACTOR_RESET,
        author=f"@{author}:{DOMAIN}",
        token="",
        over=f"@{over}:{DOMAIN}",
        what="",
        more="totp",
        reason="phone lost, ticket 4711",
        asked=now,
        expires=now + 86_400,
        record="control:2",
    )
    house.desks.acts.acts.store.add(act)
    return act
