"""A company's directory, Active Directory or OpenLDAP: read whole, and followed while it changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

import ldap

from tests.services.directory import PASSWORD, Directory
from vedette.adapters.ldap.connection import Servers
from vedette.adapters.ldap.directory import LdapDirectory
from vedette.adapters.ldap.kinds import KINDS
from vedette.adapters.ldap.reading import Searching
from vedette.ports.directory import ChangesLost, Following, Listing, Touched, Wishes
from vedette.ports.errors import Unavailable
from vedette.suite.certificates import make_authority, today

WISHES = Wishes(display_name="displayName", email="mail")
PATIENCE = 60.0


@pytest.fixture(scope="module", params=["active_directory", "openldap"])
def company(request: pytest.FixtureRequest) -> Directory:
    return request.getfixturevalue(request.param)


def reader(company: Directory, *servers: str, page: int = 1000) -> LdapDirectory:
    searching = Searching(KINDS[company.kind], company.base, page=page)
    addresses = servers or (company.url,)
    return LdapDirectory(
        Servers(addresses, company.ca, company.reader, PASSWORD, timeout=20.0), searching
    )


def people(listing: Listing | Touched) -> dict[str, object]:
    return {each.name: each for each in listing.people}


def members(listing: Listing, group: str) -> set[str]:
    """Who is named in a group, people and groups."""
    names = {each.key: each.name for each in (*listing.people, *listing.groups)}
    (found,) = (each for each in listing.groups if each.name == group)
    return {names[key] for key in found.members if key in names}


@pytest.fixture
def followed(company: Directory) -> Iterator[Following]:
    directory = reader(company)
    following = directory.follow(WISHES, directory.read(WISHES))
    yield following
    following.close()


def until(following: Following, holds: Callable[[Touched], bool]) -> Touched:
    """What is told, as soon as it holds; earlier tellings are of what was before."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = following.next(0.2)
        if found is not None and holds(found):
            return found
    pytest.fail("it was not told")


def test_people_are_read_with_their_names_and_groups_with_everybody_in_them(company):
    company.add_person("cr-anna", display="Anna Ärger", mail="anna@corp.test")
    company.add_person("cr-bert")
    company.add_group("cr-inner", "cr-anna")
    company.add_group("cr-outer", "cr-inner", "cr-bert")
    found = reader(company).read(WISHES)
    anna = people(found)["cr-anna"]
    assert (anna.display_name, anna.email) == ("Anna Ärger", "anna@corp.test")
    assert anna.enabled
    assert anna.expires is None
    assert members(found, "cr-inner") == {"cr-anna"}
    assert members(found, "cr-outer") == {"cr-inner", "cr-bert"}
    assert found.server == company.url


def test_small_pages_tell_the_same(company):
    for number in range(7):
        company.add_person(f"pg-{number}")
    whole, paged = reader(company).read(WISHES), reader(company, page=3).read(WISHES)
    assert people(whole) == people(paged)
    assert {g.id: g for g in whole.groups} == {g.id: g for g in paged.groups}


def test_switched_off_and_ending_accounts_are_told(company):
    company.add_person("st-off")
    company.add_person("st-ends")
    company.disable("st-off")
    company.expire("st-ends", 2_000_000_000)
    found = people(reader(company).read(WISHES))
    assert not found["st-off"].enabled
    assert found["st-ends"].enabled
    assert found["st-ends"].expires == 2_000_000_000


def test_a_change_is_told_as_the_person_is_now(company):
    company.add_person("ch-dora", display="Dora")
    directory = reader(company)
    following = directory.follow(WISHES, directory.read(WISHES))
    try:
        company.call("ch-dora", "Dora the Second")
        found = until(following, lambda t: "ch-dora" in people(t))
        assert people(found)["ch-dora"].display_name == "Dora the Second"
        company.disable("ch-dora")
        until(following, lambda t: "ch-dora" in people(t) and not people(t)["ch-dora"].enabled)
    finally:
        following.close()


def test_whoever_is_new_is_told(company, followed):
    company.add_person("nw-emil")
    until(followed, lambda told: "nw-emil" in people(told))


def test_a_group_is_told_when_its_members_change(company):
    company.add_person("gr-finn")
    company.add_group("gr-team", "gr-finn")
    directory = reader(company)
    following = directory.follow(WISHES, directory.read(WISHES))
    try:
        finn = people(directory.read(WISHES))["gr-finn"]
        company.take_from("gr-team", "gr-finn")
        told = until(
            following,
            lambda t: any(g.name == "gr-team" and finn.key not in g.members for g in t.groups),
        )
        assert not told.gone
    finally:
        following.close()


