"""The record as it lies on this host: where, what vouches for it, proving it and taking it out.

All of it works with control running or not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from vedette.adapters.audit_keys import AuditKeys
from vedette.adapters.boot_file import Boot, BootFault
from vedette.adapters.checkpoint_file import CheckpointFile
from vedette.adapters.line_files import LineFile
from vedette.adapters.pending import SqlPendingChanges
from vedette.adapters.positions_file import PositionsFile
from vedette.adapters.removed_heads import RemovedHeadsFile
from vedette.adapters.revisions import SqlRevisions, open_database
from vedette.adapters.settings_keys import SettingsKeyFile
from vedette.adapters.spool_reader import SpoolReader
from vedette.adapters.syslog_tls import SyslogTls
from vedette.adapters.system_clock import SystemClock
from vedette.adapters.timestamp_authority import HttpTimestampAuthority, prove
from vedette.adapters.tokens import SqlTokens
from vedette.adapters.waiting_acts import SqlWaitingActs
from vedette.admin.audit import ChainReport, verify_all
from vedette.admin.audit_export import export_lines, name_line, pseudonyms_in, verify_export
from vedette.control.departures import Departures
from vedette.control.listening import private
from vedette.control.vouching import Vouching, unstamped
from vedette.core.language import Sentence, told
from vedette.core.pending import PendingChange, State
from vedette.core.record import RecordFault
from vedette.core.tokens import ApiToken
from vedette.core.waiting_acts import WaitingAct
from vedette.ports.errors import Unavailable
from vedette.ports.siem import Position
from vedette.protocol.internal.checkpoints import Checkpoint, verify_checkpoint
from vedette.protocol.syslog import Origin

PROCESS = "control"
_LATE = 180.0
"""After how many seconds it is told that something did not leave."""


def kept_revisions(boot: Boot) -> SqlRevisions | None:
    """The revisions as they are kept, to be closed; None where there is no database yet.

    Raises:
        Unavailable: they can't be read.
    """
    where = control_database(boot)
    if isinstance(where, Path) and not where.exists():
        return None
    return open_database(where)


def waiting_changes(boot: Boot, now: float) -> tuple[PendingChange, ...]:
    """The changes that wait, for a second person or for their hour. Raises Unavailable."""
    kept = kept_revisions(boot)
    if kept is None:
        return ()
    try:
        found = SqlPendingChanges(kept.engine).open()
    finally:
        kept.close()
    return tuple(each for each in found if each.state is State.SCHEDULED or each.expires > now)


def waiting_acts(boot: Boot, now: float) -> tuple[WaitingAct, ...]:
    """The acts that wait for a second person. Raises Unavailable."""
    kept = kept_revisions(boot)
    if kept is None:
        return ()
    try:
        found = SqlWaitingActs(kept.engine).waiting()
    finally:
        kept.close()
    return tuple(each for each in found if each.expires > now)


def tokens_here(boot: Boot) -> tuple[ApiToken, ...]:
    """The tokens of the administration. Raises Unavailable."""
    kept = kept_revisions(boot)
    if kept is None:
        return ()
    try:
        return SqlTokens(kept.engine).every()
    finally:
        kept.close()


def written_by_hand(boot: Boot, process: str) -> tuple[Path, ...]:
    """The folders in which a command writes that does control's work as `process`, the outer first."""
    doors = [boot.door(name) for name in boot.doors]
    keys = boot.path(boot.public_key).parent
    return (
        boot.spool(process).parent,
        boot.spool(process),
        boot.path(boot.control.folder),
        keys,
        *doors,
    )


def control_database(boot: Boot) -> str | Path:
    """Where the revisions are, as `open_database` takes it. Raises Unavailable."""
    try:
        return boot.control_database()
    except BootFault as fault:
        raise Unavailable(str(fault)) from fault


def checkpoint_file(boot: Boot) -> Path:
    """Where the signed checkpoints lie."""
    return boot.path(boot.control.folder) / "checkpoints.jsonl"


def spool_folder(boot: Boot) -> Path:
    """The folder that holds every process's spool."""
    return boot.spool(PROCESS).parent


