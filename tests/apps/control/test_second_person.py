"""What takes a second person whatever the rules say: never less than what could weaken a promise."""

from __future__ import annotations

import pytest

from tests.apps.control.test_lockout import policy
from vedette.admin.second_person import wanted_by_code

BASE = """
[organisation]
name = "Example AG"
domain = "example.org"
[parties]
staff = { groups = ["Employees"], except = ["temps"] }
temps = { groups = ["Temps"] }
office = { groups = ["Security-Officers"] }
[partners]
acme = { domains = ["acme.example"], valid_until = 2099-12-31 }
[rules]
officers = { from = ["office"], allow = ["administer"] }
talk = { between = ["us", "us"], allow = ["message"] }
two = { from = ["us"], forbid = ["administer"], when = ["change.widens in outside"], unless = ["approvals >= 2"] }
[guardrails]
no-files = { between = ["us", "partners"], forbid = ["file"] }
staff-only = { from = ["staff"], forbid = ["file"], to = ["acme"] }
strangers = { between = ["us", "outside"], forbid = ["file"], when = ["file.kind in program"] }
"""  # noqa: E501
LATER = '["today > 2026-01-01"]'
AUTHOR = "@anna:example.org"


def wanted(old: str, new: str) -> int:
    assert BASE.count(old) == 1, old
    return wanted_by_code(policy(BASE), policy(BASE.replace(old, new), number=2), AUTHOR).persons


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('no-files = { between = ["us", "partners"], forbid = ["file"] }', ""),
        ('"partners"], forbid = ["file"]', f'"partners"], forbid = ["file"], when = {LATER}'),
        ('between = ["us", "partners"]', 'from = ["us"], to = ["partners"]'),
        ('acme = { domains = ["acme.example"], valid_until = 2099-12-31 }', ""),
        ('domains = ["acme.example"]', 'domains = ["other.example"]'),
        ("2099-12-31", "2090-12-31"),
        ('groups = ["Employees"]', 'groups = ["Board"]'),
        ('except = ["temps"]', 'except = ["temps", "office"]'),
        ('temps = { groups = ["Temps"] }', 'temps = { groups = ["Temps", "Employees"] }'),
    ],
    ids=["lost", "under a condition", "one way", "its partner goes", "another domain",
         "ends earlier", "another group", "more excepted", "the excepted grow"],
)  # fmt: skip
def test_a_guardrail_that_might_hold_for_less_takes_one_more(old: str, new: str) -> None:
    if "staff-only" in BASE and old.startswith("acme = "):
        new = 'aside = { domains = ["aside.example"] }'
        text = BASE.replace(old, new).replace('to = ["acme"]', 'to = ["aside"]')
        assert wanted_by_code(policy(BASE), policy(text, number=2), AUTHOR).persons == 1
        return
    assert wanted(old, new) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"partners"], forbid = ["file"] }', '"partners"], forbid = ["file", "screen"] }'),
        (', when = ["file.kind in program"]', ""),
        ('groups = ["Employees"]', 'groups = ["Employees", "Board"]'),
        (', except = ["temps"]', ""),
        (", valid_until = 2099-12-31", ""),
        ("[rules]", 'beta = { domains = ["beta.example"] }\n[rules]'),
        ('talk = { between = ["us", "us"], allow = ["message"] }', ""),
        ('allow = ["message"]', 'allow = ["message", "file"]'),
    ],
)  # fmt: skip
def test_what_only_grows_or_is_no_guardrail_takes_nobody(old: str, new: str) -> None:
    assert wanted(old, new) == 0


def test_a_partner_that_a_guardrail_names_is_renamed_and_removed_by_two() -> None:
    renamed = BASE.replace("acme = {", "umbrella = {").replace('to = ["acme"]', 'to = ["umbrella"]')
    removed = BASE.replace(
        'acme = { domains = ["acme.example"], valid_until = 2099-12-31 }', ""
    ).replace('to = ["acme"]', 'to = ["partners"]')
    for text in (renamed, removed):
        found = wanted_by_code(policy(BASE), policy(text, number=2), AUTHOR)
        assert "The guardrail `staff-only` would be lost or weaker." in found.why
        assert found.persons == 1


def test_a_partner_may_be_renamed_where_guardrails_name_all_partners() -> None:
    one = BASE.replace('staff-only = { from = ["staff"], forbid = ["file"], to = ["acme"] }', "")
    other = one.replace("acme = {", "acme-ag = {")
    assert wanted_by_code(policy(one), policy(other, number=2), AUTHOR).persons == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"approvals >= 2"', '"approvals >= 1"'),
        (', unless = ["approvals >= 2"]', ', unless = ["approvals >= 2"], mode = "observe"'),
        ('when = ["change.widens in outside"]', 'when = ["change.widens in acme"]'),
    ],
)
def test_fewer_eyes_are_decided_by_as_many_as_there_are(old: str, new: str) -> None:
    assert wanted(old, new) == 2


def test_more_eyes_take_nobody() -> None:
    assert wanted(', when = ["change.widens in outside"]', "") == 0


def test_whoever_gets_a_right_does_not_decide_alone() -> None:
    """The officers may do everything, so they gain nothing; anna is one only by the new document."""
    gives = 'office = { groups = ["Security-Officers"], users = ["@dora:example.org"] }'
    text = BASE.replace('office = { groups = ["Security-Officers"] }', gives)
    new = policy(text, number=2)
    assert wanted_by_code(policy(BASE), new, AUTHOR).persons == 0
    found = wanted_by_code(policy(BASE), new, "@dora:example.org")
    assert (found.persons, "get a right that they don't have" in found.why[0]) == (1, True)
    assert wanted_by_code(policy(BASE), new, "local administrator").persons == 0
