"""`vedette demo`: two organisations on this machine, and a scene played between them.

DIR/ca.crt is a CA made for this demo alone; its key is thrown away. DIR/demo.json (0600) holds the
people's passwords and the secrets of their second factors.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
import shutil
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from vedette.adapters.boot_file import Boot
from vedette.adapters.stream_files import write_whole
from vedette.core.names import ServerName
from vedette.protocol.totp import SECRET_BYTES
from vedette.suite.accounts import NewAccount, register
from vedette.suite.addresses import free_or_other
from vedette.suite.certificates import Authority, issue, make_authority, today
from vedette.suite.client import DEVICE, Client, Refused, session_to, signed_in
from vedette.suite.organisation import (
    PEOPLE_HEAD,
    NewOrganisation,
    certificate_names,
    console_names,
    init,
)
from vedette.suite.progress import Progress
from vedette.suite.scene import Cast, Played, SceneFault, play
from vedette.suite.sign_in_walk import Walker, WalkFault, sign_in
from vedette.suite.up import Running, UpFault, only_one, start, told_to_end
from vedette.suite.why import why_record

CA_FILE, PEOPLE_FILE = "ca.crt", "demo.json"
_RULE = "acme-messages-only"
"""The rule of Example AG's document that refuses the file and the call."""
_ACCOUNTS_MADE = "run/accounts-made"


@dataclass(frozen=True, slots=True)
class Role:
    """One person of the demo and the groups that the directory would say."""

    localpart: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class House:
    """One organisation of the demo.

    `ports`: client, federation, control, pushes, introspection, console, where free.
    """

    name: str
    domain: str
    document: str
    people: tuple[Role, ...]
    ports: tuple[int, int, int, int, int, int]


EXAMPLE = House(
    "Example AG",
    "example.test",
    "example.toml",
    (
        Role("alice", ("Employees", "Engineering")),
        Role("bob", ("Employees",)),
        Role("dora", ("Employees", "Engineering")),
        Role("emil", ("Employees",)),
        Role("olga", ("Employees", "Security-Officers")),
    ),
    (8443, 8448, 8470, 8471, 8474, 8476),
)
ACME = House(
    "Acme",
    "acme.test",
    "acme.toml",
    (
        Role("carol", ("Employees", "Sales")),
        Role("frank", ("Employees",)),
        Role("gina", ("Employees", "Sales")),
        Role("hans", ("Employees",)),
        Role("otto", ("Employees", "Security-Officers")),
    ),
    (8444, 8449, 8472, 8473, 8475, 8477),
)
HOUSES = (EXAMPLE, ACME)


@dataclass(frozen=True, slots=True)
class Demo:
    """What is on disk: where it lies, whom to trust, everybody's password and second factor.

    `totp` are Base32 secrets for an authenticator app.
    """

    folder: Path
    ca: bytes
    passwords: dict[str, str]
    totp: dict[str, str]

    def dir(self, house: House) -> Path:
        """The folder of one organisation."""
        return self.folder / house.domain


async def run(folder: Path, *, as_json: bool, once: bool) -> None:
    """Make what is not there yet, start both, play the scene, and run until told to end.

    Raises:
        BootFault, InitFault, UpFault, StartFault, AccountFault, SceneFault, OSError: the message
            says why it can't go on.
    """
    progress = Progress(sys.stderr if as_json else sys.stdout)
    demo = prepare(folder)
    with contextlib.ExitStack() as locks, told_to_end() as told:
        for house in HOUSES:
            locks.enter_context(only_one(demo.dir(house)))
        running: list[Running] = []
        try:
            acting = asyncio.create_task(_act(demo, progress, running, as_json=as_json))
            if await _done_before_told(acting, told) and not once:
                progress.line("Ctrl-C ends it.")
                await told.wait()
        finally:
            progress.step("ending")
            await asyncio.gather(*(one.supervisor.stop() for one in running))
            progress.line("ended")


