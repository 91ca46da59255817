"""Who may do what with whom: the grid, its list, its table, a pair of parties, and the form of a rule."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps.console.house import Browser, House
from tests.apps.console.test_orders import listening, run, shown_command
from vedette.admin.actor import LOCAL
from vedette.admin.settings import Proposal
from vedette.console.pages.grid import AT_ONCE, ROWS, together
from vedette.core.channels import Channel
from vedette.core.grid import CHANNELS, Answer, Way

MORE = """
[rules.acme]
between = ["us", "acme"]
allow = ["message", "contact"]
say = "With Acme we exchange <b>messages</b> & contact only."
[rules.acme-files]
from = ["board"]
to = ["acme"]
allow = ["file"]
when = ["file.kind in document"]
[rules.watch]
from = ["board"]
to = ["partners"]
forbid = ["presence"]
mode = "observe"
[guardrails.no-screens]
between = ["us", "partners"]
forbid = ["screen"]
"""


@pytest.fixture(scope="module")
def settled(house: House) -> Iterator[House]:
    """An organisation with parties, a partner, and rules of every sort."""
    desk = house.desks.settings
    text = desk.current()[0].text
    text = text.replace("[parties]\n", '[parties]\nboard = { groups = ["Board"] }\n', 1)
    text = text.replace("[partners]\n", '[partners]\nacme = { domains = ["acme.example"] }\n', 1)
    house.run(apply(house, text + MORE))
    return house


async def apply(house: House, text: str) -> None:
    desk = house.desks.settings
    base = desk.current()[0].number
    await desk.apply(Proposal(text=text, base=base, reason="as agreed", author=LOCAL))


@pytest.fixture(scope="module")
def officer(settled: House) -> Browser:
    browser = settled.browser()
    browser.signs_in("olga")
    return browser


def cell(page: str, one: str, other: str) -> str:
    """What a mouse or a screen reader says of a cell."""
    found = re.search(rf'<a href="/grid/{one}/{other}" title="([^"]*)"', page)
    assert found is not None, f"no cell for {one} and {other}"
    return found[1]


def test_a_cell_says_each_channel_in_each_direction_in_words(officer: Browser) -> None:
    page = officer.get("/grid")
    assert page.status == 200
    said = cell(page.text, "us", "acme")
    there, back = said.split("; ")
    assert "us → acme: messages yes, files partly, calls no" in there
    assert "us ← acme: messages yes, files no" in back
    assert cell(page.text, "board", "acme").startswith("board → acme: messages yes, files under")
    assert "(observed)" in cell(page.text, "board", "acme")
    assert cell(page.text, "outside", "us").startswith("outside ↔ us: messages no")
    assert cell(page.text, "auditors", "auditors").startswith("auditors ↔ auditors: messages yes")


def test_one_channel_is_shown_in_words(officer: Browser) -> None:
    page = officer.get("/grid?channel=screen&party=us&with=acme")
    assert page.status == 200
    assert "us ↔ acme: screen sharing forbidden" in cell(page.text, "us", "acme")
    assert page.text.count("<td><a") == 1


def test_a_filter_shows_the_parties_whose_names_have_these_letters(officer: Browser) -> None:
    page = officer.get("/grid?party=offi, acme&with=us")
    assert set(re.findall(r'<th scope="row">([^<]+)', page.text)) == {"security-office", "acme"}
    assert "No party has these letters" in officer.get("/grid?party=nobody-here").words


@pytest.mark.parametrize(
    "query", ["channel=sign-in", "channel=<script>", f"party={'x' * 65}", "with=%00"]
)
def test_a_filter_that_can_be_none_is_refused_in_words(officer: Browser, query: str) -> None:
    page = officer.get(f"/grid?{query}")
    assert page.status == 400
    assert "<script>" not in page.text


@pytest.mark.parametrize("place", ["row=99999&column=99999", "row=-1&column=x", "row=1e9"])
def test_a_place_that_is_none_is_the_first(officer: Browser, place: str) -> None:
    assert 'href="/grid/us/us"' in officer.get(f"/grid?{place}").text


def test_the_list_and_the_table_say_the_same(officer: Browser, settled: House) -> None:
    listed = officer.get("/grid/list?party=board&with=acme")
    assert listed.status == 200
    for word in ("board", "acme", "yes", "under conditions", "forbidden", "observed"):
        assert word in listed.words
    table = officer.get("/grid.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-security-policy"]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    grid = settled.desks.grid.current()
    assert len(rows) == len(grid.names) ** 2
    for row in rows:
        for channel in CHANNELS:
            assert row[channel] == grid.way(row["from"], row["to"], channel).answer
    assert [r["file"] for r in rows if (r["from"], r["to"]) == ("board", "acme")] == ["conditions"]


def test_sixty_parties_are_shown_a_part_at_a_time(
    house: House, settled: House, officer: Browser
) -> None:
    before = house.desks.settings.current()
    many = "".join(f'team-{at:02} = {{ groups = ["Team {at}"] }}\n' for at in range(60))
    house.obey("[parties]\n", f"[parties]\n{many}")
    try:
        page = officer.get("/grid")
        assert page.text.count('<th scope="col">') == AT_ONCE
        assert page.text.count('<th scope="row">') == AT_ONCE
        count = len(house.desks.grid.current().names)
        assert f"Rows 1 to {AT_ONCE} of {count}" in page.words
        later = officer.get(f"/grid?row={AT_ONCE}&column={AT_ONCE * 2}")
        assert cell(later.text, "team-10", "team-30").startswith("team-10 ↔ team-30: messages yes")
        listed = officer.get("/grid/list")
        assert f"Rows 1 to {ROWS} of {count * count}" in listed.words
        assert f"Rows {ROWS + 1} to" in officer.get(f"/grid/list?row={ROWS}").words
    finally:
        house.desks.settings.take(before[1], before[0].number)


# ---- A pair --------------------------------------------------------------------------------------


def test_a_pair_shows_the_rules_that_make_it_so_as_sentences(officer: Browser) -> None:
    page = officer.get("/grid/us/acme")
    assert page.status == 200
    words = page.words
    assert "Between us and acme: messages and contact are allowed." in words
    assert "From board to acme: files are allowed, when file.kind is document." in words
    assert "hangs on file.kind" in words
    assert "screen sharing forbidden by guardrails.no-screens" in words
    assert "No revision may lose it" in words
    assert "only observes" in words
    assert "“With Acme we exchange <b>messages</b> & contact only.”" in words
    assert "<b>messages" not in page.text
    assert "no rule allows it" in words
    assert "No rule speaks of these two" in officer.get("/grid/guests/outside").words


@pytest.mark.parametrize("path", ["/grid/us/nobody", "/grid/<script>x/us", "/grid/anyone/us"])
def test_a_party_that_is_none_is_said_so(officer: Browser, path: str) -> None:
    page = officer.get(path)
    assert page.status == 404
    assert "there is no party" in page.words
    assert "<script>x" not in page.text


def fields(page: str, kind: str, at: int = 0) -> dict[str, str]:
    """A form of a page as a browser would send it, untouched."""
    forms = re.findall(rf'<form method="post" action="/orders/{kind}".*?</form>', page, re.DOTALL)
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", forms[at]):
        given = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if given.get("type") in ("checkbox", "radio") and not tag.rstrip(">").endswith("checked"):
            continue
        found[given["name"]] = given.get("value", "")
    found |= re.findall(r'<textarea[^>]*name="([a-z]+)"[^>]*>([^<]*)<', forms[at])
    for name, options in re.findall(r'<select[^>]*name="([a-z]+)"[^>]*>(.*?)</select>', forms[at]):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: unescape(value) for name, value in found.items()}


def test_a_rules_form_that_is_sent_as_it_is_changes_nothing(officer: Browser) -> None:
    page = officer.get("/grid/us/acme").text
    forms = page.count('action="/orders/change-rule"')
    assert forms == 4
    for at in range(forms):
        form = fields(page, "change-rule", at)
        shown = officer.post("/orders/change-rule", form)
        assert shown.status == 200, shown.words
        assert "Nothing that decides changes." in shown.words, form


def test_a_rule_is_changed_from_the_page_of_its_pair_and_one_goes_back_there(
    officer: Browser,
) -> None:
    page = officer.get("/grid/us/acme").text
    form = {**fields(page, "change-rule"), "channel-presence": "yes"}
    assert form["id"] == "guardrails.no-screens"
    form = {**fields(page, "change-rule", 1), "channel-presence": "yes"}
    shown = officer.post("/orders/change-rule", form)
    assert (
        "vedette rule change acme --between us acme --allow message,contact,presence" in shown.words
    )
    assert 'href="/grid/us/acme"' in shown.text


def test_a_rule_to_be_added_is_filled_in_for_the_pair(officer: Browser) -> None:
    page = officer.get("/grid/board/acme?add=back")
    form = fields(page.text, "add-rule") | {"id": "new-one", "channel-file": "yes"}
    assert (form["way"], form["one"], form["other"]) == ("one", "acme", "board")
    shown = officer.post("/orders/add-rule", form)
    assert "vedette rule add new-one --from acme --to board --allow file" in shown.words
    assert "add-rule" not in officer.get("/grid/board/acme?add=<script>").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_after_an_order(officer: Browser, back: str) -> None:
    form = {"path": "sign_in.session", "value": "9 days", "back": back}
    shown = officer.send("/orders/set-value", form)
    assert shown.status == 200
    assert 'class="button" href="/"' in shown.text


PAGES_HERE = ("/grid", "/grid/list", "/grid.csv", "/grid/us/acme", "/grid/nobody/us")


@pytest.mark.parametrize("name", ["hugo", "anna"])
def test_who_may_not_read_the_settings_reads_a_sentence_and_nothing_of_them(
    settled: House, name: str
) -> None:
    browser = settled.browser()
    browser.signs_in(name)
    for path in PAGES_HERE:
        page = browser.get(path)
        assert page.status == 403, path
        assert "You may not do this" in page.words
        assert "acme" not in page.words.replace(path, "")
    assert 'href="/grid"' not in browser.get("/").text


def test_who_may_only_read_gets_no_forms(settled: House) -> None:
    auditor = settled.browser()
    auditor.signs_in("ada")
    page = auditor.get("/grid/us/acme")
    assert page.status == 200
    assert "You may read the rules here, and not change them." in page.words
    assert "/orders/" not in page.text


def test_looking_is_on_record(settled: House, officer: Browser) -> None:
    before = len(settled.records())
    officer.get("/grid/us/acme")
    new = [each["act"] for each in settled.records()[before:] if "act" in each]
    assert "administration:settings:read" in new


ANSWERS = st.sampled_from([each for each in Answer if each is not Answer.NOT_OURS])


@settings(max_examples=200)
@given(answers=st.lists(ANSWERS, min_size=1, max_size=4))
def test_calls_together_never_say_more_than_each_of_them(answers: list[Answer]) -> None:
    said = together([Way(each) for each in answers])
    assert said.passes == any(each.passes for each in answers)
    if said is Answer.YES:
        assert set(answers) == {Answer.YES}
    if said is Answer.CONDITIONS:
        assert set(answers) <= {Answer.YES, Answer.CONDITIONS}
    if said is Answer.FORBIDDEN:
        assert set(answers) == {Answer.FORBIDDEN}


def test_a_grid_is_made_anew_when_the_settings_change(settled: House) -> None:
    desk = settled.desks.grid
    first = desk.current()
    assert desk.current() is first
    newest, document = settled.desks.settings.current()
    settled.desks.settings.take(document, newest.number)
    assert desk.current() is not first
    assert desk.current().way("us", "acme", Channel.MESSAGE) == first.way(
        "us", "acme", Channel.MESSAGE
    )


@pytest.mark.parametrize("query", ["", "?party=us", "?party=us&with=acme,board", "?with=--json"])
def test_the_command_under_the_list_makes_the_call_beside_it(
    officer: Browser, settled: House, query: str
) -> None:
    page = officer.get(f"/grid/list{query}")
    target = re.search(r"<code>GET ([^<]+)</code>", page.text)
    assert target is not None
    with listening(settled.boot.folder) as heard:
        run(settled.boot.folder, shown_command(page.text))
    method, path, body = heard[0]
    assert (method, path, body) == ("GET", unescape(target[1]).strip(), None)
