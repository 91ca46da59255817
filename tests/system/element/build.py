"""Builds Element Web's interface once per checkout, from npm's packages.

The interface is matrix-react-sdk, whose licence lets us test with it; nothing built is kept in
the repository or shipped.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).parent / "ui"
BUILT = Path(__file__).parents[3] / "build" / "element"
BUILD_SECONDS = 600
DEBIAN_PACKAGES = {"node": "nodejs", "npm": "npm", "chromium": "chromium"}


class CannotBuildError(Exception):
    """The site could not be built; the message says what to do."""


def built_site() -> Path:
    """Return the folder of the built site, installing and building it when the inputs changed.

    Two test runs that start together build one after the other, the second finding the work done.

    Raises:
        CannotBuildError: a program is missing, or npm or the bundler failed.
    """
    _require_programs()
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        site = BUILT / _digest_of_inputs()
        if not site.is_dir():
            _build(site)
    return site


def _require_programs() -> None:
    missing = [package for name, package in DEBIAN_PACKAGES.items() if shutil.which(name) is None]
    if missing:
        raise CannotBuildError(
            f"Element Web cannot be tested here; run `apt-get install {' '.join(missing)}`"
        )


def _inputs() -> list[Path]:
    """Every file that shapes the site, in a fixed order."""
    folders = [SOURCE / "src", SOURCE / "public"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    top = ["package.json", "package-lock.json", "rspack.config.js"]
    return sorted([*files, *(SOURCE / name for name in top)])


def _digest_of_inputs() -> str:
    digest = hashlib.sha256()
    for path in _inputs():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(SOURCE)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _build(site: Path) -> None:
    """Build beside `site` and rename, so that a half-built folder is never taken for a site."""
    unfinished = site.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    # Install scripts are refused: none is needed, and they would run other people's code.
    _run("npm", "ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund")
    _run("npm", "run", "build", VEDETTE_ELEMENT_SITE=str(unfinished))
    _forget_older_sites()
    unfinished.rename(site)


def _forget_older_sites() -> None:
    for old in BUILT.iterdir():
        if old.is_dir() and old.suffix != ".unfinished":
            shutil.rmtree(old)


def _run(*command: str, **more_environment: str) -> None:
    done = subprocess.run(
        command,
        cwd=SOURCE,
        env={**os.environ, **more_environment},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-2000:]
        raise CannotBuildError(f"`{' '.join(command)}` failed in {SOURCE}:\n{said}")
