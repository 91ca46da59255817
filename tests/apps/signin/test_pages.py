"""The sign-in pages, walked by a browser without scripts."""

from __future__ import annotations

import base64
from dataclasses import replace
from threading import Thread
from time import monotonic

import pytest

from tests.apps.signin.pages_scene import CODES, PASSWORD, RULES, Pages, TokenServer, asgi, query_of
from vedette.adapters.memory.sign_in import MemorySignInStore
from vedette.core.people import Directory, Person
from vedette.core.sessions import SessionState
from vedette.ports.factors import Departure, UpstreamFault, UpstreamPerson
from vedette.protocol import recovery
from vedette.signin.main import app_of


@pytest.fixture
def pages():
    made = Pages()
    yield made
    made.close()


def test_password_and_code_lead_to_the_client(pages):
    browser = pages.browser().open(pages.purpose()).first()
    assert "One more proof" in browser.text
    browser.send("totp", code=pages.code())
    assert "Let Element in?" in browser.text
    assert "https://app.example" in browser.text
    browser.send("agree")
    assert browser.away.startswith("https://app.example/?")
    assert query_of(browser.away)["loginToken"]


def test_the_session_that_begins_carries_what_was_shown(pages):
    browser = pages.browser().open(pages.purpose()).first().send("totp", code=pages.code())
    browser.send("agree")
    past = pages.store.last_sign_ins("anna", 5)
    assert [each.outcome for each in past] == []  # whoever exchanges the token notes how it went
    assert browser.cookies.keys() == {"__Host-vedette-known"}


def test_nobody_gets_anywhere_without_the_second_factor(pages):
    browser = pages.browser().open(pages.purpose()).first()
    for do in ("agree", "seen", "change", "check", "answer", "webauthn", "radius", "again"):
        form = {**browser.form("totp").fields, "do": do}
        assert pages_after(browser, form) == 409
        browser.open("/sign-in")
        assert "One more proof" in browser.text
    assert not browser.away


def pages_after(browser, form):
    return browser.post("/sign-in", form).status


def test_a_code_is_good_once(pages):
    code = pages.code()
    pages.browser().open(pages.purpose()).first().send("totp", code=code)
    again = pages.browser().open(pages.purpose()).first().send("totp", code=code)
    assert again.status == 403
    assert "used already" in again.text


def test_wrong_second_factors_end_the_sign_in(pages):
    browser = pages.browser().open(pages.purpose()).first()
    for _ in range(4):
        assert "was not right" in browser.send("totp", code="000000").text
    assert "too many wrong attempts" in browser.send("totp", code="000000").text
    assert "Sign in" in browser.send("back").text
    assert browser.form("password")


def test_a_recovery_code_stands_in_once(pages):
    pages.give_codes("anna")
    browser = pages.browser().open(pages.purpose()).first().send("recovery", code=CODES[0])
    assert "Let Element in?" in browser.text
    again = pages.browser().open(pages.purpose()).first().send("recovery", code=CODES[0])
    assert "was not right" in again.text


def test_somebody_without_a_second_factor_sets_one_up(pages):
    browser = pages.browser().open(pages.purpose()).first("bert")
    assert "Set up a second proof" in browser.text
    browser.send("totp")
    key = browser.page.of("img")
    assert key[0]["src"].startswith("data:image/svg+xml")
    browser.send("totp", code=pages.code(typed_secret(browser)), label="Phone")
    codes = [text for text in browser.page.texts if text.count("-") == 3 and len(text) == 19]
    assert len(codes) == 10
    assert codes[0] not in browser.open("/sign-in").text  # shown once
    assert "Let Element in?" in browser.send("seen").text
    assert browser.send("agree").away
    (factor,) = pages.store.factors("bert")
    assert factor.label == "Phone"
    second = pages.browser().open(pages.purpose()).first("bert").send("recovery", code=codes[3])
    assert "Let Element in?" in second.text


