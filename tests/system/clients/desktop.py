"""A desktop that nobody sees: a screen, a message bus, a keyboard, and a browser played by a test.

Needs the Debian packages `xvfb`, `xdotool`, `dbus-daemon` and `dbus-bin`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60
OPENS = '#!/bin/sh\nprintf "%s" "$1" > "$OPENED.new" && mv "$OPENED.new" "$OPENED"\n'
"""What stands in for a desktop's `xdg-open`: it keeps the address for whoever plays the browser."""


def without_a_screen(folder: Path) -> dict[str, str]:
    """An environment with a home of its own, in which to open a browser is to write `opened`."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "xdg-open").write_text(OPENS)
    (programs / "xdg-open").chmod(0o755)
    return {
        **os.environ, "HOME": str(folder), "OPENED": str(folder / "opened"),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desktop:
    """A screen with nothing on it. Programs are started with `environment`."""

    folder: Path
    environment: dict[str, str]

    @property
    def opened(self) -> Path:
        """Where the address is that a program had opened in a browser, once it had one opened."""
        return self.folder / "opened"

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, in the window that has the keyboard."""
        self._xdotool("key", "--delay", "200", *keys)

    def type(self, text: str) -> None:
        """Type a text there."""
        self._xdotool("type", "--delay", "20", text)

    def click(self, across: int, down: int) -> None:
        """Click at a point of the screen."""
        self._xdotool("mousemove", str(across), str(down), "sleep", "0.3", "click", "1")

    def give_keyboard_to(self, name: str) -> bool:
        """Give the keyboard to the window of this name; False where there is none, or none any more."""
        found = self._run("xdotool", "search", "--onlyvisible", "--name", name)
        if found.returncode != 0:
            return False
        return self._run("xdotool", "windowfocus", found.stdout.split()[0]).returncode == 0

    def call(self, service: str, method: str, *texts: str) -> bool:
        """Call a method of a program over the message bus; False where it did not answer."""
        words = [f"string:{text}" for text in texts]
        told = self._run(
            "dbus-send", "--session", "--print-reply", "--reply-timeout=10000",
            f"--dest={service}", "/", f"{service}.{method}", *words,
        )  # fmt: skip
        return told.returncode == 0

    def _xdotool(self, *words: str) -> None:
        done = self._run("xdotool", *words)
        assert done.returncode == 0, done.stderr

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip


@contextmanager
def desktop(folder: Path) -> Iterator[Desktop]:
    """Start one whose home is `folder`, and end it whatever happens."""
    environment = without_a_screen(folder)
    run = folder / "run"
    run.mkdir(mode=0o700)
    environment |= {"XDG_RUNTIME_DIR": str(run), "XDG_CONFIG_HOME": str(folder / "config")}
    environment |= {"XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache")}
    with ExitStack() as stack:
        display = stack.enter_context(
            _telling("Xvfb", "-screen", "0", "1100x700x24", "-nolisten", "tcp", "-displayfd", "1")
        )
        bus = stack.enter_context(
            _telling("dbus-daemon", "--session", "--nofork", "--print-address=1")
        )
        environment |= {"DISPLAY": f":{display}", "DBUS_SESSION_BUS_ADDRESS": bus}
        yield Desktop(folder, environment)


@contextmanager
def _telling(*command: str) -> Iterator[str]:
    """Run a program that says in its first line where it is to be found."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line, f"`{command[0]}` did not start"
        yield line
    finally:
        process.terminate()
        process.wait(10)
