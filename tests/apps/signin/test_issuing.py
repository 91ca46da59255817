"""Sessions begin once, for a Permit, and no token comes before every door knows of it."""

import json
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Thread

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oauth2.rfc9207 import AuthorizationServerMetadata as IssuerInAnswer
from authlib.oidc.discovery import OpenIDProviderMetadata

from tests.apps.signin.house import ANNA, ISSUER, SCOPE, House, answer_in
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.core.sessions import FactorUse, SessionState
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import TokenKey
from vedette.protocol.internal.tokens import SigningKey, read
from vedette.signin.issuing import Standing, Withheld, ensure_token_key
from vedette.signin.listed import Listed
from vedette.signin.metadata import metadata
from vedette.signin.purpose import Purpose, end_purpose, find_purpose, keep_purpose
from vedette.signin.signed_in import SignedIn
from vedette.spine import Permit


@pytest.fixture
def house():
    built = House()
    yield built
    built.close()


@pytest.fixture
def lasting(tmp_path):
    """One with a store on the disk."""
    store = open_sign_in_store(tmp_path / "sign-in.sqlite", secrets.token_bytes(32))
    built = House(store=store)
    yield built
    built.close()
    store.close()


def test_everything_works_the_same_with_a_store_on_the_disk(lasting):
    client, tokens = lasting.signs_in()
    second = lasting.refresh(client, tokens["refresh_token"]).json
    assert lasting.login(lasting.login_token(), device_id="OTHER").status == 200
    form = {"client_id": client, "token": second["access_token"]}
    assert lasting.post("/oauth2/revoke", form=form).status == 200
    assert [session.device for session in lasting.store.sessions()] == ["OTHER"]


def test_of_many_that_present_one_code_at_once_none_keeps_a_session(lasting):
    client = lasting.register()
    code = lasting.code(client)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: lasting.exchange(client, code).status, range(6)))
    assert answers.count(200) <= 1
    assert lasting.store.sessions() == ()


def test_of_two_that_refresh_at_once_both_have_a_working_answer(lasting):
    client, tokens = lasting.signs_in()
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda _: lasting.refresh(client, tokens["refresh_token"]), range(2))
        )
    assert [answer.status for answer in answers] == [200, 200]
    used = lasting.refresh(client, answers[1].json["refresh_token"])
    assert used.status == 200


def test_only_the_spine_makes_what_begins_a_session(house):
    with pytest.raises(TypeError):
        Permit(None, "x", None, object())


def test_a_new_signing_key_signs_nobody_out(house):
    client, tokens = house.signs_in()
    key = SigningKey.generate()
    change = house.store.add_token_key(
        TokenKey(
            kid=key.kid,
            public=key.public_bytes,
            private=key.private_bytes,
            made=int(house.clock.now()) + 1,
        )
    )
    house.listed.wait(change, 3)
    newer = house.refresh(client, tokens["refresh_token"]).json["access_token"]
    keys = house.listed.current().keys
    assert len(keys) == 2
    assert read(newer, {key.kid: keys[key.kid]}, ISSUER).user == ANNA
    assert read(tokens["access_token"], keys, ISSUER).user == ANNA


def test_a_key_that_no_door_knows_signs_nothing(house):
    client, tokens = house.signs_in()
    house.control_away = True
    key = SigningKey.generate()
    house.store.add_token_key(
        TokenKey(
            kid=key.kid,
            public=key.public_bytes,
            private=key.private_bytes,
            made=int(house.clock.now()) + 1,
        )
    )
    newer = house.refresh(client, tokens["refresh_token"]).json["access_token"]
    assert read(newer, house.listed.current().keys, ISSUER).user == ANNA


def test_the_first_key_is_made_once(house):
    before = house.store.token_keys()
    ensure_token_key(house.store, 1)
    assert house.store.token_keys() == before


def test_a_token_of_a_session_that_is_another_persons_is_worth_nothing(house):
    _, tokens = house.signs_in()
    (session,) = house.store.sessions()
    claims = read(tokens["access_token"], house.listed.current().keys, ISSUER)
    assert house.issuing.session_of(tokens["access_token"]) == session
    assert claims.session == session.id
    house.issuing.end(session)
    gone = house.issuing.session_of(tokens["access_token"])
    assert isinstance(gone, Withheld)
    assert gone.standing is Standing.GONE


def test_waiting_for_the_list_ends_when_it_comes_and_when_it_does_not(house):
    listed = Listed()
    with pytest.raises(Unavailable):
        listed.wait(1, 0.05)
    waiter = Thread(target=listed.wait, args=(1, 60))
    waiter.start()
    listed.take({"as_of": 1, "issuer": ISSUER, "keys": {}, "sessions": {}})
    waiter.join(60)
    assert not waiter.is_alive()


def test_a_part_that_is_no_list_leaves_the_one_in_force():
    listed = Listed()
    listed.take({"as_of": 5, "issuer": ISSUER, "keys": {}, "sessions": {}})
    listed.take({})
    listed.take({"as_of": "6", "issuer": ISSUER, "keys": {}, "sessions": {}})
    assert listed.current().as_of == 5


# ---- What is kept on the way ---------------------------------------------------------------------

PURPOSE = Purpose(
    kind="oauth",
    client_name="Élément",
    client_uri="https://app.example",
    redirect_host="https://app.example",
    device=None,
    user_hint="anna",
    action=None,
    body={"state": "x"},
)


def test_a_purpose_is_kept_by_the_hash_of_its_name_and_used_once(house):
    name = keep_purpose(house.store, PURPOSE, 100)
    assert name not in repr(house.store)
    assert find_purpose(house.store, name, 101) == PURPOSE
    assert end_purpose(house.store, name, 101) == PURPOSE
    assert find_purpose(house.store, name, 101) is None
    assert end_purpose(house.store, name, 101) is None


