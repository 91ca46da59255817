"""Reading the audit log and proving that it is whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from vedette.core.language import Sentence, joined, said_by, told
from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.record import NOTHING, ChainState, RecordFault, verify_lines
from vedette.core.revision import Revision, verify_revisions
from vedette.core.settings.spelling import domain_matches
from vedette.ports.record_index import Place, RecordIndex, Wanted
from vedette.ports.records import Records
from vedette.protocol.internal.checkpoints import Checkpoint
from vedette.protocol.internal.removed import RemovedHead, head_at

SETTINGS_CHAIN = "settings"
"""The name under which the chain of revisions stands in a checkpoint."""


_AT_ONCE = 20_000
"""How many new records a search takes in before it looks."""
_CHUNK = 250
_GONE = told("its records are gone")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What was found out about one chain. `anchored` is the record that the checkpoint vouches for;
    a chain that holds but is not anchored could have been written anew as a whole.
    """

    process: str
    holds: bool
    records: int
    anchored: str | None
    words: Sentence
    removed: str | None = None
    """The last record that was removed because its time was over; the chain is checked behind it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some records that are wanted, the newest first. `next` is the cursor of what follows, None at
    the end; `behind` is how many bytes of records could not be searched yet.
    """

    records: tuple[dict[str, Any], ...]
    next: str | None
    behind: int = 0


def search(index: RecordIndex, records: Records, wanted: Wanted, after: str | None = None) -> Page:
    """The newest records that match, behind the cursor `after`.

    Raises:
        RecordFault: a line is not a record.
        ValueError: the cursor is none.
        Unavailable: the index can't be used.
    """
    index.follow(_AT_ONCE)
    before = None if after is None else _read_cursor(after)
    found: list[tuple[Place, dict[str, Any]]] = []
    for place, entry in matching(index, records, wanted, before):
        if len(found) == wanted.most:
            last = found[-1][0]
            told = tuple(each for _, each in found)
            return Page(told, f"{last.at}.{last.number}", index.behind())
        found.append((place, entry))
    return Page(tuple(each for _, each in found), None, index.behind())


def list_records(index: RecordIndex, records: Records, wanted: Wanted) -> list[dict[str, Any]]:
    """The newest records that match, oldest first. Raises as `search`."""
    return [*reversed(search(index, records, wanted).records)]


