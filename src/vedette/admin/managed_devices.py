"""The company's managed devices, as administrators see them: inventories, and who is on which device."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.settings.document import DeviceManagement
from vedette.ports.certificates import CertificateUse
from vedette.ports.clock import Clock
from vedette.ports.device_management import InventoryState, KeptDevice
from vedette.ports.sign_in import SignInStore


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryView:
    """One inventory of the settings, and how it stands. `silent`: what it told last counts no more."""

    name: str
    settings: DeviceManagement
    state: InventoryState
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """One device as its inventory reports it. `fresh`: that still counts.

    `uses` are the sessions that stand on a certificate which names it, where they were asked for.
    """

    kept: KeptDevice
    fresh: bool
    uses: tuple[CertificateUse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryPage:
    """Some devices, by inventory and id. `next` is where it goes on, if it does."""

    devices: tuple[DeviceView, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ManagedDevicesDesk:
    """Where inventories are looked at.

    Every method raises Rejected where the rules refuse the act, and Unavailable where the store does
    not answer.
    """

    door: AdministrationDoor
    store: SignInStore
    clock: Clock

    async def states(self, author: Actor) -> tuple[InventoryView, ...]:
        """Every inventory of the settings, by name."""
        await self._may(author)
        named = self._named()
        states = await asyncio.to_thread(self.store.devices.states)
        known = {each.source: each for each in states}
        return tuple(
            self._view(name, inventory, known.get(name, InventoryState(source=name)))
            for name, inventory in sorted(named.items())
        )

    async def page(
        self,
        author: Actor,
        after: str = "",
        most: int = 50,
        *,
        source: str = "",
        text: str = "",
        uses: bool = False,
    ) -> InventoryPage:
        """Devices that hold a text in their label, owner, id or names; with `uses` who is on each."""
        await self._may(author)
        store = self.store.devices
        found = await asyncio.to_thread(store.listed, after, most, source=source, text=text)
        on = await asyncio.to_thread(lambda: [self._uses(each) if uses else () for each in found])
        return InventoryPage(
            devices=tuple(
                DeviceView(kept=each, fresh=self._fresh(each), uses=sessions)
                for each, sessions in zip(found, on, strict=True)
            ),
            next=found[-1].place if len(found) == most else None,
        )

    async def device(self, author: Actor, source: str, id_: str) -> DeviceView:
        """One device, and who is signed in on it. Raises Rejected where there is none."""
        await self._may(author)
        kept = await asyncio.to_thread(self.store.devices.device, source, id_)
        if kept is None:
            raise Rejected(
                Code.NOT_FOUND,
                told("the inventory `{source}` has no device `{id}`", source=source, id=id_),
                told("search it with `vedette device inventory list --text …`"),
            )
        uses = await asyncio.to_thread(self._uses, kept)
        return DeviceView(kept=kept, fresh=self._fresh(kept), uses=uses)

    async def _may(self, author: Actor) -> None:
        await self.door.permit(Doing(act=Act.ADMINISTRATION_INVENTORY_LIST, author=author))

    def _named(self) -> dict[str, DeviceManagement]:
        inventories = self.door.spine.policy.current().directory.document.device_management
        return {str(name): inventory for name, inventory in inventories.items()}

    def _view(self, name: str, settings: DeviceManagement, state: InventoryState) -> InventoryView:
        silent = state.read + settings.good_for <= self.clock.now()
        return InventoryView(name=name, settings=settings, state=state, silent=silent)

    def _fresh(self, kept: KeptDevice) -> bool:
        inventory = self._named().get(kept.source)
        return inventory is not None and kept.reported + inventory.good_for > self.clock.now()

    def _uses(self, kept: KeptDevice) -> tuple[CertificateUse, ...]:
        """Sessions on certificates that name it, of the issuers for which its inventory stands."""
        inventory = self._named().get(kept.source)
        issuers = frozenset[str]() if inventory is None else frozenset(map(str, inventory.issuers))
        thumbprints = self.store.devices.calling(kept.device.names)
        found = self.store.certificates.used_by(thumbprints)
        uses = {use for several in found.values() for use in several if use.issuer in issuers}
        return tuple(sorted(uses, key=lambda use: (str(use.user), use.session)))
