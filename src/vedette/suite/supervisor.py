"""Runs processes: starts them, restarts what died or shall, and ends every one of them at the end.

Each child leads a process group of its own, so that whatever it started ends with it, and a Ctrl-C
at the terminal reaches the supervisor alone, which then ends the children in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0
_SETTLED_SECONDS = 60.0
"""A child that lived this long starts again with the shortest pause."""
_GIVE_UP_AFTER = 3
"""So many deaths before it was ever healthy mean that it can't start."""
_END_SECONDS = 15.0
_LOOK_SECONDS = 0.1
_LONGEST_LOG = 20 << 20
_TAIL = 12

ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
}
"""All of the environment that a child sees: no proxy, no key and no wish of the terminal's owner."""

Say = Callable[[str], None]
Probe = Callable[[], Awaitable[bool]]


class StartFault(RuntimeError):
    """A process can't be started; the message carries the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process to run. `healthy` says whether it serves; `before` runs ahead of every start."""

    name: str
    command: tuple[str, ...]
    folder: Path
    log: Path
    healthy: Probe
    environment: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    patience: float = 90.0
    """Seconds within which it must be healthy for the first time."""


@dataclass(slots=True)
class _Child:
    program: Program
    process: asyncio.subprocess.Process | None = None
    watch: asyncio.Task[None] | None = None
    was_healthy: bool = False
    deaths: int = 0
    told_to_end: bool = False


@dataclass(slots=True)
class Supervisor:
    """Runs programs until `stop`. `say` is told of every death and return.

    `changed` is called after every start of a process.
    """

    say: Say
    changed: Callable[[], None] = lambda: None
    _children: list[_Child] = field(default_factory=list)
    _duties: list[asyncio.Task[None]] = field(default_factory=list)
    _stopping: bool = False

    async def start(self, program: Program) -> None:
        """Start a program and return once it is healthy.

        Raises:
            StartFault: it died several times, or was not healthy in time.
        """
        child = _Child(program)
        self._children.append(child)
        try:
            await self._spawn(child)
        except (OSError, ValueError) as fault:
            raise StartFault(f"{program.name} could not be started: {fault}") from fault
        child.watch = asyncio.create_task(self._watch(child), name=f"watch-{program.name}")
        deadline = asyncio.get_running_loop().time() + program.patience
        while not await program.healthy():
            if child.deaths >= _GIVE_UP_AFTER or asyncio.get_running_loop().time() > deadline:
                raise StartFault(_did_not_start(program))
            if child.watch.done():
                child.watch.result()
            await asyncio.sleep(_LOOK_SECONDS)
        child.was_healthy = True

    def pids(self) -> dict[str, int]:
        """The process id of every program that runs now."""
        return {
            child.program.name: child.process.pid
            for child in self._children
            if child.process is not None and child.process.returncode is None
        }

    def attend(self, duty: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside until `stop`; that it failed is said."""
        task = asyncio.create_task(duty, name=name)
        task.add_done_callback(self._say_failed)
        self._duties.append(task)

    def _say_failed(self, duty: asyncio.Task[None]) -> None:
        if not duty.cancelled() and (fault := duty.exception()) is not None:
            self.say(f"{duty.get_name()} failed: {fault!r}")

    async def restart(self, name: str) -> bool:
        """End a program that runs and start it anew; whether it is healthy again in its patience.

        It gets the time that it needs to end by itself, as at the end of everything.
        """
        child = next(each for each in self._children if each.program.name == name)
        process = child.process
        # One that has just died by itself is started anew by its watch, and its death is told.
        child.told_to_end = process is not None and process.returncode is None
        await _end(child)
        deadline = asyncio.get_running_loop().time() + child.program.patience
        while child.process is process or not await child.program.healthy():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        return True

    async def stop(self) -> None:
        """End every child, the last started first; what does not listen is killed."""
        self._stopping = True
        for duty in self._duties:
            duty.cancel()
        if self._duties:
            await asyncio.wait(self._duties)
        for child in reversed(self._children):
            if child.watch is not None:
                child.watch.cancel()
                await asyncio.wait({child.watch})
        for child in reversed(self._children):
            await _end(child)
        self._children.clear()

    async def _spawn(self, child: _Child) -> None:
        program = child.program
        if program.before is not None:
            program.before()
        child.process = await _spawn(program)
        self.changed()

    async def _watch(self, child: _Child) -> None:
        """Start the child again whenever it dies, after a pause that grows."""
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while not self._stopping:
            since = loop.time()
            assert child.process is not None  # it was spawned before it is watched
            code = await child.process.wait()
            end_group(child.process.pid, signal.SIGKILL)  # nothing it started outlives it
            expected, child.told_to_end = child.told_to_end, False
            child.deaths += not expected
            settled = expected or loop.time() - since > _SETTLED_SECONDS
            pause = _FIRST_PAUSE if settled else pause
            if child.was_healthy and not expected:
                self.say(f"{child.program.name} ended ({_why(code)}); starting it again")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            try:
                await self._spawn(child)
            except (OSError, ValueError) as fault:
                self.say(f"{child.program.name} could not be started: {fault}")


async def _spawn(program: Program) -> asyncio.subprocess.Process:
    program.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    program.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _turn(program.log)
    with os.fdopen(_private(program.log), "ab") as log:
        return await asyncio.create_subprocess_exec(
            *_dies_with_us(),
            *program.command,
            cwd=program.folder,
            env={**ENVIRONMENT, **program.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _dies_with_us() -> tuple[str, ...]:
    """Where util-linux is there: a prefix by which children end even when we are killed."""
    setpriv = shutil.which("setpriv", path=ENVIRONMENT["PATH"])
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()


def _private(log: Path) -> int:
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _turn(log: Path) -> None:
    """Keep one older log, so that logs never fill the disk."""
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.replace(log.with_suffix(".1.log"))


async def _end(child: _Child) -> None:
    process = child.process
    if process is None or process.returncode is not None:
        return
    end_group(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    except TimeoutError:
        pass
    finally:
        end_group(process.pid, signal.SIGKILL)
        await process.wait()


def end_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to a child's whole group, if any of it is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _why(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _did_not_start(program: Program) -> str:
    tail = []
    with contextlib.suppress(OSError):
        tail = program.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:]
    shown = "\n".join(f"    {line}" for line in tail) or "    (it printed nothing)"
    return f"{program.name} did not start; the end of `{program.log}`:\n{shown}"
