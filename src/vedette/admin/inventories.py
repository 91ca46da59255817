"""Inventories of device management: trying one, and having one read now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.ports.device_management import InventoryKeeper, InventoryState
from vedette.ports.directory import Check


@dataclass(frozen=True, slots=True)
class InventoriesDesk:
    """What an administrator does about inventories.

    Every method raises Rejected where the rules refuse it, or there is no such inventory.
    """

    door: AdministrationDoor
    keeper: InventoryKeeper

    async def tried(self, author: Actor, source: str) -> tuple[Check, ...]:
        """What comes of trying one now, step by step. Takes as long as reading it."""
        doing = Doing(act=Act.ADMINISTRATION_INVENTORY_TEST, author=author, what=source)
        await self.door.permit(doing)
        self._demand(source)
        return await asyncio.to_thread(self.keeper.tried, source)

    async def sync(
        self, author: Actor, source: str, reason: str, *, confirm: bool
    ) -> tuple[InventoryState, str]:
        """Have one read now, and with `confirm` take whatever it tells; with the record.

        Raises:
            Unavailable: it does not tell all it has.
        """
        what = f"{source}, taking whatever it says" if confirm else source
        permit = await self.door.permit(
            Doing(
                act=Act.ADMINISTRATION_INVENTORY_SYNC,
                author=author,
                reason=needs_reason(reason),
                what=what,
            )
        )
        self._demand(source)
        if source not in self.keeper.asked():
            raise Rejected(
                Code.INVALID,
                told("the inventory `{name}` is never asked: it reports by itself", name=source),
                told("have its sender report again"),
            )
        state = await asyncio.to_thread(lambda: self.keeper.sync(source, confirm=confirm))
        return state, permit.record

    def _demand(self, source: str) -> None:
        names = sorted(self.keeper.sources())
        if source not in names:
            raise Rejected(
                Code.NOT_FOUND,
                told("the boot file does not say where an inventory `{name}` is", name=source),
                told("there are {names}", names=", ".join(names))
                if names
                else told("name it in [control.device_management] of the boot file"),
            )
