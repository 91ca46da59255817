"""Both languages, whole, on every page of the console."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Formatter

import pytest

import vedette.console
from vedette.admin.findings import Health
from vedette.console.registry import ORDERS, SENTENCES

TEMPLATES = files(vedette.console).joinpath("templates")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_every_sentence_is_there_twice_with_the_same_places(key):
    english, german = SENTENCES[key]
    assert english.strip()
    assert german.strip()
    assert places(english) == places(german)


def test_every_word_that_a_template_says_is_there():
    said = 0
    for page in TEMPLATES.iterdir():
        if page.name.endswith(".html"):
            for key in re.findall(r'say\(["\']([a-z-]+)["\'](?! ~)', page.read_text()):
                assert key in SENTENCES, f"{page.name}: {key}"
                said += 1
    assert said > 50
    assert {
        f"overview-{health.value}" for health in Health if health is not Health.GOOD
    } <= SENTENCES.keys()
    assert {kind.title for kind in ORDERS.values()} <= SENTENCES.keys()


def test_no_template_has_a_script_or_a_style_in_it_or_lets_marks_through():
    for page in TEMPLATES.iterdir():
        text = page.read_text()
        assert not re.search(r"<script(?! src=\"/static/console\.js\" defer>)", text), page.name
        assert not re.search(r"\s(style|on[a-z]+)=", text), page.name
        assert "|safe" not in text, page.name
        assert "javascript:" not in text, page.name
