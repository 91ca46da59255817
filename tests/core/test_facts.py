from __future__ import annotations

import re

import pytest

from vedette.core.channels import Channel
from vedette.core.facts import FILE_KINDS, NOTHING_KNOWN, REGISTRY, Facts, Missing


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_fact_says_what_it_is_where_it_counts_and_who_learns_it(name):
    spec = REGISTRY[name]
    assert spec.name == name
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", name)
    assert spec.meaning
    assert spec.channels
    assert spec.doors


def test_only_what_somebody_may_say_of_themselves_or_a_file_can_be_claimed():
    claimable = {name for name, spec in REGISTRY.items() if spec.claimable}
    assert claimable == {
        *("client.name", "client.version", "device.platform", "device.version"),
        *("file.kind", "file.size", "file.type"),
    }


def test_the_kinds_of_file_are_the_words_of_their_fact():
    assert REGISTRY["file.kind"].words == FILE_KINDS


def test_every_channel_has_the_day():
    assert REGISTRY["today"].channels == frozenset(Channel)


@pytest.mark.parametrize(
    ("known", "claims", "plain", "claimed"),
    [
        ({}, {}, Missing.UNKNOWN, Missing.UNKNOWN),
        ({}, {"x": 1}, Missing.UNKNOWN, 1),
        ({"x": 2}, {"x": 1}, 2, 2),
        ({"x": Missing.PENDING}, {"x": 1}, Missing.PENDING, 1),
        ({"x": Missing.PENDING}, {}, Missing.PENDING, Missing.PENDING),
        ({"x": False}, {"x": True}, False, False),
    ],
)
def test_a_claim_stands_in_only_for_what_was_not_learnt(known, claims, plain, claimed):
    facts = Facts(known, claims)
    assert facts.get("x", claimed=False) is plain
    assert facts.get("x", claimed=True) is claimed


def test_of_nothing_everything_is_unknown():
    assert all(NOTHING_KNOWN.get(name, claimed=True) is Missing.UNKNOWN for name in REGISTRY)
