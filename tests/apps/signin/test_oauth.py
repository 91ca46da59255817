"""The OAuth endpoints from the first request to the last, and everything that must not work."""

import json
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from tests.apps.signin.house import (
    ANNA,
    BERT,
    CHALLENGE,
    ISSUER,
    RULES,
    SCOPE,
    VERIFIER,
    House,
    answer_in,
    policy_of,
)
from vedette.core.sessions import SessionState
from vedette.protocol.internal.tokens import read
from vedette.signin.candidates import Client, candidate, new_session_name
from vedette.signin.purpose import find_purpose


@pytest.fixture
def house():
    built = House()
    yield built
    built.close()


@pytest.fixture
def hasty():
    """One that waits for control hardly at all."""
    built = House(patience=1.0)
    yield built
    built.close()


def test_a_person_comes_in_with_a_code_and_gets_tokens_of_a_listed_session(house):
    client = house.register()
    back = house.passes(house.authorize(client))
    answer = house.exchange(client, answer_in(back)["code"])
    assert answer.status == 200
    claims = read(answer.json["access_token"], house.listed.current().keys, ISSUER)
    assert (claims.user, claims.device, claims.client) == (ANNA, "ABCDEFGHIJ", client)
    assert house.listed.current().sessions.state(claims.session) is SessionState.LIVE
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 600
    assert answer.json["refresh_token"].startswith("vrt_")
    assert answer.headers["cache-control"] == "no-store"
    assert house.provisioning.devices == {("anna", "ABCDEFGHIJ"): "Element"}


def test_the_answer_says_whose_it_is_and_keeps_the_state(house):
    back = house.passes(house.authorize(house.register()))
    assert answer_in(back)["iss"] == ISSUER
    assert answer_in(back)["state"] == "s-1"
    assert urlsplit(back).netloc == "app.example"


def test_the_answer_stands_in_the_fragment_where_the_client_wants_it_there(house):
    back = house.passes(house.authorize(house.register(), response_mode="fragment"))
    assert "code=" in urlsplit(back).fragment
    assert urlsplit(back).query == ""


def test_the_id_token_is_for_the_client_and_opens_no_door(house):
    client, tokens = house.signs_in()
    keys = house.listed.current().keys
    (key,) = keys.values()
    claims = jwt.decode(tokens["id_token"], OKPKey.import_key(key), algorithms=["EdDSA"]).claims
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, client, str(ANNA))
    assert claims["nonce"] == "n-1"
    answer = house.post("/_matrix/client/v3/logout", token=tokens["id_token"])
    assert answer.status == 401


def test_a_client_that_asks_for_no_id_token_gets_none(house):
    client = house.register()
    scope = "urn:matrix:client:api:* urn:matrix:client:device:ABCDEFGHIJ"
    answer = house.exchange(client, house.code(client, scope=scope))
    assert "id_token" not in answer.json
    assert answer.json["scope"] == scope


def test_clients_of_2024_hear_their_own_spelling_again(house):
    client = house.register()
    scope = (
        "openid urn:matrix:org.matrix.msc2967.client:api:*"
        " urn:matrix:org.matrix.msc2967.client:device:KLMNOPQRST"
    )
    answer = house.exchange(client, house.code(client, scope=scope))
    assert answer.json["scope"] == scope
    assert ("anna", "KLMNOPQRST") in house.provisioning.devices


def test_a_client_that_names_no_device_is_given_one(house):
    client = house.register()
    answer = house.exchange(client, house.code(client, scope="urn:matrix:client:api:*"))
    ((_, device),) = house.provisioning.devices
    assert answer.json["scope"].endswith(f"urn:matrix:client:device:{device}")


def test_the_page_is_told_what_it_must_show(house):
    sent = house.authorize(house.register(), login_hint="mxid:@anna:example.org")
    name = sent.location.removeprefix("/sign-in?for=")
    purpose = find_purpose(house.store, name, int(house.clock.now()))
    assert purpose is not None
    assert (purpose.client_name, purpose.client_uri) == ("Element", "https://app.example")
    assert (purpose.redirect_host, purpose.device) == ("https://app.example", "ABCDEFGHIJ")
    assert purpose.user_hint == "@anna:example.org"


# ---- Rules ---------------------------------------------------------------------------------------


