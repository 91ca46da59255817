"""WebAuthn (Level 2) by py_webauthn: passkeys are made and used, by a verified user.

Beyond what the library checks: an answer made inside somebody else's frame is refused, the passkey
must be one that was asked for, and an attestation counts only under the operator's own roots.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cbor2 import CBORError
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID
from OpenSSL.crypto import Error as OpenSslError
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
    validate_certificate_chain,
)
from webauthn.helpers.exceptions import InvalidCertificateChain, WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from vedette.ports.factors import (
    Ceremonial,
    CeremonyFault,
    KnownPasskey,
    NewPasskey,
    PasskeyOwner,
    PresentedPasskey,
    RelyingParty,
    UsedPasskey,
)

_TIMEOUT_MS = 300_000  # WebAuthn Level 2 section 15.1: 5 to 10 minutes when the user is verified
_LONGEST_RESPONSE = 64 << 10
_LONGEST_ID = 1023  # section 7.1 step 25 of Level 3
_AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_OCTETS_16 = b"\x04\x10"  # DER: an octet string of 16

# What the library and those beneath it raise over bytes that are no answer of a browser.
_UNREADABLE = (
    WebAuthnException,
    CBORError,
    OpenSslError,
    UnsupportedAlgorithm,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class _State:
    """What is kept between question and answer."""

    purpose: str
    challenge: bytes
    party: str
    origin: str
    allowed: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class WebAuthnCeremony:
    """The Ceremony port. `roots`: PEM certificates of the makers whose attestation counts."""

    roots: tuple[bytes, ...] = ()

    def begin_registration(
        self, owner: PasskeyOwner, existing: Collection[KnownPasskey], party: RelyingParty
    ) -> Ceremonial:
        """Ask the browser for a new passkey."""
        options = generate_registration_options(
            rp_id=party.id,
            rp_name=party.name,
            user_id=owner.handle,
            user_name=owner.name,
            user_display_name=owner.display_name,
            timeout=_TIMEOUT_MS,
            attestation=AttestationConveyancePreference.DIRECT,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[_described(one) for one in existing],
        )
        state = _State("registration", options.challenge, party.id, party.origin)
        return Ceremonial(options_to_json(options), _packed(state))

    def finish_registration(self, state: bytes, response: str) -> NewPasskey:
        """Check the browser's answer. Raises CeremonyFault."""
        kept = _unpacked(state, "registration")
        with _readable(response):
            answer = parse_registration_credential_json(response)
            _refuse_frames(answer.response.client_data_json)
            found = verify_registration_response(
                credential=answer,
                expected_challenge=kept.challenge,
                expected_rp_id=kept.party,
                expected_origin=kept.origin,
                require_user_verification=True,
            )
            if len(found.credential_id) > _LONGEST_ID:
                raise CeremonyFault("the id of the passkey is too long")
            transports = tuple(one.value for one in answer.response.transports or ())
            return self._made(found, transports)

    def _made(self, found: VerifiedRegistration, transports: tuple[str, ...]) -> NewPasskey:
        return NewPasskey(
            id=found.credential_id,
            public_key=found.credential_public_key,
            sign_count=found.sign_count,
            aaguid=found.aaguid,
            format=_format(found).value,
            attested=self._attested(found),
            user_verified=found.user_verified,
            transports=transports,
            backup_eligible=found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        )

    def _attested(self, found: VerifiedRegistration) -> bool:
        """Whether one of our roots says what made the passkey.

        The library has verified the statement's signature; here it is asked who stands behind.
        """
        chain = parse_attestation_object(found.attestation_object).att_stmt.x5c
        if not self.roots or not chain:
            return False
        try:
            validate_certificate_chain(x5c=chain, pem_root_certs_bytes=list(self.roots))
        except InvalidCertificateChain:
            return False
        return _may_attest(x509.load_der_x509_certificate(chain[0]), found)

    def begin_authentication(
        self, passkeys: Collection[KnownPasskey], party: RelyingParty
    ) -> Ceremonial:
        """Ask the browser to use a passkey."""
        options = generate_authentication_options(
            rp_id=party.id,
            timeout=_TIMEOUT_MS,
            allow_credentials=[_described(one) for one in passkeys],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        allowed = tuple(one.id for one in passkeys)
        state = _State("authentication", options.challenge, party.id, party.origin, allowed)
        return Ceremonial(options_to_json(options), _packed(state))

    def presented(self, response: str) -> PresentedPasskey:
        """Which passkey an answer says it used. Raises CeremonyFault."""
        with _readable(response):
            answer = parse_authentication_credential_json(response)
            return PresentedPasskey(answer.raw_id, answer.response.user_handle)

    def finish_authentication(
        self, state: bytes, response: str, passkey: KnownPasskey
    ) -> UsedPasskey:
        """Check the browser's answer against the passkey. Raises CeremonyFault."""
        kept = _unpacked(state, "authentication")
        with _readable(response):
            answer = parse_authentication_credential_json(response)
            _refuse_frames(answer.response.client_data_json)
            if answer.raw_id != passkey.id:
                raise CeremonyFault("another passkey was used than the one looked up")
            if kept.allowed and answer.raw_id not in kept.allowed:
                raise CeremonyFault("a passkey was used that was not asked for")
            found = verify_authentication_response(
                credential=answer,
                expected_challenge=kept.challenge,
                expected_rp_id=kept.party,
                expected_origin=kept.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
            return UsedPasskey(found.credential_id, found.new_sign_count, found.user_verified)


@contextmanager
def _readable(response: str) -> Iterator[None]:
    """Whatever is wrong with an answer becomes the one fault."""
    if len(response) > _LONGEST_RESPONSE:
        raise CeremonyFault("the browser's answer is too long")
    try:
        yield
    except _UNREADABLE as fault:
        raise CeremonyFault(f"the browser's answer can't be verified: {fault}") from fault


def _refuse_frames(client_data: bytes) -> None:
    """An answer made in a frame on another site's page may be one the person never saw."""
    if parse_client_data_json(client_data).cross_origin:
        raise CeremonyFault("the answer was made inside another site's page")


def _may_attest(leaf: x509.Certificate, found: VerifiedRegistration) -> bool:
    """The leaf is an attestation certificate, for this model (Level 2 section 8.2.1)."""
    if _is_authority(leaf):
        return False
    units = leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    named = [unit.value for unit in units] == ["Authenticator Attestation"]
    if _format(found) is AttestationFormat.PACKED and not named:
        return False
    try:
        extension = leaf.extensions.get_extension_for_oid(_AAGUID).value
    except x509.ExtensionNotFound:
        return True
    assert isinstance(extension, x509.UnrecognizedExtension)
    return extension.value == _OCTETS_16 + bytes.fromhex(found.aaguid.replace("-", ""))


def _format(found: VerifiedRegistration) -> AttestationFormat:
    return AttestationFormat(found.fmt)  # the library declares the type but hands over plain text


def _is_authority(leaf: x509.Certificate) -> bool:
    try:
        return leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _described(passkey: KnownPasskey) -> PublicKeyCredentialDescriptor:
    known = {one.value: one for one in AuthenticatorTransport}
    transports = [known[one] for one in passkey.transports if one in known]
    return PublicKeyCredentialDescriptor(id=passkey.id, transports=transports or None)


def _packed(state: _State) -> bytes:
    body = {
        "purpose": state.purpose,
        "challenge": bytes_to_base64url(state.challenge),
        "party": state.party,
        "origin": state.origin,
        "allowed": [bytes_to_base64url(one) for one in state.allowed],
    }
    return json.dumps(body).encode()


def _unpacked(state: bytes, purpose: str) -> _State:
    try:
        body = json.loads(state)
        if body["purpose"] != purpose:
            raise CeremonyFault(f"this is no state of {purpose}")
        return _State(
            purpose,
            base64url_to_bytes(body["challenge"]),
            str(body["party"]),
            str(body["origin"]),
            tuple(base64url_to_bytes(one) for one in body["allowed"]),
        )
    except (ValueError, KeyError, TypeError) as fault:
        raise CeremonyFault("the state of the ceremony can't be read") from fault
