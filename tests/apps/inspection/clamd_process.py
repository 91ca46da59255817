"""A real clamd with a small database of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.apps.control.organisation import until
from tests.services.requirements import CLAMAV, needs

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CONFIGURATION = """\
{listens}
DatabaseDirectory {folder}/database
Foreground yes
ConcurrentDatabaseReload yes
StreamMaxLength {longest}
"""


@dataclass(slots=True)
class ClamdProcess:
    """The process, in a folder of its own; `port` 0 is a Unix socket."""

    folder: Path
    port: int = 0
    longest: int = 1 << 20
    child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"tcp:127.0.0.1:{self.port}" if self.port else f"unix:{self.folder}/clamd.sock"

    def know(self, *signatures: bytes, number: int) -> None:
        """Have a database with a number, whose signatures are these bytes."""
        made, database = self.folder / "made", self.folder / "database"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        database.mkdir(exist_ok=True)
        lines = (f"Own.{at}:0:*:{each.hex()}\n" for at, each in enumerate(signatures))
        (made / "daily.ndb").write_text("".join(lines))
        (made / "COPYING").write_text("made for a test\n")
        subprocess.run(
            ["sigtool", "--build=daily.cud", "--unsigned", f"--cvd-version={number}"],
            cwd=made,
            input=b"test\n",
            capture_output=True,
            check=True,
        )
        (made / "daily.cud").replace(database / "daily.cud")

    def start(self) -> ClamdProcess:
        listens = f"LocalSocket {self.folder}/clamd.sock"
        if self.port:
            listens = f"TCPAddr 127.0.0.1\nTCPSocket {self.port}"
        told = CONFIGURATION.format(listens=listens, folder=self.folder, longest=self.longest)
        path = self.folder / "clamd.conf"
        path.write_text(told)
        with (self.folder / "clamd.log").open("ab") as log:
            self.child = subprocess.Popen(["clamd", "-c", str(path)], stdout=log, stderr=log)
        until(self.answers)
        return self

    def answers(self) -> bool:
        try:
            return self.command("PING") == b"PONG\0"
        except OSError:
            return False

    def command(self, word: str) -> bytes:
        """What it answers to a command."""
        family = socket.AF_INET if self.port else socket.AF_UNIX
        where = ("127.0.0.1", self.port) if self.port else f"{self.folder}/clamd.sock"
        with socket.socket(family) as raw:
            raw.settimeout(10)
            raw.connect(where)
            raw.sendall(b"z" + word.encode() + b"\0")
            return raw.recv(1024)

    def end(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()


def needs_clamd() -> Callable[..., object]:
    """Skips where no clamd can run."""
    return needs(*CLAMAV)
