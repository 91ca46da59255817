"""`vedette up`: every process of one organisation on this machine.

Control comes first, since it writes what the doors decide by; Synapse's configuration is rendered
from the document that control signed; then the inspector, the sign-in service, Synapse and the
gateway start side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vedette.adapters.boot_file import Boot, BootFault, load
from vedette.adapters.restarts import FOLDER, Restarts
from vedette.adapters.stream_files import write_whole
from vedette.admin.homeserver import render_password
from vedette.suite.addresses import fits_socket, is_free
from vedette.suite.keys import make_audit_keys
from vedette.suite.probes import probe_socket, probe_url
from vedette.suite.progress import Progress
from vedette.suite.supervisor import Program, StartFault, Supervisor
from vedette.suite.synapse_files import Configuration, keep_current

_SETTINGS_WAIT_SECONDS = 30.0
_WANTED_SECONDS = 0.5
_LOCK = "run/up.lock"
PIDS = Path("run/pids.json")
"""The process ids of what runs, by name."""


class UpFault(RuntimeError):
    """The organisation can't be run here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """One organisation that is up."""

    boot: Boot
    supervisor: Supervisor
    progress: Progress

    def urls(self) -> tuple[tuple[str, str], ...]:
        """What to open or to connect to, with its name."""
        gateway = self.boot.gateway
        return (
            ("clients", gateway.client_url),
            ("federation", f"https://{gateway.federation_name}"),
            *((("console", self.boot.console_url),) if self.boot.console_url else ()),
            ("administration", f"http://{self.boot.control.listen}/vedette/api/v1"),
        )


async def start(folder: Path, progress: Progress) -> Running:
    """Start everything of the organisation in `folder`; `stop` on the result's supervisor ends it.

    Raises:
        BootFault, UpFault, StartFault: it can't run; the message says why and what to do.
    """
    boot = load(folder)
    check_paths(boot)
    if make_audit_keys(boot):
        progress.line(f"{boot.organisation}: from now on people are sealed in the record")
    supervisor = Supervisor(lambda text: progress.line(f"{boot.organisation}: {text}"))
    supervisor.changed = lambda: _write_pids(boot, supervisor)
    configuration = Configuration(boot)
    restarts = Restarts(boot.path(FOLDER))
    restarts.clear()
    try:
        progress.step(f"{boot.organisation}: starting control")
        await supervisor.start(control_program(boot))
        await _settings_arrived(boot)
        progress.step(
            f"{boot.organisation}: starting sign-in, the inspector, Synapse and the gateway"
        )
        async with asyncio.TaskGroup() as rest:
            rest.create_task(supervisor.start(signin_program(boot)))
            rest.create_task(supervisor.start(inspector_program(boot)))
            rest.create_task(supervisor.start(synapse_program(boot, configuration)))
            rest.create_task(supervisor.start(gateway_program(boot)))
    except BaseException as fault:
        await supervisor.stop()
        if isinstance(fault, BaseExceptionGroup):
            raise _first_start_fault(fault) from None
        raise
    current = keep_current(configuration, lambda: supervisor.restart("synapse"), supervisor.say)
    supervisor.attend(current, "keeping Synapse's configuration current")
    supervisor.attend(start_again(supervisor, restarts), "starting processes again for control")
    return Running(boot, supervisor, progress)


async def start_again(supervisor: Supervisor, restarts: Restarts) -> None:
    """Start again whatever control asks for: keys were changed that are read at a start alone."""
    while True:
        names = [name for name in restarts.take() if name in supervisor.pids()]
        for name in names:
            supervisor.say(f"starting {name} again for another key of its own")
        for name, serves in zip(
            names, await asyncio.gather(*map(supervisor.restart, names)), strict=True
        ):
            if serves:
                restarts.done(name)
            else:  # whoever asked waits in vain, and says so
                supervisor.say(f"{name} did not come back; see its log")
        await asyncio.sleep(_WANTED_SECONDS)


async def run(folder: Path, *, as_json: bool = False) -> None:
    """Start everything, say where it is, say `ready`, and run until SIGINT or SIGTERM.

    As JSON: one object on standard output once all is ready, and everything else on standard error.
    """
    progress = Progress(sys.stderr if as_json else sys.stdout)
    with only_one(folder), told_to_end() as told:
        running = await _unless_told(folder, progress, told)
        if running is None:
            return
        try:
            for name, url in running.urls():
                progress.line(f"{name:15} {url}")
            progress.line("ready")
            if as_json:
                print(json.dumps(described(running)), flush=True)
            await told.wait()
        finally:
            progress.step(f"{running.boot.organisation}: ending")
            await running.supervisor.stop()
            progress.line(f"{running.boot.organisation}: ended")


