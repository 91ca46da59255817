"""Acts that wait for a second person, in the console: asked for, looked at, approved, done once more."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.apps.console.house import GROUPS, Browser, House, Shown
from tests.apps.console.test_changes import ask, into, text

TWO = """
[rules.two-on-resets]
from = ["us"]
forbid = ["administer"]
when = ["act in people:factor:reset, keys:key:rotate"]
unless = ["approvals >= 1"]
say = "Two of us decide about this."
"""
RESET = {"user": "anna", "reason": "phone lost", "step": "apply"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Three officers and a help desk, who need one of them for a reset."""
    more = {"vera": "Security-Officers", "wim": "Security-Officers"}
    made = House(tmp_path_factory.mktemp("acts") / "org", groups={**GROUPS, **more})
    ask(made, text(made) + TWO)
    yield made
    made.close()


@pytest.fixture
def hugo(house: House) -> Browser:
    return into(house, "hugo")


@pytest.fixture
def vera(house: House) -> Browser:
    return into(house, "vera")


def resets(browser: Browser, **more: str) -> Shown:
    return browser.send("/orders/reset-factors", {**RESET, **more})


def waiting(shown: Shown) -> str:
    """The id under which it waits."""
    assert shown.status == 200
    found = re.search(r"waits for a second person as ([0-9a-f]{10})", shown.words)
    assert found is not None, shown.words
    return found[1]


def approves(browser: Browser, page: Shown, id_: str) -> Shown:
    form = {"act": id_, "content": page.hidden("content"), "reason": "seen"}
    looked = browser.send("/orders/approve-act", form)
    assert f"vedette act approve {id_} --content " in looked.words
    return browser.send("/orders/approve-act", {**form, "step": "apply"})


def test_a_reset_happens_once_an_officer_has_looked_at_it_and_approved(
    house: House, hugo: Browser, vera: Browser
) -> None:
    asked = resets(hugo)
    id_ = waiting(asked)
    assert "It waits, and nothing is changed yet" in asked.words
    assert f"/changes/acts/{id_}" not in asked.text  # the help desk may not look there
    assert "Shown only now" not in asked.words
    listed = vera.get("/changes")
    assert f'href="/changes/acts/{id_}"' in listed.text
    page = vera.get(f"/changes/acts/{id_}")
    for words in ("phone lost", "@hugo:example.org", "@anna:example.org",
                  "take somebody's second factors away", "@olga:example.org, @vera"):  # fmt: skip
        assert words in page.words
    done = approves(vera, page, id_)
    assert "approved; whoever asked for it does it once more" in done.words
    assert "does the very same once more" in vera.get(f"/changes/acts/{id_}").words
    assert "Shown only now" in resets(hugo).words  # the start code reaches whoever asked
    assert f"/changes/acts/{id_}" not in vera.get("/changes").text
    assert "done" in vera.get(f"/changes/acts/{id_}").words
    waiting(resets(hugo))


def test_what_waits_is_offered_where_it_is_asked_for_and_shown_with_its_command(
    hugo: Browser,
) -> None:
    page = hugo.get("/people/anna")
    assert 'action="/orders/reset-factors"' in page.text
    shown = hugo.send("/orders/reset-factors", {"user": "anna", "kinds": "totp", "reason": "lost"})
    assert "vedette user factors reset anna" in shown.words


def test_other_factors_are_another_act(hugo: Browser, vera: Browser) -> None:
    first = waiting(resets(hugo))
    assert waiting(resets(hugo, kinds="totp")) != first
    assert waiting(resets(hugo, reason="stolen")) == first


def test_an_act_is_turned_away_with_a_reason(hugo: Browser, vera: Browser) -> None:
    id_ = waiting(resets(hugo, kinds="webauthn"))
    form = {"act": id_, "reason": "call back first", "step": "apply"}
    assert f"act {id_} is rejected" in vera.send("/orders/reject-act", form).words
    assert "call back first" in vera.get(f"/changes/acts/{id_}").words
    again = vera.send("/orders/reject-act", form)
    assert (again.status, "is rejected" in again.words) == (409, True)


def test_nobody_approves_their_own_nor_what_they_have_not_seen(house: House, vera: Browser) -> None:
    form = {"name": "admin-token", "reason": "old", "step": "apply"}
    id_ = waiting(vera.send("/orders/rotate-key", form))
    page = vera.get(f"/changes/acts/{id_}")
    assert 'action="/orders/approve-act"' not in page.text
    content = house.desks.acts.acts.store.get(id_)
    assert content is not None
    own = {"act": id_, "content": content.content, "reason": "x", "step": "apply"}
    shown = vera.send("/orders/approve-act", own)
    assert (shown.status, "nobody approves their own change" in shown.words) == (403, True)
    wim = into(house, "wim")
    other = wim.send("/orders/approve-act", {**own, "content": "0" * 64})
    assert (other.status, "something else than what you have seen" in other.words) == (409, True)
    assert house.desks.acts.acts.store.approvals(id_) == ()


def test_it_is_said_in_german(hugo: Browser, vera: Browser) -> None:
    shown = hugo.send("/orders/reset-factors", {**RESET, "kinds": "recovery"}, accept_language="de")
    assert "auf eine zweite Person; noch ist nichts getan" in shown.words
    page = vera.get("/changes", accept_language="de")
    assert "Wartende Handlungen" in page.words