def test_one_factor_gets_no_token_even_if_the_pages_let_it_through(house):
    client = house.register()
    answer = house.exchange(client, house.code(client, house.signed("password")))
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    assert house.store.sessions() == ()


def test_the_yes_is_on_record_before_there_is_a_token(house):
    house.signs_in()
    acts = [ask.act.value for ask, _, decision in house.audit.kept if decision.verdict == "yes"]
    assert "sign-in:session:start" in acts


def test_without_a_record_there_is_no_token(house):
    client = house.register()
    code = house.code(client)
    house.audit.full = True
    answer = house.exchange(client, code)
    assert answer.status == 503
    assert "error" not in answer.json
    assert house.store.sessions() == ()


def test_with_control_away_nobody_gets_in_and_nothing_is_left(hasty):
    client = hasty.register()
    code = hasty.code(client)
    hasty.listed.wait(hasty.store.changes(), 3)
    hasty.control_away = True
    answer = hasty.exchange(client, code)
    assert answer.status == 503
    assert hasty.store.sessions() == ()


def test_a_code_that_was_presented_while_control_was_away_is_good_once_it_is_back(hasty):
    client = hasty.register()
    code = hasty.code(client)
    hasty.control_away = True
    assert hasty.exchange(client, code).status == 503
    hasty.control_away = False
    assert hasty.exchange(client, code).status == 200
    assert hasty.exchange(client, code).status == 400
    assert hasty.store.sessions() == ()  # presented twice, and what it made has ended


def test_a_login_token_that_was_presented_while_control_was_away_is_good_once_it_is_back(hasty):
    token = hasty.login_token()
    hasty.control_away = True
    assert hasty.login(token).status == 503
    hasty.control_away = False
    assert hasty.login(token).status == 200


def test_with_control_away_a_device_that_was_there_keeps_its_keys(hasty):
    hasty.signs_in()
    client = hasty.register()
    code = hasty.code(client)
    hasty.listed.wait(hasty.store.changes(), 3)
    hasty.control_away = True
    assert hasty.exchange(client, code).status == 503
    assert hasty.store.outbox() == ()


def test_with_synapse_away_nobody_gets_in(house):
    client = house.register()
    code = house.code(client)
    house.provisioning.away = True
    answer = house.exchange(client, code)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "error" not in answer.json  # which OAuth clients take for the end of their session
    assert house.store.sessions() == ()


def test_a_code_that_was_presented_while_synapse_was_away_is_good_once_it_is_back(house):
    client = house.register()
    code = house.code(client)
    house.provisioning.away = True
    assert house.exchange(client, code).status == 503
    house.provisioning.away = False
    assert house.exchange(client, code).status == 200
    assert len(house.store.sessions()) == 1
    assert house.exchange(client, code).status == 400
    assert house.store.sessions() == ()  # presented twice, and what it made has ended


def test_a_code_that_was_presented_while_there_was_no_policy_is_good_once_there_is(house):
    client, policy = house.register(), house.policy.policy
    code = house.code(client)
    house.policy.policy = None
    answer = house.exchange(client, code)
    assert (answer.status, "error" in answer.json) == (503, False)
    house.policy.policy = policy
    assert house.exchange(client, code).status == 200
    assert len(house.store.sessions()) == 1


# ---- Misuse: where a code may go -----------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example/",
    "https://app.example",
    "https://app.example/x",
    "https://app.example/?x=1",
    "https://app.example//",
    "https://app.example/#x",
    "https://app.example:8443/",
    "https://app.example@evil.example/",
    "https://app.example.evil.example/",
    "https://APP.example/",
    "http://app.example/",
    "https://app.example/%2e%2e/",
    "https://app.example\\@evil.example/",
    "//app.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    " https://app.example/",
    "https://app.example/\t",
    "",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_code_goes_nowhere_but_to_a_registered_address(house, address):
    answer = house.authorize(house.register(), redirect_uri=address)
    assert (answer.status, answer.location) == (400, "")


def test_without_an_address_nobody_is_redirected(house):
    answer = house.authorize(house.register(), redirect_uri=None)
    assert (answer.status, answer.location) == (400, "")


