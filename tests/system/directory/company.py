"""An organisation whose people are those of a real Active Directory, and clients that run in it.

What an administrator of the directory does is done there and nowhere else; what becomes of the
person's running client is what counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nio import AsyncClient, AsyncClientConfig, RoomCreateResponse, SyncResponse

from tests.ports import free_port
from tests.services.directory import PASSWORD, Directory
from tests.services.kerberos import Realm
from tests.system.sign_in import live
from tests.system.sign_in.house import HERE, SIGN_IN, House, make, run
from vedette.adapters.stream_files import write_whole
from vedette.suite.sign_in_walk import Walker

PARTIES = """
[parties]
staff = { groups = ["Everybody"] }
quick = { groups = ["Quick"] }
"""
RULES = """
[rules.two-factors]
from  = ["staff"]
allow = ["sign-in"]
when  = ["sign_in.factors >= 2"]
owner = "security-office"

[rules.one-factor]
from  = ["quick"]
allow = ["sign-in"]
when  = ["sign_in.factors >= 1"]
owner = "security-office"
"""
"""Whoever is in neither party, by whatever group in a group, has no way in."""
OFFICE = "127.0.0.7"
"""From where a machine's ticket is asked for at once."""
SERVICE = f"HTTP/{HERE}"
"""What browsers ask the KDC for, by the organisation's address."""
KERBEROS = """
kerberos             = "yes"
kerberos_networks    = ["office"]
"""
_TWO = """
[rules.two-factors]
from  = ["us"]
allow = ["sign-in"]
when  = ["sign_in.factors >= 2"]
owner = "security-office"
"""
PATIENCE = 60.0


@dataclass(slots=True)
class Company:
    """The organisation while it runs, and its directory."""

    house: House
    directory: Directory
    ca_file: Path
    realm: Realm | None = None
    """The realm whose tickets are taken, if any are."""
    people: dict[str, Walker] = field(default_factory=dict)

    @property
    def client_url(self) -> str:
        return self.house.url

    def hire(self, *names: str, group: str = "Office") -> None:
        """People of this group, and nothing else: no account here."""
        for name in names:
            self.directory.add_person(name, display=f"{name.title()} of {group}")
            self.people[name] = Walker(f"@{name}:{self.house.boot.organisation}", PASSWORD)
        self.directory.add_to(group, *names)

    async def known(self, *names: str) -> None:
        """Wait until control has read these people, and the sign-in service has heard of them."""
        users = [f"@{name}:{self.house.boot.organisation}" for name in names]
        await live.until(lambda: all(map(self.house.has_heard_of, users)), PATIENCE)

    def left(self, room: str, user: str) -> bool:
        """Whether somebody is in a room no more, by Synapse's own tables."""
        at = self.house.boot.path(self.house.boot.synapse.folder) / "homeserver.db"
        with contextlib.closing(sqlite3.connect(f"file:{at}?mode=ro", uri=True)) as tables:
            found = tables.execute(
                "SELECT membership FROM local_current_membership WHERE room_id = ? AND user_id = ?",
                (room, user),
            ).fetchall()
        return found == [("leave",)]


def furnish(directory: Directory) -> None:
    """Groups in groups: Office and Juniors are of Everybody, Interns of Juniors; Juniors are Quick."""
    directory.add_group("Office")
    directory.add_group("Interns")
    directory.add_group("Juniors", "Interns")
    directory.add_group("Everybody", "Office")
    directory.add_group("Quick", "Juniors")


@dataclass(frozen=True, slots=True)
class Keys:
    """The file with our keys in a realm."""

    realm: Realm
    keytab: Path


@contextlib.contextmanager
def company_of(
    folder: Path, directory: Directory, sign_in: str = SIGN_IN, keys: Keys | None = None
) -> Iterator[Company]:
    """Make an organisation of this directory's people, run it, and end it whatever happens.

    With `keys` the tickets of their realm are taken.
    """
    made = make(folder, (), sign_in if keys is None else f"{sign_in}{KERBEROS}")
    if keys is not None:
        made.add_to_boot(
            f"""
[signin.kerberos]
principal = "{SERVICE}@{keys.realm.name}"
keytab = "{keys.keytab}"
"""
        )
    made.add_to_boot(
        f"""
[directory]
kind = "{directory.kind}"
servers = ["{directory.url}"]
ca = "{directory.ca}"
bind = "{directory.reader}"
base = "{directory.base}"
""",
        **{"directory-password": PASSWORD},
    )
    at = f"{HERE}:{free_port()}"
    made.add_to_gateway(f'certificates = {{ listen = "{at}", url = "https://{at}" }}\n')
    document = made.folder / "settings.toml"
    text = document.read_text()
    assert "[parties]\n" in text
    assert "[networks]\n" in text
    text = text.replace("[networks]\n", f'[networks]\noffice = ["{OFFICE}/32"]\n', 1)
    assert _TWO in text
    write_whole(
        document,
        text.replace("[parties]\n", PARTIES.lstrip(), 1).replace(_TWO, RULES, 1).encode(),
    )
    ca_file = folder.parent / "trusted.pem"
    ca_file.write_bytes(made.ca)
    with run(made) as house:
        yield Company(house, directory, ca_file, None if keys is None else keys.realm)


