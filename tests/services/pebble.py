"""Let's Encrypt's Pebble: a real ACME authority that looks at our port itself, in its strict mode."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.ports import free_port
from tests.services.requirements import PEBBLE, needs
from vedette.suite.certificates import Authority, issue, make_authority, today

needs_pebble = needs(PEBBLE)
ACCOUNT, ACCOUNT_KEY = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


@dataclass
class Pebble:
    """One authority with a DNS of its own, in which every name has the address 127.0.0.1.

    It fetches the answers of challenges from `http_port`. `refuses` percent of good nonces are
    refused. Certificates last `lifetime` seconds.
    """

    folder: Path
    refuses: int = 20
    bound: bool = False
    """Whether accounts must be bound to `ACCOUNT`."""
    lifetime: int = 90 * 86_400
    blocked: tuple[str, ...] = ("blocked.example",)
    authority: Authority = field(default_factory=lambda: make_authority("An ACME CA", today()))
    port: int = 0
    http_port: int = 0
    dns_port: int = 0
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.port, self.http_port, self.dns_port = free_port(), free_port(), free_port()
        self.management = free_port()
        shown = issue(self.authority, ("localhost",), today())
        (self.folder / "own.crt").write_bytes(shown.certificate)
        (self.folder / "own.key").write_bytes(shown.key)
        (self.folder / "ca.crt").write_bytes(self.authority.pem)

    @property
    def directory(self) -> str:
        return f"https://localhost:{self.port}/dir"

    def start(self) -> None:
        (self.folder / "pebble.json").write_text(json.dumps({"pebble": self._configuration()}))
        self._run(
            "pebble-challtestsrv", "-dns01", f"127.0.0.1:{self.dns_port}", "-defaultIPv6", "",
            "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
            "-management", f"127.0.0.1:{free_port()}",
        )  # fmt: skip
        self._run(
            "pebble", "-strict", "-config", str(self.folder / "pebble.json"),
            "-dnsserver", f"127.0.0.1:{self.dns_port}",
        )  # fmt: skip
        end = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < end, (self.folder / "log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGTERM)
            process.wait(60)
        self._processes.clear()

    def root(self) -> bytes:
        """The root (PEM) under which it issues; another one after each start."""
        return self._get(self.management, "/roots/0")

    def _configuration(self) -> dict[str, object]:
        found: dict[str, object] = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(self.folder / "own.crt"),
            "privateKey": str(self.folder / "own.key"),
            "httpPort": self.http_port,
            "tlsPort": free_port(),
            "externalAccountBindingRequired": self.bound,
            "domainBlocklist": list(self.blocked),
            "retryAfter": {"authz": 1, "order": 1},
            "certificateValidityPeriod": self.lifetime,
        }
        return found | ({"externalAccountMACKeys": {ACCOUNT: ACCOUNT_KEY}} if self.bound else {})

    def _run(self, *command: str) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "PEBBLE_VA_NOSLEEP": "1",
            "PEBBLE_WFE_NONCEREJECT": str(self.refuses),
            "PEBBLE_AUTHZREUSE": "0",
        }
        with (self.folder / "log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(command, stdout=log, stderr=log, env=environment)
            )

    def _answers(self) -> bool:
        assert all(each.poll() is None for each in self._processes), self.log()
        try:
            return bool(self._get(self.port, "/dir"))
        except OSError:
            return False

    def _get(self, port: int, path: str) -> bytes:
        tls = ssl.create_default_context(cadata=self.authority.pem.decode())
        connection = http.client.HTTPSConnection("localhost", port, timeout=5, context=tls)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")
