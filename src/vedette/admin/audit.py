"""Reading the audit log and proving that it is whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vedette.core.record import NOTHING, ChainState, RecordFault, verify_chain
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
    records: Records, revisions: tuple[Revision, ...] | None, checkpoint: Checkpoint | None
) -> list[ChainReport]:
    """Check every chain from its beginning, and against a checkpoint where there is one.

    A process that the checkpoint names and that has no records any more does not hold. `revisions`
    is None when they could not be read, which is a finding too.
    """
    anchors = dict(checkpoint.heads) if checkpoint else {}
    expected = anchors.pop(SETTINGS_CHAIN, None)
    names = sorted({*records.processes(), *anchors})
    reports = [_verify(records, name, anchors.get(name)) for name in names]
    return [*reports, _verify_settings(revisions, expected)]


def _verify(records: Records, process: str, anchor: ChainState | None) -> ChainReport:
    def walk(seen: Callable[[ChainState], None]) -> ChainState:
        state = NOTHING
        for entry, _ in records.read(process):
            state = verify_chain([entry], process, state)
            seen(state)
        return state

    return _report(process, anchor, walk)


def _verify_settings(
    revisions: tuple[Revision, ...] | None, anchor: ChainState | None
) -> ChainReport:
    def walk(seen: Callable[[ChainState], None]) -> ChainState:
        if revisions is None:
            raise RecordFault("the revisions can't be read")
        verify_revisions(revisions)
        for revision in revisions:
            seen(revision_state(revision))
        return settings_state(revisions)

    return _report(SETTINGS_CHAIN, anchor, walk)


def _report(
    process: str,
    anchor: ChainState | None,
    walk: Callable[[Callable[[ChainState], None]], ChainState],
) -> ChainReport:
    """Walk one chain and look whether it passes through the anchor."""
    passed = anchor is None or anchor.length == 0

    def seen(state: ChainState) -> None:
        nonlocal passed
        passed = passed or state == anchor

    try:
        end = walk(seen)
    except (RecordFault, OSError) as fault:
        words = str(fault) if isinstance(fault, RecordFault) else "its records are gone"
        return ChainReport(process=process, holds=False, records=0, anchored=None, words=words)
    if not passed and anchor is not None:
        words = f"record `{anchor.last}`, which the checkpoint vouches for, is missing or altered"
        return ChainReport(
            process=process, holds=False, records=end.length, anchored=None, words=words
        )
    anchored = anchor.last if anchor else None
    words = f"whole; anchored up to `{anchored}`" if anchored else "whole, but not anchored yet"
    return ChainReport(
        process=process, holds=True, records=end.length, anchored=anchored, words=words
    )