def typed_secret(browser):
    shown = next(text for text in browser.page.texts if len(text.replace(" ", "")) == 32)
    return base64.b32decode(shown.replace(" ", ""))


def test_after_the_grace_nobody_sets_up_a_first_second_factor(pages):
    pages.clock.seconds += 8 * 86400
    browser = pages.browser().open(pages.purpose()).first("bert")
    assert "You can't sign in now" in browser.text
    assert not pages.store.factors("bert")


def test_whoever_has_a_factor_can_not_set_up_another_in_its_place(pages):
    browser = pages.browser().open(pages.purpose()).first()
    form = browser.form("totp").fields
    for do in ("totp", "other", "webauthn"):
        browser.post("/sign-in", {**form, "do": do, "code": "111111"})
        browser.open("/sign-in")
    assert "Set up" not in browser.text
    assert len(pages.store.factors("anna")) == 1


def test_a_password_that_was_handed_out_is_changed_first(pages):
    hashed = pages.passwords.hash("handed out to her")
    pages.store.set_password("anna", hashed, pages.now, must_change=True)
    browser = pages.browser().open(pages.purpose()).first("anna", "handed out to her")
    browser.send("totp", code=pages.code())
    assert "Choose a new password" in browser.text
    assert "too short" in browser.send("change", new="short", again="short").text
    assert "differ" in browser.send("change", new="a new long password", again="another").text
    same = browser.send("change", new="handed out to her", again="handed out to her")
    assert "that you have now" in same.text
    browser.send("change", new="a new long password", again="a new long password")
    assert "Let Element in?" in browser.text
    account = pages.store.account("anna")
    assert account
    assert not account.must_change
    assert pages.passwords.verify("a new long password", account.password_hash).ok


def test_whoever_lost_everything_comes_in_with_what_the_help_desk_handed_out(pages):
    pages.clock.seconds += 30 * 86400  # the grace of a new account is long over
    hashed = pages.passwords.hash("handed out to bert")
    pages.store.set_password("bert", hashed, pages.now, must_change=True)
    for stops_half_way in (True, False):
        browser = pages.browser().open(pages.purpose()).first("bert", "handed out to bert")
        browser.send("totp")
        if not stops_half_way:
            browser.send("totp", code=pages.code(typed_secret(browser))).send("seen")
    assert "Choose a new password" in browser.text
    browser.send("change", new="a new long password", again="a new long password")
    assert "Let Element in?" in browser.text
    assert len(pages.store.factors("bert")) == 1


@pytest.mark.parametrize("kinds", ['["webauthn", "totp", "recovery"]', '["totp"]'])
def test_whoever_comes_in_with_a_start_code_sets_up_a_factor_at_once(kinds):
    pages = Pages(values=f"second_factors = {kinds}")
    pages.clock.seconds += 30 * 86400  # the grace of a new account is long over
    pages.store.set_recovery("bert", [recovery.digest(CODES[0], "bert")], pages.now)
    browser = pages.browser().open(pages.purpose()).first("bert")
    browser.send("recovery", code=CODES[0])
    assert "Set up a second proof" in browser.text
    browser.send("totp").send("totp", code=pages.code(typed_secret(browser)))
    if "recovery" in kinds:
        browser.send("seen")
    assert "Let Element in?" in browser.text
    assert len(pages.store.factors("bert")) == 1
    pages.close()


def test_codes_count_for_nobody_who_has_a_factor_where_none_are_handed_out():
    pages = Pages(values='second_factors = ["totp"]')
    pages.give_codes("anna")
    browser = pages.browser().open(pages.purpose()).first()
    form = browser.form("totp").fields
    browser.post("/sign-in", {**form, "do": "recovery", "code": CODES[0]})
    assert "Let Element in?" not in browser.open("/sign-in").text
    pages.close()


