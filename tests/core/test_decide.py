"""What `decide` says beyond what the laws and the table of promises hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vedette.core.asks import Act, Ask, Need, Question
from vedette.core.channels import Channel
from vedette.core.conditions import parse
from vedette.core.decide import answer, decide
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts, Missing
from vedette.core.reasons import Reason
from vedette.core.ruleset import CompiledRule, Ruleset

US, ACME, BETA = (
    frozenset({"anyone", "us"}),
    frozenset({"anyone", "partners", "acme"}),
    frozenset({"anyone", "partners", "beta"}),
)
TO_ACME = Question(Channel.FILE, US, ACME, "@a:acme")
TO_BETA = Question(Channel.FILE, US, BETA, "@b:beta")
TO_NOBODY_KNOWN = Question(Channel.FILE, US, None, "unknown members")
PENDING = Missing.PENDING


def rule(id_, to, *when, forbids=False, say=None, unless=(), observe=False):
    return CompiledRule(
        id=id_,
        forbids=forbids,
        channels=frozenset({Channel.FILE}),
        pairs=frozenset({("us", to)}),
        when=tuple(parse(text) for text in when),
        unless=tuple(parse(text) for text in unless),
        say=say,
        observe=observe,
    )


def decided(rules, *questions, known=None, need=Need.EVERY):
    ask = Ask(act=Act.ROOM_EVENT_SEND, who="@me:x", questions=questions, need=need)
    return decide(Ruleset.of(7, rules), ask, Facts(known or {}))


@pytest.mark.parametrize(
    ("need", "verdict", "reason"),
    [(Need.EVERY, Verdict.YES, Reason.ROUTINE), (Need.SOME, Verdict.NO, Reason.NO_RULE)],
)
def test_where_nothing_is_asked_everything_holds_and_nothing_is_found(need, verdict, reason):
    assert decided([], need=need) == Decision(verdict=verdict, reason=reason, revision=7)


def test_a_yes_names_its_rule_and_nobody():
    assert decided([rule("a", "acme", say="no")], TO_ACME) == Decision(
        verdict=Verdict.YES, reason=Reason.ALLOWED, rule="a", revision=7
    )


def test_a_refusal_says_all_that_is_known_about_it():
    rules = [
        rule("a", "acme"),
        rule("f", "acme", "file.size > 1 B", forbids=True, say="Too large."),
    ]
    assert decided(rules, TO_ACME) == Decision(
        verdict=Verdict.NO,
        reason=Reason.FACT_UNKNOWN,
        rule="f",
        towards="@a:acme",
        revision=7,
        unknown=("file.size",),
        say="Too large.",
    )


def test_what_other_allows_wait_for_is_not_waited_for():
    rules = [
        rule("a", "acme", "file.kind = image"),
        rule("b", "acme"),
        rule("f", "acme", "file.size > 1 B", forbids=True, say="Large files wait."),
    ]
    known = {"file.kind": PENDING, "file.size": PENDING}
    found = decided(rules, TO_ACME, known=known)
    assert found == Decision(
        verdict=Verdict.NOT_YET,
        reason=Reason.FACT_PENDING,
        rule="f",
        towards="@a:acme",
        revision=7,
        pending=("file.size",),
        say="Large files wait.",
    )


def test_a_forbid_that_is_pending_does_not_make_a_no_wait():
    rules = [rule("f", "acme", "file.size > 1 B", forbids=True)]
    found = decided(rules, TO_ACME, known={"file.size": PENDING})
    assert (found.verdict, found.reason) == (Verdict.NO, Reason.NO_RULE)


def test_while_one_forbid_waits_another_may_refuse():
    rules = [
        rule("a", "acme"),
        rule("f", "acme", "file.size > 1 B", forbids=True),
        rule("g", "acme", "file.kind = image", forbids=True),
    ]
    found = decided(rules, TO_ACME, known={"file.size": PENDING, "file.kind": "image"})
    assert (found.verdict, found.rule, found.pending) == (Verdict.NO, "g", ())


def test_a_waiting_answer_names_what_is_pending_and_what_is_unknown():
    rules = [rule("a", "acme", "file.size > 1 B"), rule("b", "acme", "file.kind = image")]
    found = decided(rules, TO_ACME, known={"file.size": PENDING})
    assert (found.verdict, found.rule, found.pending, found.unknown) == (
        Verdict.NOT_YET, "a", ("file.size",), (),
    )  # fmt: skip


def test_unknown_members_are_the_reason_where_nothing_else_is():
    found = decided([rule("f", "acme", forbids=True)], TO_NOBODY_KNOWN)
    assert (found.reason, found.rule) == (Reason.MEMBERS_UNKNOWN, "f")
    assert decided([rule("a", "acme")], TO_NOBODY_KNOWN).reason is Reason.MEMBERS_UNKNOWN
    assert decided([rule("a", "anyone")], TO_NOBODY_KNOWN).verdict is Verdict.YES


def test_somebody_known_who_is_refused_comes_before_members_that_are_not_known():
    found = decided([rule("f", "beta", forbids=True)], TO_NOBODY_KNOWN, TO_ACME)
    assert (found.reason, found.towards) == (Reason.NO_RULE, "@a:acme")


def test_of_several_answers_the_strictest_counts_and_its_lowest_rule_is_named():
    rules = [
        rule("a", "acme"),
        rule("x", "acme", forbids=True, say="Never."),
        rule("c", "beta", forbids=True, say="Nor this."),
    ]
    found = decided(rules, TO_ACME, TO_BETA)
    assert (found.rule, found.towards, found.say) == ("c", "@b:beta", "Nor this.")


def test_a_rule_that_refuses_is_named_before_one_that_stops_short():
    rules = [
        rule("a", "acme", "file.size > 1 B", say="Only small ones."),
        rule("z", "beta", forbids=True),
    ]
    assert decided(rules, TO_ACME, TO_BETA).rule == "z"


def test_a_rule_that_stops_short_is_named_before_none():
    rules = [rule("a", "beta", "file.size > 1 B", say="Only large ones.")]
    assert decided(rules, TO_ACME, TO_BETA).rule == "a"


def test_where_one_yes_is_enough_the_most_lenient_counts():
    rules = [rule("a", "acme", "file.size > 1 B"), rule("b", "beta", observe=True)]
    some = decided(rules, TO_ACME, TO_BETA, known={"file.size": PENDING}, need=Need.SOME)
    assert (some.verdict, some.pending, some.observed) == (Verdict.NOT_YET, ("file.size",), ("b",))
    assert decided([rule("a", "acme")], TO_ACME, TO_BETA, need=Need.SOME).verdict is Verdict.YES


def test_what_is_missing_is_joined_over_all_deciding_answers():
    rules = [rule("a", "acme", "file.size > 1 B"), rule("b", "beta", "file.kind = image")]
    found = decided(
        rules, TO_ACME, TO_BETA, known=dict.fromkeys(("file.size", "file.kind"), PENDING)
    )
    assert found.pending == ("file.kind", "file.size")
    assert decided(rules, TO_ACME, TO_BETA).unknown == ("file.kind", "file.size")


@pytest.mark.parametrize(
    ("forbids", "size", "noted"),
    [
        (True, 2, True), (True, 1, False), (True, None, True), (True, PENDING, True),
        (False, 2, True), (False, 1, False), (False, None, False), (False, PENDING, True),
    ],
)  # fmt: skip
def test_in_observe_mode_is_noted_what_would_have_had_a_say(forbids, size, noted):
    rules = [rule("o", "acme", "file.size > 1 B", forbids=forbids, observe=True)]
    known = {} if size is None else {"file.size": size}
    assert decided(rules, TO_ACME, known=known).observed == (("o",) if noted else ())


def test_one_question_may_be_answered_by_itself():
    ruleset = Ruleset.of(7, [rule("a", "acme")])
    assert answer(ruleset, TO_ACME, Facts()).verdict is Verdict.YES
    assert answer(ruleset, TO_BETA, Facts()).verdict is Verdict.NO


def test_a_forbid_that_does_not_hold_leaves_the_allow():
    rules = [rule("a", "acme"), rule("f", "acme", "file.size > 1 B", forbids=True)]
    assert decided(rules, TO_ACME, known={"file.size": 1}).rule == "a"


def of_parts(*parts, known=None, rules=None, need=Need.EVERY, questions=(TO_ACME,)):
    rules = rules or [rule("a", "acme", "file.kind in archive, document", say="No programs.")]
    ask = Ask(act=Act.FILE_CONTENT_FETCH, who="@me:x", questions=questions, need=need)
    return decide(Ruleset.of(7, rules), ask, Facts(known or {"file.kind": "archive"}, {}, parts))


def test_what_has_parts_passes_where_the_whole_and_each_part_pass():
    assert of_parts({"file.kind": "document"}).verdict is Verdict.YES
    assert of_parts({"file.kind": "document"}, known={"file.kind": "image"}).verdict is Verdict.NO
    refused = of_parts({"file.kind": "document"}, {"file.kind": "program"})
    assert (refused.verdict, refused.reason) == (Verdict.NO, Reason.NO_RULE)
    assert (refused.rule, refused.say, refused.towards) == ("a", "No programs.", "@a:acme")


def test_a_part_that_could_not_be_looked_at_refuses():
    refused = of_parts({"file.kind": Missing.UNKNOWN})
    assert refused.verdict is Verdict.NO
    assert refused.unknown == ("file.kind",)


def test_a_part_that_is_not_looked_at_yet_waits_and_a_refused_one_beside_it_does_not():
    waits = of_parts({"file.kind": PENDING}, {"file.kind": "document"})
    assert (waits.verdict, waits.pending) == (Verdict.NOT_YET, ("file.kind",))
    assert of_parts({"file.kind": PENDING}, {"file.kind": "program"}).verdict is Verdict.NO


def test_a_part_has_what_is_known_of_the_whole_unless_it_has_its_own():
    rules = [
        rule("a", "acme", "file.kind in archive, document"),
        rule("f", "acme", "file.size > 1 B", "file.kind = document", forbids=True),
    ]
    known = {"file.kind": "archive", "file.size": 5}
    assert of_parts({"file.kind": "document"}, known=known, rules=rules).rule == "f"
    small = {"file.kind": "document", "file.size": 1}
    assert of_parts(small, known=known, rules=rules).verdict is Verdict.YES


def test_where_one_yes_is_enough_one_reader_must_be_allowed_everything_in_it():
    rules = [
        rule("a", "acme", "file.kind = archive"),
        rule("b", "beta", "file.kind = document"),
    ]
    both = {"rules": rules, "need": Need.SOME, "questions": (TO_ACME, TO_BETA)}
    assert of_parts({"file.kind": "document"}, **both).verdict is Verdict.NO
    assert of_parts({"file.kind": "archive"}, **both).verdict is Verdict.YES


def test_a_rule_in_observe_mode_is_named_for_a_part_too():
    rules = [
        rule("a", "acme"),
        rule("o", "acme", "file.kind = program", forbids=True, observe=True),
    ]
    assert of_parts({"file.kind": "program"}, rules=rules).observed == ("o",)
    assert of_parts({"file.kind": "document"}, rules=rules).observed == ()


def test_where_nobody_is_left_each_rule_says_why_and_the_lowest_is_named():
    rules = [
        rule(id_, to, "file.kind = image", say=f"{id_} says no.")
        for id_, to in (("c", "acme"), ("b", "beta"), ("a", "us"), ("d", "nobody"))
    ]
    inside = Question(Channel.FILE, US, US, "@c:x")
    known = {"file.kind": "program"}
    refused = decided(rules, TO_ACME, TO_BETA, inside, known=known, need=Need.SOME)
    assert (refused.rule, refused.say) == ("a", "a says no. b says no. c says no.")
    every = decided(rules, TO_ACME, TO_BETA, inside, known=known)
    assert (every.rule, every.say) == ("a", "a says no.")
    silent = [replace(each, say=None) for each in rules]
    assert decided(silent, TO_ACME, TO_BETA, known=known, need=Need.SOME).say is None


def test_no_more_is_said_than_can_be_read():
    parties = [frozenset({"anyone", f"p{n}"}) for n in range(5)]
    rules = [rule(f"r{n}", f"p{n}", "file.kind = image", say=f"No {n}.") for n in range(5)]
    asked = [Question(Channel.FILE, US, to, f"@a:p{n}") for n, to in enumerate(parties)]
    refused = decided(rules, *asked, known={"file.kind": "text"}, need=Need.SOME)
    assert refused.say == "No 0. No 1. No 2."
