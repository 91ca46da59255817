"""Somebody whose credentials another person reset is in the console, but administers nothing yet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.apps.console.crowd import with_directory, with_files
from tests.apps.console.house import GROUPS, Browser, House, Shown
from tests.apps.console.test_acts_that_wait import waiting
from tests.apps.console.test_changes import ask, text
from tests.apps.console.test_german import ENGLISH, german
from vedette.console.registry import PAGES

WAITS = "somebody else reset your credentials or made your account, so you may administer nothing"
WARTET = "jemand anderes hat Ihre Zugangsdaten zurückgesetzt oder Ihr Konto angelegt; bis "
TWO = """
[rules.two-on-keys]
from = ["us"]
forbid = ["administer"]
when = ["act = keys:key:rotate"]
unless = ["approvals >= 1"]
"""
EMPTY_FORMS = {"/why", "/files/one"}
"""Pages that show a form and nothing of the organisation until it is sent."""
PATHS = sorted(
    {page.path for page in PAGES if "GET" in page.methods and "{" not in page.path} - EMPTY_FORMS
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Three officers, and a rule for which one of them needs another."""
    more = {"vera": "Security-Officers", "wim": "Security-Officers"}
    folder = tmp_path_factory.mktemp("reset-wait") / "org"
    made = House(folder, groups={**GROUPS, **more})
    ask(made, text(made) + TWO)
    with_files(made)
    with_directory(made, held=False)
    yield made
    made.close()


@pytest.fixture(scope="module")
def vera(house: House) -> Browser:
    browser = house.browser()
    assert browser.signs_in("vera", path="/sessions").status == 200
    return browser


@pytest.fixture(scope="module")
def olga(house: House, vera: Browser) -> Browser:
    """Olga in a session from before Vera reset her second factors; nobody saw the overview yet."""
    browser = house.browser()
    assert browser.signs_in("olga", path="/sessions").status == 200
    reset = {"user": "olga", "reason": "phone lost", "step": "apply"}
    form = {"csrf": vera.get("/sessions").hidden("csrf"), **reset}
    assert "Shown only now" in vera.post("/orders/reset-factors", form).words
    return browser


def is_refused(shown: Shown) -> bool:
    return shown.status == 403 and WAITS in shown.words


@pytest.mark.parametrize("path", PATHS)
def test_no_page_shows_anything_to_somebody_who_waits(
    olga: Browser, vera: Browser, path: str
) -> None:
    assert is_refused(olga.get(path)), olga.get(path).words
    assert not is_refused(vera.get(path))


def test_what_such_a_form_asks_for_is_refused(olga: Browser) -> None:
    asked = {"from": "@anna:example.org", "to": "@otto:example.org", "channel": "message"}
    assert is_refused(olga.send("/why", asked))
    assert is_refused(olga.get("/files/one?file=mxc://example.org/report"))


def test_who_signs_in_again_reads_why_until_when_and_what_to_do_in_both_languages(
    house: House, olga: Browser
) -> None:
    browser = house.browser()
    came = browser.signs_in("olga")
    assert is_refused(came)
    assert "until 20" in came.words
    assert "vedette recover" in came.words
    auf_deutsch = browser.get("/", accept_language="de")
    assert (auf_deutsch.status, WARTET in auf_deutsch.words) == (403, True)
    assert not ENGLISH.findall(german(auf_deutsch.text))


def test_who_waits_neither_changes_nor_approves(olga: Browser, vera: Browser) -> None:
    form = {"path": "sign_in.session", "value": "20 days", "reason": "x", "step": "apply"}
    assert is_refused(olga.send("/orders/set-value", form))
    rotate = {"name": "admin-token", "reason": "old", "step": "apply"}
    id_ = waiting(vera.send("/orders/rotate-key", rotate))
    content = vera.house.desks.acts.acts.store.get(id_)
    assert content is not None
    approval = {"act": id_, "content": content.content, "reason": "seen", "step": "apply"}
    assert is_refused(olga.send("/orders/approve-act", approval))
    assert is_refused(olga.get(f"/changes/acts/{id_}"))
    own = {"user": "olga", "reason": "I did not want that", "step": "apply"}
    assert is_refused(olga.send("/orders/reset-factors", own))


def test_other_officers_see_on_the_overview_who_waits(
    house: House, olga: Browser, vera: Browser
) -> None:
    for _ in range(600):
        page = vera.get("/")
        if "Looked at" in page.words:
            break
        house.run(asyncio.sleep(0.1))
    assert "@olga:example.org may administer nothing until 20" in page.words
    assert "somebody else reset their credentials" in page.words
    assert "@olga:example.org darf bis " in vera.get("/", accept_language="de").words
