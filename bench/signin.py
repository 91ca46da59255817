"""Signing in: how often a second, and what checking its tokens costs.

The sign-in service runs as it is shipped, with control beside it, a list of 1,000 sessions, SQLite on
disk and the document of a new organisation. What is counted goes from the authorization endpoint over
password, one-time code and consent to the tokens: argon2, the records, the list of sessions and the
homeserver being told are all in it. The homeserver's own work is not; something that says yes at once
stands for it. `introspections` are those of the responder on a bare reactor, and once more inside a
Synapse, while a hundred people keep a /sync open there; over all of that `end` and `suspend` are timed.

The peer is npm's `oidc-provider` after its own example (`bench/peer_oidc`): it checks the same argon2
hash, asks for consent, and signs with the same algorithm. It has no second factor, limits, rules,
record or disk, and tells nobody of a session; the token that it is asked about is no signed one, but
looked up in its memory. Both run on one core, the load on another, in short interleaved rounds; a
ratio is the median of the ratios of single rounds. What ends in `-cpu` is per second of the process's
own CPU, which other programs on the machine disturb less, and a slow load generator not at all.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc import jwt
from joserfc.jwk import OKPKey
from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred
from twisted.internet.task import deferLater

from bench.entry import Entry
from bench.gateway import _cores, _free_port
from bench.office import people_of, write_streams
from bench.signin_load import PASSWORD, REDIRECT, Browser, Service, Tokens, provisioned
from bench.signin_running import Asked, running
from vedette.adapters.boot_file import Boot, load
from vedette.adapters.passwords import Argon2Passwords
from vedette.adapters.sessions_list import SessionsList
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.system_clock import SystemClock
from vedette.core.names import ServerName, UserId
from vedette.core.record import JSON
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.ports.sign_in import Factor, OAuthClient, SignInStore
from vedette.protocol.internal.sessions import SessionList, body_of, listed_of
from vedette.protocol.internal.tokens import AccessClaims, SigningKey, mint
from vedette.signin.main import issuer_of
from vedette.suite.organisation import NewOrganisation, init
from vedette.suite.sign_in_walk import Walker
from vedette.synapse.introspection import Introspection, site

ROUNDS = 9
AT_ONCE = 8
"""Sign-ins that are on their way at one time; each round makes two of each."""
SESSIONS = 1000
TARGETS = {"sign-ins": 0.4, "refreshes": 0.1, "introspections": 0.6}
TARGETS["introspections-in-synapse"] = TARGETS["introspections"]
"""What is kept on disk and on record, the peer keeps in memory or not at all: so these are not 1."""
DOMAIN = ServerName("example.org")
PEER = "oidc-provider"
_HERE = Path(__file__).parent
_ISSUER = f"https://matrix.{DOMAIN}/"
_CLIENT = "bench-client"
_SCOPE = "openid urn:matrix:client:api:* urn:matrix:client:device:"
_DAY = 86_400
_TOTP = base64.b32encode(b"12345678901234567890").decode()
_COMMAND = (sys.executable, "-I", "-m", "vedette.cli.main")
_WRK = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Authorization"] = "{authorization}"
wrk.headers["X-Forwarded-Proto"] = "https"
wrk.body = "token={token}"
"""


def run(rounds: int = ROUNDS) -> list[Entry]:
    """Measure everything.

    Raises:
        RuntimeError: a program is missing, or something did not answer as it should.
    """
    needed = {"wrk": "wrk", "taskset": "util-linux", "node": "nodejs", "npm": "npm"}
    missing = [package for program, package in needed.items() if shutil.which(program) is None]
    if missing:
        raise RuntimeError(f"missing: apt-get install {' '.join(missing)}")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        return asyncio.run(_measured(Path(name), stack, rounds))


