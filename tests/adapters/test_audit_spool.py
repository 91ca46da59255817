"""The spool on real files: chain, crash, full disk, many at once."""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import pytest

from tests.adapters.clock import SetClock
from vedette.adapters.audit_spool import AuditSpool, read_spool
from vedette.adapters.spool_reader import SpoolReader
from vedette.core.asks import Act, Ask, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.reasons import Reason
from vedette.core.record import RecordFault, read_body, verify_chain
from vedette.ports.errors import Unavailable

ASK = Ask(
    act=Act.ROOM_EVENT_SEND,
    who="@alice:example.org",
    questions=(Question(Channel.FILE, frozenset({"us"}), frozenset({"acme"}), "@c:acme.example"),),
    where="!room:example.org",
)
FACTS = Facts({"today": 739000, "file.size": 10}, {"file.kind": "document"})
NO = Decision(verdict=Verdict.NO, reason=Reason.NO_RULE, towards="@c:acme.example", revision=3)
YES = Decision(verdict=Verdict.YES, reason=Reason.ALLOWED, rule="r", revision=3)


async def wait(future: "Future[None]") -> None:
    await asyncio.wrap_future(future)


def spool(folder: Path, *, whole: bool = False) -> AuditSpool:
    made = AuditSpool(folder, "gateway", SetClock(), wait, whole)
    made.start()
    return made


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_what_was_noted_is_read_back_exactly_and_the_chain_holds(tmp_path: Path) -> None:
    log = spool(tmp_path)
    first, second = log.note(ASK, FACTS, NO), log.note(ASK, FACTS, NO)
    log.close()
    kept = list(read_spool(log.path))
    assert [entry["id"] for entry in kept[1:]] == [first, second]
    assert read_body(kept[1]) == (ASK, FACTS, NO)
    assert verify_chain(kept, "gateway").last == second


async def test_an_appended_record_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    log = spool(tmp_path)
    name = await log.append(ASK, FACTS, YES)
    assert list(read_spool(log.path))[-1]["id"] == name
    log.close()


@pytest.mark.parametrize("answer", [NO, YES], ids=["a refusal", "a count"])
def test_a_note_is_written_though_nobody_waits_for_it_and_nothing_follows(
    tmp_path: Path, answer: Decision
) -> None:
    log = spool(tmp_path)
    name = log.note(ASK, FACTS, answer)
    until(lambda: name in [each["id"] for each in read_spool(log.path)])
    log.close()


def test_equal_yeses_are_counted_and_refusals_are_not(tmp_path: Path) -> None:
    log = spool(tmp_path)
    assert len({log.note(ASK, FACTS, YES) for _ in range(50)}) <= 2  # an interval may end meanwhile
    assert len({log.note(ASK, FACTS, NO) for _ in range(50)}) == 50
    log.close()
    kept = list(read_spool(log.path))
    assert sum(entry.get("count", 0) for entry in kept) == 50


def test_whole_keeps_every_yes(tmp_path: Path) -> None:
    log = spool(tmp_path, whole=True)
    assert len({log.note(ASK, FACTS, YES) for _ in range(10)}) == 10
    log.close()


def test_a_second_run_continues_the_chain_and_gives_no_id_twice(tmp_path: Path) -> None:
    ids = []
    for _ in range(3):
        log = spool(tmp_path)
        ids.append(log.note(ASK, FACTS, NO))
        log.close()
    assert len(set(ids)) == 3
    verify_chain(read_spool(log.path), "gateway")


def test_a_record_that_was_torn_by_a_crash_is_cut_and_the_chain_goes_on(tmp_path: Path) -> None:
    log = spool(tmp_path)
    log.note(ASK, FACTS, NO)
    log.close()
    with log.path.open("ab") as file:
        file.write(b'{"act":"room:event:send","id":"gate')
    again = spool(tmp_path)
    again.note(ASK, FACTS, NO)
    again.close()
    verify_chain(read_spool(log.path), "gateway")


_CHILD = """
import sys, pathlib
sys.path.insert(0, sys.argv[2])
from tests.adapters.test_audit_spool import ASK, FACTS, NO, spool
log = spool(pathlib.Path(sys.argv[1]))
while True:
    print(log.note(ASK, FACTS, NO), flush=True)
"""


def test_a_process_that_was_killed_leaves_a_chain_that_holds_and_goes_on(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    for _ in range(2):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(tmp_path), root], stdout=subprocess.PIPE
        )
        path = tmp_path / "gateway.jsonl"
        before = path.stat().st_size if path.exists() else 0
        until(lambda p=path, b=before: p.exists() and p.stat().st_size > b + 50_000)  # type: ignore[misc]
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    log = spool(tmp_path)
    log.close()
    kept = list(read_spool(log.path))
    assert [entry["kind"] for entry in kept].count("started") == 3
    verify_chain(kept, "gateway")


