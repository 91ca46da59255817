"""What an organisation lacks against the recommended baseline of rules, and the command that mends it.

The baseline is the default document: each forbid and each guardrail of it holds something back that
most organisations want held back. Its allows are no baseline: they are for each to choose. That a
single proof is never enough to sign in is asked of the rules themselves, whatever they are called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vedette.core.asks import Act, Someone
from vedette.core.decision import Verdict
from vedette.core.facts import Facts
from vedette.core.language import Sentence, told
from vedette.core.people import ANYONE, BUILT_IN, US
from vedette.core.sessions import PAGE, sign_in_ask
from vedette.core.settings.commands import RuleData, Step, add_rule_step
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document, Rule
from vedette.core.settings.parse import parse_document
from vedette.core.settings.sentences import rule_sentence
from vedette.ports.policy import Policy

_ONE_FACTOR: RuleData = {"from": ["us"], "forbid": ["sign-in"], "when": ["sign_in.factors < 2"],
               "say": "Please show a second proof."}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is lacking, in a sentence, and the step that mends it."""

    words: Sentence
    step: Step


def lacking(policy: Policy) -> list[Lack]:
    """Everything of the baseline that is lacking."""
    document = policy.directory.document
    return [*_rules(document), *_one_factor(policy)]


def _rules(document: Document) -> Iterator[Lack]:
    baseline = parse_document(default_document("x", document.organisation.domain))
    assert isinstance(baseline, Document)  # the default has no faults
    known = BUILT_IN | {*map(str, document.parties), *map(str, document.partners)}
    for section, wanted, there in (
        ("guardrails", baseline.guardrails, _named(document.guardrails)),
        ("rules", baseline.rules, _named({**document.guardrails, **document.rules})),
    ):
        for name, rule in wanted.items():
            parties = {*(rule.between or ()), *(rule.from_ or ()), *(rule.to or ())}
            if rule.forbid and parties <= known and not _among(rule, there):
                free = rule.model_copy(update={"owner": ""}) if rule.owner not in known else rule
                words = told(
                    "{kind} `{name}` is lacking: {sentence}",
                    kind=_kind(section),
                    name=name,
                    sentence=rule_sentence(name, rule),
                )
                yield Lack(words, add_rule_step(section, _free_name(name, there), free))


def _named(rules: Mapping[Any, Rule]) -> dict[str, Rule]:
    return {str(name): rule for name, rule in rules.items()}


def _among(rule: Rule, there: Mapping[str, Rule]) -> bool:
    wanted = _decides(rule)
    return any(_decides(each) == wanted and each.mode == "enforce" for each in there.values())


def _decides(rule: Rule) -> dict[str, object]:
    return rule.model_dump(exclude={"say", "owner", "mode"})


def _kind(section: str) -> Sentence:
    return told("the guardrail") if section == "guardrails" else told("the rule")


def _free_name(name: str, there: Mapping[str, Rule]) -> str:
    taken = {*map(str, there)}
    return next(
        each for each in (name, *(f"{name}-{n}" for n in range(2, 99))) if each not in taken
    )


def _one_factor(policy: Policy) -> Iterator[Lack]:
    """Whether somebody of ours, in no party of the document, may sign in with a password alone."""
    domain = policy.directory.domain
    who = Someone(f"@somebody:{domain}", frozenset({ANYONE, US}), domain, True)
    known = Facts(
        {"sign_in.factors": 1, "sign_in.kinds": frozenset({"password"}), "sign_in.age": 0,
         "sign_in.flow": PAGE}
    )  # fmt: skip
    ask = sign_in_ask(Act.SIGN_IN_SESSION_START, who)
    if policy.decide(ask, known, policy.directory.today).verdict is Verdict.YES:
        words = told("people may sign in with a single proof: whoever has a password is in")
        yield Lack(words, add_rule_step("rules", "never-one-factor", _ONE_FACTOR))
