"""What holds for every set of rules, every ask and all facts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.strategies import (
    CALM,
    CHANNELS,
    NAMES,
    PARTIES,
    Case,
    asks,
    cases,
    facts_for,
    facts_read,
    forgotten,
    party_sets,
    renamed,
    rules,
    rulesets,
)
from vedette.core.asks import Act, Ask, Members, Need, Question, Someone
from vedette.core.channels import Channel
from vedette.core.decide import decide
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts, Missing
from vedette.core.record import (
    RecordFault,
    body,
    canonical,
    chained,
    read_body,
    verify_chain,
)
from vedette.core.ruleset import CompiledRule, Ruleset
from vedette.core.towards import meet, say

RANK = {Verdict.NO: 0, Verdict.NOT_YET: 1, Verdict.YES: 2}


def verdict(case: Case, **changed) -> Verdict:
    case = replace(case, **changed)
    return decide(case.rules, case.ask, case.facts).verdict


def widened(before: Verdict, after: Verdict) -> bool:
    return after is Verdict.YES and before is not Verdict.YES


@CALM
@given(cases(wrong=True, parts=True))
def test_every_ask_has_an_answer_whatever_the_facts(case):
    decision = decide(case.rules, case.ask, case.facts)
    assert isinstance(decision, Decision)
    assert (decision.pending != ()) is (decision.verdict is Verdict.NOT_YET)
    assert decision.revision == case.rules.revision


@CALM
@given(cases(parts=True), st.data(), st.sampled_from((None, *Missing)))
def test_a_forgotten_fact_never_turns_a_no_into_a_yes(case, data, how):
    name = data.draw(facts_read(case.rules))
    before = verdict(case)
    after = verdict(case, facts=forgotten(case.facts, name, how))
    assert not (before is Verdict.NO and after is Verdict.YES)


@CALM
@given(cases(parts=True), st.data(), st.integers(0, 2))
def test_one_more_part_never_makes_an_answer_more_lenient(case, data, at):
    more = list(case.facts.parts)
    more.insert(at, data.draw(facts_for(case.rules)).known)
    after = verdict(case, facts=Facts(case.facts.known, case.facts.claims, tuple(more)))
    assert RANK[after] <= RANK[verdict(case)]


@CALM
@given(cases(parts=True))
def test_one_question_about_what_has_parts_is_answered_as_for_its_strictest(case):
    for question in case.ask.questions:
        alone = replace(case.ask, questions=(question,))
        each = [verdict(case, ask=alone, facts=one) for one in case.facts.each()]
        assert RANK[verdict(case, ask=alone)] == min(RANK[one] for one in each)


@CALM
@given(cases(), st.data())
def test_a_fact_that_is_unknown_is_never_better_than_one_that_is_pending(case, data):
    name = data.draw(facts_read(case.rules))
    pending = verdict(case, facts=forgotten(case.facts, name, Missing.PENDING))
    unknown = verdict(case, facts=forgotten(case.facts, name, Missing.UNKNOWN))
    assert not (pending is Verdict.NO and unknown is not Verdict.NO)
    assert not widened(unknown, pending)


@CALM
@given(cases(), st.data())
def test_what_a_pending_fact_turns_out_to_be_never_turns_a_no_or_a_yes(case, data):
    name = data.draw(facts_read(case.rules))
    waiting = Facts({**case.facts.known, name: Missing.PENDING}, case.facts.claims)
    learnt = data.draw(facts_for(case.rules)).known.get(name, Missing.UNKNOWN)
    claimless = {key: value for key, value in case.facts.claims.items() if key != name}
    before = verdict(case, facts=Facts(waiting.known, claimless))
    after = verdict(case, facts=Facts({**waiting.known, name: learnt}, claimless))
    assert before in (Verdict.NOT_YET, after)


@CALM
@given(cases(pending=False))
def test_nothing_pending_is_never_not_yet(case):
    assert verdict(case) is not Verdict.NOT_YET


@CALM
@given(cases(), rules("z"))
def test_another_allow_removes_no_yes(case, rule):
    more = Ruleset.of(7, [*case.rules.rules, replace(rule, forbids=False)])
    assert RANK[verdict(case)] <= RANK[verdict(case, rules=more)]


@CALM
@given(cases(), rules("A"))
def test_another_forbid_adds_no_yes(case, rule):
    more = Ruleset.of(7, [*case.rules.rules, replace(rule, forbids=True)])
    assert RANK[verdict(case)] >= RANK[verdict(case, rules=more)]


@CALM
@given(cases(), rules("m"))
def test_a_rule_in_observe_mode_changes_no_answer(case, rule):
    before = decide(case.rules, case.ask, case.facts)
    more = Ruleset.of(7, [*case.rules.rules, replace(rule, observe=True)])
    after = decide(more, case.ask, case.facts)
    assert replace(after, observed=()) == replace(before, observed=())
    assert set(before.observed) <= set(after.observed) <= {*before.observed, "m"}


@CALM
@given(cases(parts=True), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_questions_never_matters(case, chance):
    shuffled, asked = list(case.rules.rules), list(case.ask.questions)
    chance.shuffle(shuffled)
    chance.shuffle(asked)
    again = Case(Ruleset.of(7, shuffled), replace(case.ask, questions=tuple(asked)), case.facts)
    assert decide(again.rules, again.ask, again.facts) == decide(case.rules, case.ask, case.facts)


@CALM
@given(cases(), st.permutations(NAMES), st.permutations(sorted(set(PARTIES) - {"anyone"})))
def test_what_rules_and_parties_are_called_never_matters(case, names, parties):
    called = dict(zip(NAMES, names, strict=True))
    # `anyone` keeps its name: it is the one party that everybody is known to belong to.
    known = dict(zip(sorted(set(PARTIES) - {"anyone"}), parties, strict=True)) | {
        "anyone": "anyone"
    }
    ruleset = Ruleset.of(7, [renamed(rule, called, known) for rule in case.rules.rules])
    asked = tuple(
        replace(
            question,
            from_=frozenset(known[name] for name in question.from_),
            to=None if question.to is None else frozenset(known[name] for name in question.to),
        )
        for question in case.ask.questions
    )
    before = decide(case.rules, case.ask, case.facts)
    after = decide(ruleset, replace(case.ask, questions=asked), case.facts)
    assert after.verdict is before.verdict
    assert after.pending == before.pending


@CALM
@given(cases())
def test_every_question_must_be_a_yes_or_one_where_one_is_enough(case):
    each = [verdict(case, ask=replace(case.ask, questions=(one,))) for one in case.ask.questions]
    pick = min if case.ask.need is Need.EVERY else max
    if each:
        assert RANK[verdict(case)] == pick(RANK[one] for one in each)


@CALM
@given(cases())
def test_deciding_twice_is_deciding_once(case):
    first = decide(case.rules, case.ask, case.facts)
    fresh = Ruleset.of(7, case.rules.rules)
    assert decide(case.rules, case.ask, case.facts) == first
    assert decide(fresh, case.ask, case.facts) == first


# --- who is in the room ---------------------------------------------------------------------------

ORGANISATIONS = ("x.example", "acme", "z.example")


@st.composite
def people(draw):
    organisation = draw(st.sampled_from(ORGANISATIONS))
    name = draw(st.sampled_from(("@a:", "@b:", "@c:", "@d:"))) + organisation
    return Someone(name, draw(party_sets()), organisation, organisation == "x.example")


@CALM
@given(rulesets(), people(), st.lists(people(), max_size=4), st.sampled_from(CHANNELS), st.data())
def test_members_that_are_not_known_never_turn_a_no_into_a_yes(ruleset, me, others, channel, data):
    facts = data.draw(facts_for(ruleset))
    known = Members.of(others)
    for before, after in (
        (
            say(Act.ROOM_EVENT_SEND, me, known, (channel,), None),
            say(Act.ROOM_EVENT_SEND, me, None, (channel,), None),
        ),
        (
            meet(Act.ROOM_MEMBER_JOIN, me.name, [me], known, None),
            meet(Act.ROOM_MEMBER_JOIN, me.name, [me], None, None),
        ),
    ):
        answers = decide(ruleset, before, facts).verdict, decide(ruleset, after, facts).verdict
        assert answers != (Verdict.NO, Verdict.YES)


@CALM
@given(rulesets(), people(), st.lists(people(), max_size=4), people(), st.data())
def test_one_more_member_never_turns_a_no_into_a_yes(ruleset, me, others, late, data):
    facts = data.draw(facts_for(ruleset))
    channel = data.draw(st.sampled_from(CHANNELS))
    for ask in (
        lambda members: say(Act.ROOM_EVENT_SEND, me, members, (channel,), None),
        lambda members: meet(Act.ROOM_MEMBER_JOIN, me.name, [me], members, None),
    ):
        fewer = decide(ruleset, ask(Members.of(others)), facts).verdict
        more = decide(ruleset, ask(Members.of([*others, late])), facts).verdict
        assert RANK[more] <= RANK[fewer]


# --- what it costs --------------------------------------------------------------------------------


@pytest.fixture
def evaluations(monkeypatch):
    """Counts how often any rule is evaluated."""
    counted = []
    evaluate = CompiledRule.outcomes

    def counting(rule, facts):
        counted.append(rule.id)
        return evaluate(rule, facts)

    monkeypatch.setattr(CompiledRule, "outcomes", counting)
    return counted


def plain(id_, from_, to, channel=Channel.FILE, *, forbids=False):
    channels, pairs = frozenset({channel}), frozenset({(from_, to)})
    return CompiledRule(id=id_, forbids=forbids, channels=channels, pairs=pairs, say="no")


def test_ten_thousand_rules_that_can_not_match_cost_nothing(evaluations):
    base = [plain("a", "us", "acme"), plain("b", "us", "acme", forbids=True)]
    many = [plain(f"x{n}", "us", f"partner-{n}", forbids=n % 2 == 0) for n in range(5_000)]
    many += [plain(f"y{n}", f"partner-{n}", "us") for n in range(2_500)]
    many += [plain(f"z{n}", "us", "acme", Channel.VOICE, forbids=True) for n in range(2_500)]
    ask = asked({"anyone", "us"}, {"anyone", "partners", "acme"})
    decide(Ruleset.of(1, base), ask, Facts())
    alone = len(evaluations)
    decide(Ruleset.of(1, base + many), ask, Facts())
    assert len(evaluations) == 2 * alone == 2


def test_ten_thousand_members_of_the_same_kinds_cost_nothing(evaluations):
    ruleset = Ruleset.of(1, [plain("a", "us", "us"), plain("b", "us", "acme")])
    ours, theirs = frozenset({"anyone", "us"}), frozenset({"anyone", "partners", "acme"})
    me = Someone("@me:x.example", ours, "x.example", True)

    def evaluated(count):
        crowd = [Someone(f"@a{n}:x.example", ours, "x.example", True) for n in range(count)]
        crowd += [Someone(f"@b{n}:acme.example", theirs, "acme", False) for n in range(count)]
        evaluations.clear()
        decide(
            ruleset, say(Act.ROOM_EVENT_SEND, me, Members.of(crowd), (Channel.FILE,), None), Facts()
        )
        return len(evaluations)

    assert evaluated(1) == evaluated(5_000) == 2


@given(st.integers(1, 5), st.integers(1, 30))
def test_questions_are_bounded_by_distinct_sets_of_parties(kinds, each):
    crowd = [
        Someone(f"@p{kind}-{n}:x.example", frozenset({"anyone", f"k{kind}"}), "x.example", True)
        for kind in range(kinds)
        for n in range(each)
    ]
    ask = say(Act.ROOM_EVENT_SEND, crowd[0], Members.of(crowd), (Channel.FILE,), None)
    assert len(ask.questions) == kinds


def asked(from_, to):
    question = Question(Channel.FILE, frozenset(from_), frozenset(to), "@b:acme.example")
    return Ask(act=Act.ROOM_EVENT_SEND, who="@me:x.example", questions=(question,))


# --- what is kept ---------------------------------------------------------------------------------


@CALM
@given(cases(parts=True))
def test_a_record_replays_to_the_same_answer(case):
    decision = decide(case.rules, case.ask, case.facts)
    kept = json.loads(canonical(body(case.ask, case.facts, decision)))
    ask, facts, said = read_body(kept)
    assert (ask, said) == (case.ask, decision)
    assert decide(case.rules, ask, facts) == decision


def chain(count):
    entries, head = [], "0" * 64
    for number in range(1, count + 1):
        entries.append(
            chained(head, {"id": f"gateway:{number}", "kind": "decision", "n": number * 7})
        )
        head = entries[-1]["hash"]
    return entries


@given(st.data())
def test_no_byte_of_a_log_can_be_changed_unseen(data):
    lines = [canonical(entry) for entry in chain(3)]
    at = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[at]) - 1))
    other = data.draw(st.integers(1, 255))
    changed = bytearray(lines[at])
    changed[place] ^= other
    lines[at] = bytes(changed)
    with pytest.raises((RecordFault, ValueError)):
        verify_chain([json.loads(line) for line in lines], "gateway")


@given(st.data())
def test_no_record_can_be_taken_out_or_swapped_unseen(data):
    entries = chain(4)
    whole = verify_chain(entries, "gateway")
    at = data.draw(st.integers(0, 2))
    without = [entry for index, entry in enumerate(entries) if index != at]
    swapped = [*entries]
    swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    for broken in (without, swapped, [entries[0], *entries]):
        with pytest.raises(RecordFault):
            verify_chain(broken, "gateway")
    # What is cut off at the end shows against what was anchored outside.
    assert verify_chain(entries[:-1], "gateway") != whole


@CALM
@given(rulesets(), st.data())
def test_what_is_not_needed_is_not_read(ruleset, data):
    ask = data.draw(asks(ruleset))
    read = []

    class Watched(dict):
        def get(self, name, default=None):
            read.append(name)
            return default

    decide(ruleset, ask, Facts(Watched()))
    assert set(read) <= ruleset.needs(ask.questions)
