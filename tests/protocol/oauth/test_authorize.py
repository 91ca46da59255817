import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.oauth.authorize import (
    AuthorizeRequest,
    ToClient,
    ToPerson,
    read_authorize,
)

REGISTERED = ("https://app.example/", "http://127.0.0.1/cb")
GOOD = {
    "response_type": "code",
    "redirect_uri": "https://app.example/",
    "scope": "urn:matrix:client:api:*",
    "state": "s",
    "code_challenge": "A" * 43,
    "code_challenge_method": "S256",
}


def test_a_request_as_clients_make_it():
    request = read_authorize(GOOD, REGISTERED)
    assert isinstance(request, AuthorizeRequest)
    assert (request.challenge, request.answering.mode, request.prompt) == ("A" * 43, "query", "")


VALUES = {
    "redirect_uri": ["https://app.example/", "http://127.0.0.1:5/cb", "https://evil.example/", ""],
    "response_type": ["code", "token", "code token", ""],
    "response_mode": ["query", "fragment", "form_post", "x"],
    "scope": ["urn:matrix:client:api:*", "openid", ""],
    "state": ["s", "x" * 2001],
    "code_challenge": ["A" * 43, "A" * 42, "A" * 43 + "="],
    "code_challenge_method": ["S256", "plain", "s256", ""],
    "prompt": ["login", "none", "create", "x"],
    "nonce": ["n", "x" * 501],
    "request": ["x"],
    "request_uri": ["x"],
}
FORMS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in VALUES.items()}
)


@given(FORMS)
def test_nobody_is_led_to_an_address_that_is_not_the_clients(form):
    """And without S256 nothing is granted, whatever else is asked."""
    match read_authorize(form, REGISTERED):
        case ToPerson():
            assert "evil" not in read_authorize(form, REGISTERED).sentence
        case ToClient() as fault:
            assert fault.answering.redirect_uri in ("https://app.example/", "http://127.0.0.1:5/cb")
            assert fault.error
        case AuthorizeRequest() as request:
            assert request.answering.redirect_uri == form["redirect_uri"]
            assert form["code_challenge_method"] == "S256"
            assert len(request.challenge) == 43
            assert form["response_type"] == "code"


@given(
    st.dictionaries(st.sampled_from(sorted(VALUES)), st.text(max_size=60)),
    st.lists(st.text(max_size=30), max_size=3),
)
def test_reading_a_request_is_total(form, registered):
    assert read_authorize(form, tuple(registered)) is not None


@pytest.mark.parametrize("missing", ["code_challenge", "code_challenge_method"])
def test_a_missing_half_of_pkce_is_no_pkce(missing):
    form = {name: value for name, value in GOOD.items() if name != missing}
    assert isinstance(read_authorize(form, REGISTERED), ToClient)


def test_a_client_without_addresses_gets_no_code():
    assert isinstance(read_authorize(GOOD, ()), ToPerson)
