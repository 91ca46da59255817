"""Signing in, refreshing and leaving as clients did before OAuth."""

from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest

from tests.apps.signin.house import ANNA, BERT, PASSWORD, RULES, House, answer_in, policy_of
from vedette.adapters.memory.provisioning import MemoryProvisioning
from vedette.core.sessions import OUTCOMES, SessionState
from vedette.ports.errors import Unavailable

V3 = "/_matrix/client/v3"
OPEN = """
[rules.password]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.flow = password-login", "sign_in.networks in office"]

[networks]
office = ["192.0.2.0/24"]
"""


@pytest.fixture
def house():
    built = House()
    yield built
    built.close()


@pytest.fixture
def open_house():
    """One whose rules let a password alone in from the office."""
    built = House()
    built.policy.policy = policy_of(RULES.split("[rules.page-only]")[0] + OPEN)
    yield built
    built.close()


def password_login(house, password=PASSWORD, user="anna", **more):
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
    }
    return house.post(f"{V3}/login", json_body=body, **more)


# ---- The page and its token ----------------------------------------------------------------------


@pytest.mark.parametrize("version", ["r0", "v3"])
def test_the_ways_in_are_the_page_and_what_it_gives(house, version):
    answer = house.get(f"/_matrix/client/{version}/login")
    kinds = [flow["type"] for flow in answer.json["flows"]]
    assert kinds == ["m.login.sso", "m.login.token"]
    assert answer.json["flows"][0]["org.matrix.msc3824.delegated_oidc_compatibility"] is True


def test_a_person_comes_in_with_a_login_token(house):
    answer = house.login(house.login_token(), initial_device_display_name="Nheko on Linux")
    assert answer.status == 200
    assert answer.json["user_id"] == ANNA
    device = answer.json["device_id"]
    assert house.provisioning.devices == {("anna", device): "Nheko on Linux"}
    assert "refresh_token" not in answer.json
    assert house.post(f"{V3}/logout", token=answer.json["access_token"]).status == 200


def test_a_client_that_wants_to_refresh_may(house):
    answer = house.login(house.login_token(), refresh_token=True)
    assert answer.json["expires_in_ms"] == 600_000
    token = answer.json["refresh_token"]
    again = house.post(f"{V3}/refresh", json_body={"refresh_token": token})
    assert again.status == 200
    assert set(again.json) == {"access_token", "refresh_token", "expires_in_ms"}


def test_a_login_token_used_twice_ends_the_session_that_it_made(house):
    token = house.login_token()
    assert house.login(token).status == 200
    answer = house.login(token)
    assert (answer.status, answer.json["errcode"]) == (403, "M_FORBIDDEN")
    assert house.store.sessions() == ()


def test_a_login_token_is_worth_nothing_after_a_minute(house):
    token = house.login_token()
    house.clock.seconds += 61
    assert house.login(token).status == 403


def test_one_factor_gets_no_session_with_a_login_token(house):
    answer = house.login(house.login_token(house.signed("password")))
    assert (answer.status, answer.json["errcode"]) == (403, "M_FORBIDDEN")
    assert house.store.sessions() == ()


def test_a_client_that_names_its_device_keeps_it(house):
    first = house.login(house.login_token(), device_id="MYDEVICE").json
    second = house.login(house.login_token(), device_id="MYDEVICE").json
    assert first["device_id"] == second["device_id"] == "MYDEVICE"
    assert house.post(f"{V3}/logout", token=first["access_token"]).status == 401
    assert house.store.outbox() == ()


def test_the_device_of_the_waiting_session_is_not_left_behind(house):
    signed = house.signed()
    waiting = house.login(house.login_token(signed), device_id="WAITED")
    (session,) = house.store.sessions()
    assert waiting.status == 200
    token = house.login_token(replace(signed, session=session.id))
    house.login(token, device_id="NAMED")
    assert [each.device for each in house.store.sessions()] == ["NAMED"]


