from __future__ import annotations

from dataclasses import replace

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.settings.documents import SAMPLE
from tests.core.strategies import (
    ASKED,
    CALM,
    cedar_cases,
    documents,
    facts_for,
    party_sets,
)
from vedette.core.asks import Act, Ask, Question
from vedette.core.cedar import export, policies, request, schema
from vedette.core.channels import Channel
from vedette.core.compile import compile_rules
from vedette.core.conditions import parse
from vedette.core.decide import decide
from vedette.core.decision import Verdict
from vedette.core.facts import Facts
from vedette.core.ruleset import CompiledRule, Ruleset
from vedette.core.settings.parse import check_document, check_values

US, ACME = frozenset({"anyone", "us"}), frozenset({"anyone", "partners", "acme"})


def cedar_allows(text, question, facts, against=None):
    """What Cedar says; an error in any policy is a fault of the export."""
    asked = request("@me:x.example", question, facts)
    answer = cedarpy.is_authorized(asked.request, text, asked.entities, schema=against)
    assert not answer.diagnostics.errors
    return answer.decision is cedarpy.Decision.Allow


def vedette_allows(ruleset, question, facts):
    ask = Ask(act=Act.ROOM_EVENT_SEND, who="@me:x.example", questions=(question,))
    return decide(ruleset, ask, facts).verdict is Verdict.YES


@CALM
@given(cedar_cases())
def test_cedar_and_vedette_agree_on_any_rules_and_facts(case):
    (question,) = case.ask.questions
    text = policies(case.rules.rules)
    ours = decide(case.rules, case.ask, case.facts).verdict is Verdict.YES
    assert cedar_allows(text, question, case.facts) is ours


@CALM
@given(documents(), st.data())
def test_cedar_and_vedette_agree_on_whole_documents_and_the_schema_holds(values, data):
    document, findings = check_values(values)
    assert document is not None, findings
    exported = export(document)
    checked = cedarpy.validate_policies(exported.policies, exported.schema)
    assert checked.validation_passed, checked.errors
    ruleset = compile_rules(document, 1)
    for _ in range(3):
        channel = data.draw(st.sampled_from(ASKED))
        question = Question(channel, data.draw(party_sets()), data.draw(party_sets()), "@b:y")
        drawn = data.draw(facts_for(ruleset, pending=False))
        facts = Facts(
            {name: value for name, value in drawn.known.items() if name in KNOWN[channel]},
            {name: value for name, value in drawn.claims.items() if name in KNOWN[channel]},
        )
        ours = vedette_allows(ruleset, question, facts)
        assert cedar_allows(exported.policies, question, facts, exported.schema) is ours


KNOWN = {
    Channel.MESSAGE: {"today", "device.version", "device.platform"},
    Channel.FILE: {"today", "device.version", "device.platform", "file.kind", "file.size",
                   "file.encrypted"},
}  # fmt: skip


def test_the_sample_of_the_language_keeps_to_the_schema():
    document, _ = check_document(SAMPLE)
    exported = export(document)
    checked = cedarpy.validate_policies(exported.policies, exported.schema)
    assert checked.validation_passed, checked.errors
    assert '@rule("guardrails.no-file-crosses")' in exported.policies


def test_a_rule_in_observe_mode_is_left_out():
    rule = CompiledRule(
        id="a", forbids=True, channels=frozenset({Channel.FILE}), pairs=frozenset({("us", "acme")})
    )
    assert policies([rule]).startswith('@rule("a")\nforbid (')
    assert policies([replace(rule, observe=True)]) == ""


def test_a_name_can_not_break_out_of_its_policy():
    name = 'x"); permit (principal, action, resource); //\n\\u{22}'
    rule = CompiledRule(
        id="a", forbids=False, channels=frozenset({Channel.FILE}), pairs=frozenset({(name, "us")})
    )
    text = policies([rule])
    assert not cedar_allows(text, Question(Channel.FILE, ACME, US, "@b:y"), Facts())
    assert cedar_allows(text, Question(Channel.FILE, ACME | {name}, US, "@b:y"), Facts())


@pytest.mark.parametrize("known", [True, False])
def test_numbers_beyond_cedars_reach_keep_their_side(known):
    rule = CompiledRule(
        id="a",
        forbids=False,
        channels=frozenset({Channel.FILE}),
        pairs=frozenset({("us", "acme")}),
        when=(parse("file.size >= 999999999 GiB"),),
    )
    question = Question(Channel.FILE, US, ACME, "@b:y")
    facts = Facts({"file.size": (1 << 80) if known else -(1 << 80)})
    assert cedar_allows(policies([rule]), question, facts) is known
    assert vedette_allows(Ruleset.of(1, [rule]), question, facts) is known


def test_unknown_members_can_not_be_put_to_cedar():
    with pytest.raises(ValueError, match="unknown members"):
        request("@me:x", Question(Channel.FILE, US, None, "unknown members"), Facts())


def test_the_schema_names_every_channel():
    assert all(f'action "{channel.value}"' in schema() for channel in Channel)