async def _measured(folder: Path, stack: ExitStack, rounds: int) -> list[Entry]:
    hashed = Argon2Passwords().hash(PASSWORD)
    people = 2 * AT_ONCE * (rounds + 1)
    peer = stack.enter_context(_peer(folder, hashed))
    boot = _organisation(folder / "org", people, hashed)
    inside = await provisioned(boot.path(boot.synapse.socket))
    ours = await asyncio.to_thread(stack.enter_context, _signin(boot))
    crowd = [Walker(f"user{number}", PASSWORD, totp=_TOTP) for number in range(people)]
    sides = [Side("ours", *ours), Side(PEER, peer.service, peer.pid)]
    signing = [await _round(sides, crowd) for _ in range(rounds + 1)][1:]
    refreshing = [await _refresh_round(sides) for _ in range(rounds + 1)][1:]
    opaque = await _opaque_token(peer.service, crowd[0])
    for side in sides:
        await side.close()
    inside.close()
    asked = await asyncio.to_thread(_introspections, folder, peer, opaque, rounds)
    return [
        *_rates("sign-ins", signing),
        *_rates("refreshes", refreshing),
        *_rates("introspections", asked),
        _password_entry(hashed),
        *await asyncio.to_thread(_token_entries, folder),
        *await running(folder / "running", lambda asked: _beside(peer, opaque, asked, rounds)),
    ]


# ---- Rounds --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rate:
    """What one round gave: per second of time, and of the process's own CPU."""

    wall: float
    cpu: float


Round = dict[str, Rate]


@dataclass(slots=True)
class Side:
    """One of the two services, its process, and browsers that have signed in there."""

    name: str
    service: Service
    pid: int
    browsers: list[Browser] = field(default_factory=list)
    tokens: list[Tokens] = field(default_factory=list)

    async def sign_in(self, crowd: list[Walker]) -> Rate:
        """Sign everybody in, `AT_ONCE` at a time."""
        waiting = list(crowd)
        self.tokens = []
        if not self.browsers:
            self.browsers = [Browser(self.service, "") for _ in range(AT_ONCE)]

        async def go_on(browser: Browser) -> int:
            done = 0
            while waiting:
                who = waiting.pop()
                browser.address = _address(who)
                tokens = await browser.sign_in(who)
                done += 1
            self.tokens.append(tokens)
            return done

        return await _timed(self.pid, [go_on(each) for each in self.browsers])

    async def refresh(self, seconds: float) -> Rate:
        """Refresh every browser's newest tokens one after the other for so long."""
        end = time.monotonic() + seconds

        async def go_on(number: int) -> int:
            done, browser, held = 0, self.browsers[number], self.tokens[number]
            await browser.close()  # servers close what was idle meanwhile
            while time.monotonic() < end:
                held = await browser.tokens(grant_type="refresh_token", refresh_token=held.refresh)
                done += 1
            self.tokens[number] = held
            return done

        return await _timed(self.pid, [go_on(number) for number in range(AT_ONCE)])

    async def close(self) -> None:
        """Close every connection."""
        for browser in self.browsers:
            await browser.close()


async def _timed(pid: int, work: list[Any]) -> Rate:
    cpu, begun = _cpu_seconds(pid), time.monotonic()
    done = sum(await asyncio.gather(*work))
    return Rate(done / (time.monotonic() - begun), done / (_cpu_seconds(pid) - cpu))


async def _round(sides: list[Side], crowd: list[Walker]) -> Round:
    """Everybody signs in once in a run: a code is good once, and a minute has but two."""
    once = [crowd.pop(0) for _ in range(2 * AT_ONCE)]
    crowd += once
    return {side.name: await side.sign_in(once) for side in sides}


async def _refresh_round(sides: list[Side]) -> Round:
    return {side.name: await side.refresh(1.0) for side in sides}


def _address(who: Walker) -> str:
    """Each person has a network of their own, as limits count them."""
    number = int(who.name.removeprefix("user"))
    return f"10.{number >> 8}.{number & 255}.7"