def test_a_login_token_that_was_presented_while_synapse_was_away_is_good_once_it_is_back(house):
    token = house.login_token()
    house.provisioning.away = True
    assert house.login(token, device_id="MYDEVICE").status == 503
    assert house.store.sessions() == ()
    house.provisioning.away = False
    answer = house.login(token, device_id="MYDEVICE")
    assert (answer.status, answer.json["device_id"]) == (200, "MYDEVICE")
    assert house.store.outbox() == ()  # the first attempt's device is not deleted any more
    assert house.login(token).status == 403
    assert house.store.sessions() == ()  # presented twice, and what it made has ended


class Interrupted(MemoryProvisioning):
    """A homeserver that goes away while a device is made, after `meanwhile` was done."""

    meanwhile = None

    def device(self, localpart, device_id, name):
        if self.meanwhile is None:
            return super().device(localpart, device_id, name)
        meanwhile, self.meanwhile = self.meanwhile, None
        meanwhile()
        raise Unavailable("Synapse is away")


def test_a_login_token_presented_twice_during_an_outage_makes_no_session_afterwards():
    house, attempts = House(provisioning=Interrupted()), []
    token = house.login_token()
    house.provisioning.meanwhile = lambda: attempts.append(house.login(token).status)
    try:
        assert house.login(token).status == 503
        assert attempts == [403]
        assert house.login(token).status == 403
        assert house.store.sessions() == ()
    finally:
        house.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_policy_signing_in_is_answered_with_503_as_a_matrix_error(house, method):
    body = {"type": "m.login.token", "token": house.login_token()}
    house.policy.policy = None
    answer = house.ask(method, f"{V3}/login", json_body=body)
    assert (answer.status, answer.json["errcode"]) == (503, "M_UNAVAILABLE"), answer
    assert answer.json["error"] == "This can't be done right now. Please try again in a moment."
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "Retry-After"


def test_a_login_token_that_was_presented_while_there_was_no_policy_is_good_once_there_is(house):
    token, policy = house.login_token(), house.policy.policy
    house.policy.policy = None
    assert house.login(token).status == 503
    house.policy.policy = policy
    assert house.login(token).status == 200
    assert len(house.store.sessions()) == 1
    assert house.login(token).status == 403


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"type": "m.login.token"}, "M_MISSING_PARAM"),
        ({"type": "m.login.token", "token": 7}, "M_MISSING_PARAM"),
        ({"type": "m.login.dummy"}, "M_UNKNOWN"),
        ({"type": "m.login.application_service"}, "M_UNKNOWN"),
        ({"type": "org.matrix.login.jwt", "token": "x"}, "M_UNKNOWN"),
        ({}, "M_UNKNOWN"),
        ({"type": "m.login.token", "token": "x", "device_id": 3}, "M_INVALID_PARAM"),
        ({"type": "m.login.token", "token": "x", "device_id": "a b"}, "M_INVALID_PARAM"),
        ({"type": "m.login.token", "token": "x", "refresh_token": "yes"}, "M_BAD_JSON"),
        ({"type": "m.login.token", "token": "x", "initial_device_display_name": 1}, "M_BAD_JSON"),
    ],
)
def test_a_login_that_cannot_be_read_is_refused(house, body, errcode):
    answer = house.post(f"{V3}/login", json_body=body)
    assert (answer.status, answer.json["errcode"]) == (400, errcode)


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff", b"[" * 60_000, b'"x"'])
def test_a_body_that_is_no_object_is_refused(house, raw):
    answer = house.post(f"{V3}/login", raw=raw, content_type="application/json")
    assert answer.json["errcode"] == "M_NOT_JSON"


def test_a_body_without_measure_is_refused(house):
    assert house.post(f"{V3}/login", raw=b" " * 70_000).status == 413


# ---- Where the browser goes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example/#/home",
        "https://app.example/path?x=1",
        "http://localhost:41234/sso",
        "http://127.0.0.1:19081/",
        "im.fluffychat://login",
        "element://connect",
    ],
)
def test_the_page_shows_where_it_leads_and_leads_there(house, address):
    sent = house.get(f"{V3}/login/sso/redirect?redirectUrl={quote(address, safe='')}")
    purpose = house.purpose(sent.location)
    assert address.startswith(purpose.redirect_host)
    back = house.compat.complete(purpose, house.signed())
    assert back.startswith(address.partition("#")[0])
    assert urlsplit(back).fragment == address.partition("#")[2]
    assert house.login(answer_in(back.partition("#")[0])["loginToken"]).status == 200


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/relative",
        "//evil.example/",
        "http://evil.example/",
        "javascript:alert(1)",
        "javascript://x.example/%0aalert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.example/x",
        "https://user@evil.example/",
        "https://app.example\\.evil.example/",
        "https://app.example/?loginToken=planted",
        "https://app.example/?LoginToken=planted",
        "https://app.example/?%6cogin%54oken=planted",
        "https://app.example/\r\nSet-Cookie: x",
        "https://app.example/#<script>",
    ],
)
def test_nobody_is_led_where_no_client_can_be(house, address):
    answer = house.get(f"{V3}/login/sso/redirect?redirectUrl={quote(address, safe='')}")
    assert (answer.status, answer.location) == (400, "")
    assert b"evil" not in answer.body


