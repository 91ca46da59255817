"""Every page of the console, asked for by every shipped role; no page is without a row."""

from __future__ import annotations

import pytest

from tests.apps.console.crowd import (
    ROOM,
    add_token,
    file_row,
    report_rooms,
    session,
    waiting_act,
    with_files,
)
from tests.apps.console.house import GROUPS, Browser, House
from vedette.admin.actor import LOCAL
from vedette.admin.settings import Kept, Proposal
from vedette.console.registry import NAVIGATION, PAGES, SENTENCES

OFFICER, MANAGER, OPERATOR, HELPER, AUDITOR, NOBODY = "olga", "fred", "otto", "hugo", "ada", "anna"
READERS = {OFFICER, MANAGER, OPERATOR, AUDITOR}
FILES = {OFFICER, HELPER, AUDITOR}
EVERYBODY = set(GROUPS)

TABLE: dict[str, set[str]] = {
    "/": EVERYBODY,
    "/settings": READERS,
    "/settings/rules": READERS,
    "/settings/parties": READERS,
    "/settings/networks": READERS,
    "/settings/room-kinds": READERS,
    "/keys": {OFFICER},
    "/certificates/server": {OFFICER, OPERATOR},
    "/grid": READERS,
    "/changes": READERS,
    "/changes/acts/{act}": {OFFICER},
    "/changes/compare": READERS,
    "/changes/draft": READERS,
    "/changes/revisions/{number}": READERS,
    "/changes/revisions/{number}/text": READERS,
    "/changes/pending/{change}": READERS,
    "/grid/list": READERS,
    "/grid.csv": READERS,
    "/grid/{one}/{other}": READERS,
    "/why": {OFFICER, MANAGER, AUDITOR},
    "/why/{record}": {OFFICER, AUDITOR},
    "/people": {OFFICER, HELPER},
    "/people.csv": {OFFICER, HELPER},
    "/people/{user:path}": {OFFICER, HELPER},
    "/sessions": {OFFICER, HELPER},
    "/sessions.csv": {OFFICER, HELPER},
    "/sessions/{id}": {OFFICER, HELPER},
    "/files": FILES,
    "/files.csv": FILES,
    "/files/refused": FILES,
    "/files/refused.csv": FILES,
    "/files/one": FILES,
    "/files/{server}/{media}": FILES,
    "/partners": READERS,
    "/partners.csv": READERS,
    "/partners/{name}": READERS,
    "/certificates": {OFFICER, OPERATOR, AUDITOR},
    "/certificates.csv": {OFFICER, OPERATOR, AUDITOR},
    "/managed-devices": {OFFICER, OPERATOR, AUDITOR},
    "/managed-devices.csv": {OFFICER, OPERATOR, AUDITOR},
    "/directory": {OFFICER, OPERATOR, AUDITOR},
    "/scim": {OFFICER, OPERATOR, AUDITOR},
    "/rooms": READERS,
    "/rooms.csv": READERS,
    "/rooms/{room:path}": READERS,
    "/audit": {OFFICER, AUDITOR},
    "/audit.csv": {OFFICER, AUDITOR},
    "/audit/verify": {OFFICER, OPERATOR, AUDITOR},
    "/administrators": READERS,
    "/administrators.csv": READERS,
    "/administrators/of/{user:path}": READERS,
    "/administrators/tokens": {OFFICER, AUDITOR},
    "/administrators/tokens.csv": {OFFICER, AUDITOR},
    "/administrators/tokens/{id}": {OFFICER, AUDITOR},
}
"""Who may see each page, written down apart from the code; `{…}` of a path is filled in `NAMES`."""


class Place(str):
    """What stands in a place, however the place is written."""

    __slots__ = ()

    def __format__(self, _spec: str, /) -> str:
        return self


NAMES: dict[str, str] = {
    "user": Place("anna"),
    "id": Place(session(1, "anna").id),
    "name": "acme",
    "room": Place(ROOM),
    "token": "",
    "one": "us",
    "other": "guests",
    "record": "control:2",
    "number": "1",
    "server": "example.org",
    "media": "report",
}
"""What stands in the places of a path."""


@pytest.fixture(scope="module")
def browsers(house: House) -> dict[str, Browser]:
    NAMES["change"] = _a_change_that_waits(house)
    NAMES["act"] = waiting_act(house).id
    house.store.add_session(session(1, "anna"), None, 1)
    report_rooms(house)
    with_files(house, file_row("report"))
    NAMES["token"] = add_token(house)
    officer = house.browser()
    officer.signs_in(OFFICER)
    form = {"name": "acme", "domains": "acme.example", "reason": "x", "step": "apply"}
    assert officer.send("/orders/add-partner", form).status == 200
    made = {name: house.browser() for name in GROUPS}
    for name, browser in made.items():
        assert browser.signs_in(name).status == 200
    made[OFFICER].get("/settings")  # so that there is a record to be looked at
    return made


def _a_change_that_waits(house: House) -> str:
    """It waits for its hour, so that no second person is wanted."""
    desk = house.desks.settings
    newest = desk.current()[0]
    hour = int(desk.clock.now()) + 3600
    wanted = Proposal(
        text=newest.text + '[rules.later]\nbetween = ["us", "outside"]\nforbid = ["call"]\n',
        base=newest.number, reason="later", author=LOCAL, starts=hour,
    )  # fmt: skip
    kept = house.run(desk.apply(wanted))
    assert isinstance(kept, Kept)
    return kept.change.id


def test_no_page_is_without_a_row() -> None:
    assert {page.path for page in PAGES if "GET" in page.methods} == set(TABLE)


ASKED_BY_FORM = {"/why", "/changes/draft", "/partners/{name}/check", "/audit/person"}
"""Pages to which something is sent that changes nothing, such as a question."""


def test_what_changes_something_is_an_order() -> None:
    """It goes through `/orders`, where the command is shown before; pages only show."""
    sent = {page.path for page in PAGES if page.methods != ("GET",)}
    assert sent == ASKED_BY_FORM


def test_every_entry_of_the_navigation_is_a_word_of_it() -> None:
    entries = [page.entry for page in PAGES if page.entry]
    assert len(entries) == len(set(entries))
    assert set(entries) <= set(NAVIGATION) <= SENTENCES.keys()


@pytest.mark.parametrize("path", sorted(TABLE))
@pytest.mark.parametrize("name", sorted(GROUPS))
def test_each_page_is_for_those_who_may_see_it(browsers, name, path):
    names = {**NAMES, "id": NAMES["token"]} if "tokens" in path else NAMES
    query = "?file=mxc://example.org/report" if path == "/files/one" else ""
    shown = browsers[name].get(path.format_map(names) + query)
    if name in TABLE[path]:
        assert shown.status == 200, shown.words[:300]
    else:
        assert shown.status == 403
        assert "You may not do this" in shown.words


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_the_navigation_leads_nobody_to_a_closed_page(browsers, name):
    home = browsers[name].get("/").text
    for page in PAGES:
        if page.entry:
            leads = f'<a href="{page.path}"' in home
            assert leads is (name in TABLE[page.path]), f"{name}: {page.path}"
