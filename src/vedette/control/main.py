"""`vedette control`: wires the administration door and serves it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vedette.adapters.audit_keys import AuditKeys, RecipientFile
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.boot_file import Boot, BootFault, load
from vedette.adapters.checkpoint_file import CheckpointFile
from vedette.adapters.door_folders import DoorFolders
from vedette.adapters.drafts import SqlDrafts
from vedette.adapters.gateway_inner import GatewayInner
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.ownership import hand_back
from vedette.adapters.passwords import Argon2Passwords
from vedette.adapters.pending import SqlPendingChanges
from vedette.adapters.pushed import SqlPushedPeople
from vedette.adapters.record_index import SqliteRecordIndex
from vedette.adapters.recovery_file import RecoveryFile
from vedette.adapters.removed_heads import RemovedHeadsFile
from vedette.adapters.revisions import SqlRevisions, open_database
from vedette.adapters.settings_keys import SettingsKey, SettingsKeyFile
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.adapters.spool_reader import SpoolReader
from vedette.adapters.system_clock import SystemClock
from vedette.adapters.tokens import SqlTokens
from vedette.adapters.trials import SqlTrials
from vedette.adapters.waiting_acts import SqlWaitingActs
from vedette.admin.accounts import AccountsDesk
from vedette.admin.actor import LOCAL, RECOVERING
from vedette.admin.acts import ActsDesk, ActsThatWait
from vedette.admin.audit import ChainReport, verify_all
from vedette.admin.audit_desk import AuditDesk
from vedette.admin.certificates import CertificatesDesk
from vedette.admin.doctor import Examined, SignInSeen, examine
from vedette.admin.door import AdministrationDoor
from vedette.admin.drafts import DraftsDesk
from vedette.admin.ending import ends_of
from vedette.admin.findings import Found
from vedette.admin.grid import GridDesk
from vedette.admin.homeserver import issuer_of
from vedette.admin.keys import keys_here
from vedette.admin.managed_devices import ManagedDevicesDesk
from vedette.admin.officers import OfficersSeen
from vedette.admin.partners import PartnersDesk
from vedette.admin.pending import PendingDesk
from vedette.admin.people import PeopleDesk
from vedette.admin.policy import CurrentPolicy
from vedette.admin.pushed import PushedDesk
from vedette.admin.rejected import Rejected
from vedette.admin.reset_wait import ResetWait
from vedette.admin.server_certificates import ServerCertificatesDesk
from vedette.admin.sessions import SessionsDesk
from vedette.admin.settings import Outcome, SettingsDesk, checked, document_of
from vedette.admin.synapse_options import option_rows
from vedette.admin.tokens import TokensDesk
from vedette.admin.trial import TrialDesk
from vedette.api.app import make_app
from vedette.api.border import Border
from vedette.api.metrics import Measured
from vedette.api.office import Office
from vedette.api.token import LocalToken
from vedette.console.desks import Desks
from vedette.console.main import console_app
from vedette.control import examination
from vedette.control.checkpoints import Anchor, followed
from vedette.control.counting import Counts
from vedette.control.departures import Departures
from vedette.control.directory_here import (
    directory_desk,
    directory_seen,
    people_source,
    pushed_seen,
    table_faults,
)
from vedette.control.inbound import MOST_CONNECTIONS, BoundedProtocol, Pushed, inbound_app
from vedette.control.inventories import Inventories
from vedette.control.inventories_here import inventories_here, states_here
from vedette.control.kerberos_here import kerberos_seen
from vedette.control.keys_here import LEAST_TOKEN, TokenFile, keys_desk
from vedette.control.last_officers import LastOfficers
from vedette.control.listening import Listening, listens, listens_with_tls, private
from vedette.control.looking import Looking
from vedette.control.officers_here import (
    keeper_of,
    last_officers,
    officers_seen,
    pushed_in,
    sign_in_state,
)
from vedette.control.records_here import (
    PROCESS,
    checkpoint_file,
    control_database,
    departures,
    index_file,
    kept_heads,
    kept_revisions,
    newest_checkpoints,
    settings_keys,
    spool_folder,
    tokens_here,
    unsent,
    verify_here,
    vouching,
    waiting_acts,
    waiting_changes,
    written_by_hand,
)
from vedette.control.recovery_seen import RecoverySeen
from vedette.control.retention import Retention
from vedette.control.scim import ScimService
from vedette.control.server_certificates import ordering_told, server_certificates
from vedette.control.serving import Served, serve
from vedette.control.sessions import SessionStream
from vedette.control.streams import Publisher
from vedette.control.synapse_here import files_desk, rooms_desk
from vedette.control.telling import Telling
from vedette.control.upkeep import Upkeep
from vedette.control.vouching import Vouching
from vedette.core.language import Sentence, said_by
from vedette.core.names import ServerName
from vedette.core.settings.document import Document
from vedette.ports.errors import Unavailable
from vedette.ports.people import PeopleSource
from vedette.ports.sign_in import SignInStore
from vedette.protocol.internal.checkpoints import CheckpointFault
from vedette.spine import Spine

_LOG = logging.getLogger("vedette.control")


class ControlFault(RuntimeError):
    """Control can't start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything of one control process, before it serves."""

    boot: Boot
    spool: AuditSpool
    upkeep: Upkeep
    office: Office
    desks: Desks
    key: SettingsKey
    looking: Looking
    console: Any = None
    """The console's application, where the boot file has one."""
    inbound: Any = None
    """What other services push to."""


