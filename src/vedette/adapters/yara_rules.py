"""The organisation's YARA rules: a folder of `*.yar` files, compiled whenever it changes.

Rules that can't be compiled change nothing: the last good ones stay, over a restart too. They are
compiled once for each content of the folder, so that a restart changes no revision.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from vedette.ports.errors import Unavailable

_LOG = logging.getLogger("vedette.inspection")
_SECONDS = 90.0
_LARGEST = 16 << 20
"""Bytes that all rules together may have."""
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


@dataclass(slots=True)
class YaraRules:
    """The rules in `folder`; compiled, they lie in `kept`."""

    folder: Path
    kept: Path
    compiled: Path | None = None
    """The rules in force; None: none were ever good."""
    fault: str = ""
    """Why the folder's rules are not in force, with file and line; empty where they are."""
    _seen: tuple[object, ...] | None = None
    _library: str = field(default_factory=lambda: version("yara-x"))

    async def refresh(self) -> bool:
        """Look at the folder; whether other rules are in force now than before."""
        before = self.compiled
        try:
            seen = _state(self.folder)
            if seen == self._seen:
                return False
            sources = await asyncio.to_thread(_read, self.folder)
            await self._take(sources)
        except Unavailable as outage:  # nothing is wrong with the rules: it is tried again
            self._refuse(str(outage))
        except ValueError as wrong:
            self._seen = seen
            self._refuse(str(wrong))
        else:
            self._seen, self.fault = seen, ""
        return self.compiled != before

    async def _take(self, sources: dict[str, str]) -> None:
        """Put these rules in force. Raises ValueError, Unavailable."""
        digest = hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()
        path = self.kept / f"rules-{self._library}-{digest[:32]}"
        try:
            if not path.exists():
                rules = await _compile(sources)
                fresh = path.with_name("rules.new")
                fresh.write_bytes(rules)
                fresh.replace(path)
            self.compiled = path
            for old in set(self.kept.glob("rules-*")) - {path}:
                old.unlink()
        except OSError as fault:
            raise Unavailable(f"`{self.kept}` can't be written: {fault.strerror}") from fault

    def _refuse(self, why: str) -> None:
        """Go on by the last good rules, those of last time if there are none of this time."""
        if self.compiled is None:
            self.compiled = next(iter(self.kept.glob(f"rules-{self._library}-*")), None)
        if why != self.fault:
            stay = "the last good ones stay in force" if self.compiled else "there are none to use"
            _LOG.error("YARA rules of `%s` are refused, %s: %s", self.folder, stay, why)
        self.fault = why


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.endswith(".yar"))


def _state(folder: Path) -> tuple[object, ...]:
    """What changes whenever a file of the folder does. Raises Unavailable."""
    try:
        stats = [(path.name, path.stat()) for path in _files(folder)]
    except OSError as fault:
        raise Unavailable(f"`{folder}` can't be read: {fault.strerror}") from fault
    return tuple((name, at.st_mtime_ns, at.st_size, at.st_ino) for name, at in stats)


def _read(folder: Path) -> dict[str, str]:
    """Every file's text. Raises Unavailable, ValueError."""
    sources: dict[str, str] = {}
    size = 0
    for path in _files(folder):
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1 - size)
        except OSError as fault:
            raise Unavailable(f"`{path}` can't be read: {fault.strerror}") from fault
        size += len(data)
        if size > _LARGEST:
            raise ValueError(f"{path.name}: all rules together have more than {_LARGEST} bytes")
        try:
            sources[path.name] = data.decode()
        except UnicodeDecodeError as fault:
            line = data[: fault.start].count(b"\n") + 1
            raise ValueError(f"{path.name}:{line}: this is not UTF-8") from fault
    return sources


async def _compile(sources: dict[str, str]) -> bytes:
    """The compiled rules, from a confined process. Raises ValueError, Unavailable."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-m", "vedette.inspection.look.compiling",
            env=_ENVIRONMENT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
    except OSError as fault:
        raise Unavailable(f"the rules can't be compiled now: {fault.strerror}") from fault
    try:
        async with asyncio.timeout(_SECONDS):
            told, _ = await process.communicate(json.dumps(sources).encode())
    except TimeoutError:
        raise ValueError("compiling the rules took too long and was ended") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    first, newline, rules = told.partition(b"\n")
    if not newline:
        raise ValueError("compiling the rules ended without an answer")
    fault_words = str(json.loads(first)["fault"])
    if fault_words:
        raise ValueError(fault_words)
    return rules
