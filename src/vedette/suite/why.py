"""Asks the command line why something was decided, as a person would."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from vedette.suite.supervisor import ENVIRONMENT

_TRIES, _PAUSE_SECONDS = 8, 0.5
"""Records reach the disk within a second."""


async def why_record(folder: Path, record: str) -> tuple[str, ...]:
    """What `vedette why RECORD` prints, line by line."""
    printed = ""
    for _ in range(_TRIES):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-m", "vedette.cli.main", "why", record,
            env={**ENVIRONMENT, "VEDETTE_DIR": str(folder)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        printed = output.decode(errors="replace")
        if process.returncode == 0:
            break
        await asyncio.sleep(_PAUSE_SECONDS)
    return tuple(printed.rstrip().splitlines())