def current_settings(boot: Boot) -> tuple[int, Document]:
    """The revision in force and its document; before the first revision 0 and the first text.

    Works while control runs and while it does not.

    Raises:
        Rejected: the first document has faults.
        Unavailable: the revisions can't be read.
    """
    kept = kept_revisions(boot)
    if kept is not None:
        newest = kept.newest()
        kept.close()
        if newest is not None:
            return newest.number, document_of(newest)
    return 0, checked(first_text(boot), SystemClock().today())[0]


def first_text(boot: Boot) -> str:
    """The text that becomes revision 1. Raises Unavailable."""
    path = boot.path(boot.settings)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise Unavailable(f"the first settings document `{path}` can't be read: {fault}") from fault


def _settings_key(boot: Boot) -> SettingsKey:
    """Raises ControlFault, Unavailable."""
    path = boot.path(boot.control.settings_key)
    _private(path)
    now = int(SystemClock().now())
    return SettingsKey.at(path, boot.path(boot.public_key), boot.organisation, now)


def _token(path: Path) -> LocalToken:
    _private(path)
    value = path.read_text(encoding="ascii").strip()
    if len(value) < LEAST_TOKEN:
        raise ControlFault(f"the token in `{path}` is shorter than {LEAST_TOKEN} characters")
    return LocalToken(TokenFile(path, value).current)


def _private(path: Path) -> None:
    """Refuse a secret that others on this host can read. Raises ControlFault."""
    try:
        private(path)
    except BootFault as fault:
        raise ControlFault(str(fault)) from fault


async def _wait(future: Future[None]) -> None:
    await asyncio.wrap_future(future)