def test_an_unknown_client_is_told_so_on_a_page(house):
    answer = house.authorize("nobody")
    assert (answer.status, answer.location) == (400, "")
    assert answer.headers["content-type"].startswith("text/html")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_parameter_that_comes_twice_is_refused(house):
    client = house.register()
    query = house.authorize(client).location
    assert query.startswith("/sign-in")
    twice = (
        f"/oauth2/authorize?client_id={client}&redirect_uri=https://app.example/"
        "&redirect_uri=https://evil.example/&response_type=code"
    )
    answer = house.get(twice)
    assert (answer.status, answer.location) == (400, "")


def test_a_sentence_about_a_faulty_request_shows_nothing_of_it(house):
    answer = house.get("/oauth2/authorize?<script>=1&client_id=%3Cscript%3E")
    assert b"<script>" not in answer.body


def test_a_native_client_may_listen_at_any_port_of_its_own_machine(house):
    client = house.register(application_type="native", redirect_uris=["http://127.0.0.1/callback"])
    address = "http://127.0.0.1:49152/callback"
    code = house.code(client, redirect_uri=address)
    assert house.exchange(client, code, redirect_uri=address).status == 200


def test_another_port_at_the_exchange_is_another_address(house):
    client = house.register(application_type="native", redirect_uris=["http://127.0.0.1/callback"])
    code = house.code(client, redirect_uri="http://127.0.0.1:49152/callback")
    answer = house.exchange(client, code, redirect_uri="http://127.0.0.1:49153/callback")
    assert answer.json["error"] == "invalid_grant"


# ---- Misuse: what is asked -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "plain", "code_challenge": VERIFIER}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"request": "e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "login none"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": SCOPE + " urn:matrix:client:device:OTHEROTHER"}, "invalid_scope"),
        ({"scope": "urn:matrix:client:api:* urn:matrix:client:device:short"}, "invalid_scope"),
    ],
)
def test_a_request_that_cannot_be_granted_is_answered_at_the_clients_address(house, changes, error):
    answer = house.authorize(house.register(), **changes)
    assert answer.answer["error"] == error
    assert answer.answer["iss"] == ISSUER
    assert answer.answer["state"] == "s-1"
    assert answer.location.startswith("https://app.example/?")


def test_synapses_administration_is_never_granted(house):
    client = house.register()
    answer = house.exchange(client, house.code(client, scope=f"{SCOPE} urn:synapse:admin:*"))
    assert "synapse" not in answer.json["scope"]
    claims = read(answer.json["access_token"], house.listed.current().keys, ISSUER)
    assert "synapse" not in claims.scope


def test_a_person_who_says_no_is_sent_back_without_a_code(house):
    purpose = house.purpose(house.authorize(house.register()).location)
    assert answer_in(house.oauth.refused(purpose)) == {
        "error": "access_denied",
        "state": "s-1",
        "iss": ISSUER,
    }


# ---- Misuse: codes -------------------------------------------------------------------------------


def test_a_code_used_twice_ends_the_session_that_it_made(house):
    client = house.register()
    code = house.code(client)
    tokens = house.exchange(client, code).json
    assert house.exchange(client, code).json["error"] == "invalid_grant"
    assert house.store.sessions() == ()
    assert house.refresh(client, tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_a_code_is_worth_nothing_after_a_minute(house):
    client = house.register()
    code = house.code(client)
    house.clock.seconds += 61
    assert house.exchange(client, code).json["error"] == "invalid_grant"


def test_a_code_of_one_client_is_worth_nothing_to_another(house):
    thief, owner = house.register(), house.register()
    assert house.exchange(thief, house.code(owner)).json["error"] == "invalid_grant"


def test_a_code_that_a_thief_tried_is_worth_nothing_to_anybody(house):
    thief, owner = house.register(), house.register()
    code = house.code(owner)
    house.exchange(thief, code)
    assert house.exchange(owner, code).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"code_verifier": "v" * 42}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"client_id": None}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "ä"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
    ],
)
def test_an_exchange_with_anything_wrong_gives_nothing(house, changes, error):
    client = house.register()
    answer = house.exchange(client, house.code(client), **changes)
    assert (answer.status, answer.json["error"]) == (400, error)
    assert house.store.sessions() == ()


def test_a_code_from_somebody_elses_sign_in_does_not_fit_this_ones_verifier(house):
    client = house.register()
    injected = house.code(client, code_challenge="A" * 43)
    assert house.exchange(client, injected).json["error"] == "invalid_grant"


