"""A log in segments: where they begin and end, what is read across them, their keys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.adapters.test_audit_spool import ASK, FACTS, NO, fill, small_files, until, wait
from tests.apps.control.organisation import make
from vedette.adapters.audit_keys import AuditKeys, private_keys_at, recipient_at
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.audit_writer import MOST_BYTES
from vedette.adapters.spool_reader import SpoolReader
from vedette.core.asks import Ask
from vedette.core.record import NOTHING, RecordFault, verify_lines
from vedette.ports.errors import Unavailable
from vedette.suite.keys import make_audit_keys

__all__ = ["small_files"]

PRIVATE = X25519PrivateKey.generate()
DAY = 86_400
ALICE, BOB = "@alice:example.org", "@bob:example.org"


@dataclass
class Calendar:
    """A clock whose day is turned by hand."""

    at: float = 1000 * DAY + 5.0

    def now(self) -> float:
        return self.at

    def today(self) -> int:
        return int(self.at) // DAY


@dataclass
class Log:
    """One process's log, written for real."""

    folder: Path
    most: int = MOST_BYTES
    clock: Calendar = field(default_factory=Calendar)
    process: str = "gateway"
    spool: AuditSpool = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        folder = self.folder / self.process
        recipient = PRIVATE.public_key()
        made = AuditSpool(
            folder, self.process, self.clock, wait, recipient=recipient, most=self.most
        )
        made.start()
        self.spool = made

    def note(self, who: str = ALICE, times: int = 1) -> None:
        """Note, and wait until it is written."""
        ask = Ask(act=ASK.act, who=who, questions=ASK.questions, where=ASK.where)
        for _ in range(times):
            self.spool.note(ask, FACTS, NO)
        before = self.end()
        self.spool._wake.set()
        until(lambda: not self.spool._queue and self.end() > before)

    def end(self) -> int:
        try:
            return self.reader.end(self.process)
        except FileNotFoundError:
            return 0

    def next_day(self) -> None:
        self.clock.at += DAY
        until(lambda: not self.spool.path.exists())

    @property
    def keys(self) -> AuditKeys:
        return AuditKeys(self.folder, PRIVATE)

    @property
    def reader(self) -> SpoolReader:
        return SpoolReader(self.folder)

    def full(self) -> list[str]:
        return sorted(path.name for path in (self.folder / self.process).glob("*.*.jsonl"))

    def named(self) -> list[str]:
        read = SpoolReader(self.folder, self.keys.opened).read(self.process)
        return [str(entry["who"]) for entry, _ in read if "who" in entry]

    def holds(self) -> int:
        """How many records the chain has, which must hold across all segments."""
        lines = (line for line, _ in self.reader.lines(self.process))
        return [NOTHING, *verify_lines(lines, self.process)][-1].length


@pytest.fixture
def log(tmp_path: Path) -> Any:
    made = Log(tmp_path)
    yield made
    made.spool.close()


def test_a_segment_ends_with_its_day_even_if_nothing_more_is_recorded(log: Log) -> None:
    log.note()
    log.next_day()
    assert log.full() == ["gateway.0000000000000000.jsonl"]
    log.note(BOB)
    first = json.loads(log.spool.path.read_bytes().splitlines()[0])
    assert first["offset"] == (log.folder / "gateway" / log.full()[0]).stat().st_size
    assert log.named() == [ALICE, BOB]
    assert log.holds() == 3


def test_a_segment_ends_when_it_is_full(tmp_path: Path) -> None:
    log = Log(tmp_path, most=5000)
    for _ in range(6):
        log.note(times=5)
    log.spool.close()
    assert len(log.full()) >= 2
    assert log.holds() == 31
    assert all(segment.keys.exists() for segment in log.reader.segments("gateway"))


def test_every_place_in_the_log_is_read_alike_whatever_the_segments(tmp_path: Path) -> None:
    log = Log(tmp_path, most=3000)
    for _ in range(5):
        log.note(times=3)
    log.spool.close()
    reader = log.reader
    whole = list(reader.read("gateway"))
    places = [0, *(end for _, end in whole)]
    assert places[-1] == reader.end("gateway")
    for number, place in enumerate(places):
        assert list(reader.read("gateway", place)) == whole[number:]
    assert list(reader.some("gateway", places[:-1])) == [entry for entry, _ in whole]
    for entry, _ in whole:
        number = int(entry["id"].rpartition(":")[2])
        assert reader.find("gateway", number) == entry
    for number in (0, 10**9, int(whole[-1][0]["id"].rpartition(":")[2]) + 1):
        assert reader.find("gateway", number) is None