def wire(boot: Boot, process: str = PROCESS) -> Wiring:
    """Make every part of control, recording as `process`.

    Raises:
        ControlFault: a key or the token can't be used.
        Unavailable: the database can't be opened.
    """
    clock, counts, archive, key = SystemClock(), Counts(), _archive(boot), _settings_key(boot)
    revisions = open_database(control_database(boot))
    policy, spool = CurrentPolicy(clock), _spool(boot, process, clock)
    publisher = Publisher(_door_folders(boot), revisions, key, boot.organisation, clock)
    sessions = _session_stream(boot, publisher)
    people = _people(boot, policy, sessions, archive.proof, process, revisions)
    anchor = archive.anchor(CheckpointFile(checkpoint_file(boot)), revisions, key, counts)
    spine, tokens, door, acts = _asked(revisions, _spine(policy, spool, sessions.store))
    desk, changes, trial = settings = _desks(boot, revisions, people, policy, spine, sessions)
    inventories = inventories_here(boot, spine, sessions.store.devices, policy.current)
    office = Office(
        desk=desk,
        pending=changes,
        acts=ActsDesk(door, acts),
        drafts=DraftsDesk(door, SqlDrafts(revisions.engine), clock),
        trial=trial,
        records=archive.records,
        index=archive.index,
        people=people,
        token=_token(boot.path(boot.control.token)),
        doors=publisher.state,
        verify=lambda: _verify(boot, archive.written, revisions),
        troubles=lambda: [f"`{p}` does not hold: {why}" for p, why in anchor.broken().items()],
        sessions=_sessions_desk(door, sessions),
        accounts=_accounts_desk(door, sessions, boot),
        folk=PeopleDesk(door, sessions.store, clock),
        certificates=_shown_certificates_desk(spine, sessions),
        managed_devices=ManagedDevicesDesk(door, sessions.store, spine.clock),
        directory=directory_desk(boot, spine, keeper_of(people), policy.current),
        inventories=inventories.desk,
        pushed=_pushed_desk(boot, spine, people),
        rooms=rooms_desk(boot, spine, key),
        partners=PartnersDesk(spine, GatewayInner(boot.path(boot.gateway.inner))),
        audit=archive.desk(door, policy),
        files=files_desk(boot, door, archive.index, archive.records, key),
        grid=GridDesk(policy),
        server_certificates=_certificates_desk(boot, door),
        keys=keys_desk(boot, door, sessions.store, archive.keys, key, lambda: upkeep),
        measured=lambda: _measured(boot, counts, anchor, publisher, desk, upkeep, tokens, people),
        metrics_token=_metrics_token(boot),
        tokens=TokensDesk(door, tokens, clock),
        beneath=lambda document: option_rows(document, boot),
    )
    duties = _duties(boot, archive, anchor, sessions, policy, publisher)
    upkeep = _upkeep(settings, (publisher, people, inventories.keeper), duties, archive, key)
    looking = _looking(boot, anchor, archive.written, people.source)
    desks = desks_of(office, looking, counts)
    apps = _console(boot, sessions, desks), _inbound(boot, office, inventories.pushed)
    return Wiring(boot, spool, upkeep, office, desks, key, looking, *apps)


def _upkeep(
    settings: tuple[SettingsDesk, PendingDesk, TrialDesk],
    own: tuple[Publisher, LastOfficers, Inventories],
    duties: tuple[Anchor, SessionStream, Telling, Vouching, Departures | None],
    archive: _Archive,
    key: SettingsKey,
) -> Upkeep:
    """Everything that control does by itself."""
    publisher, people, inventories = own
    removing = archive.retention(settings[0].spine, key, duties[0], duties[-1])
    return Upkeep(
        *(*settings, publisher, people, *duties),
        index=archive.index,
        retention=removing,
        inventories=inventories,
    )


def _spine(policy: CurrentPolicy, spool: AuditSpool, store: SignInStore) -> Spine:
    """The road of control, on which nobody asks who still waits after a reset."""
    clock = policy.clock
    return Spine(policy, spool, LogIncidents(), clock, ResetWait(store, clock))


def _asked(
    revisions: SqlRevisions, spine: Spine
) -> tuple[Spine, SqlTokens, AdministrationDoor, ActsThatWait]:
    """Where acts are asked, and where those wait that take a second person."""
    tokens = SqlTokens(revisions.engine)
    acts = ActsThatWait(SqlWaitingActs(revisions.engine), tokens, spine.clock)
    return spine, tokens, AdministrationDoor(spine, acts), acts


def _door_folders(boot: Boot) -> DoorFolders:
    return DoorFolders({name: boot.door(name) for name in boot.doors})


