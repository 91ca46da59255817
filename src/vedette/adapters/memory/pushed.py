"""What an identity provider pushes, kept in memory, for tests and for trying things."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from vedette.core.pushed import (
    EverythingPushed,
    LastPushed,
    PushedGroup,
    PushedPerson,
    PushedUser,
)


@dataclass(slots=True)
class MemoryPushedPeople:
    """The PushedPeopleStore that ends with the process."""

    _users: dict[str, PushedUser] = field(default_factory=dict)
    _groups: dict[str, PushedGroup] = field(default_factory=dict)
    _members: dict[str, set[str]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _called: dict[str, str] = field(default_factory=dict)

    def user(self, id_: str) -> PushedUser | None:
        """Somebody by id."""
        found = self._users.get(id_)
        return None if found is None or found.deleted else found

    def named(self, name: str) -> PushedUser | None:
        """Whoever has or had this localpart."""
        return self._users.get(self._names.get(name, ""))

    def called(self, user_name: str) -> PushedUser | None:
        """Somebody by `userName`."""
        return self.user(self._called.get(user_name.casefold(), ""))

    def users_of(self, external_id: str) -> tuple[PushedUser, ...]:
        """Those whom the identity provider calls so."""
        return tuple(each for each in self._there() if each.external_id == external_id)

    def users(self, offset: int, most: int) -> tuple[PushedUser, ...]:
        """Some of all."""
        return tuple(sorted(self._there(), key=_order))[offset : offset + most]

    def count_users(self) -> int:
        """How many there are."""
        return len(self._there())

    def keep_user(self, user: PushedUser) -> None:
        """Keep somebody."""
        before = self.named(user.name)
        if before is not None:
            del self._users[before.id]
            self._called.pop(before.user_name.casefold(), None)
        self._users[user.id], self._names[user.name] = user, user.id
        if user.deleted:
            for inside in self._members.values():
                inside.discard(user.id)
        else:
            self._called[user.user_name.casefold()] = user.id

    def group(self, id_: str) -> PushedGroup | None:
        """A group by id."""
        return self._groups.get(id_)

    def groups_named(self, name: str) -> tuple[PushedGroup, ...]:
        """The groups with this name."""
        return tuple(g for g in self._groups.values() if g.name.casefold() == name.casefold())

    def groups(self, offset: int, most: int) -> tuple[PushedGroup, ...]:
        """Some of all."""
        return tuple(sorted(self._groups.values(), key=_order))[offset : offset + most]

    def count_groups(self) -> int:
        """How many there are."""
        return len(self._groups)

    def keep_group(
        self, group: PushedGroup, come: Collection[str] = (), go: Collection[str] = ()
    ) -> None:
        """Keep a group and who is in it."""
        self._groups[group.id] = group
        inside = self._members.setdefault(group.id, set())
        inside.difference_update(go)
        inside.update(come)

    def drop_group(self, id_: str) -> None:
        """Forget a group."""
        self._groups.pop(id_, None)
        self._members.pop(id_, None)

    def members(self, groups: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The ids of the users in these groups."""
        return {each: tuple(sorted(self._members.get(each, ()))) for each in groups}

    def groups_of(self, users: Collection[str]) -> Mapping[str, tuple[PushedGroup, ...]]:
        """The groups that these users are in."""
        return {
            user: tuple(
                group
                for id_, group in sorted(self._groups.items())
                if user in self._members.get(id_, ())
            )
            for user in users
        }

    def names_of(self, users: Collection[str]) -> Mapping[str, str]:
        """The localparts of those who are there."""
        return {id_: found.name for id_ in users if (found := self.user(id_)) is not None}

    def everything(self) -> EverythingPushed:
        """Everybody and every group."""
        return EverythingPushed(
            tuple(PushedPerson(u.id, u.name, u.active) for u in self._users.values()),
            {id_: group.name for id_, group in self._groups.items()},
            tuple((id_, user) for id_, inside in self._members.items() for user in inside),
        )

    def newest(self) -> LastPushed | None:
        """What was kept last."""
        kept: list[PushedUser | PushedGroup] = [*self._users.values(), *self._groups.values()]
        if not kept:
            return None
        found = max(kept, key=lambda each: (each.modified, each.name))
        return LastPushed(found.modified, found.by, found.name)

    def _there(self) -> list[PushedUser]:
        return [each for each in self._users.values() if not each.deleted]


def _order(each: PushedUser | PushedGroup) -> tuple[int, str]:
    return each.created, each.id
