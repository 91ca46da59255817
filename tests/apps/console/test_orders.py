"""The command under every change does what the form does: the very same call, the very same document."""

from __future__ import annotations

import json
import shlex
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.apps.console.house import Browser, House
from tests.company_ca import root
from vedette.adapters.boot_file import load
from vedette.admin.rejected import Rejected
from vedette.api.app import make_app
from vedette.api.border import Border
from vedette.cli.main import app
from vedette.console.orders import Order, call, command
from vedette.console.registry import ORDERS
from vedette.core.settings.canonical import digest

ROOT = root()
BELOW = ROOT.sub("O=Corp, CN=Issuing").issued.pem
PEM = f"{ROOT.issued.pem}{BELOW}".replace("\n", "\r\n")
VALUE = {"path": "sign_in.session", "value": '"20 days"'}
RULE = {"id": "acme", "one": "us", "other": "outside", "allow": "message, contact",
        "say": "With them we exchange messages; it's agreed.", "owner": "security-office",
        "expires": "2027-06-30"}  # fmt: skip
ONE_WAY = {"id": "no-archives", "from": "us", "to": "outside, partners", "forbid": "file",
           "when": "file.kind in archive, program\nfile.size > 3 MiB", "unless": "file.encrypted = yes",
           "mode": "observe"}  # fmt: skip
FORMS: list[tuple[str, dict[str, str]]] = [
    ("set-value", VALUE),
    ("set-value", {"path": "media.max_upload", "value": "20 MiB"}),
    ("set-value", {"path": "organisation.name", "value": "O'Neill & \"Sons\" $HOME `x` \\ é"}),
    ("set-value", {"path": "organisation.name", "value": "--help"}),
    ("set-value", {"path": "sign_in.second_factors", "value": '["webauthn",\n "totp"]'}),
    ("set-value", {"path": "parties.staff", "value": '{ groups = ["Employees"] }'}),
    ("add-issuer", {"name": "corp", "pem": PEM, "names": "sid\nsubject:CN={user}, O=It's \"Corp\""}),
    ("add-issuer", {"name": "below", "pem": BELOW, "names": "upn", "anchors": "yes"}),
    ("set-party", {"name": "works-council", "groups": "Betriebsrat\r\nIt's, \"all\" of us $X",
                   "users": "@anna:example.org", "except": "auditors"}),
    ("set-party", {"name": "works-council", "groups": "Betriebsrat"}),
    ("set-network", {"name": "office", "ranges": "192.0.2.0/24\n2001:db8::/32"}),
    ("set-room-kind", {"name": "board", "members": "works-council, us", "encryption": "encrypted",
                       "history": "joined", "on_breach": "freeze", "sealed": "yes"}),
    ("set-room-kind", {"name": "board", "encryption": "plain", "history": "invited"}),
    ("unset-value", {"path": "rooms.board"}),
    ("unset-value", {"path": "sign_in.session"}),
    ("add-rule", RULE),
    ("add-rule", ONE_WAY),
    ("add-rule", {"id": "apart", "from": "guests", "forbid": "sign-in", "guardrail": "yes"}),
    ("change-rule", {**RULE, "allow": "message", "say": "", "when": "today < 2027-01-01"}),
    ("change-rule", {**ONE_WAY, "id": "no-archives", "mode": ""}),
    ("change-rule", {"id": "acme", "way": "one", "one": "us, guests", "other": "outside",
                     "answer": "allow", "channel-contact": "yes", "channel-message": "yes",
                     "order": "contact"}),
    ("remove-rule", {"id": "acme"}),
    ("confirm-revision", {"revision": "7"}),
    ("remove-rule", {"id": "guardrails.administrators-apart"}),
]  # fmt: skip
"""Every kind of order that changes the settings, with values that a shell could misread."""
CHANGE, DRAFT = "0123456789", '# a draft\n[organisation]\nname = "Example AG"\n'
OF_CHANGES: list[tuple[str, dict[str, str]]] = [
    ("apply-draft", {"text": DRAFT.replace("\n", "\r\n"), "base": "3"}),
    ("apply-draft", {"text": f"# vedette: revision 4\n{DRAFT}", "base": "3",
                     "at": "2027-06-30 22:00"}),
    ("restore", {"revision": "1"}),
    ("approve", {"change": CHANGE, "content": "0" * 64}),
    ("reject", {"change": CHANGE}),
    ("withdraw", {"change": CHANGE}),
]  # fmt: skip
"""Orders about whole changes; what they do is tried in `test_changes`."""
SESSION = {"session": "-session-0000000000000000001"}
ACTS: list[tuple[str, dict[str, str]]] = [
    ("reset-factors", {"user": "anna"}),
    ("reset-factors", {"user": "@anna:example.org", "kinds": "totp, webauthn"}),
    ("reset-password", {"user": "anna"}),
    ("unlock", {"user": "an/na;$(id)'"}),
    ("create-account", {"user": "anna", "display_name": "-- O'Neill $X"}),
    ("create-account", {"user": "@anna:example.org"}),
    ("approve-act", {"act": CHANGE, "content": "0" * 64}),
    ("reject-act", {"act": CHANGE}),
    ("erase-person", {"user": "anna", "again": "anna"}),
    ("rotate-key", {"name": "token-key"}),
    ("renew-certificate", {}),
    ("suspend-sessions", {"user": "anna"}),
    ("end-sessions", {"user": "anna"}),
    ("end-session", SESSION),
    ("suspend-session", SESSION),
    ("resume-session", SESSION),
    ("approve-session", SESSION),
    ("reject-device", {"user": "anna", "device": "--help/$X'"}),
    (
        "add-partner",
        {"name": "beta", "domains": "beta.example, *.beta.example", "contact": "Bo's $X"},
    ),
    (
        "add-partner",
        {
            "name": "beta",
            "domains": "beta.example",
            "valid_until": "2027-06-30",
            "keys": "ed25519:a_1 AAAA",
            "tls": "pin-sha256=x",
            "allow": "message, contact",
            "direction": "both",
            "ours": "staff",
        },
    ),
    ("remove-partner", {"name": "beta"}),
    ("release-file", {"file": "mxc://example.org/-AbC_d"}),
    ("hold-file", {"file": "mxc://[2001:db8::1]:8448/report"}),
    ("sweep-rooms", {}),
    ("revoke-certificate", {"issuer": "company", "serial": "0A:FF"}),
    ("sync-directory", {}),
    ("confirm-directory", {}),
    ("confirm-pushed", {}),
    (
        "add-token",
        {
            "user": "olga",
            "acts": "doors:door:list, audit:record:read",
            "over": "staff",
            "expires": "2027-06-30",
        },
    ),
    ("remove-token", {"id": "0123456789"}),
]
"""Every kind of order that does something else."""


