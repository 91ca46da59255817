"""Runs `vedette` commands in processes forked from one that has imported Vedette already.

Starting an interpreter and importing costs half a second to two seconds of a core for each command, and the
tests run thousands. Each command still runs in a process of its own, with its own arguments,
environment, signals and exit status. `vedette up`, and all that it starts, is started as by a user.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

SERVER = Path(__file__).with_name("commands_server.py")
LONGEST = 1 << 16
"""Bytes of a request; a command's input goes through a file instead."""


@dataclass(slots=True)
class Command:
    """A running command, with the interface of `subprocess.Popen` as far as tests use it."""

    args: tuple[str, ...]
    pid: int
    _server: socket.socket
    returncode: int | None = field(default=None)

    def poll(self) -> int | None:
        """Return the exit status if it has ended, negative for a signal; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, at most `timeout` seconds. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._server.settimeout(timeout)
            try:
                told = self._server.recv(LONGEST)
            except (BlockingIOError, TimeoutError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            assert told, "the server of commands has ended"
            self.returncode = int(json.loads(told)["status"])
            self._server.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(
    *words: str,
    stdin: IO[bytes] | int | None = None,
    stdout: IO[bytes] | int | None = None,
    stderr: IO[bytes] | int | None = None,
    env: Mapping[str, str] | None = None,
) -> Command:
    """Start `vedette WORDS…`; streams that are not given are this process's own."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(str(_server()))
    given = (stdin, stdout, stderr)
    streams = [own if each is None else _descriptor(each) for own, each in enumerate(given)]
    request = {
        "words": words, "environment": dict(os.environ if env is None else env), "folder": str(Path.cwd()),
    }  # fmt: skip
    socket.send_fds(connection, [json.dumps(request).encode()], streams)
    told = connection.recv(LONGEST)
    assert told, "the server of commands has ended"
    return Command(words, int(json.loads(told)["pid"]), connection)


def run(
    *words: str,
    given: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run `vedette WORDS…` to its end, as `subprocess.run(…, capture_output=True)` would.

    Without `given` its standard input is empty. Raises subprocess.TimeoutExpired, having killed it.
    """
    with (
        tempfile.TemporaryFile() as into,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        into.write((given or "").encode())
        into.seek(0)
        command = start(*words, stdin=into, stdout=out, stderr=err, env=env)
        try:
            code = command.wait(timeout)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait(60)
            raise
        texts = [_content(file) for file in (out, err)]
    return subprocess.CompletedProcess(words, code, *texts)


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _descriptor(stream: IO[bytes] | int) -> int:
    return stream if isinstance(stream, int) else stream.fileno()


@functools.cache
def _server() -> Path:
    """Start this process's server of commands; it ends when this process does."""
    folder = tempfile.TemporaryDirectory(prefix="commands-")
    place = Path(folder.name) / "server.sock"
    process = subprocess.Popen(
        [sys.executable, "-I", str(SERVER), str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(60)
        folder.cleanup()

    atexit.register(end)
    return place
