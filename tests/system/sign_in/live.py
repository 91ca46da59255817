"""Sessions that run: made in numbers as the sign-in service makes them, and watched from outside."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests import commands
from tests.system.sign_in.house import V3, House, Json, Someone, bearer, make, run
from vedette.adapters.stream_files import write_whole
from vedette.adapters.synapse_provisioning import SynapseProvisioning
from vedette.cli.client import Client as Control
from vedette.cli.surroundings import CliFault
from vedette.core.names import UserId
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.protocol.internal.streams import FOR_EVERY_DOOR
from vedette.protocol.internal.tokens import AccessClaims, SigningKey, mint
from vedette.protocol.oauth.scopes import scope_of
from vedette.signin.candidates import new_session_name
from vedette.suite.up import PIDS

PATIENCE = 60.0
_LOOK_SECONDS = 0.02


@dataclass(slots=True)
class Runs:
    """A session, its token, and what became of its long-poll; times are those of `monotonic`."""

    session: Session
    token: str = field(repr=False)
    cut: float = 0.0
    polling: asyncio.Task[None] | None = None

    @property
    def id(self) -> str:
        return self.session.id


def issue(house: House, names: Sequence[str], **facts: str) -> list[Runs]:
    """One session for each of these people, as `Issuing.begin` makes them, without the pages."""
    boot, store, now = house.boot, house.store, int(time.time())
    synapse = SynapseProvisioning(boot.path(boot.synapse.socket), boot.synapse_secret())
    made = []
    for name in names:
        session = Session(
            id=new_session_name(),
            user=UserId(f"@{name}:{boot.organisation}"),
            device=secrets.token_hex(5).upper(),
            state=SessionState.LIVE,
            kind="compat",
            client="",
            facts=SessionFacts(
                factors=(FactorUse(kind="password", at=now), FactorUse(kind="totp", at=now)),
                network="127.0.0.1",
                **facts,  # type: ignore[arg-type]  # the texts among the facts
            ),
            created=now,
            expires=now + 86_400,
            device_name="a test's",
            number=1,
        )
        synapse.person(name, name)
        synapse.device(name, session.device, session.device_name)
        store.add_session(session, None, now)
        made.append(Runs(session, token_of(house, session, 600)))
    return made


def token_of(house: House, session: Session, life: int, *, age: int = 0) -> str:
    """An access token of a session, good for so many seconds; below zero it was good once.

    For one of some `age` in seconds nobody waits until its session is listed, so it MUST be listed
    before such a one is used: Synapse remembers for two minutes that it was none.
    """
    now = int(time.time())
    claims = AccessClaims(
        issuer=f"{house.url.rstrip('/')}/",
        user=session.user,
        client=session.client,
        id=secrets.token_urlsafe(16),
        issued=now - age + min(0, life),
        expires=now + life,
        session=session.id,
        device=session.device,
        scope=scope_of(session.device),
    )
    return mint(claims, SigningKey.from_bytes(house.store.token_keys()[0].private))


def control(house: House) -> Control:
    """The administration API, as the command line speaks it."""
    return Control(house.boot)


async def status(http: aiohttp.ClientSession, token: str, path: str = f"{V3}/capabilities") -> int:
    """With what a request of this token is answered."""
    return (await answer(http, token, path))[0]


async def answer(
    http: aiohttp.ClientSession, token: str, path: str = f"{V3}/capabilities"
) -> tuple[int, Json]:
    """The status and the body; status 0 where there was no answer."""
    try:
        async with http.get(path, headers=bearer(token)) as got:
            body = await got.json(content_type=None)
            return got.status, body if isinstance(body, dict) else {}
    except (aiohttp.ClientError, OSError, ValueError):
        return 0, {}


async def becomes(
    http: aiohttp.ClientSession,
    token: str,
    *wanted: int,
    patience: float = PATIENCE,
    look: float = _LOOK_SECONDS,
) -> float:
    """Ask until the answer is one of these; returns the seconds that it took."""
    begun = time.monotonic()
    while (found := await status(http, token)) not in wanted:
        assert time.monotonic() - begun < patience, f"it is {found} still, and not {wanted}"
        await asyncio.sleep(look)
    return time.monotonic() - begun


async def until(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is so. `holds` runs on a thread."""
    end = time.monotonic() + patience
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < end, "it did not become so"
        await asyncio.sleep(0.1)


# ---- Long-polls ------------------------------------------------------------------------------------


async def listen(http: aiohttp.ClientSession, runs: Runs) -> None:
    """Keep a /sync open, as clients do, in the background; note when the connection is cut."""
    _, first = await answer(http, runs.token, f"{V3}/sync?timeout=0")
    assert "next_batch" in first, first
    runs.polling = asyncio.create_task(_poll(http, runs, first["next_batch"]))


async def _poll(http: aiohttp.ClientSession, runs: Runs, since: str) -> None:
    while True:
        try:
            path = f"{V3}/sync?timeout=120000&since={since}"
            async with http.get(path, headers=bearer(runs.token)) as got:
                body = await got.json()
                if got.status != 200:
                    return
                since = body["next_batch"]
        except aiohttp.ClientError:
            runs.cut = time.monotonic()
            return


async def stop(everybody: Sequence[Runs]) -> None:
    """End every long-poll that is still open."""
    for each in everybody:
        if each.polling is not None:
            each.polling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await each.polling


@dataclass(slots=True)
class Out:
    """Seconds that it took to put sessions out: the next request, the open /sync, the command."""

    refused: list[float] = field(default_factory=list)
    cut: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)


