"""Whatever people, partners and programs write, it is text on every page that shows it.

Nothing here is a list of fields. Hostile texts are written into every field of the settings' model and of
what pages show that takes a text; every page, every question that a page reads from its address, and every
field that an order or a question reads from its form, is found by what the console itself reads.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import pytest_asyncio
from starlette.routing import compile_path

from tests.apps.cli.test_every_change import RULES, WORDS
from tests.apps.console.crowd import (
    ROOM,
    add_token,
    file_row,
    session,
    standing_so,
    waiting_act,
    with_files,
)
from tests.apps.console.hostile import MARK, SUM, Pen, Read
from tests.apps.console.house import Browser, House, Shown
from tests.apps.console.served import Served, served
from tests.apps.console.test_orders import ACTS, FORMS, OF_CHANGES
from tests.apps.signin.pages_served import chromium_runs
from tests.services.requirements import CHROMIUM, needs
from vedette.admin.actor import LOCAL
from vedette.admin.findings import Found, Health
from vedette.admin.settings import Proposal
from vedette.admin.settings_list import setting_rows
from vedette.console import app as console_app
from vedette.console.ordering import order_pages
from vedette.console.registry import ORDERS, PAGES
from vedette.core.asks import Act, Ask, Need
from vedette.core.decide import decide
from vedette.core.directory_state import DirectoryState, Held
from vedette.core.facts import Facts
from vedette.core.language import as_is
from vedette.core.names import ServerName
from vedette.core.sessions import ShownCertificate
from vedette.core.settings.document import Document
from vedette.core.settings.edit import add_rule, set_value
from vedette.core.settings.parse import parse_document
from vedette.core.settings.reference import spell_value
from vedette.ports.certificates import KeptCertificate, RevocationSource
from vedette.ports.sign_in import Factor
from vedette.protocol.internal.held_files import FileState, Outlook
from vedette.protocol.internal.standing import (
    REPORT,
    DoneEntry,
    FaultEntry,
    Report,
    RoomEntry,
    SweepState,
    report_bytes,
)

THUMB = "A" * 43
MOST = 12
"""So many addresses of one page are opened."""
NOWHERE = {
    "Outlook.reason": "a code for programs; people read its sentence",
    "Report.answers": "a word between two processes",
    "Session.client": "an id; where its program gave a name, that is shown",
    "Session.certificate": "a thumbprint that is compared",
    "ShownCertificate.serial": "what is kept of the certificate is shown in its place",
}
"""Hostile texts that no page shows, each with the reason."""
OF_RULES = ("say", "owner", "when", "unless")
CODES = ("room", "value", "what", "localpart", "thumbprint", "server", "media", "answer", "flow")
"""Fields that hold a word of ours or an address and no text of anybody's."""