def _cpu_seconds(pid: int) -> float:
    """What all threads of a process have used, those that have ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rates(what: str, rounds: list[Round]) -> list[Entry]:
    """Two entries: by the clock, and by CPU."""
    entries: list[Entry] = []
    for kind, suffix, unit in (
        ("wall", "", f"{what}/s"),
        ("cpu", "-cpu", f"{what} per CPU second"),
    ):
        pairs = [(getattr(each["ours"], kind), getattr(each[PEER], kind)) for each in rounds]
        entries.append(_entry(f"{what}{suffix}", unit, PEER, pairs, TARGETS[what]))
    return entries


def _entry(
    what: str, unit: str, peer: str, pairs: list[tuple[float, float]], target: float,
    *, less_is_better: bool = False,
) -> Entry:  # fmt: skip
    ratio = statistics.median(
        theirs / ours if less_is_better else ours / theirs for ours, theirs in pairs
    )
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    return {
        "id": f"signin.{what}.{peer}", "value": round(ours, 1), "unit": unit, "peer": peer,
        "peer_value": round(theirs, 1), "ratio": round(ratio, 3), "target": target,
        "met": ratio >= target,
    }  # fmt: skip


# ---- The sign-in service -------------------------------------------------------------------------


def _organisation(folder: Path, people: int, hashed: str) -> Boot:
    """A new organisation, its people with password and app, and the sessions it has already."""
    users = [f"user{number}" for number in range(max(people, SESSIONS))]
    lines = "".join(f"{user},Employees,no,yes\n" for user in users)
    control, introspection, console = (f"127.0.0.1:{_free_port()}" for _ in range(3))
    wanted = NewOrganisation(
        folder=folder, domain=DOMAIN, control=control, introspection=introspection,
        console=console, people=f"user,groups,guest,active\n{lines}",
    )  # fmt: skip
    init(wanted, datetime.now(UTC))
    boot, now = load(folder), int(time.time())
    store = open_sign_in_store(boot.sign_in_database(), boot.store_key())
    for user in users[:people]:
        store.make_account(user, user, hashed, now)
        store.provisioned(user)
        _give_app(store, user, now)
    for session in sessions(now, DOMAIN):
        store.add_session(session, None, now)
    store.add_client(
        OAuthClient(
            id=_CLIENT, name="Element", uri="https://app.example/", redirect_uris=(REDIRECT,),
            grant_types=("authorization_code", "refresh_token"), created=now,
        )
    )  # fmt: skip
    store.close()
    return boot


def _give_app(store: SignInStore, user: str, now: int) -> None:
    secret = base64.b32decode(_TOTP)
    store.add_factor(
        Factor(id=f"app:{user}", localpart=user, kind="totp", label="App", secret=secret,
               counter=-1, created=now)
    )  # fmt: skip


@contextmanager
def _signin(boot: Boot) -> Iterator[tuple[Service, int]]:
    """Control and the sign-in service of an organisation, as they are shipped."""
    measured, rest = _cores()
    folder, at = boot.folder, boot.path(boot.signin.socket)
    host, _, port = boot.control.listen.rpartition(":")
    issuer = issuer_of(boot)
    command = [*_COMMAND, "--dir", str(folder)]
    with (
        _process([*command, "control"], rest, folder, lambda: _listens((host, int(port)))),
        _process([*command, "signin"], measured, folder, lambda: _is_ready(at)) as pid,
    ):
        yield Service(
            socket=at, issuer=issuer, authorize="/oauth2/authorize", tokens="/oauth2/token",
            client=_CLIENT, scope=_SCOPE + "{device}",
        ), pid  # fmt: skip


@dataclass(frozen=True, slots=True)
class Peer:
    """The running peer; `introspect` is its address for a load that knows no Unix sockets."""

    service: Service
    pid: int
    introspect: str


@contextmanager
def _peer(folder: Path, hashed: str) -> Iterator[Peer]:
    """The peer, its packages installed as its lock file says."""
    home, at, port = _HERE / "peer_oidc", folder / "peer.sock", _free_port()
    if not (home / "node_modules").exists():
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
            cwd=home, check=True,
        )  # fmt: skip
    issuer = "https://peer.example"
    command = ["node", str(home / "server.mjs"), str(at), str(port), issuer, REDIRECT, hashed]
    service = Service(
        socket=at, issuer=issuer, authorize="/auth", tokens="/token", client="app",
        scope="openid offline_access api",
        extra={"prompt": "consent", "resource": "urn:example:api"},
    )  # fmt: skip
    with _process(command, _cores()[0], folder, lambda: _listens(at)) as pid:
        yield Peer(service, pid, f"http://127.0.0.1:{port}")


_SECRET = os.environ.setdefault("BENCH_SECRET", secrets.token_hex(32))
"""What is shown to introspect, at our responder and at the peer; both have it from here."""


async def _opaque_token(service: Service, who: Walker) -> str:
    """A token of the peer's that it can be asked about: without a resource it is not a signed one."""
    plain = Service(
        socket=service.socket, issuer=service.issuer, authorize=service.authorize,
        tokens=service.tokens, client=service.client, scope="openid offline_access",
        extra={"prompt": "consent"},
    )  # fmt: skip
    browser = Browser(plain, "192.0.2.1")
    tokens = await browser.sign_in(who)
    await browser.close()
    return tokens.access


