"""Proving a password to the company's directory: in memory, a real Active Directory, a real OpenLDAP."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

import ldap
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.directory import PASSWORD, Directory
from vedette.adapters.ldap.connection import Servers
from vedette.adapters.ldap.kinds import KINDS
from vedette.adapters.ldap.names import LdapNames
from vedette.adapters.ldap.passwords import LdapPasswords
from vedette.adapters.ldap.places import AT_ONCE
from vedette.adapters.ldap.reading import Searching
from vedette.adapters.memory.directory_passwords import MemoryDirectoryPasswords, MemoryEntry
from vedette.adapters.system_clock import SystemClock
from vedette.ports.directory import (
    BindAnswer,
    Bound,
    DirectoryNames,
    DirectoryPasswords,
    NameKind,
    Standing,
    Wishes,
)
from vedette.ports.errors import Unavailable
from vedette.protocol.ldap_entries import sid_text
from vedette.suite.certificates import make_authority, today

WRONG = Bound(BindAnswer.WRONG)
WISHES = Wishes(display_name="displayName", email="mail")


def servers_of(directory: Directory, *urls: str) -> Servers:
    return Servers(urls or (directory.url,), directory.ca, directory.reader, PASSWORD, timeout=5)


def searching_of(directory: Directory) -> Searching:
    return Searching(KINDS[directory.kind], directory.base)


def passwords_of(directory: Directory, *urls: str, wishes: Wishes = WISHES) -> LdapPasswords:
    servers = servers_of(directory, *urls)
    return LdapPasswords(servers, searching_of(directory), lambda: wishes, SystemClock())


def names_of(directory: Directory) -> LdapNames:
    return LdapNames(servers_of(directory), searching_of(directory), lambda: WISHES, SystemClock())


@dataclass(frozen=True, slots=True)
class Place:
    """A directory, and how it is put into the state that a test is about."""

    passwords: DirectoryPasswords
    names: DirectoryNames
    add: Callable[[str], object]
    put: Callable[[str, BindAnswer], object]
    tells_all: bool
    """Whether it says of everything that stands against a right password that it was right."""
    away: Callable[[], object]
    back: Callable[[], object]


def in_memory() -> Place:
    made = MemoryDirectoryPasswords()

    def add(name: str) -> None:
        made.people[name] = MemoryEntry(PASSWORD, name.title())

    def put(name: str, state: BindAnswer) -> None:
        made.people[name].state = state

    return Place(
        passwords=made,
        names=made,
        add=add,
        put=put,
        tells_all=True,
        away=lambda: setattr(made, "away", True),
        back=lambda: setattr(made, "away", False),
    )


def real(directory: Directory) -> Place:
    def put(name: str, state: BindAnswer) -> None:
        {
            BindAnswer.DISABLED: directory.disable,
            BindAnswer.EXPIRED: lambda who: directory.expire(who, time.time() - 60),
            BindAnswer.LOCKED: directory.lock,
            BindAnswer.MUST_CHANGE: directory.must_change,
        }[state](name)

    return Place(
        passwords=passwords_of(directory),
        names=names_of(directory),
        add=lambda name: directory.add_person(name, display=name.title()),
        put=put,
        tells_all=directory.kind == "active-directory",
        away=directory.stop,
        back=directory.start,
    )


@pytest.fixture(params=["memory", "active_directory", "openldap"])
def place(request: pytest.FixtureRequest) -> Place:
    return (
        in_memory() if request.param == "memory" else real(request.getfixturevalue(request.param))
    )


@pytest.fixture(params=["active_directory", "openldap"])
def directory(request: pytest.FixtureRequest) -> Directory:
    return request.getfixturevalue(request.param)


@pytest.fixture
def gone(place: Place) -> Iterator[None]:
    place.away()
    yield
    place.back()


def test_the_right_password_is_a_yes_with_the_name_that_the_directory_has(place):
    place.add("ruth")
    assert place.passwords.check("ruth", PASSWORD) == Bound(BindAnswer.OK, True, "Ruth")


def test_a_wrong_password_and_a_stranger_are_told_apart_by_nobody(place):
    place.add("wim")
    assert place.passwords.check("wim", "wrong") == WRONG
    assert place.passwords.check("wim", PASSWORD.lower()) == WRONG
    assert place.passwords.check("nobody-here", PASSWORD) == WRONG
    assert place.passwords.check(None, PASSWORD) == WRONG


def test_an_empty_password_is_wrong_and_goes_nowhere(place, gone):
    assert place.passwords.check("anybody", "") == WRONG


@pytest.mark.parametrize("state", [BindAnswer.DISABLED, BindAnswer.EXPIRED, BindAnswer.MUST_CHANGE])
def test_what_stands_against_a_right_password_is_told_by_its_name(place, state):
    name = f"kept-{state.value}"
    place.add(name)
    place.put(name, state)
    bound = place.passwords.check(name, PASSWORD)
    assert bound.answer is state
    assert bound.display_name == ""
    # an OpenLDAP says that an account is locked before it looks at the password
    assert bound.proven is (place.tells_all or state is BindAnswer.MUST_CHANGE)
    if place.tells_all:
        assert place.passwords.check(name, "wrong") == WRONG


def test_too_many_wrong_passwords_are_told_and_prove_nothing(place):
    place.add("lou")
    place.put("lou", BindAnswer.LOCKED)
    assert place.passwords.check("lou", PASSWORD) == Bound(BindAnswer.LOCKED)


def test_a_directory_that_is_away_says_nothing_about_the_person(place, gone):
    for name in ("ruth", None):
        with pytest.raises(Unavailable):
            place.passwords.check(name, PASSWORD)


def test_a_directory_that_hangs_keeps_few_threads_and_the_rest_is_told_at_once(tmp_path):
    """It takes connections and says nothing, as behind a firewall that went mad."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        authority = tmp_path / "ca.pem"
        authority.write_bytes(make_authority("A company's CA", today()).pem)
        servers = Servers(
            (f"ldaps://127.0.0.1:{silent.getsockname()[1]}",),
            authority,
            "cn=reader",
            "x",
            timeout=2,
        )
        searching = Searching(KINDS["openldap"], "dc=corp,dc=test")
        passwords = LdapPasswords(servers, searching, lambda: WISHES, SystemClock())

        def said() -> str:
            with pytest.raises(Unavailable) as outage:
                passwords.check("anybody", "x")
            return str(outage.value)

        with ThreadPoolExecutor(AT_ONCE + 4) as pool:
            found = list(pool.map(lambda _: said(), range(AT_ONCE + 4)))
    assert sum("too many waiting" in each for each in found) == 4