def test_whoever_was_deleted_is_gone(company):
    company.add_person("dl-gus")
    directory = reader(company)
    listing = directory.read(WISHES)
    gus = people(listing)["dl-gus"]
    following = directory.follow(WISHES, listing)
    try:
        company.delete("dl-gus")
        end = time.monotonic() + PATIENCE
        gone: set[str] = set()
        while gus.id not in gone and time.monotonic() < end:
            for found in (following.next(0.1), following.look(lambda: [gus.id])):
                gone |= found.gone if found else frozenset()
        assert gus.id in gone
    finally:
        following.close()


def test_whoever_the_filter_holds_no_more_is_gone(company):
    company.add_person("fl-hans", mail="in@corp.test")
    company.add_person("fl-ida", mail="in@corp.test")
    wishes = replace(WISHES, people="(mail=in@corp.test)")
    directory = reader(company)
    listing = directory.read(wishes)
    assert set(people(listing)) == {"fl-hans", "fl-ida"}
    following = directory.follow(wishes, listing)
    try:
        company.change("fl-hans", [(ldap.MOD_REPLACE, "mail", [b"out@corp.test"])])
        hans = people(listing)["fl-hans"].id
        assert until(following, lambda told: hans in told.gone)
    finally:
        following.close()


def test_what_changed_between_reading_and_following_is_told(company):
    company.add_person("bt-jo")
    company.add_person("bt-kim")
    directory = reader(company)
    listing = directory.read(WISHES)
    kim = people(listing)["bt-kim"].id
    company.disable("bt-jo")
    company.delete("bt-kim")
    following = directory.follow(WISHES, listing)
    try:
        seen, gone, end = False, set(), time.monotonic() + PATIENCE
        while not (seen and kim in gone) and time.monotonic() < end:
            for found in (following.next(0.1), following.look(lambda: [kim])):
                if found:
                    gone |= found.gone
                    seen |= "bt-jo" in people(found) and not people(found)["bt-jo"].enabled
        assert seen
        assert kim in gone
    finally:
        following.close()


def test_a_look_finds_what_was_not_told(company):
    company.add_person("lk-lea")
    directory = reader(company)
    listing = directory.read(WISHES)
    following = directory.follow(WISHES, listing)
    try:
        company.disable("lk-lea")
        found = following.look(list)
        assert found is not None
        assert not people(found)["lk-lea"].enabled
        assert following.look(list) is None
    finally:
        following.close()


def test_a_mark_from_elsewhere_can_not_be_followed(company):
    directory = reader(company)
    listing = directory.read(WISHES)
    with pytest.raises(ChangesLost):
        directory.follow(
            WISHES, replace(listing, mark="" if company.kind == "openldap" else "9" * 15)
        )


def test_values_of_people_are_no_filters(company):
    company.add_person("in-mo", display="*)(objectClass=*")
    directory = reader(company)
    (mo,) = (p for p in directory.read(WISHES).people if p.name == "in-mo")
    assert mo.display_name == "*)(objectClass=*"
    with pytest.raises(Unavailable):
        directory.read(replace(WISHES, people="(uid=*"))


def test_where_nobody_answers_it_is_unavailable_and_another_server_is_asked(company):
    with pytest.raises(Unavailable, match="no server of the directory answers"):
        reader(company, "ldaps://127.0.0.1:1").read(WISHES)
    directory = reader(company, "ldaps://127.0.0.1:1", company.url)
    assert directory.read(WISHES).server == company.url
    assert directory.servers._order()[0] == company.url


def test_starttls_is_as_good_and_comes_before_the_password(company):
    assert reader(company, company.plain).read(WISHES).people


def test_a_wrong_password_of_the_reading_account_is_told_as_that(company):
    directory = reader(company)
    directory.servers.password = "wrong"
    with pytest.raises(Unavailable, match="refuses"):
        directory.read(WISHES)


def test_a_name_that_is_not_in_the_certificate_is_refused(openldap):
    elsewhere = openldap.url.replace("127.0.0.1", "127.0.0.2")
    assert elsewhere != openldap.url
    with pytest.raises(Unavailable):
        reader(openldap, elsewhere).read(WISHES)


def test_a_certificate_by_another_ca_is_refused(company, tmp_path):

    other = tmp_path / "other.pem"
    other.write_bytes(make_authority("Another CA", today()).pem)
    directory = reader(company)
    directory.servers.ca = other
    with pytest.raises(Unavailable):
        directory.read(WISHES)