# ---- Processes -----------------------------------------------------------------------------------


@contextmanager
def _process(
    command: list[str], core: int, folder: Path, ready: Callable[[], bool]
) -> Iterator[int]:
    """Run `command` on `core` until the block ends; yields its process id.

    Raises:
        RuntimeError: it ended or was not ready in time; its last words are told.
    """
    log = folder / f"bench-{secrets.token_hex(4)}.log"
    with log.open("wb") as said:
        running = subprocess.Popen(
            ["taskset", "-c", str(core), *command], stdout=said, stderr=said, cwd=_HERE.parent
        )
    try:
        end = time.monotonic() + 60
        while not ready():
            if running.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"`{command[-1]}` did not start: {log.read_text()[-500:]}")
            time.sleep(0.05)
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def _listens(at: Path | tuple[str, int]) -> bool:
    family = socket.AF_UNIX if isinstance(at, Path) else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(str(at) if isinstance(at, Path) else at) == 0


def _is_ready(at: Path) -> bool:
    """Whether the sign-in service can let people in."""
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(str(at)) != 0:
            return False
        probe.sendall(b"GET /ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        return b" 200 " in probe.recv(64)


# ---- Tokens --------------------------------------------------------------------------------------


def sessions(now: int, domain: ServerName) -> list[Session]:
    """Sessions that an organisation has, each of another person."""
    facts = SessionFacts(
        factors=tuple(FactorUse(kind=kind, at=now) for kind in ("password", "totp")),
        network="192.0.2.1",
        client_name="Element",
    )
    return [
        Session(
            id=f"{number:026}", user=UserId(user), device=f"OLDER{number}",
            state=SessionState.LIVE, kind="oauth", client=_CLIENT, facts=facts, created=now,
            expires=now + 30 * _DAY, device_name="Element", number=1,
        )
        for number, user in enumerate(people_of(domain, SESSIONS))
    ]  # fmt: skip


def signed_in(now: int, count: int) -> tuple[list[str], dict[str, JSON]]:
    """So many tokens of different sessions, and the body of the list that has them."""
    key, all_ = SigningKey.generate(), sessions(now, DOMAIN)
    tokens = [
        mint(
            AccessClaims(
                issuer=_ISSUER, user=each.user, client=each.client, id=secrets.token_urlsafe(16),
                issued=now, expires=now + _DAY, session=each.id, device=each.device,
                scope=_SCOPE + each.device,
            ),
            key,
        )
        for each in all_[:count]
    ]  # fmt: skip
    body = body_of(as_of=1, issuer=_ISSUER, keys={key.kid: key.public}, sessions=all_)
    return tokens, body


def _token_entries(folder: Path) -> list[Entry]:
    """What the gateway's check of a token takes, the first time and later, beside the peer's."""
    tokens, body = signed_in(int(time.time()), SESSIONS)
    key = OKPKey.import_key(next(iter(listed_of(body).keys.values())))
    door = folder / "door"
    write_streams(door, DOMAIN, people_of(DOMAIN), sessions=body)

    def each(check: Callable[[str], object], some: list[str]) -> float:
        return timeit.timeit(lambda: [check(one) for one in some], number=1) / len(some) * 1e6

    first, later = [], []
    for _ in range(ROUNDS):
        known = asyncio.run(_sessions_list(door))
        theirs = each(lambda token: jwt.decode(token, key, algorithms=["EdDSA"]), tokens)
        first.append((each(known.of, tokens), theirs))
        later.append((each(known.of, tokens), theirs))
    return [
        _entry("token-first", "µs", "joserfc", first, 0.5, less_is_better=True),
        _entry("token-known", "µs", "joserfc", later, 50.0, less_is_better=True),
    ]


async def _sessions_list(door: Path) -> SessionsList:
    streams = StreamFiles(door, DOMAIN, _public_key(door), SystemClock())
    streams.start()
    listed = SessionsList(streams, streams.clock)
    await listed.take()
    return listed


def _password_entry(hashed: str) -> Entry:
    """What argon2 takes of a sign-in, beside the library alone."""
    ours, theirs = Argon2Passwords(), PasswordHasher()
    pairs = [
        (
            timeit.timeit(lambda: ours.verify(PASSWORD, hashed), number=2) * 500,
            timeit.timeit(lambda: theirs.verify(hashed, PASSWORD), number=2) * 500,
        )
        for _ in range(5)
    ]
    return _entry("password", "ms", "argon2-cffi", pairs, 0.9, less_is_better=True)


def _public_key(door: Path) -> Ed25519PublicKey:
    key = load_pem_public_key((door / "public.pem").read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("the streams are signed with another kind of key")
    return key


# ---- Introspection -------------------------------------------------------------------------------


def _introspections(folder: Path, peer: Peer, opaque: str, rounds: int) -> list[Round]:
    """Ask our responder and the peer by turns about one good token each."""
    measured, _ = _cores()
    tokens, body = signed_in(int(time.time()), 1)
    (folder / "listed.json").write_text(json.dumps(body), encoding="utf-8")
    port = _free_port()
    command = [sys.executable, "-m", "bench.signin", "responder", str(port), str(folder)]
    with _process(command, measured, folder, lambda: _listens(("127.0.0.1", port))) as pid:
        return _by_turns(peer, opaque, Asked(folder, port, _SECRET, tokens[0], pid), rounds)


def _by_turns(peer: Peer, opaque: str, ours: Asked, rounds: int) -> list[Round]:
    """Ask a responder of ours and the peer by turns, each about one good token."""
    _, rest = _cores()
    basic = base64.b64encode(f"resource-server:{_SECRET}".encode()).decode()
    asks = _script(ours.folder / "ours.lua", f"Bearer {ours.secret}", ours.token)
    theirs = _script(ours.folder / "theirs.lua", f"Basic {basic}", opaque)
    at = f"http://127.0.0.1:{ours.port}/oauth2/introspect"
    return [
        {
            "ours": _load(at, asks, rest, ours.pid),
            PEER: _load(f"{peer.introspect}/token/introspection", theirs, rest, peer.pid),
        }
        for _ in range(rounds + 1)
    ][1:]


def _beside(peer: Peer, opaque: str, ours: Asked, rounds: int) -> list[Entry]:
    """The same for the responder where it belongs: inside a Synapse with people in it."""
    os.sched_setaffinity(ours.pid, {_cores()[0]})
    return _rates("introspections-in-synapse", _by_turns(peer, opaque, ours, rounds))


def _script(path: Path, authorization: str, token: str) -> Path:
    path.write_text(_WRK.format(authorization=authorization, token=token), encoding="utf-8")
    return path


def _load(address: str, script: Path, core: int, pid: int) -> Rate:
    """One second of load. Raises RuntimeError when requests failed."""
    cpu = _cpu_seconds(pid)
    done = subprocess.run(
        ["taskset", "-c", str(core), "wrk", "-t1", "-c16", "-d1s", "-s", str(script), address],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"requests failed:\n{done.stdout}")
    lines = done.stdout.splitlines()
    total = next(int(line.split()[0]) for line in lines if " requests in " in line)
    wall = next(float(line.split()[1]) for line in lines if line.startswith("Requests/sec"))
    return Rate(wall, total / max(_cpu_seconds(pid) - cpu, 0.01))


@dataclass(frozen=True, slots=True)
class _Lists:
    """A list that never changes."""

    listed: SessionList

    def sessions(self) -> SessionList:
        return self.listed

    def grace(self) -> int:
        return 8 * 3600


def _respond(port: int, folder: Path) -> None:
    """Serve the responder on Twisted's own reactor until the process is told to end."""
    listed = listed_of(json.loads((folder / "listed.json").read_text(encoding="utf-8")))

    async def sleep(seconds: float) -> None:
        await deferLater(reactor, seconds)

    answering = Introspection(_Lists(listed), DOMAIN, SystemClock(), sleep)

    async def done(doing: Callable[[], Awaitable[None]]) -> None:
        await doing()

    served = site(answering, _SECRET.encode(), {}, lambda doing: ensureDeferred(done(doing)))
    running: Any = reactor
    running.listenTCP(port, served, interface="127.0.0.1")
    running.run()


def main() -> None:
    """Measure and print, or be the measured responder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", nargs="?", choices=["responder"])
    parser.add_argument("port", nargs="?", type=int, default=0)
    parser.add_argument("folder", nargs="?", type=Path, default=Path())
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    if given.kind == "responder":
        _respond(given.port, given.folder)
    else:
        for entry in run(given.rounds):
            print(json.dumps(entry))


if __name__ == "__main__":
    main()
