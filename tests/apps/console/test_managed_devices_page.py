"""The page of managed devices, and what the API says of them, in an organisation with an inventory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.apps.console.house import Browser, House, user
from tests.apps.control.sign_in import session
from tests.company_ca import DAY, root
from tests.conformance.test_certificates_store import kept
from tests.conformance.test_device_store import device
from vedette.core.managed_devices import Standing
from vedette.core.on_device import OnDevice, Proof
from vedette.core.sessions import Session, ShownCertificate
from vedette.ports.device_management import InventoryState


@pytest.fixture(scope="module")
def browser(house: House) -> Browser:
    """Olga's, in an organisation with two inventories, one of which is silent."""
    browser = house.browser()
    browser.signs_in("olga")
    now = int(house.clock.now())
    ca = root("O=Corp, CN=Devices", since=now - DAY, until=now + 500 * DAY)
    form = {"name": "devices", "pem": ca.issued.pem, "names": "upn", "reason": "mdm"}
    page = browser.get("/certificates")
    browser.send("/orders/add-issuer", {**form, "base": page.hidden("base"), "step": "apply"})
    for path, value in (
        ("issuers.devices.devices", "managed"),
        ("device_management.intune", '{ issuers = ["devices"] }'),
        ("device_management.jamf", '{ issuers = ["devices"] }'),
    ):
        done = browser.send(
            "/orders/set-value", {"path": path, "value": value, "reason": "mdm", "step": "apply"}
        )
        assert done.status in {200, 303}, done.words
    _furnish(house, now)
    return browser


def _furnish(house: House, now: int) -> Session:
    devices = house.store.devices
    lost = device(2, standing=Standing.LOST, label="Phone of Bea")
    devices.take_all("intune", [device(1), lost, device(3, compliant=False)], now)
    devices.note(InventoryState(source="intune", read=now, tried=now, devices=3))
    devices.take_all("jamf", [device(4)], now - 2 * DAY)
    trouble = "it does not answer"
    devices.note(InventoryState(source="jamf", read=now - 2 * DAY, tried=now, trouble=trouble))
    certificate = kept(7, issuer="devices", ends=now + DAY, shown=now, localpart="")
    house.store.certificates.keep(certificate)
    devices.call(certificate.thumbprint, ["serial-1"])
    shown = ShownCertificate(
        thumbprint=certificate.thumbprint, issuer="devices", serial=certificate.serial
    )
    on = OnDevice(
        proof=Proof(certificate=certificate.thumbprint, issuer="devices"),
        managed=True,
        compliant=True,
        owner="self",
        platform="windows",
        version="10.0.26100",
    )
    made = session("on-laptop-1", user("anna"), created=now, expires=now + DAY)
    made = replace(made, facts=replace(made.facts, certificates=(shown,), device=on))
    house.store.add_session(made, None, now)
    return made


def test_inventories_and_what_is_wrong_with_them_are_shown(browser: Browser) -> None:
    words = browser.get("/managed-devices").words
    assert "it does not answer" in words
    for state in ("in order", "not in order", "lost", "report too old"):
        assert state in words, state


def test_who_is_signed_in_on_a_device_is_shown_with_a_way_to_the_session(browser: Browser) -> None:
    page = browser.get("/managed-devices?text=serial-1")
    assert "@anna:" in page.words
    assert 'href="/sessions/' in page.text
    assert "Phone of Bea" not in page.words


def test_devices_are_sought_by_inventory_and_text(browser: Browser) -> None:
    assert "Phone of Bea" in browser.get("/managed-devices?text=BEA").words
    page = browser.get("/managed-devices?source=jamf")
    assert "Phone of Bea" not in page.words
    assert "d4" in page.words


def test_a_session_says_what_is_proven_and_what_is_reported(browser: Browser, house: House) -> None:
    (on,) = (each for each in house.store.sessions() if each.facts.device is not None)
    words = browser.get(f"/sessions/{on.id}").words
    assert "device.managed yes proven" in words
    assert "device.compliant yes reported" in words
    assert "device.platform windows reported" in words
