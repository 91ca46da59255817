"""The one place where an answer is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vedette.core.asks import Ask, Need, Question
from vedette.core.conditions import Outcomes
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts, Missing
from vedette.core.reasons import Reason
from vedette.core.ruleset import CompiledRule, Ruleset

_RANK = {Verdict.NO: 0, Verdict.NOT_YET: 1, Verdict.YES: 2}


def decide(rules: Ruleset, ask: Ask, facts: Facts) -> Decision:
    """Return what `rules` say about `ask`, given `facts`.

    Total: every input has a Decision and nothing is raised.

    1. A forbid that holds, or can't be checked, refuses.
    2. Otherwise an allow that holds allows; while a fact that could still change this is
       pending, the answer is not yet.
    3. Otherwise the answer is no.

    What has parts is answered as its strictest part. An ask with several questions is as strict
    as its strictest answer, or, where one yes is enough, as lenient as its most lenient. So a
    missing fact, or one more part, can only make the answer stricter.
    """
    if not ask.questions:
        verdict = Verdict.YES if ask.need is Need.EVERY else Verdict.NO
        reason = Reason.ROUTINE if ask.need is Need.EVERY else Reason.NO_RULE
        return Decision(verdict=verdict, reason=reason, revision=rules.revision)
    answer_one = _answer_each if facts.parts else answer
    answers = [answer_one(rules, question, facts) for question in ask.questions]
    if len(answers) == 1:
        return answers[0]
    pick = min if ask.need is Need.EVERY else max
    wanted = pick(_RANK[each.verdict] for each in answers)
    merged = _merge([each for each in answers if _RANK[each.verdict] == wanted], answers)
    if ask.need is Need.SOME and merged.verdict is Verdict.NO:
        return replace(merged, say=_said(answers))
    return merged


def answer(rules: Ruleset, question: Question, facts: Facts) -> Decision:
    """Answer one question; `decide` says how."""
    found = rules.applicable(question)
    observed = tuple(rule.id for rule in found.observed if _has_a_say(rule, facts))
    asked = _Asked(rules.revision, question, facts, observed)
    waiting: list[CompiledRule] = []
    # (1) Doubt counts as a match: an unreachable directory must not lift a ban.
    for rule in found.forbids:
        outcomes = rule.outcomes(facts)
        if outcomes is Outcomes.NO:
            continue
        if not outcomes & Outcomes.NO:
            reason = Reason.FORBIDDEN if outcomes is Outcomes.YES else Reason.FACT_UNKNOWN
            return asked.refused(_reason(question, reason), rule, (rule,))
        waiting.append(rule)
    # (2) Doubt does not count as a match.
    hoped: list[CompiledRule] = []
    for rule in found.allows:
        outcomes = rule.outcomes(facts)
        if outcomes is Outcomes.YES:
            # What other allows wait for changes nothing any more: only forbids can still bite.
            return asked.awaited(waiting) if waiting else asked.allowed(rule)
        if outcomes & Outcomes.YES:
            hoped.append(rule)
    # (3) No allow holds. If none still can, an empty ruleset among them, the answer is no.
    if hoped:
        return asked.awaited([*waiting, *hoped])
    return asked.refused(_reason(question, Reason.NO_RULE), found.beside, found.allows)


def _answer_each(rules: Ruleset, question: Question, facts: Facts) -> Decision:
    """Answer one question about something with parts: as strictly as for the strictest of them."""
    answers = [answer(rules, question, each) for each in facts.each()]
    strictest = min(_RANK[each.verdict] for each in answers)
    return _merge([each for each in answers if _RANK[each.verdict] == strictest], answers)


def _has_a_say(rule: CompiledRule, facts: Facts) -> bool:
    """Whether a rule in observe mode would have refused, allowed, or made the ask wait."""
    outcomes = rule.outcomes(facts)
    return outcomes is not Outcomes.NO if rule.forbids else bool(outcomes & Outcomes.YES)


def _reason(question: Question, reason: Reason) -> Reason:
    """Towards people who could not be learnt, no rule is the reason, but that."""
    return Reason.MEMBERS_UNKNOWN if question.to is None else reason


@dataclass(frozen=True, slots=True)
class _Asked:
    """What every answer to one question has in common."""

    revision: int
    question: Question
    facts: Facts
    observed: tuple[str, ...]

    def allowed(self, rule: CompiledRule) -> Decision:
        return Decision(
            verdict=Verdict.YES,
            reason=Reason.ALLOWED,
            rule=rule.id,
            revision=self.revision,
            observed=self.observed,
        )

    def refused(
        self, reason: Reason, named: CompiledRule | None, read: Sequence[CompiledRule]
    ) -> Decision:
        return Decision(
            verdict=Verdict.NO,
            reason=reason,
            rule=named.id if named else None,
            towards=self.question.whom,
            revision=self.revision,
            unknown=self._missing(read, Missing.UNKNOWN),
            say=named.say if named else None,
            observed=self.observed,
        )

    def awaited(self, waiting: Sequence[CompiledRule]) -> Decision:
        return Decision(
            verdict=Verdict.NOT_YET,
            reason=Reason.FACT_PENDING,
            rule=waiting[0].id,
            towards=self.question.whom,
            revision=self.revision,
            pending=self._missing(waiting, Missing.PENDING),
            unknown=self._missing(waiting, Missing.UNKNOWN),
            say=waiting[0].say,
            observed=self.observed,
        )

    def _missing(self, rules: Sequence[CompiledRule], kind: Missing) -> tuple[str, ...]:
        """The facts that these rules read and that are missing in this way."""
        read = (condition for rule in rules for condition in rule.conditions())
        return tuple(
            sorted({c.fact for c in read if self.facts.get(c.fact, claimed=c.claimed) is kind})
        )


def _merge(deciding: list[Decision], all_answers: list[Decision]) -> Decision:
    """One Decision for several questions: the lowest rule is named, what is missing is joined."""
    first = min(deciding, key=_rank)
    return Decision(
        verdict=first.verdict,
        reason=first.reason,
        rule=first.rule,
        towards=first.towards,
        revision=first.revision,
        pending=tuple(sorted({name for each in deciding for name in each.pending})),
        unknown=tuple(sorted({name for each in deciding for name in each.unknown})),
        say=first.say,
        observed=tuple(sorted({name for each in all_answers for name in each.observed})),
    )


_MOST_SAID = 3


def _said(answers: list[Decision]) -> str | None:
    """What is said where nobody at all is left: each rule's sentence, for none of them is the one."""
    said = {each.say: None for each in sorted(answers, key=_rank) if each.say is not None}
    return " ".join(list(said)[:_MOST_SAID]) or None


def _rank(each: Decision) -> tuple[bool, bool, bool, str, str]:
    """A rule that refuses comes before one that merely stops short, and that before none.

    Unknown members come last: where somebody known is refused, waiting would not help.
    """
    doubt = each.reason is Reason.MEMBERS_UNKNOWN
    short = each.reason is Reason.NO_RULE
    return doubt, short, each.rule is None, each.rule or "", each.towards or ""