def test_a_second_factor_server_may_ask_back():
    server = TokenServer()
    pages = Pages(values='second_factors = ["radius"]', server=server)
    browser = pages.browser().open(pages.purpose()).first("bert")
    assert "Company token" in browser.text
    browser.send("radius", code="")
    assert "Which <b>colour</b>?" in browser.text  # as text, no markup
    assert "<b>colour" not in browser.body
    assert "was not right" in browser.send("answer", code="red").text
    browser.send("answer", code="blue")
    assert "Let Element in?" in browser.text
    assert server.asked[0] == ("bert", "192.0.2.7", "")
    pages.close()


def test_strangers_learn_nothing(pages):
    """Unknown, wrong, without a password, deactivated, misspelt: one page, and the same work."""
    pages.store.make_account("carl", "", None, pages.now)
    seen = set()
    for name, password in (
        ("anna", "wrong"), ("nobody", "wrong"), ("carl", "wrong"), ("nobody", PASSWORD),
        ("@anna:elsewhere.org", PASSWORD), ("\x00", "wrong"), ("a" * 255, "wrong"),
    ):  # fmt: skip
        browser = pages.browser().open(pages.purpose())
        before = pages.passwords.verified
        browser.first(name, password)
        assert pages.passwords.verified == before + 1
        options = browser.page.of("form")[1]["data-options"] or ""
        seen.add((browser.status, browser.text, len(options)))
    assert len(seen) == 1


def test_somebody_deactivated_looks_like_a_stranger(pages):
    policy = pages.policy.policy
    people = {"@anna:example.org": Person(active=False)}
    pages.policy.policy = type(policy)(
        policy.rules, Directory(policy.directory.document, people, policy.directory.today)
    )
    browser = pages.browser().open(pages.purpose()).first()
    assert browser.status == 403
    assert "Name and password don't match" in browser.text


def test_a_name_is_taken_in_every_spelling(pages):
    for name in ("anna", " Anna ", "@anna:example.org", "ANNA"):
        assert "One more proof" in pages.browser().open(pages.purpose()).first(name).text


def test_a_rule_that_says_no_is_shown_in_its_own_words(pages):
    pages.obey(
        RULES
        + """
[rules.not-here]
from = ["us"]
forbid = ["sign-in"]
when = ["sign_in.networks in elsewhere"]
say = "From home, please use the <tunnel>."
"""
    )
    browser = pages.browser().open(pages.purpose()).first()
    assert "You can't sign in now" in browser.text
    assert "From home, please use the <tunnel>." in browser.text
    assert "<tunnel>" not in browser.body


def test_a_rule_that_wants_a_passkey_is_not_content_with_a_code(pages):
    pages.obey(
        """
[rules.passkeys]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.kinds in webauthn"]
"""
    )
    browser = pages.browser().open(pages.purpose()).first().send("totp", code=pages.code())
    assert "Set up a second proof" in browser.text  # whoever showed one may add another kind
    assert "Set up a passkey" in browser.text
    assert "Set up an app" not in browser.text


def test_a_device_that_must_be_approved_waits_and_goes_on():
    pages = Pages(values=VALUES_APPROVED)
    browser = pages.browser().open(pages.purpose()).first().send("totp", code=pages.code())
    assert "has to be let in" in browser.text
    (waiting,) = pages.store.sessions()
    assert waiting.state is SessionState.WAITING
    assert "has to be let in" in browser.open("/sign-in").text
    assert "has to be let in" in browser.send("check").text
    assert len(pages.store.sessions()) == 1
    pages.clock.seconds += 3600
    pages.store.set_facts(waiting.id, replace(waiting.facts, approved=True))
    assert "Let Element in?" in browser.open("/sign-in").text
    browser.send("agree")
    assert browser.away
    pages.close()


VALUES_APPROVED = 'second_factors = ["totp"]\nregistration = "approved"'


