"""Chains taken out as JSON lines, whole pieces of them, and proving such an export.

An export is, chain by chain, the lines of the log exactly as they were written, without gaps from
the first to the last of the wanted time; then the newest signed checkpoints. Nothing is left out of
the middle, so its hashes prove it. Who the pseudonyms in it are may stand behind the records; that
is proven by the pseudonyms, which are commitments.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from vedette.admin.audit import ChainReport
from vedette.core.language import said_by, told
from vedette.core.record import ChainState, RecordFault, canonical, read_line, verify_lines
from vedette.ports.records import Records
from vedette.protocol.internal.checkpoints import Checkpoint
from vedette.protocol.internal.sealing import Person, pseudonym

_PSEUDONYM = re.compile(rb'"(~[A-Za-z0-9_-]{22})"')


def export_lines(
    records: Records, process: str | None, since: float | None, until: float | None
) -> Iterator[bytes]:
    """The lines of one chain, or of all. Times are seconds since 1970 UTC. Raises RecordFault."""
    for name in records.processes():
        if process in (None, name):
            yield from _piece(records, name, since, until)


def _piece(
    records: Records, process: str, since: float | None, until: float | None
) -> Iterator[bytes]:
    begin, end, before = None, 0, 0
    for entry, offset in records.read(process):
        at = entry.get("at", 0)
        if (since is None or at >= since) and (until is None or at < until):
            begin, end = before if begin is None else begin, offset
        before = offset
    if begin is None:
        return
    for line, offset in records.lines(process, begin):
        yield line
        if offset >= end:
            return


def pseudonyms_in(line: bytes) -> set[str]:
    """Whom a line names by pseudonym."""
    return {each.decode() for each in _PSEUDONYM.findall(line)}


def name_line(name: str, person: Person) -> bytes:
    """The line that says who a pseudonym is, with the key that proves it."""
    key = base64.b64encode(person.key).decode()
    return canonical({"pseudonym": name, "name": person.name, "key": key})


def _check_name(entry: Mapping[str, Any]) -> None:
    try:
        key = base64.b64decode(entry["key"], validate=True)
        fits = pseudonym(entry["name"], key) == entry["pseudonym"]
    except (KeyError, TypeError, ValueError, AttributeError):
        fits = False
    if not fits:
        raise RecordFault(f"`{entry.get('pseudonym')}` is not `{entry.get('name')}`")


def verify_export(
    lines: Iterable[bytes], checkpoint_of: Callable[[bytes], Checkpoint]
) -> list[ChainReport]:
    """Check every chain in an export, and whether its checkpoints vouch for it.

    Raises:
        CheckpointFault: a checkpoint in it is not this organisation's.
        RecordFault: it holds no record, a name that is not the pseudonym's, or a line that is nothing
            of all that.
    """
    chains: dict[str, list[bytes]] = {}
    heads: dict[str, list[ChainState]] = {}
    for line in lines:
        entry = read_line(line)
        if "heads" in entry:
            for name, state in checkpoint_of(line).heads.items():
                heads.setdefault(name, []).append(state)
        elif "pseudonym" in entry:
            _check_name(entry)
        else:
            chains.setdefault(str(entry.get("id")).rpartition(":")[0], []).append(line)
    if not chains:
        raise RecordFault("there is no record in it")
    return [_verify(name, chains[name], heads.get(name, [])) for name in sorted(chains)]


def _verify(process: str, lines: list[bytes], heads: list[ChainState]) -> ChainReport:
    try:
        states = list(verify_lines(lines, process, _before(process, lines[0])))
    except RecordFault as fault:
        return ChainReport(
            process=process, holds=False, records=0, anchored=None, words=said_by(fault)
        )
    passed = {state.head: state.last for state in states}
    anchored = next((passed[each.head] for each in reversed(heads) if each.head in passed), None)
    words = (
        told("whole; a checkpoint vouches for it up to `{anchored}`", anchored=anchored)
        if anchored
        else told("whole, but no checkpoint in the export vouches for it")
    )
    return ChainReport(
        process=process, holds=True, records=len(states), anchored=anchored, words=words
    )


def _before(process: str, line: bytes) -> ChainState:
    """Where the chain stood before the first line, as that line says itself."""
    entry = read_line(line)
    previous, number = str(entry.get("previous")), str(entry.get("id")).rpartition(":")[2]
    try:
        bytes.fromhex(previous)
        last = f"{process}:{int(number) - 1}"
    except ValueError as fault:
        raise RecordFault(f"record `{entry.get('id')}` says not where it stands") from fault
    return ChainState(previous, last, 0)
