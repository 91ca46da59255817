"""What an identity provider pushes, in control's database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vedette.adapters.databases import WRITES, answering
from vedette.core.pushed import (
    EverythingPushed,
    LastPushed,
    PushedGroup,
    PushedPerson,
    PushedUser,
)

_NAME = "settings"
_AT_ONCE = 500
_TABLES = sa.MetaData()
_USERS = sa.Table(
    "pushed_users",
    _TABLES,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("called", sa.Text),
    sa.Column("external", sa.Text),
    sa.Column("body", sa.JSON),
    sa.Column("active", sa.Boolean),
    sa.Column("deleted", sa.Boolean),
    sa.Column("version", sa.Integer),
    sa.Column("created", sa.BigInteger),
    sa.Column("modified", sa.BigInteger),
    sa.Column("by", sa.Text),
)
_GROUPS = sa.Table(
    "pushed_groups",
    _TABLES,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("called", sa.Text),
    sa.Column("external", sa.Text),
    sa.Column("version", sa.Integer),
    sa.Column("created", sa.BigInteger),
    sa.Column("modified", sa.BigInteger),
    sa.Column("by", sa.Text),
)
_MEMBERS = sa.Table(
    "pushed_members",
    _TABLES,
    sa.Column("group", sa.String(32), primary_key=True),
    sa.Column("user", sa.String(32), primary_key=True),
)
_THERE = _USERS.c.deleted.is_(False)


@dataclass(frozen=True, slots=True)
class SqlPushedPeople:
    """The PushedPeopleStore in the database that `open_database` has opened and migrated."""

    engine: sa.Engine

    def user(self, id_: str) -> PushedUser | None:
        """Somebody by id."""
        return next(self._users(sa.and_(_USERS.c.id == id_, _THERE)), None)

    def named(self, name: str) -> PushedUser | None:
        """Whoever has or had this localpart."""
        return next(self._users(_USERS.c.name == name), None)

    def called(self, user_name: str) -> PushedUser | None:
        """Somebody by `userName`."""
        return next(self._users(sa.and_(_USERS.c.called == user_name.casefold(), _THERE)), None)

    def users_of(self, external_id: str) -> tuple[PushedUser, ...]:
        """Those whom the identity provider calls so."""
        return tuple(self._users(sa.and_(_USERS.c.external == external_id, _THERE)))

    def users(self, offset: int, most: int) -> tuple[PushedUser, ...]:
        """Some of all."""
        return tuple(self._users(_THERE, offset, most))

    def count_users(self) -> int:
        """How many there are."""
        return self._count(sa.select(sa.func.count()).select_from(_USERS).where(_THERE))

    def keep_user(self, user: PushedUser) -> None:
        """Keep somebody, in one transaction with what goes for it."""
        before = sa.or_(_USERS.c.id == user.id, _USERS.c.name == user.name)
        with answering(_NAME), self._writing() as connection:
            connection.execute(sa.delete(_USERS).where(before))
            connection.execute(sa.insert(_USERS).values(**_user_columns(user)))
            if user.deleted:
                connection.execute(sa.delete(_MEMBERS).where(_MEMBERS.c.user == user.id))

    def group(self, id_: str) -> PushedGroup | None:
        """A group by id."""
        return next(self._groups(_GROUPS.c.id == id_), None)

    def groups_named(self, name: str) -> tuple[PushedGroup, ...]:
        """The groups with this name."""
        return tuple(self._groups(_GROUPS.c.called == name.casefold()))

    def groups(self, offset: int, most: int) -> tuple[PushedGroup, ...]:
        """Some of all."""
        return tuple(self._groups(sa.true(), offset, most))

    def count_groups(self) -> int:
        """How many there are."""
        return self._count(sa.select(sa.func.count()).select_from(_GROUPS))

    def keep_group(
        self, group: PushedGroup, come: Collection[str] = (), go: Collection[str] = ()
    ) -> None:
        """Keep a group and who is in it, in one transaction."""
        with answering(_NAME), self._writing() as connection:
            connection.execute(sa.delete(_GROUPS).where(_GROUPS.c.id == group.id))
            connection.execute(sa.insert(_GROUPS).values(**_group_columns(group)))
            for some in _some([*go, *come]):
                inside = sa.and_(_MEMBERS.c.group == group.id, _MEMBERS.c.user.in_(some))
                connection.execute(sa.delete(_MEMBERS).where(inside))
            for some in _some(come):
                rows = [{"group": group.id, "user": user} for user in some]
                connection.execute(sa.insert(_MEMBERS), rows)

    def drop_group(self, id_: str) -> None:
        """Forget a group."""
        with answering(_NAME), self._writing() as connection:
            connection.execute(sa.delete(_MEMBERS).where(_MEMBERS.c.group == id_))
            connection.execute(sa.delete(_GROUPS).where(_GROUPS.c.id == id_))

    def members(self, groups: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The ids of the users in these groups."""
        found: dict[str, list[str]] = {each: [] for each in groups}
        for some in _some(groups):
            for row in self._rows(sa.select(_MEMBERS).where(_MEMBERS.c.group.in_(some))):
                found[row.group].append(row.user)
        return {group: tuple(sorted(users)) for group, users in found.items()}

    def groups_of(self, users: Collection[str]) -> Mapping[str, tuple[PushedGroup, ...]]:
        """The groups that these users are in."""
        found: dict[str, list[PushedGroup]] = {each: [] for each in users}
        both = _MEMBERS.join(_GROUPS, _MEMBERS.c.group == _GROUPS.c.id)
        for some in _some(users):
            asked = sa.select(_MEMBERS.c.user.label("inside"), *_GROUPS.c).select_from(both)
            for row in self._rows(asked.where(_MEMBERS.c.user.in_(some))):
                found[row.inside].append(_group(row))
        return {
            user: tuple(sorted(inside, key=lambda each: each.id)) for user, inside in found.items()
        }

    def names_of(self, users: Collection[str]) -> Mapping[str, str]:
        """The localparts of those who are there."""
        found: dict[str, str] = {}
        for some in _some(users):
            asked = sa.select(_USERS.c.id, _USERS.c.name).where(_USERS.c.id.in_(some), _THERE)
            found |= {row.id: row.name for row in self._rows(asked)}
        return found

    def everything(self) -> EverythingPushed:
        """Everybody and every group."""
        people = self._rows(sa.select(_USERS.c.id, _USERS.c.name, _USERS.c.active))
        groups = self._rows(sa.select(_GROUPS.c.id, _GROUPS.c.name))
        return EverythingPushed(
            tuple(PushedPerson(row.id, row.name, row.active) for row in people),
            {row.id: row.name for row in groups},
            tuple((row.group, row.user) for row in self._rows(sa.select(_MEMBERS))),
        )

    def newest(self) -> LastPushed | None:
        """What was kept last."""
        found = [
            LastPushed(row.modified, row.by, row.name)
            for table in (_USERS, _GROUPS)
            for row in self._rows(
                sa.select(table.c.modified, table.c.by, table.c.name)
                .order_by(table.c.modified.desc(), table.c.name.desc())
                .limit(1)
            )
        ]
        return max(found, key=lambda each: (each.at, each.name), default=None)

    def _writing(self) -> Any:
        return self.engine.execution_options(**{WRITES: True}).begin()

    def _rows(self, asked: sa.Select[Any]) -> list[sa.Row[Any]]:
        with answering(_NAME), self.engine.connect() as connection:
            return list(connection.execute(asked).all())

    def _count(self, asked: sa.Select[Any]) -> int:
        return int(self._rows(asked)[0][0])

    def _users(
        self, which: sa.ColumnElement[bool], offset: int = 0, most: int = _AT_ONCE
    ) -> Iterator[PushedUser]:
        asked = sa.select(_USERS).where(which).order_by(_USERS.c.created, _USERS.c.id)
        return map(_user, self._rows(asked.offset(offset).limit(most)))

    def _groups(
        self, which: sa.ColumnElement[bool], offset: int = 0, most: int = _AT_ONCE
    ) -> Iterator[PushedGroup]:
        asked = sa.select(_GROUPS).where(which).order_by(_GROUPS.c.created, _GROUPS.c.id)
        return map(_group, self._rows(asked.offset(offset).limit(most)))


