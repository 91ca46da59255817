"""What is known of a running session follows its refreshes, and what it is bound to is asked each time."""

from dataclasses import replace

import pytest

from tests.apps.signin.house import RULES, House, policy_of
from tests.company_ca import NOW, root
from vedette.core.sessions import Session, SessionFacts, SessionState
from vedette.ports.sign_in import OAuthClient
from vedette.protocol.internal.certificates import header_of, thumbprint_of
from vedette.protocol.internal.tokens import read
from vedette.signin.keep import EXPIRED, ask_again
from vedette.signin.presented import Presented, facts_now

OFFICE = """
[networks]
office = ["192.0.2.0/24"]

[rules.office-only]
from = ["us"]
forbid = ["sign-in"]
unless = ["sign_in.networks = office"]
say = "Only from the office."
"""
ELEMENT = """
[rules.element-1-12]
from = ["us"]
forbid = ["sign-in"]
when = ["claimed client.name = element"]
unless = ["claimed client.version >= 1.12"]
"""
OLD, NEW = "Element/1.11.9 (X11; Linux x86_64)", "Element/1.12.3 (X11; Linux x86_64)"
_CA = root()
_OWN = _CA.person("anna").der
CERTIFICATE, ANOTHER = header_of(_OWN), header_of(_CA.person("bert").der)
OVER = header_of(_CA.person("anna", since=NOW - 60, until=NOW - 1).der)
THUMBPRINT = thumbprint_of(_OWN)
V3 = "/_matrix/client/v3"


@pytest.fixture
def house():
    built = House()
    yield built
    built.close()


def only(house: House) -> Session:
    (found,) = house.store.sessions()
    return found


def refreshed(house: House, client: str, token: str, **more):
    form = {"grant_type": "refresh_token", "client_id": client, "refresh_token": token}
    return house.post("/oauth2/token", form=form, **more)


# ---- facts ---------------------------------------------------------------------------------------------


def test_a_session_that_moves_to_another_network_is_asked_again_there(house):
    house.policy.policy = policy_of(RULES + OFFICE)
    client, tokens = house.signs_in()
    outside = refreshed(house, client, tokens["refresh_token"], address="198.51.100.7")
    assert outside.status == 403
    assert "Only from the office." in outside.json["message"]
    assert "error" not in outside.json
    assert only(house).facts.network == "198.51.100.7"
    assert (only(house).state, only(house).because) == (SessionState.SUSPENDED, "office-only")
    back = refreshed(house, client, tokens["refresh_token"], address="192.0.2.8")
    assert back.status == 200
    assert only(house).state is SessionState.LIVE
    assert house.listed.current().sessions.state(only(house).id) is SessionState.LIVE


def test_a_client_that_was_updated_goes_on_under_a_rule_about_its_version(house):
    client, tokens = house.signs_in()
    answer = refreshed(house, client, tokens["refresh_token"], agent=OLD)
    house.policy.policy = policy_of(RULES + ELEMENT)
    ask_again(house.issuing.door)
    assert only(house).because == "element-1-12"
    newest = answer.json["refresh_token"]
    assert refreshed(house, client, newest, agent=OLD).status == 403
    assert refreshed(house, client, newest, agent=NEW).status == 200
    assert (only(house).state, only(house).facts.client_version) == (SessionState.LIVE, "1.12.3")


def test_the_older_refresh_learns_the_same(house):
    made = house.login(house.login_token(), refresh_token=True).json
    body = {"refresh_token": made["refresh_token"]}
    assert (
        house.post(f"{V3}/refresh", json_body=body, agent=NEW, address="198.51.100.7").status == 200
    )
    facts = only(house).facts
    assert (facts.client_name, facts.client_version) == ("element", "1.12.3")
    assert (facts.platform, facts.network) == ("linux", "198.51.100.7")


def test_what_somebody_suspended_by_hand_no_refresh_brings_back(house):
    client, tokens = house.signs_in()
    house.store.move_session(only(house).id, SessionState.SUSPENDED, "administrator: lost", 1)
    assert refreshed(house, client, tokens["refresh_token"]).status == 403
    assert only(house).because == "administrator: lost"


