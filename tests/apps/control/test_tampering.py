"""Nothing in a log of ten thousand records can be changed unseen."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.adapters.spool_reader import SpoolReader
from vedette.admin.audit import ChainReport, verify_all
from vedette.core.asks import Act, Ask, Need, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.reasons import Reason
from vedette.core.record import (
    GENESIS,
    NOTHING,
    ChainState,
    RecordFault,
    body,
    canonical,
    chained,
    verify_lines,
)
from vedette.protocol.internal.checkpoints import Checkpoint

RECORDS = 10_000
RNG = random.Random(5)


def entry(number: int) -> dict[str, object]:
    """A record such as a door writes, with numbers and letters of every spelling."""
    ask = Ask(
        act=Act.ROOM_EVENT_SEND,
        who=f"@grüße{number}:example.test",
        questions=(Question(Channel.FILE, frozenset({"us"}), frozenset({"acme"}), "@b:acme.test"),),
        need=Need.EVERY,
        where="!r:\ud800",  # half a pair, which must be kept too
    )
    facts = Facts({"file.size": number, "file.encrypted": True}, {"file.kind": "document"})
    decision = Decision(
        verdict=Verdict.NO if number % 3 else Verdict.YES,
        reason=Reason.FORBIDDEN if number % 3 else Reason.ALLOWED,
        rule="acme", towards="@b:acme.test", revision=1, pending=(), unknown=(), say=None,
        observed=(),
    )  # fmt: skip
    at = 1e22 if number == 2 else 1_700_000_000 + number / 7
    kind = "started" if number == 1 else "decision"
    whole = {"v": 1, "kind": kind, "id": f"gateway:{number}", "at": at}
    return {**whole, **body(ask, facts, decision)}


def log(count: int) -> list[bytes]:
    lines, head = [], GENESIS
    for number in range(1, count + 1):
        linked = chained(head, entry(number))
        head = str(linked["hash"])
        lines.append(canonical(linked))
    return lines


LINES = log(RECORDS)
STATES = [NOTHING, *verify_lines(LINES, "gateway")]
CHECKPOINT = Checkpoint("example.test", 1, {"gateway": STATES[-1]})


def reaches_the_checkpoint(lines: Sequence[bytes], after: ChainState) -> bool:
    """Whether a log goes on whole from `after` and ends where the last checkpoint says."""
    try:
        states = [after, *verify_lines(lines, "gateway", after)]
    except RecordFault:
        return False
    return states[-1] == STATES[-1]


def test_the_untouched_log_reaches_the_checkpoint():
    assert reaches_the_checkpoint(LINES, NOTHING)


def test_every_removal_is_found_at_the_very_record_that_is_missing():
    for at in range(RECORDS):
        assert not reaches_the_checkpoint(LINES[at + 1 : at + 3], STATES[at])


def test_every_swap_of_neighbours_and_ten_thousand_of_any_two_are_found():
    for at in range(RECORDS - 1):
        assert not reaches_the_checkpoint([LINES[at + 1], LINES[at]], STATES[at])
    for _ in range(10_000):
        first, second = sorted(RNG.sample(range(RECORDS), 2))
        # what stands at `first` now is what stood at `second`, and it is found there
        assert not reaches_the_checkpoint([LINES[second]], STATES[first])


def test_every_record_said_twice_is_found():
    for at in range(RECORDS):
        assert not reaches_the_checkpoint([LINES[at], LINES[at]], STATES[at])


def test_every_truncation_is_found():
    for at in range(RECORDS):
        assert not reaches_the_checkpoint([], STATES[at])  # at the end of a line
    for at in range(0, RECORDS, 7):
        cut = LINES[at][: RNG.randrange(1, len(LINES[at]))]
        assert not reaches_the_checkpoint([cut], STATES[at])  # in the middle of one


@settings(max_examples=3000, deadline=None)
@given(st.integers(0, RECORDS - 1), st.data())
def test_a_changed_byte_anywhere_is_found_in_its_own_line(at, data):
    place = data.draw(st.integers(0, len(LINES[at]) - 1))
    changed = bytearray(LINES[at])
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(RecordFault, match=f"^line {at + 1}: "):
        # a newline that was slipped in makes two lines of one
        list(verify_lines(bytes(changed).split(b"\n"), "gateway", STATES[at]))


def test_every_byte_of_a_small_log_changed_in_every_way_that_keeps_its_look_is_found():
    for at in range(3):
        line = LINES[at]
        for place, byte in enumerate(line):
            for other in {byte ^ 0x20, byte ^ 1, 0x20, 0x0A, 0x30, 0x45, 0x22, 0x5C} - {byte}:
                changed = line[:place] + bytes([other]) + line[place + 1 :]
                assert not reaches_the_checkpoint(changed.split(b"\n"), STATES[at])


def report(folder: Path, data: bytes) -> ChainReport:
    (folder / "gateway").mkdir(exist_ok=True)
    (folder / "gateway" / "gateway.jsonl").write_bytes(data)
    return verify_all(SpoolReader(folder), (), [CHECKPOINT])[0]


def test_on_disk_what_was_done_is_said_with_its_place(tmp_path: Path):
    whole = b"".join(line + b"\n" for line in LINES)
    assert report(tmp_path, whole).holds
    cut = b"".join(line + b"\n" for line in LINES[:7000])
    assert "cut off after `gateway:7000`, 3000 are missing" in report(tmp_path, cut).words
    torn = report(tmp_path, whole[:-1])  # the last newline
    assert "cut off after `gateway:9999`, 1 are missing" in torn.words
    merged = whole.replace(LINES[41] + b"\n", LINES[41] + b" ", 1)
    assert report(tmp_path, merged).words.startswith("line 42: this line is not a record")
    gone = whole.replace(LINES[4711] + b"\n", b"", 1)
    found = report(tmp_path, gone).words
    assert found.startswith("line 4712: record `gateway:4713`")
    assert found.endswith("whole up to `gateway:4711`")
    anew = b"".join(line + b"\n" for line in _written_anew())
    assert "written anew somewhere before it" in report(tmp_path, anew).words


def _written_anew() -> list[bytes]:
    """A log that holds in itself, by somebody who knows how chains are made."""
    lines, head = [], GENESIS
    for number in range(1, RECORDS + 1):
        said = entry(number) if number != 5000 else {**entry(number), "who": "@eve:example.test"}
        linked = chained(head, said)
        head = str(linked["hash"])
        lines.append(canonical(linked))
    return lines
