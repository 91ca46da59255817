"""What stands between a browser and the pages: where it was sent from, headers, sizes, names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from tests.apps.console.house import Browser, House
from vedette.console.app import COOKIE, LARGEST_FORM, make_app
from vedette.console.registry import ORDERS, PAGES

FORM = {"path": "sign_in.session", "value": "20 days", "reason": "a try", "step": "apply"}
APPLY = "/orders/set-value"


@pytest.fixture(scope="module")
def officer(house: House) -> Browser:
    browser = house.browser()
    assert browser.signs_in("olga").status == 200
    return browser


def revision(house: House) -> int:
    return house.desks.settings.current()[0].number


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://console.example.org"},
        {"origin": "https://console.example.org:8443"},
        {"origin": "", "sec-fetch-site": ""},
    ],
)
def test_a_form_that_was_not_sent_from_here_does_nothing(house, officer, headers):
    before = revision(house)
    assert officer.send(APPLY, FORM, **headers).status == 403
    assert revision(house) == before


@pytest.mark.parametrize("token", [None, "", "x", "x" * 43])
def test_a_form_without_the_token_of_its_page_does_nothing(house, officer, token):
    before = revision(house)
    form = FORM if token is None else {**FORM, "csrf": token}
    assert officer.post(APPLY, form).status == 403
    assert revision(house) == before


def every_form() -> list[str]:
    orders = [f"/orders/{kind}{rest}" for kind in ORDERS for rest in ("", "/preview")]
    pages = [
        page.path.replace("{", "").replace("}", "") for page in PAGES if "POST" in page.methods
    ]
    return [*orders, *pages, "/sign-out"]


def test_every_way_by_which_something_may_be_changed_is_among_them(house):
    """What the application itself takes but reads: a route that somebody adds is tried, or found here."""
    routes = [route for route in make_app(house.console).routes if isinstance(route, Route)]
    taken = {route.path for route in routes if route.methods - {"GET", "HEAD"}}
    tried = {path.replace("{", "").replace("}", "") for path in taken} - {
        "/orders/kind", "/orders/kind/preview",
    }  # fmt: skip
    assert {"/orders/{kind}", "/orders/{kind}/preview"} < taken
    assert tried <= set(every_form())


@pytest.mark.parametrize("path", every_form())
def test_no_form_is_taken_from_elsewhere_or_without_its_token(house, officer, path):
    before = revision(house)
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert officer.send(path, FORM, **headers).status == 403
    for form in (FORM, {**FORM, "csrf": "x" * 43}):
        assert officer.post(path, form).status == 403
    assert officer.get("/").status == 200
    assert revision(house) == before


def test_the_token_of_somebody_else_is_none(house, officer):
    other = house.browser()
    theirs = other.signs_in("olga").hidden("csrf")
    assert officer.post(APPLY, {**FORM, "csrf": theirs}).status == 403


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "multipart/form-data"])
def test_a_body_of_another_kind_is_no_form(house, officer, content_type):
    before = revision(house)
    assert officer.send(APPLY, FORM, content_type=content_type).status == 403
    assert revision(house) == before


def test_every_answer_is_fenced_in(house, officer):
    answers = [
        officer.get("/"),
        officer.get("/no/such/page"),
        officer.get("/static/console.css"),
        officer.get("/static/console.js"),
        officer.send("/orders/set-value", {**FORM, "step": "review"}),
        officer.post(APPLY, FORM),
        house.browser().get("/"),
        house.browser().get("/sign-in"),
        house.browser().get("/signed-in"),
    ]
    for shown in answers:
        policy = shown.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["x-frame-options"] == "DENY"
        assert shown.headers["referrer-policy"] == "same-origin"


def test_pages_hold_no_script_and_no_style_and_load_nothing_from_elsewhere(officer):
    for page in (officer.get("/"), officer.send(APPLY, {**FORM, "step": "review"})):
        assert page.status == 200
        assert " style=" not in page.text
        assert "<style" not in page.text
        assert " on" not in " ".join(page.text.split("<")[1:]).replace(" on ", " ").split(">")[0]
        assert page.text.count("<script") == 1
        assert '<script src="/static/console.js" defer></script>' in page.text
        assert "//" not in page.text.replace("</", "").split("<main")[0].split("<!DOCTYPE")[1]


@pytest.mark.parametrize("host", ["evil.example", "console.example.org.evil.example", ""])
def test_an_address_that_is_not_ours_is_answered_with_nothing(house, host):
    assert house.browser().get("/", host=host).status == 421


def test_a_form_that_is_too_large_is_not_read(officer):
    shown = officer.post(APPLY, {"csrf": "x", "value": "x" * LARGEST_FORM})
    assert shown.status == 413


def test_whoever_is_not_in_gets_no_page_and_changes_nothing(house):
    before = revision(house)
    for page in PAGES:
        path = page.path.replace("{", "").replace("}", "")
        if "GET" in page.methods:
            shown = house.browser().get(path)
            assert (shown.status, shown.to[:12]) == (303, "/sign-in?to=")
        if "POST" in page.methods:
            assert house.browser().post(path, FORM).status == 401
    for kind in ORDERS:
        for path in (f"/orders/{kind}", f"/orders/{kind}/preview"):
            assert house.browser().post(path, FORM).status == 401
    assert revision(house) == before


@settings(max_examples=60, deadline=None)
@given(
    path=st.text(st.characters(codec="ascii", exclude_characters="?#\n\r"), max_size=60),
    query=st.text(st.characters(codec="ascii", exclude_characters="#\n\r "), max_size=60),
    cookie=st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=60),
)
def test_whatever_a_stranger_asks_nothing_breaks_and_nothing_opens(house, path, query, cookie):
    browser = house.browser()
    browser.cookies[COOKIE] = cookie
    shown = browser.get(f"/{path}?{query}")
    assert shown.status in (303, 401, 404, 405, 200)
    if shown.status == 200:
        assert path.startswith("static/")


HOSTILE = st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; rm -rf / #", "{{ 7*7 }}",
     "\x00", "\ud800".encode("utf-8", "replace").decode(), "${jndi:x}", "--help", "../../x", "\u202e"]
) | st.text(max_size=40)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(sorted(ORDERS)),
    step=st.sampled_from(["review", "preview"]),
    fields=st.dictionaries(
        st.sampled_from(["path", "value", "id", "one", "other", "from", "to", "allow", "forbid",
                         "when", "unless", "say", "owner", "expires", "mode", "base", "reason"]),
        HOSTILE,
    ),
)  # fmt: skip
def test_whatever_stands_in_a_form_is_text_or_a_fault(house, officer, kind, step, fields):
    before = revision(house)
    path = f"/orders/{kind}" + ("/preview" if step == "preview" else "")
    shown = officer.send(path, fields)
    assert shown.status in (200, 400, 403, 404, 409), shown.words
    for hostile in ("<script>alert", "<img src=x"):
        assert hostile not in shown.text
    assert revision(house) == before
