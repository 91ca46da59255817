"""Who may do what with whom, party by party: what the rules answer between every two of them.

A party is its kinds of people: those who are there, and for each group that the document names
somebody who is in that group alone, so that a party says something before anybody is in it. Each
kind is asked towards each kind of the other party, by `decide` and nothing else; an answer of a cell
is good for all of them, or it says that it is for some.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from vedette.core.asks import PartySet, Question, Someone
from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.names import UserId
from vedette.core.outlook import Outlook
from vedette.core.people import ANYONE, GUESTS, OUTSIDE, PARTNERS, US, Directory, Person
from vedette.core.reasons import Reason
from vedette.core.ruleset import Applicable, CompiledRule, Ruleset

CHANNELS = tuple(channel for channel in Channel if channel in BETWEEN_PEOPLE)
"""The channels of a cell, in order."""
_OURS = frozenset({US, GUESTS})
_BY_A_RULE = frozenset({Reason.FORBIDDEN, Reason.FACT_UNKNOWN})


class Answer(StrEnum):
    """What the rules say about one channel from one party to another."""

    YES = "yes"
    CONDITIONS = "conditions"
    """For all of them, but it hangs on what is known only when it is really asked."""
    SOME = "some"
    """For some of them yes, or yes under conditions; for others no."""
    FORBIDDEN = "forbidden"
    """For nobody, and for all of them a rule forbids it."""
    NO = "no"
    NOT_OURS = "not-ours"
    """Both are elsewhere: what they do with each other is not asked here."""

    @property
    def passes(self) -> bool:
        """Whether anything of it passes."""
        return self in (Answer.YES, Answer.CONDITIONS, Answer.SOME)


@dataclass(frozen=True, slots=True)
class Way:
    """One channel from one party to another.

    `conditions` is whether a yes hangs on conditions, for anybody; `observed` whether a rule that
    only observes would have had a say.
    """

    answer: Answer
    conditions: bool = False
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One answer within a cell, and one example of the kinds of people who get it."""

    from_: PartySet
    to: PartySet
    decision: Decision


