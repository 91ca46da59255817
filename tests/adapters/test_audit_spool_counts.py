"""Routine yeses of an ask that stands: the very same objects, noted again and again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.adapters.test_audit_spool import ASK, FACTS, YES, spool
from vedette.adapters.audit_spool import read_spool
from vedette.core.asks import Act
from vedette.core.decision import Verdict
from vedette.core.reasons import Reason


def decisions(folder: Path) -> list[tuple[str, int]]:
    """Kind and count of every record but the first, which says that the process started."""
    entries = list(read_spool(folder / "gateway.jsonl"))[1:]
    return [(str(entry["kind"]), int(entry.get("count", 1))) for entry in entries]


def test_the_same_answer_noted_again_is_counted_in_one_record(tmp_path: Path) -> None:
    log = spool(tmp_path)
    with log._lock:  # the writer takes nothing in between
        names = {log._count(ASK, FACTS, YES) for _ in range(3)}
    log.close()
    assert len(names) == 1
    assert decisions(tmp_path) == [("counted", 3)]


def test_an_equal_answer_of_other_objects_is_counted_in_the_same_record(tmp_path: Path) -> None:
    log = spool(tmp_path)
    with log._lock:
        names = {log._count(ASK, FACTS, answer) for answer in (YES, replace(YES), YES)}
    log.close()
    assert len(names) == 1
    assert decisions(tmp_path) == [("counted", 3)]


def test_the_same_answer_with_other_facts_is_another_record(tmp_path: Path) -> None:
    log = spool(tmp_path)
    other = replace(FACTS, known={"today": 739_001})
    with log._lock:
        names = {log._count(ASK, facts, YES) for facts in (FACTS, other)}
    log.close()
    assert len(names) == 2
    assert decisions(tmp_path) == [("counted", 1)] * 2


def test_from_the_moment_that_yeses_are_kept_whole_none_is_counted(tmp_path: Path) -> None:
    log = spool(tmp_path)
    log.note(ASK, FACTS, YES)
    log.keep_whole(True)
    log.note(ASK, FACTS, YES)
    log.close()
    assert decisions(tmp_path) == [("counted", 1), ("decision", 1)]


def test_refusals_that_cost_nothing_to_provoke_are_counted_and_others_kept_one_by_one(
    tmp_path: Path,
) -> None:
    log = spool(tmp_path)
    no = replace(YES, verdict=Verdict.NO, reason=Reason.NO_RULE)
    unverified = replace(ASK, act=Act.FEDERATION_REQUEST_RECEIVE)
    for _ in range(3):
        log.note(unverified, FACTS, no)
        log.note(ASK, FACTS, replace(no, reason=Reason.UNKNOWN_ENDPOINT))
    log.note(ASK, FACTS, no)
    log.note(ASK, FACTS, no)
    log.close()
    counted = [count for kind, count in decisions(tmp_path) if kind == "counted"]
    kept = [kind for kind, _ in decisions(tmp_path) if kind == "decision"]
    assert sum(counted) == 6
    assert len(kept) == 2