def test_tokens_are_asked_for_in_the_body_alone(house):
    client = house.register()
    code = house.code(client)
    path = f"/oauth2/token?grant_type=authorization_code&client_id={client}&code={code}"
    assert house.post(path, form={"code_verifier": VERIFIER}).status == 400
    assert house.post("/oauth2/token", json_body={"code": code}).status == 400


def test_any_web_page_may_read_the_answers_and_no_cookie_counts(house):
    answer = house.exchange("nobody", "x")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


# ---- Refreshing ----------------------------------------------------------------------------------


def test_refreshing_gives_a_new_access_token_and_a_successor(house):
    client, tokens = house.signs_in()
    house.clock.seconds += 300
    answer = house.refresh(client, tokens["refresh_token"])
    assert answer.status == 200
    assert answer.json["refresh_token"] != tokens["refresh_token"]
    old, new = (
        read(each["access_token"], house.listed.current().keys, ISSUER)
        for each in (tokens, answer.json)
    )
    assert (new.session, new.expires - old.expires) == (old.session, 300)


def test_a_lost_answer_costs_nobody_the_session(house):
    client, tokens = house.signs_in()
    house.refresh(client, tokens["refresh_token"])
    again = house.refresh(client, tokens["refresh_token"])
    assert again.status == 200
    assert house.refresh(client, again.json["refresh_token"]).status == 200


def test_a_refresh_token_used_after_its_successor_suspends_the_session(house):
    client, tokens = house.signs_in()
    second = house.refresh(client, tokens["refresh_token"]).json
    third = house.refresh(client, second["refresh_token"]).json
    stolen = house.refresh(client, tokens["refresh_token"])
    assert stolen.status == 403
    (session,) = house.store.sessions()
    assert session.state is SessionState.SUSPENDED
    assert house.refresh(client, third["refresh_token"]).status == 403
    assert house.store.outbox() == ()  # the device and its keys stay


def test_a_suspended_session_hears_no_oauth_error_so_that_its_client_keeps_its_keys(house):
    client, tokens = house.signs_in()
    (session,) = house.store.sessions()
    house.store.move_session(session.id, SessionState.SUSPENDED, "administrator:x", 1)
    answer = house.refresh(client, tokens["refresh_token"])
    assert answer.status == 403
    assert "error" not in answer.json
    house.store.move_session(session.id, SessionState.LIVE, "", 2)
    assert house.refresh(client, tokens["refresh_token"]).status == 200


def test_rules_that_changed_suspend_a_session_at_its_next_refresh(house):
    client, tokens = house.signs_in()
    ban = '[rules.elsewhere]\nfrom = ["us"]\nforbid = ["sign-in"]\nsay = "Not now."\n'
    house.policy.policy = policy_of(RULES + ban)
    answer = house.refresh(client, tokens["refresh_token"])
    assert answer.status == 403
    assert answer.json["message"].startswith("Not now. ")
    (session,) = house.store.sessions()
    assert (session.state, session.because) == (SessionState.SUSPENDED, "elsewhere")


def test_in_doubt_refreshing_loses_nothing(house):
    client, tokens = house.signs_in()
    kept, house.policy.policy = house.policy.policy, None
    answer = house.refresh(client, tokens["refresh_token"])
    assert answer.status == 503
    assert "error" not in answer.json
    house.policy.policy = kept
    assert house.refresh(client, tokens["refresh_token"]).status == 200


def test_refreshing_goes_on_while_control_is_away(house):
    client, tokens = house.signs_in()
    house.control_away = True
    assert house.refresh(client, tokens["refresh_token"]).status == 200


def test_a_refresh_token_is_worth_nothing_to_another_client(house):
    _, tokens = house.signs_in()
    answer = house.refresh(house.register(), tokens["refresh_token"])
    assert answer.json["error"] == "invalid_grant"


def test_a_refresh_may_name_the_same_device_and_no_other(house):
    client, tokens = house.signs_in()
    form = {
        "grant_type": "refresh_token",
        "client_id": client,
        "refresh_token": tokens["refresh_token"],
    }
    other = "urn:matrix:client:api:* urn:matrix:client:device:OTHEROTHER"
    refused = house.post("/oauth2/token", form={**form, "scope": other})
    assert refused.json["error"] == "invalid_scope"
    assert house.post("/oauth2/token", form={**form, "scope": SCOPE}).status == 200


