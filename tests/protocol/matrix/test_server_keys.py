from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from signedjson.sign import sign_json

from tests.signing import DAY, SigningServer
from vedette.core.names import ServerName
from vedette.protocol.matrix.server_keys import (
    LONGEST_SECONDS,
    KeysFault,
    VerifyKey,
    parse_published,
    pinned,
)

NOW = 1_800_000_000.0
ACME = ServerName("acme.example")
SERVER = SigningServer("acme.example")
OTHER = SigningServer("acme.example", "b_2")
TODAY = date(2027, 1, 15).toordinal()


def published(**how):
    return parse_published(SERVER.published(**{"until": NOW + DAY, **how}), ACME, NOW)


def test_a_key_that_its_server_publishes_may_sign_requests_while_it_is_valid():
    keys = published()
    key = keys.for_requests("ed25519:a_1", NOW)
    assert key == VerifyKey.of("ed25519:a_1", SERVER.public)
    assert keys.for_requests("ed25519:a_1", NOW + DAY - 1) is not None
    assert keys.for_requests("ed25519:a_1", NOW + DAY) is None
    assert keys.for_requests("ed25519:zz", NOW) is None


def test_a_server_that_promises_a_year_is_believed_for_seven_days():
    keys = published(until=NOW + 365 * DAY)
    assert keys.valid_until == NOW + LONGEST_SECONDS


def test_an_old_key_proves_events_of_its_time_and_never_a_request():
    old = {OTHER.key_id: {"key": OTHER.public, "expired_ts": int((NOW - 100) * 1000)}}
    keys = published(old=old)
    assert keys.for_requests(OTHER.key_id, NOW) is None
    assert keys.for_events(OTHER.key_id, NOW - 101) is not None
    assert keys.for_events(OTHER.key_id, NOW - 99) is None
    assert keys.for_events("ed25519:a_1", NOW) is not None


def test_a_key_that_did_not_sign_the_answer_does_not_count():
    more = {OTHER.key_id: {"key": OTHER.public}}
    assert published(more=more).for_requests(OTHER.key_id, NOW) is None
    assert published(more=more, signers=(OTHER,)).for_requests(OTHER.key_id, NOW) is not None


def changed(**what):
    return json.dumps(SERVER.keys(until=NOW + DAY) | what).encode()


STRANGER = SigningServer("acme.example")  # the same key id, another key


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no keys that can be read"),
        (b"[]", "no keys that can be read"),
        (changed(server_name="evil.example"), "keys of `evil.example`"),
        (changed(server_name=7), "not a text"),
        (changed(valid_until_ts=int((NOW + 9) * 1000)), "false signature"),
        (changed(valid_until_ts="9"), "milliseconds"),
        (changed(valid_until_ts=True), "milliseconds"),
        (changed(valid_until_ts=1 << 53), "milliseconds"),
        (changed(valid_until_ts=int(NOW * 1000)), "expired"),
        (changed(verify_keys={"ed25519:a_1": {"key": STRANGER.public}}), "false signature"),
        (changed(verify_keys={}), "no key"),
        (changed(verify_keys={"ed25519:a_1": {"key": "short"}}), "not an ed25519 key"),
        (changed(verify_keys=[]), "not a table"),
        (changed(verify_keys={f"ed25519:k{n}": {} for n in range(40)}), "at most"),
        (changed(signatures={}), "not a table"),
        (changed(signatures={"acme.example": {}}), "no key"),
        (changed(signatures={"evil.example": {"ed25519:a_1": "A" * 86}}), "not a table"),
        (changed(old_verify_keys={"ed25519:o": {"key": OTHER.public}}), "false signature|millisec"),
    ],
)  # fmt: skip
def test_keys_that_can_not_be_believed_are_none(data, why):
    with pytest.raises(KeysFault, match=why):
        parse_published(data, ACME, NOW)


@given(st.binary() | st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["server_name", "verify_keys", "signatures", "acme.example", "valid_until_ts",
                         "old_verify_keys", "ed25519:a", "key", "expired_ts"]), inner, max_size=6),
    max_leaves=30,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_anything_published_is_believed_or_refused(data):
    with pytest.raises(KeysFault):
        parse_published(data, ACME, NOW)


@given(st.data())
def test_a_published_answer_with_one_part_changed_is_not_believed(data):
    body = SERVER.keys(until=NOW + DAY)
    name = data.draw(st.sampled_from(sorted(body)))
    value = data.draw(st.none() | st.integers() | st.text() | st.just({}))
    assume(value != body[name])
    body[name] = value
    with pytest.raises(KeysFault):
        parse_published(json.dumps(body).encode(), ACME, NOW)


def test_an_upper_case_name_of_its_own_is_the_same_server():
    loud = SigningServer("ACME.example")
    keys = parse_published(loud.published(until=NOW + DAY), ACME, NOW)
    assert keys.for_requests("ed25519:a_1", NOW) is not None


def test_pins_count_until_their_day_is_over():
    entries = (SERVER.pin, f"{OTHER.pin} until 2027-01-15", f"{STRANGER.pin} until 2027-01-14")
    assert [key.raw for key in pinned(entries, TODAY)] == [
        VerifyKey.of(each.key_id, each.public).raw for each in (SERVER, OTHER)
    ]
    assert pinned(entries[1:], TODAY + 1) == ()


@pytest.mark.parametrize("signature", ["", "A", "A" * 86, "A" * 85 + "=", "A" * 87, "é" * 86])
def test_what_is_no_signature_of_the_message_is_none(signature):
    assert not VerifyKey.of(SERVER.key_id, SERVER.public).signed(b"x", signature)


def test_a_signature_may_be_padded():
    body = sign_json({}, "acme.example", SERVER.key)
    signature = body["signatures"]["acme.example"][SERVER.key_id]
    key = VerifyKey.of(SERVER.key_id, SERVER.public)
    assert key.signed(b"{}", signature)
    assert key.signed(b"{}", signature + "==")
    assert not key.signed(b"{} ", signature)
