"""People of the directory or the table, and of what is pushed, as one list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.pushed import MemoryPushedPeople
from vedette.adapters.people_kept import PeopleKept
from vedette.control.pushed_people import MergedPeople, PushedPeople
from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.core.settings.people import PeopleSources, Source


@dataclass
class Base:
    """A directory that was read when `told` was given."""

    told: list[Mapping[str, Person]] = field(default_factory=list)
    now: Mapping[str, Person] = field(default_factory=dict)
    read: bool = False

    def people(self) -> Mapping[str, Person]:
        return self.now

    def known(self) -> bool:
        return self.read

    def faults(self) -> tuple[str, ...]:
        return ()

    def poll(self) -> bool:
        if not self.told:
            return False
        self.now, self.read = self.told.pop(0), True
        return True


def merged(base: Base, folder: Path) -> MergedPeople:
    document = parse_document('[organisation]\nname = "E"\ndomain = "example.org"\n')
    assert isinstance(document, Document)
    pushed = PushedPeople(
        store=MemoryPushedPeople(), kept=PeopleKept(folder / "kept"),
        domain=ServerName("example.org"), settings=lambda: document, clock=MemoryClock(),
    )  # fmt: skip
    pushed.begin()
    return MergedPeople(base, pushed, Source.DIRECTORY, lambda: PeopleSources().sources)


def test_the_first_list_is_news_even_if_nobody_is_in_it(tmp_path: Path) -> None:
    base = Base()
    people = merged(base, tmp_path)
    assert people.people() == {}
    people.poll()
    assert not people.poll()
    base.told.append({})
    assert people.poll()
    assert people.known()
    assert not people.poll()


def test_whoever_the_directory_names_then_is_in_the_list(tmp_path: Path) -> None:
    base = Base(told=[{}, {"@anna:example.org": Person()}])
    people = merged(base, tmp_path)
    assert people.poll()
    assert people.poll()
    assert people.people() == {"@anna:example.org": Person()}
