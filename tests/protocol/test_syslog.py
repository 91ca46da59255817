from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.record import GENESIS, chain_hash, chained
from vedette.protocol.syslog import Origin, alarm_message, framed, record_message

ORIGIN = Origin(organisation="example.org")
NO = {"answer": "no", "reason": "forbidden", "rule": "acme", "towards": "@b:acme", "revision": 3}
RECORD = {
    "kind": "decision", "id": "gateway:7", "at": 1_700_000_000.25, "act": "x", "who": "@ä:x",
    "decision": NO,
}  # fmt: skip

# RFC 5424 section 6, as far as it is used here
MESSAGE = re.compile(
    rb"<(?P<pri>\d{1,3})>1 (?P<time>-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?P<host>[!-~]{1,255})"
    rb" vedette (?P<proc>[!-~]{1,128}) (?P<id>[!-~]{1,32}) "
    rb'\[vedette@\d+(?P<data>( [!-<>-\\^-~]{1,32}="([^"\\\]]|\\["\\\]])*")*)\] (?P<text>.*)',
    re.DOTALL,
)


def test_a_message_is_framed_by_its_length_in_octets():
    assert framed("ä!".encode()) == b"3 " + "ä!".encode()


def test_a_refusal_is_a_notice_of_the_facility_log_audit_with_what_one_searches_by():
    message = record_message(ORIGIN, "gateway", RECORD, again=False).decode()
    head, _, rest = message.partition(" [")
    assert head == "<109>1 2023-11-14T22:13:20.250Z example.org vedette gateway decision"
    assert rest.startswith('vedette@32473 chain="gateway" id="gateway:7" act="x" who="@ä:x" ')
    assert 'answer="no" reason="forbidden" rule="acme" towards="@b:acme" revision="3"] {' in rest
    assert message.isprintable()


def test_a_yes_and_a_checkpoint_are_information():
    yes = {**RECORD, "decision": {**NO, "answer": "yes"}}
    assert record_message(ORIGIN, "gateway", yes, again=False).startswith(b"<110>1 ")
    checkpoint = record_message(ORIGIN, "checkpoints", {"at": 1, "heads": {}}, again=False)
    assert checkpoint.startswith(
        b"<110>1 1970-01-01T00:00:01.000Z example.org vedette checkpoints checkpoint ["
    )


def test_what_may_have_been_sent_before_is_marked():
    assert b'again="yes"' in record_message(ORIGIN, "gateway", RECORD, again=True)
    assert b"again=" not in record_message(ORIGIN, "gateway", RECORD, again=False)


def test_an_organisation_may_have_an_enterprise_number_of_its_own():
    own = Origin(organisation="example.org", enterprise=4711)
    assert b"[vedette@4711 " in record_message(own, "gateway", RECORD, again=False)


def test_a_chain_that_does_not_hold_is_an_alert():
    message = alarm_message(ORIGIN, "gateway", "it was cut", 0.0)
    assert message.startswith(
        b"<105>1 1970-01-01T00:00:00.000Z example.org vedette gateway broken ["
    )
    assert message.endswith(b'{"broken":"gateway","words":"it was cut"}')


@pytest.mark.parametrize("at", [None, "x", 1e300, float("nan"), [], True])
def test_a_time_that_is_none_is_a_dash_or_a_time(at):
    assert MESSAGE.fullmatch(record_message(ORIGIN, "gateway", {**RECORD, "at": at}, again=False))


def test_a_name_that_fits_no_header_is_made_to_fit():
    message = record_message(Origin(organisation="ä b"), "", {"kind": "x" * 50}, again=False)
    found = MESSAGE.fullmatch(message)
    assert found
    assert (found["host"], found["proc"], found["id"]) == (
        b"?_b".replace(b"_", b"?"),
        b"-",
        b"x" * 32,
    )


WORDS = st.text(max_size=30) | st.sampled_from(['"]\\', "\n\x00", "\ud800", "a]b"])


@given(WORDS, WORDS, WORDS, st.floats() | st.integers() | WORDS)
def test_whatever_a_record_says_it_is_one_message_and_its_text_has_the_records_hash(
    who, towards, kind, at
):
    entry = chained(GENESIS, {**RECORD, "who": who, "kind": kind, "at": at,
                              "decision": {**NO, "towards": towards}})  # fmt: skip
    message = record_message(ORIGIN, "gateway", entry, again=False)
    found = MESSAGE.fullmatch(message)
    assert found
    assert not set(message) & {0, 10, 13}
    text = json.loads(found["text"])
    assert chain_hash(GENESIS, text) == entry["hash"]


def test_the_text_is_what_is_chained_and_names_stand_beside_it() -> None:
    entry = {"kind": "decision", "id": "gateway:1", "who": "~abc", "decision": {"towards": "~def"}}
    named = {**entry, "who": "@alice:example.org", "decision": {"towards": "@bob:example.org"}}
    message = record_message(ORIGIN, "gateway", entry, named, again=False).decode()
    assert 'who="@alice:example.org" towards="@bob:example.org"' in message
    assert '"who":"~abc"' in message
    assert "alice" not in record_message(ORIGIN, "gateway", entry, again=False).decode()
