"""The certificates page of an organisation whose people sign in with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.apps.console.house import Browser, House, user
from tests.apps.control.sign_in import session
from tests.company_ca import DAY, root
from tests.conformance.test_certificates_store import kept
from vedette.core.language import told
from vedette.core.sessions import ShownCertificate
from vedette.ports.certificates import RevocationSource, RevokedCertificate
from vedette.protocol.x509.faults import WORDS, Fault

CRL, OCSP = "http://ca.corp.test/people.crl", "http://ca.corp.test/ocsp"


@pytest.fixture(scope="module")
def browser(house: House) -> Browser:
    """Olga's, in an organisation with an issuer whose CA ends soon, and running data of every kind."""
    browser = house.browser()
    browser.signs_in("olga")
    now = int(house.clock.now())
    ends = root("O=Corp, CN=Corp Root", since=now - DAY, until=now + 5 * DAY)
    form = {"name": "corp", "pem": ends.issued.pem, "names": "upn", "reason": "cards"}
    page = browser.get("/certificates")
    done = browser.send(
        "/orders/add-issuer", {**form, "base": page.hidden("base"), "step": "apply"}
    )
    assert done.status in {200, 303}, done.words
    _furnish(house, now)
    return browser


def _furnish(house: House, now: int) -> None:
    store = house.store.certificates
    good = RevocationSource(issuer="corp", place="/srv/root.crl", kind="crl", fetched=now, tried=now,
                            next_update=now + DAY)  # fmt: skip
    store.note_source(good)
    other = told("it gives out an older list than it did before")
    store.note_source(replace(good, place=CRL, trouble=other))
    store.note_source(replace(good, place=OCSP, kind="ocsp", next_update=now - 60))
    fault = WORDS[Fault.CRL_EXPIRED].what
    for number, changes in ((1, {"trouble": fault}), (2, {})):
        card = kept(number, issuer="corp", ends=now + number * 20 * DAY, shown=now, **changes)
        store.keep(card)
        shown = ShownCertificate(thumbprint=card.thumbprint, issuer="corp", serial=card.serial)
        made = session(f"card-{number}", user("anna"), created=now, expires=now + DAY)
        made = replace(made, facts=replace(made.facts, certificates=(shown,)))
        house.store.add_session(made, None, now)
    store.revoke(RevokedCertificate(issuer="corp", serial="0aff", at=now, because="card lost"))


def test_what_is_wrong_is_shown_with_the_command_that_mends_it(browser: Browser) -> None:
    words = browser.get("/certificates").words
    assert "CN=Corp Root" in words
    assert "vedette issuer add corp" in words, "its anchor ends soon"
    assert "it gives out an older list than it did before" in words
    assert "vedette settings set issuers.corp.crl" in words
    assert "it is past its next update" in words
    assert "vedette settings set issuers.corp.ocsp" in words
    assert "@anna:example.org" in words
    assert WORDS[Fault.CRL_EXPIRED].what in words
    assert WORDS[Fault.CRL_EXPIRED].way_out in words
    assert "1 in use end within 30 days" in words
    assert "card lost" in words


def test_all_of_it_is_said_in_german(browser: Browser) -> None:
    words = browser.get("/certificates", accept_language="de").words
    assert "es gibt eine ältere Liste aus als vorher" in words
    assert WORDS[Fault.CRL_EXPIRED].what.german in words
    assert WORDS[Fault.CRL_EXPIRED].way_out.german in words
    for english in ("it gives out", "newest revocation list", "Have the CA", "ends on"):
        assert english not in words
