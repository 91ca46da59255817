import pytest

from vedette.core.asks import Act, Ask, Question
from vedette.core.channels import Channel
from vedette.core.conditions import parse
from vedette.core.decide import decide
from vedette.core.decision import Decision, Verdict
from vedette.core.explain import (
    HELD,
    MOST_CONSIDERED,
    considered,
    sentence_about_held_file,
    sentence_about_refused_file,
    sentence_about_released_file,
    sentence_across,
    sentence_at_sign_in,
    sentence_for_administrator,
    sentence_for_auditor,
    sentence_for_person,
)
from vedette.core.facts import Facts, Missing
from vedette.core.reasons import Reason
from vedette.core.ruleset import CompiledRule, Ruleset

STAFF, ACME = frozenset({"anyone", "us", "staff"}), frozenset({"anyone", "partners", "acme"})


def rule(id_: str, *pairs: tuple[str, str], forbids: bool = False, **more: object) -> CompiledRule:
    return CompiledRule(
        id=id_,
        forbids=forbids,
        channels=frozenset({Channel.FILE}),
        pairs=frozenset(pairs),
        **more,  # type: ignore[arg-type]
    )


RULES = Ruleset.of(
    7,
    [
        rule("documents", ("staff", "acme"), when=(parse("claimed file.kind in document"),)),
        rule("inside", ("staff", "staff")),
        rule("elsewhere", ("guests", "outside")),
        rule("both", ("staff", "board"), ("board", "staff")),
        rule("no-large", ("us", "partners"), forbids=True, when=(parse("file.size > 5 MiB"),)),
    ],
)
ASK = Ask(
    act=Act.ROOM_EVENT_SEND,
    who="@alice:example.org",
    questions=(Question(Channel.FILE, STAFF, ACME, "@carol:acme.example"),),
)
SMALL = Facts({"file.size": 10}, {"file.kind": "document"})


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_reason_has_a_sentence_for_everybody(reason: Reason, verdict: Verdict) -> None:
    decision = Decision(verdict=verdict, reason=reason, rule="r", revision=1)
    assert sentence_for_person(decision).endswith(".")
    assert reason.value in sentence_for_administrator(decision)
    assert sentence_for_auditor("synapse:1", ASK, decision, None).startswith("synapse:1: ")


def test_the_person_reads_the_rule_s_own_sentence() -> None:
    decision = Decision(
        verdict=Verdict.NO, reason=Reason.FORBIDDEN, rule="acme", revision=1, say="Only messages."
    )
    assert sentence_for_person(decision) == "Only messages."


def test_a_person_is_never_told_the_name_of_a_rule() -> None:
    decision = Decision(
        verdict=Verdict.NO,
        reason=Reason.FORBIDDEN,
        rule="secret-rule",
        revision=1,
        towards="@b:x.y",
    )
    sentence = sentence_for_person(decision)
    assert "secret-rule" not in sentence
    assert "@b:x.y" in sentence


def waiting(*pending: str, say: str | None = None) -> Decision:
    return Decision(
        verdict=Verdict.NOT_YET, reason=Reason.FACT_PENDING, revision=1, pending=pending, say=say
    )


def test_a_not_yet_says_what_is_missing() -> None:
    assert sentence_for_person(waiting("sign_in.factors")) == (
        "Please show a second proof that it is you."
    )
    assert sentence_for_person(waiting("device.approved", say="Only approved devices.")) == (
        "Only approved devices. This device waits for approval by your administrator."
    )
    assert sentence_for_person(waiting("change.widens")) == "This is waiting for one more step."
    assert sentence_for_person(waiting("change.widens", say="Wait.")) == "Wait."


def test_of_a_file_that_is_looked_at_nobody_is_told_why_it_would_be_refused() -> None:
    held = waiting("file.kind", "file.malware", say="Only documents.")
    assert sentence_for_person(held) == HELD
    assert HELD.startswith("This file is still being looked at.")
    more = sentence_for_person(waiting("device.approved", "file.kind", say="Only approved."))
    assert more.startswith("Only approved. This device waits")
    assert more.endswith(HELD)


def test_whoever_has_shown_no_certificate_is_asked_for_it() -> None:
    assert sentence_at_sign_in(waiting("certificate.issuer", "certificate.usages")) == (
        "Please show the certificate that your organisation gave you."
    )


def test_both_of_two_missing_steps_are_named() -> None:
    both = sentence_at_sign_in(waiting("device.confirmed", "sign_in.factors"))
    assert "on another one of yours" in both
    assert "second proof" in both


def test_who_may_not_sign_in_reads_about_signing_in_and_what_could_not_be_checked() -> None:
    unknown = Decision(
        verdict=Verdict.NO,
        reason=Reason.FACT_UNKNOWN,
        rule="versions",
        revision=1,
        towards="@alice:example.org",
        unknown=("certificate.issuer", "client.version", "sign_in.networks"),
    )
    sentence = sentence_at_sign_in(unknown)
    assert "which app this is" in sentence
    assert "from which network" in sentence
    assert "whether you have a certificate" in sentence
    assert "versions" not in sentence
    assert "@alice" not in sentence


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_has_a_sentence_at_sign_in(reason: Reason) -> None:
    decision = Decision(verdict=Verdict.NO, reason=reason, revision=1)
    assert sentence_at_sign_in(decision).endswith(".")
    told = Decision(verdict=Verdict.NO, reason=reason, revision=1, say="Not from there.")
    assert sentence_at_sign_in(told) == "Not from there."


