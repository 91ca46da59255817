"""What the module tells of the notices stream: each thing once, and nothing stale."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vedette.core.names import UserId
from vedette.protocol.internal.notices import Notice, body_of
from vedette.synapse.notices import FromOtherDoors

ONE = Notice(record="gateway:12", at=100.0, to=UserId("@ada:x.test"), matter="acme", text="No.")


@pytest.fixture
def told() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def relay(told: list[tuple[str, str, str]]) -> FromOtherDoors:
    return FromOtherDoors(90.0, lambda *words: told.append(words))


def test_each_notice_is_told_once_however_many_parts_carry_it(relay, told):
    relay.take(body_of([ONE]))
    relay.take(body_of([ONE, replace(ONE, record="gateway:13", text="No again.")]))
    assert [text for _, _, text in told] == ["No.", "No again."]
    assert told[0][:2] == ("@ada:x.test", "acme")


def test_what_was_refused_before_synapse_started_is_not_told(relay, told):
    relay.take(body_of([replace(ONE, at=89.9)]))
    assert told == []


def test_a_body_that_can_not_be_read_tells_nothing(relay, told):
    with pytest.raises(ValueError, match="notice"):
        relay.take({"notices": [{"to": "@ada:x.test"}]})
    assert told == []
