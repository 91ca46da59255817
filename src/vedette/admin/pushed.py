"""People and groups that an identity provider pushes: each change is asked, kept, and put in force.

One change at a time: what is unique stays so, and the list of people follows in the same order.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.names import UserId
from vedette.core.pushed import PushedGroup, PushedState, PushedUser, localpart_of
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.pushed import PushedPeopleStore
from vedette.protocol.scim.faults import ScimFault, Wrong
from vedette.protocol.scim.patching import Members, Operation, patched
from vedette.protocol.scim.schemas import GROUPS, USERS
from vedette.spine import Permit


class Following(Protocol):
    """The list of people that follows what is pushed. Calls never wait."""

    def take_user(self, user: PushedUser) -> None:
        """Somebody is so now."""

    def take_group(
        self, group: PushedGroup, come: Collection[str] = (), go: Collection[str] = ()
    ) -> None:
        """A group is called so now; these users came, those went."""

    def drop_group(self, id_: str) -> None:
        """There is no such group any more."""

    def size(self, group: str) -> int:
        """How many are in a group."""

    def state(self) -> PushedState:
        """How what is pushed stands."""

    def confirm(self) -> None:
        """What is held comes into force."""


@dataclass(slots=True)
class PushedDesk:
    """What an identity provider and administrators do with what is pushed.

    Every method raises Rejected where the rules refuse it, and Unavailable where the store does not
    answer. Those for an identity provider raise ScimFault too, and what they began MUST NOT be
    cancelled: the store and the list of people stay one.
    """

    door: AdministrationDoor
    store: PushedPeopleStore
    clock: Clock
    following: Following
    open: bool = False
    """Whether there is a place to which it may be pushed."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    # ---- for administrators ----------------------------------------------------------------------

    async def state(self, author: Actor) -> PushedState:
        """How it stands."""
        await self._permit(Act.ADMINISTRATION_PUSHED_SHOW, author)
        return await self.standing()

    async def standing(self) -> PushedState:
        """The same for pages whose own act was asked."""
        try:
            last, trouble = await asyncio.to_thread(self.store.newest), ""
        except Unavailable as outage:
            last, trouble = None, str(outage)
        found = self.following.state()
        return replace(found, open=self.open, last=last, trouble=found.trouble or trouble)

    async def users(
        self, author: Actor, offset: int, most: int
    ) -> tuple[tuple[PushedUser, ...], int]:
        """Some of those who were pushed, and how many there are."""
        await self._permit(Act.ADMINISTRATION_PUSHED_SHOW, author)
        return await asyncio.to_thread(
            lambda: (self.store.users(offset, most), self.store.count_users())
        )

    async def groups(
        self, author: Actor, offset: int, most: int
    ) -> tuple[tuple[PushedGroup, ...], int]:
        """Some of the groups, and how many there are."""
        await self._permit(Act.ADMINISTRATION_PUSHED_SHOW, author)
        return await asyncio.to_thread(
            lambda: (self.store.groups(offset, most), self.store.count_groups())
        )

    async def confirm(self, author: Actor, reason: str) -> tuple[PushedState, str]:
        """Have what is held come into force, whatever it takes away; with the record."""
        why = needs_reason(reason)
        permit = await self._permit(Act.ADMINISTRATION_PUSHED_CONFIRM, author, reason=why)
        if self.following.state().held is None:
            raise Rejected(
                Code.NOT_FOUND,
                told("nothing that was pushed is held"),
                told("`vedette scim state` says how it stands"),
            )
        self._put_in_force(permit)
        return await self.standing(), permit.record

    def _put_in_force(self, _permit: Permit) -> None:
        self.following.confirm()

    # ---- for an identity provider: users ---------------------------------------------------------

    async def may_read(self, author: Actor) -> None:
        """Ask whether what was pushed may be read."""
        await self._permit(Act.ADMINISTRATION_PUSHED_READ, author)

    async def add_user(self, author: Actor, body: Mapping[str, Any]) -> PushedUser:
        """Make somebody. Their name stays the account's."""
        name = localpart_of(body["userName"])
        if name is None:
            raise ScimFault(Wrong.VALUE, NO_NAME)
        async with self._turn:
            permit = await self._over(author, name, "create")
            there = await asyncio.to_thread(self.store.named, name)
            if there is not None and not there.deleted:
                raise ScimFault(Wrong.UNIQUENESS, f"`{name}` is there already")
            await self._is_free(body["userName"])
            now = int(self.clock.now())
            made = PushedUser(
                id=secrets.token_hex(16), name=name, body=body, version=1,
                created=now, modified=now, by=_by(author),
            )  # fmt: skip
            await self._keep_user(permit, made)
            return made

    async def replace_user(
        self, author: Actor, id_: str, body: Mapping[str, Any], expected: str | None
    ) -> PushedUser:
        """Have somebody be as `body` says, whole."""
        return await self._change_user(author, id_, expected, lambda _: body)

    async def patch_user(
        self, author: Actor, id_: str, operations: Collection[Operation], expected: str | None
    ) -> PushedUser:
        """Change somebody."""
        return await self._change_user(
            author, id_, expected, lambda user: patched(user.body, operations, USERS)[0]
        )

    async def remove_user(self, author: Actor, id_: str, expected: str | None) -> None:
        """Delete somebody: they stay known as inactive."""
        async with self._turn:
            user = await self._user(id_, expected)
            permit = await self._over(author, user.name, "delete")
            body = {"userName": user.user_name}
            now = int(self.clock.now())
            await self._keep_user(
                permit, replace(user, body=body, deleted=True, modified=now, by=_by(author))
            )

    async def _change_user(
        self,
        author: Actor,
        id_: str,
        expected: str | None,
        change: Callable[[PushedUser], Mapping[str, Any]],
    ) -> PushedUser:
        async with self._turn:
            user = await self._user(id_, expected)
            body = change(user)
            wanted = replace(user, body=body)
            permit = await self._over(author, user.name, _words(user, wanted))
            if wanted.user_name.casefold() != user.user_name.casefold():
                await self._may_be_called(user, wanted.user_name)
            if body == user.body:
                return user
            now = int(self.clock.now())
            made = replace(wanted, version=user.version + 1, modified=now, by=_by(author))
            await self._keep_user(permit, made)
            return made

    async def _user(self, id_: str, expected: str | None) -> PushedUser:
        found = await asyncio.to_thread(self.store.user, id_)
        return _expected(found, id_, expected)

    async def _may_be_called(self, user: PushedUser, user_name: str) -> None:
        """Refuse a name that is, or leads to, somebody else's."""
        name = localpart_of(user_name)
        if name is None:
            raise ScimFault(Wrong.VALUE, NO_NAME)
        there = await asyncio.to_thread(self.store.named, name)
        if there is not None and there.id != user.id:
            raise ScimFault(Wrong.UNIQUENESS, f"`{name}` is somebody else")
        await self._is_free(user_name)

    async def _is_free(self, user_name: str) -> None:
        if await asyncio.to_thread(self.store.called, user_name) is not None:
            raise ScimFault(Wrong.UNIQUENESS, "somebody has this `userName` already")

    # ---- for an identity provider: groups --------------------------------------------------------

    async def add_group(
        self, author: Actor, body: Mapping[str, Any], members: Collection[str]
    ) -> PushedGroup:
        """Make a group."""
        async with self._turn:
            now = int(self.clock.now())
            made = PushedGroup(
                id=secrets.token_hex(16), name=body["displayName"], version=1, created=now,
                modified=now, by=_by(author), external_id=body.get("externalId", ""),
            )  # fmt: skip
            names = await self._names(members)
            permit = await self._over_group(author, made.name, "create", names)
            await self._is_free_group(made)
            await self._keep_group(permit, made, members, ())
            return made

    async def change_group(
        self,
        author: Actor,
        id_: str,
        expected: str | None,
        change: Callable[[dict[str, Any]], tuple[Mapping[str, Any], Members]],
    ) -> PushedGroup:
        """Have a group be as `change` says of its attributes and members."""
        async with self._turn:
            group = _expected(await asyncio.to_thread(self.store.group, id_), id_, expected)
            body, members = change(group_body(group))
            come, go = await self._moved(id_, members)
            names = await self._names(come)
            gone = await asyncio.to_thread(self.store.names_of, go)
            wanted = replace(
                group, name=body["displayName"], external_id=body.get("externalId", "")
            )
            permit = await self._over_group(author, group.name, "change", {**names, **gone})
            if wanted.name.casefold() != group.name.casefold():
                await self._is_free_group(wanted)
            if wanted == group and not come and not go:
                return group
            now = int(self.clock.now())
            made = replace(wanted, version=group.version + 1, modified=now, by=_by(author))
            await self._keep_group(permit, made, come, go)
            return made

    async def remove_group(self, author: Actor, id_: str, expected: str | None) -> None:
        """Delete a group: nobody is in it any more."""
        async with self._turn:
            group = _expected(await asyncio.to_thread(self.store.group, id_), id_, expected)
            inside = (await asyncio.to_thread(self.store.members, (id_,)))[id_]
            names = await asyncio.to_thread(self.store.names_of, inside)
            permit = await self._over_group(author, group.name, "delete", names)
            await self._drop_group(permit, id_)

    async def _moved(self, id_: str, members: Members) -> tuple[set[str], set[str]]:
        """Who comes into a group and who goes, in truth where all of them are replaced."""
        if not members.anew:
            return members.come, members.go
        inside = set((await asyncio.to_thread(self.store.members, (id_,)))[id_])
        return members.come - inside, inside - members.come

    async def _names(self, users: Collection[str]) -> Mapping[str, str]:
        """The names of users, who have to be there."""
        names = await asyncio.to_thread(self.store.names_of, users)
        missing = next((each for each in users if each not in names), None)
        if missing is not None:
            raise ScimFault(Wrong.VALUE, f"there is no user `{missing[:64]}`")
        return names

    async def _is_free_group(self, group: PushedGroup) -> None:
        there = await asyncio.to_thread(self.store.groups_named, group.name)
        if any(each.id != group.id for each in there):
            raise ScimFault(Wrong.UNIQUENESS, "a group with this `displayName` is there already")

    # ---- asking ----------------------------------------------------------------------------------

    async def _permit(self, act: Act, author: Actor, what: str = "", reason: str = "") -> Permit:
        return await self.door.permit(Doing(act=act, author=author, what=what, reason=reason))

    def _here(self, name: str) -> UserId:
        return UserId(f"@{name}:{self.door.spine.policy.current().directory.domain}")

    async def _over(self, author: Actor, name: str, what: str) -> Permit:
        act = Act.ADMINISTRATION_PERSON_PROVISION
        return await self.door.permit(
            Doing(act=act, author=author, over=self._here(name), what=what)
        )

    async def _over_group(
        self, author: Actor, group: str, what: str, names: Mapping[str, str]
    ) -> Permit:
        """Asked as a whole, and over one of each kind of people who come or go."""
        act, words = Act.ADMINISTRATION_GROUP_PROVISION, f"{what} {group}"
        permit = await self._permit(act, author, words)
        directory = self.door.spine.policy.current().directory
        kinds = {directory.someone(user).parties: user for user in map(self._here, names.values())}
        for user in kinds.values():
            await self.door.permit(Doing(act=act, author=author, over=user, what=words))
        return permit

    # ---- effects: each takes a Permit ------------------------------------------------------------

    async def _keep_user(self, _permit: Permit, user: PushedUser) -> None:
        await asyncio.to_thread(self.store.keep_user, user)
        self.following.take_user(user)

    async def _keep_group(
        self, _permit: Permit, group: PushedGroup, come: Collection[str], go: Collection[str]
    ) -> None:
        await asyncio.to_thread(self.store.keep_group, group, come, go)
        self.following.take_group(group, come, go)

    async def _drop_group(self, _permit: Permit, id_: str) -> None:
        await asyncio.to_thread(self.store.drop_group, id_)
        self.following.drop_group(id_)