def test_many_threads_note_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    log = spool(tmp_path)
    given: list[str] = []
    threads = [
        threading.Thread(target=lambda: given.extend(log.note(ASK, FACTS, NO) for _ in range(500)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    kept = list(read_spool(log.path))
    assert len(set(given)) == 4000
    assert {entry["id"] for entry in kept if entry["kind"] == "decision"} == set(given)
    verify_chain(kept, "gateway")


@pytest.fixture
def small_files() -> object:
    """Files that may not grow beyond 64 KiB, as on a full disk; undone afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, hard))

    def lift() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    yield lift
    lift()
    signal.signal(signal.SIGXFSZ, handler)


def fill(log: AuditSpool) -> list[str]:
    """Note until the spool refuses; the ids that were given."""
    given = []
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            given.append(log.note(ASK, FACTS, NO))
        except Unavailable:
            return given
        if len(given) % 20 == 0:
            time.sleep(0.05)
    raise AssertionError("the spool never refused")


def note_once_it_takes(log: AuditSpool) -> str:
    """Note as soon as the spool takes records again.

    What can be read of the file does not tell: the spool goes on refusing until what it has written
    is on the disk, which takes long on a busy one.
    """
    taken: list[str] = []

    def takes() -> bool:
        with suppress(Unavailable):
            taken.append(log.note(ASK, FACTS, NO))
        return bool(taken)

    until(takes)
    return taken[0]


async def test_a_full_disk_refuses_new_asks_and_loses_none_that_it_took(
    tmp_path: Path, small_files: Callable[[], None]
) -> None:
    log = spool(tmp_path)
    given = fill(log)
    with pytest.raises(Unavailable):
        log.note(ASK, FACTS, NO)
    with pytest.raises(Unavailable):
        await log.append(ASK, FACTS, YES)
    small_files()  # somebody made room
    after = note_once_it_takes(log)
    log.close()
    kept = list(read_spool(log.path))
    assert {entry["id"] for entry in kept if entry["kind"] == "decision"} == {*given, after}
    verify_chain(kept, "gateway")


async def test_an_append_on_a_disk_that_fails_is_refused_and_not_believed(
    tmp_path: Path, small_files: Callable[[], None]
) -> None:
    log = spool(tmp_path)
    refused = 0
    for _ in range(400):
        try:
            await log.append(ASK, FACTS, YES)
        except Unavailable:
            refused += 1
            break
    assert refused
    small_files()
    log.close()
    verify_chain(read_spool(log.path), "gateway")


def test_a_spool_whose_writer_stands_still_is_bounded(tmp_path: Path) -> None:
    log = AuditSpool(tmp_path, "gateway", SetClock(), wait)  # never started: nobody writes
    for _ in range(20_000):
        log.note(ASK, FACTS, NO)
    with pytest.raises(Unavailable, match="full"):
        log.note(ASK, FACTS, NO)


def test_a_folder_that_can_t_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="file"):
        spool(tmp_path / "file" / "gateway")


def test_a_reader_sees_only_whole_records_and_where_each_ends(tmp_path: Path) -> None:
    log = spool(tmp_path / "gateway")
    log.note(ASK, FACTS, NO)
    log.close()
    reader = SpoolReader(tmp_path)
    assert reader.processes() == ("gateway",)
    whole = list(reader.read("gateway"))
    with log.path.open("ab") as file:
        file.write(b'{"torn":')
    assert list(reader.read("gateway")) == whole
    assert list(reader.read("gateway", whole[0][1])) == whole[1:]
    with pytest.raises(RecordFault, match="shorter"):
        list(reader.read("gateway", 1 << 30))


@pytest.mark.parametrize("line", [b"nonsense\n", b"[]\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n"])
def test_a_line_that_is_no_record_is_named(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "gateway").mkdir()
    (tmp_path / "gateway" / "gateway.jsonl").write_bytes(line)
    with pytest.raises(RecordFault, match="gateway"):
        list(SpoolReader(tmp_path).read("gateway"))


def test_records_are_one_line_of_json_each(tmp_path: Path) -> None:
    log = spool(tmp_path)
    log.note(ASK, FACTS, NO)
    log.close()
    for line in log.path.read_text().splitlines():
        assert json.loads(line)["v"] == 1
    assert log.path.stat().st_mode & 0o077 == 0
