"""Decisions as sentences: for the refused person, for the administrator, for the auditor.

Every sentence of a refusal is made here and nowhere else. A person is told what happened and what
to do; names of rules and of facts are for administrators. Across federation only `stranger` is
said, because how we decide is nobody else's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vedette.core.asks import Ask, Question
from vedette.core.conditions import Condition, Outcomes
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import REGISTRY, Facts
from vedette.core.reasons import Reason
from vedette.core.ruleset import EVERYONE, CompiledRule, Ruleset

MOST_CONSIDERED = 200
"""How many rules an explanation lists at most; those that matter most come first."""


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule that was looked at. `matched` is `yes`, `no`, `unknown` or `pending`."""

    rule: str
    matched: str
    because: str


PERSON: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.ALLOWED: "This is allowed.",
        Reason.ROUTINE: "This is allowed; no rule speaks about it.",
        Reason.SERVICE: "This is an act of the organisation's own services.",
        Reason.FORBIDDEN: "Your organisation does not allow this{towards}. "
        "If you need it, ask your administrator.",
        Reason.FACT_UNKNOWN: "Your organisation can't tell whether this is allowed{towards}, so "
        "it was not done. Try again later, or ask your administrator.",
        Reason.NO_RULE: "Your organisation has not allowed this{towards}. "
        "If you need it, ask your administrator.",
        Reason.MEMBERS_UNKNOWN: "It is not known yet who would receive this. "
        "Wait until the room has loaded and try again.",
        Reason.FACT_PENDING: "This is not decided yet; something is still being checked. "
        "You need not do it again.",
        Reason.NOT_SUPPORTED: "This is not possible here. Invite people by their user id instead.",
        Reason.ROOM_POWER: "Nobody from elsewhere can be given power over a room made here.",
        Reason.ROOM_ENCRYPTION: "This room stays encrypted. Use a client that supports encryption.",
        Reason.ROOM_HISTORY: "This room's history can't be opened that wide. "
        "Leave it readable from joining on.",
        Reason.ROOM_KIND: "A room of this kind does not admit this. Make a room of another kind.",
        Reason.UNKNOWN_ENDPOINT: "Nothing is served at this address.",
        Reason.UNKNOWN_EVENT: "This kind of content is not known here and was not sent. "
        "Send it as an ordinary message.",
        Reason.STALE: "Your organisation's rules can't be read at the moment. Try again later.",
        Reason.UNAVAILABLE: "Something that is needed to decide this does not answer. "
        "Try again later.",
        Reason.INTERNAL_ERROR: "Something went wrong, and this was not done. Try again later; if "
        "it stays, tell your administrator.",
    }
)
"""What a person of ours is told when no rule has a sentence of its own."""

OPERATOR: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.ALLOWED: "rule `{rule}` allows it",
        Reason.ROUTINE: "no rule speaks about it",
        Reason.SERVICE: "acts of the suite's own accounts are fixed in code",
        Reason.FORBIDDEN: "rule `{rule}` forbids it",
        Reason.FACT_UNKNOWN: "rule `{rule}` forbids it as long as it can't be checked",
        Reason.NO_RULE: "no rule allows it",
        Reason.MEMBERS_UNKNOWN: "who would receive it could not be learnt",
        Reason.FACT_PENDING: "rule `{rule}` waits for a fact",
        Reason.NOT_SUPPORTED: "it is refused by the code, whatever the rules say",
        Reason.ROOM_POWER: "it would give power over a room's state to someone from elsewhere",
        Reason.ROOM_ENCRYPTION: "the room must be encrypted",
        Reason.ROOM_HISTORY: "it would open the room's history wider than its kind allows",
        Reason.ROOM_KIND: "the room's kind does not admit it",
        Reason.UNKNOWN_ENDPOINT: "the endpoint table has no row for it",
        Reason.UNKNOWN_EVENT: "the event's type is unknown and it has no readable body",
        Reason.STALE: "the settings or people in force are older than they may be",
        Reason.UNAVAILABLE: "something that the decision needs did not answer",
        Reason.INTERNAL_ERROR: "a bug was reported and the ask was refused or held",
    }
)
"""What an administrator is told."""


def person(decision: Decision) -> str:
    """The sentence for the person of ours who asked: the rule's own, or what the reason says."""
    if decision.say and decision.verdict is not Verdict.YES:
        return decision.say
    towards = f" towards {decision.towards}" if decision.towards else ""
    return PERSON[decision.reason].format(towards=towards)


