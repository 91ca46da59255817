import base64
import json
from dataclasses import replace
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import KeySet, KeySetSerialization

from vedette.core.names import UserId
from vedette.protocol.internal.tokens import (
    LARGEST,
    AccessClaims,
    SigningKey,
    TokenFault,
    jwks,
    mint,
    read,
    thumbprint,
)

ISSUER = "https://matrix.example.org/"
KEY = SigningKey.from_bytes(b"k" * 32)
OTHER = SigningKey.from_bytes(b"o" * 32)
KEYS = {KEY.kid: KEY.public}
CLAIMS = AccessClaims(
    issuer=ISSUER,
    user=UserId("@alice:example.org"),
    client="client-1",
    id="token-1",
    issued=1_800_000_000,
    expires=1_800_000_600,
    session="session-0000000000000000001",
    device="ABCDEFGHIJ",
    scope="urn:matrix:client:api:* urn:matrix:client:device:ABCDEFGHIJ",
)
TOKEN = mint(CLAIMS, KEY)
HEADER = {"alg": "EdDSA", "typ": "at+jwt", "kid": KEY.kid}


def part(data: bytes | dict[str, Any]) -> str:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(
    header: bytes | dict[str, Any], payload: bytes | dict[str, Any], key: SigningKey = KEY
) -> str:
    """A token with any header and payload, by a right signature."""
    text = f"{part(header)}.{part(payload)}"
    return f"{text}.{part(key.private.sign(text.encode()))}"


def payload(**changes: object) -> dict[str, Any]:
    """What a right token says, with changes; a claim that is None is left out."""
    said = json.loads(base64.urlsafe_b64decode(TOKEN.split(".")[1] + "=="))
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


def refused(token: str) -> str:
    with pytest.raises(TokenFault) as fault:
        read(token, KEYS, ISSUER)
    return str(fault.value)


def test_a_token_comes_back_as_it_was_minted() -> None:
    assert read(TOKEN, KEYS, ISSUER) == CLAIMS
    bound = replace(CLAIMS, certificate="c" * 43)
    assert read(mint(bound, KEY), KEYS, ISSUER) == bound
    assert read(signed(HEADER, payload()), KEYS, ISSUER) == CLAIMS


def test_a_token_is_what_rfc_9068_says() -> None:
    header, body, _ = TOKEN.split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == HEADER
    assert json.loads(base64.urlsafe_b64decode(body + "==")) == {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": "@alice:example.org",
        "client_id": "client-1",
        "jti": "token-1",
        "iat": 1_800_000_000,
        "exp": 1_800_000_600,
        "sid": "session-0000000000000000001",
        "device": "ABCDEFGHIJ",
        "scope": "urn:matrix:client:api:* urn:matrix:client:device:ABCDEFGHIJ",
    }


def test_every_listed_key_verifies() -> None:
    both = {**KEYS, OTHER.kid: OTHER.public}
    assert read(mint(CLAIMS, OTHER), both, ISSUER) == CLAIMS
    assert read(TOKEN, both, ISSUER) == CLAIMS


def test_a_key_that_is_not_listed_is_refused() -> None:
    assert "not listed" in refused(mint(CLAIMS, OTHER))
    with pytest.raises(TokenFault):
        read(TOKEN, {}, ISSUER)


def test_a_key_under_another_s_name_is_refused() -> None:
    refused(mint(CLAIMS, SigningKey(KEY.kid, OTHER.private)))


def test_another_issuer_s_token_is_refused() -> None:
    assert "audience" in refused(mint(replace(CLAIMS, issuer="https://other.example/"), KEY))
    assert "audience" in refused(signed(HEADER, payload(aud="https://other.example/")))
    assert "audience" in refused(signed(HEADER, payload(aud=[ISSUER, "https://other.example/"])))


@pytest.mark.parametrize("type_", ["JWT", "jwt", "AT+JWT", "application/at+jwt", "", None, 1, []])
def test_a_token_of_another_type_is_refused(type_: object) -> None:
    refused(signed({**HEADER, "typ": type_}, payload()))
    refused(signed({"alg": "EdDSA", "kid": KEY.kid}, payload()))


@pytest.mark.parametrize(
    "algorithm",
    ["none", "None", "NONE", "HS256", "RS256", "ES256", "Ed25519", "eddsa", "", 1, None],
)
def test_a_token_never_chooses_another_algorithm(algorithm: object) -> None:
    refused(signed({**HEADER, "alg": algorithm}, payload()))
    header, body, _ = signed({**HEADER, "alg": algorithm}, payload()).split(".")
    refused(f"{header}.{body}.")


def test_the_public_key_is_no_shared_secret() -> None:
    """The classic confusion: an HMAC keyed with what everybody knows."""
    text = f"{part({**HEADER, 'alg': 'HS256'})}.{part(payload())}"
    mac = hmac.HMAC(KEY.public_bytes, hashes.SHA256())
    mac.update(text.encode())
    refused(f"{text}.{part(mac.finalize())}")


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": part(OTHER.public_bytes)}},
        {**HEADER, "jku": "https://evil.example/keys"},
        {**HEADER, "x5u": "https://evil.example/keys"},
        {**HEADER, "crit": ["b64"], "b64": False},
        {**HEADER, "crit": ["exp"], "exp": 1},
        {**HEADER, "kid": None},
        {**HEADER, "kid": 1},
        {**HEADER, "kid": [KEY.kid]},
        {**HEADER, "kid": "../../etc/passwd"},
    ],
)
def test_a_header_brings_no_key_and_no_extension(header: dict[str, Any]) -> None:
    refused(signed(header, payload(), OTHER))


