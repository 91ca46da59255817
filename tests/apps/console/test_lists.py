"""Lists: every row exactly once, whatever is looked for; nothing that is not one's to see."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.apps.console.crowd import (
    ROOM,
    add_people,
    add_token,
    report_rooms,
    session,
    with_files,
)
from tests.apps.console.house import GROUPS, Browser, House
from vedette.console.lists import line
from vedette.console.registry import MODULES
from vedette.core.decision import Verdict
from vedette.core.sessions import SessionState

EVIL = "=1+1</td><script>alert(1)</script>"
"""A name that is a formula to a spreadsheet and a script to a page."""


@pytest.fixture(scope="module")
def crowd(house: House) -> House:
    """A hundred and twenty more people, some of them signed in, and one of an evil name."""
    with_files(house)
    add_people(house, [f"worker{n:03}" for n in range(120)])
    for n in range(0, 120, 3):
        house.store.make_account(f"worker{n:03}", f"Worker No {n}", "x", 1)
        house.store.add_session(session(n, f"worker{n:03}"), None, 1)
    house.store.make_account("gone", EVIL, "x", 1)
    evil = session(900, "worker001", device_name=EVIL, client=EVIL, platform="windows")
    house.store.add_session(evil, None, 1)
    house.store.move_session(
        session(3, "worker003").id, SessionState.SUSPENDED, "administrator: x", 2
    )
    return house


@pytest.fixture(scope="module")
def officer(crowd: House) -> Browser:
    browser = crowd.browser()
    browser.signs_in("olga")
    return browser


@pytest.fixture(scope="module")
def helper(crowd: House) -> Browser:
    browser = crowd.browser()
    browser.signs_in("hugo")
    return browser


def firsts(text: str) -> list[str]:
    """The links in the first column of a page."""
    return [unescape(each) for each in re.findall(r"<tr><td><a href=\"([^\"]+)\"", text)]


def walk(browser: Browser, path: str) -> list[str]:
    """Every row from page to page."""
    found: list[str] = []
    at: str | None = path
    for _ in range(50):
        page = browser.get(at)
        assert page.status == 200, page.words[:300]
        found += firsts(page.text)
        more = re.search(r'href="([^"]+)" rel="next"', page.text)
        if more is None:
            return found
        at = unescape(more[1])
    raise AssertionError(f"{path} has no end")


def test_every_person_is_listed_exactly_once(officer):
    found = walk(officer, "/people")
    names = {*(each.localpart for each in officer.house.store.accounts())}
    names |= {*GROUPS, *(f"worker{n:03}" for n in range(120))}
    assert "gone" in names
    assert sorted(found) == sorted(f"/people/{name}" for name in names)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("text=worker00", [f"worker00{n}" for n in range(10)]),
        ("text=no+6&party=us", ["worker006", *(f"worker0{n}" for n in (60, 63, 66, 69))]),
        ("group=Auditors", ["ada"]),
        ("party=security-office", ["olga"]),
        ("state=suspended", ["worker003"]),
        ("state=suspended&text=no+3", ["worker003"]),
        ("state=suspended&text=zzz", []),
        ("state=inactive&text=g", ["gone"]),
        ("state=locked", []),
        ("text=script", ["gone"]),
        ("text=nobody-is-called-so", []),
    ],
)  # fmt: skip
def test_a_filter_finds_whom_it_names_and_nobody_else(officer, query, wanted):
    assert walk(officer, f"/people?{query}") == [f"/people/{name}" for name in wanted]


def test_whoever_was_tried_too_often_is_found_as_locked(crowd, officer):
    now = int(crowd.desks.folk.clock.now())
    for _ in range(30):
        crowd.store.attempt("first:worker050:192.0.2.0/24", now, 600)
    assert walk(officer, "/people?state=locked") == ["/people/worker050"]
    page = officer.get("/people/worker050")
    assert "locked for a while" in page.words
    crowd.store.forgive("first:worker050:192.0.2.0/24")


def test_every_session_is_listed_once_newest_first_and_by_what_is_known_of_it(crowd, officer):
    mine = {each.id for name in GROUPS for each in crowd.sessions(name)}
    every = [each.rpartition("/")[2] for each in walk(officer, "/sessions")]
    assert len(every) == len(set(every))
    assert set(every) - mine == {session(n, "x").id for n in (*range(0, 120, 3), 900)}
    assert walk(officer, "/sessions?state=suspended") == [f"/sessions/{session(3, 'x').id}"]
    assert walk(officer, "/sessions?platform=windows") == [f"/sessions/{session(900, 'x').id}"]
    assert walk(officer, "/sessions?client=SCRIPT") == [f"/sessions/{session(900, 'x').id}"]
    assert walk(officer, "/sessions?user=worker006") == [f"/sessions/{session(6, 'x').id}"]
    assert walk(officer, "/sessions?factors=one&platform=linux") == []
    assert walk(officer, "/sessions?approved=yes") == []
    assert walk(officer, "/sessions?state=ended") == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from([p.path for m in MODULES for p in m.PAGES if "{" not in p.path]),
    name=st.sampled_from(["after", "text", "state", "user", "factors", "person", "since", "x"]),
    value=st.text(max_size=300),
)  # fmt: skip
def test_whatever_an_address_says_no_page_breaks(officer, path, name, value):
    page = officer.get(f"{path}?{urlencode({name: value.encode('utf-8', 'replace')})}")
    assert page.status in (200, 400, 404, 405), page.words[:300]


@pytest.mark.parametrize(
    "path",
    ["/people?after=%00", "/people?after=" + "x" * 700, "/people?after=%C3%BC", "/sessions?after=x",
     "/sessions?after=-1", "/sessions?after=1.5", "/people?state=dead", "/people?party=nobody",
     "/sessions?platform=amiga", "/sessions?user=@a:elsewhere.example"],
)  # fmt: skip
def test_a_cursor_or_a_filter_that_is_none_is_refused(officer, path):
    page = officer.get(path)
    assert page.status == 400
    assert "script" not in page.words


def test_names_are_text_and_nothing_else(officer):
    for path in ("/people?text=script", "/sessions?client=script", "/people/worker001",
                 "/people/gone", f"/sessions/{session(900, 'x').id}"):  # fmt: skip
        page = officer.get(path)
        assert page.status == 200, page.words[:300]
        assert "<script>alert" not in page.text
        assert "alert(1)" in page.text


def rows_of(browser: Browser, path: str) -> list[list[str]]:
    table = browser.get(path)
    assert table.status == 200, table.words[:300]
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"].startswith("attachment")
    return list(csv.reader(io.StringIO(table.text)))


def test_the_table_has_the_same_rows_and_no_formula(officer):
    head, *rows = rows_of(officer, "/people.csv?text=worker")
    assert head[:3] == ["user", "name", "state"]
    assert [row[0] for row in rows] == [f"'@worker{n:03}:example.org" for n in range(120)]
    _, row = rows_of(officer, "/people.csv?text=script")
    assert row[1] == "'" + EVIL
    _, row = rows_of(officer, "/sessions.csv?client=script")
    assert row[0] == row[2].removesuffix(" 1.12.1") == "'" + EVIL


@given(cells=st.lists(st.text(), min_size=1))
def test_no_cell_begins_as_a_formula_does_and_every_one_is_read_back(cells):
    (back,) = csv.reader(io.StringIO(line(cells), newline=""))
    assert len(back) == len(cells)
    for cell, was in zip(back, cells, strict=True):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell.removeprefix("'") == was.removeprefix("'")


# ---- who may see what ----------------------------------------------------------------------------


def test_the_help_desk_sees_those_whom_its_rules_name_and_nobody_else(helper):
    # of an account that the directory does not know nobody says that it is an administrator's
    names = {*(f"worker{n:03}" for n in range(120)), "anna", "bert", "gone"}
    assert set(walk(helper, "/people")) == {f"/people/{name}" for name in names}
    assert {row[0] for row in rows_of(helper, "/people.csv")[1:]} == {
        f"'@{name}:example.org" for name in names
    }
    assert walk(helper, "/people?text=olga") == []
    sessions = {each.rpartition("/")[2] for each in walk(helper, "/sessions")}
    assert sessions == {session(n, "x").id for n in (*range(0, 120, 3), 900)}
    assert walk(helper, "/sessions?user=olga") == []


def test_no_id_opens_what_the_rules_do_not(crowd, helper):
    (theirs, *_) = crowd.sessions("olga")
    for path in (
        "/people/olga",
        "/people/@olga:example.org",
        f"/sessions/{theirs.id}",
    ):
        page = helper.get(path)
        assert page.status == 403, path
        assert "Olga" not in page.text.replace("@olga", "")
    assert helper.get("/people/worker001").status == 200
    assert helper.get(f"/sessions/{session(900, 'x').id}").status == 200
    assert helper.get("/people/nobody-at-all").status == 404
    assert helper.get("/sessions/" + "x" * 30).status == 404


PERSON = ("reset-factors", "reset-password", "unlock", "suspend-sessions", "end-sessions")
SESSION = ("suspend-session", "resume-session", "approve-session", "end-session")


@pytest.mark.parametrize("kind", [*PERSON, *SESSION, "reject-device"])
def test_no_order_goes_over_whom_the_rules_do_not_name(crowd, helper, kind):
    (theirs, *_) = crowd.sessions("olga")
    before = (crowd.sessions("olga"), crowd.store.account("olga"))
    form = {"user": "olga", "session": theirs.id, "device": "DEV1", "reason": "x", "step": "apply"}
    page = helper.send(f"/orders/{kind}", form)
    assert page.status == 403, page.words
    assert (crowd.sessions("olga"), crowd.store.account("olga")) == before


@pytest.mark.parametrize("name", ["anna", "fred", "otto"])
def test_whoever_may_see_nobody_sees_no_list(crowd, name):
    browser = crowd.browser()
    browser.signs_in(name)
    for path in (
        "/people",
        "/sessions",
        "/people.csv",
        "/people/worker001",
        "/sessions?user=worker001",
    ):
        assert browser.get(path).status == 403, path
    assert 'href="/people"' not in browser.get("/").text


def test_a_page_offers_what_its_visitor_may_do_and_nothing_else(crowd, officer, helper):
    assert 'action="/orders/reset-factors"' in helper.get("/people/worker003").text
    ada = crowd.browser()
    ada.signs_in("ada")
    assert ada.get("/people/worker003").status == 403
    page = helper.get(f"/sessions/{session(3, 'x').id}")
    assert 'action="/orders/resume-session"' in page.text
    assert 'action="/orders/suspend-session"' not in page.text


# ---- what is done --------------------------------------------------------------------------------


def test_a_reset_shows_its_secret_once_and_is_on_record_with_its_reason(crowd, helper):
    form = {"user": "worker006", "reason": "phone lost, ticket 4711"}
    seen = helper.send("/orders/reset-factors", form)
    assert "vedette user factors reset worker006 --reason 'phone lost, ticket 4711'" in seen.words
    page = helper.send("/orders/reset-factors", {**form, "step": "apply"})
    assert page.status == 200, page.words
    assert "Shown only now" in page.words
    assert crowd.store.recovery_left("worker006") == 1
    named = [each for each in opened(crowd) if each.get("act") == "people:factor:reset"]
    assert "ticket 4711" in str(named[-1])


def test_all_sessions_of_somebody_are_suspended_and_then_ended(crowd, helper):
    crowd.store.add_session(session(901, "worker012"), None, 1)
    form = {"user": "worker012", "reason": "lost", "step": "apply"}
    assert "2 sessions" in helper.send("/orders/suspend-sessions", form).words
    assert {each.state.value for each in crowd.sessions("worker012")} == {"suspended"}
    assert "2 sessions" in helper.send("/orders/end-sessions", form).words
    assert {each.state.value for each in crowd.sessions("worker012")} == {"ended"}
    assert "0 sessions" in helper.send("/orders/end-sessions", form).words


def test_a_session_is_suspended_and_resumed_from_its_page(crowd, helper):
    one = session(9, "worker009").id
    form = {"session": one, "reason": "lost", "step": "apply"}
    assert helper.send("/orders/suspend-session", form).status == 200
    assert "suspended" in helper.get(f"/sessions/{one}").words
    assert helper.send("/orders/resume-session", form).status in (200, 403)
    assert helper.send("/orders/end-session", form).status == 200
    assert helper.send("/orders/end-session", form).status == 409


def test_what_is_shown_of_people_is_on_record(crowd, helper):
    before = len(opened(crowd))
    helper.get("/people?text=worker00")
    new = [each for each in opened(crowd)[before:] if each.get("act") == "sessions:session:list"]
    assert new
    assert all(each["who"] == "@hugo:example.org" for each in new)


def test_a_part_of_a_page_is_its_rows_alone(officer):
    page = officer.get("/people?text=worker00", x_part="yes")
    assert "<html" not in page.text
    assert len(firsts(page.text)) == 10


def opened(house: House) -> list[dict[str, Any]]:
    """What control recorded so far, as whoever may read it reads it."""
    return [entry for entry, _ in house.desks.records.read("control")]


def today(house: House) -> str:
    return date.fromordinal(house.desks.tokens.clock.today()).isoformat()


# ---- partners, rooms, administrators -------------------------------------------------------------


def test_a_partner_is_added_listed_looked_at_and_removed(crowd, officer):
    form = {"name": "beta", "domains": "beta.example", "contact": EVIL, "allow": "message",
            "direction": "out", "valid_until": "2099-01-01", "reason": "contract"}  # fmt: skip
    seen = officer.send("/orders/add-partner", form)
    assert "vedette partner add beta --domain beta.example" in seen.words
    assert officer.send("/orders/add-partner", {**form, "step": "apply"}).status == 200
    assert walk(officer, "/partners?text=beta") == ["/partners/beta"]
    assert walk(officer, "/partners?state=ended") == []
    page = officer.get("/partners/beta")
    assert "2099-01-01" in page.words
    assert "<script>alert" not in page.text
    (_, row) = rows_of(officer, "/partners.csv?text=beta")
    assert row[-1] == "'" + EVIL
    assert "message" in officer.get("/people/anna").text.split("/partners/beta")[1][:300]
    refused = officer.send(
        "/orders/remove-partner", {"name": "beta", "reason": "x", "step": "apply"}
    )
    assert refused.status == 400  # a rule names it
    rule = {"id": "beta", "reason": "x", "step": "apply"}
    assert officer.send("/orders/remove-rule", rule).status == 200
    gone = officer.send("/orders/remove-partner", {"name": "beta", "reason": "x", "step": "apply"})
    assert gone.status == 200, gone.words
    assert officer.get("/partners/beta").status == 404


def test_a_partner_that_can_not_be_tried_says_what_is_missing(crowd, officer):
    page = officer.send("/partners/nobody/check", {})
    assert page.status == 404


def test_rooms_against_the_rules_are_listed_once_and_their_names_are_text(crowd, officer):
    report_rooms(crowd, EVIL, more=120)
    found = walk(officer, "/rooms")
    assert len(found) == len(set(found)) == 121
    assert walk(officer, "/rooms?state=against") == [f"/rooms/{quote(ROOM, safe='')}"]
    for path in ("/rooms?state=against", f"/rooms/{quote(ROOM, safe='')}"):
        page = officer.get(path)
        assert page.status == 200
        assert "<script>alert" not in page.text
        assert "Carol may not be here." in page.words
    _, row = rows_of(officer, "/rooms.csv?state=against")
    assert row[0] == "'" + EVIL
    assert officer.get("/rooms/!other:example.org").status == 404
    form = {"reason": "after the contract", "step": "apply"}
    assert officer.send("/orders/sweep-rooms", form).status == 200


def test_who_may_administer_is_listed_with_the_rules_that_let_them(officer):
    found = walk(officer, "/administrators")
    assert set(found) == {
        f"/administrators/of/{n}" for n in ("olga", "fred", "otto", "hugo", "ada")
    }
    assert walk(officer, "/administrators?act=people:factor:reset") == [
        "/administrators/of/hugo", "/administrators/of/olga"
    ]  # fmt: skip
    page = officer.get("/administrators/of/hugo")
    assert "people:factor:reset" in page.words
    assert "help-desk" in page.words
    assert "administration:settings:apply" not in page.words
    assert "Nothing." in officer.get("/administrators/of/anna").words


def test_a_token_s_value_is_shown_once_and_is_then_good_for_nothing(crowd, officer):
    form = {"user": "ada", "acts": "doors:door:list", "reason": EVIL}
    form["expires"] = today(crowd)
    page = officer.send("/orders/add-token", {**form, "step": "apply"})
    assert page.status == 200, page.words
    value = re.search(r"vdt_[\w-]{40,}", page.text)
    assert value is not None
    (at,) = walk(officer, "/administrators/tokens?text=ada")
    shown = officer.get(at)
    assert value[0] not in shown.text + officer.get("/administrators/tokens").text
    assert "<script>alert" not in shown.text
    gone = {"id": at.rpartition("/")[2], "reason": "x", "step": "apply"}
    assert officer.send("/orders/remove-token", gone).status == 200
    assert walk(officer, "/administrators/tokens?text=ada") == []


@pytest.mark.parametrize("kind", ["add-token", "remove-token", "sweep-rooms", "add-partner",
                                  "remove-partner"])  # fmt: skip
def test_nobody_below_does_what_belongs_to_others(crowd, helper, kind):
    form = {"user": "anna", "acts": "doors:door:list", "id": add_token(crowd), "name": "gamma",
            "domains": "gamma.example", "reason": "x", "step": "apply"}  # fmt: skip
    form["expires"] = today(crowd)
    assert helper.send(f"/orders/{kind}", form).status == 403


# ---- the record ----------------------------------------------------------------------------------


def test_every_record_is_listed_once_newest_first(crowd, officer):
    for _ in range(3):
        officer.get("/people?text=worker")
    kept = {each["id"] for each in crowd.records() if each["kind"] in ("decision", "counted")}
    found = [unquote(each).removeprefix("/why/") for each in walk(officer, "/audit")]
    assert len(found) == len(set(found))
    assert kept <= set(found)
    times = [row[1] for row in rows_of(officer, "/audit.csv")[1:]]
    assert times == sorted(times, reverse=True)


def test_the_record_is_searched_by_person_rule_answer_and_day(crowd, officer):
    helper = crowd.browser()
    helper.signs_in("hugo")
    assert helper.get("/people/olga").status == 403
    day = today(crowd)
    _, *rows = rows_of(officer, f"/audit.csv?person=olga&answer=no&since={day}&until={day}")
    assert rows
    assert {row[2] for row in rows} == {"no"}
    assert all("'@olga:example.org" in (row[3], row[5]) for row in rows)
    assert not rows_of(officer, "/audit.csv?person=olga&until=2001-01-01")[1:]
    for answer in Verdict:  # each is one that records have
        assert officer.get(f"/audit?answer={answer}").status == 200
    assert not rows_of(officer, "/audit.csv?rule=no-such-rule")[1:]
    for path in ("/audit?since=yesterday", "/audit?after=x", "/audit?after=nan~x", "/audit?after=1e999~x",
                 "/audit?partner=nobody", "/audit?door=nobody"):  # fmt: skip
        assert officer.get(path).status == 400, path


def test_a_report_takes_a_reason_and_is_over_whom_it_is_about(crowd, officer, helper):
    assert officer.send("/audit/person", {"person": "hugo", "reason": " "}).status == 400
    page = officer.send("/audit/person", {"person": "hugo", "reason": "incident 12"})
    assert page.status == 200, page.words
    assert "vedette audit person @hugo:example.org --reason 'incident 12'" in page.words
    assert helper.send("/audit/person", {"person": "olga", "reason": "curious"}).status == 403
    assert helper.get("/audit").status == 403


def test_the_record_is_checked_from_its_page(officer):
    page = officer.get("/audit/verify")
    assert page.status == 200
    assert "control" in page.words
