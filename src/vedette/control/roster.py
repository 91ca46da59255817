"""Who is in which groups, nested ones too: worked out once, and anew only for those a change concerns.

Pure. Groups may be in one another in circles. A person is whoever has one name that a user id can
have: of two people with one name neither gets in, since nobody can say which of them is meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vedette.core.directory_state import lost_everything, too_many
from vedette.core.names import ServerName
from vedette.core.people import RESERVED_LOCALPARTS, Person
from vedette.ports.directory import GroupEntry, Known, Listing, PersonEntry, Touched

_LOCALPART = re.compile(r"[a-z0-9._=/+-]{1,200}")
_NAMED = 5
NOBODY = Person(active=False)
"""How somebody is kept who is in the directory no more, until their sessions and rooms are gone."""


@dataclass(slots=True)
class Roster:
    """People and groups as the directory told them last."""

    domain: ServerName
    guests: frozenset[str] = frozenset()
    _people: dict[str, PersonEntry] = field(default_factory=dict)
    _groups: dict[str, GroupEntry] = field(default_factory=dict)
    _names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Ids by name: two where two people have one name."""
    _holding: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The ids of the groups that name a key as their member."""
    _keys: dict[str, str] = field(default_factory=dict)
    """Ids of people and groups by key."""
    _tokens: dict[str, str] = field(default_factory=dict)
    """Ids of groups by the token by which people name them as their own."""
    _above: dict[str, frozenset[str]] = field(default_factory=dict)
    """The names of a group and of those that it is in, by its id; made anew when groups change."""

    @classmethod
    def of(cls, listing: Listing, domain: ServerName, guests: Iterable[str] = ()) -> Roster:
        """The roster of a whole listing."""
        made = cls(domain, frozenset(guests))
        for group in listing.groups:
            made._put_group(group)
        for person in listing.people:
            made._put_person(person)
        return made

    @property
    def counted(self) -> tuple[int, int]:
        """How many people and groups there are."""
        return len(self._people), len(self._groups)

    def listing(self, server: str, mark: str) -> Listing:
        """Everybody and every group again, as of this mark."""
        return Listing(tuple(self._people.values()), tuple(self._groups.values()), server, mark)

    def everybody(self, now: float) -> dict[str, Known]:
        """Everybody by user id, as they are at this moment."""
        return {user: known for user, known in self.known(list(self._names), now) if known}

    def known(self, names: Iterable[str], now: float) -> Iterator[tuple[str, Known | None]]:
        """These people by user id; None for those who are nobody here."""
        for name in names:
            ids = self._names.get(name)
            if not is_localpart(name):
                continue
            user = f"@{name}:{self.domain}"
            if not ids:
                yield user, None
            elif len(ids) > 1:
                yield user, Known(NOBODY)
            else:
                yield user, self._known(self._people[next(iter(ids))], now)

    def ids(self, users: Iterable[str]) -> list[str]:
        """The ids of the people behind these user ids, as far as they are here."""
        names = (user[1 : user.index(":")] for user in users)
        return [id_ for name in names for id_ in self._names.get(name, ())]

    def entry(self, name: str) -> PersonEntry | None:
        """The one person with this name."""
        ids = self._names.get(name, set())
        return self._people[next(iter(ids))] if len(ids) == 1 else None

    def display_name(self, name: str) -> str:
        """What the one person with this name is called for others to read; empty for nobody."""
        entry = self.entry(name)
        return "" if entry is None else entry.display_name

    def says_off(self, user: str, now: float) -> bool:
        """Whether the one person with this user id is there, and is called disabled or past their end."""
        entry = self.entry(user[1 : user.index(":")])
        return entry is not None and not _is_active(entry, now)

    def left_out(self) -> tuple[str, ...]:
        """Who can't be a user here and why, in sentences, a few by name."""
        odd = sorted(name for name, ids in self._names.items() if ids and not is_localpart(name))
        twice = sorted(name for name, ids in self._names.items() if len(ids) > 1)
        found = []
        if odd:
            found.append(f"names that no user id can have: {_some(odd)}")
        if twice:
            found.append(f"names that two people have, of whom neither gets in: {_some(twice)}")
        return tuple(found)

    def change(self, touched: Touched) -> set[str]:
        """Take what changed; returns the names of those for whom something may be different."""
        concerned: set[str] = set()
        for id_ in touched.gone:
            concerned |= self._drop_person(id_) | self._drop_group(id_)
        for group in touched.groups:
            concerned |= self._replace_group(group)
        for person in touched.people:
            concerned |= self._drop_person(person.id)
            self._put_person(person)
            concerned.add(person.name)
        return concerned

    def groups_of(self, entry: PersonEntry) -> frozenset[str]:
        """The names of all groups that somebody is in, directly or by another group or attribute."""
        own = set(self._holding.get(entry.key, ()))
        if entry.primary_group in self._tokens:
            own.add(self._tokens[entry.primary_group])
        found = [*map(self._names_above, own), *((entry.says,) if entry.says else ())]
        return found[0] if len(found) == 1 else frozenset().union(*found)

    # ---- closure ---------------------------------------------------------------------------------

    def _known(self, entry: PersonEntry, now: float) -> Known:
        groups = self.groups_of(entry)
        guest = not self.guests.isdisjoint(groups)
        person = Person(groups=groups, guest=guest, active=_is_active(entry, now))
        return Known(person, entry.expires)

    def _names_above(self, id_: str) -> frozenset[str]:
        found = self._above.get(id_)
        if found is None:
            seen, waiting = {id_}, [id_]
            while waiting:
                for each in self._holding.get(self._groups[waiting.pop()].key, ()):
                    if each not in seen:
                        seen.add(each)
                        waiting.append(each)
            found = self._above[id_] = frozenset(self._groups[each].name for each in seen)
        return found

    def _below(self, keys: Iterable[str]) -> set[str]:
        """The names of the people who are these, or are in them, directly or not."""
        names: set[str] = set()
        seen, waiting = set(), list(keys)
        while waiting:
            key = waiting.pop()
            id_ = self._keys.get(key)
            if id_ is None or key in seen:
                continue
            seen.add(key)
            if id_ in self._people:
                names.add(self._people[id_].name)
            else:
                waiting += self._groups[id_].members
        return names

    def _own(self, token: str | None) -> set[str]:
        """The names of those whose own group has this token."""
        if token is None:
            return set()
        return {each.name for each in self._people.values() if each.primary_group == token}

    # ---- single entries --------------------------------------------------------------------------

    def _put_person(self, entry: PersonEntry) -> None:
        self._people[entry.id] = entry
        self._names[entry.name].add(entry.id)
        self._keys[entry.key] = entry.id

    def _drop_person(self, id_: str) -> set[str]:
        entry = self._people.pop(id_, None)
        if entry is None:
            return set()
        self._names[entry.name].discard(id_)
        if self._keys.get(entry.key) == id_:
            del self._keys[entry.key]
        return {entry.name}

    def _put_group(self, group: GroupEntry) -> None:
        self._groups[group.id] = group
        self._keys[group.key] = group.id
        if group.token is not None:
            self._tokens[group.token] = group.id
        for key in group.members:
            self._holding[key].add(group.id)

    def _drop_group(self, id_: str) -> set[str]:
        group = self._groups.get(id_)
        if group is None:
            return set()
        concerned = self._below([group.key]) | self._own(group.token)
        self._forget_group(group)
        return concerned

    def _forget_group(self, group: GroupEntry) -> None:
        self._above.clear()
        del self._groups[group.id]
        if self._keys.get(group.key) == group.id:
            del self._keys[group.key]
        if group.token is not None and self._tokens.get(group.token) == group.id:
            del self._tokens[group.token]
        for key in group.members:
            self._holding[key].discard(group.id)
            if not self._holding[key]:
                del self._holding[key]

    def _replace_group(self, group: GroupEntry) -> set[str]:
        """Take a group as it is now. A change of members concerns those alone who came or went."""
        old = self._groups.get(group.id)
        if old == group:
            return set()
        if old is None or (old.name, old.key, old.token) != (group.name, group.key, group.token):
            concerned = self._drop_group(group.id)
            self._above.clear()
            self._put_group(group)
            return concerned | self._below([group.key]) | self._own(group.token)
        moved = old.members ^ group.members
        concerned = self._below(moved)
        self._forget_group(old)
        self._put_group(group)
        return concerned | self._below(moved)


