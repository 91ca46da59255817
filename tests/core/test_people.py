from __future__ import annotations

import datetime as dt

import pytest

from vedette.core import people as people_file
from vedette.core.names import ServerName, UserId
from vedette.core.people import Directory, Person
from vedette.core.settings.document import Document
from vedette.core.settings.parse import check_document

DOCUMENT, FAULTS = check_document("""
[organisation]
name   = "X"
domain = "x.example"
[parties]
temps = { groups = ["Temps"] }
staff = { groups = ["Staff"], except = ["temps"] }
named = { users = ["@eve:x.example", "@guest:acme.example"] }
[partners.acme]
domains = ["acme.example", "*.acme.example"]
[partners.gone]
domains     = ["gone.example"]
valid_until = 2027-06-30
""")
LAST = dt.date(2027, 6, 30).toordinal()
PEOPLE = {
    "@anna:x.example": Person(groups=frozenset({"Staff"})),
    "@temp:x.example": Person(groups=frozenset({"Staff", "Temps"})),
    "@left:x.example": Person(groups=frozenset({"Staff"}), active=False),
    "@guest:x.example": Person(guest=True),
}


def directory(today=LAST):
    assert DOCUMENT is not None, FAULTS
    return Directory(DOCUMENT, PEOPLE, today)


def parties(user, today=LAST):
    return set(directory(today).someone(UserId(user)).parties)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("@anna:x.example", {"anyone", "us", "staff"}),
        ("@temp:x.example", {"anyone", "us", "temps"}),
        ("@left:x.example", {"anyone", "us"}),
        ("@unheard-of:x.example", {"anyone", "us"}),
        ("@eve:x.example", {"anyone", "us", "named"}),
        ("@guest:x.example", {"anyone", "guests"}),
        ("@vedette-notices:x.example", {"anyone", "services"}),
        ("@vedette-notices:acme.example", {"anyone", "partners", "acme"}),
        ("@b:acme.example", {"anyone", "partners", "acme"}),
        ("@b:deep.below.acme.example", {"anyone", "partners", "acme"}),
        ("@guest:acme.example", {"anyone", "partners", "acme", "named"}),
        ("@b:acme.example:8448", {"anyone", "outside"}),
        ("@b:evilacme.example", {"anyone", "outside"}),
        ("@b:gone.example", {"anyone", "partners", "gone"}),
        ("@b:elsewhere.example", {"anyone", "outside"}),
    ],
)
def test_everybody_belongs_to_parties(user, expected):
    assert parties(user) == expected


def test_a_partner_whose_time_ended_is_outside():
    assert parties("@b:gone.example", LAST + 1) == {"anyone", "outside"}


def test_people_of_a_partners_servers_are_of_one_organisation():
    one, other = (directory().someone(UserId(f"@b:{s}acme.example")) for s in ("", "a."))
    assert one.organisation == other.organisation == "acme"
    assert not one.ours


def test_a_server_has_what_each_of_its_people_has():
    known = directory()
    assert known.server(ServerName("x.example")).parties == {"anyone", "us"}
    assert known.server(ServerName("x.example")).ours
    assert known.server(ServerName("acme.example")).parties == {"anyone", "partners", "acme"}
    assert known.server(ServerName("elsewhere.example")).organisation == "elsewhere.example"


def test_the_suites_own_accounts_are_known_by_name_and_domain():
    known = directory()
    assert known.is_service(UserId("@vedette-inspector:x.example"))
    assert not known.is_service(UserId("@vedette-inspector:acme.example"))
    assert not known.is_service(UserId("@anna:x.example"))


def test_everyone_is_one_example_of_each_kind():
    known = directory()
    kinds = {frozenset(person.parties) for person in known.everyone()}
    assert len(kinds) == len(known.everyone())
    assert {frozenset({"anyone", "outside"}), frozenset({"anyone", "partners", "acme"})} <= kinds
    assert {person.name for person in known.ours()} == set(PEOPLE)
    assert known.everyone() is known.everyone()


def test_a_partner_that_ended_is_no_kind_of_its_own():
    kinds = {name for person in directory(LAST + 1).everyone() for name in person.parties}
    assert "gone" not in kinds
    assert "acme" in kinds


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(people_file, "_MOST_REMEMBERED", 3)
    known = directory()
    for number in range(10):
        known.someone(UserId(f"@b{number}:acme.example"))
        assert len(known._remembered) <= 3


def test_somebody_is_looked_up_once():
    known = directory()
    user = UserId("@anna:x.example")
    assert known.someone(user) is known.someone(user)


def test_an_exception_may_name_what_everybody_here_belongs_to():
    document = Document.model_validate(
        {
            "organisation": {"name": "X", "domain": "x.example"},
            "parties": {"friends": {"groups": ["Friends"], "except": ["us"]}},
        },
        by_alias=True,
        by_name=False,
    )
    friends = Person(groups=frozenset({"Friends"}))
    known = Directory(document, {"@anna:x.example": friends}, LAST)
    assert known.someone(UserId("@anna:x.example")).parties == {"anyone", "us"}


def test_people_alike_are_everybody_once_and_nobody_among_them_differs():
    crowd = {
        **PEOPLE,
        **{f"@anna{n}:x.example": PEOPLE["@anna:x.example"] for n in range(5)},
        "@eve:x.example": PEOPLE["@anna:x.example"],
        "@vedette-notices:x.example": PEOPLE["@anna:x.example"],
    }
    known = Directory(DOCUMENT, crowd, LAST)
    found = known.alike()
    assert sorted(user for each in found for user in each.users) == sorted(crowd)
    for each in found:
        assert list(each.users) == sorted(each.users)
        kinds = {known.someone(UserId(user)).kind for user in each.users}
        assert kinds == {each.someone.kind}
        assert {crowd[user] for user in each.users} == {each.person}


def test_the_same_people_under_another_document_are_as_if_looked_up_anew():
    other, faults = check_document(
        '[organisation]\nname = "X"\ndomain = "x.example"\n'
        '[parties]\nstaff = { groups = ["Temps"], users = ["@anna:x.example"] }'
    )
    assert other is not None, faults
    before = directory()
    before.everyone()
    then = before.under(other, LAST + 1)
    fresh = Directory(other, PEOPLE, LAST + 1)
    assert then == fresh
    assert then.everyone() == fresh.everyone()
    assert {e.users for e in then.alike()} == {e.users for e in fresh.alike()}


@pytest.mark.parametrize("parties", [40, 400])
def test_whoever_is_alike_is_looked_up_once_however_many_they_are(parties, monkeypatch):
    names = "\n".join(f'p{n} = {{ groups = ["G{n}"] }}' for n in range(parties))
    wide, faults = check_document(
        f'[organisation]\nname = "X"\ndomain = "x.example"\n[parties]\n{names}'
    )
    assert wide is not None, faults
    asked = []
    belongs = Directory._belongs
    monkeypatch.setattr(Directory, "_belongs", lambda *a: asked.append(1) or belongs(*a))
    crowd = {f"@u{n}:x.example": Person(groups=frozenset({f"G{n % 3}"})) for n in range(900)}
    assert len(Directory(wide, crowd, LAST).everyone()) == 3 + 1
    assert len(asked) == 3 * parties