NO_NAME = (
    "what stands before the @ of `userName` can't be an account's name: up to 200 small letters, "
    "digits and . _ = - / +, and not one of the suite's own"
)


def group_body(group: PushedGroup) -> dict[str, Any]:
    """A group's own attributes, in SCIM's canonical form."""
    said = {"externalId": group.external_id} if group.external_id else {}
    return {**said, "displayName": group.name}


def patch_of(
    operations: Collection[Operation],
) -> Callable[[dict[str, Any]], tuple[Mapping[str, Any], Members]]:
    """The change of a group that a PATCH asks for."""
    return lambda body: patched(body, operations, GROUPS)


def version_of(found: PushedUser | PushedGroup) -> str:
    """The entity tag of a resource (RFC 7644, section 3.14)."""
    return f'W/"{found.version}"'


_R = TypeVar("_R", PushedUser, PushedGroup)


def _expected(found: _R | None, id_: str, expected: str | None) -> _R:
    """What is there, if it is as whoever changes it saw it."""
    if found is None:
        raise ScimFault(None, f"there is no `{id_[:64]}`", 404)
    if expected is not None and expected not in ("*", version_of(found)):
        raise ScimFault(None, "it was changed meanwhile", 412)
    return found


def _words(before: PushedUser, after: PushedUser) -> str:
    """What is done to somebody, for the record."""
    if before.active and not after.active:
        return "deactivate"
    return "activate" if after.active and not before.active else "change"


def _by(author: Actor) -> str:
    return "" if author.token is None else author.token.id
