"""A real ICAP server, c-icap, which asks a clamd."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.apps.control.organisation import until
from tests.services.requirements import ICAP, needs

LIBRARIES = next(iter(Path("/usr/lib").glob("*-linux-gnu/c_icap")), Path("/usr/lib/c_icap"))
CONFIGURATION = """\
PidFile {folder}/icap.pid
CommandsSocket {folder}/icap.ctl
StartServers 1
MaxServers 2
MinSpareThreads 2
MaxSpareThreads 5
ThreadsPerChild 5
Port 127.0.0.1:{port}
ServerAdmin nobody@example.test
ServerName example.test
TmpDir {folder}
ModulesDir {libraries}
ServicesDir {libraries}
TemplateDir /usr/share/c_icap/templates/
LoadMagicFile /etc/c-icap/c-icap.magic
ServerLog {folder}/icap.log
AccessLog {folder}/icap-access.log
Service antivirus_module virus_scan.so
ServiceAlias avscan virus_scan
virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG BMP PNG TIFF MSOFFICE PDF BINARY
virus_scan.MaxObjectSize 1M
virus_scan.StartSendPercentDataAfter 100M
Module common clamd_mod.so
clamd_mod.ClamdSocket {clamd}
"""


@dataclass(slots=True)
class IcapProcess:
    """The process, in a folder of its own; `clamd` is the path of clamd's socket."""

    folder: Path
    port: int
    clamd: str
    child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"icap://127.0.0.1:{self.port}/avscan"

    def start(self) -> IcapProcess:
        path = self.folder / "c-icap.conf"
        path.write_text(
            CONFIGURATION.format(
                folder=self.folder, port=self.port, clamd=self.clamd, libraries=LIBRARIES
            )
        )
        with (self.folder / "icap.out").open("ab") as log:
            self.child = subprocess.Popen(
                ["c-icap", "-N", "-D", "-f", str(path)], stdout=log, stderr=log
            )
        until(self._listens)
        return self

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def end(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def needs_icap() -> Callable[..., object]:
    """Skips where no c-icap can run."""
    return needs(*ICAP)
