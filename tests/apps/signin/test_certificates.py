"""A company's certificate on the pages: as the first factor, as both, as the second; and while it lives."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp as x509_ocsp

from tests.apps.control.organisation import until
from tests.apps.signin.pages_scene import RULES, VALUES, Browser, Pages
from tests.apps.signin.pages_tour import Elsewhere
from tests.company_ca import (
    CLIENT_AUTH,
    DAY,
    NOW,
    Authority,
    Issued,
    alternatives,
    basic,
    key_usage,
    points,
    responder_at,
    root,
    upn,
    usages,
)
from vedette.adapters.memory.certificates import MemoryCertificates
from vedette.core.sessions import Session, SessionState
from vedette.ports.certificates import RevokedCertificate
from vedette.ports.directory import NameKind
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.certificates import CERTIFICATE_HEADER, header_of, thumbprint_of
from vedette.signin.certificate_way import BACK
from vedette.signin.certified import Certified
from vedette.signin.keep import ask_again

AT = "https://device.example.org:8449"
LIST = "http://crl.example.org/people.crl"
RESPONDER = "http://ocsp.example.org/"

CA = root()
PEOPLE = CA.sub("O=Corp, CN=Corp People")


def card(name: str = "anna@example.org", *extensions: object, **how: object) -> Issued:
    return PEOPLE.person("anna", alternatives(upn(name)), *extensions, **how)  # type: ignore[arg-type]


CARD, BERTS = card(), card("bert@example.org")


def issuers(*ca: Authority, **more: str) -> str:
    given = {"crl": f'["{LIST}", "{ROOTS}"]', "ocsp": '"no"'} | more
    lines = "".join(f"{name} = {value}\n" for name, value in given.items())
    above = ca[0] if ca else CA
    return (
        f"[issuers.company]\nanchors = ['''{above.issued.pem}''']\n"
        f"intermediates = ['''{PEOPLE.issued.pem}''']\n{lines}"
    )


def on_list(*revoked: Issued, **how: object) -> bytes:
    serials = [each.certificate.serial_number for each in revoked]
    return PEOPLE.crl(*serials, **how)  # type: ignore[arg-type]


@dataclass(slots=True)
class Names:
    """A directory in which certificates' names are looked up."""

    known: dict[tuple[NameKind, str], str] = field(default_factory=dict)
    away: bool = False

    def find(self, kind: NameKind, value: str) -> str | None:
        if self.away:
            raise Unavailable("no server answered")
        return self.known.get((kind, value))


@dataclass(slots=True)
class Office:
    """The pages of an organisation whose people have certificates."""

    pages: Pages
    certified: Certified

    def obey(self, values: str = VALUES, rules: str = RULES, **more: str) -> None:
        self.pages.obey(f"{rules}\n{issuers(**more)}", values)

    def begins(self, **purpose: object) -> Browser:
        return self.pages.browser().open(self.pages.purpose(**purpose))

    def shows(self, browser: Browser, certificate: Issued | None) -> Browser:
        """Go where certificates are shown, with this one, and come back."""
        browser.send("certificate")
        (link,) = (a["href"] for a in browser.page.of("a") if (a["href"] or "").startswith(AT))
        return browser.open(self.back_from(link or "", certificate))

    def back_from(self, link: str, certificate: Issued | None) -> str:
        """Where the browser goes that shows this certificate at the link."""
        other = self.pages.browser()
        shown = {CERTIFICATE_HEADER: header_of(certificate.der)} if certificate else {}
        _, headers, _ = other.app("GET", link.removeprefix(AT), shown, b"")
        to = dict(headers).get("location", "")
        assert to.startswith(f"{self.pages.origin}{BACK}?"), to
        return to.removeprefix(self.pages.origin)

    def refresh(self) -> None:
        self.certified.refresh("crl")
        self.certified.refresh("ocsp")

    def session(self) -> Session:
        (session,) = self.pages.store.sessions()
        return session


@pytest.fixture
def names() -> Names | None:
    return None


@pytest.fixture
def office(names: Names | None) -> Iterator[Office]:
    pages = Pages(certificates_at=AT, names=names)
    pages.places.there[LIST] = b""
    made = Office(pages, Certified(pages.door, pages.certificates))
    publish(made)
    made.obey()
    yield made
    pages.close()


def publish(office: Office, *revoked: Issued, **how: object) -> None:
    """Both CAs give out their lists: at one place, the people's; the root's beside it."""
    office.pages.places.there[LIST] = on_list(*revoked, **how)
    office.pages.places.there[ROOTS] = CA.crl()