# ---- What only real directories can do -----------------------------------------------------------


def test_a_password_that_is_too_old_must_be_changed(directory):
    directory.add_person("olga")
    directory.let_password_expire("olga")
    time.sleep(2.1)
    found = passwords_of(directory)
    assert found.check("olga", PASSWORD) == Bound(BindAnswer.MUST_CHANGE, proven=True)
    assert found.check("olga", "wrong") == WRONG


def test_start_tls_is_as_good(directory):
    directory.add_person("stan")
    found = passwords_of(directory, directory.plain)
    assert found.check("stan", PASSWORD).answer is BindAnswer.OK


def test_the_next_server_answers_for_one_that_is_away(directory):
    directory.add_person("nele")
    found = passwords_of(directory, "ldaps://127.0.0.1:1", directory.url)
    assert found.check("nele", PASSWORD).answer is BindAnswer.OK


def test_whoever_the_settings_leave_out_has_no_way_in(directory):
    directory.add_person("tess")
    only = Wishes(people="(&(objectClass=person)(description=staff))")
    assert passwords_of(directory, wishes=only).check("tess", PASSWORD) == WRONG
    directory.change("tess", [(ldap.MOD_ADD, "description", [b"staff"])])
    assert passwords_of(directory, wishes=only).check("tess", PASSWORD).answer is BindAnswer.OK


INJECTED = ["*", "in*", "inga)(uid=*", "inga)(objectClass=*", "\\69nga", "inga\x00", "inga,ou=people",
            "cn=inga", "inga#", "(inga)", "|(uid=*)", "íngà", "INGA", "é" * 200]  # fmt: skip


@pytest.mark.parametrize("name", INJECTED)
def test_no_name_is_more_than_a_name(directory, name):
    if directory._find("inga") is None:
        directory.add_person("inga")
    assert passwords_of(directory).check(name, PASSWORD) == WRONG


@pytest.mark.parametrize(
    "password", ["\x00", "\x00\x00", " ", "x" * 1025, f"{PASSWORD}\x00", "ü" * 900, "\ud800"]
)
def test_no_strange_password_is_a_yes_or_a_fault(directory, password):
    if directory._find("petra") is None:
        directory.add_person("petra")
    assert passwords_of(directory).check("petra", password) == WRONG


@given(name=st.text(max_size=40))
@settings(max_examples=60)
def test_no_text_at_all_is_a_name_but_names(openldap, name):
    if openldap._find("ida") is None:
        openldap.add_person("ida")
    found = passwords_of(openldap).check(name, PASSWORD)
    assert found == WRONG or name == "ida"