def test_a_device_that_was_turned_away_is_told_so():
    pages = Pages(values=VALUES_APPROVED)
    browser = pages.browser().open(pages.purpose()).first().send("totp", code=pages.code())
    (waiting,) = pages.store.sessions()
    pages.store.move_session(waiting.id, SessionState.ENDED, "no", pages.now)
    assert "was not let in" in browser.open("/sign-in").text
    pages.close()


def test_a_restart_loses_no_sign_in_on_its_way(pages):
    browser = pages.browser().open(pages.purpose()).first()
    browser.app = asgi(app_of(pages.around())[0])  # another process over the same store
    browser.open("/sign-in").send("totp", code=pages.code())
    assert "Let Element in?" in browser.text
    browser.app = asgi(app_of(pages.around())[0])
    assert browser.send("agree").away


def test_an_outage_says_so_and_loses_nothing(pages):
    browser = pages.browser().open(pages.purpose()).first()
    policy, pages.policy.policy = pages.policy.policy, None
    answer = browser.send("totp", code=pages.code())
    assert answer.status == 503
    assert answer.header("retry-after")
    pages.policy.policy = policy
    assert "One more proof" in browser.open("/sign-in").text
    assert "Let Element in?" in browser.send("totp", code=pages.code()).text


def test_a_full_audit_log_lets_nobody_on(pages):
    browser = pages.browser().open(pages.purpose())
    pages.audit.full = True
    assert browser.first().status == 503
    pages.audit.full = False
    assert "One more proof" in browser.open("/sign-in").first().text


def test_cancelling_ends_it(pages):
    address = pages.purpose()
    browser = pages.browser().open(address).first().send("totp", code=pages.code())
    assert "Nobody was let in" in browser.send("cancel").text
    assert pages.browser().open(address).status == 410


def test_nobody_finishes_twice(pages):
    address = pages.purpose()
    one = pages.browser().open(address).first().send("totp", code=pages.code())
    two = pages.browser().open(address).first().send("totp", code=pages.code())
    assert one.send("agree").away
    assert not two.send("agree").away
    assert two.status in (409, 410)


def test_a_form_that_is_sent_twice_does_no_harm(pages):
    browser = pages.browser().open(pages.purpose()).first()
    form, code = browser.form("totp").fields, pages.code()
    walk = [pages.browser(cookies=dict(browser.cookies)) for _ in range(2)]
    threads = [Thread(target=each.post, args=("/sign-in", {**form, "code": code})) for each in walk]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "Let Element in?" in browser.open("/sign-in").text


def test_a_wrong_code_does_not_undo_a_right_one_sent_at_the_same_time(pages, monkeypatch):
    browser = pages.browser().open(pages.purpose()).first()
    form, code = browser.form("totp").fields, pages.code()
    twin = pages.browser(cookies=dict(browser.cookies))
    store_replace = MemorySignInStore.replace

    def complete_the_twin_first(*args, **kwargs):
        monkeypatch.undo()
        twin.post("/sign-in", {**form, "code": code})
        return store_replace(*args, **kwargs)

    monkeypatch.setattr(MemorySignInStore, "replace", complete_the_twin_first)
    browser.post("/sign-in", {**form, "code": "000000"})
    assert "Let Element in?" in browser.open("/sign-in").text


class Elsewhere:
    """Another provider, which vouches for whoever it is told to."""

    def __init__(self) -> None:
        self.person: UpstreamPerson | None = None

    def begin(self, redirect_uri, *, acr_values=(), fresh=False):
        del acr_values, fresh
        return Departure(f"https://idp.example/auth?to={redirect_uri}", "s", b"memory")

    def finish(self, memory, query, now):
        del now
        if memory != b"memory" or query.get("state") != "s" or self.person is None:
            raise UpstreamFault("no")
        return self.person


def vouched(subject: str, username: str, *amr: str) -> UpstreamPerson:
    return UpstreamPerson(provider="idp", issuer="https://idp.example", subject=subject,
                          at=1_800_000_000, amr=amr, username=username)  # fmt: skip