def _duties(
    boot: Boot,
    archive: _Archive,
    anchor: Anchor,
    sessions: SessionStream,
    policy: CurrentPolicy,
    publisher: Publisher,
) -> tuple[Anchor, SessionStream, Telling, Vouching, Departures | None]:
    """What control does by itself with the record. Raises ControlFault."""
    telling = Telling(archive.records, policy.current, publisher, SystemClock())
    try:
        out = departures(boot, archive.written, anchor.broken, lambda: archive.named(policy))
    except BootFault as fault:
        raise ControlFault(str(fault)) from fault
    return anchor, sessions, telling, vouching(boot), out


def _pushed_desk(boot: Boot, spine: Spine, people: LastOfficers) -> PushedDesk:
    door, there, pushed = AdministrationDoor(spine), boot.control.inbound, pushed_in(people)
    return PushedDesk(door, pushed.store, spine.clock, pushed, there is not None)


def _inbound(boot: Boot, office: Office, reports: Pushed) -> Any:
    """What other services push to; None where the boot file has no place for it."""
    own = boot.control.inbound
    if own is None:
        return None
    scim = ScimService(office.pushed, office.tokens.store, own.url)
    return inbound_app((reports, scim.pushed()))


def _looking(boot: Boot, anchor: Anchor, written: SpoolReader, people: PeopleSource) -> Looking:
    """The doctor's look, for the console: it goes on from where the last one was."""
    recovered = RecoverySeen(written)
    return Looking(
        lambda: examine_here(
            boot, control_answers=True, anchor=anchor, recovered=recovered, people=people
        ),
        SystemClock(),
    )


def _people(
    boot: Boot,
    policy: CurrentPolicy,
    sessions: SessionStream,
    key: SettingsKeyFile,
    process: str,
    revisions: SqlRevisions,
) -> LastOfficers:
    """Where people come from: the company's directory or the table, and who pushes. Raises Unavailable."""
    pushed = SqlPushedPeople(revisions.engine)
    source = people_source(
        boot, lambda: policy.current().directory.document, sessions.store, key, pushed
    )
    return last_officers(boot, source, policy.current, keeps=process == PROCESS)


def _desks(
    boot: Boot,
    revisions: SqlRevisions,
    people: PeopleSource,
    policy: CurrentPolicy,
    spine: Spine,
    sessions: SessionStream,
) -> tuple[SettingsDesk, PendingDesk, TrialDesk]:
    """What changes the settings, what keeps changes that wait, and what takes revisions back."""
    pending, trials = SqlPendingChanges(revisions.engine), SqlTrials(revisions.engine)
    state, announce = sign_in_state(boot, sessions, spine.clock), sessions.publisher.announce
    desk = SettingsDesk(
        revisions, people, policy, spine, spine.clock, announce, pending, trials, state
    )
    return desk, PendingDesk(desk, SqlTokens(revisions.engine)), TrialDesk(desk)


def _spool(boot: Boot, process: str, clock: SystemClock) -> AuditSpool:
    recipient = RecipientFile.at(boot.path(boot.audit_key))
    return AuditSpool(boot.spool(process), process, clock, _wait, recipient=recipient)


def _console(boot: Boot, sessions: SessionStream, desks: Desks) -> Any:
    """The console, or None where the boot file has none."""
    own = boot.control.console
    if own is None:
        return None
    return console_app(boot, own, desks, sessions.store, issuer_of(boot))


def desks_of(office: Office, looking: Looking, counts: Counts) -> Desks:
    """What the console stands on: the same use-cases as the API."""
    return Desks(
        settings=office.desk,
        pending=office.pending,
        acts=office.acts,
        drafts=office.drafts,
        trial=office.trial,
        records=office.records,
        index=office.index,
        people=office.people,
        doors=office.doors,
        troubles=office.troubles,
        sessions=office.sessions,
        accounts=office.accounts,
        folk=office.folk,
        certificates=office.certificates,
        managed_devices=office.managed_devices,
        pushed=office.pushed,
        rooms=office.rooms,
        directory=office.directory,
        partners=office.partners,
        tokens=office.tokens,
        audit=office.audit,
        files=office.files,
        grid=office.grid,
        server_certificates=office.server_certificates,
        keys=office.keys,
        verify=office.verify,
        health=looking,
        refused=lambda: counts.refused(looking.clock.now()),
        beneath=office.beneath,
    )


