"""Patterns take a person's name out of a certificate's subject, in one way only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.names import InvalidName
from vedette.core.subject_patterns import ATTRIBUTES, SubjectPattern, parse_pattern

CN, ORG, OU, UID = (ATTRIBUTES[each] for each in ("CN", "O", "OU", "UID"))


def match(pattern: str, *subject: tuple[str, str]) -> str | None:
    return parse_pattern(pattern).match(subject)


def test_the_name_is_what_stands_in_the_hole() -> None:
    assert match("CN={user}, O=Corp", (CN, "alice"), (ORG, "Corp")) == "alice"
    assert match("CN=Dr {user} (cards), O=Corp", (CN, "Dr alice (cards)"), (ORG, "Corp")) == "alice"
    assert parse_pattern("CN={email}").kind == "email"


def test_a_star_holds_anything_but_nothing() -> None:
    assert match("UID={user}, OU=*, O=Corp", (UID, "a1"), (OU, "Sales"), (ORG, "Corp")) == "a1"
    assert match("UID={user}, OU=*, O=Corp", (UID, "a1"), (OU, ""), (ORG, "Corp")) is None


@pytest.mark.parametrize(
    "subject",
    [
        ((CN, "alice"),),
        ((CN, "alice"), (ORG, "Corp"), (OU, "x")),
        ((ORG, "Corp"), (CN, "alice")),
        ((CN, "alice"), (ORG, "corp")),
        ((CN, "alice"), (OU, "Corp")),
        ((CN, ""), (ORG, "Corp")),
    ],
)
def test_another_subject_has_no_name(subject: tuple[tuple[str, str], ...]) -> None:
    assert match("CN={user}, O=Corp", *subject) is None


def test_before_and_after_do_not_share_letters() -> None:
    assert match("CN=aba{user}aba", (CN, "ababa")) is None
    assert match("CN=aba{user}aba", (CN, "abaXaba")) == "X"


def test_a_backslash_makes_text_plain() -> None:
    pattern = r"CN={user}, O=Corp\, Inc. \{\*\}\\"
    assert match(pattern, (CN, "a"), (ORG, "Corp, Inc. {*}\\")) == "a"


@pytest.mark.parametrize(
    "wrong",
    ["", "CN=alice", "CN={user}, UID={user}", "CN={user}{user}", "CN={user}*", "CN={name}",
     "XX={user}", "CN={user},", "={user}", "CN={user}, O=", "CN={us\ner}", "CN={user}\\", "CN=a\\b{user}",
     "CN={user}" + "x" * 500],
)  # fmt: skip
def test_a_pattern_that_could_be_read_otherwise_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidName):
        parse_pattern(wrong)


@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    try:
        assert isinstance(parse_pattern(text), SubjectPattern)
    except InvalidName:
        return


PLAIN = st.text(st.characters(exclude_categories=("C", "Z")), max_size=12)


@given(before=PLAIN, name=PLAIN.filter(bool), after=PLAIN)
def test_what_was_put_into_the_hole_comes_out_of_it(before: str, name: str, after: str) -> None:
    def plain(text: str) -> str:
        return "".join("\\" + char if char in "\\,*{}" else char for char in text)

    pattern = f"CN={plain(before)}{{user}}{plain(after)}"
    assert match(pattern, (CN, before + name + after)) == name