def settings_keys(boot: Boot) -> SettingsKeyFile:
    """The keys by which streams and checkpoints are verified. Raises Unavailable."""
    found = SettingsKeyFile(boot.path(boot.public_key), boot.organisation)
    found.keys()  # what can't be used is told now
    return found


def checkpoint_copy(boot: Boot) -> Path | None:
    """Where each checkpoint lies elsewhere, if it does."""
    copy = boot.control.checkpoint_copy
    return None if copy is None else boot.path(copy)


def stamps_file(boot: Boot) -> Path:
    """Where the time stamps of checkpoints lie."""
    return boot.path(boot.control.folder) / "timestamps.jsonl"


def removed_file(boot: Boot) -> Path:
    """Where the signed heads of removed segments lie."""
    return boot.path(boot.control.folder) / "removed.jsonl"


def kept_heads(boot: Boot) -> RemovedHeadsFile:
    """The signed heads of removed segments. Raises Unavailable."""
    return RemovedHeadsFile(removed_file(boot), boot.organisation, settings_keys(boot))


def index_file(boot: Boot) -> Path:
    """Where the index of the record lies; it can be deleted at any time."""
    return boot.path(boot.control.folder) / "audit-index.db"


def positions_file(boot: Boot) -> Path:
    """Where it is kept how far records came on their way to the SIEM."""
    return boot.path(boot.control.folder) / "syslog-positions.json"


def last_checkpoint(boot: Boot, file: Path | None = None) -> Checkpoint | None:
    """The newest signed checkpoint, from control's own file unless another is named.

    Raises:
        CheckpointFault: it is not one of this organisation.
        Unavailable: the file or the key can't be read.
    """
    line = CheckpointFile(file or checkpoint_file(boot)).last()
    return verify_checkpoint(line, boot.organisation, settings_keys(boot)) if line else None


def newest_checkpoints(boot: Boot) -> list[Checkpoint]:
    """The newest checkpoint here and, where there is one, elsewhere."""
    elsewhere = checkpoint_copy(boot)
    files = (checkpoint_file(boot), *(() if elsewhere is None else (elsewhere,)))
    found = [last_checkpoint(boot, file) for file in files]
    stamped = stamped_checkpoint(boot)
    return [each for each in (*found, stamped and stamped[0]) if each is not None]


def stamped_checkpoint(boot: Boot) -> tuple[Checkpoint, datetime] | None:
    """The newest checkpoint that has a time stamp, and when the authority saw it.

    Raises:
        CheckpointFault: the checkpoint is not this organisation's.
        Unavailable: the time stamp does not hold, or can't be read.
    """
    authority, line = boot.control.timestamps, CheckpointFile(stamps_file(boot)).last()
    if authority is None or line is None:
        return None
    try:
        checkpoint, answer = unstamped(line)
    except ValueError as fault:
        raise Unavailable(f"`{stamps_file(boot)}`: {fault}") from fault
    seen = prove(answer, checkpoint, boot.path(authority.ca))
    return verify_checkpoint(checkpoint, boot.organisation, settings_keys(boot)), seen


def unsent(boot: Boot, now: float) -> tuple[Sentence, ...]:
    """What should have left this machine some minutes ago and has not, in words."""
    found: list[Sentence] = []
    if boot.control.syslog is not None:
        found += _not_at_the_siem(boot, now)
    ways = {told("file elsewhere"): checkpoint_copy(boot)}
    if boot.control.timestamps is not None:
        ways[told("time-stamp authority")] = stamps_file(boot)
    for way, file in ways.items():
        if file is None:
            continue
        try:
            line = CheckpointFile(file).last()
            at = json.loads(line)["at"] if line else 0
        except (Unavailable, ValueError, KeyError, TypeError) as fault:
            found.append(told("no checkpoint leaves to the {way}: {fault}", way=way, fault=fault))
            continue
        if now - at > _LATE:
            found.append(told("no checkpoint has left to the {way} for some minutes", way=way))
    return tuple(found)


