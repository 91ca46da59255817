"""ID tokens (OpenID Connect Core 1.0, section 2), for clients that ask for the scope `openid`.

They say who signed in and nothing else, and open no door: their type is not that of an access
token, and their audience is the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OKPKey

from vedette.core.names import UserId
from vedette.protocol.internal.tokens import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class IdClaims:
    """What an ID token says; times in Unix seconds. An empty nonce was not sent.

    `session` is named to the console alone (`sid`, OpenID Connect Front-Channel Logout 1.0).
    """

    issuer: str
    user: UserId
    client: str
    issued: int
    expires: int
    signed_in: int
    nonce: str
    session: str = ""


class IdTokenFault(ValueError):
    """A text that is no ID token for this client and this sign-in."""


def mint_id_token(claims: IdClaims, key: SigningKey) -> str:
    """The ID token that says `claims`."""
    payload: dict[str, Any] = {
        "iss": claims.issuer,
        "sub": str(claims.user),
        "aud": claims.client,
        "iat": claims.issued,
        "exp": claims.expires,
        "auth_time": claims.signed_in,
    }
    if claims.nonce:
        payload["nonce"] = claims.nonce
    if claims.session:
        payload["sid"] = claims.session
    header = {"alg": "EdDSA", "typ": "JWT", "kid": key.kid}
    return jwt.encode(header, payload, OKPKey.import_key(key.private), algorithms=["EdDSA"])


LARGEST = 4096
"""No ID token of ours has more characters."""
_SKEW = 60
"""Seconds by which two clocks of ours may differ."""


def read_id_token(token: str, keys: Mapping[str, Ed25519PublicKey], expected: IdClaims) -> IdClaims:
    """What the token says, once it is known to be the answer to this sign-in.

    `expected` names the issuer, client and nonce, and in `issued` the time that it is now.

    1. One of `keys` signed it, with EdDSA. 2. Issuer, audience and nonce are the expected ones, the
    audience no other than this client (OpenID Connect Core 1.0, section 3.1.3.7). 3. It is not
    over, nor from the future. 4. It names a person and a session.

    Raises:
        IdTokenFault: one of these does not hold.
    """
    if len(token) > LARGEST:
        raise IdTokenFault("this is too long for an ID token")

    def listed(unverified: GuestProtocol) -> OKPKey:
        key = keys.get(str(unverified.headers().get("kid")))
        if key is None:
            raise IdTokenFault("this ID token is signed by a key that is not ours")
        return OKPKey.import_key(key)

    try:
        said = jwt.decode(token, listed, algorithms=["EdDSA"]).claims
        claims = _claims(said)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as fault:
        raise IdTokenFault("this is no ID token of ours") from fault
    wanted = (expected.issuer, expected.client, expected.nonce)
    if (claims.issuer, claims.client, claims.nonce) != wanted:
        raise IdTokenFault("this ID token answers another sign-in")
    if claims.expires <= expected.issued or claims.issued > expected.issued + _SKEW:
        raise IdTokenFault("this ID token is not good now")
    return claims


def _claims(said: Mapping[str, Any]) -> IdClaims:
    texts = {name: said[name] for name in ("iss", "sub", "aud", "nonce", "sid")}
    numbers = {name: said[name] for name in ("iat", "exp", "auth_time")}
    if not all(isinstance(text, str) and text for text in texts.values()):
        raise IdTokenFault("a claim is no text")
    if not all(type(number) is int for number in numbers.values()):
        raise IdTokenFault("a claim is no time")
    return IdClaims(
        issuer=texts["iss"],
        user=UserId(texts["sub"]),
        client=texts["aud"],
        issued=numbers["iat"],
        expires=numbers["exp"],
        signed_in=numbers["auth_time"],
        nonce=texts["nonce"],
        session=texts["sid"],
    )
