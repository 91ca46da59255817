"""A Kerberos ticket on the pages: asked for, shown once, and counted only with the directory's word."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.gateway.test_sign_in_rows import boot_in
from tests.apps.signin.pages_scene import RULES, VALUES, Browser, Pages
from tests.apps.signin.test_step_up import FRESH, PROVE, grown_old, state
from tests.protocol.kerberos.test_keytab import HEAD, entry
from vedette.adapters import kerberos
from vedette.adapters.boot_file import BootFault, KerberosBoot
from vedette.adapters.memory.directory_passwords import MemoryDirectoryPasswords, MemoryEntry
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.adapters.memory.tickets import MemoryTickets
from vedette.core.reasons import Reason
from vedette.core.sessions import SessionState
from vedette.ports.directory import BindAnswer
from vedette.ports.tickets import TicketFault
from vedette.protocol.internal.end_points import END_POINT_HEADER, bindings_of
from vedette.signin.main import _tickets
from vedette.signin.ticket_desk import TicketDesk
from vedette.signin.ticket_way import VISIT

OFFERED = f'{VALUES}\nkerberos = "yes"\n'
AT_ONCE = f'{OFFERED}kerberos_networks = ["office"]\n[networks]\noffice = ["192.0.2.0/24"]\n'
BOUND = f'{OFFERED}kerberos_binding = "required"\n'
HERE = b"h" * 32
SID = "S-1-5-21-1-2-3-1104"


def house(values: str = OFFERED, **more) -> Iterator[Pages]:
    made = Pages(values=values, tickets=MemoryTickets(), **more)
    yield made
    made.close()


@pytest.fixture
def pages() -> Iterator[Pages]:
    yield from house()


@pytest.fixture
def office() -> Iterator[Pages]:
    yield from house(AT_ONCE)


@pytest.fixture
def company() -> Iterator[Pages]:
    """With an Active Directory, whose people are anna and bert, and eve, of whom control has not read."""
    people = {
        "anna": MemoryEntry("secret", sid=SID),
        "eve": MemoryEntry("secret", sid=f"{SID}9"),
    }
    yield from house(directory=MemoryDirectoryPasswords(people), by_sid=True)


def tickets(pages: Pages) -> MemoryTickets:
    assert isinstance(pages.tickets, MemoryTickets)
    return pages.tickets


def shown(browser: Browser, token: bytes, end_point: bytes = b"") -> Browser:
    """What a browser does that is asked for a ticket and has one."""
    assert browser.status == 401
    assert browser.header("www-authenticate") == "Negotiate"
    more = {END_POINT_HEADER: end_point.hex()} if end_point else {}
    return browser.show(VISIT, authorization=f"Negotiate {_text(token)}", **more)


def _text(token: bytes) -> str:
    return base64.b64encode(token).decode()


def clicks(pages: Pages, **more) -> Browser:
    browser = pages.browser(**more).open(pages.purpose())
    return browser.send("kerberos")


def annas(pages: Pages, **more) -> bytes:
    return tickets(pages).ticket("anna@CORP.TEST", **more)


def asks_for_second(browser: Browser) -> bool:
    return any(form.fields.get("do") == "totp" for form in browser.page.forms)


def asks_for_first(browser: Browser) -> bool:
    return any(form.fields.get("do") == "password" for form in browser.page.forms)


# ---- The way in ------------------------------------------------------------------------------------


def test_a_ticket_is_the_first_factor_and_the_second_is_asked_for(pages):
    browser = shown(clicks(pages), annas(pages))
    assert asks_for_second(browser)
    browser.send("totp", code=pages.code()).send("agree")
    assert browser.away.startswith("https://app.example/")


def test_where_one_factor_is_enough_the_ticket_is_the_whole_sign_in(pages):
    pages.obey(RULES.replace(">= 2", ">= 1"), OFFERED)
    browser = shown(clicks(pages), annas(pages)).send("agree")
    assert browser.away.startswith("https://app.example/")


def test_the_browser_gets_our_proof_with_the_answer_that_lets_it_go_on(pages):
    browser = clicks(pages)
    token = annas(pages)
    sent = {"authorization": f"Negotiate {_text(token)}"}
    browser._ask("GET", VISIT, b"", sent)
    assert browser.status == 303
    assert browser.header("www-authenticate") == f"Negotiate {_text(b'answer:' + token)}"


def test_a_ticket_opens_the_persons_own_pages(pages):
    pages.obey(RULES.replace(">= 2", ">= 1"), OFFERED)
    browser = pages.browser().open("/account/")
    browser = shown(browser.send("kerberos"), annas(pages))
    assert browser.status == 200
    assert browser.at.startswith("/account/")


def test_a_ticket_brings_a_suspended_session_back_with_the_second_factor():
    for made in house(rules=RULES + FRESH):
        session = grown_old(made)
        browser = shown(made.browser().open(PROVE).send("kerberos"), annas(made))
        browser.send("totp", code=made.code()).send("agree")
        assert state(made, session) is SessionState.LIVE


def test_a_ticket_of_somebody_else_brings_no_session_back():
    for made in house(rules=RULES + FRESH):
        session = grown_old(made)
        browser = made.browser().open(PROVE).send("kerberos")
        shown(browser, tickets(made).ticket("bert@CORP.TEST"))
        assert browser.status in (200, 403)
        assert not asks_for_second(browser)
        assert state(made, session) is SessionState.SUSPENDED


def test_the_ticket_is_not_offered_while_the_settings_say_no():
    for made in house(VALUES):
        browser = made.browser().open(made.purpose())
        assert not [form for form in browser.page.forms if form.fields.get("do") == "kerberos"]
        csrf = browser.form("password").fields["csrf"]
        assert browser.post("/sign-in", {"csrf": csrf, "do": "kerberos"}).status == 409
        assert browser.open(VISIT).status == 200  # no 401: nobody is asked


# ---- Without a ticket ------------------------------------------------------------------------------


def test_who_has_no_ticket_has_the_form_in_front_of_them_and_goes_on_there(pages):
    browser = clicks(pages)
    assert browser.status == 401
    assert "did not say who uses it" in browser.text
    assert asks_for_second(browser.first())


def test_the_page_is_there_in_german(pages):
    browser = clicks(pages, language="de")
    assert "hat nicht gesagt, wer ihn benutzt" in browser.text


def test_in_the_office_the_ticket_is_asked_for_at_once_and_only_once(office):
    browser = office.browser().open(office.purpose())
    assert browser.status == 401
    assert browser.at == VISIT
    assert asks_for_first(browser)
    assert "did not say" not in browser.text  # nobody asked them to
    assert asks_for_second(shown(browser, annas(office)))
    again = browser.send("back")
    assert again.status == 200  # they wanted another way
    assert asks_for_first(again)


def test_a_flow_whose_ticket_was_not_taken_is_not_asked_again_by_itself(office):
    browser = office.browser().open(office.purpose())
    refused = shown(browser, b"garbage")
    assert refused.status == 403
    assert not refused.header("www-authenticate")
    assert asks_for_first(refused)
    assert refused.open("/sign-in").status == 200
    assert refused.open(VISIT).at == "/sign-in"
    assert refused.send("kerberos").status == 401  # they asked themselves


def test_elsewhere_the_ticket_is_only_offered(office):
    browser = office.browser(address="198.51.100.9").open(office.purpose())
    assert (browser.status, browser.at.partition("?")[0]) == (200, "/sign-in")
    assert browser.form("kerberos")


# ---- Whose flow it is ------------------------------------------------------------------------------


def test_a_ticket_counts_only_in_a_flow_that_asked(pages):
    browser = pages.browser().open(pages.purpose())
    browser.show(VISIT, authorization=f"Negotiate {_text(annas(pages))}")
    assert browser.at == "/sign-in"
    assert asks_for_first(browser)


def test_without_the_flows_cookie_nothing_is_asked_and_nothing_is_taken(pages):
    clicks(pages)
    stranger = pages.browser().show(VISIT, authorization=f"Negotiate {_text(annas(pages))}")
    assert stranger.status == 410
    assert not stranger.header("www-authenticate")


def test_after_the_ticket_the_flow_has_a_name_that_nobody_can_have_planted(pages):
    browser = clicks(pages)
    before = dict(browser.cookies)
    shown(browser, annas(pages))
    assert browser.cookies["__Host-vedette-flow"] != before["__Host-vedette-flow"]


def test_somebody_who_showed_a_factor_is_asked_for_no_ticket(pages):
    browser = pages.browser().open(pages.purpose()).first()
    assert browser.show(VISIT, authorization=f"Negotiate {_text(annas(pages))}").at == "/sign-in"
    assert asks_for_second(browser)


# ---- What is not taken -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", TicketFault)
def test_strangers_hear_one_sentence_whatever_is_wrong(pages, fault, caplog):
    browser = clicks(pages)
    tickets(pages).fault = fault
    with caplog.at_level(logging.INFO, "vedette.signin"):
        refused = shown(browser, b"token")
    assert refused.status == 403
    assert "is not enough to let you in here" in refused.text
    assert fault.value in caplog.text
    assert asks_for_first(refused)


def test_a_ticket_is_good_once(pages):
    token = annas(pages)
    assert asks_for_second(shown(clicks(pages), token))
    assert shown(clicks(pages), token).status == 403


@pytest.mark.parametrize(
    "name", ["anna@OTHER.TEST", "anna@corp.test", "anna/admin@CORP.TEST", "HTTP/x@CORP.TEST"]
)
def test_another_realm_or_no_person_is_nobody(pages, name):
    assert shown(clicks(pages), tickets(pages).ticket(name)).status == 403


def test_a_name_without_an_account_is_nobody(pages):
    assert shown(clicks(pages), tickets(pages).ticket("zoe@CORP.TEST")).status == 403


def test_a_ticket_that_is_bound_to_another_connection_is_refused(pages):
    token = annas(pages, bindings=bindings_of(b"e" * 32))
    assert shown(clicks(pages), token, HERE).status == 403


def test_where_the_settings_want_it_a_ticket_must_be_bound():
    for made in house(BOUND):
        assert shown(clicks(made), annas(made), HERE).status == 403
        bound = annas(made, bindings=bindings_of(HERE))
        assert shown(clicks(made), bound).status == 403  # the gateway did not say to what
        bound = annas(made, bindings=bindings_of(HERE))
        assert asks_for_second(shown(clicks(made), bound, HERE))


def test_many_wrong_tickets_from_one_address_end(pages):
    pages.obey(RULES, f"{OFFERED}attempts_per_address = 3\n")
    browser = clicks(pages)
    for _ in range(4):
        browser = shown(browser, b"garbage").send("kerberos")
    assert shown(browser, annas(pages)).status == 403


# ---- The directory ---------------------------------------------------------------------------------


def test_the_directory_says_whose_it_is_by_the_identifier_and_not_by_the_name(company):
    token = tickets(company).ticket("administrator@CORP.TEST", sid=SID)
    browser = shown(clicks(company), token)
    assert asks_for_second(browser)
    assert "anna" in browser.text


def test_without_an_identifier_the_ticket_of_an_active_directory_is_nobodys(company, caplog):
    refused = shown(clicks(company), tickets(company).ticket("anna@CORP.TEST"))
    assert refused.status == 403
    assert "does not say whose it is" in caplog.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (BindAnswer.DISABLED, Reason.DIRECTORY_DISABLED),
        (BindAnswer.EXPIRED, Reason.DIRECTORY_EXPIRED),
        (BindAnswer.LOCKED, Reason.DIRECTORY_LOCKED),
        (BindAnswer.MUST_CHANGE, Reason.DIRECTORY_MUST_CHANGE),
    ],
)
def test_whom_the_directory_lets_in_no_more_comes_in_by_no_ticket(company, answer, reason):
    company.directory.people["anna"].state = answer
    refused = shown(clicks(company), annas(company, sid=SID))
    assert refused.status == 403
    assert "is not enough to let you in here" in refused.text
    assert [decision.reason for _, _, decision in company.audit.kept][-1] is reason


def test_while_the_directory_is_away_nobody_comes_in_by_a_ticket_and_the_form_is_there(company):
    browser = clicks(company)
    company.directory.away = True
    refused = shown(browser, annas(company, sid=SID))
    assert refused.status == 403
    assert "directory does not answer" in refused.text
    assert asks_for_first(refused)


def test_somebody_of_whom_control_has_not_read_yet_is_told_to_wait(company):
    token = tickets(company).ticket("eve@CORP.TEST", sid=f"{SID}9")
    refused = shown(clicks(company), token)
    assert refused.status == 403
    assert "has not been taken over here yet" in refused.text
    _, _, decision = company.audit.kept[-1]
    assert decision.reason is Reason.DIRECTORY_NOT_READ


def test_by_another_directory_they_are_who_is_called_so_there():
    people = {"anna": MemoryEntry("secret")}
    for made in house(directory=MemoryDirectoryPasswords(people)):
        assert asks_for_second(shown(clicks(made), annas(made)))
        assert shown(clicks(made), tickets(made).ticket("bert@CORP.TEST")).status == 403


# ---- Starting --------------------------------------------------------------------------------------


def wired(folder: Path, keytab: bytes, mode: int = 0o600) -> TicketDesk | None:
    """The desk as the process wires it, from a boot file with this keytab."""
    boot = boot_in(folder)
    own = boot.signin.model_copy(
        update={"kerberos": KerberosBoot(principal="HTTP/chat.corp.test@CORP.TEST")}
    )
    path = boot.path(KerberosBoot(principal="HTTP/chat.corp.test@CORP.TEST").keytab)
    path.parent.mkdir()
    path.write_bytes(keytab)
    path.chmod(mode)
    return _tickets(boot, own, MemoryPolicy())


KEYTAB = HEAD + entry("HTTP/chat.corp.test", "CORP.TEST")


def test_the_process_does_not_start_with_keys_that_it_cannot_use(tmp_path):
    with pytest.raises(BootFault, match="can be read by others"):
        wired(tmp_path, KEYTAB, 0o644)


def test_without_the_library_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(kerberos, "installed", lambda: False)
    with pytest.raises(
        BootFault, match=r"apt install gcc python3-dev libkrb5-dev && make setup-kerberos"
    ):
        wired(tmp_path, KEYTAB)


def test_without_the_section_there_is_no_desk(tmp_path):
    boot = boot_in(tmp_path)
    assert _tickets(boot, boot.signin, MemoryPolicy()) is None


def test_with_all_of_it_people_of_our_own_realm_are_taken(tmp_path):
    pytest.importorskip("gssapi", reason="needs gssapi: make setup-kerberos")
    desk = wired(tmp_path, KEYTAB)
    assert desk is not None
    assert (desk.realms, desk.by_sid, desk.names) == ({"CORP.TEST"}, False, None)
    assert desk.take(b"garbage", b"", bound=False) is None
