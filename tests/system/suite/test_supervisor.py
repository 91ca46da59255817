"""The supervisor with small real programs: it starts, restarts, and leaves nothing behind."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.processes import is_alive
from vedette.adapters.restarts import Restarts
from vedette.suite.supervisor import Program, StartFault, Supervisor
from vedette.suite.up import start_again

SLEEPER = "import time, sys; print('up', flush=True); time.sleep(600)"


def program(folder: Path, code: str, **more) -> Program:
    """A Python program that is healthy once it has printed something."""
    log = folder / "log/program.log"

    async def healthy() -> bool:
        return log.exists() and "up" in log.read_text()

    return Program(
        name="program",
        command=(sys.executable, "-c", code),
        folder=folder,
        log=log,
        healthy=healthy,
        **more,
    )


async def another(supervisor: Supervisor, than: int) -> int:
    async with asyncio.timeout(60):
        while (pid := supervisor.pids().get("program", than)) == than:
            await asyncio.sleep(0.02)
    return pid


async def test_what_died_is_started_again(tmp_path: Path):
    said: list[str] = []
    supervisor = Supervisor(said.append)
    await supervisor.start(program(tmp_path, SLEEPER))
    first = supervisor.pids()["program"]
    os.kill(first, 9)
    second = await another(supervisor, first)
    await supervisor.stop()
    assert not is_alive(second)
    assert said == ["program ended (signal SIGKILL); starting it again"]


async def test_a_program_is_started_again_when_that_is_asked_for_and_may_end_in_its_own_time(
    tmp_path: Path,
):
    said: list[str] = []
    supervisor = Supervisor(said.append)
    ends = (
        "import signal, sys, pathlib, time;"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3),"
        " pathlib.Path('ended').write_text('whole'), sys.exit(0)));"
        "print('up', flush=True); time.sleep(600)"
    )
    await supervisor.start(program(tmp_path, ends))
    first = supervisor.pids()["program"]
    assert await supervisor.restart("program")
    assert supervisor.pids()["program"] != first
    assert (tmp_path / "ended").read_text() == "whole"
    os.kill(supervisor.pids()["program"], 9)  # what dies afterwards is told as ever
    await another(supervisor, supervisor.pids()["program"])
    await supervisor.stop()
    assert said == ["program ended (signal SIGKILL); starting it again"]


async def test_a_program_that_does_not_come_back_is_told(tmp_path: Path):
    supervisor = Supervisor(print)
    serves = tmp_path / "serves"
    once = (
        "import os, pathlib, sys, time; f = pathlib.Path('serves');"
        "f.exists() and sys.exit('no more'); f.write_text(str(os.getpid())); time.sleep(600)"
    )

    async def healthy() -> bool:
        pid = supervisor.pids().get("program")
        return serves.exists() and serves.read_text() == str(pid)

    await supervisor.start(replace(program(tmp_path, once), healthy=healthy))
    (child,) = supervisor._children
    child.program = replace(child.program, patience=0.0)
    assert not await supervisor.restart("program")
    await supervisor.stop()


async def test_a_duty_beside_ends_with_the_supervisor_and_its_failure_is_said(tmp_path: Path):
    said: list[str] = []
    supervisor = Supervisor(said.append)
    ended = asyncio.Event()

    async def goes_on() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            ended.set()

    async def fails() -> None:
        raise ValueError("a bug")

    supervisor.attend(goes_on(), "going on")
    supervisor.attend(fails(), "failing")
    while not said:
        await asyncio.sleep(0.01)
    await supervisor.stop()
    assert ended.is_set()
    assert said == ["failing failed: ValueError('a bug')"]


async def test_a_program_that_can_not_start_is_told_with_the_end_of_its_log(tmp_path: Path):
    supervisor = Supervisor(print)
    broken = program(tmp_path, "import sys; sys.exit('the disk is full')")
    with pytest.raises(StartFault, match="the disk is full"):
        await supervisor.start(broken)
    await supervisor.stop()


async def test_a_program_that_is_never_healthy_is_given_up(tmp_path: Path):
    supervisor = Supervisor(print)
    silent = program(tmp_path, "import time; time.sleep(600)", patience=0.5)
    with pytest.raises(StartFault, match="it printed nothing"):
        await supervisor.start(silent)
    await supervisor.stop()


async def test_children_of_children_end_too(tmp_path: Path):
    code = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print('up', child.pid, flush=True); time.sleep(600)"
    )
    supervisor = Supervisor(print)
    started = program(tmp_path, code)
    await supervisor.start(started)
    grandchild = int(started.log.read_text().split()[1])
    assert is_alive(grandchild)
    await supervisor.stop()
    async with asyncio.timeout(60):
        while is_alive(grandchild):
            await asyncio.sleep(0.02)


async def test_what_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vedette.suite.supervisor._END_SECONDS", 0.5)
    deaf = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"
        "while True: time.sleep(9)"
    )
    supervisor = Supervisor(print)
    await supervisor.start(program(tmp_path, deaf))
    pid = supervisor.pids()["program"]
    await supervisor.stop()
    assert not is_alive(pid)


async def test_a_child_sees_nothing_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HTTPS_PROXY", "http://somewhere.example")
    monkeypatch.setenv("SECRET", "shown to nobody")
    supervisor = Supervisor(print)
    told = program(tmp_path, "import os, time; print('up', sorted(os.environ)); time.sleep(600)")
    await supervisor.start(told)
    await supervisor.stop()
    seen = told.log.read_text()
    assert "PROXY" not in seen
    assert "SECRET" not in seen


async def test_ending_while_it_starts_leaves_nothing(tmp_path: Path):
    supervisor = Supervisor(print)
    starting = asyncio.create_task(
        supervisor.start(program(tmp_path, "import time; time.sleep(600)"))
    )
    async with asyncio.timeout(60):
        while not supervisor.pids():
            await asyncio.sleep(0.02)
    pid = supervisor.pids()["program"]
    starting.cancel()
    await supervisor.stop()
    assert not is_alive(pid)


async def test_what_control_wants_started_again_is_ended_and_serves_again(tmp_path: Path):
    said: list[str] = []
    restarts = Restarts(tmp_path / "run/restart")
    supervisor = Supervisor(said.append)
    await supervisor.start(program(tmp_path, SLEEPER))
    supervisor.attend(start_again(supervisor, restarts), "starting again")
    first = supervisor.pids()["program"]
    assert await restarts.again("program")
    second = supervisor.pids()["program"]
    assert second != first
    assert not is_alive(first)
    await supervisor.stop()
    assert not is_alive(second)
    assert said == ["starting program again for another key of its own"]
