"""Sentences that carry every language, and what is put together from them."""

from __future__ import annotations

import copy
import json
from datetime import date

from vedette.core.language import (
    OR,
    Language,
    Sentence,
    as_is,
    day,
    from_json,
    in_language,
    joined,
    listed,
    said_by,
    to_json,
    told,
)

YES = Sentence("yes", "ja")
SAID = told("rule `{rule}`", rule="acme")


def both(text: str) -> tuple[str, str]:
    return in_language(text, Language.EN), in_language(text, Language.DE)


def test_a_sentence_is_its_english_wherever_a_text_is_wanted():
    assert YES == "yes"
    assert json.dumps([YES]) == '["yes"]'
    assert f"{YES}!" == "yes!"


def test_a_place_is_filled_in_each_language():
    assert both(SAID) == ("rule `acme`", "Regel `acme`")
    assert both(told(" towards {whom}", whom=YES)) == (" towards yes", " gegenüber ja")
    assert both(told(" and {count} more", count=3)) == (" and 3 more", " und 3 weitere")


def test_what_fills_a_place_is_no_place_itself():
    assert both(told("rule `{rule}`", rule="{rule} {x}")) == (
        "rule `{rule} {x}`",
        "Regel `{rule} {x}`",
    )


def test_what_nobody_has_put_into_german_is_said_in_english():
    assert both(told("nobody ever says this")) == ("nobody ever says this",) * 2  # type: ignore[comparison-overlap]


def test_words_are_listed_as_each_language_does():
    assert both(listed([])) == ("", "")
    assert both(listed([YES])) == ("yes", "ja")
    assert both(listed(["a", YES, "c"])) == ("a, yes and c", "a, ja und c")
    assert both(listed(["a", "b"], OR)) == ("a or b", "a oder b")


def test_an_empty_part_is_left_out():
    assert both(joined(["a", "", YES])) == ("a yes", "a ja")
    assert both(joined([YES, YES], "; ")) == ("yes; yes", "ja; ja")


def test_a_copy_and_what_was_kept_speak_both():
    for again in (copy.copy(SAID), copy.deepcopy(SAID), from_json(to_json(SAID))):
        assert both(again) == both(SAID)
    assert from_json(to_json("a text")) == "a text"


def test_a_fault_says_what_it_was_made_from():
    assert both(said_by(ValueError(SAID))) == both(SAID)
    assert both(said_by(ValueError("strange"))) == ("strange", "strange")
    assert both(as_is("strange")) == ("strange", "strange")


def test_a_day_is_written_as_each_language_does():
    assert both(day(date(2027, 6, 30))) == ("2027-06-30", "30.06.2027")
