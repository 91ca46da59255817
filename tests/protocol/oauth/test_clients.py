import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.oauth.clients import (
    GRANTS,
    RegistrationFault,
    allowed_by,
    read_registration,
)
from vedette.protocol.oauth.redirects import RedirectKind, parse_redirect

HOME = {"client_uri": "https://app.example", "redirect_uris": ["https://app.example/"]}

LEAVES = st.sampled_from(
    ["", "code", "none", "web", "native", "https://app.example/", "https://evil.example/", "x.y:/",
     "http://localhost/", "javascript:x", "refresh_token", "authorization_code", "é", 1, None, True]
)  # fmt: skip
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)
FIELDS = st.sampled_from(
    ["client_uri", "redirect_uris", "client_name", "grant_types", "response_types", "logo_uri",
     "application_type", "token_endpoint_auth_method"]
)  # fmt: skip


@given(st.dictionaries(FIELDS, JSON) | JSON)
def test_reading_a_registration_is_total(body):
    try:
        client = read_registration(body)
    except RegistrationFault:
        return
    assert set(client.grants) <= set(GRANTS)
    assert len(client.redirects) <= 10


@given(st.dictionaries(FIELDS, JSON))
def test_whatever_is_said_besides_no_code_leads_away_from_the_clients_own_host(changes):
    try:
        client = read_registration({**HOME, **changes})
    except RegistrationFault:
        return
    for redirect in client.redirects:
        assert (
            redirect.kind is RedirectKind.LOOPBACK
            or "evil" not in redirect.text
            or "evil" in client.uri
        )


@pytest.mark.parametrize(
    ("patterns", "address", "allowed"),
    [
        (("https://*",), "https://app.example/", True),
        (("https://app.example",), "https://app.example/", True),
        (("https://app.example",), "https://app.example:8443/", True),
        (("https://app.example:8443",), "https://app.example:8443/", True),
        (("https://app.example:8443",), "https://app.example/", False),
        (("https://*.example",), "https://app.example/", True),
        (("https://*.example",), "https://example/", False),
        (("https://*.app.example",), "https://notapp.example/", False),
        (("https://app.example",), "https://app.example.evil.example/", False),
        (("https://*",), "http://localhost/", False),
        (("loopback",), "http://localhost/", True),
        (("https://*", "loopback"), "io.element.app:/", False),
        (("private-use",), "io.element.app:/", True),
        ((), "https://app.example/", False),
    ],
)
def test_the_allowlist_says_where_clients_may_lead(patterns, address, allowed):
    assert allowed_by(patterns, parse_redirect(address)) is allowed
