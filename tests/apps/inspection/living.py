"""`vedette inspector` as a process of its own, with the settings that control would sign."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.apps.control.organisation import COMMAND, until
from vedette.adapters.boot_file import Boot
from vedette.adapters.stream_files import write_whole
from vedette.adapters.system_clock import SystemClock
from vedette.core.settings.canonical import canonical
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.protocol.internal.streams import Part, Stream, sign

Body = bytes | Iterator[bytes]


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("inspector", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(slots=True)
class Inspector:
    """The process, and requests to it."""

    boot: Boot
    document: str
    child: subprocess.Popen[bytes] | None = None
    _number: int = field(default=0)

    @property
    def socket(self) -> Path:
        return self.boot.path(self.boot.inspector.socket)

    @property
    def log(self) -> str:
        return (self.boot.folder / "inspector.log").read_text()

    def settle(self, document: str | None = None) -> None:
        """Sign settings, as control does."""
        self.document = document or self.document
        self._number += 1
        now = int(SystemClock().now())
        parsed = parse_document(self.document)
        assert isinstance(parsed, Document), parsed
        text = canonical(parsed).decode()
        part = Part(
            stream=Stream.SETTINGS,
            organisation=self.boot.organisation,
            number=self._number,
            issued=now,
            expires=now + 3600,
            body={"revision": self._number, "document": text},
        )
        key = load_pem_private_key(
            self.boot.path(self.boot.control.settings_key).read_bytes(), None
        )
        write_whole(self.boot.door("inspector") / "settings.part", sign(part, key))

    def start(self, *, ready: bool = True) -> Inspector:
        """Start it, and wait until it can judge, or at least answers."""
        with (self.boot.folder / "inspector.log").open("ab") as log:
            self.child = subprocess.Popen(
                [*COMMAND, "--dir", str(self.boot.folder), "inspector"], stdout=log, stderr=log
            )
        until(lambda: self.answers("/ready" if ready else "/health"))
        return self

    def answers(self, path: str) -> bool:
        assert self.child is not None
        assert self.child.poll() is None, self.log
        try:
            return self.ask("GET", path)[0] == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, body: Any = None, seconds: float = 90) -> tuple[int, Any]:
        """A request's status and its JSON; a body that is no bytes is sent as JSON, or in chunks."""
        connection = _UnixConnection(self.socket, seconds)
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            data = answer.read()
            told = json.loads(data) if answer.headers.get_content_subtype() == "json" else data
            return answer.status, told
        finally:
            connection.close()

    def put(self, data: Body, wait: float = 60) -> Any:
        """What a content is, whose bytes are sent."""
        status, told = self.ask("PUT", f"/contents?wait={wait}", data)
        assert status == 200, (status, told, self.log[-2000:])
        return told

    def kill(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.child is not None
        os.kill(self.child.pid, number)
        return self.child.wait(60)