def test_the_allowlist_of_clients_holds_for_older_ones_too(house):
    house.policy.policy = policy_of(RULES, 'clients = ["https://app.example"]')
    elsewhere = house.get(f"{V3}/login/sso/redirect?redirectUrl=https://other.example/")
    assert (elsewhere.status, elsewhere.location) == (403, "")
    here = house.get(f"{V3}/login/sso/redirect?redirectUrl=https://app.example/")
    assert here.status == 303


def test_every_provider_name_leads_to_the_one_page(house):
    answer = house.get(f"{V3}/login/sso/redirect/oidc-x?redirectUrl=http://localhost/")
    assert answer.location.startswith("/sign-in?for=")


# ---- Passwords -----------------------------------------------------------------------------------


def test_where_no_rule_could_let_it_in_a_password_is_not_looked_at(house):
    right, wrong = password_login(house), password_login(house, "wrong")
    assert (right.status, right.body) == (403, wrong.body)
    assert house.audit.kept == []


def test_a_password_alone_gets_in_where_rules_say_so_and_only_there(open_house):
    flows = [flow["type"] for flow in open_house.get(f"{V3}/login").json["flows"]]
    assert "m.login.password" in flows
    assert password_login(open_house).status == 200
    assert password_login(open_house, address="198.51.100.9").status == 403
    past = {each.outcome for each in open_house.store.last_sign_ins("anna", 5)}
    assert past == {"signed in", "refused"} <= OUTCOMES.keys()


def test_every_no_to_a_password_sounds_the_same(open_house):
    wrong = password_login(open_house, "wrong")
    nobody = password_login(open_house, user="nobody")
    refused = password_login(open_house, address="198.51.100.9")
    service = password_login(open_house, user="vedette-notices")
    assert {wrong.body, nobody.body, refused.body, service.body} == {wrong.body}
    assert {each.status for each in (wrong, nobody, refused, service)} == {403}


def test_a_password_is_never_a_second_factor(open_house):
    password_login(open_house)
    (session,) = open_house.store.sessions()
    assert [use.kind for use in session.facts.factors] == ["password"]
    assert session.facts.flow == "password-login"


def test_a_start_password_gets_in_nowhere_but_on_the_page(open_house):
    account = open_house.store.account("anna")
    open_house.store.set_password("anna", account.password_hash, 2, must_change=True)
    assert password_login(open_house).status == 403


def test_guessing_is_slowed_down(open_house):
    answers = [password_login(open_house, "wrong").status for _ in range(11)]
    assert (answers[0], answers[-1]) == (403, 429)
    assert password_login(open_house).status == 429


