"""Keys as an administrator sees and changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.keys import KEYS, KeyFound
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.language import as_is, said_by, told
from vedette.ports.errors import Unavailable
from vedette.spine import Permit


class Rotation(Protocol):
    """Puts a new key in the place of one while everything runs."""

    async def rotate(self) -> None:
        """Do it, or leave everything as it was. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class KeysDesk:
    """What an administrator sees of keys, never a value, and has changed."""

    door: AdministrationDoor
    look: Callable[[], tuple[KeyFound, ...]]
    rotations: Mapping[str, Rotation]

    async def list(self, author: Actor) -> tuple[KeyFound, ...]:
        """Every key. Raises Rejected."""
        await self.door.permit(Doing(act=Act.ADMINISTRATION_KEY_LIST, author=author))
        return self.look()

    async def rotate(self, author: Actor, name: str, reason: str) -> str:
        """Put a new key in the place of the one called so; returns the record's id.

        Raises:
            Rejected: the rules refuse it, there is no such key, it is changed otherwise, or whoever
                holds it does not answer.
        """
        doing = Doing(
            act=Act.ADMINISTRATION_KEY_ROTATE, author=author, what=name, reason=needs_reason(reason)
        )
        permit = await self.door.permit(doing)
        row = next((each for each in KEYS if each.name == name), None)
        if row is None:
            raise Rejected(
                Code.NOT_FOUND,
                told("there is no key `{name}`", name=name),
                told("`vedette key list` names them"),
            )
        if name not in self.rotations:
            raise Rejected(
                Code.INVALID,
                told("`{name}` is not changed by this command", name=name),
                as_is(row.change),
            )
        try:
            await _rotated(permit, self.rotations[name])
        except Unavailable as outage:
            hint = told(
                "nothing was changed; `{name}` is held by {holder}", name=name, holder=row.holder
            )
            raise Rejected(Code.UNAVAILABLE, said_by(outage), hint) from outage
        return permit.record


async def _rotated(permit: Permit, rotation: Rotation) -> None:
    del permit  # being given one is the point
    await rotation.rotate()