def stranger(record: str | None) -> str:
    """The sentence for another organisation: generic, with the record to quote."""
    quoted = f" (record {record})" if record else ""
    return f"This organisation does not accept this{quoted}."


def administrator(ask: Ask, decision: Decision) -> str:
    """One sentence with the answer, the rule, towards whom, and what was missing."""
    answer = {Verdict.YES: "Yes", Verdict.NO: "No", Verdict.NOT_YET: "Not yet"}[decision.verdict]
    why = OPERATOR[decision.reason].format(rule=decision.rule)
    towards = f" towards {decision.towards}" if decision.towards else ""
    missing = "".join(
        f"; {word}: {', '.join(names)}"
        for word, names in (("still pending", decision.pending), ("not known", decision.unknown))
        if names
    )
    return f"{answer}: {why}{towards}{missing} ({ask.act}, revision {decision.revision})."


def auditor(record: str, ask: Ask, decision: Decision, same: bool | None) -> str:
    """One sentence about a record and its replay; `same` is None where it could not be replayed."""
    replay = {
        True: "Replayed with the rules of that revision, the answer is the same.",
        False: "Replayed with the rules of that revision, the answer is ANOTHER one.",
        None: "It can't be replayed, because it was not the rules that answered.",
    }[same]
    return f"Record {record}: {ask.who} asked. {administrator(ask, decision)} {replay}"


def considered(rules: Ruleset, ask: Ask, facts: Facts) -> tuple[Considered, ...]:
    """Every rule that speaks about the ask's channels, whether it matched, and why.

    Rules about other people are listed as not matched when they share one side with the ask, so
    that a reader sees what was nearly meant. Rules that matched come first.
    """
    found: dict[str, Considered] = {}
    for question in ask.questions:
        speaking = rules.applicable(question)
        for rule in (*speaking.forbids, *speaking.allows, *speaking.observed):
            found.setdefault(rule.id, _judged(rule, facts))
    for rule in rules.rules:
        near = next((q for q in ask.questions if rule.id not in found and _near(rule, q)), None)
        if near is not None:
            found[rule.id] = Considered(rule.id, "no", f"it is about {_sides(rule)}")
    order = {"yes": 0, "unknown": 1, "pending": 2, "no": 3}
    ranked = sorted(found.values(), key=lambda each: (order[each.matched], each.rule))
    return tuple(ranked[:MOST_CONSIDERED])


def _judged(rule: CompiledRule, facts: Facts) -> Considered:
    outcomes = rule.outcomes(facts)
    matched = {Outcomes.YES: "yes", Outcomes.NO: "no", Outcomes.UNKNOWN: "unknown"}.get(
        outcomes, "pending"
    )
    parts = [*_held(rule.when, facts, "when"), *_held(rule.unless, facts, "unless")]
    because = "; ".join(parts) or "it has no conditions"
    observing = "; it only observes" if rule.observe else ""
    verb = "forbids" if rule.forbids else "allows"
    return Considered(rule.id, matched, f"it {verb} between {_sides(rule)}: {because}{observing}")


def _held(conditions: Iterable[Condition], facts: Facts, word: str) -> Iterable[str]:
    says = {Outcomes.YES: "holds", Outcomes.NO: "does not hold", Outcomes.UNKNOWN: "is not known"}
    for condition in conditions:
        outcome = says.get(condition.outcomes(facts), "is still pending")
        yield f"{word} `{condition.text}` {outcome}"


def _near(rule: CompiledRule, question: Question) -> bool:
    if question.channel not in rule.channels:
        return False
    return any(
        from_ in question.from_ or to in (question.to or frozenset()) for from_, to in rule.pairs
    )


def _sides(rule: CompiledRule) -> str:
    pairs = sorted({f"{from_} and {to or 'everyone'}" for from_, to in _one_way(rule)})
    return ", ".join(pairs)


def _one_way(rule: CompiledRule) -> Iterable[tuple[str, str]]:
    """The pairs of a rule, both ways told once."""
    for from_, to in rule.pairs:
        if to == EVERYONE or from_ <= to or (to, from_) not in rule.pairs:
            yield from_, to


def fact_meanings(names: Iterable[str]) -> Mapping[str, str]:
    """What the named facts mean, for whoever reads about a missing one."""
    return {name: REGISTRY[name].meaning for name in names if name in REGISTRY}