ACTS = {"suspend": 403, "end": 401}
"""What puts a session out, and with which status its next request is answered then."""


async def put_out(
    house: House, http: aiohttp.ClientSession, everybody: Sequence[Runs], act: str, patience: float
) -> Out:
    """Suspend or end sessions one after the other, while all that are left are in use."""
    out = Out()
    for each in everybody:
        begun = time.monotonic()
        _, seconds = await asyncio.gather(
            _told(house, each, act, out), becomes(http, each.token, ACTS[act], patience=patience)
        )
        out.refused.append(seconds)
        assert each.polling is not None
        await asyncio.wait({each.polling}, timeout=patience)
        assert each.cut > 0, "the open /sync was not cut"
        out.cut.append(each.cut - begun)
    return out


async def _told(house: House, runs: Runs, act: str, out: Out) -> None:
    begun = time.monotonic()
    path = f"/sessions/{runs.id}/{act}"
    await asyncio.to_thread(control(house).ask, "POST", path, {"reason": "a test"})
    out.answered.append(time.monotonic() - begun)


async def all_go_on(house: House, http: aiohttp.ClientSession, everybody: Sequence[Runs]) -> None:
    """Let everybody whose session is suspended go on, with an open /sync again."""
    for each in everybody:
        if house.store.session(each.id).state is SessionState.SUSPENDED:  # type: ignore[union-attr]
            await asyncio.to_thread(
                control(house).ask, "POST", f"/sessions/{each.id}/resume", {"reason": "a test"}
            )
            await becomes(http, each.token, 200)
            each.cut = 0.0
            await listen(http, each)
    await asyncio.sleep(1)  # the last long-polls arrive at Synapse


# ---- Processes -------------------------------------------------------------------------------------


def pid(house: House, name: str) -> int:
    """The process id of one process now; 0 while there is none."""
    return int(json.loads((house.boot.folder / PIDS).read_bytes()).get(name, 0))


def is_ready(house: House) -> bool:
    """Whether control answers and the sign-in service can let people in."""
    try:
        control(house).get("/sessions")
        return _ready(house)
    except (CliFault, OSError, http.client.HTTPException):
        return False


async def ready(house: House) -> bool:
    """As `is_ready`, on a thread."""
    return await asyncio.to_thread(is_ready, house)


def _ready(house: House) -> bool:
    assert house.boot.signin is not None
    with closing(socket.socket(socket.AF_UNIX)) as line:
        line.settimeout(5)
        line.connect(str(house.boot.path(house.boot.signin.socket)))
        line.sendall(b"GET /ready HTTP/1.1\r\nhost: signin\r\nconnection: close\r\n\r\n")
        return line.recv(64).startswith(b"HTTP/1.1 200")


async def known(house: House, name: str) -> Someone:
    """This person, who is given an account at the first time."""
    key = (house.boot.folder, name)
    if key not in _KNOWN:
        _KNOWN[key] = await house.person(name)
    return _KNOWN[key]


_KNOWN: dict[tuple[Path, str], Someone] = {}


# ---- Two sign-in services --------------------------------------------------------------------------


@contextlib.contextmanager
def house_on(folder: Path, people: Sequence[str], database: str) -> Iterator[House]:
    """As `house_of`, with the sign-in store in this PostgreSQL database."""
    made = make(folder, tuple(people))
    write_whole(folder / "secrets/sign-in-database-url", database.encode())
    text = (folder / "boot.toml").read_text()
    before, head, own = text.partition("[signin]")
    own = own.replace('"sqlite"', '"file:secrets/sign-in-database-url"', 1)
    (folder / "boot.toml").write_text(before + head + own)
    with run(made) as house:
        yield house


@contextlib.contextmanager
def another_signin(house: House, folder: Path) -> Iterator[Path]:
    """A second sign-in service of the same organisation, on a host of its own; yields its socket."""
    here = house.boot.folder
    for name in ("run", "doors/signin", "audit"):
        (folder / name).mkdir(mode=0o700, parents=True)
    for name in ("keys", "secrets", "tls", "settings.toml", "people.csv", "run/synapse.sock",
                 *(f"doors/signin/{stream}.part" for stream in FOR_EVERY_DOOR)):  # fmt: skip
        (folder / name).symlink_to(here / name)
    (folder / "boot.toml").write_bytes((here / "boot.toml").read_bytes())
    assert house.boot.signin is not None
    at = folder / house.boot.signin.socket
    with (folder / "log").open("wb") as log:
        process = commands.start("signin", "--dir", str(folder), stdout=log, stderr=log)
    try:
        end = time.monotonic() + PATIENCE * 2
        while not at.exists():
            assert process.poll() is None, "the second sign-in service does not run"
            assert time.monotonic() < end, "the second sign-in service does not serve"
            time.sleep(0.1)
        yield at
    finally:
        process.terminate()
        process.wait(30)


@dataclass(slots=True)
class Switch:
    """Stands where the gateway looks for the sign-in service, and leads to the one it is set to."""

    to: Path
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def lead(self, to: Path) -> None:
        """From now on to this one; what was open is closed, and the gateway has noticed."""
        self.to = to
        for each in self._open:
            each.close()
        await asyncio.sleep(0.2)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        there, back = await asyncio.open_unix_connection(str(self.to))
        self._open |= {writer, back}
        await asyncio.gather(_carry(reader, back), _carry(there, writer))
        self._open -= {writer, back}


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()
