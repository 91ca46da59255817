"""Who may answer for a CA, and how."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.company_ca import NOW, Issued, key_usage, root, rsa_key, usages, when
from tests.protocol.x509.corpus import NONCE, world
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.ocsp import Asked, OcspAnswer, question, read_answer

RESPONDER = (usages(ExtendedKeyUsageOID.OCSP_SIGNING), (x509.OCSPNoCheck(), False))


def asked(leaf: Issued, nonce: bytes = NONCE) -> Asked:
    found = question(leaf.der, world().ca.der, nonce)
    assert isinstance(found, Asked)
    return found


@pytest.mark.parametrize(
    "key", [rsa_key(2048), ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()]
)  # fmt: skip
def test_a_responder_may_have_any_key_that_people_may(key: Any) -> None:
    ca, leaf = world().ca, world().ca.person()
    by = ca.responder(*RESPONDER, key=key)
    data = built(leaf, by, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA384())
    assert isinstance(read_answer(data, asked(leaf), NOW), OcspAnswer)


def built(leaf: Issued, by: Issued, hash_: Any, *more: tuple[x509.ExtensionType, bool]) -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf.certificate, issuer=world().ca.certificate, algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD, this_update=when(NOW), next_update=when(NOW + 60),
        revocation_time=None, revocation_reason=None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, by.certificate)
    builder = builder.certificates([by.certificate])
    for value, critical in more:
        builder = builder.add_extension(value, critical)
    return builder.sign(by.key, hash_).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("extensions", "how"),
    [
        ((*RESPONDER, key_usage("key_encipherment")), {}),
        (RESPONDER, {"key": rsa_key(1024)}),
        (RESPONDER, {"hash_": hashes.SHA224()}),
        (RESPONDER, {"until": NOW - 1}),
        (RESPONDER, {"since": NOW + 1}),
        (RESPONDER[:1], {}),
        (RESPONDER[1:], {}),
    ],
)
def test_a_responder_that_the_ca_did_not_make_one_is_refused(extensions: Any, how: Any) -> None:
    leaf = world().ca.person()
    data = built(leaf, world().ca.responder(*extensions, **how), hashes.SHA256())
    assert read_answer(data, asked(leaf), NOW) is Fault.OCSP_UNAUTHORISED


def test_a_responder_of_a_ca_of_the_same_name_is_refused() -> None:
    leaf = world().ca.person()
    twin = root("O=Corp, CN=Corp Issuing")
    data = built(leaf, twin.responder(), hashes.SHA256())
    assert read_answer(data, asked(leaf), NOW) is Fault.OCSP_UNAUTHORISED


def test_an_answer_signed_with_a_weak_hash_is_forged() -> None:
    leaf = world().ca.person()
    data = built(leaf, world().ca.responder(), hashes.SHA224())
    assert read_answer(data, asked(leaf), NOW) is Fault.OCSP_FORGED


def test_a_critical_extension_that_nobody_knows_spoils_an_answer() -> None:
    leaf = world().ca.person()
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x05\x00")
    by = world().ca.responder()
    assert isinstance(
        read_answer(built(leaf, by, hashes.SHA256(), (odd, False)), asked(leaf), NOW), OcspAnswer
    )
    data = built(leaf, by, hashes.SHA256(), (odd, True))
    assert read_answer(data, asked(leaf), NOW) is Fault.OCSP_MALFORMED


def test_what_is_no_certificate_is_not_asked_about() -> None:
    assert question(b"x", world().ca.der) is Fault.MALFORMED
    assert question(world().ca.der, b"x") is Fault.MALFORMED


def test_the_question_carries_the_nonce_and_can_be_read() -> None:
    leaf = world().ca.person()
    request = ocsp.load_der_ocsp_request(asked(leaf).request)
    assert request.serial_number == leaf.certificate.serial_number
    assert request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE
    assert not list(ocsp.load_der_ocsp_request(asked(leaf, b"").request).extensions)
