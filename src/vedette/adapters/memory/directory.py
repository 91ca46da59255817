"""A company's directory in memory. Its one filter is by name, such as `(name=a*)`."""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from vedette.ports.directory import (
    ChangesLost,
    GroupEntry,
    Listing,
    PersonEntry,
    Touched,
    Wishes,
)
from vedette.ports.errors import Unavailable


@dataclass(slots=True)
class MemoryDirectory:
    """The CompanyDirectoryReader that tests write into. `away`: nobody answers."""

    people: dict[str, PersonEntry] = field(default_factory=dict)
    groups: dict[str, GroupEntry] = field(default_factory=dict)
    away: bool = False
    tells: bool = True
    """Whether it tells changes at all."""
    _log: list[str] = field(default_factory=list)
    """The id of each change, oldest first."""
    _moved: threading.Condition = field(default_factory=threading.Condition)

    def put(self, *entries: PersonEntry | GroupEntry) -> None:
        """Have these entries be as they are here."""
        with self._moved:
            for entry in entries:
                if isinstance(entry, PersonEntry):
                    self.people[entry.id] = entry
                else:
                    self.groups[entry.id] = entry
                self._log.append(entry.id)
            self._moved.notify_all()

    def drop(self, *ids: str) -> None:
        """Delete entries."""
        with self._moved:
            for id_ in ids:
                self.people.pop(id_, None)
                self.groups.pop(id_, None)
                self._log.append(id_)
            self._moved.notify_all()

    def read(self, wishes: Wishes) -> Listing:
        """Everybody and every group. Raises Unavailable."""
        with self._moved:
            self.answer()
            held = tuple(each for each in self.people.values() if _holds(wishes.people, each))
            return Listing(held, tuple(self.groups.values()), "memory", str(len(self._log)))

    def follow(self, wishes: Wishes, listing: Listing) -> MemoryFollowing:
        """Follow what changes after this listing. Raises ChangesLost, Unavailable."""
        self.answer()
        if not self.tells:
            raise ChangesLost("this directory tells no changes")
        return MemoryFollowing(self, wishes, int(listing.mark))

    def answer(self) -> None:
        """Raises Unavailable while it is away."""
        if self.away:
            raise Unavailable("no server of the directory answers")

    def since(self, at: int, seconds: float) -> list[str]:
        """The ids of the changes behind a place, as soon as there are any."""
        with self._moved:
            self._moved.wait_for(lambda: len(self._log) > at, seconds)
            return self._log[at:]

    def touched(self, wishes: Wishes, ids: Collection[str]) -> Touched:
        """These entries as they are now."""
        people = tuple(
            self.people[i]
            for i in ids
            if i in self.people and _holds(wishes.people, self.people[i])
        )
        groups = tuple(self.groups[each] for each in ids if each in self.groups)
        found = {each.id for each in people} | {each.id for each in groups}
        return Touched(people=people, groups=groups, gone=frozenset(ids) - found)


@dataclass(slots=True)
class MemoryFollowing:
    """Follows a MemoryDirectory."""

    directory: MemoryDirectory
    wishes: Wishes
    at: int
    server: str = "memory"

    @property
    def mark(self) -> str:
        """How many changes were told."""
        return str(self.at)

    def next(self, seconds: float) -> Touched | None:
        """What changed, as soon as something does. Raises Unavailable."""
        found = self.directory.since(self.at, seconds)
        self.directory.answer()
        self.at += len(found)
        return self.directory.touched(self.wishes, frozenset(found)) if found else None

    def look(self, concerned: Callable[[], Collection[str]]) -> Touched | None:
        """Nothing is told too late here. Raises Unavailable."""
        del concerned
        return self.next(0)

    def close(self) -> None:
        """Nothing to end."""


def _holds(filter_: str, person: PersonEntry) -> bool:
    wanted = filter_.removeprefix("(name=").removesuffix(")") if filter_ else "*"
    return fnmatch.fnmatchcase(person.name, wanted)
