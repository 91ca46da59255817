from collections.abc import Callable
from pathlib import Path

import pytest

from vedette.adapters.people_file import PeopleFile
from vedette.core.names import ServerName
from vedette.core.people import Person

DOMAIN = ServerName("example.org")


@pytest.fixture
def people(tmp_path: Path) -> PeopleFile:
    (tmp_path / "people.csv").write_text("user,groups\nalice,Board\n")
    made = PeopleFile(tmp_path / "people.csv", DOMAIN)
    assert made.poll()
    return made


def replace_with(people: PeopleFile, text: str) -> None:
    draft = people.path.with_suffix(".new")
    draft.write_text(text)
    draft.replace(people.path)


def test_a_change_is_seen(people: PeopleFile) -> None:
    assert not people.poll()
    replace_with(people, "user,groups\nalice,Board\nbob,Staff\n")
    assert people.poll()
    assert sorted(people.people()) == ["@alice:example.org", "@bob:example.org"]


def test_a_file_that_says_the_same_changes_nothing(people: PeopleFile) -> None:
    replace_with(people, "# a comment\nuser,groups\nalice,Board\n")
    assert not people.poll()


@pytest.mark.parametrize("bad", ["user,groups\nalice,Board,extra\n", "", "user\n"])
def test_a_file_with_a_fault_leaves_the_last_good_one(people: PeopleFile, bad: str) -> None:
    replace_with(people, bad or "nonsense\n")
    assert not people.poll()
    assert list(people.people()) == ["@alice:example.org"]
    assert people.faults()[0].startswith("line ")


def test_a_mended_file_is_taken_and_the_fault_is_gone(people: PeopleFile) -> None:
    replace_with(people, "user,groups\nali ce,Board\n")
    people.poll()
    replace_with(people, "user,groups\nalice,Staff\n")
    assert people.poll()
    assert people.faults() == ()


def test_a_file_that_is_gone_or_unreadable_leaves_the_last_good_one(people: PeopleFile) -> None:
    people.path.unlink()
    assert not people.poll()
    assert "can't be read" in people.faults()[0]
    people.path.write_bytes(b"user,groups\n\xff\xfe,Board\n")
    assert not people.poll()
    assert "can't be read" in people.faults()[0]
    assert list(people.people()) == ["@alice:example.org"]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("")])
def test_before_a_good_file_people_are_as_the_doors_were_told_them_last(
    people: PeopleFile, damage: Callable[[Path], None]
) -> None:
    told = {"@bob:example.org": Person(active=False), "@ann:example.org": Person(guest=True)}
    damage(people.path)
    again = PeopleFile(people.path, DOMAIN, lambda: told)
    again.begin()
    assert not again.poll()
    assert again.known()
    assert again.people() == told
    nobody_was_told = PeopleFile(people.path, DOMAIN)
    nobody_was_told.begin()
    assert not nobody_was_told.poll()
    assert not nobody_was_told.known()


def test_whoever_was_switched_off_is_not_let_in_again_by_a_line_that_is_gone(
    people: PeopleFile,
) -> None:
    replace_with(people, "user,groups,active\nalice,Board,\nbob,Staff,no\ncarl,Staff,\n")
    people.poll()
    replace_with(people, "user,groups\nalice,Board\n")
    assert people.poll()
    assert people.people()["@bob:example.org"] == Person(active=False)
    assert "@carl:example.org" not in people.people()
    again = PeopleFile(people.path, DOMAIN, people.people)
    again.begin()
    again.poll()
    assert not again.people()["@bob:example.org"].active
    replace_with(people, "user,groups\nalice,Board\nbob,Staff\n")
    assert people.poll()
    assert people.people()["@bob:example.org"].active


def test_a_file_that_came_back_unchanged_clears_the_fault(people: PeopleFile) -> None:
    aside = people.path.with_suffix(".aside")
    people.path.rename(aside)
    people.poll()
    aside.rename(people.path)
    people.poll()
    assert people.faults() == ()
