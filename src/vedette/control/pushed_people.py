"""The people whom an identity provider pushes, as a list that follows each change.

`take_…` are called as soon as something is kept; `poll` puts in force what changed since, all at once.
What takes too many people away within an hour is held, and with it all that is pushed after it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from vedette.control.display_names import DisplayNames
from vedette.control.roster import NOBODY, is_taken, removal
from vedette.core.directory_state import Held
from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.core.pushed import PushedGroup, PushedState, PushedUser
from vedette.core.settings.document import Document
from vedette.core.settings.people import PeopleSources, Source
from vedette.ports.clock import Clock
from vedette.ports.directory import KeptPeople, Known
from vedette.ports.errors import StalePolicy, Unavailable
from vedette.ports.people import PeopleSource
from vedette.ports.pushed import PushedPeopleStore

_LOG = logging.getLogger("vedette.control")
WINDOW = 3600.0
"""Seconds within which what is taken away counts together."""
_AGAIN_SECONDS, _NAMES_SECONDS = 5.0, 1.0


@dataclass(slots=True)
class PushedPeople:
    """A PeopleSource, and what a PushedDesk has follow. `settings` are those in force."""

    store: PushedPeopleStore
    kept: KeptPeople
    domain: ServerName
    settings: Callable[[], Document]
    clock: Clock
    told: Callable[[PushedState], None] = lambda _: None
    """Called when something is held, or is so no more, or can't be read."""
    names: DisplayNames | None = None
    """Who is told what people are called for others to read."""
    decides: Callable[[str], bool] = lambda _: True
    """Whether what is pushed of a user id comes before what else is known of it."""
    _due: dict[str, str] = field(default_factory=dict)
    """What people are called since it was given on."""
    _names: dict[str, str] = field(default_factory=dict)
    """Localparts by id."""
    _ids: dict[str, str] = field(default_factory=dict)
    """Ids by localpart."""
    _active: dict[str, bool] = field(default_factory=dict)
    _groups: dict[str, str] = field(default_factory=dict)
    """Names of groups by id."""
    _inside: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Ids of people by group."""
    _of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Ids of groups by person."""
    _sets: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)
    """Equal sets of groups are one object."""
    _loaded: bool = False
    _not_before: float = 0.0
    _trouble: str = ""
    _touched: set[str] = field(default_factory=set)
    """Ids of those who may be otherwise than in `_wanted`."""
    _anew: bool = True
    _guests: frozenset[str] = frozenset()
    _wanted: dict[str, Person] = field(default_factory=dict)
    """Everybody as the identity provider says it now, by user id."""
    _people: dict[str, Person] = field(default_factory=dict)
    """The list in force."""
    _before: dict[str, Person] = field(default_factory=dict)
    """Against whom a removal is measured: the list of when the hour began, and who came since."""
    _active_before: int = 0
    _since: float = 0.0
    _taken: set[str] = field(default_factory=set)
    _held: Held | None = None
    _confirmed: bool = False
    changed: Mapping[str, Person] = field(default_factory=dict)
    """Who came to be otherwise in force when `poll` said so last."""

    # ---- the list --------------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the list that was in force last, before anything else."""
        try:
            found = self.kept.load()
        except Unavailable as fault:
            _LOG.error("%s; pushed people begin as the store has them", fault)
            found = {}
        self._people = {user: known.person for user, known in found.items()}
        self._measure()

    def people(self) -> Mapping[str, Person]:
        """The people in force, by user id."""
        return self._people

    def known(self) -> bool:
        """Whether what was pushed could be read by now."""
        return self._loaded

    def faults(self) -> tuple[str, ...]:
        """Why not all that was pushed is in force."""
        return self.state().sentences()

    def poll(self) -> bool:
        """Put in force what changed; True if the list is another one.

        1. Before there are settings, or what was pushed is read, the list stays. 2. What the identity
        provider says is worked out for those who changed. 3. Too many would go: nothing is taken.
        4. Otherwise it is taken.
        """
        document = self._document()
        if document is None or not self._is_loaded():  # (1)
            return False
        guests = frozenset(document.directory.guests)
        changed = self._worked_out(guests)  # (2)
        if not changed and not self._confirmed:
            return False
        now = self.clock.now()
        if self._held is None and now - self._since >= WINDOW:
            self._measure()
        for user, person in changed.items():
            taken = is_taken(self._before.get(user), person)
            (self._taken.add if taken else self._taken.discard)(user)
        found = removal(self._before, self._taken, self._active_before)
        confirmed, self._confirmed = self._confirmed, False
        if found.beyond(document.people.largest_removal) and not confirmed:  # (3)
            since = now if self._held is None else self._held.since
            self._held = Held(found.taken, found.of, found.some, since)
            self.told(self.state())
            return False
        return self._take(changed, confirmed=confirmed)  # (4)

    async def run(self) -> None:
        """Have accounts be called as their people are, until cancelled."""
        while self.names is not None:
            await asyncio.sleep(_NAMES_SECONDS)
            due, self._due = self._due, {}
            own = {name: text for name, text in due.items() if self.decides(self._user(name))}
            self.names.of_some(own)
            await asyncio.to_thread(self.names.look)

    def _user(self, name: str) -> str:
        return f"@{name}:{self.domain}"

    def state(self) -> PushedState:
        """How it stands."""
        return PushedState(
            people=len(self._names),
            active=sum(self._active.values()),
            groups=len(self._groups),
            held=self._held,
            trouble=self._trouble,
        )

    def confirm(self) -> None:
        """What is held comes into force at the next look."""
        self._confirmed = True

    # ---- what is kept ----------------------------------------------------------------------------

    def take_user(self, user: PushedUser) -> None:
        """Somebody is so now."""
        before = self._ids.get(user.name)
        if before not in (None, user.id):  # whoever was deleted before under this name
            for known in (self._names, self._active, self._of):
                known.pop(str(before), None)
        self._names[user.id], self._ids[user.name] = user.name, user.id
        self._active[user.id] = user.active
        if user.deleted:
            for group in self._of.pop(user.id, ()):
                self._inside[group].discard(user.id)
        self._touched.add(user.id)
        if self.names is not None and user.display_name and user.active:
            self._due[user.name] = user.display_name

    def take_group(
        self, group: PushedGroup, come: Collection[str] = (), go: Collection[str] = ()
    ) -> None:
        """A group is called so now; these users came, those went."""
        inside = self._inside[group.id]
        if self._groups.get(group.id) not in (None, group.name):
            self._touched |= inside
        self._groups[group.id] = group.name
        inside.difference_update(go)
        inside.update(come)
        for user in go:
            self._of[user].discard(group.id)
        for user in come:
            self._of[user].add(group.id)
        self._touched.update(come, go)

    def size(self, group: str) -> int:
        """How many are in a group."""
        return len(self._inside.get(group, ()))

    def drop_group(self, id_: str) -> None:
        """There is no such group any more."""
        self._groups.pop(id_, None)
        for user in self._inside.pop(id_, ()):
            self._of[user].discard(id_)
            self._touched.add(user)

    # ---- inside ----------------------------------------------------------------------------------

    def _document(self) -> Document | None:
        try:
            return self.settings()
        except StalePolicy:
            return None

    def _is_loaded(self) -> bool:
        if self._loaded:
            return True
        if self.clock.now() < self._not_before:
            return False
        try:
            found = self.store.everything()
        except Unavailable as outage:
            self._trouble = str(outage)
            self.told(self.state())
            self._not_before = self.clock.now() + _AGAIN_SECONDS
            return False
        self._trouble, self._loaded, self._anew = "", True, True
        self.told(self.state())
        self._groups = dict(found.groups or {})
        for each in found.people:
            self._names[each.id], self._ids[each.name] = each.name, each.id
            self._active[each.id] = each.active
        for group, user in found.members:
            self._inside[group].add(user)
            self._of[user].add(group)
        return True

    def _worked_out(self, guests: frozenset[str]) -> dict[str, Person]:
        """Those who are otherwise than they were wanted last."""
        anew = self._anew or guests != self._guests
        touched: Iterable[str] = tuple(self._names) if anew else self._touched
        self._guests, self._anew, self._touched = guests, False, set()
        now = {
            self._user(name): self._person(id_)
            for id_ in touched
            if (name := self._names.get(id_)) is not None
        }
        if anew:
            for user in self._people.keys() - now.keys():
                now[user] = NOBODY
        before = self._wanted if not anew else {**self._people, **self._wanted}
        changed = {user: person for user, person in now.items() if before.get(user) != person}
        self._wanted.update(now)
        return changed

    def _person(self, id_: str) -> Person:
        if not self._active[id_]:
            return NOBODY
        groups = frozenset(self._groups[each] for each in self._of.get(id_, ()))
        groups = self._sets.setdefault(groups, groups)
        return Person(groups=groups, guest=not self._guests.isdisjoint(groups))

    def _take(self, changed: Mapping[str, Person], *, confirmed: bool) -> bool:
        """Have what is wanted in force."""
        whole, self._held = self._held is not None, None
        if whole:
            changed = self._wanted
            self.told(self.state())
        self._people, self.changed = {**self._people, **changed}, changed
        kept = {user: Known(person) for user, person in changed.items()}
        try:
            self.kept.write(kept) if whole or not self._kept_before() else self.kept.add(kept)
        except Unavailable as fault:
            _LOG.error("%s; a restart would measure removals against an older list", fault)
        if confirmed:
            self._measure()
        for user, person in changed.items():
            was = self._before.get(user)
            if person.active and (was is None or not was.active):
                self._before[user] = person
                self._active_before += 1
        return True

    def _kept_before(self) -> bool:
        """Whether there is a list on disk to which changes can be added."""
        return bool(self._before)

    def _measure(self) -> None:
        """Begin the hour anew with the list in force."""
        self._before, self._taken, self._since = dict(self._people), set(), self.clock.now()
        self._active_before = sum(each.active for each in self._people.values())


