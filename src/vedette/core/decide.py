"""The one place where an answer is made."""

from __future__ import annotations

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

    An ask with several questions is as strict as its strictest answer, or, where one yes is
    enough, as lenient as its most lenient. So a missing fact can only make the answer stricter.
    """
    if not ask.questions:
        verdict = Verdict.YES if ask.need is Need.EVERY else Verdict.NO
        reason = Reason.ROUTINE if ask.need is Need.EVERY else Reason.NO_RULE
        return Decision(verdict=verdict, reason=reason, revision=rules.revision)
    answers = [answer(rules, question, facts) for question in ask.questions]
    if len(answers) == 1:
        return answers[0]
    pick = min if ask.need is Need.EVERY else max
    wanted = pick(_RANK[each.verdict] for each in answers)
    return _merge([each for each in answers if _RANK[each.verdict] == wanted], answers)


def answer(rules: Ruleset, question: Question, facts: Facts) -> Decision:
    """Answer one question; `decide` says how."""
    found = rules.applicable(question)
    observed = tuple(r.id for r in found.observed if r.outcomes(facts) is not Outcomes.NO)
    pending: list[CompiledRule] = []
    # (1) Doubt counts as a match: an unreachable directory must not lift a ban.
    for rule in found.forbids:
        outcomes = rule.outcomes(facts)
        if outcomes is Outcomes.NO:
            continue
        if outcomes & Outcomes.NO:
            pending.append(rule)
            continue
        certain = outcomes is Outcomes.YES
        reason = Reason.FORBIDDEN if certain else Reason.FACT_UNKNOWN
        if question.to is None:
            reason = Reason.MEMBERS_UNKNOWN
        return _answer(Verdict.NO, reason, rules, question, facts, [rule], observed)
    # (2) Doubt does not count as a match.
    hoped: list[CompiledRule] = []
    for rule in found.allows:
        outcomes = rule.outcomes(facts)
        if outcomes is Outcomes.YES:
            if pending:
                break
            return _answer(Verdict.YES, Reason.ALLOWED, rules, question, facts, [rule], observed)
        if outcomes & Outcomes.YES:
            hoped.append(rule)
    else:
        # (3) No allow holds, and none still can: an empty ruleset ends here.
        if not hoped:
            reason = Reason.MEMBERS_UNKNOWN if question.to is None else Reason.NO_RULE
            named = [found.beside] if found.beside is not None else []
            return _answer(
                Verdict.NO, reason, rules, question, facts, named, observed, found.allows
            )
    waiting = pending + hoped
    return _answer(
        Verdict.NOT_YET, Reason.FACT_PENDING, rules, question, facts, waiting[:1], observed, waiting
    )


def _answer(
    verdict: Verdict,
    reason: Reason,
    rules: Ruleset,
    question: Question,
    facts: Facts,
    named: list[CompiledRule],
    observed: tuple[str, ...],
    read: list[CompiledRule] | None = None,
) -> Decision:
    """Build the Decision. `named` holds the rule to name, `read` the rules that mattered, if others."""
    if verdict is Verdict.YES:
        return Decision(
            verdict=verdict,
            reason=reason,
            rule=named[0].id,
            revision=rules.revision,
            observed=observed,
        )
    missing = {
        condition.fact
        for rule in (named if read is None else read)
        for condition in rule.conditions()
        if isinstance(facts.get(condition.fact, claimed=condition.claimed), Missing)
    }
    facts_read = sorted(missing)
    pending = [name for name in facts_read if facts.known.get(name) is Missing.PENDING]
    return Decision(
        verdict=verdict,
        reason=reason,
        rule=named[0].id if named else None,
        towards=question.whom,
        revision=rules.revision,
        pending=tuple(pending) if verdict is Verdict.NOT_YET else (),
        unknown=tuple(name for name in facts_read if name not in pending),
        say=named[0].say if named else None,
        observed=observed,
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


def _rank(each: Decision) -> tuple[bool, bool, str, str]:
    """A rule that refuses comes before one that merely stops short, and that before none."""
    short = each.reason in (Reason.NO_RULE, Reason.MEMBERS_UNKNOWN)
    return short, each.rule is None, each.rule or "", each.towards or ""