def test_a_purpose_ends_by_itself(house):
    name = keep_purpose(house.store, PURPOSE, 100)
    assert find_purpose(house.store, name, 100 + 901) is None


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, PURPOSE.to_bytes().replace(b"oauth", b"x")]
)
def test_what_is_no_purpose_is_not_read_as_one(data):
    with pytest.raises(ValueError, match=r".*"):
        Purpose.from_bytes(data)


def test_who_signed_in_survives_being_kept():
    signed = SignedIn(
        user=ANNA,
        factors=(FactorUse(kind="webauthn", at=5, proven_by="passkey"),),
        address="2001:db8::1",
        user_agent="Mozilla/5.0",
        at=7,
        session="s" * 30,
    )
    assert SignedIn.from_json(json.loads(json.dumps(signed.to_json()))) == signed
    for wrong in ({"user": "x"}, {"at": True}, {"factors": {}}, {"session": 1}, {"factors": [1]}):
        with pytest.raises(ValueError, match=r".*"):
            SignedIn.from_json({**signed.to_json(), **wrong})
    without = replace(signed, session=None)
    assert SignedIn.from_json(without.to_json()) == without


# ---- What clients read first ---------------------------------------------------------------------


def test_the_metadata_is_what_the_specifications_want(house):
    document = metadata(ISSUER)
    AuthorizationServerMetadata(document).validate(metadata_classes=[IssuerInAnswer])
    provider = OpenIDProviderMetadata(document)
    provider.validate_subject_types_supported()
    provider.validate_jwks_uri()


def test_one_document_is_served_wherever_clients_look(house):
    paths = (
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/_matrix/client/v1/auth_metadata",
        "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata",
    )
    assert [house.get(path).json for path in paths] == [metadata(ISSUER)] * 4
    early = house.get("/_matrix/client/unstable/org.matrix.msc2965/auth_issuer")
    assert early.json == {"issuer": ISSUER}


def test_the_keys_are_those_that_every_door_knows(house):
    house.listed.wait(house.store.changes(), 3)
    (key,) = house.get("/oauth2/keys.json").json["keys"]
    assert (key["kty"], key["crv"], key["kid"]) == (
        "OKP",
        "Ed25519",
        house.store.token_keys()[0].kid,
    )
    assert "d" not in key


def test_the_endpoints_in_the_document_are_served(house):
    for name, address in metadata(ISSUER).items():
        if not name.endswith("_endpoint") and name != "jwks_uri":
            continue
        path = address.removeprefix(ISSUER.rstrip("/"))
        method = "GET" if name in ("authorization_endpoint", "jwks_uri") else "POST"
        assert house.ask(method, path).status in (200, 400), name


def test_where_certificates_are_taken_is_said_and_nothing_that_is_not_there():
    bare = metadata(ISSUER)
    assert "mtls_endpoint_aliases" not in bare
    assert "create" not in bare["prompt_values_supported"]
    assert "org.matrix.profile" not in bare["account_management_actions_supported"]
    apart = metadata(ISSUER, "https://device.example.org:8449/")
    assert apart["tls_client_certificate_bound_access_tokens"] is True
    assert apart["mtls_endpoint_aliases"]["token_endpoint"] == (
        "https://device.example.org:8449/oauth2/token"
    )
    assert apart["token_endpoint"] == bare["token_endpoint"]


def test_a_suspended_session_is_live_again_with_the_same_tokens(house):
    client, tokens = house.signs_in()
    (session,) = house.store.sessions()
    house.store.move_session(session.id, SessionState.SUSPENDED, "administrator:x", 1)
    held = house.issuing.session_of(tokens["access_token"])
    assert isinstance(held, Withheld)
    assert held.standing is Standing.HELD
    house.store.move_session(session.id, SessionState.LIVE, "", 2)
    assert house.refresh(client, tokens["refresh_token"]).status == 200


def test_tokens_are_in_no_log(tmp_path):
    """Authlib logs tokens at debug level; ours say nothing."""
    program = (
        "import logging, sys\n"
        "logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)\n"
        "from tests.apps.signin.house import House\n"
        "house = House()\n"
        "client, tokens = house.signs_in()\n"
        "second = house.refresh(client, tokens['refresh_token']).json\n"
        "house.close()\n"
        "print('SECRETS', *(tokens[n] for n in ('access_token', 'refresh_token')),\n"
        "      *(second[n] for n in ('access_token', 'refresh_token')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    logged, _, secrets_line = done.stdout.rpartition("SECRETS ")
    assert "Issue token" in logged  # it does log, and we would see it
    for secret in secrets_line.split():
        assert secret not in logged
        assert secret not in done.stderr


def test_a_code_survives_a_restart(lasting):
    client = lasting.register()
    back = lasting.passes(lasting.authorize(client, scope=SCOPE))
    other = House(store=lasting.store, clock=lasting.clock, provisioning=lasting.provisioning)
    try:
        assert other.exchange(client, answer_in(back)["code"]).status == 200
    finally:
        other.close()


def test_nobody_fills_the_store_by_beginning_sign_ins(house):
    client = house.register()
    now = int(house.clock.now())
    for _ in range(299):
        house.store.attempt("begin:192.0.2.7", now, 600)
    assert house.authorize(client).status == 303
    assert house.authorize(client).status == 429
    page = "/_matrix/client/v3/login/sso/redirect?redirectUrl=http://localhost/"
    assert house.get(page).status == 429
    assert house.get(page, address="198.51.100.1").status == 303