def read(kind: str, form: dict[str, str], reason: str = "contract 4711") -> Order:
    return ORDERS[kind].read({**form, "reason": reason})


@contextmanager
def listening(folder: Path) -> Iterator[list[tuple[str, str, Any]]]:
    """Whoever listens where the boot file says that control does, and what they were asked."""
    asked: list[tuple[str, str, Any]] = []

    class Ear(BaseHTTPRequestHandler):
        def _hear(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((self.command, self.path, json.loads(data) if data else None))
            body = json.dumps({"error": {"message": "heard", "code": "x", "hint": None}}).encode()
            self.send_response(409)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _hear  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(_address(folder), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield asked
    server.shutdown()
    server.server_close()


def _address(folder: Path) -> tuple[str, int]:
    host, _, port = load(folder).control.listen.rpartition(":")
    return host, int(port)


def run(folder: Path, line: str) -> Any:
    """Run a command line as a shell would hand it to us."""
    name, *words = shlex.split(line)
    assert name == "vedette"
    return CliRunner().invoke(app, ["--dir", str(folder), *words])


def same(order: Order, heard: tuple[str, str, Any]) -> None:
    """The call that was shown is the call that was made, whose base only a draft names."""
    method, target, body = heard
    parts = urlsplit(target)
    shown_call = call(order)
    shown = urlsplit(shown_call.target)
    assert (method, parts.path) == (shown_call.method, shown.path)
    assert dict(parse_qsl(parts.query)) == dict(parse_qsl(shown.query))
    if body is not None and "base" not in (shown_call.body or {}):
        assert body.pop("base", None) is None
    assert body == (None if shown_call.body is None else json.loads(shown_call.json))


@pytest.fixture(scope="module")
def ear(house: House) -> Iterator[list[tuple[str, str, Any]]]:
    with listening(house.boot.folder) as asked:
        yield asked


def test_every_kind_of_order_is_tried_here() -> None:
    assert {kind for kind, _ in (*FORMS, *OF_CHANGES, *ACTS)} == set(ORDERS)


@pytest.mark.parametrize(("kind", "form"), [*FORMS, *OF_CHANGES, *ACTS])
def test_the_command_makes_the_call_that_is_shown_beside_it(
    house, ear, kind, form, tmp_path, monkeypatch
):
    (tmp_path / "draft.toml").write_text(DRAFT)
    monkeypatch.chdir(tmp_path)
    order = read(kind, form)
    ear.clear()
    done = run(house.boot.folder, command(order))
    assert ear, f"{command(order)}: {done.output}"
    same(order, ear[0])


TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1,
               max_size=30).filter(str.strip)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(value=TEXT, say=TEXT, reason=TEXT, condition=TEXT)
def test_whatever_is_typed_the_command_says_the_same(house, ear, value, say, reason, condition):
    for kind, form in (
        ("set-value", {"path": "organisation.name", "value": value}),
        ("add-rule", {"id": "x", "from": "us", "allow": "all", "say": say, "when": condition}),
    ):
        order = read(kind, form, reason)
        ear.clear()
        done = run(house.boot.folder, command(order))
        assert ear, f"{command(order)}: {done.output}"
        same(order, ear[0])


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A second organisation, administered by nothing but its command line."""
    house = House(tmp_path_factory.mktemp("second") / "org")
    office = house.wiring.office
    config = uvicorn.Config(
        Border(make_app(office), office.token, office.tokens), log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    inside = socket.create_server(_address(house.boot.folder))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [inside]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield house
    server.should_exit = True
    thread.join()
    inside.close()
    house.close()


def test_the_shown_commands_make_a_second_organisation_the_same(house, second):
    officer: Browser = house.browser()
    officer.signs_in("olga")
    for kind, form in FORMS[:-2]:  # the last two change no document by themselves
        page = officer.send(f"/orders/{kind}", {**form, "reason": "as agreed", "step": "apply"})
        assert page.status == 200, f"{kind} {form}: {page.words}"
        line = shown_command(page.text)
        done = run(second.boot.folder, line)
        assert done.exit_code == 0, f"{line}: {done.output}"
        ours, theirs = (each.desks.settings.current() for each in (house, second))
        assert digest(ours[1]) == digest(theirs[1]), line
        assert ours[0].text == theirs[0].text
    assert ours[0].number == second.desks.settings.current()[0].number > 8


def shown_command(page: str) -> str:
    """The command that a page shows, as its copy button copies it."""
    return unescape(page.split('data-copy="')[1].split('"', maxsplit=1)[0])


def test_before_it_is_applied_it_is_shown_in_words_as_a_command_and_as_a_call(house):
    officer = house.browser()
    officer.signs_in("olga")
    before = house.desks.settings.current()[0].number
    page = officer.send("/orders/set-value", {"path": "sign_in.session", "value": "10 days"})
    assert page.status == 200
    assert 'sign_in.session becomes "10 days"' in page.words
    assert "vedette settings set sign_in.session '10 days' --reason '…'" in page.words
    assert "PATCH /vedette/api/v1/settings" in page.words
    assert '"value": "10 days"' in page.words
    assert f"revision {before}" in page.words
    assert house.desks.settings.current()[0].number == before
    part = officer.send("/orders/set-value/preview", {"path": "sign_in.session", "value": "9 days"})
    assert 'becomes "9 days"' in part.words
    assert "<html" not in part.text


def test_without_a_reason_nothing_is_applied(house):
    officer = house.browser()
    officer.signs_in("olga")
    page = officer.send("/orders/set-value", {**VALUE, "step": "apply", "reason": "  "})
    assert page.status == 400
    assert "needs a reason" in page.words


def test_a_change_that_stands_on_an_older_revision_overwrites_nobodys(house):
    officer = house.browser()
    officer.signs_in("olga")
    base = str(house.desks.settings.current()[0].number)
    first = {"path": "sign_in.session", "value": "11 days", "base": base, "reason": "mine"}
    assert officer.send("/orders/set-value", {**first, "step": "apply"}).status == 200
    second_ = {"path": "media.max_upload", "value": "7 MiB", "base": base, "reason": "mine too"}
    page = officer.send("/orders/set-value", {**second_, "step": "apply"})
    assert page.status == 409
    assert "nothing was changed" in page.words


def test_faults_are_shown_with_their_place_and_nothing_changes(house):
    officer = house.browser()
    officer.signs_in("olga")
    form = {"id": "x", "one": "us", "other": "nobody-known", "allow": "mail"}
    page = officer.send("/orders/add-rule", form)
    assert page.status == 400
    assert "nobody-known" in page.words
    assert "mail" in page.words


@pytest.mark.parametrize("name", ["fred", "otto", "hugo", "ada", "anna"])
def test_whoever_may_not_change_the_settings_changes_nothing_and_hears_why(house, name):
    browser = house.browser()
    browser.signs_in(name)
    before = house.desks.settings.current()[0].number
    for kind, form in (*FORMS, *OF_CHANGES):
        page = browser.send(f"/orders/{kind}", {**form, "reason": "x", "step": "apply"})
        assert page.status in (403, 400, 404, 409), page.words
    page = browser.send("/orders/set-value", {**VALUE, "reason": "x", "step": "apply"})
    assert page.status == 403
    assert "You may not do this" in page.words
    assert house.desks.settings.current()[0].number == before


def test_whoever_may_not_read_the_settings_learns_nothing_of_them_from_a_preview(house):
    helper = house.browser()
    helper.signs_in("hugo")
    page = helper.send("/orders/set-value", {"path": "sign_in.session", "value": "10 days"})
    assert "becomes" not in page.words
    faulty = helper.send(
        "/orders/add-rule", {"id": "security-office", "from": "us", "allow": "all"}
    )
    assert "already" not in faulty.words


def test_an_order_is_on_record_with_the_session_by_which_it_was_given(house):
    officer = house.browser()
    officer.signs_in("olga")
    page = officer.send(
        "/orders/set-value",
        {"path": "sign_in.session", "value": "13 days", "reason": "r", "step": "apply"},
    )
    assert page.status == 200, page.words
    found = [
        each for each in house.records() if "administration:settings:apply" in json.dumps(each)
    ]
    named = json.dumps(found[-1])
    assert "@olga:example.org" in named
    assert any(f'"session": "{each.id}"' in named for each in house.sessions("olga")), named


def test_a_revision_that_returns_by_itself_says_so_on_every_page_and_is_confirmed_there(house):
    officer, reader = house.browser(), house.browser()
    officer.signs_in("olga")
    reader.signs_in("ada")
    form = {"path": "sign_in.session", "value": "17 days", "reason": "x", "step": "apply"}
    applied = officer.send("/orders/set-value", form)
    number = str(house.desks.settings.current()[0].number)
    for page in (applied, officer.get("/"), officer.get("/settings")):
        assert f"Revision {number} might shut somebody out." in page.words
    assert "might shut somebody out" not in reader.get("/").words
    review = officer.send("/orders/confirm-revision", {"revision": number})
    assert f"vedette settings confirm {number} --reason" in review.words
    refused = reader.send(
        "/orders/confirm-revision", {"revision": number, "reason": "in", "step": "apply"}
    )
    assert refused.status == 403
    done = officer.send(
        "/orders/confirm-revision", {"revision": number, "reason": "all in", "step": "apply"}
    )
    assert done.status == 200, done.words
    assert "might shut somebody out" not in officer.get("/").words
    again = officer.send(
        "/orders/confirm-revision", {"revision": number, "reason": "all in", "step": "apply"}
    )
    assert again.status == 409


def test_an_issuer_without_a_root_or_with_a_person_among_its_cas_is_refused() -> None:
    person = ROOT.person().pem
    for form in (
        {"pem": BELOW},
        {"pem": PEM + person},
        {"pem": "<html>"},
        {"name": "x.y", "pem": PEM},
    ):
        with pytest.raises(Rejected):
            read("add-issuer", {"name": "corp", **form})