@given(password=st.text(max_size=40))
@settings(max_examples=60)
def test_no_text_at_all_is_a_password_but_the_right_one(openldap, password):
    if openldap._find("ida") is None:
        openldap.add_person("ida")
    found = passwords_of(openldap).check("ida", password)
    # slapd locks after twenty wrong ones, and says so
    assert found in (WRONG, Bound(BindAnswer.LOCKED))


SAID = "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {}, v4563"


@pytest.mark.parametrize(
    ("code", "answer", "proven"),
    [
        ("525", BindAnswer.WRONG, False),
        ("52e", BindAnswer.WRONG, False),
        ("530", BindAnswer.DISABLED, True),
        ("531", BindAnswer.DISABLED, True),
        ("532", BindAnswer.MUST_CHANGE, True),
        ("533", BindAnswer.DISABLED, True),
        ("701", BindAnswer.EXPIRED, True),
        ("773", BindAnswer.MUST_CHANGE, True),
        ("775", BindAnswer.LOCKED, False),
        ("57", BindAnswer.WRONG, False),  # of another problem, which nobody has listed
        ("", BindAnswer.WRONG, False),
    ],
)
def test_what_windows_says_is_read_and_what_is_not_known_lets_nobody_in(
    active_directory, code, answer, proven
):
    bound = passwords_of(active_directory)._refused({"info": SAID.format(code)}, None)
    assert bound == Bound(answer, proven)


# ---- Other names ---------------------------------------------------------------------------------


def test_a_person_is_found_by_e_mail_and_by_dn(directory):
    dn = directory.add_person("Uma", mail="uma.k@corp.test")
    found = names_of(directory)
    assert found.find(NameKind.EMAIL, "uma.k@corp.test") == "uma"
    assert found.find(NameKind.DN, dn) == "uma"
    for kind, value in (
        (NameKind.EMAIL, "*"),
        (NameKind.EMAIL, "uma.k@corp.test)(uid=*"),
        (NameKind.EMAIL, "umä.k@corp.test"),
        (NameKind.EMAIL, "uma.k@corp.test\0"),
        (NameKind.EMAIL, ""),
        (NameKind.DN, "cn=nobody,dc=corp,dc=test"),
        (NameKind.DN, "not a name"),
        (NameKind.DN, directory.reader if directory.kind == "openldap" else directory.people),
        (NameKind.DN, ""),
    ):
        assert found.find(kind, value) is None, (kind, value)


def test_a_name_of_two_people_or_of_somebody_who_left_is_nobodys(directory):
    directory.add_person("vic", mail="shared@corp.test")
    assert names_of(directory).find(NameKind.EMAIL, "shared@corp.test") == "vic"
    directory.add_person("val", mail="shared@corp.test")
    assert names_of(directory).find(NameKind.EMAIL, "shared@corp.test") is None
    directory.add_person("yan", mail="yan@corp.test")
    directory.disable("yan")
    assert names_of(directory).find(NameKind.EMAIL, "yan@corp.test") is None


def test_an_active_directory_knows_people_by_upn_and_sid(active_directory):
    dn = active_directory.add_person("zoe")
    raw = active_directory.administrator.search_s(dn, ldap.SCOPE_BASE, attrlist=["objectSid"])
    sid = sid_text(raw[0][1]["objectSid"][0])
    found = names_of(active_directory)
    assert found.find(NameKind.UPN, "zoe@corp.test") == "zoe"
    assert found.find(NameKind.SID, sid) == "zoe"
    assert found.find(NameKind.SID, sid[:-1]) is None
    assert found.find(NameKind.SID, "S-1-5-*") is None
    for nobody in ("zoe@*", "zoë@corp.test", "zoe@corp.test\0", "zoe"):
        assert found.find(NameKind.UPN, nobody) is None
    active_directory.expire("zoe", time.time() - 10)
    assert found.find(NameKind.UPN, "zoe@corp.test") is None


# ---- How somebody stands, without a password -------------------------------------------------------


@pytest.mark.parametrize("state", [each for each in BindAnswer if each is not BindAnswer.WRONG])
def test_how_somebody_stands_is_told_without_their_password(place, state):
    name = f"st-{state}"
    place.add(name)
    if state is not BindAnswer.OK:
        place.put(name, state)
    assert place.names.standing(NameKind.USER, name.upper()) == Standing(name, state)
    out = state in (BindAnswer.DISABLED, BindAnswer.EXPIRED)
    assert place.names.find(NameKind.USER, name) == (None if out else name)
    assert place.names.standing(NameKind.USER, f"{name}*") is None
    assert place.names.standing(NameKind.USER, "") is None


def test_a_directory_that_is_away_says_nothing_of_how_somebody_stands(place, gone):
    with pytest.raises(Unavailable):
        place.names.standing(NameKind.USER, "ruth")
