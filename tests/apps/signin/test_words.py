"""Both languages, whole."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vedette.signin
from vedette.core.language import Language
from vedette.core.sessions import SessionState
from vedette.pages.language import choose
from vedette.signin.words import WORDS, say

PAGES = files(vedette.signin).joinpath("pages")
SOURCES = Path(vedette.signin.__file__).parent


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(WORDS))
def test_every_sentence_is_there_twice_with_the_same_places(key):
    english, german = WORDS[key]
    assert english.strip()
    assert german.strip()
    assert places(english) == places(german)


def test_every_word_that_a_page_says_is_there():
    for page in PAGES.iterdir():
        if page.name.endswith(".html"):
            for key in re.findall(r'say\(["\']([a-z-]+)["\'](?! ~)', page.read_text()):
                assert key in WORDS, f"{page.name}: {key}"
    for state in SessionState:
        assert f"state-{state.value}" in WORDS
    for kind in ("totp", "radius", "recovery"):
        assert f"{kind}-says" in WORDS


def test_every_word_is_said_somewhere():
    text = "".join(page.read_text() for page in PAGES.iterdir() if page.name.endswith(".html"))
    text += "".join(path.read_text() for path in SOURCES.glob("*.py") if path.name != "words.py")
    made = {"state-", "kind-", "totp-says", "radius-says", "recovery-says"}
    for key in WORDS:
        assert f'"{key}"' in text or f"'{key}'" in text or any(key.startswith(m) for m in made), key


def test_no_page_says_anything_by_itself():
    """Text between tags comes from the words: letters outside of `{{ }}`, `{% %}` and tags."""
    for page in PAGES.iterdir():
        if not page.name.endswith(".html"):
            continue
        bare = re.sub(r"\{[{%].*?[%}]\}|<[^>]*>", "", page.read_text(), flags=re.DOTALL)
        assert not re.search(r"[A-Za-z]{2,}", bare), (page.name, bare.strip())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.EN),
        ("de", Language.DE),
        ("de-DE,de;q=0.9,en;q=0.8", Language.DE),
        ("en-GB, de;q=0.5", Language.EN),
        ("fr, de;q=0.4, en;q=0.3", Language.DE),
        ("fr", Language.EN),
        ("de;q=0", Language.EN),
        ("*", Language.EN),
        ("de;q=x", Language.EN),
    ],
)
def test_the_language_is_the_browsers(header, language):
    assert choose(header) is language


@given(st.text(max_size=500))
def test_any_header_chooses_a_language(header):
    assert choose(header) in Language


def test_a_word_is_filled():
    assert say(Language.DE, "upstream", name="{x}") == "Anmelden mit {x}"
