"""The inventories that this host's boot file names, and what takes their reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vedette.adapters.boot_devices import (
    DeviceFileBoot,
    GraphBoot,
    JamfBoot,
    MeshCentralBoot,
    WebhookBoot,
)
from vedette.adapters.boot_file import Boot, BootFault
from vedette.adapters.device_management.device_file import DeviceFile
from vedette.adapters.device_management.graph import Graph
from vedette.adapters.device_management.jamf import Jamf, Marks
from vedette.adapters.device_management.meshcentral import MeshCentral
from vedette.adapters.device_management.report_secrets import ReportSecrets
from vedette.adapters.device_management.web import Patience
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.admin.door import AdministrationDoor
from vedette.admin.inventories import InventoriesDesk
from vedette.control.device_reports import LARGEST, PREFIX, DeviceReports
from vedette.control.inbound import Pushed
from vedette.control.inventories import Inventories
from vedette.core.settings.device_management import DeviceManagement
from vedette.ports.clock import Clock
from vedette.ports.device_management import DeviceStore, Inventory, InventoryState
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.spine import Spine


@dataclass(frozen=True, slots=True)
class InventoriesHere:
    """What reads the inventories, what takes reports, and what administrators do about both."""

    keeper: Inventories
    pushed: Pushed
    desk: InventoriesDesk


def inventories_here(
    boot: Boot, spine: Spine, store: DeviceStore, policy: Callable[[], Policy]
) -> InventoriesHere:
    """All of it, for the boot file's `[control.device_management]`."""
    secrets = {
        name: ReportSecrets(boot.path(own.secret))
        for name, own in boot.control.device_management.items()
        if isinstance(own, WebhookBoot)
    }

    def settings() -> Mapping[str, DeviceManagement]:
        return {
            str(name): each for name, each in policy().directory.document.device_management.items()
        }

    keeper = Inventories(
        asked_here(boot, spine.clock),
        {name: each.tried for name, each in secrets.items()},
        store,
        settings,
        spine.clock,
    )
    known = {name: each.secrets for name, each in secrets.items()}
    reports = DeviceReports(known, store, settings, spine.clock)
    desk = InventoriesDesk(AdministrationDoor(spine), keeper)
    return InventoriesHere(keeper, Pushed(PREFIX, reports.app, LARGEST), desk)


def asked_here(boot: Boot, clock: Clock) -> dict[str, Inventory]:
    """The inventories of the boot file that are asked, by name."""
    found: dict[str, Inventory] = {}
    for name, own in boot.control.device_management.items():
        ca = None if not hasattr(own, "ca") or own.ca is None else boot.path(own.ca)
        match own:
            case GraphBoot():
                found[name] = _graph(boot, own, clock)
            case JamfBoot():
                found[name] = Jamf(
                    url=own.url,
                    client_id=own.client_id,
                    secret=boot.path(own.secret),
                    patience=Patience(clock),
                    marks=Marks(own.compliance_attribute, own.compliance_group),
                    ca=ca,
                )
            case MeshCentralBoot():
                token = boot.path(own.token)
                found[name] = MeshCentral(url=own.url, token=token, clock=clock, ca=ca)
            case DeviceFileBoot():
                found[name] = DeviceFile(boot.path(own.file))
            case WebhookBoot():
                continue
    return found


def _graph(boot: Boot, own: GraphBoot, clock: Clock) -> Graph:
    secret, certificate, key, ca = (
        None if path is None else boot.path(path)
        for path in (own.secret, own.certificate, own.key, own.ca)
    )
    return Graph(
        tenant=own.tenant,
        client_id=own.client_id,
        patience=Patience(clock),
        secret=secret,
        certificate=certificate,
        key=key,
        graph=own.graph,
        login=own.login,
        ca=ca,
    )


def states_here(boot: Boot) -> tuple[InventoryState, ...]:
    """How each inventory stands by what control noted last; nothing where that can't be read."""
    if not boot.control.device_management:
        return ()
    try:
        store = open_sign_in_store(boot.sign_in_database(), None)
    except (BootFault, Unavailable):
        return ()  # the doctor says of the store by itself what is wrong
    try:
        return store.devices.states()
    except Unavailable:
        return ()
    finally:
        store.close()
