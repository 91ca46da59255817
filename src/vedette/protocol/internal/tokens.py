"""Access tokens: RFC 9068 JWTs, signed with Ed25519 (RFC 8037).

A token says whose session it is and until when; whether that session lives is said by the list of
sessions alone. The key id is the key's RFC 7638 thumbprint.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import GuestProtocol, OKPKey

from vedette.core.names import DeviceId, UserId
from vedette.core.record import canonical

LARGEST = 4096
"""No token is longer than so many characters."""

_ALGORITHM = "EdDSA"
_TYPE = "at+jwt"
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SESSION = re.compile(r"[A-Za-z0-9_-]{26,43}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


class TokenFault(ValueError):
    """A text that is no access token of ours. The message never repeats any of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What an access token says, by the claim that says it.

    `user` sub, `client` client_id, `id` jti, `issued` iat, `expires` exp (Unix seconds), `session`
    sid, `device` device, `certificate` the `x5t#S256` of cnf (RFC 8705) or empty. The audience is
    the issuer.
    """

    issuer: str
    user: UserId
    client: str
    id: str
    issued: int
    expires: int
    session: str
    device: str
    scope: str
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs tokens, and the name by which verifiers find its public half."""

    kid: str
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> Self:
        """A new key."""
        return cls.of(Ed25519PrivateKey.generate())

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> Self:
        """The key with its name."""
        return cls(thumbprint(private.public_key()), private)

    @classmethod
    def from_bytes(cls, private: bytes) -> Self:
        """The key from its 32 raw bytes (RFC 8032). Raises ValueError."""
        return cls.of(Ed25519PrivateKey.from_private_bytes(private))

    @property
    def public(self) -> Ed25519PublicKey:
        """The half that verifies."""
        return self.private.public_key()

    @property
    def public_bytes(self) -> bytes:
        """The public half as 32 raw bytes."""
        return self.public.public_bytes_raw()

    @property
    def private_bytes(self) -> bytes:
        """The private half as 32 raw bytes. To be encrypted wherever they are kept."""
        return self.private.private_bytes_raw()


def thumbprint(key: Ed25519PublicKey) -> str:
    """The name of a key: its RFC 7638 thumbprint, of the members RFC 8037 section 2 requires."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": _base64(key.public_bytes_raw())}
    return _base64(hashlib.sha256(canonical(members)).digest())


def jwks(keys: Mapping[str, Ed25519PublicKey]) -> dict[str, Any]:
    """The public keys as a JWK Set (RFC 7517 section 5)."""
    return {
        "keys": [
            {
                "alg": _ALGORITHM,
                "crv": "Ed25519",
                "kid": kid,
                "kty": "OKP",
                "use": "sig",
                "x": _base64(key.public_bytes_raw()),
            }
            for kid, key in sorted(keys.items())
        ]
    }


def mint(claims: AccessClaims, key: SigningKey) -> str:
    """The token that says `claims`.

    Raises:
        ValueError: it would be longer than any token may be.
    """
    payload: dict[str, Any] = {
        "iss": claims.issuer,
        "aud": claims.issuer,
        "sub": str(claims.user),
        "client_id": claims.client,
        "jti": claims.id,
        "iat": claims.issued,
        "exp": claims.expires,
        "sid": claims.session,
        "device": claims.device,
        "scope": claims.scope,
    }
    if claims.certificate:
        payload["cnf"] = {"x5t#S256": claims.certificate}
    header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": key.kid}
    token = jwt.encode(header, payload, OKPKey.import_key(key.private), registry=_REGISTRY)
    if len(token) > LARGEST:
        raise ValueError(f"a token of {len(token)} characters is longer than {LARGEST}")
    return token


def read(token: str, keys: Mapping[str, Ed25519PublicKey], issuer: str) -> AccessClaims:
    """What the token says, once it is known to be ours.

    1. It is short enough and has the form of a signed JWT. 2. Its header names EdDSA, the type
    `at+jwt` and one of `keys`. 3. That key signed it. 4. Every claim is there in its form, and
    issuer and audience are `issuer`.

    The caller MUST compare `expires` with the time, look the session up in the list, and compare
    `certificate` with that of the connection.

    Raises:
        TokenFault: one of these does not hold. Nothing else is raised, whatever the text.
    """
    if len(token) > LARGEST or not _COMPACT.fullmatch(token):  # (1)
        raise TokenFault("this has not the form of an access token")

    def listed(unverified: GuestProtocol) -> OKPKey:
        header = unverified.headers()
        if header.get("typ") != _TYPE:  # (2)
            raise TokenFault("this is a token of another type")
        key = keys.get(str(header.get("kid")))
        if key is None:
            raise TokenFault("this token is signed by a key that is not listed")
        return OKPKey.import_key(key)

    try:
        payload = jwt.decode(token, listed, registry=_REGISTRY).claims  # (2) (3)
        return _claims(payload, issuer)
    except TokenFault:
        raise
    except (JoseError, ValueError, TypeError, RecursionError) as fault:
        raise TokenFault("this is no access token of ours") from fault


def _claims(payload: Mapping[str, Any], issuer: str) -> AccessClaims:
    """The claims, typed (4). Raises TokenFault or InvalidName."""
    if payload.get("iss") != issuer or payload.get("aud") != issuer:
        raise TokenFault("this token is for another audience")
    return AccessClaims(
        issuer=issuer,
        user=UserId(_text(payload, "sub")),
        client=_text(payload, "client_id"),
        id=_text(payload, "jti"),
        issued=_seconds(payload, "iat"),
        expires=_seconds(payload, "exp"),
        session=_matching(_SESSION, _text(payload, "sid"), "sid"),
        device=DeviceId(_text(payload, "device")),
        scope=_text(payload, "scope"),
        certificate=_certificate(payload),
    )


def _certificate(payload: Mapping[str, Any]) -> str:
    """The certificate that the token is bound to (RFC 8705 section 3.1), or nothing.

    A binding of a kind that nobody here would check must not read as no binding.
    """
    if "cnf" not in payload:
        return ""
    bound = payload["cnf"]
    if not isinstance(bound, dict) or set(bound) != {"x5t#S256"}:
        raise TokenFault("this token is bound in a way that is not known here")
    return _matching(_THUMBPRINT, _text(bound, "x5t#S256"), "cnf")


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str):
        raise TokenFault(f"the claim `{name}` is not a text")
    return value


def _seconds(payload: Mapping[str, Any], name: str) -> int:
    value = payload.get(name)
    if type(value) is not int or not 0 <= value < 1 << 53:  # True is an int to isinstance
        raise TokenFault(f"the claim `{name}` is not a time")
    return value


def _matching(grammar: re.Pattern[str], text: str, name: str) -> str:
    if not grammar.fullmatch(text):
        raise TokenFault(f"the claim `{name}` has not its form")
    return text


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _OnlyEdDSA(jws.JWSRegistry):
    """The one algorithm there is. A token's own word never chooses another one."""

    def get_alg(self, name: str) -> Any:
        """The algorithm, if `name` is it. Raises UnsupportedAlgorithmError."""
        if name != _ALGORITHM:
            raise UnsupportedAlgorithmError
        return self.algorithms[_ALGORITHM]


_REGISTRY = _OnlyEdDSA()
