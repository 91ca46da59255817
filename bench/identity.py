"""The company's own identity: how soon somebody is out whose certificate its CA revoked."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import identity_certificates
from bench.gateway import Entry


def run() -> Iterator[Entry]:
    """Measure everything."""
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        yield from asyncio.run(identity_certificates.running(Path(folder)))
