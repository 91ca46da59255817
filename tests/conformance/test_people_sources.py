"""Every source of people keeps the same promises: the table, a directory in memory, Samba, OpenLDAP."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vedette.adapters.memory.directory import MemoryDirectory
from vedette.adapters.people_file import PeopleFile
from vedette.adapters.people_kept import PeopleKept
from vedette.adapters.system_clock import SystemClock
from vedette.control.directory import DirectoryPeople
from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.core.settings.document import CompanyDirectory
from vedette.ports.directory import GroupEntry, PersonEntry
from vedette.ports.people import PeopleSource

DOMAIN = ServerName("corp.test")
GONE = Person(active=False)


class World:
    """A source, and what an administrator does where it reads."""

    source: PeopleSource

    def add(self, name: str, *groups: str) -> None: ...
    def disable(self, name: str) -> None: ...
    def remove(self, name: str) -> None: ...
    def spoil(self) -> None: ...
    def mend(self) -> None: ...
    def step(self) -> None:
        """What beside `poll` has to be done again and again."""

    def person(self, name: str) -> Person:
        """Whoever the source does not name is as good as gone."""
        return self.source.people().get(f"@{name}:{DOMAIN}", GONE)

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end, (self.source.people(), self.source.faults())
            self.step()
            self.source.poll()


class Table(World):
    def __init__(self, folder: Path) -> None:
        self.path = folder / "people.csv"
        self.rows: dict[str, tuple[tuple[str, ...], str]] = {}
        self.source = PeopleFile(self.path, DOMAIN)
        self.mend()

    def add(self, name: str, *groups: str) -> None:
        self.rows[name] = (groups, "")
        self.mend()

    def disable(self, name: str) -> None:
        self.rows[name] = (self.rows[name][0], "no")
        self.mend()

    def remove(self, name: str) -> None:
        del self.rows[name]
        self.mend()

    def spoil(self) -> None:
        self.path.write_text("user,groups\nno such line")

    def mend(self) -> None:
        lines = [
            f"{name},{';'.join(groups)},{'yes' if 'Guests' in groups else ''},{active}"
            for name, (groups, active) in self.rows.items()
        ]
        self.path.write_text("\n".join(["user,groups,guest,active", *lines]))


class Keeping(World):
    """By a directory."""

    source: DirectoryPeople

    def keep(self, reader: object, folder: Path, settings: CompanyDirectory) -> None:
        self.source = DirectoryPeople(
            reader=reader,  # type: ignore[arg-type]
            kept=PeopleKept(folder / "people.kept"),
            domain=DOMAIN,
            settings=lambda: settings,
            concerned=lambda: list(self.source.people()),
            clock=SystemClock(),
        )
        self.source.begin()

    def step(self) -> None:
        self.source.step()


class Memory(Keeping):
    def __init__(self, folder: Path) -> None:
        self.directory = MemoryDirectory()
        self.keep(self.directory, folder, CompanyDirectory(guests=("Guests",)))

    def add(self, name: str, *groups: str) -> None:
        self.directory.put(PersonEntry(id=f"id-{name}", key=name, dn=name, name=name))
        for group in groups:
            known = self.directory.groups.get(f"id-{group}")
            entry = known or GroupEntry(id=f"id-{group}", key=group, dn=group, name=group)
            self.directory.put(replace(entry, members=entry.members | {name}))

    def disable(self, name: str) -> None:
        self.directory.put(replace(self.directory.people[f"id-{name}"], enabled=False))

    def remove(self, name: str) -> None:
        self.directory.drop(f"id-{name}")

    def spoil(self) -> None:
        self.directory.away = True

    def mend(self) -> None:
        self.directory.away = False


class Company(Keeping):
    """Over LDAP, with people of its own in the tests' directory."""

    def __init__(self, folder: Path, directory: object) -> None:
        conformance = importlib.import_module("tests.conformance.test_company_directories")
        self.directory = directory
        self.mark = f"{folder.name}@corp.test".replace("_", "-")
        people, guests = f"(mail={self.mark})", (self._group("Guests"),)
        self.reader = conformance.reader(directory)
        self.keep(self.reader, folder, CompanyDirectory(people=people, guests=guests))
        self.made: set[str] = set()

    def _group(self, name: str) -> str:
        return f"{name} of {self.mark.partition('@')[0]}"[:60]

    def add(self, name: str, *groups: str) -> None:
        self.directory.add_person(f"{name}-{id(self) % 9999}", mail=self.mark)
        for group in map(self._group, groups):
            if group not in self.made:
                self.directory.add_group(group)
                self.made.add(group)
            self.directory.add_to(group, f"{name}-{id(self) % 9999}")

    def disable(self, name: str) -> None:
        self.directory.disable(f"{name}-{id(self) % 9999}")

    def remove(self, name: str) -> None:
        self.directory.delete(f"{name}-{id(self) % 9999}")

    def spoil(self) -> None:
        self.directory.stop(at_once=True)

    def mend(self) -> None:
        self.directory.start()

    def person(self, name: str) -> Person:
        found = super().person(f"{name}-{id(self) % 9999}")
        ours = {each.partition(" of ")[0] for each in found.groups if each in self.made}
        return replace(found, groups=frozenset(ours))


@pytest.fixture(params=["table", "memory", "active_directory", "openldap"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "table":
        yield Table(tmp_path)
    elif request.param == "memory":
        yield Memory(tmp_path)
    else:
        yield Company(tmp_path, request.getfixturevalue(request.param))


def test_people_have_the_groups_and_are_the_guests_that_the_source_says(world):
    world.add("ann", "Staff", "Board")
    world.add("gus", "Guests")
    world.until(lambda: world.person("gus").guest)
    world.until(lambda: world.person("ann").groups == {"Staff", "Board"})
    assert not world.person("ann").guest
    assert world.source.faults() == ()


def test_whoever_is_switched_off_is_inactive_and_whoever_is_removed_has_nothing_left(world):
    world.add("ann", "Staff")
    world.add("bob", "Staff")
    world.until(lambda: world.person("ann").active and world.person("bob").active)
    world.disable("ann")
    world.until(lambda: not world.person("ann").active)
    world.remove("bob")
    world.until(lambda: world.person("bob") == GONE)


def test_a_source_that_can_not_be_read_changes_nothing_and_says_so(world):
    world.add("ann", "Staff")
    world.until(lambda: world.person("ann").groups == {"Staff"})
    before = dict(world.source.people())
    world.spoil()
    try:
        world.until(lambda: world.source.faults() != ())
        assert world.source.people() == before
    finally:
        world.mend()
    world.until(lambda: world.source.faults() == ())
    assert world.source.people() == before


def test_a_change_is_said_once(world):
    world.add("ann")
    world.until(lambda: world.person("ann").active)
    while world.source.poll():
        pass
    world.disable("ann")
    said = 0
    end = time.monotonic() + 60
    while world.person("ann").active and time.monotonic() < end:
        world.step()
        said += world.source.poll()
    world.step()
    said += world.source.poll()
    assert said == 1
