"""Clients that register themselves: what is taken, and what never is."""

import pytest

from tests.apps.signin.house import ELEMENT, RULES, House, policy_of

PATH = "/oauth2/registration"


@pytest.fixture
def house():
    built = House()
    yield built
    built.close()


def test_element_registers_as_it_does(house):
    answer = house.post(PATH, json_body=ELEMENT)
    assert answer.status == 201
    assert answer.json["redirect_uris"] == ["https://app.example/"]
    assert answer.json["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in answer.json


@pytest.mark.parametrize(
    "changes",
    [
        {"application_type": "native", "redirect_uris": ["example.app.android:/"]},
        {"application_type": "native", "redirect_uris": ["example.app.desktop://vector/x"]},
        {"application_type": "native", "redirect_uris": ["http://[::1]/cb", "http://localhost/"]},
        {"client_uri": "https://example", "redirect_uris": ["https://app.example/?x=y"]},
        {"client_uri": "http://localhost:8080/", "redirect_uris": ["http://localhost:8080/"]},
        {"client_name": None} | {"client_name": ""},
        {"logo_uri": "http://elsewhere.example/x.png"},
        {"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"], "redirect_uris": []},
        {"unknown": {"nested": [1]}},
    ],
)
def test_clients_of_usual_kinds_register(house, changes):
    assert house.post(PATH, json_body={**ELEMENT, **changes}).status == 201


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://app.example/"}, "invalid_redirect_uri"),
        ({"redirect_uris": [1]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example/"] * 11}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://app.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example/#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://u:p@app.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://evil.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://notapp.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example/" + "x" * 2000]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["example.app:/"]}, "invalid_redirect_uri"),  # a web client
        (
            {"application_type": "native", "redirect_uris": ["element:/"]},
            "invalid_redirect_uri",
        ),
        (
            {"application_type": "native", "redirect_uris": ["example.evil:/"]},
            "invalid_redirect_uri",
        ),
        ({"redirect_uris": ["http://127.0.0.2/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://localhost.evil.example/"]}, "invalid_redirect_uri"),
        ({"client_uri": None}, "invalid_client_metadata"),
        ({"client_uri": "http://app.example"}, "invalid_client_metadata"),
        ({"client_uri": "example.app:/"}, "invalid_client_metadata"),
        ({"client_uri": "http://localhost/"}, "invalid_client_metadata"),
        ({"client_name": "x" * 101}, "invalid_client_metadata"),
        ({"client_name": "a\u202eb"}, "invalid_client_metadata"),
        ({"client_name": "a\nb"}, "invalid_client_metadata"),
        ({"client_name": {"en": "x"}}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"response_types": ["code", "token"]}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"grant_types": ["refresh_token"]}, "invalid_client_metadata"),
        ({"application_type": "other"}, "invalid_client_metadata"),
    ],
)
def test_a_client_that_could_mislead_is_not_registered(house, changes, error):
    answer = house.post(PATH, json_body={**ELEMENT, **changes})
    assert (answer.status, answer.json["error"]) == (400, error)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"null", b'"x"', b"[" * 50_000])
def test_what_is_no_json_object_registers_nobody(house, raw):
    answer = house.post(PATH, raw=raw, content_type="application/json")
    assert answer.status == 400


def test_a_form_registers_nobody(house):
    assert house.post(PATH, form={"client_uri": "https://app.example"}).status == 400


def test_only_clients_on_the_allowlist_register(house):
    house.policy.policy = policy_of(RULES, 'clients = ["https://*.example", "loopback"]')
    assert house.post(PATH, json_body=ELEMENT).status == 201
    house.policy.policy = policy_of(RULES, 'clients = ["https://chat.example.org"]')
    answer = house.post(PATH, json_body=ELEMENT)
    assert (answer.status, answer.json["error"]) == (400, "invalid_redirect_uri")


def test_one_address_registers_no_crowd(house):
    answers = [house.post(PATH, json_body=ELEMENT).status for _ in range(61)]
    assert (answers[59], answers[60]) == (201, 429)
    assert house.post(PATH, json_body=ELEMENT, address="198.51.100.1").status == 201
