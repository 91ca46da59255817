"""Keys that sign-in holds are renewed while people are signed in."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.apps.signin.house import House
from vedette.adapters.sign_in.rekeying import StoreKeyFile
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.core.asks import Act
from vedette.protocol.internal.renewals import PATH
from vedette.signin import keys
from vedette.signin.keys import KeyRenewal


@pytest.fixture
def file(tmp_path: Path) -> StoreKeyFile:
    path = tmp_path / "store.key"
    path.write_bytes(secrets.token_bytes(32))
    return StoreKeyFile(path, least_age=0)


@pytest.fixture
def house(tmp_path: Path, file: StoreKeyFile) -> Iterator[House]:
    store = open_sign_in_store(tmp_path / "sign-in.sqlite", file.path.read_bytes())
    built = House(store=store)
    spine = built.issuing.door.spine
    renewal = KeyRenewal(spine, store, partial(file.rotate, store.rekeying))
    built.app.router.routes.extend(keys.routes(renewal))
    yield built
    built.close()
    store.close()


def signer(tokens: dict[str, str]) -> str:
    """The id of the key that signed an access token."""
    head = tokens["access_token"].removeprefix("vat_").split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=="))["kid"])


def renew(house: House, key: str) -> tuple[int, dict[str, str]]:
    answer = house.post(PATH, json_body={"key": key})
    return answer.status, answer.json


def test_another_key_signs_tokens_and_those_of_before_are_good_as_long_as_ever(house: House):
    client, tokens = house.signs_in()
    before = signer(tokens)
    house.clock.seconds += 601
    assert renew(house, "token-key") == (200, {})
    newest = house.store.token_keys()[0].kid
    end = time.monotonic() + 60
    while newest not in house.listed.current().keys:
        assert time.monotonic() < end
    assert before in house.listed.current().keys  # every door goes on to verify what it signed
    refreshed = house.refresh(client, tokens["refresh_token"])
    assert refreshed.status == 200
    assert signer(refreshed.json) == newest != before
    assert len(house.store.sessions()) == 1


def test_with_another_store_key_nobody_has_to_sign_in_again(house: House, file: StoreKeyFile):
    client, tokens = house.signs_in()
    before = file.path.read_bytes()
    assert renew(house, "sign-in-store-key") == (200, {})
    assert file.path.read_bytes() != before
    assert house.refresh(client, tokens["refresh_token"]).status == 200
    assert house.signs_in()[1]["access_token"]


def test_keys_are_not_renewed_again_and_again(house: House):
    house.clock.seconds += 601
    assert renew(house, "token-key")[0] == 200
    status, told = renew(house, "token-key")
    assert status == 409
    assert "ten minutes" in told["why"]
    assert len(house.store.token_keys()) == 2


def test_another_key_than_these_is_none_of_ours(house: House):
    for body in ({"key": "settings-key"}, {}, [], "token-key"):
        assert house.post(PATH, json_body=body).status == 400
    assert house.post(PATH, raw=b"{").status == 400


def test_each_renewal_is_recorded_and_without_a_record_there_is_none(house: House):
    house.clock.seconds += 601
    renew(house, "token-key")
    asked = [(ask.where, ask.who) for ask, _, _ in house.audit.kept if ask.act is Act.KEY_KEY_RENEW]
    assert asked == [("token-key", "control")]
    house.clock.seconds += 601
    house.audit.full = True
    assert renew(house, "token-key")[0] == 503
    house.audit.full = False
    assert len(house.store.token_keys()) == 2


def test_a_store_whose_key_is_in_no_file_keeps_it(house: House):
    bare = KeyRenewal(house.issuing.door.spine, house.store)
    house.app.router.routes[-1:] = keys.routes(bare)
    assert renew(house, "sign-in-store-key")[0] == 409