@dataclass
class Hostile:
    """The console of an organisation in which every text is hostile, and what was read of it."""

    here: Served
    officer: Browser
    pen: Pen = field(default_factory=Pen)
    asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By page, what it read from an address or a form."""

    @property
    def house(self) -> House:
        return self.here.house


class Noting(dict[str, str]):
    """Fields that note which of them are read."""

    def __init__(self, said: dict[str, str], read: set[str]) -> None:
        super().__init__(said)
        self.read = read

    def get(self, name: Any, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return super().__getitem__(name)


POSTED = [page.path for page in (*PAGES, *order_pages()) if "POST" in page.methods]
PATTERNS = [(page, compile_path(page.path)[0]) for page in PAGES]


def pattern_of(path: str, method: str = "GET") -> str:
    """Which page answers at this path; the first that fits, as routes are tried."""
    bare = urlsplit(path).path
    fits = (page.path for page, like in PATTERNS if method in page.methods and like.match(bare))
    return next(fits, "")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    with served(tmp_path_factory.mktemp("hostile")) as here, pytest.MonkeyPatch.context() as patch:
        officer = here.house.browser()
        assert officer.signs_in("olga").status == 200
        made = Hostile(here, officer)
        visit = console_app._visit

        def noted(*given: Any) -> Any:
            found = visit(*given)
            read = made.asked[pattern_of(found.path, found.method) or found.path]
            form, query = Noting(dict(found.form), read), Noting(dict(found.query), read)
            return replace(found, form=form, query=query)

        patch.setattr(console_app, "_visit", noted)
        fill(made)
        yield made


@pytest.fixture(scope="module")
def officer(hostile: Hostile) -> Browser:
    return hostile.officer


# ---- Hostile texts wherever one is kept --------------------------------------------------------------


def fill(hostile: Hostile) -> None:
    """Write a hostile text into everything that somebody else than us can write."""
    house, pen = hostile.house, hostile.pen
    settings(house, pen)
    people(house, pen)
    certificates(house, pen)
    rooms(house, pen)
    files = with_files(house, pen.spoil(file_row("report"), *CODES))
    files.put(pen.spoil(file_row("refused", state=FileState.REFUSED), *CODES))
    outlook = Outlook(answer="no", reason="x", rule="x", sentence="x")
    files.outlooks[ServerName("example.org"), next(iter(files.files))[1]] = pen.spoil(
        outlook, *CODES
    )
    add_token(house, pen.text("token"))
    state = DirectoryState(server="x", left_out=("x",), trouble="x", follows="x",
                           held=Held(1, 2, ("x",), 1.0))  # fmt: skip
    standing_so(house, pen.spoil(state))
    found = Found("disk", Health.BROKEN, as_is(pen.text("finding")), f"vedette {pen.text('mend')}")
    house.desks.health.look = lambda: [replace(found, note=as_is(pen.text("note"))), found]  # type: ignore[attr-defined]
    house.desks.health._newest = None  # type: ignore[attr-defined]  # what it saw before is fresh yet
    changes(house, pen)
    records(house, pen)


def settings(house: House, pen: Pen) -> None:
    """Every setting and every key of a rule to which any text is a valid value."""
    text = house.desks.settings.current()[0].text
    for _, path, value in WORDS:
        text = set_value(text, path, str(value))
    for key in OF_RULES:
        text = add_rule(text, f"has-{key}", RULES[key])
    document = parsed(text)
    assert document is not None
    there = {row.path: row.value for row in setting_rows(document)}
    there |= {f"rules.has-{key}.{key}": spell_value(RULES[key][key]) for key in OF_RULES}
    text = spoilt(spoilt(text, there, pen, lists=False), there, pen, lists=True)
    desk = house.desks.settings
    base = desk.current()[0].number
    wanted = Proposal(text=text, base=base, reason=pen.text("revision"), author=LOCAL)
    house.run(desk.apply(wanted))
    assert desk.current()[0].number == base + 1
    house.signin.policy.policy = desk.policy.current()


def spoilt(text: str, there: dict[str, str], pen: Pen, *, lists: bool) -> str:
    """The text with a hostile value, or one more in its list, wherever the model takes it."""
    kept = {}
    for path, now in there.items():
        known = tomllib.loads(f"v = {now or '0'}")["v"]
        if isinstance(known, list) == lists:
            hostile = pen.text(path)
            kept[path] = spell_value([*known, hostile] if lists else hostile)
    while True:
        other = text
        for path, value in kept.items():
            other = set_value(other, path, value)
        found = parse_document(other)
        if isinstance(found, Document):
            return other
        wrong = {path for path in kept for fault in found if fault.path.startswith(path)}
        assert wrong, found
        pen.written -= wrong
        kept = {path: value for path, value in kept.items() if path not in wrong}


def parsed(text: str) -> Document | None:
    found = parse_document(text)
    return found if isinstance(found, Document) else None


def people(house: House, pen: Pen) -> None:
    """Somebody whose group, account, programs, devices and proofs are called so."""
    table = house.boot.path(house.boot.control.people)
    line = io.StringIO()
    csv.writer(line).writerow(["eve", pen.text("group").replace(";", ":"), "no", "yes"])
    pen.written.discard(
        "group"
    )  # its `;` separates groups; what is left of it is a text all the same
    table.write_text(table.read_text() + line.getvalue())
    assert house.wiring.office.people.poll(), house.wiring.office.people.faults()
    store = house.store
    store.make_account("eve", pen.text("account"), "x", 1)
    secret = pen.spoil(Factor(id="eves", localpart="eve", kind="totp", label="x", secret=b"x",
                              created=1), "id", "kind", *CODES)  # fmt: skip
    store.add_factor(secret)
    store.note_sign_in("eve", 2, pen.text("from")[:90], pen.text("client"), "signed in")
    made = session(1, "eve")
    shown = ShownCertificate(thumbprint=THUMB, issuer="x", serial="0a", ends=made.expires)
    made = replace(made, facts=replace(made.facts, certificates=(shown,)))
    store.add_session(pen.spoil(made, "kind", "id", "user", *CODES), None, 1)
    second = pen.spoil(replace(session(2, "eve"), because="x"), "kind", "id", "user", *CODES)
    store.add_session(second, None, 1)


def certificates(house: House, pen: Pen) -> None:
    """One that was shown, and where its revocation would be told."""
    kept = KeptCertificate(thumbprint=THUMB, der=b"", issuer="corp", serial="0a", subject="x",
                           localpart="eve", ends=1 << 33, shown=1, checked=1, trouble="x")  # fmt: skip
    house.store.certificates.keep(pen.spoil(kept, *CODES))
    source = RevocationSource(issuer="corp", place="x", kind="crl", trouble="x", tried=1)
    house.store.certificates.note_source(pen.spoil(source, "issuer", *CODES))


def rooms(house: House, pen: Pen) -> None:
    """A room that a sweep found."""
    fault = FaultEntry(
        what="member", reason="no-rule", rule="x", towards="x", sentence="x", record="x"
    )
    done = DoneEntry(what="left", record="x", at=1.0)
    room = RoomEntry(room=ROOM, name="x", kind="x", ours=True, value="report", frozen=False, since=1.0,
                     faults=(fault,), goes=("x",), done=(done,), cannot=("x",), doubt="x")  # fmt: skip
    report = Report(revision=1, state=SweepState.DONE, why="x", total=1, judged=1, breaches=1,
                    answers="x", rooms=(room,))  # fmt: skip
    spoilt = pen.spoil(report, "reason", *CODES)
    (house.boot.door("synapse") / REPORT).write_bytes(report_bytes(spoilt))


def changes(house: House, pen: Pen) -> None:
    """A change that waits, and a draft."""
    desk = house.desks.settings
    newest = desk.current()[0]
    later = f'{newest.text}[rules.later]\nbetween = ["us", "outside"]\nforbid = ["call"]\n'
    wanted = Proposal(text=later, base=newest.number, reason=pen.text("change"), author=LOCAL,
                      starts=int(desk.clock.now()) + 3600)  # fmt: skip
    house.run(desk.apply(wanted))
    written = f"{newest.text}# {pen.text('draft')}\n"
    act = waiting_act(house)
    kept = ("id", "author", "over", "record", "token", "said", *CODES)
    spoilt_act = pen.spoil(replace(act, id="0" * 10), *kept)
    house.desks.acts.acts.store.add(spoilt_act)
    house.run(house.desks.drafts.save(LOCAL, "mine", written, newest.number))


def records(house: House, pen: Pen) -> None:
    """What was refused to somebody who is called so, about something that is called so."""
    spine = house.desks.settings.spine
    ask = Ask(
        act=Act.FILE_CONTENT_UPLOAD, who=pen.text("who"), need=Need.SOME, where=pen.text("where")
    )
    decision = decide(spine.policy.current().rules, ask, Facts())
    facts = Facts({"file.type": pen.text("fact")}, {"file.type": pen.text("claim")})
    house.run(spine.audit.append(ask, facts, decision))


# ---- Reading pages -------------------------------------------------------------------------------------


def faults(shown: Shown, where: str) -> list[str]:
    """What is wrong with an answer, whatever it is."""
    found = [] if shown.status < 500 or shown.status == 503 else [f"{where}: {shown.status}"]
    policy = shown.headers.get("content-security-policy", "")
    if "default-src 'none'; script-src 'self'" not in policy or "unsafe" in policy:
        found.append(f"{where}: no policy")
    if shown.headers.get("x-content-type-options") != "nosniff":
        found.append(f"{where}: sniffed")
    if shown.headers.get("content-type", "").startswith("text/html"):
        found += [f"{where}: {each}" for each in Read(shown.text).faults]
    elif "location" not in shown.headers and MARK in shown.text:
        assert shown.headers["content-type"].startswith(("text/csv", "application/toml")), where
    return found


def crawl(browser: Browser) -> dict[str, Shown]:
    """Every page, by the links of those before."""
    seen: dict[str, Shown] = {}
    todo = [page.path for page in PAGES if "GET" in page.methods and "{" not in page.path]
    opened: dict[str, int] = defaultdict(int)
    while todo:
        path = todo.pop(0)
        page = pattern_of(path)
        if not page or path in seen or opened[page] >= MOST:
            continue
        opened[page] += 1
        seen[path] = shown = browser.get(path)
        if shown.headers.get("content-type", "").startswith("text/html"):
            todo += [urlsplit(to)._replace(fragment="").geturl() for to in Read(shown.text).leads]
    return seen


FURTHER = ("/people/eve", *(f"/sessions/{session(number, 'eve').id}" for number in (1, 2)),
            "/why/control:2", "/grid/us/acme?add=both", "/files/example.org/report",
           f"/rooms/{ROOM}", "/files/one?file=mxc://example.org/report")  # fmt: skip
"""Pages to which a search leads, or a link that many others stand before."""


@pytest.fixture(scope="module")
def pages(hostile: Hostile, officer: Browser) -> dict[str, Shown]:
    found = crawl(officer)
    return found | {path: officer.get(path) for path in FURTHER}


def test_a_page_that_does_not_escape_is_found_out() -> None:
    text = Pen().text("here")
    for page in (text, f'<p title="{text}">', f"<a href='{text}'>", "<a href='javascript:x'>",
                 "<a href='//evil.example'>", "<p onclick=x>", "<script>x</script>", SUM):  # fmt: skip
        assert Read(page).faults, page
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&#34;")
    read = Read(f'<p title="{escaped}">{escaped}</p>')
    assert (read.faults, read.places) == ([], {"here"})


def test_on_no_page_a_text_is_more_than_text(pages: dict[str, Shown]) -> None:
    assert not [fault for path, shown in pages.items() for fault in faults(shown, path)]


def test_every_page_was_read_and_on_some_page_every_text_stands(
    hostile: Hostile, pages: dict[str, Shown]
) -> None:
    wanted = {page.path for page in PAGES if "GET" in page.methods}
    assert {pattern_of(path) for path, shown in pages.items() if shown.status == 200} == wanted
    shown = set().union(*(Read(each.text).places for each in pages.values()))
    assert len(hostile.pen.written) > 40
    hidden = hostile.pen.written - shown
    assert hidden <= set(NOWHERE), sorted(hidden - set(NOWHERE))


def test_whoever_signs_in_among_all_that_comes_in_as_ever(hostile: Hostile) -> None:
    assert hostile.house.browser().signs_in("ada").status == 200


def test_every_form_that_a_page_shows_is_one_that_is_tried_and_carries_its_token(
    pages: dict[str, Shown],
) -> None:
    forms = [form for shown in pages.values() for form in Read(shown.text).forms]
    sent = [form for form in forms if form["method"].lower() == "post"]
    tried = [compile_path(path)[0] for path in (*POSTED, "/sign-out")]
    for form in sent:
        assert any(each.match(form["action"]) for each in tried), form
        assert len(form.get("csrf", "")) > 30, form
    assert {form["method"].lower() for form in forms} == {"get", "post"}
    assert len({form["action"] for form in sent}) > 15


def test_nothing_of_an_address_is_more_than_text(
    hostile: Hostile, officer: Browser, pages: dict[str, Shown]
) -> None:
    found: list[str] = []
    text = Pen().text("address")
    for path in {pattern_of(path): path for path in pages}.values():
        bare = urlsplit(path).path
        for name in sorted(hostile.asked[pattern_of(path)]):
            found += faults(officer.get(f"{bare}?{name}={quote(text, safe='')}"), f"{bare}?{name}")
    for page in PAGES:
        if "{" in page.path and "GET" in page.methods:
            named = re.sub(r"\{[^}]*\}", lambda _: quote(text, safe=""), page.path)
            found += faults(officer.get(named), page.path)
    assert sum(map(len, hostile.asked.values())) > 40
    assert not found


def reads(kind: str) -> set[str]:
    """What an order of this kind reads from a form."""
    read = {"back", "reason"}
    for name, form in (*FORMS, *OF_CHANGES, *ACTS):
        if name == kind:
            ORDERS[kind].read(Noting(form, read))
    return read


def spoilt_forms(kind: str) -> Iterable[tuple[str, dict[str, str]]]:
    """Good forms of this kind of order, in each of which one field is hostile; and one in which all are."""
    text = Pen().text("form")
    names = reads(kind)
    good = next(form for name, form in (*FORMS, *OF_CHANGES, *ACTS) if name == kind)
    for name in sorted(names):
        yield name, {**good, name: text}
    yield "all", dict.fromkeys(names, text)


@pytest.mark.parametrize("kind", sorted(ORDERS))
def test_nothing_in_the_form_of_an_order_is_more_than_text(officer: Browser, kind: str) -> None:
    csrf = officer.get("/certificates").hidden("csrf")
    for name, form in spoilt_forms(kind):
        for rest in ("", "/preview") if name == "all" else ("",):
            shown = officer.post(f"/orders/{kind}{rest}", {**form, "csrf": csrf})
            assert not faults(shown, f"{kind}{rest} {name}")


ASKED: dict[str, dict[str, str]] = {
    "/why": {
        "from": "@anna:example.org",
        "to": "@otto:example.org",
        "channel": "file",
        "file": "a",
    },
    "/changes/draft": {"text": "x", "base": "1", "do": "check"},
    "/partners/{name}/check": {},
    "/audit/person": {"person": "eve", "reason": "x"},
}
"""A good form for every page that is asked by one."""


def test_nothing_in_a_question_is_more_than_text(hostile: Hostile, officer: Browser) -> None:
    asked = {page.path for page in PAGES if "POST" in page.methods}
    assert asked == set(ASKED)
    csrf, text = officer.get("/certificates").hidden("csrf"), Pen().text("question")
    for page, good in ASKED.items():
        path = page.replace("{name}", "acme")
        assert not faults(officer.post(path, {**good, "csrf": csrf}), page)
        for name in sorted(hostile.asked[page] | set(good)):
            for do in {
                good.get("do", ""),
                *(("keep", "affected", "apply") if "do" in good else ()),
            }:
                form = {**good, **({"do": do} if do else {}), "csrf": csrf, name: text}
                assert not faults(officer.post(path, form), f"{page} {name} {do}")


def test_what_was_done_for_a_hostile_reason_is_told_as_text(officer: Browser) -> None:
    csrf, text = officer.get("/certificates").hidden("csrf"), Pen().text("reason")
    form = {"path": "organisation.name", "value": text, "reason": text, "step": "apply"}
    shown = officer.post("/orders/set-value", {**form, "csrf": csrf})
    assert shown.status == 200, shown.words
    assert {"reason"} <= Read(shown.text).places
    assert not faults(shown, "done")
    assert not faults(officer.get("/"), "overview")


# ---- In a browser ----------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def chromium() -> Any:
    async with chromium_runs() as browser:
        yield browser


@pytest.mark.browser
@needs(CHROMIUM)
async def test_in_a_browser_nothing_of_it_runs_and_the_policy_is_never_broken(
    hostile: Hostile, chromium: Any, pages: dict[str, Shown]
) -> None:
    page = await hostile.here.page(chromium, "", hostile.officer.cookie)
    dialogs: list[str] = []
    page.on("dialog", lambda one: dialogs.append(one.message))
    shown = {
        path: each for path, each in pages.items() if not path.partition("?")[0].endswith(".csv")
    }
    for path in {pattern_of(path): path for path in shown}.values():
        if path.endswith("/text"):
            continue  # a file to be kept
        await page.goto(hostile.house.url + path)
        assert await page.locator(MARK).count() == 0, path
    await page.goto(f"{hostile.house.url}/grid/us/outside?add=both")
    form = page.locator("form[action='/orders/add-rule']")
    await form.locator("[name=id]").fill("mine")
    await form.locator("[name=channel-presence]").check()
    await form.locator("[name=say]").fill(Pen().text("typed"))
    await form.locator("pre.command", has_text="typed;").wait_for()
    assert await page.locator(MARK).count() == 0
    assert not dialogs
    assert not hostile.here.complaints
