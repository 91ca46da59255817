"""People of the company's directory: what changes there is here at once, and what is doubtful waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.directory import MemoryDirectory, MemoryFollowing
from vedette.adapters.people_kept import PeopleKept
from vedette.control.directory import DirectoryPeople
from vedette.control.upkeep import Upkeep
from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.core.settings.document import CompanyDirectory
from vedette.ports.directory import (
    ChangesLost,
    GroupEntry,
    Known,
    Listing,
    PersonEntry,
    Wishes,
)
from vedette.ports.errors import Unavailable

DOMAIN = ServerName("corp.test")
ANN, BOB = "@ann:corp.test", "@bob:corp.test"


def person(name: str, **more: object) -> PersonEntry:
    fields = {"id": f"id-{name}", "key": f"dn-{name}", "dn": f"dn-{name}", "name": name}
    return PersonEntry(**{**fields, **more})  # type: ignore[arg-type]


def group(name: str, *members: str) -> GroupEntry:
    keys = frozenset(f"dn-{each}" for each in members)
    return GroupEntry(id=f"id-{name}", key=f"dn-{name}", dn=f"dn-{name}", name=name, members=keys)


@dataclass
class Office:
    """A directory, whoever keeps its people, and where they are kept."""

    folder: Path
    directory: MemoryDirectory = field(default_factory=MemoryDirectory)
    clock: MemoryClock = field(default_factory=MemoryClock)
    settings: CompanyDirectory = field(default_factory=CompanyDirectory)
    signed_in: list[str] = field(default_factory=list)
    sent: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.people = self.again()

    def again(self) -> DirectoryPeople:
        """As after a restart."""
        found = DirectoryPeople(
            reader=self.directory,
            kept=PeopleKept(self.kept),
            domain=DOMAIN,
            settings=lambda: self.settings,
            concerned=lambda: self.signed_in,
            clock=self.clock,
            sent=lambda: self.sent,
        )
        found.begin()
        return found

    @property
    def kept(self) -> Path:
        return self.folder / "people.kept"

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if holds():
                return
            self.people.step()
        pytest.fail(f"it never held: {self.people.state()} {self.people.people()}")

    def started(self) -> Office:
        self.until(lambda: self.people.state().read_at is not None)
        assert self.people.poll()
        return self


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.directory.put(person("ann"), person("bob"), group("Staff", "ann", "bob"))
    return made.started()


def many(office: Office, count: int = 30) -> None:
    """So many people more."""
    office.directory.put(*(person(f"p{number}") for number in range(count)))
    office.until(lambda: len(office.people.people()) == 2 + count)
    office.people.sync()
    office.people.poll()


def test_people_come_with_their_groups(office: Office) -> None:
    assert office.people.people()[ANN] == Person(groups=frozenset({"Staff"}))
    state = office.people.state()
    assert (state.people, state.active, state.groups, state.server) == (2, 2, 1, "memory")
    assert office.people.faults() == ()


def test_a_disabled_person_is_inactive_and_the_loop_hears_of_it_once(office: Office) -> None:
    office.directory.put(person("ann", enabled=False))
    office.until(lambda: not office.people.people()[ANN].active)
    assert office.people.poll()
    assert not office.people.poll()


def test_a_deleted_person_stays_as_inactive_without_groups(office: Office) -> None:
    office.directory.drop("id-ann")
    office.until(lambda: not office.people.people()[ANN].active)
    assert office.people.people()[ANN].groups == frozenset()
    office.people.sync()
    assert not office.people.people()[ANN].active


def test_whoever_is_called_otherwise_is_somebody_else(office: Office) -> None:
    office.directory.put(person("anna", id="id-ann", key="dn-ann"))
    office.until(lambda: "@anna:corp.test" in office.people.people())
    assert not office.people.people()[ANN].active
    assert office.people.people()["@anna:corp.test"].groups == {"Staff"}


def test_leaving_a_group_takes_the_groups_above_it_away(office: Office) -> None:
    office.directory.put(group("All", "Staff"))
    office.until(lambda: office.people.people()[ANN].groups == {"Staff", "All"})
    office.directory.put(group("Staff", "bob"))
    office.until(lambda: office.people.people()[ANN].groups == frozenset())
    assert office.people.people()["@bob:corp.test"].groups == {"Staff", "All"}


def test_an_account_ends_by_itself_though_the_directory_changes_nothing(office: Office) -> None:
    office.directory.put(person("ann", expires=int(office.clock.seconds) + 100))
    office.until(office.people.poll)
    assert office.people.people()[ANN].active
    office.clock.seconds += 101
    office.until(lambda: not office.people.people()[ANN].active)


def test_an_account_ends_while_the_directory_is_away_after_a_restart(office: Office) -> None:
    office.directory.put(person("ann", expires=int(office.clock.seconds) + 100))
    office.until(office.people.poll)
    office.directory.away = True
    office.people = office.again()
    office.clock.seconds += 101
    office.until(lambda: not office.people.people()[ANN].active)


def test_an_end_that_was_put_off_ends_nothing(office: Office) -> None:
    office.directory.put(person("ann", expires=int(office.clock.seconds) + 100))
    office.until(office.people.poll)
    office.directory.put(person("ann", expires=None))
    office.until(office.people.poll)
    office.clock.seconds += 101
    office.people.step()
    assert office.people.people()[ANN].active


def test_while_the_directory_is_away_nothing_is_forgotten_and_it_is_told(office: Office) -> None:
    office.directory.away = True
    office.until(lambda: bool(office.people.faults()))
    assert "does not answer" in office.people.faults()[0]
    assert office.people.people()[ANN].groups == {"Staff"}
    office.directory.away = False
    office.directory.put(person("ann", enabled=False))
    office.clock.seconds += 120
    office.until(lambda: not office.people.people()[ANN].active)
    assert office.people.faults() == ()


def test_a_restart_while_the_directory_is_away_keeps_everybody_as_they_were(office: Office) -> None:
    office.directory.put(person("bob", enabled=False))
    office.until(lambda: not office.people.people()["@bob:corp.test"].active)
    office.directory.away = True
    office.people = office.again()
    office.until(lambda: bool(office.people.faults()))
    assert office.people.people()[ANN] == Person(groups=frozenset({"Staff"}))
    assert not office.people.people()["@bob:corp.test"].active


def test_what_changed_while_nobody_looked_is_found_by_a_whole_reading(office: Office) -> None:
    office.directory.tells = False
    office.people.sync()
    assert "tells no changes" in office.people.state().follows
    office.directory.put(person("ann", enabled=False))
    office.clock.seconds += 61
    office.until(lambda: not office.people.people()[ANN].active)


def test_most_people_vanishing_at_once_changes_nothing_until_it_is_confirmed(
    office: Office,
) -> None:
    many(office)
    office.directory.drop(*(f"id-p{number}" for number in range(25)))
    office.people.sync()
    held = office.people.state().held
    assert held is not None
    assert (held.taken, held.of) == (25, 32)
    assert all(each.active for each in office.people.people().values())
    assert "directory sync --confirm" in office.people.faults()[0]
    office.people.sync(confirm=True)
    assert office.people.state().held is None
    assert sum(each.active for each in office.people.people().values()) == 7
    assert office.people.poll()


def test_the_same_by_single_changes_waits_as_soon_as_it_is_too_much(office: Office) -> None:
    many(office)
    for number in range(25):
        office.directory.drop(f"id-p{number}")
        office.people.step()
    office.until(lambda: office.people.state().held is not None)
    gone = sum(not each.active for each in office.people.people().values())
    assert gone <= 6
    office.directory.put(*(person(f"p{number}") for number in range(25)))
    office.until(lambda: office.people.state().held is None)
    assert all(each.active for each in office.people.people().values())


def test_groups_that_lose_most_of_their_people_are_doubted_too(office: Office) -> None:
    many(office)
    office.directory.put(group("Staff", "ann", "bob", *(f"p{number}" for number in range(30))))
    office.until(lambda: office.people.people()["@p7:corp.test"].groups == {"Staff"})
    office.people.sync()
    office.directory.drop("id-Staff")
    office.until(lambda: office.people.state().held is not None)
    assert office.people.people()[ANN].groups == {"Staff"}


def test_accounts_that_end_as_was_said_before_are_no_removal(office: Office) -> None:
    end = int(office.clock.seconds) + 100
    many(office)
    office.directory.put(*(person(f"p{number}", expires=end) for number in range(30)))
    office.until(lambda: office.people.state().held is None and office.people.poll())
    office.people.sync()
    office.clock.seconds += 101
    office.until(lambda: sum(p.active for p in office.people.people().values()) == 2)
    assert office.people.state().held is None


def test_a_list_that_is_held_is_still_held_after_a_restart(office: Office) -> None:
    many(office)
    office.directory.drop(*(f"id-p{number}" for number in range(25)))
    office.people = office.again()
    office.until(lambda: office.people.state().held is not None)
    assert sum(each.active for each in office.people.people().values()) == 32


def test_another_filter_is_read_anew_at_once_and_doubted_where_it_takes_too_many(
    office: Office,
) -> None:
    office.settings = CompanyDirectory(people="(name=a*)")
    office.until(lambda: not office.people.people()["@bob:corp.test"].active)
    many_before = office.people.state()
    assert many_before.held is None  # five may always go
    office.settings = CompanyDirectory()
    office.until(lambda: office.people.people()["@bob:corp.test"].active)
    many(office)
    office.settings = CompanyDirectory(people="(name=a*)")
    office.until(lambda: office.people.state().held is not None)


def test_guests_are_whoever_is_in_a_guests_group(office: Office) -> None:
    office.settings = CompanyDirectory(guests=("Visitors",))
    office.directory.put(group("Visitors", "bob"))
    office.until(lambda: office.people.people()["@bob:corp.test"].guest)
    assert not office.people.people()[ANN].guest


def test_a_reading_for_somebody_says_when_the_directory_is_away(office: Office) -> None:
    office.directory.away = True
    with pytest.raises(Unavailable):
        office.people.sync()


def test_steps_and_readings_beside_each_other_end_with_what_the_directory_says(
    office: Office,
) -> None:
    over = threading.Event()

    def reading() -> None:
        while not over.is_set():
            office.people.sync()

    beside = threading.Thread(target=reading)
    beside.start()
    try:
        for turn in range(30):
            office.directory.put(person("ann", enabled=bool(turn % 2)))
            office.people.step()
        office.directory.put(person("ann", enabled=False))
        office.until(lambda: not office.people.people()[ANN].active)
    finally:
        over.set()
        beside.join()


@pytest.mark.parametrize("damage", [Path.unlink, lambda kept: kept.write_bytes(b"torn\n")])
def test_a_kept_list_that_is_lost_lifts_no_ban_the_doors_list_is_gone_on_from(
    office: Office, damage: Callable[[Path], None]
) -> None:
    office.directory.put(person("bob", enabled=False))
    office.until(lambda: not office.people.people()[BOB].active)
    office.sent = dict(office.people.people())
    damage(office.kept)
    office.directory.away = True
    office.people = office.again()
    assert office.people.known()
    assert not office.people.people()[BOB].active
    assert office.people.people()[ANN] == Person(groups=frozenset({"Staff"}))
    office.sent = {}
    assert office.again().people() == office.people.people()  # it is kept again


def test_without_any_list_nothing_is_told_of_people_until_the_first_reading(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path)
    office.directory.away = True
    office.until(lambda: bool(office.people.faults()))
    assert not office.people.known()
    assert not office.people.poll()
    office.directory.away = False
    office.clock.seconds += 120
    office.until(office.people.known)  # also a directory without anybody is one that was read
    assert office.people.poll()


def test_whoever_was_in_the_table_and_is_not_in_the_directory_is_inactive(tmp_path: Path) -> None:
    banned = "@old:corp.test"
    office = Office(tmp_path, sent={banned: Person(active=False), BOB: Person()})
    office.directory.put(person("ann"))
    office.until(lambda: ANN in office.people.people())
    assert office.people.people()[banned] == Person(active=False)
    assert office.people.people()[BOB] == Person(active=False)


def test_control_sends_no_people_before_there_is_a_list(tmp_path: Path) -> None:
    office = Office(tmp_path)
    told: list[object] = []
    spine_of_control = SimpleNamespace(
        begin=lambda _: (SimpleNamespace(number=1), None),
        settings=lambda *_: None,
        people=told.append,
    )
    upkeep = Upkeep(
        *(spine_of_control,) * 4,
        office.people,
        *(SimpleNamespace(begin=lambda: None),) * 4,
        index=None,
        retention=None,
        inventories=None,
    )
    upkeep.begin(str)
    assert told == []
    office.directory.put(person("ann"))
    office.until(office.people.known)
    upkeep.begin(str)
    assert told == [office.people.people()]


def test_while_a_list_is_held_whoever_is_disabled_or_past_their_end_is_out_at_once(
    office: Office,
) -> None:
    many(office)
    office.directory.drop(*(f"id-p{number}" for number in range(25)))
    office.until(lambda: office.people.state().held is not None)
    office.people.poll()
    office.directory.put(person("ann", enabled=False))
    office.until(lambda: not office.people.people()[ANN].active)
    assert office.people.poll()
    office.directory.put(person("bob", expires=int(office.clock.seconds) - 1))
    office.until(lambda: not office.people.people()[BOB].active)
    assert office.people.state().held is not None
    assert office.people.people()["@p20:corp.test"].active
    office.directory.away = True
    assert not office.again().people()[ANN].active  # a restart keeps it


def test_a_reading_that_is_held_puts_those_out_who_are_disabled_in_it(office: Office) -> None:
    many(office)
    office.directory.tells = False
    office.people.sync()
    office.directory.drop(*(f"id-p{number}" for number in range(25)))
    office.directory.put(person("ann", enabled=False))
    state = office.people.sync()
    assert state.held is not None
    assert state.held.taken == 25
    assert not office.people.people()[ANN].active
    assert office.people.people()["@p20:corp.test"].active


def test_many_who_are_disabled_each_by_name_are_not_doubted(office: Office) -> None:
    many(office)
    office.directory.put(*(person(f"p{number}", enabled=False) for number in range(25)))
    office.until(lambda: sum(p.active for p in office.people.people().values()) == 7)
    assert office.people.sync().held is None


def test_a_hold_ends_when_whoever_had_vanished_is_there_again_disabled(office: Office) -> None:
    many(office)
    office.directory.drop(*(f"id-p{number}" for number in range(25)))
    office.until(lambda: office.people.state().held is not None)
    office.directory.put(*(person(f"p{number}", enabled=False) for number in range(25)))
    office.until(lambda: office.people.state().held is None)
    assert sum(p.active for p in office.people.people().values()) == 7


def test_what_the_directory_tells_is_followed_while_everything_is_read_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reading of very many takes its time; who is disabled meanwhile must not wait for it."""
    reading, begun, goes_on = MemoryDirectory.read, threading.Event(), threading.Event()

    def slowly(directory: MemoryDirectory, wishes: Wishes) -> Listing:
        begun.set()
        assert goes_on.wait(60)
        return reading(directory, wishes)

    def lost(*_: object) -> None:
        raise ChangesLost("too much changed since")

    monkeypatch.setattr(MemoryDirectory, "read", slowly)
    monkeypatch.setattr(MemoryFollowing, "look", lost)
    office.clock.seconds += 3600
    office.until(begun.is_set)
    before = office.people.state().read_at
    office.directory.put(person("ann", enabled=False))
    office.until(lambda: not office.people.people()[ANN].active)
    assert office.people.state().read_at == before
    goes_on.set()
    office.until(lambda: office.people.state().read_at != before)
    assert not office.people.people()[ANN].active


