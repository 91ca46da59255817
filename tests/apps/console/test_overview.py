"""The first page: promises in words, what wants attention with its command, and nothing to the curious."""

from __future__ import annotations

import asyncio
import html
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from tests.apps.console.house import DOMAIN, Browser, House, Shown, user
from tests.apps.control.sign_in import session
from vedette.admin.actor import LOCAL
from vedette.admin.homeserver import homeserver_file
from vedette.admin.settings import Applied, Kept, Outcome, Proposal
from vedette.cli.main import app
from vedette.console.pages.overview import HEIGHT, chart
from vedette.control.counting import Counts
from vedette.core.sessions import SessionState
from vedette.suite.certificates import self_signed


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


def advice(page: Shown) -> list[tuple[str, str]]:
    """What wants attention: each finding in words, and its command, whether it can be copied or not."""
    part = page.text.split(">Wants attention<")[1].split("</section>")[0]
    entries = re.findall(r"<li><span class=\"tag.*?(?=<li><span class=\"tag|$)", part, re.DOTALL)
    found = []
    for each in entries:
        words = html.unescape(" ".join(re.sub(r"<[^>]+>", " ", each).split()))
        command = re.search(r"<(?:pre|p)[^>]*><code>(.*?)</code>", each, re.DOTALL)
        found.append((words, html.unescape(command[1]) if command else ""))
    return found


def test_whatever_wants_attention_stands_on_one_page_each_with_its_command(tmp_path: Path) -> None:
    """A certificate that ends, drift, a door behind, a device and a change that wait: all for real."""
    house = House(tmp_path / "org")
    try:
        ends_soon(house.boot.path(house.boot.gateway.certificate))
        drifted = homeserver_file(house.boot)
        drifted.parent.mkdir(parents=True, exist_ok=True)
        drifted.write_text("enable_registration: true\n")
        a_device_waits(house)
        house._doors.end_all()
        assert isinstance(asks_for_a_ban(house, "now"), Applied)
        kept = asks_for_a_ban(house, "later", hours=1)
        assert isinstance(kept, Kept)
        officer = house.browser()
        officer.signs_in("olga")
        page = looked(officer)
    finally:
        house.close()
    up = f"vedette up {house.boot.folder}"
    found = advice(page)
    for words, command in (
        ("the gateway's certificate ends in 3 days", "install -m 600 NEW.pem "),
        ("homeserver.yaml is not what was written there", up),
        ("gateway: no answer yet", "vedette doctor"),
        ("gateway is behind: it has settings", up),
        ("waits for its hour since", f"vedette settings pending {kept.change.id}"),
    ):
        assert any(words in one and by.startswith(command) for one, by in found), (words, found)
    assert all(command for _, command in found), found
    part = " ".join(page.words.split("Wants attention")[1].split("Not held")[0].split())
    assert "Devices that wait to be let in: 1. vedette device list --state waiting" in part
    assert "for their hour: 1. vedette settings pending" in part


def looked(officer: Browser) -> Shown:
    """The overview once this host was looked at."""
    for _ in range(600):
        page = officer.get("/")
        if "Looked at" in page.words:
            return page
        officer.house.run(asyncio.sleep(0.1))
    raise AssertionError(page.words)


def ends_soon(path: Path) -> None:
    """Put a certificate there that lasts three days more."""
    then = datetime.now(UTC) + timedelta(days=3)
    long = x509.load_pem_x509_certificate(self_signed(("x",), then).certificate)
    lasts = long.not_valid_after_utc - then
    path.write_bytes(self_signed((DOMAIN,), then - lasts).certificate)


def a_device_waits(house: House) -> None:
    waits = session(
        "waits", user("anna"), SessionState.WAITING, expires=int(house.clock.now()) + 999
    )
    house.store.add_session(waits, None, int(house.clock.now()))


def asks_for_a_ban(house: House, name: str, hours: int | None = None) -> Outcome:
    desk = house.desks.settings
    newest = desk.current()[0]
    wanted = Proposal(
        text=f'{newest.text}[rules.{name}]\nbetween = ["us", "outside"]\nforbid = ["call"]\n',
        base=newest.number, reason=name, author=LOCAL,
        starts=None if hours is None else int(desk.clock.now()) + hours * 3600,
    )  # fmt: skip
    return house.run(desk.apply(wanted))


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
