"""Python programs that cannot be installed into our own environment; each gets one of its own.

Wheels only, each by its hash, kept in the cache for each list of pinned packages. The lists are
made with `uv pip compile --universal --generate-hashes`.
"""

import subprocess
import sys
from pathlib import Path

from tests.cache import cached

INSTALL_SECONDS = 600
BUILD = Path(__file__).parents[2] / "requirements/build.txt"
"""The packages with which those that are published as source alone are built."""


def own_venv(name: str, *, built: str = "", compiled: bool = True) -> Path:
    """Return the `bin` folder of an environment with exactly what `<name>.txt` beside this file lists.

    `built` names packages, separated by commas, that are published as source alone. Not `compiled`
    suits a large program of which little runs.
    """
    pins = Path(__file__).with_name(f"{name}.txt")

    def install(place: Path) -> None:
        run(sys.executable, "-m", "venv", str(place))
        pip = (
            str(place / "bin/pip"), "install", "-q", "--no-deps", "--no-build-isolation",
            "--require-hashes", "--only-binary=:all:",
        )  # fmt: skip
        if built:
            run(*pip, "-r", str(BUILD))
        options = (f"--no-binary={built}",) if built else ()
        run(*pip, *options, *(() if compiled else ("--no-compile",)), "-r", str(pins))

    inputs = [pins.read_bytes(), built.encode(), *([BUILD.read_bytes()] if built else [])]
    return cached(name, inputs, install) / "bin"


def run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"
