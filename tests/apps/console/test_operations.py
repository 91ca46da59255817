"""Every operation of the API has its command, and what it does can be ordered in the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.console.house import Browser, House, Shown
from tests.apps.console.test_orders import ACTS, DRAFT, FORMS, OF_CHANGES, listening, read, run
from tests.apps.control.organisation import PREFIX
from vedette.admin.key_table import KEYS
from vedette.api.app import make_app
from vedette.console.orders import call, command
from vedette.core.german.keys import KEYS as GERMAN

OF_ORDERS = (*FORMS, *OF_CHANGES, *ACTS)
CHANGES_NOTHING = {
    "POST /settings/check", "POST /settings/diff", "POST /settings/foresee", "POST /settings/replay",
    "POST /partners/difference", "POST /why", "POST /directory/test",
}  # fmt: skip
"""What is sent and only asks."""
ASKED_ON_A_PAGE = {
    "POST /audit/person": "a report is made by its form, under which the command stands",
    "POST /partners/{name}/check": "a partner's page tries it; nothing of ours changes",
    "POST /settings/drafts": "a draft is in force for nobody; its page keeps it",
    "PUT /settings/drafts/{name}": "a draft is in force for nobody; its page keeps it",
    "DELETE /settings/drafts/{name}": "a draft is in force for nobody; its page removes it",
}
BY_ITS_SESSION = "the console names a device by its session, whose page does the same"
OTHERWISE = {
    **ASKED_ON_A_PAGE,
    "POST /settings/change": "several settings at once are a draft in the console",
    "POST /devices/approve": BY_ITS_SESSION,
    "POST /devices/suspend": BY_ITS_SESSION,
    "POST /devices/resume": BY_ITS_SESSION,
    "POST /devices/end": BY_ITS_SESSION,
    "POST /devices/inventories/{name}/test": "it takes as long as reading; the command waits for it",
    "POST /devices/inventories/{name}/sync": "it takes as long as reading; the command waits for it",
}
"""What has an effect and is no order of the console, and why."""
COMMANDS = {
    "GET /settings": "settings show",
    "GET /settings/synapse": "settings synapse",
    "GET /settings/value": "settings get sign_in.session",
    "POST /settings/diff": "settings diff draft.toml",
    "POST /settings/foresee": "settings apply draft.toml --dry-run",
    "POST /settings/replay": "replay draft.toml",
    "POST /settings/change": 'settings change --set sign_in.session="9 days" --reason x',
    "GET /settings/revisions": "settings history",
    "GET /settings/revisions/{number}": "settings export 1",
    "GET /settings/revisions/{number}/diff": "settings diff --from 1 --to 1",
    "GET /settings/drafts": "settings draft list",
    "GET /settings/drafts/{name}": "settings draft show mine",
    "POST /settings/drafts": "settings draft save draft.toml --base 1",
    "PUT /settings/drafts/{name}": "settings draft save draft.toml --name mine --base 1",
    "DELETE /settings/drafts/{name}": "settings draft remove mine --version 1",
    "GET /settings/pending": "settings pending",
    "GET /settings/pending/{change}": "settings pending 0123456789",
    "GET /grid": "rule grid",
    "GET /rules": "rule list",
    "GET /rules/{name}": "rule show talk",
    "GET /acts": "act list",
    "GET /acts/{act}": "act show 0123456789",
    "POST /why": "why --from @a:x.example --to @b:x.example --channel message",
    "GET /why/{record}": "why control:1",
    "GET /doors": "doctor",
    "GET /audit/search": "audit list",
    "POST /audit/person": "audit person anna --reason x",
    "GET /partners": "partner list",
    "GET /partners/{name}": "partner show acme",
    "POST /partners/difference": "partner add acme --domain acme.example --preview --reason x",
    "POST /partners/{name}/check": "partner check acme",
    "GET /certificates/standing": "certificate list",
    "GET /certificates/server": "certificate server list",
    "GET /keys": "key list",
    "GET /keys/{name}/next": "key next synapse-signing-key",
    "GET /directory": "directory show",
    "GET /scim": "scim state",
    "GET /scim/users": "scim users --after 5",
    "GET /scim/groups": "scim groups --most 5",
    "GET /directory/preview": "directory preview --party us",
    "GET /rooms": "room list",
    "GET /rooms/one": "room show Board",
    "GET /files": "file list",
    "GET /files/refused": "file list --refused",
    "GET /files/{server}/{media}": "file show mxc://x.example/abc",
    "GET /tokens": "token list",
    "GET /sessions": "session list",
    "GET /sessions/{id_}": "session show abc",
    "GET /devices": "device list",
    "GET /devices/device": "device show anna D",
    "GET /devices/inventories": "device inventory state",
    "GET /devices/inventory": "device inventory list",
    "GET /devices/inventory/device": "device inventory show intune d1",
    "POST /devices/inventories/{name}/test": "device inventory test intune",
    "POST /devices/inventories/{name}/sync": "device inventory sync intune --reason x",
    "POST /devices/approve": "device approve anna D",
    "POST /devices/suspend": "device suspend anna D --reason x",
    "POST /devices/resume": "device resume anna D",
    "POST /devices/end": "device end anna D --reason x",
    "GET /people/accounts": "user list",
    "GET /people/{user}/factors": "user factors show anna",
}
"""The command of what is no order; those of orders are the ones that the console shows."""
ASKED_BESIDE = {
    "POST /settings/check": "`settings check` finds the same with control down, and asks nobody",
    "POST /directory/test": "`directory test` tries the same from control's host, with control down too",
    "GET /audit/chains": "`audit verify` proves it on control's host, with control down too",
    "GET /audit/records": "what `/audit/search` tells a page at a time, as `audit list` asks",
    "GET /people": "a number for what watches control; `user list` names people",
    "GET /certificates": "`certificate list` asks it second",
    "GET /rooms/counts": "`room sweep` asks it while it waits",
}
"""What no command asks first, and why."""


@pytest.fixture(scope="module")
def operations(house: House) -> set[str]:
    paths = make_app(house.wiring.office).openapi()["paths"]
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, methods in paths.items()
        for method in methods
        if path.startswith(PREFIX)
    }


@pytest.fixture(scope="module")
def ear(house: House) -> Iterator[list[tuple[str, str, Any]]]:
    with listening(house.boot.folder) as asked:
        yield asked


def operation(method: str, target: str, among: set[str]) -> str:
    """The operation that a request is: the one with the fewest places, as the API takes it."""
    path = target.partition("?")[0].removeprefix(PREFIX)
    fits = [
        each
        for each in among
        if each.startswith(f"{method} ")
        and re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(each[len(method) + 1 :])), path)
    ]
    assert fits, f"{method} {path} is nothing that the API knows"
    return min(fits, key=lambda each: each.count("{"))


def ordered(among: set[str]) -> set[str]:
    calls = (call(read(kind, form)) for kind, form in OF_ORDERS)
    return {operation(each.method, each.target, among) for each in calls}


def test_what_has_an_effect_is_an_order_of_the_console_or_says_why_not(
    operations: set[str],
) -> None:
    with_effect = {each for each in operations if not each.startswith("GET ")} - CHANGES_NOTHING
    found = ordered(operations)
    assert with_effect - found - OTHERWISE.keys() == set()
    assert OTHERWISE.keys() - with_effect == set(), "no such operation any more"
    assert OTHERWISE.keys() & found == set(), "these are orders by now"
    assert operations >= CHANGES_NOTHING


def test_every_operation_has_a_command_named_here_or_shown_by_its_order(
    operations: set[str],
) -> None:
    named = COMMANDS.keys() | ASKED_BESIDE.keys()
    assert operations - ordered(operations) - named == set()
    assert named - operations == set()
    assert COMMANDS.keys() & ASKED_BESIDE.keys() == set()


@pytest.mark.parametrize("named", sorted(COMMANDS))
def test_the_command_asks_the_operation(
    house: House,
    ear: list[tuple[str, str, Any]],
    operations: set[str],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "draft.toml").write_text(DRAFT)
    monkeypatch.chdir(tmp_path)
    ear.clear()
    done = run(house.boot.folder, f"vedette {COMMANDS[named]}")
    heard = {operation(method, target, operations) for method, target, _ in ear}
    assert named in heard, f"{COMMANDS[named]}: {heard} {done.output}"


def test_a_command_of_an_order_never_asks_on_a_terminal(house: House) -> None:
    """What is copied from the console is confirmed there."""
    for kind, form in OF_ORDERS:
        assert "…" not in command(read(kind, form)), kind


# ---- what was only a command before ----------------------------------------------------------------


@pytest.fixture(scope="module")
def officer(house: House) -> Browser:
    browser = house.browser()
    browser.signs_in("olga")
    return browser


def orders(officer: Browser, kind: str, **form: str) -> Shown:
    return officer.send(f"/orders/{kind}", {**form, "reason": "ticket 4711", "step": "apply"})


def test_an_account_is_made_with_a_start_password_that_is_shown_once(
    house: House, officer: Browser
) -> None:
    assert "Make an account" in officer.get("/people").words
    shown = officer.send("/orders/create-account", {"user": "nora", "display_name": "Nora N."})
    assert "vedette user create nora --name 'Nora N.'" in shown.words
    assert house.store.account("nora") is None
    done = orders(officer, "create-account", user="nora", display_name="Nora N.")
    assert "Shown only now" in done.words
    kept = house.store.account("nora")
    assert kept is not None
    assert (kept.display_name, kept.must_change) == ("Nora N.", True)
    assert orders(officer, "create-account", user="nora").status == 409
    made = [each for each in house.records() if each.get("act") == "people:account:create"]
    assert made[0]["claims"]["reason"] == "ticket 4711"


def test_nobody_is_erased_from_the_record_by_one_name_alone(house: House, officer: Browser) -> None:
    assert "Erase one person" in officer.get("/audit").words
    for again in ("", "ann", "otto"):
        page = orders(officer, "erase-person", user="anna", again=again)
        assert page.status == 400
        assert "the two names are not the same" in page.words
    done = orders(officer, "erase-person", user="otto", again="otto")
    assert done.status == 200
    assert "can never be read again" in done.words
    assert "vedette audit erase otto --yes" in done.words
    asked = [each for each in house.records() if each.get("act") == "audit:person:erase"]
    assert len(asked) == 1


def test_the_command_of_a_report_stands_under_its_form_before_it_is_made(officer: Browser) -> None:
    form = {"csrf": officer.get("/audit").hidden("csrf"), "person": "anna"}
    part = officer.post("/audit/person", form, x_part="yes")
    assert "vedette audit person anna --reason '…'" in part.words
    assert "POST /vedette/api/v1/audit/person" in part.words
    assert "<html" not in part.text


def test_a_key_is_changed_from_the_list_of_keys(house: House, officer: Browser) -> None:
    page = officer.get("/keys")
    assert "Change admin-token …" in page.words
    before = house.wiring.office.token.current()
    assert before not in page.text
    assert orders(officer, "rotate-key", name="admin-token").status == 200
    assert house.wiring.office.token.current() != before
    assert orders(officer, "rotate-key", name="anchors").status == 400
    away = orders(officer, "rotate-key", name="token-key")
    assert away.status == 503
    assert "nothing was changed" in away.words


def test_a_certificate_that_comes_from_files_is_ordered_by_nobody(officer: Browser) -> None:
    page = officer.get("/certificates/server")
    assert "Where it comes from files" in page.words
    assert "Order a new one now" not in page.words
    refused = orders(officer, "renew-certificate")
    assert refused.status == 404
    assert "comes from files" in refused.words


def test_every_text_of_the_table_of_keys_is_there_in_german() -> None:
    said = {text for row in KEYS for text in (row.what, row.holder, row.change)}
    assert said == GERMAN.keys()


def test_where_nothing_has_a_name_yet_the_form_stands_open(officer: Browser) -> None:
    for path, word in (
        ("/settings/networks", "No network has a name yet"),
        ("/settings/room-kinds", "There are no kinds yet"),
    ):
        page = officer.get(path)
        assert word in page.words
        assert '<details class="card" open>' in page.text