def _is_active(entry: PersonEntry, now: float) -> bool:
    return entry.enabled and (entry.expires is None or entry.expires > now)


def is_localpart(name: str) -> bool:
    """Whether an account of a person may be called so (Matrix specification, "User identifiers")."""
    return _LOCALPART.fullmatch(name) is not None and name not in RESERVED_LOCALPARTS


@dataclass(frozen=True, slots=True)
class Removal:
    """How many people a new list would take away, of how many, and some of them."""

    taken: int
    of: int
    some: tuple[str, ...] = ()

    def beyond(self, percent: int) -> bool:
        """Whether that is more than may go at once; five people may always."""
        return too_many(self.taken, self.of, percent)


def is_taken(before: Person | None, now: Person | None) -> bool:
    """Whether somebody who was here is not any more, or has lost every group they had.

    What attributes say is looked at apart, so that an attribute that stays hides no loss of groups.
    """
    if before is None or not before.active:
        return False
    return now is None or not now.active or lost_everything(before.groups, now.groups)


def removal(before: Mapping[str, Person], taken: Iterable[str], active: int) -> Removal:
    """What is taken away of `before`, in which so many were active."""
    gone = sorted(user for user in taken if user in before)
    return Removal(len(gone), active, tuple(gone[:_NAMED]))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(f"`{name}`" for name in names[:_NAMED]) + more
