"""No verdict comes from a looking that died, hung or lied, and the next content is judged."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.organisation import until
from tests.apps.inspection.conftest import DOCUMENT, Starter
from tests.apps.inspection.living import Inspector
from tests.processes import children, is_alive

QUICK = DOCUMENT + '[files]\nmax_seconds = "1 second"\n'
TRIES = 3


@pytest.fixture(scope="module")
def inspector(start: Starter) -> Inspector:
    """One that looks at each content for a second at most."""
    return start(QUICK)


def slow(tag: str) -> bytes:
    """A content at which is looked until the time is over."""
    into = BytesIO()
    with zipfile.ZipFile(into, "w") as file:
        for number in range(9000):
            file.writestr(f"{number}.txt", f"{tag} {number} is a text of its own.\n" * 20)
    return into.getvalue()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def first_child(pid: int) -> int:
    found: list[int] = []

    def born() -> bool:
        found[:] = children(pid)
        return bool(found)

    until(born)
    return found[0]


def fork_server(inspector: Inspector) -> int:
    assert inspector.child is not None
    return first_child(inspector.child.pid)


def worker(inspector: Inspector) -> int:
    """The process that looks at a content just now."""
    return first_child(fork_server(inspector))


def idle(inspector: Inspector) -> None:
    """Wait until nothing is looked at."""
    until(lambda: not children(fork_server(inspector)))


def tries(inspector: Inspector, data: bytes) -> int:
    """How often a content was given up."""
    return inspector.log.count(f"content {digest(data)} was not judged")


@contextlib.contextmanager
def sending(inspector: Inspector, data: bytes) -> Iterator[list[Any]]:
    """Bytes on their way; when it ends, the answer is there."""
    idle(inspector)
    answers: list[Any] = []
    thread = threading.Thread(
        target=lambda: answers.append(inspector.ask("PUT", "/contents?wait=80", data))
    )
    thread.start()
    try:
        yield answers
    finally:
        thread.join()


def each_try(inspector: Inspector, data: bytes, harm: Callable[[], None]) -> tuple[int, Any]:
    """The answer about a content to each of whose lookings harm is done."""
    with sending(inspector, data) as answers:
        for number in range(TRIES):
            harm()
            until(lambda n=number: tries(inspector, data) > n)
            idle(inspector)
    return answers[0]


def stays_unknown(inspector: Inspector, data: bytes, answer: tuple[int, Any], why: str) -> None:
    """A content is not judged, was tried a few times and no more; another one is judged."""
    assert (answer[0], why in answer[1]["why"]) == (422, True), answer
    assert inspector.ask("GET", f"/contents/{digest(data)}?wait=1")[0] == 422
    assert inspector.ask("PUT", "/contents?wait=1", data)[0] == 422
    assert tries(inspector, data) == TRIES
    assert inspector.put(b"What comes afterwards is a letter like any other.\n")["kind"] == "text"


def test_a_content_that_takes_too_long_is_judged_and_not_whole(inspector: Inspector) -> None:
    data = slow("limit")
    told = inspector.put(data)
    assert (told["kind"], told["whole"]) == ("archive", False)
    assert tries(inspector, data) == 0  # it ended by itself, before it would have been ended


def test_what_kills_its_looking_is_not_judged(inspector: Inspector) -> None:
    data = slow("killed")
    answer = each_try(inspector, data, lambda: os.kill(worker(inspector), signal.SIGKILL))
    stays_unknown(inspector, data, answer, "ended without an answer")


def exhausting() -> bytes:
    """A zip whose entry asks for a dictionary of almost four gigabytes (APPNOTE 5.8.8)."""
    text = b"It is short, and wants much.\n" * 100
    into = BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("a.txt", text)
    data = bytearray(into.getvalue())
    at = 30 + len("a.txt") + 4
    assert data[at] == 0x5D  # the usual lc, lp and pb
    data[at + 1 : at + 5] = struct.pack("<I", 0xFFFFFF00)
    return bytes(data)


def test_what_wants_more_memory_than_there_is_gets_no_verdict(inspector: Inspector) -> None:
    data = exhausting()
    with sending(inspector, data) as answers:
        pass
    stays_unknown(inspector, data, answers[0], "ended without an answer")


def answer_for(inspector: int, looking: int, told: bytes) -> None:
    """Answer in the place of a looking, as one that was taken over could, and end it."""
    os.kill(looking, signal.SIGSTOP)
    for entry in Path(f"/proc/{inspector}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            if str(entry.readlink()).startswith("pipe:"):
                with entry.open("wb", buffering=0) as pipe:
                    pipe.write(told)
    os.kill(looking, signal.SIGKILL)


def _say(inspector: Inspector, told: bytes) -> None:
    assert inspector.child is not None
    answer_for(inspector.child.pid, worker(inspector), told)


GARBAGE = {
    "no JSON": b"\x00\xff" * 100,
    "nesting": b"[" * 60_000,
    "no content": b"{}",
    "a kind that nobody knows": b'{"sha256": "%s", "size": 1, "kind": "good"}' % (b"0" * 64),
}


def test_what_makes_no_sense_is_no_verdict(inspector: Inspector) -> None:
    data = slow("garbage")
    lies = iter([GARBAGE["no JSON"], GARBAGE["nesting"], GARBAGE["a kind that nobody knows"]])
    answer = each_try(inspector, data, lambda: _say(inspector, next(lies)))
    stays_unknown(inspector, data, answer, "makes no sense")


def test_a_looking_can_say_nothing_about_another_content(inspector: Inspector) -> None:
    other = b"Somebody else's text.\n"
    data = slow("lies")
    lie = json.dumps(inspector.put(other) | {"kind": "image", "by": ""}).encode()
    answer = each_try(inspector, data, lambda: _say(inspector, lie))
    stays_unknown(inspector, data, answer, "about something else")
    assert inspector.put(other)["kind"] == "text"


def test_one_that_hangs_is_ended_and_the_content_judged_by_the_next(inspector: Inspector) -> None:
    data = slow("hanging")
    with sending(inspector, data) as answers:
        hanging = worker(inspector)
        os.kill(hanging, signal.SIGSTOP)
        assert inspector.put(b"beside it\n")["kind"] == "text"
        assert hanging in children(fork_server(inspector))
        until(lambda: hanging not in children(fork_server(inspector)))
    assert (answers[0][0], answers[0][1]["kind"]) == (200, "archive")
    assert tries(inspector, data) == 1


def test_a_fork_server_that_is_killed_starts_again_and_nothing_is_lost(
    inspector: Inspector,
) -> None:
    data = slow("forks")
    with sending(inspector, data) as answers:
        looking, server = worker(inspector), fork_server(inspector)
        os.kill(server, signal.SIGKILL)
        until(lambda: not is_alive(looking))
    assert (answers[0][0], answers[0][1]["kind"]) == (200, "archive")
    assert fork_server(inspector) != server


def test_a_fork_server_that_hangs_is_ended_and_another_one_judges(inspector: Inspector) -> None:
    server = fork_server(inspector)
    os.kill(server, signal.SIGSTOP)
    data = b"Nobody answers for now.\n"
    assert inspector.put(data, 80)["kind"] == "text"
    assert fork_server(inspector) != server
    assert tries(inspector, data) == 1


def test_what_was_judged_before_is_known_whatever_happens_to_the_looker(
    inspector: Inspector,
) -> None:
    told = inspector.put(b"known\n")
    os.kill(fork_server(inspector), signal.SIGKILL)
    assert inspector.ask("GET", f"/contents/{told['sha256']}") == (200, told)
    assert inspector.put(b"and the next\n")["kind"] == "text"


def test_what_holds_here_is_told(inspector: Inspector) -> None:
    told = inspector.ask("GET", "/ready")[1]
    print(told["holds"])
    assert "takes no more memory than it may" in told["holds"]
    assert {"opens no file", "reaches no network", "starts no program"} <= {*told["holds"]}
