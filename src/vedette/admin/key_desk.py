"""Keys as an administrator sees and changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.key_table import KEYS, KeyRow
from vedette.admin.keys import KeyFound
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.language import Sentence, as_is, said_by, told
from vedette.ports.errors import Unavailable
from vedette.ports.keys import ServerKey
from vedette.spine import Permit


class Rotation(Protocol):
    """Puts a new key in the place of one while everything runs."""

    async def rotate(self) -> Sentence | None:
        """Do it, or leave everything as it was; what is left to be done, if anything is.

        Raises Unavailable.
        """


class Ahead(Protocol):
    """Makes a key ahead, so that others can be told of it before it is used."""

    async def tell(self) -> ServerKey:
        """The public half of the key that is used next. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """A key was put in the place of another: the record's id, and what is left to be done."""

    record: str
    left: Sentence | None = None


@dataclass(frozen=True, slots=True)
class KeysDesk:
    """What an administrator sees of keys, never a value, and has changed."""

    door: AdministrationDoor
    look: Callable[[], tuple[KeyFound, ...]]
    rotations: Mapping[str, Rotation]
    ahead: Mapping[str, Ahead] = field(default_factory=dict)

    async def list(self, author: Actor) -> tuple[KeyFound, ...]:
        """Every key. Raises Rejected."""
        await self.door.permit(Doing(act=Act.ADMINISTRATION_KEY_LIST, author=author))
        return self.look()

    async def rotate(self, author: Actor, name: str, reason: str) -> Rotated:
        """Put a new key in the place of the one called so.

        Raises:
            Rejected: the rules refuse it, there is no such key, it is changed otherwise, or whoever
                holds it does not answer.
        """
        doing = Doing(
            act=Act.ADMINISTRATION_KEY_ROTATE, author=author, what=name, reason=needs_reason(reason)
        )
        permit = await self.door.permit(doing)
        row = _row(name)
        if name not in self.rotations:
            raise Rejected(
                Code.INVALID,
                told("`{name}` is not changed by this command", name=name),
                as_is(row.change),
            )
        try:
            return Rotated(permit.record, await _rotated(permit, self.rotations[name]))
        except Unavailable as outage:
            hint = told(
                "nothing was changed; `{name}` is held by {holder}", name=name, holder=row.holder
            )
            raise Rejected(Code.UNAVAILABLE, said_by(outage), hint) from outage

    async def next(self, author: Actor, name: str) -> ServerKey:
        """The public half of the key that takes over when this one is rotated, made now if need be.

        Raises:
            Rejected: the rules refuse it, there is no such key, nobody has to be told of it, or it
                can't be made now.
        """
        await self.door.permit(Doing(act=Act.ADMINISTRATION_KEY_LIST, author=author, what=name))
        row = _row(name)
        if name not in self.ahead:
            raise Rejected(
                Code.INVALID,
                told("nobody has to be told of `{name}` before it is changed", name=name),
                as_is(row.change),
            )
        try:
            return await self.ahead[name].tell()
        except Unavailable as outage:
            hint = told("look whether there is room on the disk, and who may write there")
            raise Rejected(Code.UNAVAILABLE, said_by(outage), hint) from outage


def _row(name: str) -> KeyRow:
    """Raises Rejected."""
    for row in KEYS:
        if row.name == name:
            return row
    raise Rejected(
        Code.NOT_FOUND,
        told("there is no key `{name}`", name=name),
        told("`vedette key list` names them"),
    )


async def _rotated(permit: Permit, rotation: Rotation) -> Sentence | None:
    del permit  # being given one is the point
    return await rotation.rotate()