def test_who_looks_for_what_is_new_reads_no_segment_of_earlier_days(log: Log) -> None:
    days = []
    for who in (ALICE, BOB, ALICE):
        days.append((log.clock.at, log.end()))
        log.note(who)
        log.next_day()
    reader = log.reader
    assert reader.since("gateway", 0) == 0
    for at, begin in days:
        assert reader.since("gateway", at) == begin
        found = [entry for entry, _ in reader.read("gateway", begin)]
        whole = [entry for entry, _ in reader.read("gateway") if entry["at"] >= at]
        assert [each for each in found if each["at"] >= at] == whole
    assert reader.since("gateway", log.clock.at + DAY) == log.end()
    log.note(BOB)
    written = reader.segments("gateway")[-1].start
    assert reader.since("gateway", log.clock.at + 99 * DAY) == written
    assert reader.since("gateway", days[1][0] + 1800) == days[1][1]  # a clock may be set back


def test_each_start_and_each_day_goes_on_with_the_chain(log: Log) -> None:
    for _ in range(3):
        log.note()
        log.spool.close()
        log.clock.at += DAY
        log.start()
    log.spool.close()
    assert len(log.full()) == 3
    assert log.holds() == 7
    # it was stopped between the end of one segment and the first record of the next
    start = log.reader.segments("gateway")[-1].start
    log.spool.path.rename(log.spool.path.with_name(f"gateway.{start:016}.jsonl"))
    log.start()
    log.note()
    assert log.holds() == 9
    log.spool.close()
    log.clock.at += DAY
    log.start()
    log.spool.close()
    log.spool.path.write_bytes(b'{"torn')  # or while it wrote the first one
    log.start()
    log.note()
    assert log.holds() == 11


def test_who_reads_while_a_segment_ends_misses_nothing(log: Log) -> None:
    log.note(times=20)
    begun = log.reader.lines("gateway")
    some = [next(begun) for _ in range(5)]
    log.next_day()
    log.note(BOB, times=20)
    rest = list(begun)
    read = [*some, *rest, *log.reader.lines("gateway", rest[-1][1])]
    assert [line for line, _ in read] == [line for line, _ in log.reader.lines("gateway")]
    assert len(read) == 41


def test_a_segment_that_is_missing_is_told(log: Log) -> None:
    for _ in range(3):
        log.note()
        log.next_day()
    folder = log.folder / "gateway"
    (folder / log.full()[1]).rename(folder / "aside")
    with pytest.raises(RecordFault, match="a segment of `gateway` is missing or"):
        list(log.reader.read("gateway"))
    (folder / log.full()[0]).unlink()
    assert log.reader.begin("gateway") > 0
    with pytest.raises(RecordFault, match="begins at byte"):
        list(log.reader.read("gateway", 5))
    torn = folder / log.full()[-1]
    torn.write_bytes(torn.read_bytes()[:-1])
    with pytest.raises(RecordFault, match="ends in the middle"):
        list(log.reader.read("gateway"))


def test_an_erased_person_is_gone_everywhere_and_is_named_anew_from_then_on(log: Log) -> None:
    for _ in range(2):
        log.note(ALICE)
        log.note(BOB)
        log.next_day()
    log.note(ALICE)
    erased = log.keys.erase(ALICE, "control:7")
    assert (erased.keys, erased.processes, erased.plain) == (3, ("gateway",), 0)
    log.note(ALICE)
    log.note(BOB)
    log.spool.close()
    who = log.named()
    assert who[1] == who[3] == BOB
    assert [who[0][0], who[2][0], who[4][0]] == ["~", "~", "~"]
    assert who[5:] == [ALICE, BOB]
    assert log.holds() == 8
    assert log.keys.erase(ALICE, "control:8").keys == 1
    assert log.keys.erase("@nobody:example.org", "control:9").keys == 0


def test_records_that_name_somebody_in_plain_are_counted(log: Log) -> None:
    log.note()
    log.spool.close()
    plain = AuditSpool(log.folder / "signin", "signin", log.clock, wait)
    plain.start()
    plain.note(ASK, FACTS, NO)
    plain.close()
    assert log.keys.erase(ALICE, "control:7").plain == 1


