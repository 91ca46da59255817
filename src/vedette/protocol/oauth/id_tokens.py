"""ID tokens (OpenID Connect Core 1.0, section 2), for clients that ask for the scope `openid`.

They say who signed in and nothing else, and open no door: their type is not that of an access
token, and their audience is the client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from vedette.core.names import UserId
from vedette.protocol.internal.tokens import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class IdClaims:
    """What an ID token says; times in Unix seconds. An empty nonce was not sent."""

    issuer: str
    user: UserId
    client: str
    issued: int
    expires: int
    signed_in: int
    nonce: str


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
    header = {"alg": "EdDSA", "typ": "JWT", "kid": key.kid}
    return jwt.encode(header, payload, OKPKey.import_key(key.private), algorithms=["EdDSA"])