def test_a_program_that_says_less_than_before_has_not_become_another_one():
    before = SessionFacts(factors=(), network="192.0.2.7", client_name="element",
                          client_version="1.12.3", platform="android", platform_version="14")  # fmt: skip
    session = replace(_session(), facts=before)
    assert facts_now(session, None, Presented()) == before
    assert facts_now(session, None, Presented(user_agent="Mozilla/5.0")) == before
    assert facts_now(session, None, Presented(user_agent="Element (x; Android)")) == before
    other = facts_now(session, None, Presented(user_agent="curl/8.5.0", address="198.51.100.1"))
    assert (other.client_name, other.client_version) == ("curl", "8.5.0")
    assert (other.platform, other.network) == ("android", "198.51.100.1")
    moved = facts_now(session, None, Presented(user_agent="Element/1.13.0 (iPhone; iOS)"))
    assert (moved.client_version, moved.platform, moved.platform_version) == ("1.13.0", "ios", "")


def test_a_registered_version_counts_where_the_program_says_none():
    registered = OAuthClient(id="c", name="Element", uri="", redirect_uris=(), grant_types=(),
                             created=1, software_version="1.12.4")  # fmt: skip
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    found = facts_now(_session(), registered, Presented(user_agent=browser))
    assert (found.client_name, found.client_version) == ("element", "1.12.4")
    found = facts_now(_session(), registered, Presented(user_agent=NEW))
    assert found.client_version == "1.12.3"


def test_a_client_that_registers_its_version_is_known_by_it(house):
    client = house.register(software_version="1.12.4")
    assert house.exchange(client, house.code(client)).status == 200
    facts = only(house).facts
    assert (facts.client_name, facts.client_version) == ("element", "1.12.4")


@pytest.mark.parametrize("version", [7, "", "1" * 65, "1.2\u202e", "<b>"])
def test_a_version_in_no_form_is_left_out(house, version):
    answer = house.post(
        "/oauth2/registration", json_body={**_metadata(), "software_version": version}
    )
    assert answer.status == 201
    assert "software_version" not in answer.json


# ---- as the gateway sees it ------------------------------------------------------------------------------


def seen(house, session, **more):
    told = {"session": session.id, "address": "192.0.2.7", "agent": "", **more}
    return house.post("/inside/seen", json_body={"seen": [told]})


def test_a_client_that_never_refreshes_is_known_by_what_the_gateway_sees(house):
    house.policy.policy = policy_of(RULES + OFFICE)
    house.login(house.login_token())
    assert seen(house, only(house), address="198.51.100.7").status == 200
    assert (only(house).state, only(house).because) == (SessionState.SUSPENDED, "office-only")
    seen(house, only(house))
    assert only(house).state is SessionState.LIVE
    assert house.store.seen(only(house).user)[only(house).id].address == "192.0.2.7"


def test_what_the_gateway_sees_brings_nothing_back_that_was_suspended_by_hand(house):
    house.login(house.login_token())
    house.store.move_session(only(house).id, SessionState.SUSPENDED, "administrator: lost", 1)
    seen(house, only(house), address="198.51.100.7")
    assert (only(house).because, only(house).facts.network) == ("administrator: lost", "192.0.2.7")


def test_a_program_that_fetches_files_by_other_means_is_still_the_same(house):
    token = house.login_token()
    body = {"type": "m.login.token", "token": token}
    house.post(f"{V3}/login", json_body=body, agent=OLD)
    seen(house, only(house), agent="okhttp/4.12.0 (Android 14)")
    assert (only(house).facts.client_name, only(house).facts.platform) == ("element", "linux")
    seen(house, only(house), agent=NEW)
    assert only(house).facts.client_version == "1.12.3"


@pytest.mark.parametrize("body", [{}, {"seen": [{}]}, {"seen": [1] * 101}, {"seen": "x"}])
def test_what_is_no_sighting_is_refused(house, body):
    assert house.post("/inside/seen", json_body=body).status == 400


def test_an_unknown_session_is_passed_over(house):
    told = {"session": "x" * 32, "address": "192.0.2.7", "agent": ""}
    assert house.post("/inside/seen", json_body={"seen": [told]}).status == 200


# ---- past its time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("swept", [False, True])
def test_past_its_time_a_session_is_told_softly_everywhere(house, swept):
    older = house.login(house.login_token(), refresh_token=True, device_id="OLDER").json
    client, native = house.signs_in()
    house.clock.seconds += 30 * 86400
    if swept:
        assert ask_again(house.issuing.door).expired == 2
    for answer in (
        house.post(f"{V3}/refresh", json_body={"refresh_token": older["refresh_token"]}),
        house.post(f"{V3}/logout/all", token=native["access_token"]),
    ):
        assert (answer.status, answer.json["soft_logout"]) == (401, True)
    # Clients take this for the end of their tokens, and the 401 of the access token for the keys.
    answer = refreshed(house, client, native["refresh_token"])
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    assert house.store.outbox() == ()