@dataclass(frozen=True, slots=True)
class _Archive:
    """The record as it lies here: as it was written, with people named, and what goes with it."""

    organisation: str
    written: SpoolReader
    records: SpoolReader
    index: SqliteRecordIndex
    keys: AuditKeys
    heads: RemovedHeadsFile
    proof: SettingsKeyFile
    """By which what control signed is believed."""

    def anchor(
        self,
        checkpoints: CheckpointFile,
        revisions: SqlRevisions,
        key: SettingsKey,
        counts: Counts,
    ) -> Anchor:
        return Anchor(
            self.written,
            revisions,
            checkpoints,
            key,
            self.proof,
            self.organisation,
            SystemClock(),
            self.heads.heads,
            counts.count,
        )

    def desk(self, door: AdministrationDoor, policy: CurrentPolicy) -> AuditDesk:
        return AuditDesk(door, self.records, self.index, self.keys, policy.current)

    def named(self, policy: CurrentPolicy) -> SpoolReader | None:
        """What names people for the SIEM, where the settings want that. Raises StalePolicy."""
        return self.records if policy.current().directory.document.audit.siem_names else None

    def retention(
        self, spine: Spine, key: SettingsKey, anchor: Anchor, out: Departures | None
    ) -> Retention:
        organisation = self.organisation
        sent = partial(_gone_out, out, anchor)
        return Retention(self.written, self.heads, spine, key, organisation, sent)


def _archive(boot: Boot) -> _Archive:
    """The record of this host. Raises Unavailable."""
    folder = spool_folder(boot)
    keys = AuditKeys.at(folder, boot.path(boot.control.audit_key))
    written = SpoolReader(folder)
    index = SqliteRecordIndex(index_file(boot), written, keys, boot.organisation)
    records = SpoolReader(folder, keys.opened)
    proof = settings_keys(boot)
    return _Archive(boot.organisation, written, records, index, keys, kept_heads(boot), proof)


def _gone_out(departures: Departures | None, anchor: Anchor, process: str) -> float:
    """Up to which byte a log may be removed: what is anchored, and at the SIEM where there is one."""
    anchored = anchor.anchored(process)
    return anchored if departures is None else min(anchored, departures.taken(process))


def _metrics_token(boot: Boot) -> LocalToken | None:
    named = boot.control.metrics_token
    return None if named is None else _token(boot.path(named))


def _certificates_desk(boot: Boot, door: AdministrationDoor) -> ServerCertificatesDesk:
    gateway = GatewayInner(boot.path(boot.gateway.inner))
    look = partial(server_certificates, boot)
    return ServerCertificatesDesk(door, look, gateway)


def _measured(
    boot: Boot,
    counts: Counts,
    anchor: Anchor,
    publisher: Publisher,
    desk: SettingsDesk,
    upkeep: Upkeep,
    tokens: SqlTokens,
    people: LastOfficers,
) -> Measured:
    revision, document = desk.current()
    departures, vouching = upkeep.departures, upkeep.vouching
    troubles = vouching.troubles()
    ways = {} if departures is None else {"syslog": departures.trouble() is None}
    if vouching.copy is not None:
        ways["copy"] = "copy" not in troubles
    if vouching.authority is not None:
        ways["timestamp"] = "timestamp" not in troubles
    return Measured(
        decisions=counts.decisions(),
        chains={chain: state.length for chain, state in anchor.states().items()},
        broken=frozenset(anchor.broken()),
        doors=publisher.state(),
        revision=revision.number,
        backlog={} if departures is None else departures.backlog(),
        ways=ways,
        certificates={
            each.server: each.shown.ends
            for each in server_certificates(boot)
            if each.shown is not None
        },
        failed_orders=None if (told := ordering_told(boot)) is None else told.failures,
        officers=people.counted(),
        ends=tuple(ends_of(document, tokens.every())),
    )


