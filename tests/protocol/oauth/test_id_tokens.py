import json
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from vedette.core.names import UserId
from vedette.protocol.internal.tokens import SigningKey, TokenFault, read
from vedette.protocol.oauth.id_tokens import IdClaims, IdTokenFault, mint_id_token, read_id_token

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


CONSOLES = replace(CLAIMS, client="console", issued=1000, expires=1060, nonce="n", session="s" * 32)
EXPECTED = replace(CONSOLES, issued=1030)


def test_the_console_reads_back_what_was_said_to_it():
    assert read_id_token(mint_id_token(CONSOLES, KEY), {KEY.kid: KEY.public}, EXPECTED) == CONSOLES


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example/"},
        {"client": "another"},
        {"nonce": "another"},
        {"nonce": ""},
        {"session": ""},
        {"expires": 1030},
        {"issued": 1091, "expires": 2000},
    ],
)
def test_what_is_not_for_this_client_this_sign_in_and_this_time_is_none(changes):
    token = mint_id_token(replace(CONSOLES, **changes), KEY)
    with pytest.raises(IdTokenFault):
        read_id_token(token, {KEY.kid: KEY.public}, EXPECTED)


def test_another_key_signs_nothing_here():
    other = SigningKey.generate()
    for key in (other, SigningKey(KEY.kid, other.private)):
        with pytest.raises(IdTokenFault):
            read_id_token(mint_id_token(CONSOLES, key), {KEY.kid: KEY.public}, EXPECTED)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_no_other_algorithm_is_taken(algorithm):
    claims = jwt.decode(
        mint_id_token(CONSOLES, KEY), OKPKey.import_key(KEY.public), algorithms=["EdDSA"]
    ).claims
    head, body = (
        urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": algorithm, "typ": "JWT", "kid": KEY.kid}, claims)
    )
    for token in (f"{head}.{body}.", f"{head}.{body}.AAAA"):
        with pytest.raises(IdTokenFault):
            read_id_token(token, {KEY.kid: KEY.public}, EXPECTED)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{1,60}\.[A-Za-z0-9_-]{1,60}\.[A-Za-z0-9_-]{0,60}"))
def test_any_text_is_an_id_token_or_a_fault(text):
    with pytest.raises(IdTokenFault):
        read_id_token(text, {KEY.kid: KEY.public}, EXPECTED)
