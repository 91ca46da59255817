from __future__ import annotations

import pytest
from pydantic import ValidationError

from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.core.settings.rules import Rule, channels_of, shape_faults

US = {"between": ["us", "us"]}
ONE_WAY = {"from": ["us"], "to": ["us"]}
FILE = {"allow": ["file"]}


@pytest.mark.parametrize(
    ("rule", "keys"),
    [
        ({}, ["", ""]),
        (FILE, [""]),
        (US, [""]),
        (US | ONE_WAY | FILE, ["from", "to"]),
        ({"to": ["us"]} | FILE, [""]),
        ({"from": ["us"]} | FILE, ["from"]),
        ({"from": [], "to": []} | FILE, ["from", "to"]),
        (US | FILE | {"forbid": ["file"]}, ["forbid"]),
        (US | {"allow": []}, ["allow"]),
        (US | {"forbid": ["file"], "expires": "2027-01-01"}, ["expires"]),
        (US | {"allow": ["file", "sign-in"]}, ["allow"]),
        ({"from": ["us"], "forbid": ["administer", "sign-in"]}, ["forbid"]),
        (US | {"allow": ["sign-in"]}, ["between"]),
        (ONE_WAY | {"allow": ["sign-in"]}, ["to"]),
        ({"between": 3, "allow": "x"}, []),
    ],
)
def test_keys_that_do_not_go_together_are_named(rule, keys):
    assert [key for key, _ in shape_faults(rule)] == keys


@pytest.mark.parametrize(
    "rule",
    [
        US | FILE,
        ONE_WAY | FILE,
        {"from": ["us"], "allow": ["sign-in"]},
        {"from": ["us"], "allow": ["administer"]},
        ONE_WAY | {"forbid": ["administer"]},
    ],
)
def test_keys_that_go_together_make_a_rule(rule):
    assert shape_faults(rule) == []
    assert Rule.model_validate(rule).channels


def test_a_rule_can_not_be_built_wrong():
    with pytest.raises(ValidationError, match="whom it is about"):
        Rule(allow=("file",))


def test_a_rule_can_be_built_by_python_names_and_written_out_defaults():
    rule = Rule(from_=("us",), to=("us",), allow=("file",), forbid=(), between=None)
    assert rule.channels == {Channel.FILE}


def test_conditions_are_kept_in_one_spelling():
    rule = Rule(between=("us", "us"), allow=("file",), when=("file.kind  in document,text",))
    assert rule.when == ("file.kind in document, text",)


def test_channel_words_stand_for_channels_and_others_for_none():
    assert channels_of(["all"]) == BETWEEN_PEOPLE
    assert channels_of(["file", "nothing", 3]) == {Channel.FILE}
    assert channels_of("file") == frozenset()
