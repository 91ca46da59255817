"""The company's own identity: how soon somebody is out whose certificate its CA revoked, or from
whom its directory took something away.

Seven ways, fifty times each: by push, by list and by responder (`identity_certificates`); disabled,
expired, deleted, and moved out of a group (`identity_directory`). `VEDETTE_BENCH_TIMES=5` tries it out.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import identity_certificates
from bench.entry import Entry


def run() -> Iterator[Entry]:
    """Measure everything. Raises RuntimeError where something that it needs is missing."""
    try:
        from bench import identity_directory  # noqa: PLC0415  # python-ldap is an extra
    except ModuleNotFoundError as missing:
        raise RuntimeError(f"{missing}: make setup-directory") from missing
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        yield from asyncio.run(identity_certificates.running(Path(folder)))
        yield from asyncio.run(identity_directory.measured(Path(folder) / "directory"))
