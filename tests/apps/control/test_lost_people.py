"""Control starts with its list of people lost, damaged or out of reach, and no ban is lifted by it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apps.control.organisation import Organisation, RunningDoor, make, until
from vedette.core.names import UserId
from vedette.core.people import Person
from vedette.protocol.internal.streams import Stream

HEAD = "user,groups,guest,active\n"
TABLE = HEAD + "mallory,Contractors,,no\ncora,Contractors,,\nalice,Board,,\n"
MALLORY, CORA = "@mallory:example.test", "@cora:example.test"
DAMAGE: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "cut off to nothing": lambda path: path.write_text(""),
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    made = make(tmp_path_factory.mktemp("office") / "org")
    try:
        yield made
    finally:
        made.end_all()


@pytest.fixture(scope="module")
def door(office: Organisation) -> RunningDoor:
    """A door that heard of the people of the table, and runs on while control does not."""
    table(office).write_text(TABLE)
    office.start()
    made = office.door("gateway")
    until(lambda: MALLORY in there(made))
    office.stop()
    return made


def table(office: Organisation) -> Path:
    return office.boot.path(office.boot.control.people)


def there(door: RunningDoor) -> dict[str, Person]:
    part = door.files.part(Stream.PEOPLE)
    return {} if part is None else dict(door.files.current().directory.people)


def number(door: RunningDoor, stream: Stream = Stream.PEOPLE) -> int:
    part = door.files.part(stream)
    assert part is not None
    return part.number


def mended(office: Organisation, text: str = TABLE) -> None:
    table(office).write_text(text)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_start_without_a_good_table_leaves_everybody_as_the_doors_know_them(
    office: Organisation, door: RunningDoor, damage: str
) -> None:
    before = there(door)
    DAMAGE[damage](table(office))
    settings = number(door, Stream.SETTINGS)
    office.start()
    try:
        until(lambda: number(door, Stream.SETTINGS) > settings, 10)  # it was sent what there is
        assert there(door) == before
        assert not there(door)[MALLORY].active
        assert there(door)[CORA].groups == {"Contractors"}
        _, said = office.ask("GET", "/people")
        assert said["faults"]
        assert said["count"] == 3  # control decides by the same list
        if damage == "gone":
            doctor = office.vedette("doctor")
            assert "BROKEN  people: the list of people was not taken" in doctor.stdout
        mended(office, TABLE.replace("cora,Contractors,,", "cora,Staff,,"))
        until(lambda: there(door)[CORA].groups == {"Staff"})
        assert not there(door)[MALLORY].active
        mended(office)
        until(lambda: there(door)[CORA].groups == {"Contractors"})
    finally:
        office.stop()


def test_where_what_the_doors_were_sent_is_lost_too_nothing_is_told_until_there_is_a_table(
    office: Organisation, door: RunningDoor
) -> None:
    """As after a restore on another machine: the door alone knows who is banned."""
    before, settings, people = there(door), number(door, Stream.SETTINGS), number(door)
    for name in office.boot.doors:
        for part in (Stream.PEOPLE, Stream.CHANGES):
            (office.boot.door(name) / f"{part}.part").unlink(missing_ok=True)
    shutil.move(table(office), table(office).with_suffix(".away"))
    office.start()
    try:
        until(lambda: number(door, Stream.SETTINGS) > settings)
        assert number(door) == people
        assert there(door) == before
        someone = door.files.current().directory.someone(UserId(CORA))
        assert someone.ours
        mended(office)
        until(lambda: number(door) > people)
        assert there(door) == before
    finally:
        office.stop()
