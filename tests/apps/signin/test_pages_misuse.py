"""What an attacker tries on the pages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apps.signin.pages_scene import PASSWORD, Browser, Pages
from vedette.core.names import ServerName
from vedette.ports.sign_in import Factor
from vedette.signin.proofs import localpart_of
from vedette.signin.render import form_target, headers
from vedette.signin.visit import is_ours
from vedette.signin.walk import own_path

ORIGIN = "https://chat.example.org"
SCRIPT = '"><script>alert(1)</script>'


@pytest.fixture
def pages():
    made = Pages()
    yield made
    made.close()


def every_page(pages: Pages) -> list[Browser]:
    """A browser at each kind of page that has a form."""
    shown = []
    for stop in ("who", "second", "consent"):
        browser = pages.browser().open(pages.purpose())
        if stop != "who":
            browser.first()
        if stop == "consent":
            browser.send("totp", code=pages.code())
        shown.append(browser)
    enrolling = pages.browser().open(pages.purpose()).first("bert")
    shown.append(enrolling)
    shown.append(pages.browser().open(pages.purpose()).first("bert").send("totp"))
    own = pages.browser().open("/account/").first().send("totp", code=pages.code())
    shown += [
        pages.browser(cookies=dict(own.cookies)).open(f"/account/{path}")
        for path in ("", "password", "factors", "factors/totp", "reset")
    ]
    shown.append(pages.browser().open("/sign-in/device"))
    return shown


def test_no_form_is_taken_without_its_token(pages):
    for browser in every_page(pages):
        for form in browser.page.forms:
            assert form.method == "post"
            assert len(form.fields["csrf"]) >= 43
            for token in ("", "x", form.fields["csrf"][:-1] + "~"):
                answer = pages.browser(cookies=dict(browser.cookies)).post(
                    form.action, {**form.fields, "csrf": token}
                )
                assert (answer.status, answer.away) == (409, ""), (form, token)


def test_no_form_is_taken_from_another_site(pages):
    for browser in every_page(pages):
        form = browser.page.forms[0]
        for sent in (
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
            {"sec_fetch_site": "none"},
        ):
            again = pages.browser(cookies=dict(browser.cookies))
            assert again.post(form.action, form.fields, **sent).status == 403
            assert not again.away


@pytest.mark.parametrize(
    ("sent", "ours"),
    [
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://chat.example.org.evil.example"}, False),
        ({"origin": "http://chat.example.org"}, False),
        ({"origin": ORIGIN}, True),
        ({"origin": "null"}, True),
        ({}, True),
        ({"origin": ORIGIN, "sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://evil.example", "sec-fetch-site": "same-origin"}, True),
    ],
)
def test_where_a_form_came_from(sent, ours):
    assert is_ours(sent, ORIGIN) is ours


def test_a_flow_that_was_planted_is_worth_nothing_after_the_first_proof(pages):
    """Fixation: somebody else knows the name of the flow in the victim's browser."""
    thief = pages.browser().open(pages.purpose())
    victim = pages.browser(cookies=dict(thief.cookies)).open("/sign-in").first()
    assert victim.cookies != thief.cookies
    assert thief.open("/sign-in").status == 410
    victim.send("totp", code=pages.code())
    assert "Let Element in?" in victim.text


def test_the_factors_of_two_people_never_add_up(pages):
    browser = pages.browser().open(pages.purpose()).first("bert")
    form = browser.form("totp").fields
    browser.post("/sign-in", {**form, "do": "password", "name": "anna", "password": PASSWORD})
    assert browser.status == 409


def test_pages_can_not_be_framed_and_load_nothing_from_elsewhere(pages):
    for browser in every_page(pages):
        policy = browser.header("content-security-policy")
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self'" in policy
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert browser.header("x-frame-options") == "DENY"
        assert browser.header("cache-control") == "no-store"
        assert browser.header("referrer-policy") == "no-referrer"
        assert browser.header("x-content-type-options") == "nosniff"
        for tag, name in (("script", "src"), ("link", "href"), ("img", "src")):
            for attrs in browser.page.of(tag):
                assert (attrs[name] or "").startswith(("/sign-in/static/", "data:"))
        assert "<style" not in browser.body
        assert not re.search(r"\son\w+=", browser.body)
        assert " style=" not in browser.body


def test_only_the_consent_page_may_lead_to_the_client(pages):
    browser = pages.browser().open(pages.purpose())
    assert "app.example" not in browser.header("content-security-policy")
    browser.first().send("totp", code=pages.code())
    assert "form-action 'self' https://app.example;" in browser.header("content-security-policy")


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("https://app.example", "https://app.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("io.element:", "io.element:"),
        ("javascript:", ""),
        ("data:", ""),
        ("https://a.example; script-src *", ""),
        ("https://a.example\r\nX: y", ""),
        ("*", ""),
        ("", ""),
    ],
)
def test_what_a_client_says_gets_into_no_header(place, target):
    assert form_target(place) == target


