"""Builds Element Web's interface from npm's packages; the built site is kept in the cache.

The interface is matrix-react-sdk, whose licence lets us test with it; nothing built is kept in
the repository or shipped.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tests.cache import cached, files_of
from tests.services.requirements import CHROMIUM, NODE, require

SOURCE = Path(__file__).parent / "ui"
BUILD_SECONDS = 600


class CannotBuildError(Exception):
    """The site could not be built; the message says what to do."""


def built_site() -> Path:
    """Return the folder of the built site, installing and building it when the inputs changed.

    Raises:
        CannotBuildError: npm or the bundler failed.
    """
    require(*NODE, CHROMIUM)
    return cached("element", files_of(SOURCE, "node_modules"), _build) / "site"


def _build(place: Path) -> None:
    work = place / "work"
    shutil.copytree(SOURCE, work, ignore=shutil.ignore_patterns("node_modules"))
    # Install scripts are refused: none is needed, and they would run other people's code.
    _run(work, "npm", "ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund")
    _run(work, "npm", "run", "build", VEDETTE_ELEMENT_SITE=str(place / "site"))
    shutil.rmtree(work)


def _run(folder: Path, *command: str, **more_environment: str) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **more_environment},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-2000:]
        raise CannotBuildError(f"`{' '.join(command)}` failed in {folder}:\n{said}")