def test_whoever_signs_in_again_on_the_device_of_an_expired_session_keeps_it(house):
    house.login(house.login_token(), device_id="PHONE")
    house.clock.seconds += 30 * 86400
    ask_again(house.issuing.door)
    assert (only(house).state, only(house).because) == (SessionState.EXPIRED, EXPIRED)
    assert house.login(house.login_token(), device_id="PHONE").status == 200
    assert (only(house).state, only(house).device) == (SessionState.LIVE, "PHONE")
    assert house.store.outbox() == ()


def test_an_expired_session_may_log_out(house):
    token = house.login(house.login_token(), device_id="PHONE").json["access_token"]
    house.clock.seconds += 30 * 86400
    ask_again(house.issuing.door)
    assert house.post(f"{V3}/logout", token=token).status == 200
    assert [errand.device for errand in house.store.outbox()] == ["PHONE"]


# ---- certificates ----------------------------------------------------------------------------------------


def test_tokens_that_are_fetched_with_a_certificate_are_bound_to_it(house):
    client = house.register()
    made = house.exchange(client, house.code(client), certificate=CERTIFICATE).json
    assert only(house).certificate == THUMBPRINT
    keys = house.listed.current().keys
    assert read(made["access_token"], keys, house.issuing.issuer).certificate == THUMBPRINT
    newer = refreshed(house, client, made["refresh_token"], certificate=CERTIFICATE).json
    assert read(newer["access_token"], keys, house.issuing.issuer).certificate == THUMBPRINT


@pytest.mark.parametrize(
    "certificate", ["", ANOTHER, OVER, CERTIFICATE[:-9], f"{CERTIFICATE}, {ANOTHER}"]
)
def test_bound_tokens_are_worth_nothing_without_their_certificate(house, certificate):
    client = house.register()
    made = house.exchange(client, house.code(client), certificate=CERTIFICATE).json
    refused = refreshed(house, client, made["refresh_token"], certificate=certificate)
    assert (refused.status, refused.json["error"]) == (400, "invalid_grant")
    answer = house.post(f"{V3}/logout/all", token=made["access_token"], certificate=certificate)
    assert (answer.status, answer.json["soft_logout"]) == (401, True)
    for token in (made["access_token"], made["refresh_token"]):
        form = {"client_id": client, "token": token}
        house.post("/oauth2/revoke", form=form, certificate=certificate)
    assert only(house).state is SessionState.LIVE
    again = refreshed(house, client, made["refresh_token"], certificate=CERTIFICATE)
    assert again.status == 200


def test_a_thief_without_the_certificate_does_not_even_suspend_the_session(house):
    client = house.register()
    first = house.exchange(client, house.code(client), certificate=CERTIFICATE).json
    second = refreshed(house, client, first["refresh_token"], certificate=CERTIFICATE).json
    refreshed(house, client, second["refresh_token"], certificate=CERTIFICATE)
    assert refreshed(house, client, first["refresh_token"]).status == 400
    assert only(house).state is SessionState.LIVE
    assert refreshed(house, client, first["refresh_token"], certificate=CERTIFICATE).status == 403
    assert only(house).state is SessionState.SUSPENDED


def test_the_older_login_is_bound_the_same_way(house):
    token = house.login_token()
    body = {"type": "m.login.token", "token": token, "refresh_token": True}
    made = house.post(f"{V3}/login", json_body=body, certificate=CERTIFICATE).json
    refresh = {"refresh_token": made["refresh_token"]}
    assert house.post(f"{V3}/refresh", json_body=refresh).json["soft_logout"] is True
    answer = house.post(f"{V3}/refresh", json_body=refresh, certificate=CERTIFICATE)
    assert answer.status == 200


def _session() -> Session:
    return Session(
        id="s" * 26, user="@anna:example.org", device="D", state=SessionState.LIVE, kind="oauth",  # type: ignore[arg-type]
        client="", facts=SessionFacts(factors=(), network=""), created=1, expires=2,
        device_name="", number=1,
    )  # fmt: skip


def _metadata() -> dict[str, object]:
    return {
        "client_name": "Element",
        "client_uri": "https://app.example",
        "redirect_uris": ["https://app.example/"],
    }