ROOTS = "http://crl.example.org/root.crl"


# ---- Showing one -----------------------------------------------------------------------------------


def test_without_issuers_or_without_an_address_nobody_is_asked_for_a_certificate(office: Office):
    assert "Sign in with your certificate" in office.begins().text
    office.pages.obey(RULES)
    assert "certificate" not in office.begins().text
    office.obey()
    office.pages.certificates.address = ""
    assert "certificate" not in office.begins().text


def test_a_certificate_is_the_first_factor_and_a_code_the_second(office: Office):
    browser = office.shows(office.begins(), CARD)
    assert "One more proof" in browser.text, browser.text
    browser.send("totp", code=office.pages.code())
    assert "Element" in browser.text
    browser.send("agree")
    assert browser.away.startswith("https://app.example/")


def test_a_card_that_asks_for_its_pin_is_both_factors(office: Office):
    office.obey(counts="2")
    browser = office.shows(office.begins(), CARD)
    assert "Let Element in?" in browser.text
    assert browser.send("agree").away.startswith("https://app.example/")


def test_a_certificate_is_the_second_factor_where_the_settings_say_so(office: Office):
    office.obey(values='second_factors = ["totp", "certificate"]')
    browser = office.shows(office.begins().first(), CARD)
    assert browser.send("agree").away.startswith("https://app.example/")
    office.obey(values='second_factors = ["totp"]')
    assert "certificate" not in office.begins().first().text


def test_somebody_elses_certificate_is_no_second_factor_and_too_many_end_it(office: Office):
    office.obey(values='second_factors = ["totp", "certificate"]\nwrong_second_factors = 2')
    browser = office.shows(office.begins().first(), BERTS)
    assert browser.status == 403
    assert "somebody else's" in browser.text
    browser = office.shows(browser, BERTS)
    assert "too many wrong attempts" in browser.text


@pytest.mark.parametrize(
    ("certificate", "says"),
    [
        (None, "showed no certificate"),
        (card(until=NOW - 60, since=NOW - DAY), "has expired"),
        (card(since=NOW + 600), "is not valid yet"),
        (card("carla@example.org"), "names nobody who has an account here"),
        (card("anna@elsewhere.test"), "names nobody who has an account here"),
        (
            root("O=Corp, CN=Corp Root").sub("O=Corp, CN=Corp People").person("anna"),
            "is not one by",
        ),
        (Issued(PEOPLE.certificate, None), "is not one by"),
    ],
)
def test_what_can_not_be_taken_is_said_and_the_form_is_there_at_once(
    office: Office, certificate: Issued | None, says: str
):
    browser = office.shows(office.begins(), certificate)
    assert says in browser.text
    assert browser.form("password")
    assert "totp" in str(browser.first().page.forms)


def test_bytes_that_are_no_certificate_are_refused_like_any_other(office: Office):
    browser = office.begins().send("certificate")
    (link,) = (a["href"] for a in browser.page.of("a") if (a["href"] or "").startswith(AT))
    header = base64.b64encode(b"\x30\x82" + b"x" * 900).decode()
    _, headers, _ = browser.app(
        "GET", (link or "").removeprefix(AT), {CERTIFICATE_HEADER: header}, b""
    )
    browser.open(dict(headers)["location"].removeprefix(office.pages.origin))
    assert "is not one by" in browser.text


def test_whoever_is_sent_the_link_of_another_sign_in_gives_nothing_away(office: Office):
    thief, victim = office.begins(), office.pages.browser()
    thief.send("certificate")
    (link,) = (a["href"] for a in thief.page.of("a") if (a["href"] or "").startswith(AT))
    back = office.back_from(link or "", CARD)
    assert victim.open(back).status == 410
    victim.open(office.pages.purpose()).send("certificate")
    assert victim.open(back).status == 409
    assert "anna" not in victim.text
    assert thief.open("/sign-in").page.forms


def test_a_page_that_was_opened_where_certificates_are_shown_goes_on_there(office: Office):
    browser = office.begins().send("certificate")
    (link,) = (a["href"] for a in browser.page.of("a") if (a["href"] or "").startswith(AT))
    shown = {CERTIFICATE_HEADER: header_of(CARD.der), "cookie": _cookies(browser)}
    _, headers, _ = browser.app("GET", (link or "").removeprefix(AT), shown, b"")
    to = dict(headers)["location"]
    assert to.startswith(f"{BACK}?")
    assert "One more proof" in browser.open(to).text


