"""Programs that take long to build or install, kept outside the checkout for the next run.

Each entry is named by the hash of what it is built from, so it is never stale. The folder is
`${XDG_CACHE_HOME:-~/.cache}/vedette`; deleting it is safe while no test runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vedette"
KEPT_SECONDS = 30 * 24 * 3600
"""How long an entry stays that no run has used."""


def cached(name: str, inputs: Iterable[bytes], build: Callable[[Path], object]) -> Path:
    """Return the folder that `build` filled from `inputs`, building it if there is none.

    Processes that ask at the same time wait for the one that builds. A build that failed is
    repeated from an empty folder. The Python version and the system's release are inputs always.
    """
    digest = _digest([sys.version.encode(), _release(), *inputs])
    place, ready = FOLDER / f"{name}-{digest}", FOLDER / f"{name}-{digest}.ready"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            build(place)
            _remove_unused(name)
        ready.touch()
    return place


def files_of(folder: Path, *left_out: str) -> list[bytes]:
    """Names and contents of all files below `folder` but those in folders named `left_out`."""
    found: list[bytes] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not set(inside.parts) & set(left_out):
            found += [str(inside).encode(), path.read_bytes()]
    return found


def _digest(inputs: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for each in inputs:
        digest.update(f"{len(each)}:".encode() + each)
    return digest.hexdigest()[:16]


def _release() -> bytes:
    try:
        return Path("/etc/os-release").read_bytes()
    except FileNotFoundError:
        return b""


def _remove_unused(name: str) -> None:
    for ready in FOLDER.glob(f"{name}-????????????????.ready"):
        if time.time() - ready.stat().st_mtime > KEPT_SECONDS:
            ready.unlink()
            shutil.rmtree(ready.with_suffix(""), ignore_errors=True)
