"""Records leave: none lost, and none twice without a mark, whatever breaks off."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters.clock import SetClock
from tests.adapters.test_audit_segments import ALICE, BOB, Log
from vedette.adapters.line_files import LineFile
from vedette.adapters.memory.siem import MemoryPositions, MemoryReceiver
from vedette.adapters.positions_file import PositionsFile
from vedette.adapters.spool_reader import SpoolReader
from vedette.control.departures import Departures
from vedette.core.record import canonical, verify_chain
from vedette.ports.errors import Unavailable
from vedette.ports.siem import Position, Positions
from vedette.protocol.syslog import Origin


@dataclass
class Scene:
    """Two processes that record, a SIEM, and control between them, which may start anew."""

    folder: Path
    receiver: MemoryReceiver = field(default_factory=MemoryReceiver)
    positions: Positions = field(default_factory=MemoryPositions)
    clock: SetClock = field(default_factory=SetClock)
    written: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.departures = Departures(
            SpoolReader(self.folder),
            {"checkpoints": LineFile(self.folder / "checkpoints.jsonl")},
            self.receiver,
            self.positions,
            Origin(organisation="example.org"),
            self.clock,
            lambda: self.broken,
        )

    def record(self, process: str, count: int) -> None:
        folder = self.folder / process
        folder.mkdir(exist_ok=True)
        with (folder / f"{process}.jsonl").open("ab") as spool:
            for _ in range(count):
                name = f"{process}:{len(self.written)}"
                spool.write(canonical({"id": name, "kind": "decision", "at": 1}) + b"\n")
                self.written.append(name)

    def look(self) -> None:
        self.clock.at += 100
        with suppress(Unavailable):
            self.departures.look()

    def arrived(self, *, marked: bool) -> list[str]:
        return [
            json.loads(message.partition(b"] ")[2])["id"]
            for message in self.receiver.taken
            if (b' again="yes"]' in message) is marked and b" broken [" not in message
        ]


STEPS = st.lists(
    st.tuples(st.just("record"), st.sampled_from(["gateway", "synapse"]), st.integers(1, 9))
    | st.tuples(st.just("break"), st.integers(0, 12))
    | st.tuples(st.sampled_from(["look", "restart"])),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_none_is_lost_and_none_comes_twice_without_a_mark(steps):
    with TemporaryDirectory() as folder:
        scene = Scene(Path(folder))
        for step in steps:
            match step:
                case ("record", process, count):
                    scene.record(process, count)
                case ("break", count):
                    scene.receiver.breaks_after = count
                    scene.look()
                case ("look",):
                    scene.look()
                case ("restart",):
                    scene.start()
        scene.receiver.breaks_after = None
        scene.look()
        unmarked = scene.arrived(marked=False)
        assert len(unmarked) == len(set(unmarked))
        assert {*unmarked, *scene.arrived(marked=True)} == set(scene.written)


def test_a_control_that_dies_between_receipt_and_writing_it_down_marks_what_it_sends_again(
    tmp_path,
):
    scene = Scene(tmp_path)
    scene.record("gateway", 3)
    before = PositionsThatForget()
    scene.positions = before
    scene.start()
    scene.look()
    scene.start()
    scene.look()
    assert scene.arrived(marked=False) == scene.written
    assert scene.arrived(marked=True) == scene.written


@dataclass
class PositionsThatForget(MemoryPositions):
    """The second write of the first look never reaches the disk."""

    writes: int = 0

    def keep(self, positions: object) -> None:
        self.writes += 1
        if self.writes == 2:
            raise Unavailable("died")
        super().keep(positions)  # type: ignore[arg-type]


def test_one_look_is_bounded_and_the_next_goes_on(tmp_path):
    scene = Scene(tmp_path)
    scene.record("gateway", 5000)
    scene.look()
    assert len(scene.receiver.taken) == 2000
    assert scene.departures.backlog()["gateway"] > 0
    scene.look()
    scene.look()
    assert scene.arrived(marked=False) == scene.written
    assert scene.departures.backlog() == {"gateway": 0}


def test_after_a_failure_it_waits_longer_each_time(tmp_path):
    scene = Scene(tmp_path)
    scene.record("gateway", 1)
    tries = 0
    for _ in range(300):
        scene.receiver.breaks_after = 0
        scene.clock.at += 1
        try:
            scene.departures.look()
        except Unavailable:
            tries += 1
            assert scene.departures.trouble() == "the receiver broke off"
    assert 8 <= tries <= 12


def test_a_log_that_was_cut_back_is_told_and_sent_again_marked(tmp_path):
    scene = Scene(tmp_path)
    scene.record("gateway", 4)
    scene.look()
    spool = tmp_path / "gateway" / "gateway.jsonl"
    spool.write_bytes(b"".join(spool.read_bytes().splitlines(keepends=True)[:2]))
    scene.look()
    scene.look()
    alarms = [each for each in scene.receiver.taken if b" broken [" in each]
    assert len(alarms) == 1
    assert b"shorter than it was" in alarms[0]
    assert scene.arrived(marked=True) == scene.written[:2]


def test_a_line_that_is_no_record_is_told_and_holds_nothing_back(tmp_path):
    scene = Scene(tmp_path)
    scene.record("gateway", 1)
    with (tmp_path / "gateway" / "gateway.jsonl").open("ab") as spool:
        spool.write(b"\xff nonsense\n")
    scene.record("gateway", 1)
    scene.look()
    assert scene.arrived(marked=False) == scene.written
    assert sum(b" broken [" in each for each in scene.receiver.taken) == 1


def test_a_chain_that_control_finds_broken_is_told_once(tmp_path):
    scene = Scene(tmp_path, broken={"gateway": "record `gateway:3` was altered"})
    scene.look()
    scene.look()
    assert len(scene.receiver.taken) == 1
    assert b"was altered" in scene.receiver.taken[0]


def test_positions_are_kept_on_disk_as_a_whole(tmp_path):
    kept = PositionsFile(tmp_path / "control" / "positions.json")
    assert kept.load() == {}
    kept.keep({"gateway": Position(3, 9)})
    assert kept.load() == {"gateway": Position(3, 9)}
    kept.path.write_text("{")
    with pytest.raises(Unavailable, match="take it away"):
        kept.load()


def test_the_siem_is_told_who_it_was_only_where_the_settings_want_that(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.note()
    log.next_day()
    log.note(BOB)
    log.spool.close()
    for named, told in ((SpoolReader(tmp_path, log.keys.opened), True), (None, False)):
        scene = Scene(tmp_path)
        scene.departures.named = lambda n=named: n  # type: ignore[misc]
        scene.look()
        taken = b"\n".join(scene.receiver.taken)
        assert (f'who="{ALICE}"'.encode() in taken) is told
        assert (f'who="{BOB}"'.encode() in taken) is told
        texts = [json.loads(each.partition(b"] ")[2]) for each in scene.receiver.taken]
        assert verify_chain(texts, "gateway").length == 3  # it is the chained form that goes
        assert ALICE not in json.dumps(texts)
        assert scene.departures.backlog() == {"gateway": 0}
        assert scene.departures.taken("gateway") == log.end()