def _session_stream(boot: Boot, publisher: Publisher) -> SessionStream:
    """Control's side of the sign-in store, without the store's key.

    Raises:
        ControlFault: the boot file says not where it is.
        Unavailable: the store can't be opened.
    """
    try:
        where = boot.sign_in_database()
    except BootFault as fault:
        raise ControlFault(str(fault)) from fault
    store = open_sign_in_store(where, None)
    return SessionStream(publisher, store, issuer_of(boot))


def _sessions_desk(door: AdministrationDoor, sessions: SessionStream) -> SessionsDesk:
    return SessionsDesk(door, sessions.store, door.spine.clock, sessions.announce)


def _shown_certificates_desk(spine: Spine, sessions: SessionStream) -> CertificatesDesk:
    door = AdministrationDoor(spine)
    return CertificatesDesk(door, sessions.store, spine.clock, sessions.announce)


def _accounts_desk(door: AdministrationDoor, sessions: SessionStream, boot: Boot) -> AccountsDesk:
    domain, clock = _domain(boot), door.spine.clock
    company = boot.directory is not None
    return AccountsDesk(door, sessions.store, Argon2Passwords(), clock, domain, company)


def _verify(boot: Boot, records: SpoolReader, revisions: SqlRevisions) -> list[ChainReport]:
    heads = kept_heads(boot).heads()
    return verify_all(records, revisions.history(), newest_checkpoints(boot), heads)


def examine_here(
    boot: Boot,
    *,
    control_answers: bool,
    anchor: Anchor | None = None,
    recovered: RecoverySeen | None = None,
    people: PeopleSource | None = None,
) -> list[Found]:
    """Everything that `doctor` finds on this host, with control running or not.

    Where `anchor` follows the chains, they are as it found them, and are not all read again; so it
    is with `recovered` for what was done under recovery, and with `people` for their table.

    Raises:
        Rejected: there is no revision yet and the first document has faults.
        Unavailable: the revisions or the public key can't be read.
    """
    revision, document = current_settings(boot)
    chains, trouble, anchored = _chains(boot) if anchor is None else (followed(anchor), None, 0)
    folders = _door_folders(boot)
    now = SystemClock().now()
    sign_in, officers = _sign_in_seen(boot, document, revision, now)
    seen = Examined(
        boot=boot,
        document=document,
        revision=revision,
        control_answers=control_answers,
        chains=chains,
        chain_trouble=trouble,
        doors=tuple(examination.door_lags(boot, folders, settings_keys(boot))),
        closed=tuple(words for name in folders.names for words in folders.closed(name)),
        open_secrets=examination.open_secrets(boot),
        people_faults=table_faults(boot, people),
        directory=directory_seen(boot),
        now=now,
        newest=anchored,
        free_bytes=examination.free_bytes(boot),
        certificate_ends=examination.certificate_ends(boot),
        console_ends=examination.console_ends(boot),
        inbound_ends=examination.inbound_ends(boot),
        pushed=pushed_seen(boot),
        ordering=ordering_told(boot),
        keys=keys_here(boot, None),
        reachable=examination.reachable(boot),
        sign_in=sign_in,
        kerberos=kerberos_seen(boot),
        officers=officers,
        inventories=states_here(boot),
        tokens=tokens_here(boot),
        unsent=unsent(boot, now),
        recovery=RecoveryFile(boot.recovery()).load(),
        beyond=(recovered or RecoverySeen(SpoolReader(spool_folder(boot)))).look(),
        waiting=waiting_changes(boot, now),
        acts=waiting_acts(boot, now),
        code_lies_here=boot.offline_code() if boot.offline_code().exists() else None,
        unsealed=examination.unsealed(boot),
        inspector=examination.inspector_seen(boot),
    )
    return examine(seen)


def _sign_in_seen(
    boot: Boot, document: Document, revision: int, now: float
) -> tuple[SignInSeen, OfficersSeen | None]:
    """How the sign-in service stands, and whether those who administer could sign in."""
    try:
        store = open_sign_in_store(boot.sign_in_database(), None)
    except (BootFault, Unavailable) as fault:
        seen = examination.sign_in_seen(boot, document, said_by(fault), now)
        return seen, officers_seen(boot, document, revision, None, now)
    try:
        seen = examination.sign_in_seen(boot, document, store, now)
        return seen, officers_seen(boot, document, revision, store, now)
    finally:
        store.close()


