"""Two real organisations and a homeserver that nobody named, for the tests of the whole.

`example.test` and `acme.test` are made by `vedette init` and run by `vedette up`, each with its own
control, gateway and Synapse. `outside` is a plain Synapse, which finds them by `.well-known` through a
CONNECT proxy that knows their names. All of it listens on loopback and ends with the tests.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyotp

from tests import commands
from tests.ports import free_port
from tests.system.connect_proxy import connect_proxy
from tests.system.synapse_process import PASSWORD, Authority, SynapseProcess
from vedette.adapters.boot_file import NAME, Boot, load
from vedette.adapters.stream_files import read_acknowledgement
from vedette.core.names import ServerName
from vedette.suite.accounts import NewAccount, register
from vedette.suite.certificates import Authority as SuiteAuthority
from vedette.suite.certificates import issue, today
from vedette.suite.demo import ACME, EXAMPLE, House, document_of, people_of
from vedette.suite.organisation import NewOrganisation, certificate_names, init
from vedette.suite.sign_in_walk import Walker
from vedette.suite.up import PIDS

READY_SECONDS = 180
DOORS_SECONDS = 90.0
COMMAND = (sys.executable, "-I", "-m", "vedette.cli.main")


APPS = 8
"""How many authenticator apps everybody has: a code is good once, and tests sign in often."""


@dataclass(frozen=True, slots=True)
class Someone:
    """A person with an account, a password, and apps that make codes; elsewhere without apps."""

    user: str
    password: str
    groups: tuple[str, ...]
    apps: tuple[Walker, ...] = ()

    @classmethod
    def new(cls, user: str, groups: tuple[str, ...]) -> Someone:
        password = secrets.token_urlsafe(12)
        apps = tuple(Walker(user, password, pyotp.random_base32()) for _ in range(APPS))
        return cls(user, password, groups, apps)

    def walker(self) -> Walker:
        """Who signs in next: with the app that was not used for longest."""
        return min(self.apps, key=lambda app: app.last_step)

    def account(self) -> NewAccount:
        localpart = self.user[1 : self.user.index(":")]
        apps = tuple(base64.b32decode(app.totp or "") for app in self.apps)
        return NewAccount(localpart, self.password, totp=apps)


@dataclass(slots=True)
class Organisation:
    """One organisation that runs, and what a test may do with it."""

    folder: Path
    name: str
    domain: str
    ca_file: Path
    people: Mapping[str, Someone]
    first_document: str
    process: subprocess.Popen[str] | None = None
    lines: list[str] = field(default_factory=list)

    @property
    def boot(self) -> Boot:
        return load(self.folder)

    @property
    def client_url(self) -> str:
        return self.boot.gateway.client_url

    @property
    def federation_url(self) -> str:
        return f"https://{self.boot.gateway.federation}"

    def start(self) -> None:
        """`vedette up`, until it says `ready`."""
        self.process = subprocess.Popen(
            [*COMMAND, "up", str(self.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        end = time.monotonic() + READY_SECONDS
        while "ready" not in self.read():
            assert self.process.poll() is None, "\n".join(self.lines)
            assert time.monotonic() < end, "\n".join(self.lines)
            time.sleep(0.05)

    def read(self) -> list[str]:
        """Everything that `up` has printed so far, line by line."""
        assert self.process is not None
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            self.lines.append(line.rstrip("\n"))
        return self.lines

    def stop(self) -> None:
        """End it as Ctrl-C would, and wait."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise
        finally:
            self.process = None

    def cli(
        self, *words: str, given: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run `vedette …` in this organisation."""
        environment = {"PATH": os.environ["PATH"], "VEDETTE_DIR": str(self.folder)}
        done = commands.run(*words, given=given, env=environment)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def apply(self, document: str, reason: str = "a test") -> None:
        """Put another settings document in force, whatever is in force now; every door has it."""
        history = json.loads(self.cli("settings", "history", "--json").stdout)
        base = max(revision["number"] for revision in history)
        draft = self.folder / "draft.toml"
        draft.write_text(document, encoding="utf-8")
        words = ("settings", "apply", str(draft), "--reason", reason, "--base", str(base), "--yes")
        applied = self.cli(*words, "--json", check=False)
        if "nothing-changes" in applied.stdout:
            return
        assert applied.returncode == 0, applied.stdout + applied.stderr
        trial = json.loads(applied.stdout)["trial"]
        if trial is not None:  # tests go on for longer than a trial
            self.cli("settings", "confirm", str(trial["revision"]))
        self.wait_for_doors()

    def wait_for_doors(self) -> None:
        """Wait until every door has the newest settings in force."""
        wait_for_doors(self.boot)

    def settled(self) -> None:
        """Wait until all of it serves: after its processes were killed, the next test needs them."""
        end = time.monotonic() + READY_SECONDS
        while not self._serves():
            assert time.monotonic() < end, "\n".join(self.read())
            time.sleep(0.2)

    def _serves(self) -> bool:
        tls = ssl.create_default_context(cafile=str(self.ca_file))
        url = f"{self.client_url}/_matrix/client/versions"
        try:
            urllib.request.urlopen(url, context=tls, timeout=20).close()  # noqa: S310  # its own
        except (OSError, http.client.HTTPException):
            return False
        return self.cli("settings", "show", check=False).returncode == 0

    def why(self, record: str, *words: str) -> str:
        """What `vedette why` says of a record, which a door writes a moment after it answered."""
        end = time.monotonic() + DOORS_SECONDS
        while (done := self.cli("why", record, *words, check=False)).returncode:
            assert time.monotonic() < end, done.stdout + done.stderr
            time.sleep(0.2)
        return done.stdout

    def pid(self, name: str) -> int:
        """The process id of `control`, `gateway` or `synapse`, once it runs."""
        end = time.monotonic() + READY_SECONDS
        while (pid := json.loads((self.folder / PIDS).read_bytes()).get(name)) is None:
            assert time.monotonic() < end, f"{name} does not run"
            time.sleep(0.05)
        return int(pid)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one process; returns the process id it had."""
        pid = self.pid(name)
        os.kill(pid, how)
        return pid

    def wait_for_another(self, name: str, than: int, seconds: float = 120) -> int:
        """Wait until `name` was started again, with another process id than `than`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pid = self.pid(name)
            if pid != than:
                return pid
            time.sleep(0.05)
        raise AssertionError(f"{name} was not started again")


def wait_for_doors(boot: Boot, stream: str = "settings") -> None:
    """Wait until every door has in force what control sent it last; on a busy machine it takes some."""
    end = time.monotonic() + DOORS_SECONDS
    while behind := [door for door in boot.doors if is_behind(boot.door(door), stream)]:
        assert time.monotonic() < end, behind
        time.sleep(0.05)


def is_behind(door: Path, stream: str) -> bool:
    """Whether a door has not yet in force what control sent it last."""
    sent = door / f"{stream}.part"
    if not sent.exists():
        return False
    found = (read_acknowledgement(door) or {}).get(stream, {})
    number = int(json.loads(sent.read_bytes().split(b"\n", 1)[1])["number"])
    return int(str(found.get("number", 0))) < number


@dataclass(frozen=True, slots=True)
class TwoOrganisations:
    """Everything that runs. `outside` is a plain Synapse that no document names."""

    example: Organisation
    acme: Organisation
    ca_file: Path
    authority: SuiteAuthority
    outside: SynapseProcess | None = None


def make(
    folder: Path, house: House, authority: Authority, routes: Mapping[str, str], at: Sequence[str]
) -> Organisation:
    """Make one organisation of the demo: client, federation, control, pushes, introspection."""
    ca = SuiteAuthority(authority.certificate, authority.key)
    client, federation, control, pushes, introspection = at
    init(
        NewOrganisation(
            folder=folder,
            domain=house.domain,
            name=house.name,
            client=client,
            federation=federation,
            control=control,
            pushes=pushes,
            introspection=introspection,
            console=f"127.0.0.1:{free_port()}",
            document=document_of(house),
            people=people_of(house),
            certificate=issue(ca, certificate_names(ServerName(house.domain), client), today()),
            trusted_ca=ca.pem,
            routes=dict(routes),
        ),
        today(),
    )
    people = {
        role.localpart: Someone.new(f"@{role.localpart}:{house.domain}", role.groups)
        for role in house.people
    }
    return Organisation(
        folder, house.name, house.domain, authority.file, people, document_of(house)
    )


def give_a_name(organisation: Organisation) -> None:
    """Have its clients come to a name: passkeys are kept for names, never for numbers."""
    client, boot = organisation.boot.gateway.client, organisation.folder / NAME
    named = f"https://localhost:{client.rpartition(':')[2]}"
    text = boot.read_text()
    assert f'"https://{client}"' in text
    boot.write_text(text.replace(f'"https://{client}"', f'"{named}"'))


def make_accounts(organisation: Organisation) -> None:
    """Give everybody an account."""

    async def all_of_them() -> None:
        for person in organisation.people.values():
            await register(organisation.boot, person.account())

    asyncio.run(all_of_them())


@contextmanager
def two_organisations(
    folder: Path,
    *,
    outside: bool = True,
    named: bool = False,
    routes: Mapping[str, str] | None = None,
) -> Iterator[TwoOrganisations]:
    """Make and run both, and the homeserver outside; ends everything whatever happens.

    `named` has the clients of the first come to a name. `routes` are where both find servers that the
    tests run themselves.
    """
    authority = Authority.make(folder / "ca")
    at = {house: [f"127.0.0.1:{free_port()}" for _ in range(5)] for house in (EXAMPLE, ACME)}
    places = {f"{house.domain}:443": at[house][0] for house in at}
    with ExitStack() as everything:
        plain = _outside(folder / "outside", authority, places, everything) if outside else None
        strangers = {plain.name: plain.name} if plain else {}
        organisations = []
        for house, other in ((EXAMPLE, ACME), (ACME, EXAMPLE)):
            known = {other.domain: at[other][1], **strangers, **(routes or {})}
            made = make(folder / house.domain, house, authority, known, at[house])
            everything.callback(made.stop)
            if named and house is EXAMPLE:
                give_a_name(made)
            made.start()
            make_accounts(made)
            organisations.append(made)
        if plain:
            plain.start()
        ca = SuiteAuthority(authority.certificate, authority.key)
        yield TwoOrganisations(organisations[0], organisations[1], authority.file, ca, plain)


def _outside(
    folder: Path, authority: Authority, places: Mapping[str, str], everything: ExitStack
) -> SynapseProcess:
    """The homeserver that nobody named; not started yet, but with its name and port."""
    proxy = everything.enter_context(connect_proxy(places))
    proxied = {"https_proxy": proxy, "no_proxy_hosts": []}
    plain = SynapseProcess(folder, authority, "127.0.0.4", extra_config=proxied)
    everything.callback(plain.stop)
    return plain


__all__ = ["PASSWORD", "Organisation", "Someone", "TwoOrganisations", "two_organisations"]
