"""The first page: promises in words, what wants attention with its command, and nothing to the curious."""

from __future__ import annotations

import html
import re
import shlex
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from tests.apps.console.house import Browser, House, user
from tests.apps.control.sign_in import session
from vedette.cli.main import app
from vedette.console.pages.overview import HEIGHT, chart
from vedette.control.counting import Counts
from vedette.core.sessions import SessionState


@pytest.fixture(scope="module")
def officer(house: House) -> Browser:
    browser = house.browser()
    browser.signs_in("olga")
    soon = str(datetime.now(UTC).date() + timedelta(days=5))
    for kind, form in (
        ("set-value", {"path": "partners.acme",
                       "value": f'{{ domains = ["acme.example"], valid_until = {soon} }}'}),
        ("set-value", {"path": "partners.beta", "value": '{ domains = ["beta.example"] }'}),
        ("add-rule", {"id": "acme", "one": "us", "other": "acme", "allow": "message, contact",
                      "expires": soon}),
        ("add-rule", {"id": "beta", "from": "beta", "to": "us", "allow": "message"}),
        ("set-value", {"path": "sign_in.session", "value": "60 days"}),
        ("remove-rule", {"id": "password-login"}),
    ):  # fmt: skip
        page = browser.send(f"/orders/{kind}", {**form, "reason": "x", "step": "apply"})
        assert page.status == 200, page.words
    return browser


def test_the_promises_are_sentences(officer):
    page = officer.get("/").words
    acme = page.split("acme :")[1].split(".")[0]
    assert "messages yes" in acme
    assert "files no" in acme
    beta = page.split("beta :")[1].split(".")[0]
    assert "messages only from them to us" in beta
    assert "contact no" in beta


def commands(page) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'data-copy="([^"]*)"', page.text)]


def test_what_is_other_than_recommended_lacking_or_ending_stands_there_with_its_command(officer):
    page = officer.get("/")
    shown = commands(page)
    assert any(line.startswith("vedette settings set sign_in.session ") for line in shown)
    assert any(line.startswith("vedette rule add password-login ") for line in shown)
    assert any(line.startswith("vedette settings set rules.acme.expires ") for line in shown)
    assert any(line.startswith("vedette settings set partners.acme.valid_until ") for line in shown)
    assert "in 5 days" in page.words


def test_every_command_that_mends_can_be_run_as_it_stands(house, officer):
    """Read by the command line's own parser: only control, which is not served here, is missed."""
    for line in commands(officer.get("/")):
        words = shlex.split(line)
        if words[1] in ("up", "partner", "audit"):
            continue
        done = CliRunner().invoke(app, ["--dir", str(house.boot.folder), *words[1:]])
        assert done.exit_code != 2, f"{line}: {done.output}"


def test_what_is_not_held_is_said(officer):
    page = officer.get("/").words
    assert "Not held" in page
    assert "old-style call in encrypted rooms" in page
    assert "screenshots" in page


def test_devices_that_wait_are_counted(house, officer):
    assert "No device waits" in officer.get("/").words
    waits = session(
        "waits", user("anna"), SessionState.WAITING, expires=int(house.clock.now()) + 999
    )
    house.store.add_session(waits, None, int(house.clock.now()))
    try:
        assert "Devices that wait to be let in: 1." in officer.get("/").words
        assert 'href="/sessions?state=waiting"' in officer.get("/").text
    finally:
        house.store.move_session(waits.id, SessionState.ENDED, "x", int(house.clock.now()))


PARTS = {
    "What is promised": {"olga", "fred", "otto", "ada"},
    "Refused in the last 24 hours": {"olga", "fred", "otto", "ada"},
    "to be let in": {"olga", "hugo"},
    "vedette settings set": {"olga", "fred", "otto", "ada"},
}


@pytest.mark.parametrize("name", ["olga", "fred", "otto", "hugo", "ada", "anna"])
def test_everybody_sees_the_parts_that_are_theirs(house, officer, name):
    browser = house.browser()
    page = browser.signs_in(name).words
    for part, whose in PARTS.items():
        assert (part in page) is (name in whose), f"{name}: {part}"
    assert ("You may administer nothing here" in page) is (name == "anna")


# ---- the chart -----------------------------------------------------------------------------------


def test_refusals_are_counted_by_the_hour_and_only_refusals():
    counts, now = Counts(), 1_800_000_000.0
    for at, answer, count in ((now, "no", 3), (now - 3600, "no", 2), (now - 3600, "yes", 9),
                              (now - 25 * 3600, "no", 7), (now, "not-yet", 5)):  # fmt: skip
        counts.count("gateway", {"at": at, "count": count,
                                 "decision": {"answer": answer, "reason": "x"}})  # fmt: skip
    assert counts.refused(now)[-2:] == (2, 3)
    assert sum(counts.refused(now)) == 5
    assert len(counts.refused(now)) == 24


def test_old_hours_are_forgotten():
    counts = Counts()
    for hour in range(1000):
        counts.count("x", {"at": hour * 3600, "decision": {"answer": "no", "reason": "x"}})
    assert len(counts._refused) <= 48
    assert counts.refused(999 * 3600) == (1,) * 24


def test_the_highest_bar_is_as_high_as_the_picture_and_none_is_higher():
    bars = chart((0, 5, 10, 1))["bars"]
    assert [bar.height for bar in bars] == [0, HEIGHT // 2, HEIGHT, 10]
    assert [bar.label for bar in bars] == ["-3", "-2", "-1", "0"]
    assert all(bar.height == 0 for bar in chart((0,) * 24)["bars"])
