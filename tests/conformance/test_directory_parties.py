"""What a real directory says of somebody makes their parties: nested groups, attributes, guests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

import ldap

from tests.conformance.test_company_directories import reader
from tests.services.directory import Directory as CompanysDirectory
from vedette.adapters.people_kept import PeopleKept
from vedette.adapters.system_clock import SystemClock
from vedette.control.directory import DirectoryPeople
from vedette.core.names import ServerName, UserId
from vedette.core.people import Directory
from vedette.core.settings.parse import check_document

TEXT = """
[organisation]
name   = "Corp"
domain = "corp.test"
[directory]
people     = "(mail=pa@corp.test)"
attributes = ["employeeType"]
guests     = ["pa Visitors", "employeeType=Guest"]
[parties]
contractors = { groups = ["employeeType=Contractor"] }
sales       = { groups = ["pa Sales"], except = ["contractors"] }
"""


@pytest.fixture(params=["active_directory", "openldap"])
def company(request: pytest.FixtureRequest) -> CompanysDirectory:
    return request.getfixturevalue(request.param)


def test_groups_in_groups_and_attributes_make_parties_and_guests_and_are_followed(
    company: CompanysDirectory, tmp_path: Path
) -> None:
    document, faults = check_document(TEXT)
    assert document is not None, faults
    people = DirectoryPeople(
        reader=reader(company),
        kept=PeopleKept(tmp_path / "people.kept"),
        domain=ServerName("corp.test"),
        settings=lambda: document.directory,
        concerned=list,
        clock=SystemClock(),
    )
    people.begin()

    def parties(name: str) -> set[str]:
        directory = Directory(document, people.people(), 740_000)
        return set(directory.someone(UserId(f"@{name}:corp.test")).parties) - {"anyone"}

    def until(holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end, people.people()
            people.step()

    def says(name: str, *values: str) -> None:
        texts = [value.encode() for value in values]
        company.change(name, [(ldap.MOD_REPLACE, "employeeType", texts)])

    for name in ("pa-sue", "pa-con", "pa-vic", "pa-gus"):
        company.add_person(name, mail="pa@corp.test")
    company.add_group("pa Sales of the North", "pa-sue", "pa-con")
    company.add_group("pa Sales", "pa Sales of the North")
    company.add_group("pa Visitors", "pa-vic")
    says("pa-con", "Contractor")
    says("pa-gus", "Guest")
    until(lambda: people.state().read_at is not None)
    assert parties("pa-sue") == {"us", "sales"}
    assert parties("pa-con") == {"us", "contractors"}
    assert parties("pa-vic") == {"guests"}
    assert parties("pa-gus") == {"guests"}
    says("pa-con", "Employee")
    until(lambda: parties("pa-con") == {"us", "sales"})
    says("pa-sue", "Guest")
    until(lambda: parties("pa-sue") == {"guests", "sales"})
    says("pa-gus")
    until(lambda: parties("pa-gus") == {"us"})
    company.take_from("pa Sales", "pa Sales of the North")
    until(lambda: parties("pa-con") == {"us"})
