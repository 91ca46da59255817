"""A real syslog-ng that takes messages over mutual TLS and writes them parsed, one JSON line each."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.services.requirements import SYSLOG_NG, find_program, needs
from vedette.suite.certificates import Authority, issue, make_authority, today

needs_syslog_ng = needs(SYSLOG_NG)

_CONFIGURATION = """\
@version: 4.2
options {{ keep-hostname(yes); use-dns(no); log-msg-size(1048576); stats(freq(0)); }};
source siem {{
  syslog(ip("127.0.0.1") port({port}) transport("tls") flags(syslog-protocol) max-connections(8)
    tls(key-file("{folder}/server.key") cert-file("{folder}/server.crt")
        ca-file("{folder}/ca.crt") peer-verify(required-trusted)));
}};
destination kept {{
  file("{folder}/kept.jsonl"
    template("$(format-json --scope rfc5424 --key .SDATA.* --key SEVERITY_NUM)\\n"));
}};
log {{ source(siem); destination(kept); flags(flow-control); }};
"""


@dataclass
class SyslogNg:
    """One receiver, which may be stopped and started again at the same port."""

    folder: Path
    authority: Authority = field(default_factory=lambda: make_authority("A SIEM's CA", today()))
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.port = free_port()
        for name, names in (("server", ("localhost",)), ("client", ("control.example.test",))):
            shown = issue(self.authority, names, today())
            (self.folder / f"{name}.crt").write_bytes(shown.certificate)
            (self.folder / f"{name}.key").write_bytes(shown.key)
            (self.folder / f"{name}.key").chmod(0o600)
        (self.folder / "ca.crt").write_bytes(self.authority.pem)
        (self.folder / "conf").write_text(_CONFIGURATION.format(port=self.port, folder=self.folder))

    @property
    def address(self) -> str:
        return f"localhost:{self.port}"

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [find_program("syslog-ng") or "syslog-ng", "-F", "--no-caps",
             "-f", self.folder / "conf", f"--persist-file={self.folder}/persist",
             "-c", self.folder / "control", "-p", self.folder / "pid"],
            stdout=log, stderr=log,
        )  # fmt: skip
        log.close()
        end = time.monotonic() + 60
        while True:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < end, (self.folder / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    def kept(self) -> list[dict[str, Any]]:
        """Every message that it wrote, parsed by it; of the one that it writes just now nothing."""
        path = self.folder / "kept.jsonl"
        whole, _, _ = path.read_bytes().rpartition(b"\n") if path.exists() else (b"", b"", b"")
        return [json.loads(line) for line in whole.splitlines()]
