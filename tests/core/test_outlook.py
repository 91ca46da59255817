"""What the rules answer before anything is asked."""

from __future__ import annotations

import pytest

from tests.apps.scene import policy_of
from vedette.core.asks import Question
from vedette.core.channels import Channel
from vedette.core.decision import Verdict
from vedette.core.facts import Missing
from vedette.core.outlook import Outlook

HEAD = """
[organisation]
name = "Example AG"
domain = "example.org"
[partners]
acme = { domains = ["acme.example"] }
"""
US = frozenset({"anyone", "us"})
ACME = frozenset({"anyone", "partners", "acme"})


def outlook(rule: str) -> Outlook:
    policy = policy_of(HEAD + "[rules.r]\n" + rule)
    return Outlook(policy.rules, policy.directory.today)


def said(rule: str, channel: Channel, from_: frozenset[str], to: frozenset[str]) -> Verdict:
    return outlook(rule)(Question(channel, from_, to, "somebody")).verdict


def test_what_hangs_on_nothing_is_answered_now() -> None:
    rule = 'from = ["us"]\nto = ["acme"]\nallow = ["message"]'
    assert said(rule, Channel.MESSAGE, US, ACME) is Verdict.YES
    assert said(rule, Channel.MESSAGE, ACME, US) is Verdict.NO


def test_the_day_is_known() -> None:
    rule = 'from = ["us"]\nto = ["acme"]\nallow = ["message"]\nexpires = 1999-12-31'
    assert said(rule, Channel.MESSAGE, US, ACME) is Verdict.NO


def test_what_a_door_will_learn_is_not_yet() -> None:
    rule = 'between = ["us", "acme"]\nallow = ["message", "file"]\nwhen = ["room.encrypted = yes"]'
    assert said(rule, Channel.MESSAGE, ACME, US) is Verdict.NOT_YET


@pytest.mark.parametrize(
    ("channel", "from_", "missing"),
    [
        (Channel.MESSAGE, ACME, Missing.UNKNOWN),
        (Channel.MESSAGE, US, Missing.PENDING),
        (Channel.FILE, ACME, Missing.PENDING),
    ],
)
def test_nobodys_device_elsewhere_is_ever_known_but_who_fetches_a_file_is_here(
    channel: Channel, from_: frozenset[str], missing: Missing
) -> None:
    made = outlook('between = ["us", "acme"]\nallow = ["all"]')
    question = Question(channel, from_, US if from_ == ACME else ACME, "somebody")
    for fact in ("device.managed", "certificate.issuer"):
        assert made.facts(question).get(fact, claimed=False) is missing
    assert made.facts(question) is made.facts(question)