def _cookies(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def test_what_was_shown_is_good_once_and_the_ticket_too(office: Office):
    browser = office.begins().send("certificate")
    (link,) = (a["href"] for a in browser.page.of("a") if (a["href"] or "").startswith(AT))
    back = office.back_from(link or "", CARD)
    assert "One more proof" in browser.open(back).text
    assert browser.open(back).status == 409
    status, _, _ = browser.app("GET", (link or "").removeprefix(AT), {}, b"")
    assert status == 410


def test_a_page_that_nobody_was_sent_to_asks_nothing(office: Office):
    assert office.pages.browser().open("/sign-in/certificate?for=guessed").status == 410
    assert office.pages.browser().open(f"{BACK}?answer=guessed").status == 410
    assert office.begins().open(f"{BACK}?answer=guessed").status == 409


# ---- A browser that does not go on --------------------------------------------------------------


def link_of(browser: Browser) -> str:
    """Where the page leads on to by itself."""
    (link,) = (a["href"] for a in browser.page.of("a") if (a["href"] or "").startswith(AT))
    return link or ""


def test_whoever_waits_for_their_browser_may_go_on_in_another_way(office: Office):
    browser = office.begins().send("certificate")
    assert "Show your certificate" in browser.text
    browser.send("without")
    assert browser.form("password")
    assert "One more proof" in browser.first().text


def test_whoever_waits_with_a_factor_shown_goes_on_without_losing_it(office: Office):
    office.obey(values='second_factors = ["totp", "certificate"]')
    browser = office.begins().first().send("certificate")
    late = office.back_from(link_of(browser), BERTS)
    browser.send("without")
    assert "One more proof" in browser.text
    assert browser.open(late).status == 409
    assert "Let Element in?" in browser.open("/sign-in").send("totp", code=office.pages.code()).text


def test_the_browser_may_be_sent_once_more_and_what_it_shows_the_first_time_counts_no_more(
    office: Office,
):
    browser = office.begins().send("certificate")
    first = office.back_from(link_of(browser), BERTS)
    browser.open("/sign-in")  # as `back` does, from a fault of the browser's own
    assert "Show your certificate" in browser.text
    browser.send("certificate")
    second = office.back_from(link_of(browser), CARD)
    assert browser.open(first).status == 409
    assert "One more proof" in browser.open(second).text


def test_only_whoever_was_sent_to_show_a_certificate_may_ask_again_or_go_on_without(office: Office):
    office.pages.upstream["idp"] = Elsewhere("https://idp.example/")  # type: ignore[index]
    browser = office.begins().send("upstream")
    sent = browser.form("back")
    for do in ("certificate", "without"):
        assert browser.post(sent.action, {**sent.fields, "do": do}).status == 409
    assert browser.open("/sign-in").form("back")


def test_what_is_no_factor_any_more_is_not_asked_for_again(office: Office):
    office.obey(values='second_factors = ["totp", "certificate"]')
    browser = office.begins().first().send("certificate")
    office.obey(values='second_factors = ["totp"]')
    assert browser.open("/sign-in").send("certificate").status == 409
    assert "One more proof" in browser.open("/sign-in").send("without").text


# ---- Whose it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [Names()])
def test_with_a_directory_a_name_is_what_the_directory_says(office: Office, names: Names):
    assert "names nobody" in office.shows(office.begins(), CARD).text
    names.known[NameKind.UPN, "anna@example.org"] = "bert"
    office.pages.give_app("bert", b"9" * 20)
    assert "Hello bert" in office.shows(office.begins(), CARD).text


@pytest.mark.parametrize("names", [Names(away=True)])
def test_while_the_directory_is_away_nobody_is_taken_for_anybody(office: Office, names: Names):
    browser = office.begins().send("certificate")
    (link,) = (a["href"] for a in browser.page.of("a") if (a["href"] or "").startswith(AT))
    back = office.back_from(link or "", CARD)
    assert browser.open(back).status == 503
    names.away = False
    names.known[NameKind.UPN, "anna@example.org"] = "anna"
    assert "One more proof" in browser.open(back).text


def test_a_certificate_that_the_settings_name_is_its_persons(office: Office):
    stranger = card("stranger@elsewhere.test")
    key = stranger.certificate.fingerprint(hashes.SHA256()).hex()
    office.obey(people=f'{{ "{key}" = "@anna:example.org" }}')
    assert "Hello anna" in office.shows(office.begins(), stranger).text


# ---- Revocation ------------------------------------------------------------------------------------


def test_a_certificate_on_the_list_is_refused_and_so_is_one_of_which_nothing_is_known(
    office: Office,
):
    publish(office, CARD)
    assert "was revoked" in office.shows(office.begins(), CARD).text
    assert "Hello bert" not in office.shows(office.begins(), card("anna@example.org")).text
    other = Office(Pages(certificates_at=AT), office.certified)
    try:
        other.obey()
        assert "can't be learnt" in other.shows(other.begins(), CARD).text
        other.obey(revocation='"soft"')
        assert "One more proof" in other.shows(other.begins(), CARD).text
    finally:
        other.pages.close()


def test_where_its_list_speaks_of_others_it_is_said_that_nothing_is_known(office: Office):
    point = x509.IssuingDistributionPoint(None, None, False, True, None, False, False)
    publish(office, extensions=[(point, True)])
    assert "can't be learnt right now" in office.shows(office.begins(), CARD).text


def test_the_responder_is_asked_when_the_certificate_is_shown(office: Office):
    revoked = card("anna@example.org", responder_at(RESPONDER))
    state = {"revoked": False}

    def respond(request: bytes) -> bytes:
        nonce = x509_ocsp.load_der_ocsp_request(request).extensions[0].value.nonce
        return PEOPLE.answer(revoked.certificate, nonce=nonce, **state)

    office.obey(ocsp='"certificate"')
    office.pages.places.there[RESPONDER] = respond
    assert "One more proof" in office.shows(office.begins(), revoked).text
    state["revoked"] = True
    office.pages.clock.seconds += 600
    assert "was revoked" in office.shows(office.begins(), revoked).text


def test_an_older_list_or_a_forged_one_takes_nothing_back(office: Office):
    publish(office, CARD, number=7)
    assert "was revoked" in office.shows(office.begins(), CARD).text
    for served in (on_list(number=6), CA.crl(number=9, name=PEOPLE.name), b"<html>"):
        office.pages.places.there[LIST] = served
        office.pages.clock.seconds += 600
        office.refresh()
        assert "was revoked" in office.shows(office.begins(), CARD).text
        (source,) = (
            each for each in office.pages.store.certificates.sources() if each.place == LIST
        )
        assert source.trouble
        assert source.revoked == 1


@pytest.mark.parametrize(
    "replayed",
    [
        {"since": NOW - 120},
        {"since": NOW - 60},
        {"since": NOW + 500, "status": x509_ocsp.OCSPCertStatus.UNKNOWN},
    ],
)
def test_an_answer_that_is_not_newer_takes_nothing_back(office: Office, replayed: dict[str, Any]):
    mine, responder = with_responder(office)
    office.obey(ocsp=f'"{RESPONDER}"', crl="[]", revocation='"soft"')
    responder.how = {"revoked": True, "since": NOW - 60}
    assert "was revoked" in office.shows(office.begins(), mine).text
    responder.how = replayed
    office.pages.clock.seconds += 600
    assert "was revoked" in office.shows(office.begins(), mine).text
    responder.how = {"since": NOW + 1100}
    office.pages.clock.seconds += 600
    assert "One more proof" in office.shows(office.begins(), mine).text


def test_the_last_good_list_is_there_after_a_start(office: Office):
    publish(office, CARD)
    office.shows(office.begins(), CARD)
    again = Pages(certificates_at=AT)
    try:
        again.places.saved = office.pages.places.saved
        other = Office(again, office.certified)
        other.obey()
        assert "was revoked" in other.shows(other.begins(), CARD).text
    finally:
        again.close()


def test_addresses_in_a_strangers_certificate_are_never_asked(office: Office):
    office.obey(crl="[]", ocsp='"certificate"')
    evil = root("O=Corp, CN=Evil").sub("O=Corp, CN=Corp People")
    places = (points("http://127.0.0.1:9/inside"), responder_at("http://127.0.0.1:9/inside"))
    office.shows(office.begins(), evil.person("anna", *places))
    assert office.pages.places.asked == []


# ---- While the session lives -----------------------------------------------------------------------


def signed_in(office: Office, certificate: Issued = CARD) -> Session:
    office.obey(counts="2")
    return opened(office, certificate)


def opened(office: Office, certificate: Issued) -> Session:
    """A session by this certificate, under the settings as they are."""
    comes_in(office, certificate)
    return office.session()


def comes_in(office: Office, certificate: Issued) -> None:
    browser = office.shows(office.begins(), certificate).send("agree")
    token = dict(parse_qsl(urlsplit(browser.away).query))["loginToken"]
    body = json.dumps({"type": "m.login.token", "token": token}).encode()
    path = "/_matrix/client/v3/login"
    status, _, said = browser.app("POST", path, {"content-type": "application/json"}, body)
    assert status == 200, said


@dataclass(slots=True)
class Responder:
    """Answers for a person's certificate, and for the CA above it."""

    person: Issued
    how: dict[str, Any] = field(default_factory=dict)
    of_ca: dict[str, Any] = field(default_factory=dict)

    def __call__(self, request: bytes) -> bytes:
        asked = x509_ocsp.load_der_ocsp_request(request)
        nonce = asked.extensions[0].value.nonce
        if asked.serial_number == self.person.certificate.serial_number:
            return PEOPLE.answer(self.person.certificate, nonce=nonce, **self.how)
        return CA.answer(PEOPLE.certificate, nonce=nonce, **{"until": NOW + DAY} | self.of_ca)


def with_responder(office: Office) -> tuple[Issued, Responder]:
    """A card of anna's, and the responder of its CA."""
    mine = card()
    responder = office.pages.places.there[RESPONDER] = Responder(mine)
    return mine, responder


def standing(office: Office, session: Session) -> tuple[SessionState, str]:
    found = office.pages.store.session(session.id)
    assert found is not None
    return found.state, found.because


def test_a_session_stands_on_its_certificate(office: Office):
    session = signed_in(office)
    (shown,) = session.facts.certificates
    assert (shown.issuer, shown.thumbprint) == ("company", thumbprint_of(CARD.der))
    (use,) = session.facts.factors
    assert (use.kind, use.counts) == ("certificate", 2)
    assert use.proven_by == f"company:{shown.serial}"
    (kept,) = office.pages.store.certificates.listed("", 9)
    assert (kept.localpart, kept.serial, kept.trouble) == ("anna", shown.serial, "")


def test_nothing_happens_while_nothing_changed(office: Office):
    session = signed_in(office)
    for _ in range(3):
        office.refresh()
        assert office.certified.look().ended == 0
    assert standing(office, session)[0] is SessionState.LIVE


def test_a_new_list_ends_the_session_at_the_next_look(office: Office):
    session = signed_in(office)
    office.refresh()
    office.certified.go_through()
    publish(office, CARD, number=2)
    office.pages.clock.seconds += 599
    office.refresh()
    assert office.certified.look().ended == 0
    office.pages.clock.seconds += 1
    office.refresh()
    assert office.certified.look().ended == 1
    assert standing(office, session) == (SessionState.ENDED, "its certificate was revoked")
    assert office.pages.audit.kept[-1][2].reason == "certificate"


def test_the_responder_ends_it_too(office: Office):
    mine = card("anna@example.org", responder_at(RESPONDER))
    state = {"revoked": False}

    def respond(request: bytes) -> bytes:
        asked = x509_ocsp.load_der_ocsp_request(request)
        about = mine if asked.serial_number == mine.certificate.serial_number else None
        nonce = asked.extensions[0].value.nonce
        return PEOPLE.answer(about.certificate, nonce=nonce, **state) if about else b""

    office.pages.places.there[RESPONDER] = respond
    office.obey(ocsp='"certificate"', counts="2")
    browser = office.shows(office.begins(), mine)
    assert "Let Element in?" in browser.text
    session = signed_in(office, mine)
    office.obey(ocsp='"certificate"', counts="2")
    office.refresh()
    office.certified.go_through()
    assert standing(office, session)[0] is SessionState.LIVE
    state["revoked"] = True
    office.pages.clock.seconds += 600
    office.refresh()
    assert office.certified.look().ended == 1


def test_what_the_cas_procedure_told_us_ends_it_and_keeps_it_out(office: Office):
    session = signed_in(office)
    office.certified.look()
    serial = session.facts.certificates[0].serial
    told = RevokedCertificate(issuer="company", serial=serial, at=NOW, because="card lost")
    office.pages.store.certificates.revoke(told)
    assert office.certified.look().ended == 1
    assert office.certified.look().ended == 0
    assert "was revoked" in office.shows(office.begins(), CARD).text


def test_a_certificate_that_ends_ends_its_session(office: Office):
    brief = card("anna@example.org", until=NOW + 900)
    session = signed_in(office, brief)
    office.pages.clock.seconds = NOW + 900
    assert office.certified.look().ended == 0
    office.pages.clock.seconds += 1
    assert office.certified.look().ended == 1
    assert standing(office, session) == (SessionState.ENDED, "its certificate has expired")


def test_an_issuer_that_leaves_the_settings_suspends_and_its_return_lets_them_go_on(office: Office):
    session = signed_in(office)
    office.refresh()
    office.certified.go_through()
    office.pages.obey(RULES)
    assert office.certified.go_through().suspended == 1
    assert standing(office, session) == (
        SessionState.SUSPENDED,
        "its certificate is not trusted now",
    )
    ask_again(office.pages.door)
    assert standing(office, session)[0] is SessionState.SUSPENDED
    office.obey(counts="2")
    assert office.certified.go_through().live == 1
    assert standing(office, session)[0] is SessionState.LIVE


def settled(office: Office) -> None:
    """Everything was asked and looked at once."""
    office.refresh()
    office.certified.look()
    office.certified.go_through()


def looked(office: Office) -> tuple[int, int, int]:
    """How many sessions ended, were suspended and went on, by the next looks."""
    one, all_ = office.certified.look(), office.certified.go_through()
    return one.ended + all_.ended, one.suspended + all_.suspended, one.live + all_.live


def test_a_list_that_can_not_be_had_any_more_suspends_where_the_settings_are_hard(office: Office):
    session = signed_in(office)
    settled(office)
    office.pages.places.there.clear()
    office.pages.clock.seconds = NOW + DAY + 60
    office.refresh()
    assert looked(office) == (0, 0, 0)
    office.pages.clock.seconds += 1
    assert looked(office) == (0, 1, 0)
    assert standing(office, session) == (
        SessionState.SUSPENDED,
        "its certificate is not trusted now",
    )
    publish(office, since=NOW + DAY, until=NOW + 3 * DAY, number=3)
    office.pages.places.there[ROOTS] = CA.crl(since=NOW + DAY, until=NOW + 3 * DAY, number=3)
    office.pages.clock.seconds += 600
    office.refresh()
    assert looked(office) == (0, 0, 1)


def test_a_list_that_can_not_be_had_any_more_changes_nothing_where_they_are_soft(office: Office):
    session = signed_in(office)
    office.obey(counts="2", revocation='"soft"')
    settled(office)
    office.pages.places.there.clear()
    office.pages.clock.seconds += 2 * DAY
    office.refresh()
    assert looked(office) == (0, 0, 0)
    assert standing(office, session)[0] is SessionState.LIVE


def test_a_list_that_is_followed_in_time_suspends_nobody(office: Office):
    signed_in(office)
    settled(office)
    publish(office, since=NOW, until=NOW + 3 * DAY, number=2)
    office.pages.places.there[ROOTS] = CA.crl(since=NOW, until=NOW + 3 * DAY, number=2)
    office.pages.clock.seconds = NOW + DAY - 60
    office.refresh()
    office.pages.clock.seconds = NOW + 2 * DAY
    assert looked(office) == (0, 0, 0)


def test_a_responder_that_falls_silent_suspends_until_it_speaks_again(office: Office):
    mine, responder = with_responder(office)
    office.obey(ocsp=f'"{RESPONDER}"', crl="[]", counts="2")
    session = opened(office, mine)
    settled(office)
    del office.pages.places.there[RESPONDER]
    office.pages.clock.seconds = NOW + 3600
    office.refresh()
    assert looked(office) == (0, 0, 0)
    office.pages.clock.seconds += 61
    office.refresh()
    assert looked(office) == (0, 1, 0)
    office.pages.places.there[RESPONDER] = responder
    responder.how = {"since": NOW + 3600, "until": NOW + 7200}
    office.pages.clock.seconds += 600
    office.refresh()
    assert looked(office) == (0, 0, 1)
    assert standing(office, session)[0] is SessionState.LIVE


def test_what_is_learnt_at_a_sign_in_ends_sessions_that_run(office: Office):
    publish(office, until=NOW + 900)
    session = signed_in(office)
    settled(office)
    office.pages.clock.seconds = NOW + 901
    office.pages.places.there[LIST] = on_list(CARD, number=2)
    office.shows(office.begins(), BERTS)
    office.refresh()
    assert office.certified.look().ended == 1
    assert standing(office, session) == (SessionState.ENDED, "its certificate was revoked")


def test_what_a_responder_says_at_a_sign_in_ends_sessions_that_run(office: Office):
    mine, responder = with_responder(office)
    office.obey(ocsp=f'"{RESPONDER}"', crl="[]", counts="2")
    session = opened(office, mine)
    settled(office)
    responder.how = {"revoked": True}
    office.pages.clock.seconds += 600
    assert "was revoked" in office.shows(office.begins(), mine).text
    office.refresh()
    assert office.certified.look().ended == 1
    assert standing(office, session)[0] is SessionState.ENDED


def test_of_a_ca_that_its_responder_calls_revoked_every_session_ends(office: Office):
    mine, responder = with_responder(office)
    office.obey(ocsp=f'"{RESPONDER}"', crl="[]", counts="2")
    session = opened(office, mine)
    settled(office)
    responder.of_ca = {"revoked": True}
    office.pages.clock.seconds += 600
    office.refresh()
    assert looked(office) == (1, 0, 0)
    assert standing(office, session) == (SessionState.ENDED, "its certificate was revoked")


def test_a_list_is_fetched_while_a_responder_keeps_others_waiting(office: Office):
    mine, _ = with_responder(office)
    office.obey(ocsp=f'"{RESPONDER}"', counts="2")
    session = opened(office, mine)
    settled(office)
    publish(office, mine, number=2)
    office.pages.clock.seconds += 600
    waits, goes_on = Event(), Event()

    def hangs(_: bytes) -> bytes:
        waits.set()
        assert goes_on.wait(60)
        raise Unavailable("it did not answer")

    office.pages.places.there[RESPONDER] = hangs
    asking = Thread(target=office.certified.refresh, args=("ocsp",))
    asking.start()
    try:
        assert waits.wait(60)
        office.certified.refresh("crl")
        assert office.certified.look().ended == 1
        assert standing(office, session)[0] is SessionState.ENDED
    finally:
        goes_on.set()
        asking.join()


def test_a_responder_that_hangs_keeps_nobody_waiting_for_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vedette.signin.certified._ROUND", 0.2)
    slow, quick = "http://slow.example.org/", "http://quick.example.org/"
    one, mine = (card("anna@example.org", responder_at(each)) for each in (slow, quick))
    office.pages.places.there |= {slow: Responder(one), quick: Responder(mine)}
    office.obey(ocsp='"certificate"', counts="2")
    opened(office, one)
    comes_in(office, mine)
    settled(office)
    waits, goes_on = Event(), Event()

    def hangs(_: bytes) -> bytes:
        waits.set()
        assert goes_on.wait(60)
        raise Unavailable("it did not answer")

    office.pages.places.there |= {slow: hangs, quick: Responder(mine, {"revoked": True})}
    office.pages.clock.seconds += 600
    try:
        office.certified.refresh("ocsp")
        assert waits.wait(60)
        until(lambda: office.certified.look().ended == 1)
        # Rounds go on beside it, and it isn't asked twice.
        office.pages.clock.seconds += 600
        office.certified.refresh("ocsp")
        assert office.pages.places.asked.count(slow) == 2, "at sign-in, and now"
    finally:
        goes_on.set()


def test_a_responder_that_is_away_is_asked_once_a_round_and_ever_more_seldom(office: Office):
    mine, _ = with_responder(office)
    office.obey(ocsp=f'"{RESPONDER}"', crl="[]", counts="2")
    opened(office, mine)
    settled(office)
    del office.pages.places.there[RESPONDER]
    asked = office.pages.places.asked
    office.pages.clock.seconds += 600
    seen = []
    for _ in range(20):
        before = len(asked)
        office.refresh()
        seen.append(len(asked) - before)
        office.pages.clock.seconds += 30
    assert max(seen) == 1
    assert [at for at, one in enumerate(seen) if one] == [0, 1, 3, 7, 15]


@pytest.mark.parametrize("fails", ["kept", "used_by", "uses", "revocations"])
def test_news_waits_for_a_store_that_was_away(
    office: Office, monkeypatch: pytest.MonkeyPatch, fails: str
):
    mine, responder = with_responder(office)
    office.obey(ocsp=f'"{RESPONDER}"', crl="[]", counts="2")
    opened(office, mine)
    settled(office)
    responder.how = {"revoked": True}
    office.pages.clock.seconds += 600
    office.refresh()
    with monkeypatch.context() as away:
        away.setattr(MemoryCertificates, fails, _away)
        with pytest.raises(Unavailable):
            office.certified.look()
    assert office.certified.look().ended == 1


def test_new_lists_wait_for_a_store_that_was_away(office: Office, monkeypatch: pytest.MonkeyPatch):
    signed_in(office)
    settled(office)
    publish(office, CARD, number=2)
    office.pages.clock.seconds += 600
    office.refresh()
    for look in (office.certified.look, office.certified.go_through):
        with monkeypatch.context() as away:
            away.setattr(MemoryCertificates, "kept", _away)
            with pytest.raises(Unavailable):
                look()
    assert office.certified.look().ended == 1


def test_other_settings_wait_for_a_store_that_was_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    signed_in(office)
    settled(office)
    office.pages.obey(RULES)
    with monkeypatch.context() as away:
        away.setattr(MemoryCertificates, "kept", _away)
        with pytest.raises(Unavailable):
            office.certified.go_through()
    assert office.certified.go_through().suspended == 1


def _away(*_: object, **__: object) -> None:
    raise Unavailable("the store does not answer")


def test_after_a_start_nothing_is_held_against_anybody_before_everything_was_asked(office: Office):
    session = signed_in(office)
    fresh = Pages(certificates_at=AT, store=office.pages.store, clock=office.pages.clock)
    try:
        other = Office(fresh, Certified(fresh.door, fresh.certificates))
        other.obey(counts="2")
        assert other.certified.go_through().suspended == 0
        publish(other)
        other.refresh()
        assert other.certified.go_through().suspended == 0
        assert standing(office, session)[0] is SessionState.LIVE
    finally:
        fresh.close()


def test_what_the_settings_say_of_an_issuer_changes_what_running_sessions_are_worth(office: Office):
    session = signed_in(office)
    office.refresh()
    office.certified.go_through()
    office.obey(counts="1")
    office.certified.go_through()
    found = office.pages.store.session(session.id)
    assert found is not None
    assert found.facts.factors[0].counts == 1
    ask_again(office.pages.door)
    assert standing(office, session) == (SessionState.SUSPENDED, "no-rule")


# ---- The certificate of a program's own connection ---------------------------------------------------

MANAGED = """
[rules.two]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.factors >= 2"]
[rules.managed]
from = ["us"]
forbid = ["sign-in"]
unless = ["certificate.issuer = company"]
say = "Only devices of the organisation may sign in."
"""


def logs_in(office: Office, certificate: Issued | None, **how: object) -> tuple[int, dict]:
    browser = office.begins(**how).first()
    browser.send("totp", code=office.pages.code())
    browser.send("agree")
    token = dict(parse_qsl(urlsplit(browser.away).query))["loginToken"]
    body = json.dumps({"type": "m.login.token", "token": token}).encode()
    shown = {CERTIFICATE_HEADER: header_of(certificate.der)} if certificate else {}
    headers = {"content-type": "application/json", **shown}
    status, _, said = browser.app("POST", "/_matrix/client/v3/login", headers, body)
    return status, json.loads(said)


def test_a_device_proves_itself_where_its_program_fetches_the_tokens(office: Office):
    office.obey(rules=MANAGED)
    device = PEOPLE.issue(
        "O=Corp, CN=laptop 7", basic(ca=False), key_usage("digital_signature"), usages(CLIENT_AUTH)
    )
    status, said = logs_in(office, device)
    assert status == 200, said
    session = office.session()
    assert session.certificate == thumbprint_of(device.der)
    assert [each.thumbprint for each in session.facts.certificates] == [session.certificate]
    assert "certificate" not in {use.kind for use in session.facts.factors}
    publish(office, device, number=2)
    office.pages.clock.seconds += 600
    office.refresh()
    assert office.certified.look().ended == 1


def test_without_one_or_with_another_persons_the_device_proves_nothing(office: Office):
    office.obey(rules=MANAGED)
    for certificate in (None, BERTS, card(until=NOW - 5, since=NOW - 60)):
        status, said = logs_in(office, certificate)
        assert (status, said["error"]) == (403, "Only devices of the organisation may sign in.")


def test_where_no_program_follows_the_certificate_is_wanted_on_the_page(office: Office):
    office.obey(rules=MANAGED)
    browser = office.begins(kind="own", redirect_host="", body={}).first()
    assert "Only devices of the organisation" in browser.text


def test_a_certificate_of_ones_own_on_the_connection_is_a_factor_too(office: Office):
    status, said = logs_in(office, CARD)
    assert status == 200, said
    assert [use.kind for use in office.session().facts.factors] == [
        "password",
        "totp",
        "certificate",
    ]


def test_while_no_settings_are_known_nothing_is_held_against_anybody(office: Office):
    session = signed_in(office)
    office.refresh()
    office.certified.go_through()
    office.pages.policy.policy = None
    office.refresh()
    assert office.certified.look().looked == office.certified.go_through().looked == 0
    assert standing(office, session)[0] is SessionState.LIVE
