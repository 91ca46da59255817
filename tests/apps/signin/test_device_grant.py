"""Devices without a browser: a short code, the same pages, the same rules."""

import pytest

from tests.apps.signin.house import RULES, SCOPE, House, policy_of
from vedette.ports.errors import Unavailable

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def house():
    built = House()
    yield built
    built.close()


@pytest.fixture
def client(house):
    return house.register(
        application_type="native",
        redirect_uris=[],
        grant_types=[DEVICE_CODE, "refresh_token"],
    )


def begin(house, client, **changes):
    form = {"client_id": client, "scope": SCOPE} | changes
    return house.post("/oauth2/device", form=form)


def poll(house, client, grant):
    form = {
        "grant_type": DEVICE_CODE,
        "client_id": client,
        "device_code": grant["device_code"],
    }
    return house.post("/oauth2/token", form=form)


def passes(house, grant, signed=None):
    location = house.devices.enter(grant["user_code"], "192.0.2.9")
    purpose = house.purpose(location)
    return house.devices.complete(purpose, signed or house.signed())


def test_a_device_comes_in_once_its_person_is_through(house, client):
    grant = begin(house, client).json
    assert grant["verification_uri"] == "https://chat.example.org/sign-in/device"
    assert poll(house, client, grant).json["error"] == "authorization_pending"
    assert passes(house, grant) == "/sign-in/device?done=yes"
    answer = poll(house, client, grant)
    assert answer.status == 200
    assert answer.json["refresh_token"].startswith("vrt_")
    (session,) = house.store.sessions()
    assert (session.device, session.facts.flow) == ("ABCDEFGHIJ", "device-grant")


def test_a_device_code_makes_one_session(house, client):
    grant = begin(house, client).json
    passes(house, grant)
    assert poll(house, client, grant).status == 200
    assert poll(house, client, grant).json["error"] == "expired_token"
    assert len(house.store.sessions()) == 1


def test_where_rules_refuse_this_way_the_device_stays_out(house, client):
    ban = '[rules.no-codes]\nfrom = ["us"]\nforbid = ["sign-in"]\n'
    ban += 'when = ["sign_in.flow = device-grant"]\n'
    house.policy.policy = policy_of(RULES + ban)
    grant = begin(house, client).json
    passes(house, grant)
    assert poll(house, client, grant).json["error"] == "invalid_grant"
    assert house.store.sessions() == ()


def test_one_factor_lets_no_device_in(house, client):
    grant = begin(house, client).json
    passes(house, grant, house.signed("password"))
    assert poll(house, client, grant).json["error"] == "invalid_grant"


def test_a_device_that_asks_too_often_is_slowed_down(house, client):
    grant = begin(house, client).json
    errors = [poll(house, client, grant).json["error"] for _ in range(4)]
    assert errors == ["authorization_pending"] * 2 + ["slow_down"] * 2


def test_a_person_who_says_no_is_heard_at_once(house, client):
    grant = begin(house, client).json
    purpose = house.purpose(house.devices.enter(grant["user_code"], "192.0.2.9"))
    assert house.devices.refused(purpose) == "/sign-in/device?done=no"
    assert poll(house, client, grant).json["error"] == "access_denied"


def test_a_grant_is_over_after_a_quarter_of_an_hour(house, client):
    grant = begin(house, client).json
    house.clock.seconds += 901
    assert house.devices.enter(grant["user_code"], "192.0.2.9") is None
    assert poll(house, client, grant).json["error"] == "expired_token"


def test_another_client_hears_nothing_of_a_grant(house, client):
    grant = begin(house, client).json
    other = house.register(application_type="native", redirect_uris=[], grant_types=[DEVICE_CODE])
    assert poll(house, other, grant).json["error"] == "unauthorized_client"


def test_a_client_that_did_not_register_for_it_begins_nothing(house):
    assert begin(house, house.register()).json["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
    ],
)
def test_a_grant_that_cannot_be_read_is_refused(house, client, changes, error):
    assert begin(house, client, **changes).json["error"] == error


def test_a_code_may_be_typed_as_people_type(house, client):
    grant = begin(house, client).json
    typed = f"  {grant['user_code'].lower().replace('-', ' ')} "
    assert house.devices.enter(typed, "192.0.2.9") is not None


def test_codes_are_not_to_be_guessed_from_one_address(house, client):
    grant = begin(house, client).json
    for _ in range(31):
        assert house.devices.enter("BBBB-BBBB", "192.0.2.9") is None
    assert house.devices.enter(grant["user_code"], "192.0.2.9") is None
    assert house.devices.enter(grant["user_code"], "198.51.100.1") is not None


def test_a_code_that_two_people_typed_is_the_firsts(house, client):
    grant = begin(house, client).json
    first = house.purpose(house.devices.enter(grant["user_code"], "192.0.2.9"))
    second = house.purpose(house.devices.enter(grant["user_code"], "192.0.2.9"))
    house.devices.complete(first, house.signed())
    with pytest.raises(Unavailable, match="expired"):
        house.devices.complete(second, house.signed())
