"""Every page in German: no English word is left on one, but what is marked as such or is a name."""

from __future__ import annotations

import html
import re

import pytest

from tests.apps.console.house import Browser, House
from tests.apps.console.test_roles import NAMES, TABLE, browsers

__all__ = ["browsers"]

ENGLISH = re.compile(
    r"\b(the|and|is|are|not|of|with|which|nobody|yes|no|unknown|pending|allowed|forbidden|"
    r"messages?|files?|calls?|it|they|who|what|when|until|unless)\b",
    re.IGNORECASE,
)
"""Words that no German sentence has."""
_MARKED = re.compile(r'<(\w+)[^>]* lang="en"[^>]*>.*?</\1>', re.DOTALL)
_NAMES = re.compile(
    r"<(code|pre|textarea|option|script|style|title)\b.*?</\1>|<datalist.*?</datalist>", re.DOTALL
)
_OF_THE_DOCUMENT = re.compile(
    r"(?<![\w/])/[\w./-]+|\[Errno \d+\] [\w ]+|"
    r"\b(claimed |behauptete )?[a-z_]+\.[a-z_]+\b[^<]*?\bist\b|`[^`]*`|[\w-]+:[\w-]+:[\w-]+|"
    r"@[\w.-]+:[\w.]+|„[^“]*“|(claimed )?[a-z_]+\.[a-z_]+ (in|=) [\w, ]+|"
    r"[\w-]+ (ändern|entfernen)\b|\bIT-Helpdesk\b|the first document"
)
"""Paths, the system's own words, conditions, acts, people and rules: names, and what authors wrote."""


def german(text: str) -> str:
    """What a person reads of a page beside names and what is marked as English."""
    for found in (_MARKED, _NAMES):
        while found.search(text):
            text = found.sub(" ", text)
    return _OF_THE_DOCUMENT.sub(" ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


@pytest.mark.parametrize("path", sorted(path for path in TABLE if not path.endswith(".csv")))
def test_no_page_has_english_left_on_it(browsers: dict[str, Browser], path: str) -> None:
    names = {**NAMES, "id": NAMES["token"]} if "tokens" in path else NAMES
    query = "?file=mxc://example.org/report" if path == "/files/one" else ""
    shown = browsers["olga"].get(path.format_map(names) + query, accept_language="de")
    assert shown.status == 200
    assert '<html lang="de">' in shown.text
    left = german(shown.text)
    found = [left[max(0, each.start() - 60) : each.end() + 60] for each in ENGLISH.finditer(left)]
    assert not found, "\n".join(" ".join(each.split()) for each in found[:20])


def test_a_refusal_says_in_german_why_nothing_was_done(house: House) -> None:
    browser = house.browser()
    browser.signs_in("olga")
    form = {"path": "sign_in.session", "value": "20 days", "step": "apply"}
    shown = browser.send("/orders/set-value", form, accept_language="de")
    assert "eine Änderung braucht einen Grund" in shown.words
    gone = browser.get("/partners/nobody-known", accept_language="de")
    assert "es gibt keinen Partner nobody-known" in gone.words


def test_a_decision_is_explained_in_german_with_what_the_person_reads(house: House) -> None:
    browser = house.browser()
    browser.signs_in("olga")
    asked = {"from": "@anna:example.org", "to": "@x:elsewhere.example", "channel": "message"}
    shown = browser.send("/why", asked, accept_language="de")
    assert "„Ihre Organisation hat das nicht erlaubt." in shown.words
    assert "in Matrix-Programmen: “Your organisation has not allowed this." in shown.words
    assert "keine Regel erlaubt es" in shown.words
