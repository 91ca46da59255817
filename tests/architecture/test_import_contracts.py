"""Who may import whom, tested by planting a violation of each contract in a copy of the source."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# contract: (module that gets the line, line that breaks it)
VIOLATIONS = {
    "layers": [
        ("core/names.py", "import vedette.ports.clock"),
        ("protocol/http/target.py", "import vedette.ports.clock"),
        ("ports/clock.py", "import vedette.spine"),
        ("spine.py", "import vedette.admin"),
        ("admin/why.py", "import vedette.gateway.app"),
        ("pages/sealed.py", "import vedette.signin"),
    ],
    "apps": [
        ("gateway/app.py", "import vedette.control"),
        ("synapse/door.py", "import vedette.gateway.plan"),
        ("api/__init__.py", "import vedette.control"),
        ("console/app.py", "import vedette.api"),
        ("control/streams.py", "import vedette.api"),
        ("suite/up.py", "import vedette.gateway.main"),
        ("gateway/render.py", "import vedette.cli"),
        ("signin/__init__.py", "import vedette.gateway.plan"),
    ],
    "adapters": [
        ("gateway/app.py", "import vedette.adapters.audit_spool"),
        ("synapse/door.py", "import vedette.adapters.stream_files"),
        ("control/streams.py", "import vedette.adapters.system_clock"),
        ("admin/why.py", "import vedette.adapters.spool_reader"),
    ],
    "pure": [
        *[
            (module, f"import {name}")
            for module, name in (
                ("core/decide.py", "time"),
                ("core/decide.py", "random"),
                ("core/settings/parse.py", "pathlib"),
                ("core/record.py", "secrets"),
                ("protocol/http/head.py", "socket"),
                ("protocol/internal/streams.py", "os"),
                ("ports/policy.py", "threading"),
                ("spine.py", "asyncio"),
                ("spine.py", "logging"),
            )
        ],
    ],
    "core": [
        ("core/decide.py", "import pydantic"),
        ("core/record.py", "import cryptography"),
        ("core/settings/parse.py", "import fastapi"),
    ],
    "signin": [
        ("signin/__init__.py", "import vedette.admin"),
        ("signin/__init__.py", "import vedette.adapters.revisions"),
        ("signin/__init__.py", "import twisted"),
    ],
    "inspection": [
        ("inspection/app.py", "import vedette.admin"),
        ("inspection/main.py", "import vedette.adapters.sign_in_store"),
        ("inspection/contents.py", "import sqlalchemy"),
        ("adapters/fork_server.py", "import vedette.adapters.synapse_inner"),
    ],
    "look": [
        ("inspection/look/job.py", "import vedette.adapters.stream_files"),
        ("inspection/look/detectors.py", "import asyncio"),
        ("ports/looking.py", "import ssl"),
    ],
    "gateway": [
        ("gateway/app.py", "import sqlalchemy"),
        ("gateway/main.py", "import vedette.adapters.revisions"),
        ("adapters/synapse_inner.py", "import vedette.adapters.revisions"),
    ],
    "synapse": [
        ("synapse/door.py", "import asyncio"),
        ("synapse/module.py", "import aiohttp"),
        ("synapse/module.py", "import vedette.adapters.synapse_inner"),
    ],
}


def _lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    command = "from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo", *chosen],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The source and its contracts, to be spoiled."""
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_the_source_keeps_every_contract(copy: Path):
    done = _lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_violation_is_planted_for_every_contract():
    text = (ROOT / ".importlinter").read_text()
    assert set(re.findall(r"importlinter:contract:(\w+)", text)) == set(VIOLATIONS)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_every_planted_import_breaks_its_contract(copy: Path, contract: str):
    for module, line in VIOLATIONS[contract]:
        path = copy / "src/vedette" / module
        before = path.read_text()
        path.write_text(before + f"\n{line}\n")
        done = _lint(copy, contract)
        path.write_text(before)
        assert done.returncode != 0, f"`{line}` in {module} breaks nothing"
        assert "BROKEN" in done.stdout, f"`{line}` in {module}: {done.stdout}{done.stderr}"