def _some(ids: Collection[str]) -> Iterator[list[str]]:
    """The ids, so many at a time as one statement takes."""
    every = list(ids)
    for at in range(0, len(every), _AT_ONCE):
        yield every[at : at + _AT_ONCE]


def _user_columns(user: PushedUser) -> dict[str, object]:
    return {
        "id": user.id,
        "name": user.name,
        "called": None if user.deleted else user.user_name.casefold(),
        "external": user.external_id,
        "body": dict(user.body),
        "active": user.active,
        "deleted": user.deleted,
        "version": user.version,
        "created": user.created,
        "modified": user.modified,
        "by": user.by,
    }


def _group_columns(group: PushedGroup) -> dict[str, object]:
    return {
        "id": group.id,
        "name": group.name,
        "called": group.name.casefold(),
        "external": group.external_id,
        "version": group.version,
        "created": group.created,
        "modified": group.modified,
        "by": group.by,
    }


def _user(row: sa.Row[Any]) -> PushedUser:
    return PushedUser(
        id=row.id,
        name=row.name,
        body=row.body,
        version=row.version,
        created=row.created,
        modified=row.modified,
        by=row.by,
        deleted=row.deleted,
    )


def _group(row: sa.Row[Any]) -> PushedGroup:
    return PushedGroup(
        id=row.id,
        name=row.name,
        version=row.version,
        created=row.created,
        modified=row.modified,
        by=row.by,
        external_id=row.external,
    )
