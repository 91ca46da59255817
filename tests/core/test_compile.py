from __future__ import annotations

import datetime as dt

import pytest

from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.core.compile import compile_rule, compile_rules
from vedette.core.ruleset import EVERYONE
from vedette.core.settings.parse import check_document
from vedette.core.settings.rules import Rule

HEAD = '[organisation]\nname = "X"\ndomain = "x.example"\n'


def compiled(**table):
    return compile_rule("a", Rule.model_validate(table, by_alias=True, by_name=False))


@pytest.mark.parametrize(
    ("table", "pairs"),
    [
        ({"between": ["us", "acme"]}, {("us", "acme"), ("acme", "us")}),
        ({"between": ["us", "us"]}, {("us", "us")}),
        ({"from": ["us", "board"], "to": ["acme", "beta"]},
         {("us", "acme"), ("us", "beta"), ("board", "acme"), ("board", "beta")}),
    ],
)  # fmt: skip
def test_a_rule_speaks_about_pairs(table, pairs):
    assert compiled(allow=["file"], **table).pairs == pairs


def test_a_rule_towards_the_organisation_is_over_everyone_unless_it_says_over_whom():
    assert compiled(**{"from": ["us"]}, allow=["administer"]).pairs == {("us", EVERYONE)}


def test_channel_words_stand_for_their_channels():
    rule = compiled(between=["us", "us"], forbid=["all"])
    assert (rule.forbids, rule.channels) == (True, BETWEEN_PEOPLE)


def test_an_allow_that_expires_asks_for_the_day():
    rule = compiled(between=["us", "us"], allow=["file"], expires=dt.date(2027, 6, 30))
    assert [each.text for each in rule.when] == ["today <= 2027-06-30"]


def test_everything_else_is_taken_over():
    rule = compiled(
        between=["us", "us"],
        forbid=["file"],
        when=["file.size > 1 B"],
        unless=["file.kind = image"],
        say="No.",
        mode="observe",
    )
    assert [each.text for each in rule.when] == ["file.size > 1 B"]
    assert [each.text for each in rule.unless] == ["file.kind = image"]
    assert (rule.say, rule.observe, rule.guardrail) == ("No.", True, False)
    assert compiled(between=["us", "us"], allow=["file"]).say is None


def test_a_guardrail_is_told_apart_by_its_id():
    text = HEAD + (
        '[rules.a]\nbetween = ["us", "us"]\nallow = ["file"]\n'
        '[guardrails.b]\nbetween = ["us", "us"]\nforbid = ["voice"]\n'
    )
    document, _ = check_document(text)
    assert document is not None
    ruleset = compile_rules(document, 3)
    assert [(rule.id, rule.guardrail) for rule in ruleset.rules] == [
        ("a", False),
        ("guardrails.b", True),
    ]
    assert ruleset.rules[1].channels == {Channel.VOICE}
    assert ruleset.revision == 3
