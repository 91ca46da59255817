"""Filters are read whole or not at all: joined with others they must mean what they meant alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.settings.ldap_filter import FilterFault, checked_filter
from vedette.core.settings.parse import parse_document

WHOLE = [
    "(uid=*)",
    "(&(objectCategory=person)(objectClass=user))",
    "(!(userAccountControl:1.2.840.113556.1.4.803:=2))",
    "(memberOf:1.2.840.113556.1.4.1941:=CN=Staff,DC=corp,DC=test)",
    "(|(cn=a*b*c)(cn=\\2a))",
    "(objectClass=user)",
    "(uSNChanged>=17)",
    "(&)",
    "(cn=)",
    "(cn=Grün)",
]
BROKEN = [
    "uid=*",
    "(uid=*",
    "(uid=*))",
    "(uid=*)(cn=*)",
    "(uid=a(b)",
    "(uid=\\zz)",
    "(uid)",
    "()",
    "(!)",
    "(!(a=b)(c=d))",
    "(a b=c)",
    "(uid=a\x00)",
    "(uid=*) ",
    "(" * 200 + "a=b" + ")" * 200,
    "(!" * 200 + "(a=b)" + ")" * 200,
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_whole_filter_is_taken(text: str) -> None:
    assert checked_filter(text) == text


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_whole_filter_is_refused(text: str) -> None:
    with pytest.raises(FilterFault):
        checked_filter(text)


@given(st.text(st.sampled_from("()&|!=*\\2ab: <>~.\x00ü"), max_size=40))
def test_joined_with_another_it_stays_one_condition_of_its_own(text: str) -> None:
    try:
        checked_filter(text)
    except FilterFault:
        return
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        assert depth > 0 or place == len(text) - 1
    assert depth == 0
    assert checked_filter(f"(&(a=b){text})")


def test_a_broken_filter_is_a_fault_of_the_document() -> None:
    text = '[organisation]\nname = "x"\ndomain = "x.example"\n[directory]\npeople = "uid=*"\n'
    (fault,) = parse_document(text)  # type: ignore[misc]
    assert "begins with `(`" in fault.message
    assert fault.path == "directory.people"
