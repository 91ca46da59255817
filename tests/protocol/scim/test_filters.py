"""Filters and paths: what the grammar says is read, and asked of resources; all else is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vedette.protocol.scim.faults import ScimFault, Wrong
from vedette.protocol.scim.filters import Target, holds, parse_filter, parse_target
from vedette.protocol.scim.schemas import ENTERPRISE, GROUPS, USERS

ANN: dict[str, Any] = {
    "id": "A1",
    "userName": "ann@example.org",
    "externalId": "X-1",
    "active": True,
    "name": {"givenName": "Ann", "familyName": "O'Neil"},
    "emails": [
        {"value": "ann@example.org", "type": "work", "primary": True},
        {"value": "ann@home.example", "type": "home"},
    ],
    ENTERPRISE: {"department": "Sales", "manager": {"value": "M7"}},
    "meta": {"created": "2026-05-01T00:00:00Z"},
}
TRUE = [
    'userName eq "ann@example.org"',
    'USERNAME Eq "ANN@EXAMPLE.ORG"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ann"',
    'externalId eq "X-1"',
    'name.familyName co "o\'n"',
    'userName ew ".org"',
    'userName ne "ben"',
    'title ne "x"',
    "active eq true",
    'active eq "True"',
    "not (active eq false)",
    "name.givenName pr",
    "emails pr",
    'emails eq "ann@home.example"',
    'emails.value co "home"',
    'emails[type eq "work" and primary eq true]',
    'emails[type eq "work"].value eq "ann@example.org"',
    'emails[not (type eq "other")]',
    f'{ENTERPRISE}:department eq "sales"',
    f'{ENTERPRISE}:manager.value eq "m7"',
    f'{ENTERPRISE}:manager eq "M7"',
    'meta.created ge "2026-01-01T00:00:00Z" and meta.created lt "2027-01-01T00:00:00Z"',
    'userName eq "x" or userName eq "y" or id eq "A1"',
    'title eq null or userName eq "x"',
    '(userName sw "a" or userName sw "b") and active eq true',
    'userName eq "x" and userName eq "y" or id eq "A1"',
    '  userName   eq   "ann@example.org"  ',
    'userName eq "\\u0061nn@example.org"',
]
FALSE = [
    'userName eq "ben"',
    'externalId eq "x-1"',
    "active eq false",
    "title pr",
    "active eq 1",
    'emails[type eq "work" and value co "home"]',
    'emails[type eq "home" and primary eq true]',
    "not (userName pr)",
    'userName gt "b"',
    'userName eq "x" or (userName pr and active eq false)',
    "userName eq null",
    f'{ENTERPRISE}:department eq "support"',
]  # fmt: skip


@pytest.mark.parametrize("text", TRUE)
def test_a_filter_holds_as_the_rfc_says(text: str) -> None:
    assert holds(parse_filter(text, USERS), ANN)


@pytest.mark.parametrize("text", FALSE)
def test_a_filter_does_not_hold_for_others(text: str) -> None:
    assert not holds(parse_filter(text, USERS), ANN)


BROKEN = [
    "", " ", "userName", "userName eq", "eq", 'eq "x"', 'userName eq "x', "userName eq x",
    'userName is "x"', 'userName eq "x" and', 'and userName eq "x"', 'userName eq "x")',
    '(userName eq "x"', 'not userName eq "x"', 'emails[type eq "x"', "emails[]", "emails[",
    'emails[type[value eq "x"]]', 'userName[value eq "x"]', 'emails[nothing eq "x"]',
    'emails[type eq "x"].nothing pr', 'nothing eq "x"', 'name.nothing eq "x"', "active gt true",
    "userName gt null", 'userName eq "\\q"', 'userName eq "a\nb"', "userName eq 01", 'userName eq "a" "b"',
    "((((((((((((((((((((((userName pr))))))))))))))))))))))", "userName pr or " * 101 + "userName pr",
    'userName eq "' + "x" * 5000 + '"', "urn:other:userName pr", "\x00", "userName pr ☃",
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_filter_is_refused_as_such(text: str) -> None:
    with pytest.raises(ScimFault) as refused:
        parse_filter(text, USERS)
    assert (refused.value.wrong, refused.value.status) == (Wrong.FILTER, 400)


def test_paths_name_an_attribute_its_values_or_a_part_of_them() -> None:
    found = parse_target('emails[type eq "work"].value', USERS)
    assert isinstance(found, Target)
    assert found.which is not None
    assert found.place.sub is not None
    assert (found.place.attribute.name, found.place.sub.name) == ("emails", "value")
    found = parse_target(f"{ENTERPRISE}:manager.value", USERS)
    assert isinstance(found, Target)
    assert (found.place.urn, found.place.attribute.name) == (ENTERPRISE, "manager")
    assert parse_target(ENTERPRISE.upper(), USERS) == ENTERPRISE
    found = parse_target('members[value eq "x"]', GROUPS)
    assert isinstance(found, Target)


@pytest.mark.parametrize(
    "text", ["", "nothing", "emails[", 'emails[type eq "x"].', "emails.value.x", 'emails eq "x"']
)
def test_what_is_no_path_is_refused_as_such(text: str) -> None:
    with pytest.raises(ScimFault) as refused:
        parse_target(text, USERS)
    assert refused.value.wrong is Wrong.PATH


WORDS = st.sampled_from(
    [
        "userName", "emails", "name.givenName", "active", "members", "type", "value", "eq", "ne", "co",
        "sw", "pr", "gt", "and", "or", "not", "(", ")", "[", "]", ".value", '"work"', '"', "true", "null",
        "7", "-1.5", f"{ENTERPRISE}:department", " ", "\\", "é", "$ref", "urn:", ":", "\x00",
    ]
)  # fmt: skip


@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=60))
@example("not (not (not (userName pr)))")
def test_whatever_is_asked_is_answered_or_refused(text: str) -> None:
    for kind in (USERS, GROUPS):
        try:
            found = parse_filter(text, kind)
        except ScimFault as refused:
            assert refused.wrong is Wrong.FILTER  # noqa: PT017
        else:
            assert isinstance(holds(found, ANN), bool)
        try:
            parse_target(text, kind)
        except ScimFault as refused:
            assert refused.wrong is Wrong.PATH  # noqa: PT017


@given(st.sampled_from(TRUE + FALSE), st.sampled_from(TRUE + FALSE))
def test_and_or_and_not_mean_what_they_mean(one: str, other: str) -> None:
    def asked(text: str) -> bool:
        return holds(parse_filter(text, USERS), ANN)

    assert asked(f"({one}) and ({other})") == (asked(one) and asked(other))
    assert asked(f"({one}) or ({other})") == (asked(one) or asked(other))
    assert asked(f"not ({one})") == (not asked(one))