def test_without_the_private_key_nobody_is_erased_and_that_is_said(log: Log) -> None:
    log.note()
    with pytest.raises(Unavailable, match="control's key"):
        AuditKeys(log.folder, None).erase(ALICE, "control:7")


def test_a_full_disk_loses_no_key_and_no_record(
    tmp_path: Path, small_files: Callable[[], None]
) -> None:
    log = Log(tmp_path)
    given = fill(log.spool)
    small_files()  # somebody made room
    until(lambda: sum(1 for _ in log.reader.lines("gateway")) > len(given))
    log.spool.close()
    assert set(log.named()) == {ALICE}
    assert log.holds() == len(given) + 1


def test_keys_torn_by_a_crash_hide_nobody_who_comes_later(log: Log) -> None:
    log.note()
    log.spool.close()
    (keys,) = (log.folder / "gateway").glob("*.keys")
    with keys.open("ab") as file:
        file.write(b"~torn")
    log.start()
    log.note(BOB)
    assert log.named() == [ALICE, BOB]


_CHILD = """
import sys, pathlib, time
sys.path.insert(0, sys.argv[2])
from tests.adapters.test_audit_segments import Log
from vedette.core.asks import Ask
from tests.apps.control.organisation import make
from tests.adapters.test_audit_spool import ASK, FACTS, NO
import tests.adapters.test_audit_segments as it
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
it.PRIVATE = X25519PrivateKey.from_private_bytes(bytes.fromhex(sys.argv[3]))
log = Log(pathlib.Path(sys.argv[1]), most=15_000, process=sys.argv[4])
number = 0
while True:
    number += 1
    who = f"@person{number % 500}:example.org"
    log.spool.note(Ask(act=ASK.act, who=who, questions=ASK.questions), FACTS, NO)
    if number % 50 == 0:
        time.sleep(0.01)
"""


def test_four_writers_that_are_killed_leave_chains_that_hold_and_everybody_named(
    tmp_path: Path,
) -> None:
    root, key = str(Path(__file__).parents[2]), PRIVATE.private_bytes_raw().hex()
    names = [f"door{number}" for number in range(4)]
    for _ in range(2):
        children = [
            subprocess.Popen([sys.executable, "-c", _CHILD, str(tmp_path), root, key, name])
            for name in names
        ]
        reader = SpoolReader(tmp_path)
        before = {name: len(list((tmp_path / name).glob("*.*.jsonl"))) for name in names}
        for name in names:
            until(lambda n=name, b=before: len(list((tmp_path / n).glob("*.*.jsonl"))) >= b[n] + 1, 180)  # type: ignore[misc]  # fmt: skip
        for child in children:
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
    for name in names:
        log = Log(tmp_path, process=name)
        log.spool.close()
        assert log.holds() == sum(1 for _ in reader.lines(name))
        assert {who[:7] for who in log.named()} == {"@person"}
        assert len(log.full()) >= 2


def test_many_threads_erase_and_read_while_it_is_written(log: Log) -> None:
    stop = threading.Event()

    def erase() -> None:
        while not stop.wait(0.01):
            log.keys.erase(ALICE, "control:1")

    eraser = threading.Thread(target=erase, daemon=True)
    eraser.start()
    for _ in range(20):
        log.note(ALICE, times=3)
        log.note(BOB)
    stop.set()
    eraser.join()
    assert log.named().count(BOB) == 20
    assert log.holds() == 81


def test_keys_are_made_once_and_one_that_is_no_key_is_told(tmp_path: Path) -> None:
    boot = make(tmp_path / "example").boot
    private, public = boot.path(boot.control.audit_key), boot.path(boot.audit_key)
    assert private.stat().st_mode & 0o777 == 0o600
    (own,) = private_keys_at(private)
    assert own.public_key() == recipient_at(public)
    assert not make_audit_keys(boot)
    private.unlink()
    assert not make_audit_keys(boot)  # what was sealed must not be sealed to another key unnoticed
    assert private_keys_at(private) == ()
    public.write_bytes(boot.path(boot.public_key).read_bytes())
    with pytest.raises(Unavailable, match="not an X25519 key"):
        recipient_at(public)
    public.write_bytes(b"nonsense")
    with pytest.raises(Unavailable, match="can't be read"):
        recipient_at(public)
    public.unlink()
    assert recipient_at(public) is None
    assert make_audit_keys(boot)
