"""Who comes into the console and who does not, and what ends it."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.apps.console.house import GROUPS, Browser, House, user
from tests.apps.signin.house import ISSUER, answer_in
from vedette.console.app import COOKIE, WAY_COOKIE
from vedette.core.people import Person
from vedette.core.sessions import SessionState
from vedette.signin.wire import Asked


def session_of(house: House, name: str):
    return max(house.sessions(name), key=lambda each: (each.created, each.id))


def newest(house: House, name: str, before: set[str]):
    (found,) = [each for each in house.sessions(name) if each.id not in before]
    return found


def came(house: House, browser: Browser, name: str = "olga"):
    before = {each.id for each in house.sessions(name)}
    assert browser.signs_in(name).status == 200
    return newest(house, name, before)


def altered(location: str, **changes: str | None) -> str:
    address, _, query = location.partition("?")
    fields = {**dict(parse_qsl(query)), **changes}
    return f"{address}?{urlencode({k: v for k, v in fields.items() if v is not None})}"


# ---- coming in -----------------------------------------------------------------------------------


def test_an_officer_comes_in_with_two_proofs_and_sees_whose_console_it_is(browser):
    page = browser.signs_in("olga")
    assert page.status == 200
    assert "Example AG" in page.words
    assert "Signed in as @olga:example.org" in page.words


def test_the_request_is_bound_to_this_browser_and_to_our_address(browser):
    way = browser.way()
    assert way["redirect_uri"] == "https://console.example.org/signed-in"
    assert way["code_challenge_method"] == "S256"
    assert (way["client_id"], way["scope"]) == ("vedette-console", "openid urn:vedette:console")
    assert len(way["state"]) == len(way["nonce"]) == 43


def test_whoever_wanted_a_page_is_led_there_afterwards(browser):
    away = browser.get("/sign-in?to=/changes/7")
    way = dict(parse_qsl(urlsplit(away.to).query))
    assert browser.back(browser.proves(way, "olga")).to == "/changes/7"


@pytest.mark.parametrize("to", ["//evil.example/", "https://evil.example/", "/\\evil.example", ""])
def test_nobody_is_led_elsewhere(house, to):
    browser = house.browser()
    away = browser.get("/sign-in?" + urlencode({"to": to}))
    way = dict(parse_qsl(urlsplit(away.to).query))
    assert browser.back(browser.proves(way, "olga")).to == "/"


def test_the_session_is_listed_like_every_other_and_makes_no_device(house, browser):
    session = came(house, browser)
    assert (session.kind, session.client, session.device_name) == (
        "console", "vedette-console", "Vedette console",
    )  # fmt: skip
    assert session.expires - session.created == 8 * 3600
    assert not [each for each in house.signin.provisioning.devices if each[0] == "olga"]
    assert session.id not in house.signin.listed.current().sessions  # no door lets it in


def test_each_proof_of_who_one_is_must_be_there(house, browser):
    page = browser.signs_in("olga", "totp")
    assert page.status == 401
    assert not browser.cookie


def test_one_factor_is_not_enough_even_where_the_settings_ask_for_no_more(house, browser):
    rule = 'when  = ["sign_in.factors >= 2"]'
    house.obey(rule, 'when  = ["sign_in.factors >= 1"]')
    try:
        page = browser.signs_in("olga", "password")
        assert page.status == 401
        assert "two different proofs" in page.words
        assert not browser.cookie
        two_alike = house.browser().signs_in("olga", "password", "oidc")
        assert two_alike.status == 401  # two things known are one
    finally:
        house.obey(rule, rule)


# ---- answers that are none -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "another"},
        {"state": None},
        {"iss": "https://evil.example/"},
        {"iss": None},
        {"code": "x" * 43},
        {"code": None},
        {"code": None, "error": "access_denied"},
    ],
)
def test_an_answer_that_is_not_the_one_to_this_request_lets_nobody_in(browser, changes):
    location = browser.proves(browser.way(), "olga")
    shown = browser.back(altered(location, **changes))
    assert shown.status == 401
    assert not browser.cookie
    assert browser.back(location).status == 401  # what was begun is used up


def test_an_answer_brought_by_another_browser_lets_nobody_in(house, browser):
    location = browser.proves(browser.way(), "olga")
    other = house.browser()
    other.way()
    assert other.back(location).status == 401
    assert house.browser().back(location).status == 401


def test_an_answer_is_good_once(browser):
    location = browser.proves(browser.way(), "olga")
    way = browser.cookies[WAY_COOKIE]
    assert browser.back(location).status == 303
    browser.cookies[WAY_COOKIE] = way
    assert browser.back(location).status == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"id_token": ""}, {"id_token": 7}, {"id_token": "a.b.c"}, {"id_token": "x" * 9000}],
)
def test_what_the_token_endpoint_says_is_verified(house, browser, body):
    location = browser.proves(browser.way(), "olga")
    house.endpoint.instead = (200, body)
    try:
        assert browser.back(location).status == 401
    finally:
        house.endpoint.instead = None


def test_the_id_token_of_another_sign_in_is_none(house, browser):
    first = browser.proves(browser.way(), "olga")
    other = house.browser()
    second = other.proves(other.way(), "anna")
    form = {"grant_type": "authorization_code", "client_id": "vedette-console",
            "redirect_uri": "https://console.example.org/signed-in",
            "code": answer_in(second)["code"], "code_verifier": "wrong" * 10}  # fmt: skip
    assert house.signin.post("/oauth2/token", form=form).status == 400  # PKCE holds
    house.endpoint.instead = (200, {"id_token": token_of(house, house.browser())})
    try:
        shown = browser.back(first)
        assert shown.status == 401
        assert "not one to this sign-in" in shown.words
    finally:
        house.endpoint.instead = None


def token_of(house: House, browser: Browser) -> str:
    """An ID token that was made for another sign-in to the same console."""
    said = []
    exchange = house.endpoint.exchange

    async def heard(form):
        answer = await exchange(form)
        said.append(answer[1]["id_token"])
        return answer

    house.endpoint.exchange = heard
    try:
        browser.signs_in("olga")
    finally:
        house.endpoint.exchange = exchange
    return said[0]


# ---- the console as a client of the authorization server -----------------------------------------


def test_the_consoles_scope_is_for_the_console_alone(house):
    client = house.signin.register()
    sent = house.signin.authorize(client, scope="openid urn:vedette:console")
    assert sent.answer["error"] == "invalid_scope"


def test_the_console_gets_no_client_api(house, browser):
    way = browser.way()
    scope = "openid urn:matrix:client:api:* urn:matrix:client:device:ABCDEFGHIJ"
    sent = house.signin.get(f"/oauth2/authorize?{urlencode({**way, 'scope': scope})}")
    assert sent.answer["error"] == "invalid_scope"


def test_its_answers_go_to_its_own_address_alone(house, browser):
    way = browser.way()
    for address in ("https://evil.example/", "https://console.example.org/other"):
        sent = house.signin.get(f"/oauth2/authorize?{urlencode({**way, 'redirect_uri': address})}")
        assert (sent.status, sent.location) == (400, "")


def test_it_is_handed_no_access_token(house, browser):
    location = browser.proves(browser.way(), "olga")
    said = []
    exchange = house.endpoint.exchange

    async def heard(form):
        said.append(await exchange(form))
        return said[-1]

    house.endpoint.exchange = heard
    try:
        assert browser.back(location).status == 303
    finally:
        house.endpoint.exchange = exchange
    assert set(said[0][1]) == {"id_token", "token_type", "expires_in", "scope"}
    assert said[0][1]["token_type"] == "N_A"


def test_without_a_console_nobody_signs_in_to_one(house, browser):
    way = browser.way()
    bare = replace(house.signin.oauth, console=None)
    assert bare.authorize(Asked(query=urlencode(way).encode())).status == 400


# ---- what ends it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "says"), [(SessionState.ENDED, "has ended"), (SessionState.SUSPENDED, "suspended")]
)
def test_ending_or_suspending_the_session_shuts_the_console_at_the_next_request(
    house, browser, state, says
):
    session = came(house, browser)
    house.store.move_session(session.id, state, "administrator: lost", int(house.clock.now()))
    shown = browser.get("/")
    assert shown.status == 401
    assert says in shown.words
    assert not browser.cookie
    house.store.move_session(session.id, SessionState.LIVE, "", int(house.clock.now()))


def test_a_cookie_is_worth_nothing_after_its_session_was_shut_out(house, browser):
    session = came(house, browser)
    cookie = browser.cookie
    house.store.move_session(session.id, SessionState.SUSPENDED, "x y", int(house.clock.now()))
    assert browser.get("/").status == 401
    house.store.move_session(session.id, SessionState.LIVE, "", int(house.clock.now()))
    browser.cookies[COOKIE] = cookie
    assert browser.get("/").status == 401


@pytest.mark.parametrize("person", [None, Person(active=False), Person(guest=True)])
def test_whoever_is_deactivated_gone_or_a_guest_is_out_at_once(house, browser, person):
    came(house, browser)
    desk = house.desks.settings
    people = dict(desk.policy.current().directory.people)
    people.pop(user("olga"))
    if person is not None:
        people[user("olga")] = person
    document, number = desk.current()[1], desk.current()[0].number
    desk.policy.take(document, number, people)
    try:
        assert browser.get("/").status == 401
    finally:
        desk.take(document, number)


def test_left_alone_it_ends(house, browser):
    came(house, browser)
    for _ in range(3):
        house.clock.seconds += 29 * 60
        assert browser.get("/").status == 200
    house.clock.seconds += 31 * 60
    assert browser.get("/").status == 401


def test_after_eight_hours_it_ends_however_busy_somebody_was(house, browser):
    came(house, browser)
    for _ in range(8 * 3 - 1):
        house.clock.seconds += 20 * 60
        assert browser.get("/").status == 200
    house.clock.seconds += 20 * 60
    assert browser.get("/").status == 401


def test_it_is_seen_when_and_from_where_it_was_used(house, browser):
    session = came(house, browser)
    house.clock.seconds += 61
    browser.get("/")
    seen = house.store.seen(user("olga"))[session.id]
    assert (seen.at, seen.address) == (int(house.clock.now()), "192.0.2.44")


def test_signing_out_ends_the_session_itself(house, browser):
    session = came(house, browser)
    cookie = browser.cookie
    assert browser.send("/sign-out", {}).status == 200
    assert house.store.session(session.id).state is SessionState.ENDED
    assert not [each for each in house.store.outbox() if each.user == user("olga")]  # no device
    browser.cookies[COOKIE] = cookie
    assert browser.get("/").status == 401


@pytest.mark.parametrize("cookie", ["", "x", "x" * 43, "é" * 20, "x" * 5000])
def test_a_cookie_that_nobody_was_given_is_nobodys(house, cookie):
    browser = house.browser()
    browser.cookies[COOKIE] = cookie
    assert browser.get("/").status in (303, 401)


def test_everybody_of_ours_may_come_in_and_sees_what_they_may(house):
    for name in GROUPS:
        assert house.browser().signs_in(name).status == 200
    assert ISSUER


FRESH = """[rules.fresh]
from   = ["us"]
forbid = ["administer"]
when   = ["act in administration:settings:apply"]
unless = ["sign_in.age < 10 minutes"]
say    = "Sign in anew for that."

"""


def test_rules_on_administering_may_read_how_somebody_signed_in(house, browser):
    rule = "[rules.security-office]"
    house.obey(rule, FRESH + rule)
    try:
        came(house, browser)
        form = {"path": "sign_in.session", "value": "9 days", "reason": "x", "step": "apply"}
        house.clock.seconds += 11 * 60
        shown = browser.send("/orders/set-value", form)
        assert shown.status == 403
        assert "Sign in anew for that." in shown.words
        anew = house.browser()
        came(house, anew)
        assert anew.send("/orders/set-value", form).status == 200
    finally:
        house.obey(rule, rule)


def test_with_sign_in_away_nobody_new_comes_in_and_whoever_is_in_goes_on(house, browser):
    came(house, browser)
    late = house.browser()
    location = late.proves(late.way(), "anna")
    house.endpoint.away = True
    try:
        shown = late.back(location)
        assert shown.status == 503
        assert "does not answer" in shown.words
        assert browser.get("/").status == 200
    finally:
        house.endpoint.away = False