def described(running: Running) -> dict[str, Any]:
    """Where what runs is, for a program to go on with."""
    boot = running.boot
    urls = dict(running.urls())
    return {"domain": boot.organisation, "dir": str(boot.folder), "urls": urls, "ready": True}


async def _unless_told(folder: Path, progress: Progress, told: asyncio.Event) -> Running | None:
    """Start, but give up and end what was started as soon as it is told to end."""
    starting = asyncio.create_task(start(folder, progress))
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if starting.done():
        return starting.result()
    starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting
    return None


def control_program(boot: Boot) -> Program:
    """The settings, the administration API and the audit."""
    return Program(
        name="control",
        command=_vedette("control"),
        folder=boot.folder,
        log=boot.log("control"),
        environment={"VEDETTE_DIR": str(boot.folder)},
        healthy=probe_url(f"http://{boot.control.listen}/ready"),
    )


def gateway_program(boot: Boot) -> Program:
    """The client door and the federation doors."""
    certificate = boot.shown()
    return Program(
        name="gateway",
        command=_vedette("gateway"),
        folder=boot.folder,
        log=boot.log("gateway"),
        environment={"VEDETTE_DIR": str(boot.folder)},
        healthy=probe_url(f"https://{boot.gateway.client}/.well-known/matrix/client", certificate),
    )


def signin_program(boot: Boot) -> Program:
    """The sign-in service: pages, sessions, second factors."""
    return Program(
        name="signin",
        command=_vedette("signin"),
        folder=boot.folder,
        log=boot.log("signin"),
        environment={"VEDETTE_DIR": str(boot.folder)},
        healthy=probe_socket(boot.path(boot.signin.socket), "/ready"),
    )


def inspector_program(boot: Boot) -> Program:
    """The inspector: what files are."""
    return Program(
        name="inspector",
        command=_vedette("inspector"),
        folder=boot.folder,
        log=boot.log("inspector"),
        environment={"VEDETTE_DIR": str(boot.folder)},
        healthy=probe_socket(boot.path(boot.inspector.socket), "/health"),
    )


def synapse_program(boot: Boot, configuration: Configuration) -> Program:
    """The messaging engine; its configuration is written anew before every start."""
    folder = boot.path(boot.synapse.folder)
    return Program(
        name="synapse",
        command=(sys.executable, "-I", "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"),
        folder=folder,
        log=boot.log("synapse"),
        healthy=probe_socket(boot.path(boot.synapse.socket), "/health"),
        before=configuration.write,
    )


def _vedette(command: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-m", "vedette.cli.main", command)


def check_paths(boot: Boot) -> None:
    """What can be known before anything is started. Raises UpFault or BootFault."""
    render_password(boot)  # an address that can't be read is told now
    sockets = (boot.synapse.socket, boot.gateway.outgoing, boot.signin.socket)
    for socket in (*sockets, boot.inspector.socket):
        path = boot.path(socket)
        if not fits_socket(path):
            raise UpFault(
                f"`{path}` is too long for a Unix socket; move the folder to a shorter path"
            )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    addresses = {
        boot.gateway.client,
        boot.gateway.federation,
        boot.control.listen,
        boot.signin.introspection,
        *((boot.control.console.listen,) if boot.control.console else ()),
        *((boot.control.inbound.listen,) if boot.control.inbound else ()),
        *((boot.gateway.pushes,) if boot.gateway.pushes else ()),
        *((boot.gateway.acme.listen,) if boot.gateway.acme else ()),
    }
    taken = sorted(address for address in addresses if not is_free(address))
    if taken:
        raise UpFault(
            f"something else listens on `{'`, `'.join(taken)}`; end it, or change the address in"
            f" `{boot.folder / 'boot.toml'}`"
        )


def _write_pids(boot: Boot, supervisor: Supervisor) -> None:
    """Say which process is which, for whoever must look at one."""
    write_whole(boot.path(PIDS), json.dumps(supervisor.pids()).encode())


async def _settings_arrived(boot: Boot) -> None:
    """Wait until control has signed the settings for Synapse's door."""
    part = boot.door("synapse") / "settings.part"
    deadline = asyncio.get_running_loop().time() + _SETTINGS_WAIT_SECONDS
    while not part.exists():
        if asyncio.get_running_loop().time() > deadline:
            raise StartFault(f"control signed no settings; see `{boot.log('control')}`")
        await asyncio.sleep(0.05)


def _first_start_fault(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first_start_fault(first) if isinstance(first, BaseExceptionGroup) else first


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the organisation's lock, so that it never runs twice. Raises BootFault, UpFault."""
    if not folder.is_dir():
        raise BootFault(
            f"`{folder}` does not exist; make an organisation with `vedette init {folder}"
            " --domain NAME`"
        )
    path = folder / _LOCK
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UpFault(f"`{folder}` is running already; end that one first") from None
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def told_to_end() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    try:
        yield told
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
