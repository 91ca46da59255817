"""Reading the audit log and proving that it is whole."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.record import NOTHING, ChainState, RecordFault, verify_lines
from vedette.core.revision import Revision, verify_revisions
from vedette.core.settings.spelling import domain_matches
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
    """Which records to list. Unset fields match everything; times are seconds since 1970 UTC."""

    since: float | None = None
    until: float | None = None
    who: str | None = None
    person: str | None = None
    """Who asked, or whom it was about."""
    partner: str | None = None
    domains: tuple[str, ...] = ()
    """Of the partner, as the settings in force have them."""
    rule: str | None = None
    reason: str | None = None
    answer: str | None = None
    process: str | None = None
    most: int = 200


def list_records(records: Records, wanted: Wanted) -> list[dict[str, Any]]:
    """The newest records that match, oldest first. Raises RecordFault."""
    found = heapq.nlargest(wanted.most, matching(records, wanted), key=_order)
    return found[::-1]


def matching(records: Records, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Every decision that matches, chain by chain. Raises RecordFault."""
    for process in records.processes():
        if wanted.process in (None, process):
            for entry, _ in records.read(process):
                if entry.get("kind") in ("decision", "counted") and _matches(entry, wanted):
                    yield entry


def _order(entry: dict[str, Any]) -> tuple[float, str]:
    return entry.get("at", 0), str(entry.get("id"))


def _matches(entry: dict[str, Any], wanted: Wanted) -> bool:
    decision = entry.get("decision", {})
    return (
        (wanted.since is None or entry.get("at", 0) >= wanted.since)
        and (wanted.until is None or entry.get("at", 0) < wanted.until)
        and wanted.who in (None, entry.get("who"))
        and wanted.rule in (None, decision.get("rule"))
        and wanted.reason in (None, decision.get("reason"))
        and wanted.answer in (None, decision.get("answer"))
        and (wanted.person is None or wanted.person in names_of(entry))
        and (wanted.partner is None or _concerns(entry, wanted.partner, wanted.domains))
    )


def names_of(entry: dict[str, Any]) -> set[str]:
    """Everybody whom a record names: who asked, and whom it was about."""
    named = {entry.get("who"), entry.get("decision", {}).get("towards")}
    named.update(question.get("whom") for question in entry.get("questions", ()))
    return {name for name in named if isinstance(name, str)}


def _concerns(entry: dict[str, Any], partner: str, domains: tuple[str, ...]) -> bool:
    """Whether a record is about a partner: by the parties then, or by a name of its domains now."""
    for question in entry.get("questions", ()):
        if partner in question.get("from", ()) or partner in (question.get("to") or ()):
            return True
    return any(_is_of(name, domains) for name in names_of(entry))


def _is_of(name: str, domains: tuple[str, ...]) -> bool:
    try:
        server = UserId(name).server if name.startswith("@") else ServerName(name)
    except InvalidName:
        return False
    return any(domain_matches(pattern, server) for pattern in domains)


RECORD_PATTERN = r"^[a-z][a-z0-9-]{0,31}:[0-9]{1,18}$"
"""What a record is called: its process, and its number there."""


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
