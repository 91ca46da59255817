"""The server behind `tests/commands.py`: forks a process for each command that it is asked to run.

Each request is a connection with one message and three descriptors. It answers with the process id at
once, and with the exit status at the end. It ends when its standard input does.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
from typing import Any, NoReturn

IMPORTED = (
    "vedette.control.main",
    "vedette.signin.main",
    "vedette.gateway.main",
    "vedette.cli.main",
)
LONGEST = 1 << 16


def preload() -> None:
    """Import what commands import, so that each forked process has it."""
    for name in IMPORTED:
        importlib.import_module(name)
    import vedette.cli  # noqa: PLC0415  # found once the others are imported

    for module in pkgutil.iter_modules(vedette.cli.__path__):
        importlib.import_module(f"vedette.cli.{module.name}")
    gc.collect()
    gc.freeze()


def serve(place: str) -> dict[str, Any] | None:
    """Fork for each request. Returns the request in each forked process, None at the end of the server."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(place)
    listening.listen(64)
    waking, wakes = os.pipe()
    os.set_blocking(waking, False)
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        for each in (listening, waking, 0):
            selector.register(each, selectors.EVENT_READ)
        print("ready", flush=True)  # the answer that the other side waits for
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if 0 in ready:
                return None
            if waking in ready:
                os.read(waking, 4096)
            report_ended(running)
            if listening.fileno() in ready:
                connection, _ = listening.accept()
                message, streams, *_ = socket.recv_fds(connection, LONGEST, 3)
                pid = os.fork()
                if not pid:
                    for other in (connection, listening, *running.values()):
                        other.close()
                    signal.set_wakeup_fd(-1)
                    os.close(waking)
                    os.close(wakes)
                    become(streams)
                    return dict(json.loads(message))
                for stream in streams:
                    os.close(stream)
                running[pid] = connection
                connection.send(json.dumps({"pid": pid}).encode())


def report_ended(running: dict[int, socket.socket]) -> None:
    """Say how each process ended that has ended."""
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with running.pop(pid) as connection:
            try:
                connection.send(json.dumps({"status": os.waitstatus_to_exitcode(status)}).encode())
            except OSError:  # nobody waits for it
                continue


def become(streams: list[int]) -> None:
    """Take the given standard streams and the usual handling of signals."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for own, stream in enumerate(streams):
        os.dup2(stream, own)
        os.close(stream)
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(  # noqa: SIM115
        2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
    )
    atexit.register(sys.stdout.flush)


def command(request: dict[str, Any]) -> NoReturn:
    """Run the requested command as `python -m vedette.cli.main` would, and exit with its status."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["vedette", *request["words"]]
    from vedette.cli.main import main  # noqa: PLC0415  # imported by `preload`

    main()
    sys.exit(0)


if __name__ == "__main__":
    preload()
    asked = serve(sys.argv[1])
    if asked is not None:
        command(asked)
