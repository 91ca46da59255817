from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.strategies import CALM, questions, rulesets
from vedette.core import ruleset as ruleset_file
from vedette.core.asks import Question
from vedette.core.channels import Channel
from vedette.core.conditions import Outcomes, parse
from vedette.core.facts import Facts
from vedette.core.ruleset import EVERYONE, CompiledRule, Ruleset

US, ACME = frozenset({"anyone", "us"}), frozenset({"anyone", "partners", "acme"})


def rule(id_, *pairs, forbids=False, channel=Channel.FILE, **more):
    channels = frozenset({channel})
    return CompiledRule(id=id_, forbids=forbids, channels=channels, pairs=frozenset(pairs), **more)


def ids(found):
    return [each.id for each in found]


@CALM
@given(rulesets(), st.data())
def test_the_index_finds_just_the_rules_that_speak_about_a_question(ruleset, data):
    question = data.draw(questions(ruleset, known=True))
    found = ruleset.applicable(question)
    speaking = [
        each.id
        for each in ruleset.rules
        if question.channel in each.channels
        and any(f in question.from_ and (t in question.to or t == EVERYONE) for f, t in each.pairs)
    ]
    sorts = (found.forbids, found.allows, found.observed)
    assert sorted(each.id for sort in sorts for each in sort) == speaking
    assert all(ids(sort) == sorted(ids(sort)) for sort in sorts)
    assert all(each.forbids and not each.observe for each in found.forbids)
    assert not any(each.forbids or each.observe for each in found.allows)
    assert all(each.observe for each in found.observed)


CONTACT = Channel.CONTACT


@pytest.mark.parametrize(
    ("given_rule", "channel", "speaks"),
    [
        (rule("a", ("us", "acme"), forbids=True), Channel.FILE, True),
        (rule("a", ("staff", "acme"), forbids=True), Channel.FILE, False),
        (rule("a", ("acme", "us"), forbids=True), Channel.FILE, False),
        (rule("a", ("us", "acme")), Channel.FILE, False),
        (rule("a", ("us", "anyone")), Channel.FILE, True),
        (rule("a", ("us", EVERYONE)), Channel.FILE, True),
        (rule("a", ("us", "anyone")), Channel.VOICE, False),
        # contact is asked both ways
        (rule("a", ("acme", "us"), forbids=True, channel=CONTACT), CONTACT, True),
        (rule("a", ("us", "acme"), forbids=True, channel=CONTACT), CONTACT, True),
        (rule("a", ("us", "anyone"), channel=CONTACT), CONTACT, False),
        (rule("a", ("us", "anyone"), ("anyone", "us"), channel=CONTACT), CONTACT, True),
    ],
)
def test_towards_unknown_people_a_forbid_may_speak_and_an_allow_must(given_rule, channel, speaks):
    found = Ruleset.of(1, [given_rule]).applicable(Question(channel, US, None, "unknown members"))
    assert bool(found.forbids + found.allows) is speaks


def test_conditions_hold_if_all_of_when_and_none_of_unless_do():
    given_rule = rule(
        "a",
        ("us", "acme"),
        when=(parse("file.size < 10 B"), parse("file.encrypted = no")),
        unless=(parse("file.kind = document"), parse("room.encrypted = yes")),
    )
    known = {
        "file.size": 9, "file.encrypted": False, "file.kind": "image", "room.encrypted": False,
    }  # fmt: skip
    assert given_rule.outcomes(Facts(known)) is Outcomes.YES
    for change in (
        {"file.size": 10},
        {"file.encrypted": True},
        {"file.kind": "document"},
        {"room.encrypted": True},
    ):
        assert given_rule.outcomes(Facts({**known, **change})) is Outcomes.NO
    assert given_rule.outcomes(Facts()) is Outcomes.UNKNOWN
    assert len(list(given_rule.conditions())) == 4


def test_a_rule_without_conditions_always_holds():
    assert rule("a", ("us", "acme")).outcomes(Facts()) is Outcomes.YES


@pytest.mark.parametrize(
    ("rules", "beside"),
    [
        ([rule("a", ("us", "acme"), say="a")], "a"),
        ([rule("b", ("us", "acme"), say="b"), rule("a", ("us", "acme"))], "b"),
        ([rule("a", ("us", "acme"), channel=Channel.VOICE, say="a"), rule("b", ("us", "acme"), say="b")],
         "b"),
        ([rule("b", ("us", "partners"), channel=Channel.VOICE, say="b"),
          rule("a", ("us", "acme"), channel=Channel.VIDEO, say="a")], "a"),
        ([rule("a", ("us", "acme"), channel=Channel.VOICE, say="a", forbids=True)], None),
        ([rule("a", ("us", "acme"), channel=Channel.VOICE, say="a", observe=True)], None),
        ([rule("a", ("us", "beta"), channel=Channel.VOICE, say="a")], None),
        ([], None),
    ],
)  # fmt: skip
def test_the_sentence_beside_a_no_is_that_of_the_nearest_allow(rules, beside):
    found = Ruleset.of(1, rules).applicable(Question(Channel.FILE, US, ACME, "@b:acme")).beside
    assert (found.id if found else None) == beside


def test_only_facts_that_are_read_are_needed():
    rules = [
        rule("a", ("us", "acme"), when=(parse("file.size < 1 B"),)),
        rule("b", ("us", "acme"), forbids=True, unless=(parse("file.kind = image"),)),
        rule("c", ("us", "acme"), observe=True, when=(parse("file.encrypted = no"),)),
        rule("d", ("us", "beta"), when=(parse("file.type = a/b"),)),
    ]
    needs = Ruleset.of(1, rules).needs([Question(Channel.FILE, US, ACME, "@b:acme")])
    assert needs == {"file.size", "file.kind", "file.encrypted"}


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(ruleset_file, "_MOST_REMEMBERED", 3)
    ruleset = Ruleset.of(1, [rule("a", ("us", "acme"))])
    for number in range(10):
        question = Question(Channel.FILE, US, ACME | {str(number)}, "@b:acme")
        assert ids(ruleset.applicable(question).allows) == ["a"]
        assert len(ruleset._remembered) <= 3


def test_rulesets_of_the_same_rules_are_the_same():
    rules = [rule("a", ("us", "acme")), rule("b", ("us", "acme"))]
    used = Ruleset.of(1, rules)
    used.applicable(Question(Channel.FILE, US, ACME, "@b:acme"))
    assert used == Ruleset.of(1, rules[::-1])
    assert used != Ruleset.of(2, rules)


def test_a_pair_of_party_sets_is_looked_up_once():
    ruleset = Ruleset.of(1, [rule("a", ("us", "acme"))])
    question = Question(Channel.FILE, US, ACME, "@b:acme")
    assert ruleset.applicable(question) is ruleset.applicable(question)
