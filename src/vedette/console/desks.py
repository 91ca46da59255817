"""What the console's pages stand on: the same use-cases as the API's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vedette.admin.accounts import AccountsDesk
from vedette.admin.acts import ActsDesk
from vedette.admin.audit import ChainReport
from vedette.admin.audit_desk import AuditDesk
from vedette.admin.certificates import CertificatesDesk
from vedette.admin.directory import DirectoryDesk
from vedette.admin.door import AdministrationDoor
from vedette.admin.doors import DoorAnswer
from vedette.admin.drafts import DraftsDesk
from vedette.admin.files import FilesDesk
from vedette.admin.findings import Examination
from vedette.admin.grid import GridDesk
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
from vedette.core.revision import Revision
from vedette.core.settings.document import Document
from vedette.ports.people import PeopleSource
from vedette.ports.record_index import RecordIndex
from vedette.ports.records import Records


@dataclass(slots=True)
class Remembered:
    """What was read from the history up to the revision of this hash."""

    revision: str = ""
    changes: Mapping[str, Revision] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """The use-cases and sources behind the pages. `doors` says how each door stands."""

    settings: SettingsDesk
    pending: PendingDesk
    acts: ActsDesk
    drafts: DraftsDesk
    trial: TrialDesk
    records: Records
    index: RecordIndex
    people: PeopleSource
    doors: Callable[[], tuple[DoorAnswer, ...]]
    troubles: Callable[[], list[str]]
    sessions: SessionsDesk
    accounts: AccountsDesk
    folk: PeopleDesk
    certificates: CertificatesDesk
    managed_devices: ManagedDevicesDesk
    pushed: PushedDesk
    rooms: RoomsDesk
    directory: DirectoryDesk
    partners: PartnersDesk
    tokens: TokensDesk
    audit: AuditDesk
    files: FilesDesk
    grid: GridDesk
    server_certificates: ServerCertificatesDesk
    keys: KeysDesk
    health: Callable[[], Awaitable[Examination | None]]
    """What was found on this host within the last minute or so; None before the first look is done."""
    verify: Callable[[], list[ChainReport]]
    """Checks every chain of records; reads the disk."""
    refused: Callable[[], tuple[int, ...]]
    """How much was refused in each of the last 24 hours, the one that runs last."""

    beneath: Callable[[Document], Sequence[OptionRow]]
    """Synapse's own options, as they are in force under a document."""
    remembered: Remembered = field(default_factory=Remembered)

    @property
    def door(self) -> AdministrationDoor:
        """Where every act is asked."""
        return AdministrationDoor(self.settings.spine)
