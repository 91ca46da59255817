"""The last officer in a directory: a renamed group takes nothing, an account that is off does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.apps.control.test_directory import ANN, BOB, Office, group, person
from vedette.adapters.memory.clock import MemoryClock
from vedette.admin.lockout import officers
from vedette.admin.policy import CurrentPolicy
from vedette.control.last_officers import ConfirmedKeeper, LastOfficers
from vedette.control.officers_here import OfficersFile
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document

GROUP = "Security-Officers"


@dataclass
class Company:
    """A directory in which ann is the one officer, and control's side of it."""

    office: Office
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        document = parse_document(default_document("Corp", "corp.test"))
        assert isinstance(document, Document)
        self.document = document
        self.policy = CurrentPolicy(MemoryClock())
        self.again()

    def again(self) -> None:
        """As after a restart."""
        file = OfficersFile(self.office.folder / "officers.json")
        source, clock = self.office.people, self.office.clock
        self.guard = LastOfficers(source, file, self.policy.current, clock, self.said.append)
        self.policy.take(self.document, 1, self.guard.people())
        self.look()
        self.guard.remember(self.guard.learned())

    def look(self) -> None:
        """What control does twenty times a second."""
        if self.guard.poll():
            self.policy.take(self.document, 1, self.guard.people())

    def reads(self) -> None:
        """The directory is read whole, and what it says is taken as far as it may be."""
        self.office.people.sync()
        self.look()

    @property
    def officers(self) -> list[str]:
        return [str(each) for each in officers(self.policy.current())]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    office = Office(tmp_path)
    office.directory.put(person("ann"), person("bob"), group("Staff", "ann", "bob"))
    office.directory.put(group(GROUP, "ann"))
    return Company(office.started())


def test_a_group_that_is_renamed_leaves_the_right_and_all_else_is_taken(company: Company) -> None:
    assert company.officers == [ANN]
    company.office.directory.drop(f"id-{GROUP}")
    company.office.directory.put(group("Officers of Security", "ann"), person("bob", enabled=False))
    company.reads()
    assert company.officers == [ANN]
    people = company.guard.people()
    assert people[ANN].groups == {GROUP, "Officers of Security", "Staff"}
    assert not people[BOB].active  # nobody's ban waits for a word about the officers
    assert [ANN in words for words in company.said] == [True]
    company.again()
    assert company.officers == [ANN]
    company.office.directory.put(group(GROUP, "ann"))
    company.reads()
    assert company.guard.people() == company.office.people.people()
    assert company.said[-1] == "somebody may change the settings again"


def test_whoever_leaves_the_group_keeps_the_right_until_it_is_confirmed(company: Company) -> None:
    keeper = ConfirmedKeeper(company.office.people, company.guard)
    company.office.directory.put(group(GROUP))
    keeper.sync()
    company.look()
    assert company.officers == [ANN]
    keeper.sync(confirm=True)
    company.look()
    assert company.officers == []
    assert company.guard.state().gone
    company.reads()
    assert company.officers == []  # nothing brings it back but the group
    company.office.directory.put(group(GROUP, "bob"))
    company.reads()
    assert company.officers == [BOB]


@pytest.mark.parametrize("way", ["disabled", "expired", "deleted"])
def test_an_account_that_is_off_is_off_at_once_the_last_officers_too(
    company: Company, way: str
) -> None:
    directory = company.office.directory
    match way:
        case "disabled":
            directory.put(person("ann", enabled=False))
        case "expired":
            directory.put(person("ann", expires=int(company.office.clock.seconds) - 1))
        case _:
            directory.drop("id-ann")
    company.office.until(lambda: not company.office.people.people()[ANN].active)
    company.look()
    assert company.officers == []
    assert company.guard.state().gone
    assert company.said == ["nobody but the local administrator could change the settings any more"]
    directory.put(person("ann"), group(GROUP))
    company.reads()
    assert company.officers == []  # the account came back, and not its right
    directory.put(group(GROUP, "ann"))
    company.reads()
    assert company.officers == [ANN]
    company.guard.remember(company.guard.learned())
    assert company.guard.counted() == 1


def test_what_a_disk_does_not_take_is_no_reason_to_shut_anybody_out(company: Company) -> None:
    (company.office.folder / "officers.json").unlink()
    (company.office.folder / "officers.json").mkdir()
    company.office.directory.put(group(GROUP))
    company.reads()
    assert company.officers == [ANN]