def test_the_form_of_before_2018_still_names_a_person(open_house):
    body = {"type": "m.login.password", "user": "@anna:example.org", "password": PASSWORD}
    assert open_house.post("/_matrix/client/r0/login", json_body=body).status == 200


def test_whether_a_password_could_be_enough_follows_the_rules_in_force(house):
    kinds = [flow["type"] for flow in house.get(f"{V3}/login").json["flows"]]
    house.policy.policy = policy_of(RULES.split("[rules.page-only]")[0] + OPEN)
    after = [flow["type"] for flow in house.get(f"{V3}/login").json["flows"]]
    assert ("m.login.password" in kinds, "m.login.password" in after) == (False, True)


# ---- Leaving -------------------------------------------------------------------------------------


def test_logging_out_ends_the_session_and_its_device_is_an_errand(house):
    tokens = house.login(house.login_token(), device_id="MYDEVICE").json
    assert house.post(f"{V3}/logout", token=tokens["access_token"]).json == {}
    assert [errand.device for errand in house.store.outbox()] == ["MYDEVICE"]
    again = house.post(f"{V3}/logout", token=tokens["access_token"])
    assert (again.status, again.json["errcode"]) == (401, "M_UNKNOWN_TOKEN")


def test_logging_out_everywhere_ends_the_persons_sessions_and_nobody_elses(house):
    tokens = [house.login(house.login_token()).json for _ in range(3)]
    house.login(house.login_token(user=BERT))
    assert house.post(f"{V3}/logout/all", token=tokens[0]["access_token"]).status == 200
    assert [session.user for session in house.store.sessions()] == [BERT]


def test_a_suspended_session_may_log_out_and_do_nothing_else(house):
    token = house.login(house.login_token()).json["access_token"]
    (session,) = house.store.sessions()
    house.store.move_session(session.id, SessionState.SUSPENDED, "administrator:x", 1)
    refused = house.post(f"{V3}/logout/all", token=token)
    assert (refused.status, refused.json["errcode"]) == (403, "M_FORBIDDEN")
    assert house.post(f"{V3}/logout", token=token).status == 200


def test_an_expired_token_is_told_so_softly(house):
    token = house.login(house.login_token(), refresh_token=True).json["access_token"]
    house.clock.seconds += 601
    answer = house.post(f"{V3}/logout/all", token=token)
    assert (answer.status, answer.json["soft_logout"]) == (401, True)


def test_an_ended_session_is_told_so_for_good(house):
    token = house.login(house.login_token()).json["access_token"]
    house.post(f"{V3}/logout", token=token)
    answer = house.post(f"{V3}/logout/all", token=token)
    assert (answer.status, answer.json["soft_logout"]) == (401, False)


def test_without_a_token_nothing_is_taken_away(house):
    answer = house.post(f"{V3}/logout/all")
    assert (answer.status, answer.json["errcode"]) == (401, "M_MISSING_TOKEN")


def test_a_token_in_the_address_is_none(house):
    token = house.login(house.login_token()).json["access_token"]
    assert house.post(f"{V3}/logout/all?access_token={token}").status == 401


def test_a_refresh_token_of_an_oauth_client_is_not_taken_here(house):
    _, tokens = house.signs_in()
    answer = house.post(f"{V3}/refresh", json_body={"refresh_token": tokens["refresh_token"]})
    assert (answer.status, answer.json["errcode"]) == (401, "M_UNKNOWN_TOKEN")


def test_a_suspended_session_does_not_refresh_and_keeps_its_keys(house):
    tokens = house.login(house.login_token(), refresh_token=True).json
    (session,) = house.store.sessions()
    house.store.move_session(session.id, SessionState.SUSPENDED, "administrator:x", 1)
    answer = house.post(f"{V3}/refresh", json_body={"refresh_token": tokens["refresh_token"]})
    assert (answer.status, answer.json["errcode"]) == (403, "M_FORBIDDEN")