def _chains(boot: Boot) -> tuple[tuple[ChainReport, ...], Sentence | None, float]:
    try:
        reports, anchored = verify_here(boot, None)
    except (CheckpointFault, Unavailable) as fault:
        return (), said_by(fault), 0
    return tuple(reports), None, anchored or 0


async def restore_here(boot: Boot, number: int, reason: str) -> Outcome:
    """Restore a revision while control is down, by whoever may read its keys on this host.

    It takes the same road as with control up: asked, recorded (as `restore`), signed, sent.

    Raises:
        ControlFault: a key can't be used.
        Rejected: the rules refuse it, or there is no such revision.
        Unavailable: the database or the spool can't be used.
    """
    wiring = wire(boot, "restore")
    wiring.spool.start()
    try:
        wiring.upkeep.begin(lambda: first_text(boot))
        author = RECOVERING if recovering(boot) else LOCAL
        return await wiring.office.desk.restore(number, reason, author, confirmed=True)
    finally:
        wiring.spool.close()
        hand_back(written_by_hand(boot, "restore"))


def recovering(boot: Boot) -> bool:
    """Whether recovery is open now; where that can't be read it is not."""
    try:
        kept = RecoveryFile(boot.recovery()).load()
    except Unavailable as fault:
        _LOG.error("%s", fault)
        return False
    return kept is not None and kept.is_open(SystemClock().now())


def main(folder: Path) -> None:
    """Run control for the organisation in `folder` until SIGTERM or SIGINT.

    Raises:
        ControlFault: it can't start.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Alembic tells every step of a migration; only trouble is worth a line.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        boot = load(folder)
        # Whoever holds the address is the one control: it comes before anything is written.
        with contextlib.ExitStack() as held:
            inside = held.enter_context(listens(boot.control.listen))
            console = listens_with_tls(boot, boot.control.console, held)
            inbound = listens_with_tls(boot, boot.control.inbound, held)
            asyncio.run(_run(wire(boot), inside, console, inbound))
    except Rejected as rejected:
        faults = "".join(f"\n  {fault}" for fault in rejected.faults)
        raise ControlFault(f"{rejected.message}{faults}") from rejected
    except (Unavailable, BootFault) as fault:
        raise ControlFault(str(fault)) from fault


async def _run(
    wiring: Wiring, inside: socket.socket, console: Listening | None, inbound: Listening | None
) -> None:
    wiring.spool.start()
    try:
        revision = wiring.upkeep.begin(lambda: first_text(wiring.boot))
        wiring.key.settle()
        _LOG.info("revision %d is in force; listening on %s", revision, wiring.boot.control.listen)
        office = wiring.office
        api = Border(
            make_app(office),
            office.token,
            office.tokens,
            office.metrics_token,
            lambda: recovering(wiring.boot),
        )
        served = [Served(api, inside)]
        if console is not None:
            served.append(Served(wiring.console, *console))
            wiring.looking.begin()
        if inbound is not None:
            served.append(Served(wiring.inbound, *inbound, BoundedProtocol, MOST_CONNECTIONS))
        await serve(served, wiring.upkeep.run())
    finally:
        await wiring.looking.end()
        wiring.spool.close()
        _last_words(wiring.upkeep)  # after the last record was written


def _last_words(upkeep: Upkeep) -> None:
    """Anchor what was recorded last, and take it out. What can't leave now leaves after a start."""
    line = upkeep.anchor.checkpoint()
    with contextlib.suppress(Unavailable):
        upkeep.vouching.vouch(line)
    with contextlib.suppress(Unavailable):
        if upkeep.departures is not None:
            upkeep.departures.look()


def _domain(boot: Boot) -> ServerName:
    return ServerName(boot.organisation)