def test_another_organisation_reads_nothing_but_the_record() -> None:
    assert "gateway:12" in sentence_across("gateway:12")
    assert "None" not in sentence_across(None)


def test_the_administrator_reads_what_was_missing() -> None:
    decision = decide(RULES, ASK, Facts({"file.size": Missing.PENDING}, {"file.kind": "document"}))
    sentence = sentence_for_administrator(decision)
    assert "not-yet" in sentence
    assert "pending: file.size" in sentence


def test_rules_that_spoke_come_first_then_those_that_nearly_did() -> None:
    found = considered(RULES, ASK, SMALL)
    assert [(each.rule, each.matched) for each in found] == [
        ("documents", "yes"),
        ("no-large", "no"),
        ("both", "no"),
        ("inside", "no"),
    ]
    assert "claimed file.kind in document" in found[0].because
    assert found[2].because == "it speaks between board and staff"
    assert found[3].because == "it speaks from staff to staff"


@pytest.mark.parametrize(
    ("size", "matched"),
    [(Missing.UNKNOWN, "unknown"), (Missing.PENDING, "pending"), (9 << 20, "yes")],
)
def test_doubt_is_told_from_a_match(size: int | Missing, matched: str) -> None:
    facts = Facts({"file.size": size}, {"file.kind": "document"})
    judged = {each.rule: each.matched for each in considered(RULES, ASK, facts)}
    assert judged["no-large"] == matched


def test_ten_thousand_rules_do_not_make_an_endless_list() -> None:
    many = Ruleset.of(1, [rule(f"r{number}", ("staff", "acme")) for number in range(1000)])
    assert len(considered(many, ASK, SMALL)) == MOST_CONSIDERED


def test_the_auditor_reads_whether_the_replay_agreed() -> None:
    decision = decide(RULES, ASK, SMALL)
    assert "the answer is the same" in sentence_for_auditor("synapse:1", ASK, decision, True)
    assert "ANOTHER" in sentence_for_auditor("synapse:1", ASK, decision, False)


@pytest.mark.parametrize(
    ("condition", "value", "written"),
    [
        ("file.encrypted = no", True, "it is yes"),
        ("file.encrypted = no", False, "it is no"),
        ("today <= 2020-01-01", 739945, "it is 2026-11-25"),
        ("change.widens in us", frozenset({"b", "a"}), "it is a, b"),
        ("change.widens in us", frozenset(), "it is nothing"),
        ("device.version > 1", (15, 2), "it is 15.2"),
        ("file.size > 1 B", 7, "it is 7"),
    ],
)
def test_a_fact_is_written_as_people_write_it(
    condition: str, value: bool | int | tuple[int, ...] | frozenset[str], written: str
) -> None:
    read = parse(condition)
    rules = Ruleset.of(1, [rule("a", ("staff", "acme"), when=(read,))])
    (found,) = considered(rules, ASK, Facts({read.fact: value}))
    assert found.because.endswith(written)


def test_of_a_file_with_others_in_it_the_one_is_explained_that_stands_in_the_way() -> None:
    spoken = Ruleset.of(
        7,
        [
            rule("allow", ("staff", "acme"), when=(parse("file.kind in archive, document"),)),
            rule("forbid", ("staff", "acme"), forbids=True, when=(parse("file.kind = program"),)),
        ],
    )
    parts = ({"file.kind": "document"}, {"file.kind": "program"})
    found = considered(spoken, ASK, Facts({"file.kind": "archive"}, parts=parts))
    assert [(each.rule, each.matched) for each in found] == [("allow", "no"), ("forbid", "yes")]
    assert all(each.because.endswith("it is program") for each in found)


def test_a_part_that_nobody_could_look_at_bites_less_surely_than_one_that_was() -> None:
    spoken = Ruleset.of(
        7, [rule("f", ("staff", "acme"), forbids=True, when=(parse("file.kind = program"),))]
    )
    unseen, program = {"file.kind": Missing.UNKNOWN}, {"file.kind": "program"}
    for parts, matched in (
        ((unseen,), "unknown"), ((program, unseen), "yes"), ((unseen, program), "yes"),
        (({"file.kind": Missing.PENDING},), "pending"), ((), "no"),
    ):  # fmt: skip
        found = considered(spoken, ASK, Facts({"file.kind": "archive"}, parts=parts))
        assert [each.matched for each in found] == [matched]


def test_a_sender_reads_what_becomes_of_a_file_by_its_name() -> None:
    assert sentence_about_held_file("a.pdf").startswith("Your file “a.pdf” was taken")
    assert sentence_about_released_file("") == "Your file was looked at, and can be opened now."
    no = Decision(
        verdict=Verdict.NO, reason=Reason.FORBIDDEN, rule="r", revision=1, say="No programs."
    )
    assert sentence_about_refused_file("a\x1b\n.pdf" + "x" * 99, no).endswith("No programs.")
    assert "\x1b" not in sentence_about_refused_file("a\x1b\n.pdf", no)
    assert len(sentence_about_released_file("x" * 999)) < 200