@dataclass(frozen=True)
class Grid:
    """Every party by every party, under the rules of one revision and the people of one day.

    Answers are worked out when they are asked for, and kept.
    """

    rules: Ruleset
    directory: Directory
    _ways: dict[tuple[str, str, Channel], Way] = field(
        default_factory=dict, compare=False, repr=False
    )
    _apart: dict[tuple[str, PartySet], tuple[Someone, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _answers: dict[Question, Decision] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every party: us, our own ones, guests, all partners, each partner, everybody outside.

        `anyone` is not among them: it is all of these.
        """
        document = self.directory.document
        own, partners = sorted(map(str, document.parties)), sorted(map(str, document.partners))
        return (US, *own, GUESTS, PARTNERS, *partners, OUTSIDE)

    @cached_property
    def kinds(self) -> Mapping[str, tuple[Someone, ...]]:
        """The kinds of people of each party."""
        everybody = {each.kind: each for each in _everybody(self.directory)}.values()
        partners = set(map(str, self.directory.document.partners))
        found = {}
        for name in self.names:
            people = [each for each in everybody if name in each.parties]
            if not people and name in partners:  # one that has ended: somebody outside
                people = [self.directory.partner(name)]
            found[name] = tuple(people or [_alone(self.directory, name)])
        return found

    def way(self, one: str, other: str, channel: Channel) -> Way:
        """What the rules say from the party `one` to the party `other`. Raises KeyError."""
        key = (one, other, channel)
        found = self._ways.get(key)
        if found is None:
            asked = self._asked(one, other, channel)
            found = self._ways[key] = _summed([self._answer(question) for question in asked])
        return found

    def cases(self, one: str, other: str, channel: Channel) -> tuple[Case, ...]:
        """The distinct answers behind a way, each with one example. Raises KeyError."""
        found: dict[tuple[Verdict, Reason, str | None], Case] = {}
        for question in self._asked(one, other, channel):
            decision = self._answer(question)
            case = Case(question.from_, question.to or frozenset(), decision)
            found.setdefault((decision.verdict, decision.reason, decision.rule), case)
        return tuple(found.values())

    def speaking(self, one: str, other: str) -> tuple[str, ...]:
        """The ids of all rules that have a say from `one` to `other`. Raises KeyError."""
        ids: set[str] = set()
        for channel in CHANNELS:
            for question in self._asked(one, other, channel):
                ids |= {rule.id for rule in _all_of(self.rules.applicable(question))}
        return tuple(sorted(ids))

    def _asked(self, one: str, other: str, channel: Channel) -> Iterator[Question]:
        """One question for each two kinds of people that the rules can tell apart here.

        Rules that speak of nobody in the two parties can tell nobody apart; so what a rule may see
        of a kind are the parties that the others name. That keeps the number of questions small
        where there are many parties.
        """
        here, there = self._together[one], self._together[other]
        named = [pair for pair in self._pairs[channel] if pair[0] in here and pair[1] in there]
        whos = self._told_apart(one, frozenset(from_ for from_, _ in named))
        whoms = self._told_apart(other, frozenset(to for _, to in named))
        for who in whos:
            for whom in whoms:
                if _is_asked(who, whom, channel):
                    yield Question(channel, who.parties, whom.parties, whom.name)

    @cached_property
    def _pairs(self) -> Mapping[Channel, frozenset[tuple[str, str]]]:
        """From whom to whom any rule speaks of a channel."""
        return {
            channel: frozenset(
                pair for rule in self.rules.rules if channel in rule.channels for pair in rule.pairs
            )
            for channel in CHANNELS
        }

    @cached_property
    def _together(self) -> Mapping[str, PartySet]:
        """All parties that anybody of a party is in."""
        return {
            name: frozenset().union(*(each.parties for each in people))
            for name, people in self.kinds.items()
        }

    def _told_apart(self, party: str, named: PartySet) -> tuple[Someone, ...]:
        """The kinds of a party, as far as these names tell them apart."""
        named |= _OURS
        found = self._apart.get((party, named))
        if found is None:
            kinds = {each.kind: each for each in _narrowed(self.kinds[party], named)}
            found = self._apart[party, named] = tuple(kinds.values())
        return found

    def _answer(self, question: Question) -> Decision:
        found = self._answers.get(question)
        if found is None:
            found = self._answers[question] = self._outlook(question)
        return found

    @cached_property
    def _outlook(self) -> Outlook:
        return Outlook(self.rules, self.directory.today)


def _everybody(directory: Directory) -> Iterator[Someone]:
    """The kinds of people that there are, and those that the document's own words make possible.

    Whom a party names by user id is looked up; of all others only groups and standing count, so that
    a hundred thousand people cost no more than the kinds among them.
    """
    parties = directory.document.parties.values()
    groups = {group for party in parties for group in party.groups}
    possible = {Person(), Person(guest=True), *(Person(groups=frozenset({g})) for g in groups)}
    possible |= set(directory.people.values())
    in_order = sorted(possible, key=lambda each: (each.guest, not each.active, sorted(each.groups)))
    imagined = {f"@{at}:{directory.domain}": each for at, each in enumerate(in_order)}
    there = Directory(directory.document, imagined, directory.today)
    yield from (there.someone(UserId(user)) for user in imagined)
    yield from (directory.someone(UserId(user)) for party in parties for user in party.users)
    partners = (directory.partner(str(name)) for name in directory.document.partners)
    yield from (partner for partner in partners if PARTNERS in partner.parties)
    yield Someone("", frozenset({ANYONE, PARTNERS}), "", False)  # of a partner still to be named
    yield Someone("", frozenset({ANYONE, OUTSIDE}), "", False)


def _alone(directory: Directory, party: str) -> Someone:
    """Somebody of a party to which nobody can belong yet."""
    return Someone(party, frozenset({ANYONE, US, party}), directory.domain, True)


def _is_asked(who: Someone, whom: Someone, channel: Channel) -> bool:
    """Whether it is ours to decide (`towards.say`, `towards.together`).

    Of two people elsewhere only whether they may meet in a room of ours, and not within one
    organisation. Of a server that nobody named the organisation is not known: it is another one.
    """
    if who.ours or whom.ours:
        return True
    apart = who.organisation != whom.organisation or not who.organisation
    return channel is Channel.CONTACT and apart


def _narrowed(people: Iterable[Someone], named: PartySet) -> Iterator[Someone]:
    """The same people with nothing but the parties that are named."""
    for each in people:
        yield replace(each, parties=each.parties & named)


def _all_of(found: Applicable) -> tuple[CompiledRule, ...]:
    return (*found.forbids, *found.allows, *found.observed)


def _summed(decisions: list[Decision]) -> Way:
    """One way for all kinds of people."""
    if not decisions:
        return Way(Answer.NOT_OURS)
    verdicts = {each.verdict for each in decisions}
    observed = any(each.observed for each in decisions)
    if verdicts == {Verdict.NO}:
        forbidden = all(each.reason in _BY_A_RULE for each in decisions)
        return Way(Answer.FORBIDDEN if forbidden else Answer.NO, observed=observed)
    hangs = Verdict.NOT_YET in verdicts
    if Verdict.NO in verdicts:
        return Way(Answer.SOME, hangs, observed)
    return Way(Answer.CONDITIONS if hangs else Answer.YES, hangs, observed)