@dataclass(slots=True)
class MergedPeople:
    """The PeopleSource of the directory or the table, and of what is pushed.

    The first source that knows somebody says their groups, and whether they are a guest; whoever is
    inactive in any that knows them is inactive.
    """

    base: PeopleSource
    pushed: PushedPeople
    kind: Source
    """What `base` is."""
    sources: Callable[[], tuple[Source, ...]]
    _merged: Mapping[str, Person] | None = None
    _order: tuple[Source, ...] = ()

    def people(self) -> Mapping[str, Person]:
        """The people of all sources."""
        if self._merged is None:
            self._merged = self._all()
        return self._merged

    def known(self) -> bool:
        """Whether there is a list."""
        return self.base.known()

    def faults(self) -> tuple[str, ...]:
        """Why the newest lists were not taken."""
        return (*self.base.faults(), *self.pushed.faults())

    def poll(self) -> bool:
        """Look for newer lists, and for another order; the first list is news, if of nobody."""
        try:
            order = self.sources()
        except StalePolicy:
            order = self._order
        moved, pushed = self.base.poll(), self.pushed.poll()
        ordered, self._order = order != self._order, order
        if not moved and not pushed and not ordered:
            return False
        before = self._merged
        if moved or ordered or before is None:
            self._merged = self._all()
        else:
            self._merged = {**before, **self._over(self.pushed.changed)}
        return moved or self._merged != before

    def decides(self, user: str) -> bool:
        """Whether what is pushed of somebody comes before what else is known of them."""
        return user not in self.base.people() or self._pushed_first()

    def _pushed_first(self) -> bool:
        order = (*self._order, *PeopleSources().sources)
        return order.index(Source.SCIM) < order.index(self.kind)

    def _all(self) -> Mapping[str, Person]:
        base, pushed = self.base.people(), self.pushed.people()
        if not pushed:
            return base
        return {**base, **self._over(pushed)}

    def _over(self, pushed: Mapping[str, Person]) -> dict[str, Person]:
        """These who were pushed, with what is known of them besides."""
        base, first = self.base.people(), self._pushed_first()
        return {
            user: person if (other := base.get(user)) is None else _both(person, other, first=first)
            for user, person in pushed.items()
        }


def _both(pushed: Person, other: Person, *, first: bool) -> Person:
    """Somebody whom both know."""
    decides = pushed if first else other
    if pushed.active and other.active:
        return decides
    return NOBODY
