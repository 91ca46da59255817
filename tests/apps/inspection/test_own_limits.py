"""What the inspector's own process and its fork server may do: each limit is met, and it goes on."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.control.organisation import until
from tests.apps.inspection.conftest import Starter
from tests.apps.inspection.living import Inspector
from tests.apps.inspection.test_resilience import QUICK, fork_server, slow, tries
from tests.apps.inspection.test_resilience import idle as nothing_looked_at
from vedette.inspection import own_limits
from vedette.inspection.look import sandbox
from vedette.inspection.own_limits import DESCRIPTORS, MEMORY


@pytest.fixture(scope="module")
def inspector(start: Starter) -> Inspector:
    return start(QUICK)


def pid_of(inspector: Inspector) -> int:
    assert inspector.child is not None
    return inspector.child.pid


def opened(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@contextlib.contextmanager
def at_most(pid: int, which: int, most: int) -> Iterator[None]:
    """Let a running process have less of something, as if it had used up the rest."""
    before = resource.prlimit(pid, which)
    resource.prlimit(pid, which, (most, before[1]))
    yield
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, which, before)


def test_what_was_tried_and_failed_is_told(inspector: Inspector) -> None:
    told = inspector.ask("GET", "/ready")[1]
    print(told)
    both = {"takes no more memory than it may", "opens no more than it may"}
    assert both <= {*told["holds_inspector"]}
    assert both <= {*told["holds_fork_server"]}
    # Landlock and seccomp, which every kernel has on which the tests run
    own = {
        "reads nothing that it does not need",
        "writes in its own folders alone",
        "dials scanners alone",
        "does nothing to the system",
    }
    assert own <= {*told["holds_inspector"]}
    server = {"opens no file", "makes no file", "reaches no network", "starts no program"}
    assert server <= {*told["holds_fork_server"]}


def test_what_does_not_hold_is_told_too(inspector: Inspector) -> None:
    told = inspector.ask("GET", "/ready")[1]
    for who, every, holds in (
        ("the inspector", own_limits.OWN, "holds_inspector"),
        ("its fork server", sandbox.SERVER, "holds_fork_server"),
        ("what parses contents", sandbox.LOOKING, "holds"),
    ):
        lacks = {f"{who}: {words}" for words in every if words not in told[holds]}
        assert lacks == {words for words in told["lacks"] if words.startswith(who)}


def test_nothing_that_is_loaded_tells_its_makers_of_it(inspector: Inspector) -> None:
    server = fork_server(inspector)
    assert len(list(Path(f"/proc/{server}/task").iterdir())) == 1  # it would be done on a thread
    assert "telemetry" not in inspector.log.lower()


def test_the_limits_are_those_of_the_running_processes(inspector: Inspector) -> None:
    """What was tried was tried in a child: here the processes themselves are asked."""
    pid, server = pid_of(inspector), fork_server(inspector)
    assert resource.prlimit(pid, resource.RLIMIT_DATA)[0] == MEMORY
    assert resource.prlimit(pid, resource.RLIMIT_NOFILE) == (DESCRIPTORS, DESCRIPTORS)
    space = resource.prlimit(server, resource.RLIMIT_AS)
    assert 0 < space[0] < space[1] <= space[0] + sandbox.MEMORY
    assert resource.prlimit(server, resource.RLIMIT_NOFILE)[1] <= DESCRIPTORS
    for each in (pid, server):
        assert resource.prlimit(each, resource.RLIMIT_CORE) == (0, 0)
        status = Path(f"/proc/{each}/status").read_text()
        assert "NoNewPrivs:\t1" in status
        assert "Seccomp:\t2" in status


def test_connections_beyond_its_descriptors_wait_and_are_served_later(inspector: Inspector) -> None:
    assert inspector.put(b"before\n")["kind"] == "text"
    nothing_looked_at(inspector)
    pid = pid_of(inspector)
    idle: list[socket.socket] = []
    with at_most(pid, resource.RLIMIT_NOFILE, opened(pid) + 20):
        for _ in range(40):
            each = socket.socket(socket.AF_UNIX)
            each.connect(str(inspector.socket))
            idle.append(each)
        until(lambda: "Too many open files" in inspector.log)
        with pytest.raises(TimeoutError):
            inspector.ask("GET", "/health", seconds=1)
        for each in idle:
            each.close()
        until(lambda: inspector.answers("/health"))
    assert inspector.put(b"afterwards\n")["kind"] == "text"


def test_without_a_descriptor_for_the_looking_there_is_no_verdict_and_then_there_is(
    inspector: Inspector,
) -> None:
    nothing_looked_at(inspector)
    pid = pid_of(inspector)
    data = b"no descriptor is left to look at this\n"
    with at_most(pid, resource.RLIMIT_NOFILE, opened(pid) + 3):
        status, told = inspector.ask("PUT", "/contents?wait=1", data)
        assert status in (202, 422, 503), told
    until(lambda: inspector.ask("PUT", "/contents?wait=1", data)[0] != 202)
    assert inspector.put(b"another one\n")["kind"] == "text"
    assert pid_of(inspector) == pid


def test_memory_that_is_used_up_is_no_verdict_and_the_next_content_is_judged(
    inspector: Inspector,
) -> None:
    """A fork server without memory makes no looking that could say anything, until it is replaced."""
    server, data = fork_server(inspector), slow("memory is used up")
    resource.prlimit(server, resource.RLIMIT_AS, (1 << 20, 1 << 20))
    assert inspector.ask("PUT", "/contents?wait=1", data)[0] == 202
    until(lambda: tries(inspector, data) > 0)
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(server, signal.SIGKILL)
    assert inspector.put(data)["kind"] == "archive"
    assert fork_server(inspector) != server


def test_a_fork_server_without_descriptors_is_replaced(inspector: Inspector) -> None:
    server = fork_server(inspector)
    with at_most(server, resource.RLIMIT_NOFILE, 3):  # which are in use
        assert inspector.put(b"judged by the next one\n", 80)["kind"] == "text"
    assert fork_server(inspector) != server