def matching(
    index: RecordIndex,
    records: Records,
    wanted: Wanted,
    before: tuple[int, int] | None = None,
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every decision that matches and was taken in by the index, the newest first."""
    places = index.places(wanted, before)
    while chunk := list(islice(places, min(_CHUNK, wanted.most + 1))):
        for place, entry in zip(chunk, _entries(records, chunk), strict=True):
            if entry is not None and _matches(entry, wanted):
                yield place, entry


def _entries(records: Records, places: Sequence[Place]) -> list[dict[str, Any] | None]:
    """The records at these places; None where one was removed meanwhile."""
    offsets: dict[str, list[int]] = {}
    for place in places:
        offsets.setdefault(place.process, []).append(place.offset)
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for process, wanted in offsets.items():
        left = wanted
        while left:
            read = 0
            try:
                for entry in records.some(process, left):
                    found[process, left[read]] = entry
                    read += 1
            except (RecordFault, OSError):
                read += 1  # that one is gone, or is no record; the others are asked for again
            left = left[read:]
    return [found.get((place.process, place.offset)) for place in places]


def _read_cursor(text: str) -> tuple[int, int]:
    at, _, number = text.partition(".")
    if not (at.isascii() and at.isdigit() and number.isascii() and number.isdigit()):
        raise ValueError(f"`{text}` is no cursor")
    return int(at), int(number)


def _matches(entry: dict[str, Any], wanted: Wanted) -> bool:
    decision = entry.get("decision", {})
    return (
        entry.get("kind") in ("decision", "counted")
        and (wanted.since is None or entry.get("at", 0) >= wanted.since)
        and (wanted.until is None or entry.get("at", 0) < wanted.until)
        and wanted.process in (None, str(entry.get("id")).rpartition(":")[0])
        and wanted.who in (None, entry.get("who"))
        and wanted.rule in (None, decision.get("rule"))
        and wanted.reason in (None, decision.get("reason"))
        and wanted.answer in (None, decision.get("answer"))
        and wanted.act in (None, entry.get("act"))
        and wanted.file in (None, entry.get("where"))
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
    process, _, number = name.rpartition(":")
    if process not in records.processes() or not (number.isascii() and number.isdigit()):
        return None
    return records.find(process, int(number))


def settings_state(revisions: tuple[Revision, ...]) -> ChainState:
    """Where the chain of revisions stands."""
    if not revisions:
        return NOTHING
    return revision_state(revisions[-1])


def revision_state(revision: Revision) -> ChainState:
    """Where the chain of revisions stands after this one."""
    return ChainState(revision.hash, f"{SETTINGS_CHAIN}:{revision.number}", revision.number)


def verify_all(
    records: Records,
    revisions: tuple[Revision, ...] | None,
    checkpoints: Sequence[Checkpoint],
    heads: Sequence[RemovedHead] = (),
) -> list[ChainReport]:
    """Check every chain from its beginning, and against every checkpoint that there is.

    A process that a checkpoint names and that has no records any more does not hold. `revisions`
    is None when they could not be read, which is a finding too. `heads` vouch for where the chains
    go on whose beginnings were removed.
    """
    anchors: dict[str, list[ChainState]] = {}
    for checkpoint in checkpoints:
        for name, state in checkpoint.heads.items():
            if state.length:
                anchors.setdefault(name, []).append(state)
    expected = anchors.pop(SETTINGS_CHAIN, [])
    names = sorted({*records.processes(), *anchors})
    reports = [_verify(records, name, anchors.get(name, []), heads) for name in names]
    return [*reports, _verify_settings(revisions, expected)]


def _verify(
    records: Records, process: str, anchors: Sequence[ChainState], heads: Sequence[RemovedHead]
) -> ChainReport:
    try:
        head = removed_before(records, process, heads)
    except RecordFault as fault:
        return _broken(process, said_by(fault))
    after = NOTHING if head is None else head.state
    lines = (line for line, _ in records.lines(process))
    report = _report(process, anchors, verify_lines(lines, process, after), after)
    if head is None:
        return report
    day = datetime.fromtimestamp(head.at, UTC).strftime("%Y-%m-%d")
    gone = told(
        "what was recorded up to `{last}` was removed on {day}, its time being over",
        last=after.last,
        day=day,
    )
    return replace(report, words=joined([report.words, gone], "; "), removed=after.last)


def removed_before(
    records: Records, process: str, heads: Sequence[RemovedHead]
) -> RemovedHead | None:
    """What vouches for where a log goes on whose beginning was removed; None where nothing was.

    Raises:
        RecordFault: something was, and nothing signed says so.
    """
    begin = records.begin(process)
    head = head_at(heads, process, begin) if begin else None
    if begin and head is None:
        raise RecordFault(
            f"the log begins at byte {begin}, and nothing signed says that what stood before it was"
            " removed because its time was over"
        )
    return head


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
    process: str,
    anchors: Sequence[ChainState],
    states: Iterator[ChainState],
    after: ChainState = NOTHING,
) -> ChainReport:
    """Walk one chain from `after` on and look whether it passes through every anchor.

    An anchor before that stands in a part that was removed: the signed head is all that is left.
    """
    due = {anchor for anchor in anchors if anchor.length >= after.length} - {after}
    end = after
    try:
        for state in states:
            due.discard(state)
            end = state
    except (RecordFault, OSError) as fault:
        return _broken(process, said_by(fault) if isinstance(fault, RecordFault) else _GONE)
    if due:
        return ChainReport(
            process=process, holds=False, records=end.length, anchored=None, words=_missed(due, end)
        )
    anchored = max(anchors, key=lambda anchor: anchor.length).last if anchors else None
    words = (
        told("whole; anchored up to `{anchored}`", anchored=anchored)
        if anchored
        else told("whole, but not anchored yet")
    )
    return ChainReport(
        process=process, holds=True, records=end.length, anchored=anchored, words=words
    )


def _broken(process: str, words: Sentence) -> ChainReport:
    return ChainReport(process=process, holds=False, records=0, anchored=None, words=words)


def _missed(due: set[ChainState], end: ChainState) -> Sentence:
    """What a chain lacks that holds in itself but is not the one that a checkpoint vouches for."""
    anchor = max(due, key=lambda anchor: anchor.length)
    vouched = told(
        "record `{last}`, which the checkpoint vouches for, is missing or altered", last=anchor.last
    )
    if end.length < anchor.length:
        upto = (
            told("after `{last}`", last=end.last) if end.last else told("before its first record")
        )
        return told(
            "{vouched}: the log was cut off {upto}, {length} are missing",
            vouched=vouched,
            upto=upto,
            length=anchor.length - end.length,
        )
    return told("{vouched}: the log was written anew somewhere before it", vouched=vouched)
