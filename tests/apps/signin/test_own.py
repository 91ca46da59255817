"""The person's own pages."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from tests.apps.signin.pages_scene import CODES, PASSWORD, SECRET, Pages
from vedette.core.names import UserId
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.ports.sign_in import Factor
from vedette.signin.candidates import new_session_name

ANNA = UserId("@anna:example.org")


@pytest.fixture
def pages():
    made = Pages()
    yield made
    made.close()


@pytest.fixture
def anna(pages):
    return pages.browser().open("/account/").first().send("totp", code=pages.code())


def session(pages: Pages, device: str, **changes) -> Session:
    made = Session(
        id=new_session_name(), user=ANNA, device=device, state=SessionState.LIVE,
        kind="oauth", client="c", created=pages.now, expires=pages.now + 86400,
        device_name=f"Element on {device}", number=0,
        facts=SessionFacts(factors=(FactorUse(kind="password", at=pages.now),
                                    FactorUse(kind="totp", at=pages.now)), network="192.0.2.1"),
    )  # fmt: skip
    made = replace(made, **changes)
    pages.store.add_session(made, None, pages.now)
    return made


def test_whoever_is_not_in_goes_through_the_sign_in_and_back(pages):
    browser = pages.browser().open("/account/devices?x=1")
    assert "to your account" in browser.text
    browser.first().send("totp", code=pages.code())
    assert browser.at == "/account/devices?x=1"
    assert "Devices" in browser.text


def test_whoever_shows_nothing_fills_no_store(pages):
    """A visit is counted as a sign-in that is begun, wherever it wanted to go."""
    statuses = [pages.browser().open("/account/").status for _ in range(310)]
    assert (statuses[0], statuses[-1]) == (200, 429)
    crowded = pages.browser().open("/account/devices")
    assert "Too many sign-ins were begun from here" in crowded.text


def test_a_client_is_no_way_in_to_the_own_pages(pages):
    browser = pages.browser().open(pages.purpose()).first().send("totp", code=pages.code())
    browser.send("agree")
    assert "to your account" in browser.open("/account/").text


def test_they_are_asked_again_after_a_while(pages, anna):
    pages.clock.seconds += 14 * 60
    assert "You are @anna:example.org" in anna.open("/account/").text
    pages.clock.seconds += 16 * 60
    assert "User name" in anna.open("/account/").text


def test_a_rule_that_changes_meanwhile_is_obeyed(pages, anna):
    pages.obey('[rules.nobody]\nfrom=["us"]\nforbid=["sign-in"]')
    assert "User name" in anna.open("/account/").text


def test_leaving_ends_it_at_once(pages, anna):
    stolen = dict(anna.cookies)
    anna.send("leave")
    assert "__Host-vedette-own" not in anna.cookies
    assert "User name" in pages.browser(cookies=stolen).open("/account/").text


def test_devices_are_shown_and_ended(pages, anna):
    phone = session(pages, "PHONE")
    session(pages, "LAPTOP")
    other = replace(phone, id=new_session_name(), user=UserId("@bert:example.org"))
    pages.store.add_session(other, None, pages.now)
    anna.open("/account/devices")
    assert "Element on PHONE" in anna.text
    assert "Element on LAPTOP" in anna.text
    anna.open(f"/account/devices/end?session={phone.id}")
    assert "End Element on PHONE?" in anna.text
    anna.send("end")
    assert pages.store.session(phone.id).state is SessionState.ENDED
    assert "Element on PHONE" not in anna.text
    assert [errand.device for errand in pages.store.outbox()] == ["PHONE"]


def test_nobody_ends_or_sees_the_device_of_somebody_else(pages, anna):
    other = session(pages, "HERS", user=UserId("@bert:example.org"))
    assert "HERS" not in anna.open("/account/devices").text
    assert "nothing here" in anna.open(f"/account/devices/end?session={other.id}").text
    form = anna.open("/account/").form("leave").fields
    anna.post("/account/devices/end", {**form, "do": "end", "session": other.id})
    assert pages.store.session(other.id).state is SessionState.LIVE


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("action=org.matrix.sessions_list", "Devices"),
        ("action=org.matrix.devices_list", "Devices"),
        ("action=org.matrix.session_end&device_id=PHONE", "End Element on PHONE?"),
        ("action=org.matrix.device_delete&device_id=PHONE", "End Element on PHONE?"),
        ("action=org.matrix.session_view&device_id=PHONE", "Element on PHONE"),
        ("action=org.matrix.profile", "You are @anna"),
        ("action=org.matrix.cross_signing_reset", "Reset your encryption identity?"),
        ("action=nonsense", "You are @anna"),
        ("action=session_end", "nothing here"),
    ],
)
def test_links_of_clients_lead_to_the_right_page(pages, anna, query, says):
    session(pages, "PHONE")
    assert says in anna.open(f"/account/?{query}").text


def test_keys_may_be_replaced_only_right_after_a_proof(pages, anna):
    assert "anna" not in pages.provisioning.names  # nor was she ever in a client
    anna.open("/account/reset")
    pages.clock.seconds += 400
    anna.send("reset")
    assert "User name" in anna.text
    assert not pages.provisioning.resets
    anna.first().send("totp", code=pages.code())
    anna.open("/account/reset").send("reset")
    assert pages.provisioning.resets == ["anna"]
    assert "ten minutes" in anna.text


def test_an_app_is_added_and_removed_right_after_a_proof(pages, anna):
    anna.open("/account/factors/totp")
    shown = next(text for text in anna.page.texts if len(text.replace(" ", "")) == 32)
    secret = base64.b32decode(shown.replace(" ", ""))
    assert "was not right" in anna.send("totp", code="000000").text
    anna.send("totp", code=pages.code(secret), label="Second phone")
    assert "Second phone" in anna.text
    first, second = pages.store.factors("anna")
    assert second.secret == secret
    form = anna.form("remove")
    anna.post(form.action, {**form.fields, "factor": first.id})
    assert [each.id for each in pages.store.factors("anna")] == [second.id]


def test_the_last_proof_stays(pages, anna):
    anna.open("/account/factors").send("remove")
    assert "your only one" in anna.text
    assert pages.store.factors("anna")


def test_nothing_is_removed_without_a_fresh_proof(pages, anna):
    pages.store.add_factor(Factor(id="2", localpart="anna", kind="totp", label="Two",
                                  secret=SECRET, created=1))  # fmt: skip
    anna.open("/account/factors")
    pages.clock.seconds += 400
    anna.send("remove")
    assert "User name" in anna.text
    assert len(pages.store.factors("anna")) == 2


def test_new_recovery_codes_take_the_place_of_the_old(pages, anna):
    pages.give_codes("anna")
    anna.open("/account/factors").send("codes")
    shown = [text for text in anna.page.texts if text.count("-") == 3 and len(text) == 19]
    assert len(shown) == 10
    late = pages.browser().open(pages.purpose()).first().send("recovery", code=CODES[0])
    assert late.status == 403
    assert "Let Element in?" in late.send("recovery", code=shown[0]).text


def test_the_password_is_changed_with_the_present_one(pages, anna):
    anna.open("/account/password")
    wrong = anna.send("change", old="wrong", new="a new long password", again="a new long password")
    assert "not right" in wrong.text
    anna.send("change", old=PASSWORD, new="a new long password", again="a new long password")
    assert "Done." in anna.text
    late = pages.browser().open(pages.purpose())
    assert late.first().status == 403
    assert "One more proof" in late.first("anna", "a new long password").text


def test_the_last_sign_ins_are_shown_wrong_ones_too(pages, anna):
    pages.browser(address="198.51.100.9").open(pages.purpose()).first("anna", "wrong")
    anna.open("/account/history")
    assert "wrong password" in anna.text
    assert "198.51.100.9" in anna.text


def test_a_waiting_device_is_confirmed_only_in_a_browser_known_before(pages):
    known = pages.browser().open(pages.purpose()).first().send("totp", code=pages.code())
    known.send("agree")  # this browser signed in all the way
    waiting = session(pages, "NEW", state=SessionState.WAITING)
    stranger = pages.browser().open("/account/devices").first().send("totp", code=pages.code())
    assert "use a browser in which you signed in before" in stranger.text
    form = stranger.open("/account/").form("leave").fields
    stranger.post("/account/devices", {**form, "do": "confirm", "session": waiting.id})
    assert not pages.store.session(waiting.id).facts.confirmed
    again = pages.browser(cookies=dict(stranger.cookies)).open("/account/devices")
    assert not [f for f in again.page.forms if f.fields.get("do") == "confirm"]
    known.open("/account/devices").first().send("totp", code=pages.code())
    known.send("confirm")
    assert pages.store.session(waiting.id).facts.confirmed


def test_an_account_page_in_german(pages):
    browser = pages.browser(language="de-AT,de;q=0.9,en;q=0.5").open("/account/devices")
    browser.first().send("totp", code=pages.code())
    assert "Geräte" in browser.text
    assert browser.page.of("html")[0]["lang"] == "de"
