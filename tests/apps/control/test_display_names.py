"""Accounts are called as the directory calls their people, and what people write themselves stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.apps.control.test_directory import DOMAIN, person
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.directory import MemoryDirectory
from vedette.adapters.memory.provisioning import MemoryProvisioning
from vedette.adapters.memory.sign_in import MemorySignInStore
from vedette.adapters.people_kept import PeopleKept
from vedette.control.directory import DirectoryPeople
from vedette.control.display_names import DisplayNames
from vedette.core.settings.document import CompanyDirectory
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import Account
from vedette.signin.errands import Errands


@dataclass
class AwayStore(MemorySignInStore):
    """A store that can be away."""

    away: bool = False

    def accounts(self) -> tuple[Account, ...]:
        if self.away:
            raise Unavailable("the store does not answer")
        return super().accounts()


@dataclass
class Office:
    folder: Path
    directory: MemoryDirectory = field(default_factory=MemoryDirectory)
    clock: MemoryClock = field(default_factory=MemoryClock)
    store: AwayStore = field(default_factory=AwayStore)
    synapse: MemoryProvisioning = field(default_factory=MemoryProvisioning)

    def __post_init__(self) -> None:
        self.people = DirectoryPeople(
            reader=self.directory,
            kept=PeopleKept(self.folder / "people.kept"),
            domain=DOMAIN,
            settings=CompanyDirectory,
            concerned=list,
            clock=self.clock,
            names=DisplayNames(self.store, DOMAIN, self.clock),
        )
        self.people.begin()
        self.errands = Errands(self.store, self.synapse, self.clock)

    def account(self, name: str, shown: str) -> None:
        self.store.make_account(name, shown, None, 1)
        self.synapse.person(name, shown)
        self.store.provisioned(name)

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if holds():
                return
            self.people.step()
            self.errands.run_due()
        pytest.fail(f"it never held: {self.synapse.names}")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    for name in ("ann", "bob"):
        made.directory.put(person(name, display_name=name.title()))
        made.account(name, name.title())
    made.until(lambda: made.people.state().read_at is not None)
    return made


def test_a_new_name_in_the_directory_is_the_accounts_name_here(office: Office) -> None:
    office.directory.put(person("ann", display_name="Ann Married"))
    office.until(lambda: office.synapse.names["ann"] == "Ann Married")
    account = office.store.account("ann")
    assert account is not None
    assert account.display_name == "Ann Married"
    assert office.synapse.names["bob"] == "Bob"
    assert office.store.outbox() == ()


def test_what_somebody_calls_themselves_stays_until_the_directory_has_another_name(
    office: Office,
) -> None:
    office.synapse.names["ann"] = "Annie"
    office.people.sync()
    office.directory.put(person("ann", display_name="Ann", enabled=False))
    office.until(lambda: not office.people.people()["@ann:corp.test"].active)
    office.until(lambda: office.store.outbox() == ())
    assert office.synapse.names["ann"] == "Annie"
    office.directory.put(person("ann", display_name="Ann Married"))
    office.until(lambda: office.synapse.names["ann"] == "Ann Married")


def test_a_name_that_changed_while_nobody_looked_is_given_after_a_whole_reading(
    office: Office,
) -> None:
    office.directory.tells = False
    office.people.sync()
    office.directory.put(person("bob", display_name="Robert"))
    office.people.sync()
    office.until(lambda: office.synapse.names["bob"] == "Robert")


def test_nobody_is_called_by_a_list_that_is_held(office: Office) -> None:
    office.directory.put(*(person(f"p{number}") for number in range(30)))
    office.until(lambda: len(office.people.people()) == 32)
    office.people.sync()
    office.directory.drop(*(f"id-p{number}" for number in range(25)))
    office.until(lambda: office.people.state().held is not None)
    office.directory.put(person("ann", display_name="Somebody Else"))
    office.people.step()
    office.people.step()
    office.errands.run_due()
    assert office.synapse.names["ann"] == "Ann"
    office.people.sync(confirm=True)
    office.until(lambda: office.synapse.names["ann"] == "Somebody Else")


def test_of_two_people_with_one_name_neither_calls_the_account(office: Office) -> None:
    office.directory.put(person("ann", id="id-other", key="dn-other", display_name="Ann Other"))
    office.until(lambda: not office.people.people()["@ann:corp.test"].active)
    office.people.sync()
    office.until(lambda: office.store.outbox() == ())
    assert office.synapse.names["ann"] == "Ann"


def test_a_store_that_is_away_is_asked_again(office: Office) -> None:
    office.store.away = True
    office.directory.put(person("ann", display_name="Ann Married"))
    office.people.sync()
    office.people.step()
    assert office.synapse.names["ann"] == "Ann"
    office.store.away = False
    office.clock.seconds += 6
    office.until(lambda: office.synapse.names["ann"] == "Ann Married")


def test_many_new_names_hold_up_no_device_that_must_go(office: Office) -> None:
    for number in range(60):
        office.account(f"q{number}", "Q")
        office.directory.put(person(f"q{number}", display_name=f"Q {number}"))
    office.people.sync()
    for _ in range(4):
        office.people.step()
    assert len(office.store.outbox()) > 20
    assert office.errands.run_due() == 10
    office.until(lambda: office.synapse.names["q59"] == "Q 59")