# ---- Clients that run ------------------------------------------------------------------------------


@dataclass(slots=True)
class Running:
    """A client (matrix-nio) that syncs, in a room of its own; when it was put out, and by what."""

    name: str
    user: str
    client: AsyncClient
    room: str
    out: float = 0.0
    status: str = ""
    _syncing: asyncio.Task[None] | None = None

    async def sync(self) -> None:
        """Sync until the server will not have it."""
        while True:
            answer = await self.client.sync(timeout=30_000, set_presence="offline")
            if not isinstance(answer, SyncResponse):
                self.out, self.status = time.monotonic(), str(getattr(answer, "status_code", ""))
                return

    async def stop(self) -> None:
        if self._syncing is not None:
            self._syncing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._syncing
        await self.client.close()


@contextlib.asynccontextmanager
async def running(company: Company, names: Sequence[str]) -> AsyncIterator[list[Running]]:
    """One client for each of these people, as if they had signed in, each in a room of its own."""
    tls = ssl.create_default_context(cafile=str(company.ca_file))
    everybody: list[Running] = []
    try:
        for each in await asyncio.to_thread(live.issue, company.house, names):
            client = AsyncClient(
                company.client_url,
                str(each.session.user),
                config=AsyncClientConfig(max_limit_exceeded=0),
                ssl=tls,
            )
            client.restore_login(str(each.session.user), each.session.device, each.token)
            one = Running(each.session.user.localpart, str(each.session.user), client, "")
            everybody.append(one)
            await _settle(one)
            assert isinstance(await client.sync(timeout=0), SyncResponse)
            one._syncing = asyncio.create_task(one.sync())
        await asyncio.sleep(1)  # the last long-polls arrive at Synapse
        yield everybody
    finally:
        for one in everybody:
            await one.stop()


async def _settle(one: Running) -> None:
    """Wait until the session is listed, and make a room."""
    end = time.monotonic() + PATIENCE
    while not isinstance(made := await one.client.room_create(name="own"), RoomCreateResponse):
        assert time.monotonic() < end, made
        await asyncio.sleep(0.05)
    one.room = made.room_id


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds from the directory's yes to the administrator until the client is out and the room left."""

    out: float
    left: float
    status: str


async def put_out(
    company: Company, one: Running, act: Callable[[str], object], *, leaves: bool
) -> Took:
    """Have the directory's administrator do something to a person whose client runs."""
    assert one.out == 0, f"{one.name} is out already: {one.status}"
    await asyncio.to_thread(act, one.name)
    begun = time.monotonic()
    left = asyncio.create_task(_until_left(company, one, begun)) if leaves else None
    assert one._syncing is not None
    await asyncio.wait({one._syncing}, timeout=PATIENCE)
    assert one.out, f"{one.name} goes on"
    return Took(one.out - begun, await left if left is not None else 0.0, one.status)


async def _until_left(company: Company, one: Running, begun: float) -> float:
    while not await asyncio.to_thread(company.left, one.room, one.user):
        assert time.monotonic() - begun < PATIENCE, f"{one.name} is in the room still"
        await asyncio.sleep(0.02)
    return time.monotonic() - begun


def acts(directory: Directory) -> dict[str, Callable[[str], object]]:
    """What may be done to a person there. A client is put out by each of these."""
    return {
        "disabled": directory.disable,
        "expired": lambda name: directory.expire(name, time.time() - 1),
        "deleted": directory.delete,
        "moved out of a group": lambda name: directory.take_from("Office", name),
    }


LEAVES = frozenset({"disabled", "expired", "deleted"})
"""After which rooms are left; without a group a person is still one of us."""