@given(st.text(max_size=60))
def test_no_text_breaks_out_of_the_policy(place):
    policy = headers(place)["Content-Security-Policy"]
    assert policy.count(";") == 6
    assert "\n" not in policy
    assert "\r" not in policy


def test_names_of_clients_devices_and_people_are_only_text(pages):
    address = pages.purpose(client_name=SCRIPT, client_uri=SCRIPT, redirect_host=SCRIPT,
                            user_hint=SCRIPT, device="A")  # fmt: skip
    browser = pages.browser().open(address)
    assert "<script>alert" not in browser.body
    browser.first(SCRIPT, "x")
    assert "<script>alert" not in browser.body
    browser.first().send("totp", code=pages.code())
    assert SCRIPT in browser.text
    assert "<script>alert" not in browser.body
    pages.store.add_factor(Factor(id="f", localpart="anna", kind="totp", label=SCRIPT,
                                  secret=b"1" * 20, created=1))  # fmt: skip
    pages.store.note_sign_in("anna", pages.now, SCRIPT, SCRIPT, "in")
    own = pages.browser().open("/account/").first().send("totp", code=pages.code())
    for path in ("/account/factors", "/account/history", "/account/devices"):
        assert "<script>alert" not in own.open(path).body
    assert SCRIPT in own.open("/account/history").text


@pytest.mark.parametrize(
    "to",
    ["https://evil.example/", "//evil.example", "/account//evil.example", "/account/\\evil",
     "/sign-in", "javascript:alert(1)", "/account/\r\nX: y", "", "account/"],
)  # fmt: skip
def test_own_pages_lead_nowhere_else(to):
    assert own_path(to) == "/account/"


@given(st.text(max_size=80))
def test_own_pages_lead_to_own_pages_whatever_is_asked(to):
    assert own_path(to).startswith("/account/")


@given(st.text(max_size=300))
def test_what_is_typed_as_a_name_is_an_account_or_nothing(typed):
    found = localpart_of(typed, ServerName("example.org"))
    assert found is None or (found == found.lower() and ":" not in found)


def test_addresses_of_purposes_are_no_oracle(pages):
    assert pages.browser().open("/sign-in").status == 410
    assert pages.browser().open("/sign-in?for=x").status == 410
    assert pages.browser().open("/sign-in?for=").status == 410
    assert pages.browser().open("/sign-in?for=%ff&for=y").status == 410
    browser = pages.browser(cookies={"__Host-vedette-flow": "x" * 5000}).open("/sign-in")
    assert browser.status == 410


def test_a_form_that_is_too_large_is_refused(pages):
    browser = pages.browser().open(pages.purpose())
    assert browser.post("/sign-in", {"do": "password", "name": "x" * 70_000}).status == 413


def test_guessing_at_one_account_locks_nobody_else_out(pages):
    for number in range(12):
        thief = pages.browser(address=f"198.51.100.{number}").open(pages.purpose())
        thief.first("anna", f"guess {number}")
    late = pages.browser(address="198.51.100.99").open(pages.purpose()).first()
    assert late.status == 403  # this network has used up its attempts, even with the right one
    assert "One more proof" in pages.browser().open(pages.purpose()).first().text


def test_a_browser_known_before_gets_in_while_strangers_guess(pages):
    friend = pages.browser().open(pages.purpose()).first().send("totp", code=pages.code())
    friend.send("agree")
    for number in range(110):
        pages.store.attempt("first:anna", pages.now, 600)
        del number
    stranger = pages.browser(address="203.0.113.5").open(pages.purpose()).first()
    assert stranger.status == 403
    assert "One more proof" in friend.open(pages.purpose()).first().text


def test_attempts_are_limited_by_address_whatever_the_name(pages):
    limit = pages.policy.current().directory.document.sign_in.attempts_per_address
    for number in range(limit):
        pages.store.attempt("address:192.0.2.7", pages.now, 600)
        del number
    assert pages.browser().open(pages.purpose()).first().status == 403
    pages.clock.seconds += 1300
    assert "One more proof" in pages.browser().open(pages.purpose()).first().text


def test_nothing_secret_is_in_the_address_or_the_record(pages):
    browser = pages.browser().open(pages.purpose()).first().send("totp", code=pages.code())
    flow = browser.cookies["__Host-vedette-flow"]
    kept = repr(pages.store)  # everything the store has
    assert PASSWORD not in kept
    assert flow not in kept
    assert PASSWORD not in repr(pages.audit.kept)
    assert browser.at == "/sign-in"
