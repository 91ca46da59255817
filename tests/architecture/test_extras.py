"""Each extra alone can start its process: nothing that it does not install is ever imported."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.apps.control.organisation import Organisation, make

MAINS = {
    "": "vedette.cli.main",
    "control": "vedette.control.main",
    "gateway": "vedette.gateway.main",
    "inspection": "vedette.inspection.main",
    "signin": "vedette.signin.main",
    "synapse": "vedette.synapse.module",
}
"""What each extra is for; without any there is still the command line."""

# Refuses every import of a package that is installed here and would not be there.
GATE = """
import importlib.abc, json, sys
absent = frozenset(json.loads(sys.argv[1]))
class Gate(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"{name} is not installed by this extra", name=name)
sys.meta_path.insert(0, Gate())
"""
IMPORT = GATE + "import importlib; importlib.import_module(sys.argv[2])"
RUN = GATE + "sys.argv = sys.argv[2:]; from vedette.cli.main import main; main()"


def installed(extra: str) -> frozenset[str]:
    """Every distribution that `vedette[extra]` brings, by canonical name."""
    found: set[str] = set()
    waiting = [("vedette", frozenset([extra] if extra else []))]
    while waiting:
        name, extras = waiting.pop()
        for text in distribution(name).requires or ():
            wanted = Requirement(text)
            worlds = [{"extra": each} for each in extras] or [{"extra": ""}]
            if wanted.marker and not any(wanted.marker.evaluate(world) for world in worlds):
                continue
            key = f"{canonicalize_name(wanted.name)}[{','.join(sorted(wanted.extras))}]"
            if key not in found:
                found.add(key)
                waiting.append((wanted.name, frozenset(wanted.extras)))
    return frozenset(each.partition("[")[0] for each in found)


def absent(extra: str) -> list[str]:
    """The top-level packages here that `vedette[extra]` alone would not bring."""
    there = installed(extra) | {"vedette", "pip", "setuptools"}
    return sorted(
        package
        for package, owners in packages_distributions().items()
        if not {canonicalize_name(owner) for owner in owners} & there
    )


@pytest.mark.parametrize("extra", MAINS)
def test_nothing_is_imported_that_the_extra_does_not_install(extra: str) -> None:
    away = absent(extra)
    assert "hypothesis" in away
    words = [sys.executable, "-c", IMPORT, json.dumps(away), MAINS[extra]]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-600:]


@pytest.fixture
def organisation(tmp_path: Path) -> Iterator[Organisation]:
    made = make(tmp_path / "org")
    made.start()  # the doors need what control signs
    yield made
    made.end_all()


@pytest.mark.parametrize("process", ["control", "gateway", "signin"])
def test_the_process_runs_with_its_extra_alone(organisation: Organisation, process: str) -> None:
    if process == "control":
        organisation.stop()
    folder = organisation.boot.folder
    words = [sys.executable, "-c", RUN, json.dumps(absent(process))]
    log = folder / "extra.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [*words, "vedette", "--dir", str(folder), process], stdout=out, stderr=out
        )
    try:
        end = time.monotonic() + 120
        while not listens(organisation, process):
            assert child.poll() is None, log.read_text()[-600:]
            assert time.monotonic() < end, log.read_text()[-600:]
            time.sleep(0.1)
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0, log.read_text()[-600:]


def listens(organisation: Organisation, process: str) -> bool:
    boot = organisation.boot
    host, _, port = boot.gateway.client.rpartition(":")
    try:
        if process == "control":  # it listens a moment before it serves
            return organisation.ask("GET", "/health", prefix="")[0] == 200
        if process == "gateway":
            socket.create_connection((host, int(port)), timeout=1).close()
            return True
        with socket.socket(socket.AF_UNIX) as there:
            there.connect(str(boot.path(boot.signin.socket)))
            return True
    except (OSError, ValueError, http.client.HTTPException):  # it is about to
        return False
