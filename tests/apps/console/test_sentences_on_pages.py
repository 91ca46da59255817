"""What a sentence has between backticks is written as code, and nothing in it is ever anything else."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apps.console.house import House
from vedette.core.language import Language, Sentence, as_is, told
from vedette.core.settings.sentences import condition_words
from vedette.pages.templates import coded, environment

EVIL = "`<img src=x onerror=alert(1)>` and `\"'><script>alert(2)</script>`"
TAG = re.compile(r"</?code>")
HOSTILE = st.text(st.sampled_from("`<>&\"'/= ab\n\u2028{}%") | st.characters(), max_size=60)


@given(HOSTILE)
def test_whatever_is_said_nothing_but_code_becomes_a_mark(text: str) -> None:
    written = str(coded(text))
    bare = TAG.sub("", written)
    assert not set("<>\"'") & set(bare)
    whole = text.replace("`", "") if text.count("`") % 2 == 0 else text
    assert html.unescape(bare) == whole
    assert (
        written.count("<code>")
        == written.count("</code>")
        == (text.count("`") // 2 if text.count("`") % 2 == 0 else 0)
    )


def test_one_backtick_alone_is_itself() -> None:
    assert str(coded("a ` b")) == "a ` b"
    assert str(coded("rule `x` holds")) == "rule <code>x</code> holds"


@pytest.mark.parametrize("language", list(Language))
def test_templates_write_sentences_so_and_other_texts_as_they_are(language: Language) -> None:
    made = environment("vedette.console", "templates", language)
    page = made.from_string("<p>{{ said }}</p><p>{{ text }}</p>")
    shown = page.render(said=as_is(EVIL), text=EVIL)
    said, text = shown.split("</p><p>")
    assert "<code>&lt;img src=x onerror=alert(1)&gt;</code>" in said
    assert "<code>" not in text
    assert not re.search(r"<(img|script)", shown)


def test_places_of_a_sentence_are_filled_before_it_is_written() -> None:
    """What fills a place may have backticks of its own: it gets no mark but code by that."""
    said = told("rule `{name}` only observes: it protects nothing", name="`<b>`")
    assert "<b>" not in coded(said)
    assert isinstance(condition_words("act = x:y:z"), Sentence)


PAGES = ("/", "/settings", "/settings/rules", "/partners", "/people", "/sessions", "/changes",
         "/administrators", "/audit", "/grid", "/why")  # fmt: skip


def test_no_attribute_of_a_page_ever_has_a_mark_in_it(house: House) -> None:
    browser = house.browser()
    browser.signs_in("olga")
    seen = 0
    for path in PAGES:
        page = browser.get(path)
        assert page.status == 200, path
        seen += page.text.count("<code>")
        for attribute in re.findall(r'[\w-]+="([^"]*)"', page.text):
            assert "<" not in attribute, f"{path}: {attribute[:80]}"
        for inner in re.findall(r"<(?:option|title|textarea)[^>]*>([^<]*<[^/])", page.text):
            raise AssertionError(f"{path}: {inner[:80]}")
    assert seen