def test_passwords_are_changed_on_the_account_page(house):
    token = house.login(house.login_token()).json["access_token"]
    answer = house.post(f"{V3}/account/password", token=token, json_body={"new_password": "x"})
    assert answer.status == 403
    assert "https://chat.example.org/account/" in answer.json["error"]


# ---- Deleting devices ----------------------------------------------------------------------------


def test_another_device_is_deleted_only_on_the_persons_own_page(house):
    mine = house.login(house.login_token(), device_id="MINE").json["access_token"]
    house.login(house.login_token(), device_id="OTHER")
    answer = house.ask("DELETE", f"{V3}/devices/OTHER", token=mine)
    assert answer.status == 401
    assert answer.json["flows"] == [{"stages": ["m.oauth"]}, {"stages": ["m.login.sso"]}]
    url = answer.json["params"]["m.oauth"]["url"]
    assert answer_in(url) == {"action": "org.matrix.session_end", "device_id": "OTHER"}
    assert len(house.store.sessions()) == 2

    (other,) = (each for each in house.store.sessions() if each.device == "OTHER")
    house.store.move_session(other.id, SessionState.ENDED, "its person ended it", 1)
    again = house.ask(
        "DELETE",
        f"{V3}/devices/OTHER",
        token=mine,
        json_body={"auth": {"session": answer.json["session"]}},
    )
    assert (again.status, again.json) == (200, {})


def test_no_password_in_the_request_stands_for_the_page(house):
    mine = house.login(house.login_token(), device_id="MINE").json["access_token"]
    house.login(house.login_token(), device_id="OTHER")
    auth = {"type": "m.login.password", "user": "anna", "password": PASSWORD}
    body = {"devices": ["OTHER"], "auth": auth}
    assert house.post(f"{V3}/delete_devices", token=mine, json_body=body).status == 401


def test_its_own_device_a_session_may_end(house):
    mine = house.login(house.login_token(), device_id="MINE").json["access_token"]
    body = {"devices": ["MINE"]}
    assert house.post(f"{V3}/delete_devices", token=mine, json_body=body).status == 200
    assert house.store.sessions() == ()


def test_nobody_deletes_somebody_elses_device(house):
    mine = house.login(house.login_token(), device_id="MINE").json["access_token"]
    house.login(house.login_token(user=BERT), device_id="OTHER")
    assert house.ask("DELETE", f"{V3}/devices/OTHER", token=mine).status == 200
    assert {each.user for each in house.store.sessions()} == {ANNA, BERT}


@pytest.mark.parametrize("devices", [None, "x", [1], ["x"] * 501])
def test_a_list_of_devices_that_is_none_is_refused(house, devices):
    token = house.login(house.login_token()).json["access_token"]
    answer = house.post(f"{V3}/delete_devices", token=token, json_body={"devices": devices})
    assert (answer.status, answer.json["errcode"]) == (400, "M_BAD_JSON")


@pytest.mark.parametrize("stage", ["m.oauth", "m.login.sso", "org.matrix.cross_signing_reset"])
def test_a_client_that_shows_a_browser_is_led_to_the_page_that_its_session_is_about(house, stage):
    mine = house.login(house.login_token(), device_id="MINE").json["access_token"]
    house.login(house.login_token(), device_id="OTHER")
    ours = house.ask("DELETE", f"{V3}/devices/OTHER", token=mine).json["session"]
    for session, action in (
        (ours, "org.matrix.sessions_list"),
        ("", "org.matrix.sessions_list"),
        ("%", "org.matrix.sessions_list"),
        ("dummy", "org.matrix.cross_signing_reset"),  # Synapse's own, which wants new keys
    ):
        answer = house.get(f"{V3}/auth/{stage}/fallback/web?session={session}")
        assert answer.location == f"https://chat.example.org/account/?action={action}"
