import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from vedette.core.names import UserId
from vedette.protocol.internal.tokens import SigningKey, TokenFault, read
from vedette.protocol.oauth.id_tokens import IdClaims, mint_id_token

KEY = SigningKey.generate()
CLAIMS = IdClaims(
    issuer="https://chat.example.org/",
    user=UserId("@anna:example.org"),
    client="https://chat.example.org/",
    issued=1,
    expires=2,
    signed_in=1,
    nonce="",
)


def test_an_id_token_says_who_and_for_whom():
    said = jwt.decode(
        mint_id_token(CLAIMS, KEY), OKPKey.import_key(KEY.public), algorithms=["EdDSA"]
    )
    assert said.header["typ"] == "JWT"
    assert said.claims == {
        "iss": "https://chat.example.org/",
        "sub": "@anna:example.org",
        "aud": "https://chat.example.org/",
        "iat": 1,
        "exp": 2,
        "auth_time": 1,
    }


def test_an_id_token_is_no_access_token_even_where_its_audience_is_ours():
    with pytest.raises(TokenFault):
        read(mint_id_token(CLAIMS, KEY), {KEY.kid: KEY.public}, CLAIMS.issuer)
