"""Certificates that a real SCEP server gives to devices are what an issuer of the settings asks for."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.services.scep import MISSING, Enrolled, NotEnrolledError, Scep, scep
from vedette.core.settings.issuers import Issuer
from vedette.protocol.x509.crls import read_crl
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.judging import judge
from vedette.protocol.x509.naming import name_of
from vedette.protocol.x509.revocations import NOTHING_KNOWN, Revocations
from vedette.protocol.x509.values import Distrusted, Trusted, policy_of

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scep]:
    with scep(tmp_path_factory.mktemp("scep")) as running:
        yield running


def judged(
    server: Scep, device: Enrolled, known: Revocations | None = None
) -> Trusted | Distrusted:
    policy = policy_of("devices", Issuer.model_validate(server.settings()))
    found = Revocations(crls=(read_crl(server.crl.read_bytes()),)) if known is None else known
    return judge(device.der, policy, found, int(time.time()))


def test_a_device_that_knows_the_challenge_gets_a_certificate_that_speaks_for_it_and_for_nobody(
    server: Scep,
):
    device = server.enrol("phone-1")
    found = judged(server, device)
    assert isinstance(found, Trusted), found
    assert found.subject == "CN=phone-1,OU=MDM,O=Example AG,C=CH"
    assert name_of(found, policy_of("devices", Issuer.model_validate(server.settings()))) is (
        Fault.NAME_MISSING
    )


def test_a_device_that_does_not_know_it_gets_none(server: Scep):
    with pytest.raises(NotEnrolledError, match="badRequest"):
        server.enrol("phone-2", challenge="guessed")


def test_without_the_cas_list_nothing_is_known_of_it_and_with_it_it_can_be_taken_back(server: Scep):
    device = server.enrol("phone-3")
    unknown = judged(server, device, NOTHING_KNOWN)
    assert isinstance(unknown, Distrusted)
    assert unknown.fault is Fault.STATUS_UNKNOWN
    server.revoke(device)
    gone = judged(server, device)
    assert isinstance(gone, Distrusted)
    assert gone.fault is Fault.REVOKED
