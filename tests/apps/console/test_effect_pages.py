"""What a change does at once stands under its form, before it is applied and in both languages."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.apps.console.house import Browser, House, user
from tests.apps.console.test_changes import into, number, text
from tests.apps.console.test_german import ENGLISH, german
from tests.apps.control.sign_in import TWO, session

RULE = """
[rules.phones]
from = ["us"]
forbid = ["sign-in"]
when = ["claimed device.platform = android"]
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Somebody who is no officer is signed in at a phone."""
    made = House(tmp_path_factory.mktemp("effect-pages") / "org")
    now = int(time.time())
    phone = session("phone", user("erik"), factors=TWO, expires=now + 86400, platform="android")
    made.store.add_session(phone, None, now)
    yield made
    made.close()


@pytest.fixture(scope="module")
def olga(house: House) -> Browser:
    return into(house, "olga")


def checked(house: House, olga: Browser, language: str = "en", do: str = "check") -> str:
    form = {"text": text(house) + RULE, "base": str(number(house)), "do": do}
    return olga.send("/changes/draft", form, accept_language=language).text


def test_a_draft_says_whose_sessions_it_suspends_and_how_to_undo_it(
    house: House, olga: Browser
) -> None:
    page = checked(house, olga)
    assert "Sessions that would be suspended: 1 (people: 1)." in page
    assert f"vedette settings restore {number(house)}" in page


def test_it_says_so_in_german(house: House, olga: Browser) -> None:
    page = checked(house, olga, "de")
    assert "Sitzungen, die angehalten würden: 1 (Personen: 1)." in page
    assert not ENGLISH.findall(german(page))


def test_the_preview_under_the_form_of_a_rule_says_it_while_it_is_typed(
    house: House, olga: Browser
) -> None:
    form = {"text": text(house) + RULE, "base": str(number(house))}
    part = olga.send("/orders/apply-draft/preview", form, x_part="yes")
    assert "Sessions that would be suspended: 1 (people: 1)." in part.words


def test_what_would_shut_the_only_officer_out_is_refused_where_it_is_applied(
    house: House, olga: Browser
) -> None:
    before, draft = number(house), text(house) + RULE.replace("claimed ", "")
    form = {"text": draft, "base": str(before), "reason": "too old", "step": "apply"}
    page = olga.send("/orders/apply-draft", form)
    assert page.status == 403, page.words
    assert "could sign in with what they have" in page.words
    assert number(house) == before
