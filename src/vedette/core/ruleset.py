"""Compiled rules, indexed by channel and parties, so that rules that can't match cost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vedette.core.asks import PartySet, Question
from vedette.core.channels import Channel
from vedette.core.conditions import Condition, Outcomes, both
from vedette.core.facts import SESSION_FACTS, Facts

EVERYONE = ""
"""The index key of a rule without `to`: it matches whoever is on the receiving side."""

_ANYONE = frozenset({EVERYONE, "anyone"})
_MOST_REMEMBERED = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """One rule, ready to be answered.

    `pairs` holds every (from, to) pair of party names for which it speaks. `guardrail` marks a
    forbid that no revision may lose. A rule in observe mode decides nothing.
    """

    id: str
    forbids: bool
    channels: frozenset[Channel]
    pairs: frozenset[tuple[str, str]]
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    say: str | None = None
    observe: bool = False
    guardrail: bool = False

    def outcomes(self, facts: Facts) -> Outcomes:
        """Whether the conditions hold: all of `when` and none of `unless`."""
        held = Outcomes.YES
        for condition in self.when:
            held = both(held, condition.outcomes(facts))
        for condition in self.unless:
            held = both(held, condition.outcomes(facts).negated())
        return held

    def conditions(self) -> Iterator[Condition]:
        """Every condition of the rule."""
        yield from self.when
        yield from self.unless


@dataclass(frozen=True, slots=True)
class Applicable:
    """The rules that speak about one question, each group in the order of ids.

    `beside` is the rule whose sentence explains a no that no rule gave: an allow between the same
    parties that stops short of this, because of its conditions or its channels.
    """

    forbids: tuple[CompiledRule, ...]
    allows: tuple[CompiledRule, ...]
    observed: tuple[CompiledRule, ...]
    beside: CompiledRule | None = None


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All compiled rules of one revision.

    Answers are remembered per distinct pair of party sets; the memory is bounded and holds nothing
    but what the index says, so two rulesets of the same rules are the same.
    """

    revision: int
    rules: tuple[CompiledRule, ...]
    of_sessions: frozenset[Channel] = frozenset()
    """The channels of rules that read what only the sign-in door learns: of session and device."""
    _index: dict[tuple[Channel, str], dict[str, list[CompiledRule]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _told: dict[tuple[str, str], CompiledRule] = field(
        default_factory=dict, compare=False, repr=False
    )
    _remembered: dict[tuple[Channel, PartySet, PartySet | None], Applicable] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def of(cls, revision: int, rules: Iterable[CompiledRule]) -> Ruleset:
        """Index the rules; the order in which they are given never matters."""
        ordered = tuple(sorted(rules, key=lambda rule: rule.id))
        ruleset = cls(revision, ordered, _read_of_sessions(ordered))
        for rule in ordered:
            ruleset._place(rule)
        return ruleset

    def _place(self, rule: CompiledRule) -> None:
        """Put one rule where lookups find it; rules come in the order of their ids."""
        for channel in rule.channels:
            for from_, to in rule.pairs:
                self._index.setdefault((channel, from_), {}).setdefault(to, []).append(rule)
        if rule.say and not rule.forbids and not rule.observe:
            for pair in rule.pairs:
                self._told.setdefault(pair, rule)

    def applicable(self, question: Question) -> Applicable:
        """The rules that speak about this question."""
        key = (question.channel, question.from_, question.to)
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self._look_up(question)
        return found

    def _look_up(self, question: Question) -> Applicable:
        ordered = sorted(self._speaking(question), key=lambda rule: rule.id)
        allows = tuple(rule for rule in ordered if not rule.forbids and not rule.observe)
        return Applicable(
            forbids=tuple(rule for rule in ordered if rule.forbids and not rule.observe),
            allows=allows,
            observed=tuple(rule for rule in ordered if rule.observe),
            beside=self._beside(question, allows),
        )

    def _speaking(self, question: Question) -> Iterable[CompiledRule]:
        """Every rule that speaks about the question, once."""
        if question.to is None:
            return [rule for rule in self.rules if _speaks_of_unknown(rule, question)]
        found: dict[str, CompiledRule] = {}
        for party in question.from_:
            row = self._index.get((question.channel, party), {})
            for to in (*question.to, EVERYONE):
                found.update((rule.id, rule) for rule in row.get(to, ()))
        return found.values()

    def _beside(self, question: Question, allows: tuple[CompiledRule, ...]) -> CompiledRule | None:
        """The allow with a sentence that stops short of this, the lowest id of each sort."""
        asked = next((rule for rule in allows if rule.say), None)
        if asked is not None or question.to is None:
            return asked
        pairs = ((from_, to) for from_ in question.from_ for to in question.to)
        near = (self._told[pair] for pair in pairs if pair in self._told)
        return min(near, key=lambda rule: rule.id, default=None)

    def needs(self, questions: Iterable[Question]) -> frozenset[str]:
        """The names of all facts that the answer to these questions may read."""
        names: set[str] = set()
        for question in questions:
            found = self.applicable(question)
            for rule in (*found.forbids, *found.allows, *found.observed):
                names.update(condition.fact for condition in rule.conditions())
        return frozenset(names)


def _read_of_sessions(rules: Iterable[CompiledRule]) -> frozenset[Channel]:
    return frozenset(
        channel
        for rule in rules
        if any(condition.fact in SESSION_FACTS for condition in rule.conditions())
        for channel in rule.channels
    )


def _speaks_of_unknown(rule: CompiledRule, question: Question) -> bool:
    """Whether a rule speaks towards people who could not be learnt.

    A forbid does if it may concern them, an allow only if it holds whoever they are. Contact is
    asked both ways, so there a forbid of either way does, and an allow only if it holds both ways.
    """
    if question.channel not in rule.channels:
        return False
    ways = [{to for from_, to in rule.pairs if from_ in question.from_}]
    if question.channel is Channel.CONTACT:
        ways.append({from_ for from_, to in rule.pairs if to in question.from_})
    return any(ways) if rule.forbids else not any(way.isdisjoint(_ANYONE) for way in ways)