def test_people_are_counted_right_however_they_changed(office: Office) -> None:
    many(office)
    office.settings = CompanyDirectory(guests=("Visitors",))
    office.directory.put(group("Visitors", "p1", "p2"), person("p3", enabled=False))
    office.directory.drop("id-p4")
    office.until(lambda: sum(each.guest for each in office.people.people().values()) == 2)
    office.directory.put(person("p1", enabled=False), person("later"))
    office.until(lambda: "@later:corp.test" in office.people.people())
    office.until(lambda: not office.people.people()["@p1:corp.test"].active)
    state, people = office.people.state(), office.people.people().values()
    assert (state.people, state.active, state.guests) == (
        len(people),
        sum(each.active for each in people),
        sum(each.active and each.guest for each in people),
    )


async def test_a_bug_in_a_step_is_told_and_everything_is_read_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(MemoryFollowing, "look", look)
    running = asyncio.create_task(office.people.run())
    try:
        async with asyncio.timeout(60):
            while not office.people.faults():
                office.clock.seconds += 2
                await asyncio.sleep(0.01)
            monkeypatch.undo()
            office.directory.put(person("ann", enabled=False))
            while office.people.people()[ANN].active or office.people.faults():
                office.clock.seconds += 2
                await asyncio.sleep(0.01)
        assert not running.done()
    finally:
        running.cancel()


def test_a_torn_line_is_left_out_and_a_damaged_list_is_said(tmp_path: Path) -> None:
    kept = PeopleKept(tmp_path / "kept")
    assert kept.load() == {}
    ann = Known(Person(groups=frozenset({"Ä", "B"}), guest=True), 17)
    kept.write({ANN: ann})
    kept.add({ANN: replace(ann, ends=None), "@b:c.test": Known(Person(active=False))})
    whole = kept.load()
    assert whole == {ANN: replace(ann, ends=None), "@b:c.test": Known(Person(active=False))}
    kept.path.write_bytes(kept.path.read_bytes() + b'["@torn')
    assert kept.load() == whole
    assert kept.path.stat().st_mode & 0o777 == 0o600
    for damaged in (b"x\n", b'["vedette people",1]\n{}\n', b'["vedette people",1]\n[1,[],0,0,0]\n'):
        kept.path.write_bytes(damaged)
        with pytest.raises(Unavailable):
            kept.load()
