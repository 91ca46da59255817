"""Python programs that can't live in our own environment, each in one under `build/`.

Made once for each list of pinned packages, wheels only and each by its hash; a second run finds it
made. The lists are chosen anew with `uv pip compile --universal --generate-hashes`.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).parents[2] / "build"
INSTALL_SECONDS = 600


def own_venv(name: str, *, built: str = "", compiled: bool = True) -> Path:
    """The `bin` folder of an environment with exactly what `<name>.txt` beside this file lists.

    `built` names packages, with commas, that are published as source alone, and so are built here.
    Where little of much code runs, it is not worth its time to have it all `compiled`.
    """
    pins = Path(__file__).with_name(f"{name}.txt")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(pins.read_bytes() + version.encode()).hexdigest()[:12]
    BUILD.mkdir(exist_ok=True)
    place = BUILD / f"{name}-{digest}"
    with (BUILD / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            run(sys.executable, "-m", "venv", str(place))
            pip = (str(place / "bin/pip"), "install", "-q", "--only-binary", ":all:")
            pip = pip if compiled else (*pip, "--no-compile")
            source = ("--no-binary", built) if built else ()
            run(*pip, *source, "--require-hashes", "-r", str(pins))
            (place / "complete").touch()
    return place / "bin"


def run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"
