"""One organisation on loopback: its folder, its control as a real process, doors that really read."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from tests import commands
from tests.ports import free_port
from vedette.adapters.boot_file import Boot, load
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.system_clock import SystemClock
from vedette.control.records_here import settings_keys
from vedette.protocol.internal.streams import Stream
from vedette.suite.organisation import NewOrganisation, init

Done = TypeVar("Done")

PREFIX = "/vedette/api/v1"
_ENVIRONMENT = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "COLUMNS": "120"}
COMMAND = (sys.executable, "-I", "-m", "vedette.cli.main")


@dataclass(slots=True)
class RunningDoor:
    """A door's own side of its streams, polled by a thread as doors do."""

    files: StreamFiles
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self.files.folder.mkdir(parents=True, exist_ok=True)
        self.files.start()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def _poll(self) -> None:
        while not self._stop.wait(0.02):
            self.files.poll()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def revision(self) -> int:
        """The revision of the settings that it took; not every door is sent more than those."""
        part = self.files.part(Stream.SETTINGS)
        assert part is not None
        return int(part.body["revision"])


@dataclass(slots=True)
class Organisation:
    """Everything of it. Only processes that were started here are ever ended."""

    boot: Boot
    _children: list[commands.Command] = field(default_factory=list)
    _commands: list[subprocess.Popen[str]] = field(default_factory=list)
    _doors: list[RunningDoor] = field(default_factory=list)

    def start(self) -> commands.Command:
        log = (self.boot.folder / "control.log").open("ab")
        child = commands.start("--dir", str(self.boot.folder), "control", stdout=log, stderr=log)
        log.close()
        self._children.append(child)
        until(lambda: self._healthy(child))
        return child

    def _healthy(self, child: commands.Command) -> bool:
        assert child.poll() is None, self.log()
        try:
            return self.ask("GET", "/health", prefix="")[0] == 200
        except OSError:
            return False

    def log(self) -> str:
        return (self.boot.folder / "control.log").read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        child = self._children[-1]
        os.kill(child.pid, number)
        return child.wait(60)

    def end_all(self) -> None:
        for door in self._doors:
            door.stop()
        for child in (*self._commands, *self._children):
            if child.poll() is None:
                child.kill()
                child.wait()

    def door(self, name: str) -> RunningDoor:
        files = StreamFiles(
            self.boot.door(name), self.boot.organisation, settings_keys(self.boot), SystemClock()
        )
        door = RunningDoor(files)
        door.start()
        self._doors.append(door)
        return door

    def token(self) -> str:
        return self.boot.path(self.boot.control.token).read_text().strip()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        prefix: str = PREFIX,
    ) -> tuple[int, Any]:
        host, _, port = self.boot.control.listen.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        sent = {"Authorization": f"Bearer {self.token()}"} if headers is None else headers
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
        if data is not None:
            sent = {"Content-Type": "application/json", **sent}
        try:
            connection.request(method, prefix + path, data, sent)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def begun(self, *words: str) -> "subprocess.Popen[str]":
        """Begin a command of the command line, of which is read while it runs what it says."""
        child = subprocess.Popen(
            [*COMMAND, "--dir", str(self.boot.folder), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_ENVIRONMENT,
        )
        self._commands.append(child)
        return child

    def vedette(self, *words: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command of the command line in this organisation."""
        return commands.run("--dir", str(self.boot.folder), *words, given=given, env=_ENVIRONMENT)


def make(folder: Path) -> Organisation:
    addresses = (f"127.0.0.1:{free_port()}" for _ in range(5))
    client, federation, control, introspection, console = addresses
    wanted = NewOrganisation(
        folder=folder,
        domain="example.test",
        name="Example AG",
        client=client,
        federation=federation,
        control=control,
        introspection=introspection,
        console=console,
    )
    init(wanted, datetime.now(UTC))
    return Organisation(load(folder))


def within_a_second(act: Callable[[], Done]) -> Done:
    """What `act` returned when it took less than a second; of a busy machine not every try does."""
    for _ in range(10):
        begun = time.monotonic()
        done = act()
        if time.monotonic() - begun < 1.0:
            return done
    raise AssertionError("it took a second or more, ten times")


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
