"""A partner at a glance: what the rules say, per channel and direction, for all of us or for some."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apps.scene import PEOPLE, policy_of
from vedette.adapters.memory.clock import MemoryClock
from vedette.admin.policy import CurrentPolicy
from vedette.core.asks import Question
from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.core.compile import compile_rules
from vedette.core.decide import answer
from vedette.core.decision import Verdict
from vedette.core.facts import Facts
from vedette.core.names import ServerName, UserId
from vedette.core.partners import ChannelGlance, Extent, consequences, glance, person_glance
from vedette.core.people import Directory, Person
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.core.settings.spelling import domain_matches, domain_sentence
from vedette.ports.policy import Policy

HEAD = """
[organisation]
name = "Example AG"
domain = "example.org"
[parties]
staff = { groups = ["Employees"] }
engineering = { groups = ["Engineering"] }
board = { groups = ["Board"] }
[partners]
acme = { domains = ["acme.example"], valid_until = 2027-06-30 }
"""


def rule(text: str) -> Policy:
    return policy_of(HEAD + "[rules.r]\n" + text)


def seen(policy: Policy, channel: Channel) -> tuple[str, str]:
    found = _of(policy, channel)
    return found.to_us.words, found.to_them.words


def _of(policy: Policy, channel: Channel) -> ChannelGlance:
    found = glance(policy.rules, policy.directory, "acme")
    return next(each for each in found if each.channel is channel)


def test_without_a_rule_nothing_passes_either_way() -> None:
    policy = policy_of(HEAD)
    found = glance(policy.rules, policy.directory, "acme")
    assert {each.channel for each in found} == BETWEEN_PEOPLE
    assert all(each.closed for each in found)
    assert consequences(found) == (
        "Nothing is allowed in either direction: their server is not even answered.",
    )


def test_a_rule_for_all_of_us_both_ways_is_a_yes_both_ways() -> None:
    policy = rule('between = ["us", "acme"]\nallow = ["message"]')
    assert seen(policy, Channel.MESSAGE) == ("yes", "yes")
    assert seen(policy, Channel.FILE) == ("no", "no")


def test_one_way_is_one_way() -> None:
    policy = rule('from = ["acme"]\nto = ["us"]\nallow = ["message", "contact"]')
    assert seen(policy, Channel.MESSAGE) == ("yes", "no")
    said = consequences(glance(policy.rules, policy.directory, "acme"))
    assert "They may write to us; what we write to them does not leave." in said
    assert any("nobody can be invited" in sentence for sentence in said)


def test_a_rule_for_a_party_is_a_yes_for_some_and_names_it() -> None:
    policy = rule('between = ["staff", "acme"]\nallow = ["message"]')
    assert seen(policy, Channel.MESSAGE) == ("only for staff", "only for staff")


def test_a_party_without_anybody_is_named_too() -> None:
    policy = rule('between = ["board", "acme"]\nallow = ["message"]')
    assert seen(policy, Channel.MESSAGE) == ("only for board", "only for board")


def test_conditions_are_said_and_not_guessed() -> None:
    policy = rule('from = ["us"]\nto = ["acme"]\nallow = ["file"]\nwhen = ["file.size < 3 MiB"]')
    assert seen(policy, Channel.FILE) == ("no", "yes, when file.size is under 3 MiB")


ALLOWS = 'between = ["staff", "acme"]\nallow = ["file"]\nwhen = ["file.kind in image, text"]'
FORBIDS = (
    '\n[rules.q]\nbetween = ["us", "acme"]\nforbid = ["file"]\n'
    'when = ["file.malware = yes"]\nunless = ["room.ours = yes"]'
)


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        (
            ALLOWS,
            "only for staff, when file.kind is image or text",
            "nur für staff, wenn file.kind image oder text ist",
        ),
        (
            ALLOWS + FORBIDS,
            (
                "only for staff, when file.kind is image or text, not when file.malware is yes, "
                "unless room.ours is yes"
            ),
            (
                "nur für staff, wenn file.kind image oder text ist, nicht, wenn file.malware ja ist, "
                "außer wenn room.ours ja ist"
            ),
        ),
        (
            (
                'between = ["us", "acme"]\nallow = ["file"]\n[rules.q]\nbetween = ["us", "acme"]\n'
                'forbid = ["file"]\nunless = ["file.kind = image"]'
            ),
            "yes, only when file.kind is image",
            "ja, nur wenn file.kind image ist",
        ),
    ],
)
def test_for_whom_and_under_which_conditions_is_said_in_each_language(
    text: str, english: str, german: str
) -> None:
    found = _of(rule(text), Channel.FILE)
    assert (found.words, found.words.german) == (english, german)


def test_ways_that_differ_are_told_apart() -> None:
    text = 'from = ["acme"]\nto = ["us"]\nallow = ["message"]\n[rules.q]\n'
    text += 'from = ["board"]\nto = ["acme"]\nallow = ["message"]'
    found = _of(rule(text), Channel.MESSAGE).words
    assert found == "to us yes; to them only for board"
    assert found.german == "zu uns ja; zu ihnen nur für board"
    only = _of(rule('from = ["acme"]\nto = ["us"]\nallow = ["message"]'), Channel.MESSAGE).words
    assert (only, only.german) == ("only from them to us", "nur von ihnen zu uns")


def test_more_conditions_than_one_reads_are_not_all_said() -> None:
    text = 'between = ["us", "acme"]\nallow = ["file"]' + "".join(
        f'\n[rules.q{n}]\nbetween = ["us", "acme"]\nforbid = ["file"]\nwhen = ["file.size > {n} MiB"]'
        for n in range(1, 6)
    )
    assert str(_of(rule(text), Channel.FILE).words).endswith(
        "not when file.size is over 3 MiB, and on further conditions"
    )


def test_a_condition_on_devices_of_people_elsewhere_is_never_met() -> None:
    text = 'between = ["us", "acme"]\nallow = ["message"]\nwhen = ["device.managed = yes"]'
    assert seen(rule(text), Channel.MESSAGE) == ("no", "yes, when device.managed is yes")


def test_after_its_last_day_a_partner_is_somebody_outside() -> None:
    policy = rule('between = ["us", "acme"]\nallow = ["message"]')
    assert seen(policy, Channel.MESSAGE) == ("yes", "yes")
    late = date(2027, 7, 1).toordinal()
    after = Policy(policy.rules, replace(policy.directory, today=late, _remembered={}, _kinds=[]))
    assert seen(after, Channel.MESSAGE) == ("no", "no")


def test_control_forgets_a_partner_the_day_after_its_last_one() -> None:
    clock = MemoryClock(seconds=datetime(2027, 6, 30, 12, tzinfo=UTC).timestamp())
    policy = CurrentPolicy(clock)
    made = rule('between = ["us", "acme"]\nallow = ["message"]')
    policy.take(made.directory.document, 1, PEOPLE)
    assert "acme.example" in {person.name for person in policy.current().directory.everyone()}
    clock.seconds += 86_400
    assert "acme.example" not in {person.name for person in policy.current().directory.everyone()}


WORDS = st.sampled_from(["us", "staff", "engineering", "board", "acme", "partners", "anyone"])
CHANNELS = st.sampled_from(["message", "file", "presence", "contact"])
RULES = st.lists(
    st.tuples(WORDS, WORDS, st.sampled_from(["allow", "forbid"]),
              st.lists(CHANNELS, min_size=1, unique=True)),
    max_size=5,
)  # fmt: skip


@given(RULES)
def test_the_glance_says_what_each_of_us_is_answered(
    rules: list[tuple[str, str, str, list[str]]],
) -> None:
    text = "".join(
        f'[rules.r{n}]\nfrom = ["{a}"]\nto = ["{b}"]\n{kind} = {channels!r}\n'
        for n, (a, b, kind, channels) in enumerate(rules)
    )
    policy = policy_of(HEAD + text)
    them = policy.directory.partner("acme").parties
    for each in glance(policy.rules, policy.directory, "acme"):
        for user in PEOPLE:
            us = policy.directory.someone(user).parties  # type: ignore[arg-type]
            for way, question in (
                (each.to_them, Question(each.channel, us, them, "x")),
                (each.to_us, Question(each.channel, them, us, "x")),
            ):
                yes = answer(policy.rules, question, Facts()).verdict is Verdict.YES
                if way.extent is Extent.SOME:
                    assert not set(way.whom) & us or yes
                else:
                    assert yes is (way.extent is Extent.ALL), (each, user)


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        ("acme.example", ["acme.example"], ["a.acme.example", "acme.example:8448"]),
        ("*.acme.example", ["a.acme.example", "a.b.acme.example"], ["acme.example", "a.acme.example:1"]),
        ("acme.example:8448", ["acme.example:8448"], ["acme.example", "acme.example:1"]),
    ],
)  # fmt: skip
def test_a_domain_in_words_says_what_it_covers(
    pattern: str, covered: list[str], not_covered: list[str]
) -> None:
    assert all(domain_matches(pattern, ServerName(each)) for each in covered)
    assert not any(domain_matches(pattern, ServerName(each)) for each in not_covered)
    words = domain_sentence(pattern)
    assert ("below" in words) is True
    assert ("not `acme.example` itself" in words) is pattern.startswith("*.")
    assert ("port 8448" in words) is pattern.endswith(":8448")


def test_a_glance_at_all_channels_is_in_one_order() -> None:
    policy = policy_of(HEAD)
    found: tuple[ChannelGlance, ...] = glance(policy.rules, policy.directory, "acme")
    assert [each.channel for each in found] == [c for c in Channel if c in BETWEEN_PEOPLE]


def test_what_passes_between_one_person_and_each_partner_is_what_is_decided():
    document = """
[organisation]
name = "Example"
domain = "example.org"
[parties]
staff = { groups = ["Employees"] }
[partners]
acme = { domains = ["acme.example"] }
beta = { domains = ["beta.example"] }
[rules.write]
from = ["staff"]
to = ["acme"]
allow = ["message", "file"]
[rules.no-files]
from = ["us"]
to = ["acme"]
forbid = ["file"]
unless = ["file.kind = image"]
"""
    found = parse_document(document)
    assert isinstance(found, Document), found
    people = {"@ann:example.org": Person(groups=frozenset({"Employees"}))}
    directory = Directory(found, people, 740_000)
    rules = compile_rules(found, 1)
    ann, bob = (directory.someone(UserId(f"@{name}:example.org")) for name in ("ann", "bob"))
    acme, beta = person_glance(rules, directory, ann)
    assert (acme.partner, beta.partner) == ("acme", "beta")
    assert dict(acme.to_them) == {Channel.MESSAGE: Verdict.YES, Channel.FILE: Verdict.NOT_YET}
    assert acme.to_us == beta.to_us == beta.to_them == ()
    assert all(each.to_them == each.to_us == () for each in person_glance(rules, directory, bob))