def test_a_session_past_its_end_refreshes_no_more(house):
    client, tokens = house.signs_in()
    house.clock.seconds += 31 * 86400
    answer = house.refresh(client, tokens["refresh_token"])
    assert answer.json["error"] == "invalid_grant"


def test_an_access_token_never_outlives_its_session(house):
    client, tokens = house.signs_in()
    house.clock.seconds += 30 * 86400 - 100
    answer = house.refresh(client, tokens["refresh_token"])
    assert answer.json["expires_in"] == 100


def test_a_client_that_does_not_refresh_gets_a_token_for_the_whole_session(house):
    client = house.register(grant_types=["authorization_code"])
    tokens = house.exchange(client, house.code(client)).json
    assert "refresh_token" not in tokens
    assert tokens["expires_in"] == 30 * 86400


# ---- Revocation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_session(house, which):
    client, tokens = house.signs_in()
    answer = house.post("/oauth2/revoke", form={"client_id": client, "token": tokens[which]})
    assert answer.status == 200
    assert house.store.sessions() == ()
    assert [errand.device for errand in house.store.outbox()] == ["ABCDEFGHIJ"]


def test_nobody_revokes_a_token_of_another_client(house):
    _, tokens = house.signs_in()
    form = {"client_id": house.register(), "token": tokens["access_token"]}
    assert house.post("/oauth2/revoke", form=form).json["error"] == "invalid_grant"
    assert len(house.store.sessions()) == 1


def test_revoking_what_is_no_token_is_no_fault(house):
    form = {"client_id": house.register(), "token": "x"}
    assert house.post("/oauth2/revoke", form=form).status == 200


# ---- One device ----------------------------------------------------------------------------------


def test_signing_in_again_on_a_device_replaces_its_session_and_keeps_the_device(house):
    first, tokens = house.signs_in()
    house.signs_in()
    assert house.refresh(first, tokens["refresh_token"]).json["error"] == "invalid_grant"
    (session,) = house.store.sessions()
    assert session.device == "ABCDEFGHIJ"
    assert house.store.outbox() == ()


def test_another_persons_device_with_the_same_name_is_another_device(house):
    house.signs_in()
    house.signs_in(house.signed(user=BERT))
    assert len(house.store.sessions()) == 2


def test_what_was_said_of_a_waiting_session_holds_for_the_one_that_follows(house):
    rules = RULES.replace(
        'when = ["sign_in.factors >= 2"]',
        'when = ["sign_in.factors >= 2", "device.approved = yes"]',
    )
    house.policy.policy = policy_of(rules)
    client = house.register()
    signed = house.signed()
    assert house.exchange(client, house.code(client, signed)).status == 400
    waiting = _waiting(house, signed)
    code = house.code(client, replace(signed, session=waiting))
    assert house.exchange(client, code).status == 200


def test_what_was_said_of_another_persons_waiting_session_holds_for_nobody_else(house):
    house.policy.policy = policy_of(RULES.replace(">= 2", '>= 2", "device.approved = yes'))
    client = house.register()
    waiting = _waiting(house, house.signed(user=BERT))
    code = house.code(client, replace(house.signed(), session=waiting))
    assert house.exchange(client, code).status == 400
    assert [each.user for each in house.store.sessions()] == [BERT]


def _waiting(house: House, signed) -> str:
    program = Client(
        kind="oauth", id="", name="Element", user_agent="", device="ABCDEFGHIJ", device_name=""
    )
    session = candidate(
        house.store, signed, program, name=new_session_name(), now=signed.at, life=86400
    )
    house.store.add_session(replace(session, state=SessionState.WAITING), None, signed.at)
    house.store.set_facts(session.id, replace(session.facts, approved=True))
    house.store.move_session(session.id, SessionState.LIVE, "", signed.at)
    return session.id


def test_no_token_and_no_code_is_in_a_record_or_in_a_text_of_an_object(house):
    client, tokens = house.signs_in()
    kept = repr(house.audit.kept)
    issued = house.issuing.refresh(tokens["refresh_token"], client)
    for secret in (tokens["access_token"], tokens["refresh_token"], issued.access_token):
        assert secret not in kept
        assert secret not in repr(issued)
    assert json.dumps(tokens)  # they are plain texts


def test_a_session_s_id_can_be_typed_on_a_command_line() -> None:
    ids = {new_session_name() for _ in range(2000)}
    assert len(ids) == 2000
    assert all(each.isalnum() and len(each) == 32 for each in ids)