def _not_at_the_siem(boot: Boot, now: float) -> list[Sentence]:
    records = SpoolReader(spool_folder(boot))
    found: list[Sentence] = []
    try:
        known = PositionsFile(positions_file(boot)).load()
        for process in records.processes():
            taken = known.get(process, Position()).taken
            entry = next((entry for entry, _ in records.read(process, taken)), None)
            if entry is not None and now - entry.get("at", 0) > _LATE:
                size = records.end(process) - taken
                found.append(
                    told(
                        "{size} bytes of records of `{process}` have not reached the SIEM",
                        size=size,
                        process=process,
                    )
                )
    except (Unavailable, RecordFault, OSError) as fault:
        found.append(
            told("how far records came on their way to the SIEM is not known: {fault}", fault=fault)
        )
    return found


def verify_here(boot: Boot, checkpoint: Path | None) -> tuple[list[ChainReport], int | None]:
    """Check every chain, with control running or not; also the time of the checkpoint used.

    Raises:
        CheckpointFault: the checkpoint is not this organisation's.
        Unavailable: a file can't be read.
    """
    named = None if checkpoint is None else last_checkpoint(boot, checkpoint)
    anchors = newest_checkpoints(boot) if named is None else [named]
    history = None
    kept = kept_revisions(boot)
    if kept is not None:
        history = kept.history()
        kept.close()
    heads = kept_heads(boot).heads()
    reports = verify_all(SpoolReader(spool_folder(boot)), history, anchors, heads)
    return reports, max((anchor.at for anchor in anchors), default=None)


def export_here(
    boot: Boot,
    process: str | None,
    since: float | None,
    until: float | None,
    *,
    names: bool,
) -> Iterator[bytes]:
    """The lines of an export, who is who in them if `names`, and the newest checkpoints behind.

    Raises:
        RecordFault: a line of the log is not a record.
        Unavailable: a checkpoint, or the key that opens names, can't be read.
    """
    elsewhere = checkpoint_copy(boot)
    said: set[str] = set()
    for record in export_lines(SpoolReader(spool_folder(boot)), process, since, until):
        yield record
        said |= pseudonyms_in(record) if names else set()
    if said:
        keys = AuditKeys.at(spool_folder(boot), boot.path(boot.control.audit_key))
        yield from (name_line(name, person) for name, person in keys.named(said))
    for file in (checkpoint_file(boot), *(() if elsewhere is None else (elsewhere,))):
        line = CheckpointFile(file).last()
        if line is not None:
            yield line


def verify_export_here(boot: Boot, file: Path) -> list[ChainReport]:
    """Check an export of this organisation.

    Raises:
        CheckpointFault: a checkpoint in it is not this organisation's.
        RecordFault: it is not an export.
        Unavailable: it, or the public key, can't be read.
    """
    key = settings_keys(boot)
    lines = (line for line, _ in LineFile(file).lines())
    return verify_export(lines, lambda line: verify_checkpoint(line, boot.organisation, key))


def departures(
    boot: Boot,
    records: SpoolReader,
    broken: Callable[[], Mapping[str, str]],
    named: Callable[[], SpoolReader | None],
) -> Departures | None:
    """What sends records to the SIEM, where one is named. Raises BootFault."""
    siem = boot.control.syslog
    if siem is None:
        return None
    private(boot.path(siem.key))
    receiver = SyslogTls(
        address=siem.address,
        name=siem.name,
        ca=boot.path(siem.ca),
        certificate=boot.path(siem.certificate),
        key=boot.path(siem.key),
        receipts=siem.receipts,
    )
    others = {"checkpoints": checkpoint_file(boot), "timestamps": stamps_file(boot)}
    return Departures(
        records,
        {name: LineFile(path) for name, path in others.items()},
        receiver,
        PositionsFile(positions_file(boot)),
        Origin(organisation=boot.organisation, enterprise=siem.enterprise),
        SystemClock(),
        broken,
        named,
    )


def vouching(boot: Boot) -> Vouching:
    """Where checkpoints go besides the file here."""
    copy, authority = checkpoint_copy(boot), boot.control.timestamps
    return Vouching(
        copy=None if copy is None else CheckpointFile(copy),
        authority=None
        if authority is None
        else HttpTimestampAuthority(authority.url, boot.path(authority.ca)),
        stamps=CheckpointFile(stamps_file(boot)),
    )
