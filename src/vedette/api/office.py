"""What the admin API needs to answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vedette.admin.accounts import AccountsDesk
from vedette.admin.acts import ActsDesk
from vedette.admin.audit import ChainReport
from vedette.admin.audit_desk import AuditDesk
from vedette.admin.certificates import CertificatesDesk
from vedette.admin.directory import DirectoryDesk
from vedette.admin.doors import DoorAnswer
from vedette.admin.drafts import DraftsDesk
from vedette.admin.files import FilesDesk
from vedette.admin.grid import GridDesk
from vedette.admin.inventories import InventoriesDesk
from vedette.admin.key_desk import KeysDesk
from vedette.admin.managed_devices import ManagedDevicesDesk
from vedette.admin.partners import PartnersDesk
from vedette.admin.pending import PendingDesk
from vedette.admin.people import PeopleDesk
from vedette.admin.pushed import PushedDesk
from vedette.admin.rooms import RoomsDesk
from vedette.admin.server_certificates import ServerCertificatesDesk
from vedette.admin.sessions import SessionsDesk
from vedette.admin.settings import SettingsDesk
from vedette.admin.synapse_options import OptionRow
from vedette.admin.tokens import TokensDesk
from vedette.admin.trial import TrialDesk
from vedette.api.metrics import Measured
from vedette.api.token import LocalToken
from vedette.core.settings.document import Document
from vedette.ports.people import PeopleSource
from vedette.ports.record_index import RecordIndex
from vedette.ports.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The use-cases and sources behind the routes.

    `doors` says how each door stands, `verify` checks every audit chain (it reads the disk),
    `troubles` lists in sentences what keeps control from being ready.
    """

    desk: SettingsDesk
    pending: PendingDesk
    acts: ActsDesk
    drafts: DraftsDesk
    trial: TrialDesk
    records: Records
    index: RecordIndex
    people: PeopleSource
    token: LocalToken
    doors: Callable[[], tuple[DoorAnswer, ...]]
    verify: Callable[[], list[ChainReport]]
    troubles: Callable[[], list[str]]
    sessions: SessionsDesk
    accounts: AccountsDesk
    folk: PeopleDesk
    certificates: CertificatesDesk
    managed_devices: ManagedDevicesDesk
    pushed: PushedDesk
    rooms: RoomsDesk
    directory: DirectoryDesk
    inventories: InventoriesDesk
    partners: PartnersDesk
    tokens: TokensDesk
    audit: AuditDesk
    files: FilesDesk
    grid: GridDesk
    server_certificates: ServerCertificatesDesk
    keys: KeysDesk
    measured: Callable[[], Measured]
    beneath: Callable[[Document], Sequence[OptionRow]]
    """Synapse's own options, as they are in force under a document."""
    metrics_token: LocalToken | None = None
    """Opens `/metrics` and nothing else."""