def away(pages):
    browser = pages.browser().open(pages.purpose()).send("upstream", provider="idp")
    assert "https://idp.example/auth?to=https://chat.example.org/sign-in/upstream" in browser.body
    return browser


def test_another_provider_vouches_for_a_person():
    idp = Elsewhere()
    pages = Pages(upstream={"idp": idp})
    idp.person = vouched("1", "anna")
    browser = away(pages).open("/sign-in/upstream?state=s&code=c")
    assert "One more proof" in browser.text
    assert "Let Element in?" in browser.send("totp", code=pages.code()).text
    idp.person = vouched("1", "anna", "pwd", "mfa")
    assert "Let Element in?" in away(pages).open("/sign-in/upstream?state=s&code=c").text
    idp.person = vouched("1", "bert", "mfa")  # only issuer and subject name a person
    browser = away(pages).open("/sign-in/upstream?state=s&code=c")
    assert "write your messages as you, anna" in browser.text
    pages.close()


def test_nobody_takes_an_account_over_by_taking_its_name_elsewhere():
    idp = Elsewhere()
    pages = Pages(upstream={"idp": idp})
    for subject, said in (("1", "Let Element in?"), ("2", "did not confirm")):
        idp.person = vouched(subject, "anna", "mfa")
        assert said in away(pages).open("/sign-in/upstream?state=s&code=c").text
    idp.person = vouched("3", "nobody", "mfa")
    assert "did not confirm" in away(pages).open("/sign-in/upstream?state=s&code=c").text
    idp.person = vouched("1", "anna", "mfa")
    assert "did not confirm" in away(pages).open("/sign-in/upstream?state=other").text
    assert pages.browser().open("/sign-in/upstream?state=s&code=c").status == 410
    strange = pages.browser().open(pages.purpose()).open("/sign-in/upstream?state=s&code=c")
    assert strange.status == 409  # came back without having been sent away
    pages.close()


def test_a_refusal_by_a_rule_stands_in_the_history(pages):
    pages.obey('[rules.nobody]\nfrom = ["us"]\nforbid = ["sign-in"]')
    pages.browser().open(pages.purpose()).first()
    assert [each.outcome for each in pages.store.last_sign_ins("anna", 5)] == ["refused"]


def test_a_refusal_is_said_in_the_language_of_the_page(pages):
    pages.obey('[rules.nobody]\nfrom = ["us"]\nforbid = ["sign-in"]')
    german = pages.browser(language="de").open(pages.purpose()).first()
    assert "Ihre Organisation erlaubt das nicht." in german.text
    assert (
        "Your organisation does not allow this."
        in pages.browser().open(pages.purpose()).first().text
    )


def test_what_is_not_there_is_said_to_people_as_a_page_and_to_programs_as_json(pages):
    assert "There is nothing here" in pages.browser().open("/account/nowhere").text
    answer = pages.browser().open("/_matrix/client/v3/nowhere")
    assert (answer.status, "M_UNRECOGNIZED" in answer.body) == (404, True)
    assert pages.browser().open("/sign-in/static/walk.py").status == 404


def test_it_says_whether_it_is_alive_and_ready(pages):
    assert pages.browser().open("/health").status == 200
    deadline = monotonic() + 60
    while pages.browser().open("/ready").status != 200:
        assert monotonic() < deadline
    pages.policy.policy = None
    assert pages.browser().open("/ready").status == 503


def test_a_code_from_another_device_is_asked_for_and_leads_on(pages):
    browser = pages.browser().open("/sign-in/device?user_code=NONE-SUCH")
    assert browser.form("enter").fields["user_code"] == "NONE-SUCH"
    assert "There is no such code" in browser.send("enter", user_code="NONE-SUCH").text
    assert "The device is let in" in browser.open("/sign-in/device?done=yes").text
