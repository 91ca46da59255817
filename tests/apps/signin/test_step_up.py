"""A session that was suspended for want of a proof: its person shows it, and the session goes on."""

from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.apps.signin.pages_scene import RULES, Pages
from vedette.core.names import UserId
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.signin.keep import ask_again

ANNA = UserId("@anna:example.org")
DEVICE = "PHONEPHONE"
PROVE = f"/account/devices/prove?device_id={DEVICE}"
FRESH = """
[rules.fresh]
from = ["us"]
forbid = ["sign-in"]
unless = ["sign_in.age <= 8 hours"]
"""
NO_ANDROID = """
[rules.no-android]
from = ["us"]
forbid = ["sign-in"]
when = ["claimed device.platform = android"]
say = "Android is not used here."
"""


@pytest.fixture
def pages():
    made = Pages(rules=RULES + FRESH)
    yield made
    made.close()


def runs(pages: Pages, *, user: UserId = ANNA, **facts: object) -> Session:
    made = Session(
        id=f"{user.localpart}-".ljust(26, "s"),
        user=user,
        device=DEVICE,
        state=SessionState.LIVE,
        kind="compat",
        client="",
        facts=SessionFacts(
            factors=(
                FactorUse(kind="password", at=pages.now),
                FactorUse(kind="totp", at=pages.now),
            ),
            network="192.0.2.7",
            **facts,  # type: ignore[arg-type]
        ),
        created=pages.now,
        expires=pages.now + 30 * 86400,
        device_name="Element on <b>my</b> phone",
        number=1,
    )
    pages.store.add_session(made, None, pages.now)
    return made


def grown_old(pages: Pages, **facts: object) -> Session:
    """A session whose proofs are too old now."""
    made = runs(pages, **facts)
    pages.clock.seconds += 9 * 3600
    assert ask_again(pages.door).suspended == 1
    return made


def state(pages: Pages, session: Session) -> SessionState:
    found = pages.store.session(session.id)
    assert found is not None
    return found.state


def test_it_goes_on_once_all_that_is_asked_was_shown_again(pages):
    session = grown_old(pages)
    browser = pages.browser().open(PROVE).first()
    assert state(pages, session) is SessionState.SUSPENDED
    browser.send("totp", code=pages.code())
    assert "Element on <b>my</b> phone" in browser.text
    assert "<b>my" not in browser.body
    assert state(pages, session) is SessionState.SUSPENDED
    browser.send("agree")
    assert "The device goes on" in browser.text
    assert state(pages, session) is SessionState.LIVE
    assert pages.listed.current().sessions.state(session.id) is SessionState.LIVE
    pages.clock.seconds += 7 * 3600
    assert ask_again(pages.door).suspended == 0
    (past, *_) = pages.store.last_sign_ins("anna", 1)
    assert (past.outcome, past.client) == ("proved", session.device_name)


def test_a_fresh_password_alone_makes_no_old_second_factor_good(pages):
    session = grown_old(pages)
    browser = pages.browser().open(PROVE).first()
    assert browser.form("totp")
    pages.obey(FRESH + '[rules.any]\nfrom = ["us"]\nallow = ["sign-in"]\n')
    pages.browser().open(PROVE).first().send("agree")
    kept = pages.store.session(session.id)
    assert kept is not None
    assert kept.state is SessionState.LIVE
    assert [use.kind for use in kept.facts.factors] == ["password"]


def test_whoever_cancels_leaves_it_suspended(pages):
    session = grown_old(pages)
    browser = pages.browser().open(PROVE).first().send("totp", code=pages.code())
    assert "Nobody was let in" in browser.send("cancel").text
    assert state(pages, session) is SessionState.SUSPENDED


def test_nobody_proves_for_the_device_of_somebody_else(pages):
    bert = runs(pages, user=UserId("@bert:example.org"))
    pages.clock.seconds += 9 * 3600
    ask_again(pages.door)
    browser = pages.browser().open(PROVE).first()
    assert "no such device" in browser.text
    assert state(pages, bert) is SessionState.SUSPENDED


@pytest.mark.parametrize(
    ("because", "says"),
    [("administrator: lost", "suspended by hand"), ("a refresh token was used twice", "by hand")],
)
def test_what_was_suspended_by_hand_no_proof_lifts(pages, because, says):
    session = runs(pages)
    pages.store.move_session(session.id, SessionState.SUSPENDED, because, pages.now)
    assert says in pages.browser().open(PROVE).first().text
    assert state(pages, session) is SessionState.SUSPENDED


def test_what_another_rule_forbids_no_proof_lifts_and_its_sentence_is_said(pages):
    session = runs(pages, platform="android")
    pages.obey(RULES + NO_ANDROID)
    ask_again(pages.door)
    browser = pages.browser().open(PROVE).first()
    assert "Android is not used here." in browser.text
    assert state(pages, session) is SessionState.SUSPENDED


def test_an_expired_session_is_signed_in_anew_on_its_device(pages):
    session = runs(pages)
    pages.clock.seconds += 31 * 86400
    ask_again(pages.door)
    assert state(pages, session) is SessionState.EXPIRED
    assert "has expired" in pages.browser().open(PROVE).first().text


def test_an_administrator_who_suspends_meanwhile_is_not_undone(pages):
    session = grown_old(pages)
    browser = pages.browser().open(PROVE).first().send("totp", code=pages.code())
    pages.store.move_session(session.id, SessionState.LIVE, "", pages.now)
    pages.store.move_session(session.id, SessionState.SUSPENDED, "administrator: x", pages.now)
    assert "by hand" in browser.send("agree").text
    assert state(pages, session) is SessionState.SUSPENDED


def test_proofs_may_be_shown_before_they_are_missing(pages):
    session = runs(pages)
    pages.clock.seconds += 7 * 3600
    pages.browser().open(PROVE).first().send("totp", code=pages.code()).send("agree")
    pages.clock.seconds += 7 * 3600
    assert ask_again(pages.door).suspended == 0
    assert state(pages, session) is SessionState.LIVE


def test_strangers_learn_nothing_of_devices_and_begin_no_more_than_others(pages):
    there, not_there = runs(pages), "/account/devices/prove?device_id=NONE"
    assert there.device
    pages_shown = [pages.browser().open(path).text for path in (PROVE, not_there)]
    assert pages_shown[0] == pages_shown[1]
    assert pages.browser().open("/account/devices/prove?device_id=" + quote("a\0")).status == 404
    statuses = {pages.browser().open(PROVE).status for _ in range(310)}
    assert statuses == {200, 429}


def test_the_own_page_leads_there_where_it_helps(pages):
    session = grown_old(pages)
    browser = pages.browser().open("/account/devices").first().send("totp", code=pages.code())
    assert f'href="{PROVE}"' in browser.body
    assert f'href="{PROVE}"' in browser.open(f"/account/devices?device_id={DEVICE}").body
    assert "OTHER" not in browser.body
    pages.store.move_session(session.id, SessionState.LIVE, "", pages.now)
    pages.store.move_session(session.id, SessionState.SUSPENDED, "administrator: x", pages.now)
    assert PROVE not in browser.open("/account/devices").body


def test_one_device_is_shown_where_a_client_asks_for_one(pages):
    one = runs(pages)
    pages.store.add_session(
        replace(one, id="other".ljust(26, "s"), device="OTHER"), None, pages.now
    )
    browser = pages.browser().open("/account/?action=org.matrix.device_view&device_id=OTHER")
    browser.first().send("totp", code=pages.code())
    assert "OTHER" in browser.text
    assert DEVICE not in browser.text