async def _done_before_told(acting: asyncio.Task[None], told: asyncio.Event) -> bool:
    """Wait for the scene's end; if told to end before, break it off."""
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({acting, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if acting.done():
        acting.result()
        return True
    acting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await acting
    return False


async def _act(demo: Demo, progress: Progress, running: list[Running], *, as_json: bool) -> None:
    """Start both, play, and say where everything is. What was started is added to `running`."""
    await _start_both(demo, progress, running)
    await _make_accounts(demo, progress, running)
    progress.line("")
    played = await _scene(demo, progress, running)
    await _explain(demo, progress, played)
    _tell_where(demo, progress, running)
    if as_json:
        print(json.dumps(described(demo, [one.boot for one in running])), flush=True)
    progress.line("ready")


def prepare(folder: Path) -> Demo:
    """Make both organisations, or find those of an earlier run. Raises InitFault, UpFault."""
    secret = folder / PEOPLE_FILE
    if secret.exists():
        stored = json.loads(secret.read_text(encoding="utf-8"))
        ca = (folder / CA_FILE).read_bytes()
        return Demo(folder, ca, dict(stored["passwords"]), dict(stored["totp"]))
    if folder.exists() and any(folder.iterdir()):
        raise UpFault(
            f"`{folder}` holds something else, or a demo that was not made to its end; remove it, or"
            " name another folder"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = make_authority("Vedette demo CA, trusted by nobody else", today())
    users = [f"@{role.localpart}:{house.domain}" for house in HOUSES for role in house.people]
    passwords = {user: secrets.token_urlsafe(12) for user in users}
    _init_both(folder, authority)
    totp = {user: _new_totp() for user in users}
    (folder / CA_FILE).write_bytes(authority.pem)
    write_whole(secret, json.dumps({"passwords": passwords, "totp": totp}, indent=1).encode())
    return Demo(folder, authority.pem, passwords, totp)


def _new_totp() -> str:
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _init_both(folder: Path, authority: Authority) -> None:
    taken: set[str] = set()
    addresses: dict[str, tuple[str, ...]] = {}
    for house in HOUSES:
        found = []
        for port in house.ports:
            found.append(free_or_other(f"127.0.0.1:{port}", frozenset(taken)))
            taken.add(found[-1])
        addresses[house.domain] = tuple(found)
    for house in HOUSES:
        client, federation, control, pushes, introspection, console = addresses[house.domain]
        names = certificate_names(ServerName(house.domain), client)
        others = {domain: at[1] for domain, at in addresses.items() if domain != house.domain}
        init(
            NewOrganisation(
                folder=folder / house.domain,
                domain=house.domain,
                name=house.name,
                client=client,
                federation=federation,
                control=control,
                pushes=pushes,
                introspection=introspection,
                console=console,
                document=document_of(house),
                people=people_of(house),
                certificate=issue(authority, names, today()),
                console_certificate=issue(authority, console_names(console), today()),
                trusted_ca=authority.pem,
                routes=others,
            ),
            today(),
        )


def document_of(house: House) -> str:
    """The first settings document of one organisation."""
    found = resources.files("vedette.suite") / "documents" / house.document
    return found.read_text(encoding="utf-8")


def people_of(house: House) -> str:
    """The people table of one organisation."""
    lines = (f"{role.localpart},{';'.join(role.groups)},no,yes\n" for role in house.people)
    return PEOPLE_HEAD + "".join(lines)


async def _start_both(demo: Demo, progress: Progress, running: list[Running]) -> None:
    progress.line("starting Example AG (example.test) and Acme (acme.test)")
    loop = asyncio.get_running_loop()
    since = loop.time()
    starts = [asyncio.create_task(start(demo.dir(house), progress)) for house in HOUSES]
    try:
        running += [await task for task in starts]
        progress.line(f"both are up after {loop.time() - since:.1f} s")
    except BaseException:
        for task in starts:
            task.cancel()
        for result in await asyncio.gather(*starts, return_exceptions=True):
            if isinstance(result, Running) and result not in running:
                running.append(result)
        raise


async def _make_accounts(demo: Demo, progress: Progress, running: list[Running]) -> None:
    for house, one in zip(HOUSES, running, strict=True):
        made = one.boot.path(Path(_ACCOUNTS_MADE))
        if made.exists():
            continue
        progress.step(f"{house.name}: making the accounts")
        for role in house.people:
            user = f"@{role.localpart}:{house.domain}"
            totp = base64.b32decode(demo.totp[user])
            account = NewAccount(role.localpart, demo.passwords[user], totp=(totp,))
            await register(one.boot, account)
        made.touch(mode=0o600)


async def _scene(demo: Demo, progress: Progress, running: list[Running]) -> Played:
    async with contextlib.AsyncExitStack() as sessions:
        people: dict[str, Client] = {}
        for user in ("@alice:example.test", "@bob:example.test", "@carol:acme.test"):
            url = running[0 if user.endswith("example.test") else 1].boot.gateway.client_url
            session = await sessions.enter_async_context(session_to(url, demo.ca))
            people[user] = await _signed_in(demo, session, user)
        alice, bob, carol = people.values()
        return await play(Cast(alice, bob, carol), progress.line)


async def _signed_in(demo: Demo, session: Any, user: str) -> Client:
    try:
        walker = Walker(user, demo.passwords[user], demo.totp[user])
        return signed_in(session, await sign_in(session, walker, DEVICE))
    except (Refused, WalkFault) as fault:
        raise SceneFault(f"{user} could not sign in: {fault}") from fault


async def _explain(demo: Demo, progress: Progress, played: Played) -> None:
    """Ask why the file was refused, and show the command that changes it."""
    if not played.refusals:
        return
    text, refused = played.refusals[0]
    folder = demo.dir(EXAMPLE)
    typed = f"{_command()} --dir {_short(folder)}"
    progress.line("")
    progress.line(f"Why was it refused that {text}?")
    if refused.record is not None:
        progress.line(f"  $ {typed} why {refused.record}")
        for line in await why_record(folder, refused.record):
            progress.line(f"    {line}")
    if refused.vedette.get("rule") != _RULE:
        return
    progress.line("")
    progress.line("Another contract? These two commands change it, within a second:")
    progress.line(f"  {typed} rule remove {_RULE} --reason 'contract 4712'")
    progress.line(
        f"  {typed} rule add acme-documents --between staff acme --allow file"
        " --when 'file.kind in document' --reason 'contract 4712'"
    )


def _command() -> str:
    """How `vedette` is called here: by its name where that is found, else as it was just called."""
    called = Path(sys.argv[0])
    return _short(called) if called.name == "vedette" and not shutil.which("vedette") else "vedette"


def _short(folder: Path) -> str:
    """A path as somebody would type it here."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def _tell_where(demo: Demo, progress: Progress, running: list[Running]) -> None:
    progress.line("")
    for house, one in zip(HOUSES, running, strict=True):
        for name, url in one.urls():
            progress.line(f"{house.name:11} {name:15} {url}")
    progress.line(f"CA to trust             {demo.folder / CA_FILE}")
    progress.line(f"people and passwords    {demo.folder / PEOPLE_FILE} (mode 0600)")


def described(demo: Demo, boots: list[Boot]) -> dict[str, Any]:
    """Both organisations with everybody's password, for a program to go on with."""
    return {
        "organisations": [
            {
                "name": house.name,
                "domain": house.domain,
                "client_url": boot.gateway.client_url,
                "federation_url": f"https://{boot.gateway.federation}",
                "console_url": f"{boot.console_url}/",
                "dir": str(demo.dir(house)),
                "people": [
                    {
                        "user": (user := f"@{role.localpart}:{house.domain}"),
                        "password": demo.passwords[user],
                        "totp_secret": demo.totp[user],
                        "groups": list(role.groups),
                    }
                    for role in house.people
                    if f"@{role.localpart}:{house.domain}" in demo.passwords
                ],
            }
            for house, boot in zip(HOUSES, boots, strict=True)
        ],
        "ca_file": str(demo.folder / CA_FILE),
    }