def test_a_critical_extension_is_refused_though_rightly_signed() -> None:
    refused(signed({**HEADER, "crit": ["unknown"], "unknown": 1}, payload()))
    refused(signed({**HEADER, "crit": ["b64"], "b64": False}, payload()))


@pytest.mark.parametrize(
    "claim", ["sub", "client_id", "jti", "iat", "exp", "sid", "device", "scope"]
)
@pytest.mark.parametrize(
    "value", [None, 1.5, True, [], {}, "", -1, "9" * 300, 1 << 60, float("nan")]
)
def test_every_claim_is_there_in_its_form(claim: str, value: object) -> None:
    if isinstance(value, str) and claim in {"client_id", "jti", "scope"}:
        read(signed(HEADER, payload(**{claim: value})), KEYS, ISSUER)
        return
    refused(signed(HEADER, payload(**{claim: value})))


@pytest.mark.parametrize(
    "bound", [{}, {"jkt": "x" * 43}, {"x5t#S256": "short"}, {"x5t#S256": 1}, "x", [], 1, "null"]
)
def test_a_binding_that_nobody_here_checks_is_not_no_binding(bound: object) -> None:
    refused(signed(HEADER, payload(cnf=bound)))


def test_a_binding_of_null_is_not_no_binding() -> None:
    refused(signed(HEADER, {**payload(), "cnf": None}))


def test_a_fault_never_repeats_the_token() -> None:
    for token in (TOKEN[:-4], signed(HEADER, payload(sub="hunter2")), mint(CLAIMS, OTHER)):
        said = refused(token)
        assert "hunter2" not in said
        assert not any(piece in said for piece in token.split("."))


@given(at=st.integers(0, len(TOKEN) - 1), bit=st.integers(0, 6))
def test_no_bit_can_be_changed(at: int, bit: int) -> None:
    altered = bytearray(TOKEN.encode())
    altered[at] ^= 1 << bit
    refused(altered.decode())


@given(st.integers(0, len(TOKEN) - 1))
def test_no_part_is_enough(length: int) -> None:
    refused(TOKEN[:length])


def test_a_huge_token_is_refused_before_it_is_parsed() -> None:
    refused("a" * (LARGEST + 1))
    refused(signed(HEADER, payload(scope="x" * LARGEST)))
    with pytest.raises(ValueError, match="longer"):
        mint(replace(CLAIMS, scope="x" * LARGEST), KEY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.text()
    | st.text("ab.-_=", max_size=40)
    | st.builds(lambda *p: ".".join(map(part, p)), st.binary(), st.binary(), st.binary())
    | st.builds(signed, st.binary(), st.binary())
    | st.builds(lambda p: signed(HEADER, p), st.binary())
    | st.builds(lambda p: signed(HEADER, json.dumps(p).encode()), JSON)
    | st.builds(lambda h: signed({**HEADER, **h}, payload()), st.dictionaries(st.text(), JSON))
    | st.builds(
        lambda claim, value: signed(HEADER, {**payload(), claim: value}),
        st.sampled_from([*payload(), "cnf"]),
        JSON,
    )
)
def test_any_text_has_an_answer(token: str) -> None:
    try:
        assert isinstance(read(token, KEYS, ISSUER), AccessClaims)
    except TokenFault:
        return


@pytest.mark.parametrize(
    "body", [b"[" * 3000, b'{"a":' * 500, b"1" * 2500, b"\xff\xfe", b"null", b"[]", b""]
)
def test_json_that_is_hard_to_read_has_an_answer(body: bytes) -> None:
    refused(signed(HEADER, body))
    refused(signed(body, payload()))


def test_keys_travel_as_raw_bytes() -> None:
    made = SigningKey.generate()
    again = SigningKey.from_bytes(made.private_bytes)
    assert (again.kid, again.public_bytes) == (made.kid, made.public_bytes)
    assert Ed25519PublicKey.from_public_bytes(made.public_bytes) == made.public
    assert SigningKey.generate().kid != made.kid
    with pytest.raises(ValueError, match="32"):
        SigningKey.from_bytes(b"short")


def test_a_key_is_never_shown() -> None:
    assert KEY.private_bytes.hex() not in repr(KEY)
    assert repr(KEY.private_bytes)[2:-1] not in repr(KEY)


def test_a_key_s_name_is_the_thumbprint_of_rfc_8037() -> None:
    """RFC 8037, appendix A.3."""
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = Ed25519PrivateKey.from_private_bytes(seed)
    assert thumbprint(key.public_key()) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_published_keys_are_read_by_a_library() -> None:
    published = jwks({**KEYS, OTHER.kid: OTHER.public})
    assert [key["kid"] for key in published["keys"]] == sorted([KEY.kid, OTHER.kid])
    assert all("d" not in key for key in published["keys"])
    for key in KeySet.import_key_set(cast("KeySetSerialization", published)).keys:
        assert key.thumbprint() == key.kid
