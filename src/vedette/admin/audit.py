"""Reading the audit log and proving that it is whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vedette.core.record import NOTHING, ChainState, RecordFault, verify_lines
from vedette.core.revision import Revision, verify_revisions
from vedette.ports.records import Records
from vedette.protocol.internal.checkpoints import Checkpoint

SETTINGS_CHAIN = "settings"
"""The name under which the chain of revisions stands in a checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What was found out about one chain. `anchored` is the record that the checkpoint vouches for;
    a chain that holds but is not anchored could have been written anew as a whole.
    """

    process: str
    holds: bool
    records: int
    anchored: str | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records to list. Unset fields match everything; `since` is seconds since 1970 UTC."""

    since: float | None = None
    who: str | None = None
    rule: str | None = None
    answer: str | None = None
    process: str | None = None
    most: int = 200


def list_records(records: Records, wanted: Wanted) -> list[dict[str, Any]]:
    """The newest records that match, oldest first. Raises RecordFault."""
    found = [
        entry
        for process in records.processes()
        if wanted.process in (None, process)
        for entry, _ in records.read(process)
        if entry.get("kind") in ("decision", "counted") and _matches(entry, wanted)
    ]
    found.sort(key=lambda entry: (entry.get("at", 0), str(entry.get("id"))))
    return found[-wanted.most :]


def _matches(entry: dict[str, Any], wanted: Wanted) -> bool:
    decision = entry.get("decision", {})
    return (
        (wanted.since is None or entry.get("at", 0) >= wanted.since)
        and wanted.who in (None, entry.get("who"))
        and wanted.rule in (None, decision.get("rule"))
        and wanted.answer in (None, decision.get("answer"))
    )


def find_record(records: Records, name: str) -> dict[str, Any] | None:
    """The record with the id `<process>:<number>`, or None. Raises RecordFault."""
    process, _, _ = name.rpartition(":")
    if process not in records.processes():
        return None
    return next((entry for entry, _ in records.read(process) if entry.get("id") == name), None)


def settings_state(revisions: tuple[Revision, ...]) -> ChainState:
    """Where the chain of revisions stands."""
    if not revisions:
        return NOTHING
    return revision_state(revisions[-1])


def revision_state(revision: Revision) -> ChainState:
    """Where the chain of revisions stands after this one."""
    return ChainState(revision.hash, f"{SETTINGS_CHAIN}:{revision.number}", revision.number)


def verify_all(
    records: Records, revisions: tuple[Revision, ...] | None, checkpoints: Sequence[Checkpoint]
) -> list[ChainReport]:
    """Check every chain from its beginning, and against every checkpoint that there is.

    A process that a checkpoint names and that has no records any more does not hold. `revisions`
    is None when they could not be read, which is a finding too.
    """
    anchors: dict[str, list[ChainState]] = {}
    for checkpoint in checkpoints:
        for name, state in checkpoint.heads.items():
            if state.length:
                anchors.setdefault(name, []).append(state)
    expected = anchors.pop(SETTINGS_CHAIN, [])
    names = sorted({*records.processes(), *anchors})
    reports = [_verify(records, name, anchors.get(name, [])) for name in names]
    return [*reports, _verify_settings(revisions, expected)]


def _verify(records: Records, process: str, anchors: Sequence[ChainState]) -> ChainReport:
    lines = (line for line, _ in records.lines(process))
    return _report(process, anchors, verify_lines(lines, process))


def _verify_settings(
    revisions: tuple[Revision, ...] | None, anchors: Sequence[ChainState]
) -> ChainReport:
    return _report(SETTINGS_CHAIN, anchors, _settings_states(revisions))


def _settings_states(revisions: tuple[Revision, ...] | None) -> Iterator[ChainState]:
    if revisions is None:
        raise RecordFault("the revisions can't be read")
    verify_revisions(revisions)
    yield from map(revision_state, revisions)


def _report(
    process: str, anchors: Sequence[ChainState], states: Iterator[ChainState]
) -> ChainReport:
    """Walk one chain and look whether it passes through every anchor."""
    due, end = set(anchors), NOTHING
    try:
        for state in states:
            due.discard(state)
            end = state
    except (RecordFault, OSError) as fault:
        words = str(fault) if isinstance(fault, RecordFault) else "its records are gone"
        return ChainReport(process=process, holds=False, records=0, anchored=None, words=words)
    if due:
        return ChainReport(
            process=process, holds=False, records=end.length, anchored=None, words=_missed(due, end)
        )
    anchored = max(anchors, key=lambda anchor: anchor.length).last if anchors else None
    words = f"whole; anchored up to `{anchored}`" if anchored else "whole, but not anchored yet"
    return ChainReport(
        process=process, holds=True, records=end.length, anchored=anchored, words=words
    )


def _missed(due: set[ChainState], end: ChainState) -> str:
    """What a chain lacks that holds in itself but is not the one that a checkpoint vouches for."""
    anchor = max(due, key=lambda anchor: anchor.length)
    vouched = f"record `{anchor.last}`, which the checkpoint vouches for, is missing or altered"
    if end.length < anchor.length:
        upto = f"after `{end.last}`" if end.last else "before its first record"
        return f"{vouched}: the log was cut off {upto}, {anchor.length - end.length} are missing"
    return f"{vouched}: the log was written anew somewhere before it"
