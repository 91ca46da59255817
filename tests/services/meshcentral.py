"""A real MeshCentral server from npm, on loopback, with a real agent of it that enrols.

MeshCentral is AGPL and Apache code of its own maker; it is run, not shipped.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import signal
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.system.clients.npm import installed, node

PACKAGE = Path(__file__).with_name("meshcentral")
PASSWORD = "Admin-of-this-1"
GROUP = "Company"
PATIENCE_SECONDS = 90
AGENTS = {"x86_64": "meshagent_x86-64", "aarch64": "meshagent_aarch64"}


@dataclass
class MeshCentralServer:
    """A running server with one administrator and one group of devices."""

    port: int
    folder: Path
    program: Path
    """The package, with its server and its agents."""
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca(self) -> Path:
        """The authority of its own that its certificate is of."""
        return self.folder / "data/root-cert-public.crt"

    def trust(self) -> ssl.SSLContext:
        """TLS that trusts its authority, whose certificates have no key identifiers."""
        context = ssl.create_default_context(cafile=self.ca)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def control(self, *words: str) -> str:
        """What its own command line says, as its administrator."""
        done = subprocess.run(
            [
                *(node(), self.program / "meshctrl.js", *words),
                *("--url", f"wss://127.0.0.1:{self.port}"),
                *("--loginuser", "admin", "--loginpass", PASSWORD),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.folder,
        )
        assert done.returncode == 0, f"{words}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def devices(self) -> list[Any]:
        found = json.loads(self.control("ListDevices", "--json"))
        assert isinstance(found, list)
        return found

    def tag(self, device: str, *tags: str) -> None:
        """Have a device have these tags and no other."""
        self.control("EditDevice", "--id", device, "--tags", *([",".join(tags)] if tags else []))

    def login_token(self, name: str, file: Path) -> None:
        """Make a login token, and write it as the product wants it."""
        words = self.control("LoginTokens", "--add", name)
        user, password = (
            next(
                line.partition(":")[2].strip()
                for line in words.splitlines()
                if line.startswith(kind)
            )
            for kind in ("Username", "Password")
        )
        file.touch(0o600)
        file.write_text(f"{user}\n{password}\n")

    def start(self, log: str, cwd: Path, *command: Path | str) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("ab") as output:
            child = subprocess.Popen(
                command, cwd=cwd, stdout=output, stderr=output, start_new_session=True
            )
        self._processes.append(child)
        return child

    def stop(self) -> None:
        """End what was started here, with what that started: each is a group of its own."""
        for child in reversed(self._processes):
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(5)
        self._processes.clear()

    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def enrol(self) -> str:
        """Have an agent enrol this machine as a device; its id.

        Its settings name the server here before it starts: else it would look for one by multicast.
        """
        group = json.loads(self.control("ListDeviceGroups", "--json"))[0]["_id"].split("/")[2]
        trusting = self.trust()
        address = f"{self.url}/meshsettings?id={group}"
        with urllib.request.urlopen(address, context=trusting, timeout=20) as answer:  # noqa: S310  # its own
            settings = answer.read().decode()
        here = f"MeshServer=wss://127.0.0.1:{self.port}/agent.ashx"
        lines = [here if line.startswith("MeshServer=") else line for line in settings.splitlines()]
        folder = self.folder / "agent"
        folder.mkdir()
        agent = folder / "meshagent"
        shutil.copy(self.program / "agents" / AGENTS[platform.machine()], agent)
        agent.chmod(0o755)
        agent.with_suffix(".msh").write_text("\n".join(lines) + "\n")
        self.start("agent.log", folder, agent, "connect")
        until(lambda: bool(self.devices()), self.log)
        (device,) = self.devices()
        return str(device["_id"])


@contextlib.contextmanager
def meshcentral(folder: Path) -> Iterator[MeshCentralServer]:
    """Start one in `folder`, and end it with everything that it started."""
    program = installed(PACKAGE) / "node_modules/meshcentral"
    server = MeshCentralServer(free_port(), folder, program)
    for name in ("data", "files"):
        (folder / name).mkdir(parents=True)
    settings = {
        "cert": "127.0.0.1",
        "WANonly": True,
        "port": server.port,
        "portBind": "127.0.0.1",
        "exactPorts": True,
        "redirPort": 0,
        "mpsPort": 0,
        "selfUpdate": False,
        "autoBackup": False,
        "agentTimeStampServer": False,
    }
    config = {"settings": settings, "domains": {"": {"newAccounts": False}}}
    (folder / "data/config.json").write_text(json.dumps(config))
    own = (*(node(), program, "--datapath", folder / "data", "--filespath", folder / "files"),)
    for job in (
        ("--createaccount", "admin", "--pass", PASSWORD, "--email", "admin@corp.test"),
        ("--adminaccount", "user//admin"),
    ):
        subprocess.run([*own, *job], cwd=folder, check=True, capture_output=True, timeout=120)
    try:
        child = server.start("server.log", folder, *own)
        until(lambda: _answers(server), lambda: f"{child.poll()}\n{server.log()}")
        server.control("AddDeviceGroup", "--name", GROUP)
        yield server
    finally:
        server.stop()


def _answers(server: MeshCentralServer) -> bool:
    if not server.ca.exists():
        return False
    try:
        trusting = server.trust()
        urllib.request.urlopen(server.url, context=trusting, timeout=5).close()  # noqa: S310  # its own
    except OSError:
        return False
    return True


def until(holds: Callable[[], bool], words: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, words()
        time.sleep(0.2)
