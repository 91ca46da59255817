"""Whose word counts for what made a passkey: attestations by a maker's own CA, signed by hand."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from webauthn.helpers import bytes_to_base64url

from vedette.adapters.webauthn_ceremony import WebAuthnCeremony
from vedette.ports.factors import CeremonyFault, NewPasskey, PasskeyOwner, RelyingParty

PARTY = RelyingParty("example.org", "Example AG", "https://example.org")
OWNER = PasskeyOwner(b"0123456789abcdef", "alice", "Alice")
MODEL = bytes.fromhex("00112233445566778899aabbccddeeff")
OTHER_MODEL = bytes(16)
MODEL_OID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
VERIFIED, PRESENT, ATTESTED = 0x04, 0x01, 0x40


@dataclass(frozen=True)
class Maker:
    """A maker of authenticators: its root, and the certificate in each of its things."""

    root: x509.Certificate
    leaf: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)


def maker(
    *, unit: str = "Authenticator Attestation", model: bytes | None = MODEL, authority: bool = False
) -> Maker:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = named(NameOID.COMMON_NAME, "Maker root")
    root = certificate(root_name, root_name, root_key, root_key, authority=True, model=None)
    leaf_name = named(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)
    leaf = certificate(leaf_name, root_name, key, root_key, authority=authority, model=model)
    return Maker(root, leaf, key)


def named(kind: x509.ObjectIdentifier, text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, text)])


def certificate(subject, issuer, key, signer, *, authority: bool, model: bytes | None):
    made = datetime.now(UTC) - timedelta(hours=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(made).not_valid_after(made + timedelta(days=2))
    limits = x509.BasicConstraints(ca=authority, path_length=None)
    builder = builder.add_extension(limits, critical=True)
    if model is not None:
        said = x509.UnrecognizedExtension(MODEL_OID, b"\x04\x10" + model)
        builder = builder.add_extension(said, critical=False)
    return builder.sign(signer, hashes.SHA256())


def registered(
    maker: Maker | None,
    roots: tuple[bytes, ...],
    *,
    format: str = "packed",  # noqa: A002  # the specification's word
    flags: int = VERIFIED | PRESENT | ATTESTED,
    model: bytes = MODEL,
    signed: Callable[[bytes], bytes] = lambda data: data,
) -> NewPasskey:
    """What the ceremony makes of a passkey by `maker`; None for one that speaks for itself."""
    ceremony = WebAuthnCeremony(roots)
    asked = ceremony.begin_registration(OWNER, (), PARTY)
    key = ec.generate_private_key(ec.SECP256R1())
    data = authenticator_data(key, flags, model)
    client = json.dumps(
        {
            "type": "webauthn.create",
            "challenge": json.loads(asked.options)["challenge"],
            "origin": PARTY.origin,
        }
    ).encode()
    statement = {}
    if format == "packed":
        covered = signed(data + hashlib.sha256(client).digest())
        signer = maker.key if maker else key
        statement = {"alg": -7, "sig": signer.sign(covered, ec.ECDSA(hashes.SHA256()))}
        if maker:
            statement["x5c"] = [maker.leaf.public_bytes(Encoding.DER)]
    body = cbor2.dumps({"fmt": format, "attStmt": statement, "authData": data})
    answer = {
        "id": bytes_to_base64url(b"a passkey"),
        "rawId": bytes_to_base64url(b"a passkey"),
        "type": "public-key",
        "response": {
            "clientDataJSON": bytes_to_base64url(client),
            "attestationObject": bytes_to_base64url(body),
            "transports": ["internal", "pigeon"],
        },
    }
    return ceremony.finish_registration(asked.state, json.dumps(answer))


def authenticator_data(key: ec.EllipticCurvePrivateKey, flags: int, model: bytes) -> bytes:
    """Level 2 section 6.1, with an ES256 key in COSE form (RFC 9053)."""
    point = key.public_key().public_numbers()
    cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
    credential = b"a passkey"
    return b"".join(
        [
            hashlib.sha256(PARTY.id.encode()).digest(),
            bytes([flags]),
            (0).to_bytes(4),
            model,
            len(credential).to_bytes(2),
            credential,
            cbor2.dumps(cose),
        ]
    )


def test_a_trusted_makers_word_for_its_model_counts():
    known = maker()
    made = registered(known, (known.pem,))
    assert made.attested
    assert made.aaguid == "00112233-4455-6677-8899-aabbccddeeff"
    assert made.transports == ("internal",)
    assert not made.backup_eligible
    assert registered(maker(model=None), ()).attested is False


def test_nobodys_word_is_a_claim():
    known = maker()
    assert not registered(known, ()).attested
    assert not registered(known, (maker().pem,)).attested
    assert not registered(None, (known.pem,)).attested
    assert not registered(None, (known.pem,), format="none").attested


def test_a_maker_speaks_for_the_model_that_its_certificate_names():
    known = maker(model=OTHER_MODEL)
    assert not registered(known, (known.pem,)).attested
    silent = maker(model=None)
    assert registered(silent, (silent.pem,)).attested


def test_only_a_certificate_made_for_it_attests():
    for other in (maker(unit="Servers"), maker(authority=True)):
        assert not registered(other, (other.pem,)).attested


def test_a_certificate_does_not_help_who_has_not_its_key():
    known, thief = maker(), maker()
    stolen = Maker(known.root, known.leaf, thief.key)
    with pytest.raises(CeremonyFault):
        registered(stolen, (known.pem,))
    with pytest.raises(CeremonyFault):
        registered(known, (known.pem,), signed=lambda data: data + b"!")


@pytest.mark.parametrize("flags", [PRESENT | ATTESTED, VERIFIED | ATTESTED, VERIFIED | PRESENT])
def test_without_the_user_verified_and_present_there_is_no_passkey(flags):
    with pytest.raises(CeremonyFault):
        registered(None, (), flags=flags)


def test_an_unknown_form_of_attestation_is_refused():
    with pytest.raises(CeremonyFault):
        registered(None, (), format="invented")
