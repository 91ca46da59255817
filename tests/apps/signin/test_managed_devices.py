"""Managed devices: how they prove themselves, what is reported of them, and who is taken for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.apps.signin.pages_scene import RULES, VALUES, Browser, Pages
from tests.apps.signin.test_certificates import AT, Names
from tests.company_ca import (
    CLIENT_AUTH,
    Issued,
    alternatives,
    basic,
    key_usage,
    root,
    upn,
    usages,
)
from vedette.core.managed_devices import ManagedDevice, Standing
from vedette.core.sessions import FactorUse, Known, Session, SessionState, facts_for, how_known
from vedette.protocol.internal.certificates import CERTIFICATE_HEADER, header_of, thumbprint_of
from vedette.protocol.oauth.clients import DEVICE_CODE
from vedette.signin.certificate_way import BACK
from vedette.signin.device_proof import DeviceProofs
from vedette.signin.managed import Managed

MDM = root("O=Corp, CN=Corp Devices")
DAY = 86_400
MODEL = "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"
ISSUERS = f"""
[issuers.mdm]
anchors = ['''{MDM.issued.pem}''']
devices = "managed"
revocation = "soft"
ocsp = "no"
[device_management.intune]
issuers = ["mdm"]
good_for = "1 day"
"""
ONLY_MANAGED = """
[rules.managed]
from = ["us"]
forbid = ["sign-in"]
unless = ["device.managed = yes"]
say = "Only managed devices may sign in."
"""
ONLY_COMPLIANT = """
[rules.compliant]
from = ["us"]
forbid = ["sign-in"]
unless = ["device.compliant = yes"]
say = "Only devices in order may sign in."
"""
ONLY_OWN = """
[rules.own]
from = ["us"]
forbid = ["sign-in"]
unless = ["device.owner = self"]
say = "Only your own device may sign in."
"""
FILES = """
[rules.files]
between = ["us", "us"]
forbid = ["file"]
unless = ["device.managed = yes"]
"""


def certificate_of(name: str, *more: object) -> Issued:
    subject = f"O=Corp, CN={name}"
    return MDM.issue(
        subject,
        basic(ca=False),
        key_usage("digital_signature"),
        usages(CLIENT_AUTH),
        *more,  # type: ignore[arg-type]
    )


LAPTOP, OTHER = certificate_of("laptop-7"), certificate_of("laptop-8")
REPORTED = ManagedDevice(
    id="d7",
    names=frozenset({"laptop-7"}),
    label="Anna's laptop",
    owner="anna@example.org",
    platform="windows",
    version="10.0.26100",
    compliant=True,
)
OF_BERT = replace(REPORTED, id="d8", names=frozenset({"laptop-8"}), owner="bert@example.org")


@dataclass(slots=True)
class Office:
    pages: Pages
    managed: Managed
    told: list[ManagedDevice] = field(default_factory=lambda: [REPORTED, OF_BERT])

    def obey(self, rules: str, values: str = VALUES) -> None:
        self.pages.obey(f"{RULES}\n{rules}\n{ISSUERS}", values)
        self.managed.go_through()

    def reads(self, *devices: ManagedDevice) -> None:
        """The inventory is read: these are all that it has."""
        self.pages.store.devices.take_all("intune", devices, self.pages.now)

    def begins(self, **purpose: object) -> Browser:
        return self.pages.browser().open(self.pages.purpose(**purpose))

    def proves(self, browser: Browser) -> Browser:
        """Password and code: what the person shows of themselves."""
        return browser.first().send("totp", code=self.pages.code())

    def shows(self, browser: Browser, certificate: Issued | None) -> Browser:
        """The browser shows a certificate where certificates are shown, and comes back."""
        browser.send("certificate")
        (link,) = (a["href"] for a in browser.page.of("a") if (a["href"] or "").startswith(AT))
        shown = {CERTIFICATE_HEADER: header_of(certificate.der)} if certificate else {}
        _, headers, _ = self.pages.browser().app("GET", (link or "").removeprefix(AT), shown, b"")
        to = dict(headers)["location"]
        assert to.startswith(f"{self.pages.origin}{BACK}?")
        return browser.open(to.removeprefix(self.pages.origin))

    def comes_in(
        self, browser: Browser, certificate: Issued | None = None, **more: str
    ) -> tuple[int, dict]:
        """The person agrees, and the program fetches its token, with this certificate or none."""
        browser.send("agree")
        token = dict(parse_qsl(urlsplit(browser.away).query))["loginToken"]
        asked = {"type": "m.login.token", "token": token, **more}
        shown = {CERTIFICATE_HEADER: header_of(certificate.der)} if certificate else {}
        headers = {"content-type": "application/json", **shown}
        status, _, said = browser.app(
            "POST", "/_matrix/client/v3/login", headers, json.dumps(asked).encode()
        )
        return status, json.loads(said)

    def signs_in(self, certificate: Issued | None = LAPTOP) -> Session:
        """By a program that shows the certificate on its own connection."""
        browser = self.proves(self.begins())
        if browser.page.of("form") and "later" in _actions(browser):
            browser.send("later")
        status, said = self.comes_in(browser, certificate)
        assert status == 200, said
        return self.session()

    def session(self) -> Session:
        (session,) = self.pages.store.sessions()
        return session

    def state(self) -> tuple[SessionState, str]:
        session = self.session()
        return session.state, session.because

    def known(self) -> dict[str, object]:
        networks: dict[str, tuple[str, ...]] = {}
        return dict(facts_for(self.session(), now=self.pages.now, networks=networks).known)


def _actions(browser: Browser) -> set[str]:
    return {form.fields.get("do", "") for form in browser.page.forms}


@pytest.fixture
def names() -> Names | None:
    return None


@pytest.fixture
def office(names: Names | None) -> Iterator[Office]:
    pages = Pages(certificates_at=AT, names=names)
    made = Office(pages, Managed(pages.door, pages.proofs))
    made.reads(*made.told)
    made.obey("")
    yield made
    pages.close()


# ---- Proving the device ----------------------------------------------------------------------------


def test_a_program_that_shows_its_devices_certificate_is_on_a_managed_device(office: Office):
    office.obey(ONLY_COMPLIANT)
    session = office.signs_in()
    assert session.facts.device is not None
    assert session.facts.device.proof.certificate == thumbprint_of(LAPTOP.der)
    known = office.known()
    assert known["device.managed"] is known["device.compliant"] is True
    assert (known["device.owner"], known["device.platform"]) == ("self", "windows")
    assert known["device.version"] == (10, 0, 26100)
    networks: dict[str, tuple[str, ...]] = {}
    how = how_known(facts_for(session, now=office.pages.now, networks=networks))
    assert how["device.managed"] is Known.PROVEN
    assert how["device.compliant"] is how["device.version"] is Known.REPORTED


def test_a_browser_on_the_device_shows_it_for_an_app_that_can_not(office: Office):
    office.obey(ONLY_COMPLIANT)
    browser = office.proves(office.begins())
    assert "Show the certificate of this device" in browser.text
    office.shows(browser, LAPTOP)
    status, said = office.comes_in(browser)
    assert status == 200, said
    assert office.known()["device.compliant"] is True
    assert office.session().certificate == ""


def test_a_devices_certificate_lets_nobody_in_and_is_no_factor(office: Office):
    office.obey(ONLY_MANAGED)
    browser = office.shows(office.begins(), LAPTOP)
    assert "speaks for a device, not for a person" in browser.text
    session = office.signs_in()
    assert [use.kind for use in session.facts.factors] == ["password", "totp"]


def test_a_devices_certificate_that_names_its_person_is_no_factor_either(office: Office):
    office.signs_in(certificate_of("laptop-7", alternatives(upn("anna@example.org"))))
    assert [use.kind for use in office.session().facts.factors] == ["password", "totp"]


def test_a_devices_certificate_that_names_another_person_proves_nothing(office: Office):
    office.obey(ONLY_MANAGED)
    browser = office.proves(office.begins()).send("later")
    other = certificate_of("laptop-7", alternatives(upn("bert@example.org")))
    status, said = office.comes_in(browser, other)
    assert (status, said["error"]) == (403, "Only managed devices may sign in.")


def test_without_its_certificate_the_device_is_none_that_is_managed(office: Office):
    office.obey(ONLY_MANAGED)
    browser = office.proves(office.begins()).send("later")
    status, said = office.comes_in(browser)
    assert (status, said["error"]) == (403, "Only managed devices may sign in.")


def test_a_browser_without_a_certificate_is_told_so_and_may_try_again(office: Office):
    office.obey(ONLY_MANAGED)
    browser = office.shows(office.proves(office.begins()), None)
    assert "showed no certificate" in browser.text
    office.shows(browser, LAPTOP)
    assert office.comes_in(browser)[0] == 200


def test_nobody_is_asked_for_a_proof_of_the_device_where_no_rule_asks_for_one(office: Office):
    office.obey(FILES)
    browser = office.proves(office.begins())
    assert "agree" in _actions(browser)
    assert office.comes_in(browser)[0] == 200
    assert office.known()["device.managed"] is False


def test_ones_own_pages_ask_the_browser_itself(office: Office):
    office.obey(ONLY_MANAGED)
    browser = office.proves(office.begins(kind="own", redirect_host="", body={}))
    assert "later" not in _actions(browser)
    assert "/account/" in office.shows(browser, LAPTOP).at


# ---- Who is taken for one ----------------------------------------------------------------------------


def test_a_copied_user_agent_and_a_copied_name_prove_nothing(office: Office):
    office.obey(ONLY_MANAGED)
    browser = office.begins()
    browser.agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Managed/laptop-7"
    office.proves(browser).send("later")
    status, _ = office.comes_in(
        browser, device_id="LAPTOP7", initial_device_display_name="laptop-7"
    )
    assert status == 403


def test_the_certificate_of_another_device_is_somebody_elses(office: Office):
    office.obey(ONLY_OWN)
    browser = office.proves(office.begins())
    assert "Only your own device" in office.shows(browser, OTHER).text
    office.obey("")
    office.signs_in(OTHER)
    assert office.known()["device.owner"] == "other"


def test_a_certificate_of_a_stranger_with_the_same_name_proves_nothing(office: Office):
    office.obey(ONLY_MANAGED)
    stranger = root("O=Corp, CN=Corp Devices").issue(
        "O=Corp, CN=laptop-7", basic(ca=False), key_usage("digital_signature"), usages(CLIENT_AUTH)
    )
    browser = office.shows(office.proves(office.begins()), stranger)
    assert browser.status == 403
    browser.send("later")
    assert office.comes_in(browser, stranger)[0] == 403


def test_a_code_from_a_managed_device_lets_no_other_device_in(office: Office):
    office.obey(ONLY_MANAGED)
    registered = office.pages.browser()
    meta = {
        "client_name": "TV",
        "client_uri": "https://tv.example.org/",
        "grant_types": [DEVICE_CODE],
        "token_endpoint_auth_method": "none",
    }
    _, _, said = registered.app(
        "POST",
        "/oauth2/registration",
        {"content-type": "application/json"},
        json.dumps(meta).encode(),
    )
    client = json.loads(said)["client_id"]
    scope = "urn:matrix:client:api:*"
    body = f"client_id={client}&scope={scope}".encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    _, _, said = registered.app("POST", "/oauth2/device", kind, body)
    code = json.loads(said)["user_code"]
    browser = office.pages.browser().open("/sign-in/device")
    form = browser.page.forms[0]
    browser.post(form.action, {**form.fields, "user_code": code})
    browser.first()
    assert "no device can prove that by a code from another one" in browser.text
    assert "certificate" not in _actions(browser)


def test_what_was_shown_for_a_code_is_no_proof_of_the_device_with_the_code(office: Office):
    uses = (FactorUse(kind="webauthn", at=office.pages.now, model=MODEL),)
    office.obey("", f'{VALUES}\nmanaged_models = ["{MODEL}"]')
    found = office.pages.proofs.shown(office.signs_in(None).user, (), uses)
    assert found is not None
    assert found.managed


@pytest.mark.parametrize(
    ("model", "managed"),
    [(MODEL, True), ("", False), ("00000000-1111-2222-3333-444444444444", False)],
)
def test_only_an_attested_passkey_of_a_listed_model_proves_the_device(
    office: Office, model: str, managed: bool
):
    """One for which no maker vouches has no model, whatever it says of itself."""
    office.obey("", f'{VALUES}\nmanaged_models = ["{MODEL}"]')
    uses = (FactorUse(kind="webauthn", at=office.pages.now, model=model),)
    user = office.signs_in(None).user
    found = office.pages.proofs.shown(user, (), uses)
    assert (found is not None and found.managed) is managed


# ---- While the session lives ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "worse",
    [{"compliant": False}, {"standing": Standing.LOST}, {"standing": Standing.RETIRED}, None],
    ids=["not in order", "lost", "retired", "gone"],
)
def test_a_device_that_is_well_no_more_holds_its_session_until_it_is_well_again(
    office: Office, worse: dict[str, object] | None
):
    office.obey(ONLY_COMPLIANT)
    before = office.signs_in()
    other = [OF_BERT] if worse is None else [OF_BERT, replace(REPORTED, **worse)]  # type: ignore[arg-type]
    office.reads(*other)
    assert office.managed.look().other == 1
    assert office.state() == (SessionState.SUSPENDED, "compliant")
    office.reads(REPORTED, OF_BERT)
    assert office.managed.look().other == 1
    assert office.state() == (SessionState.LIVE, "")
    after = office.session()
    assert (after.id, after.device) == (before.id, before.device)


def test_a_lost_device_is_managed_no_more(office: Office):
    office.obey(ONLY_MANAGED)
    office.signs_in()
    office.reads(OF_BERT, replace(REPORTED, standing=Standing.LOST))
    office.managed.look()
    assert office.state() == (SessionState.SUSPENDED, "managed")


def test_no_proof_on_a_page_brings_back_a_session_whose_device_is_lost(office: Office):
    """The page may be opened on any device: it would be the proof of another one."""
    office.obey(ONLY_MANAGED)
    session = office.signs_in()
    office.reads(OF_BERT, replace(REPORTED, standing=Standing.LOST))
    office.managed.look()
    assert office.pages.door.proof_wanted(office.session()) == ()
    browser = office.begins(kind="session", device=session.device, redirect_host="", body={})
    browser.first()
    assert "Only managed devices may sign in" in browser.text
    assert "certificate" not in _actions(browser)
    assert office.state()[0] is SessionState.SUSPENDED


def test_proofs_shown_anew_leave_the_device_as_it_was_proven(office: Office):
    fresh = '[rules.fresh]\nfrom = ["us"]\nforbid = ["sign-in"]\nwhen = ["sign_in.age > 1 hour"]'
    office.obey(ONLY_COMPLIANT)
    session = office.signs_in()
    office.pages.clock.seconds += 7200
    office.obey(f"{ONLY_COMPLIANT}\n{fresh}")
    browser = office.begins(kind="session", device=session.device, redirect_host="", body={})
    office.proves(browser).send("agree")
    assert office.session().facts.device == session.facts.device
    assert [each.issuer for each in office.session().facts.certificates] == ["mdm"]


def test_a_report_that_grew_too_old_lifts_no_ban(office: Office):
    office.obey(ONLY_COMPLIANT)
    office.signs_in()
    office.pages.clock.seconds += DAY - 3600
    office.managed.go_through()
    assert office.state()[0] is SessionState.LIVE
    office.pages.clock.seconds += 3600
    office.managed.go_through()
    assert office.state() == (SessionState.SUSPENDED, "compliant")
    office.reads(*office.told)
    office.pages.clock.seconds += 60
    office.managed.go_through()
    assert office.state()[0] is SessionState.LIVE


def test_nothing_is_read_while_no_device_is_other_than_before(office: Office):
    office.signs_in()
    office.reads(*office.told)
    assert office.managed.look().looked == 0
    office.reads(REPORTED, replace(OF_BERT, compliant=False))
    assert office.managed.look().looked == 0


def test_other_settings_are_other_devices(office: Office):
    office.obey(ONLY_MANAGED)
    office.signs_in()
    unmanaged = ISSUERS.replace('devices = "managed"', 'devices = "no"')
    office.pages.obey(f"{RULES}\n{ONLY_MANAGED}\n{unmanaged}")
    office.managed.go_through()
    assert office.state() == (SessionState.SUSPENDED, "managed")
    assert office.session().facts.device is None
    office.obey(ONLY_MANAGED)
    assert office.state()[0] is SessionState.LIVE


def test_a_program_that_goes_on_meanwhile_does_not_write_the_lost_device_back(office: Office):
    office.signs_in()
    before = office.session().facts
    office.reads(OF_BERT, replace(REPORTED, standing=Standing.LOST))
    office.managed.look()
    office.pages.store.set_facts(office.session().id, replace(before, network="192.0.2.99"))
    device = office.session().facts.device
    assert device is not None
    assert (device.managed, device.became) == (False, "lost")


# ---- Whose it is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "is_hers"),
    [
        ("anna", True),
        ("EXAMPLE\\Anna", True),
        ("@anna:example.org", True),
        ("Anna@Example.org", True),
        ("bert", False),
        ("bert@example.org", False),
        ("anna@elsewhere.example", None),
    ],
)
def test_an_owner_is_known_by_how_inventories_write_people(office: Office, owner, is_hers):
    session = office.signs_in()
    assert office.pages.proofs._is(session.user, owner) is is_hers


def test_with_a_directory_an_owner_is_whom_the_directory_means():
    names = Names()
    pages = Pages(certificates_at=AT, names=names)
    try:
        proofs: DeviceProofs = pages.proofs
        anna = pages.browser() and Office(pages, Managed(pages.door, proofs)).signs_in(None).user
        names.known = {}
        assert proofs._is(anna, "anna@example.org") is True
        assert proofs._is(anna, "anna@elsewhere.example") is False
        names.away = True
        assert proofs._is(anna, "anna@third.example") is None
    finally:
        pages.close()
