"""A partner at a glance: what the rules let pass between it and us, channel by channel.

An answer is for all of us, for nobody, or for some; and it may hang on conditions, which are known
only when something is really asked. Everything is answered by `decide`, never by reading rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from vedette.core.asks import PartySet, Question, Someone
from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.core.conditions import Outcomes
from vedette.core.decision import Verdict
from vedette.core.language import NO, OR, YES, Sentence, joined, listed, told
from vedette.core.outlook import Outlook
from vedette.core.people import ANYONE, GUESTS, US, Directory
from vedette.core.ruleset import CompiledRule, Ruleset
from vedette.core.settings.sentences import condition_words

_MOST_NAMED = 6
_MOST_CONDITIONS = 3


class Extent(StrEnum):
    """For how many of us an answer is yes."""

    ALL = "yes"
    SOME = "for some"
    NONE = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWay:
    """One channel in one direction. `whom` names parties of ours, where it is a yes for some.

    `hangs_on` says on which conditions a yes hangs, each as a clause.
    """

    extent: Extent
    whom: tuple[str, ...] = ()
    hangs_on: tuple[Sentence, ...] = ()

    @property
    def conditions(self) -> bool:
        """Whether a yes hangs on conditions."""
        return bool(self.hangs_on)

    @property
    def words(self) -> Sentence:
        """`yes`, `no`, `only for staff and board`, and on which conditions it hangs."""
        said = [self._for_whom, *self.hangs_on[:_MOST_CONDITIONS]]
        if len(self.hangs_on) > _MOST_CONDITIONS:
            said.append(told("and on further conditions"))
        return joined(said, ", ")

    @property
    def _for_whom(self) -> Sentence:
        if self.extent is not Extent.SOME:
            return YES if self.extent is Extent.ALL else NO
        whom = listed(self.whom) if self.whom else told("people named one by one")
        return told("only for {whom}", whom=whom)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelGlance:
    """One channel, both ways."""

    channel: Channel
    to_us: OneWay
    to_them: OneWay

    @property
    def closed(self) -> bool:
        """Whether nothing of this channel passes either way."""
        return self.to_us.extent is Extent.NONE and self.to_them.extent is Extent.NONE

    @property
    def words(self) -> Sentence:
        """Both ways together, where they are alike; else each."""
        if self.to_us == self.to_them:
            return self.to_us.words
        if self.to_us.extent is Extent.NONE:
            return _only(told("only from us to them"), self.to_them)
        if self.to_them.extent is Extent.NONE:
            return _only(told("only from them to us"), self.to_us)
        return told(
            "to us {to_us}; to them {to_them}", to_us=self.to_us.words, to_them=self.to_them.words
        )


def _only(words: Sentence, way: OneWay) -> Sentence:
    """One direction, and what its yes hangs on."""
    plain = way.extent is Extent.ALL and not way.hangs_on
    return words if plain else told("{words}: {way}", words=words, way=way.words)


def glance(rules: Ruleset, directory: Directory, partner: str) -> tuple[ChannelGlance, ...]:
    """Every channel between people, in the order of their names; `partner` is one of the document."""
    them, ours = directory.partner(partner), _kinds_of_us(directory)
    asked = Outlook(rules, directory.today)
    return tuple(
        ChannelGlance(
            channel=channel,
            to_us=_summed(
                directory,
                asked,
                {us: Question(channel, them.parties, us, them.name) for us in ours},
            ),
            to_them=_summed(
                directory,
                asked,
                {us: Question(channel, us, them.parties, them.name) for us in ours},
            ),
        )
        for channel in Channel
        if channel in BETWEEN_PEOPLE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonGlance:
    """What passes between one person of ours and a partner, channel by channel in each direction.

    *Not yet* says that it hangs on what is learnt only when it happens.
    """

    partner: str
    to_us: tuple[tuple[Channel, Verdict], ...]
    to_them: tuple[tuple[Channel, Verdict], ...]


def person_glance(
    rules: Ruleset, directory: Directory, person: Someone
) -> tuple[PersonGlance, ...]:
    """Every partner, by name, and what passes between it and this person; what is a no is left out."""
    asked, found = Outlook(rules, directory.today), []
    for name in sorted(map(str, directory.document.partners)):
        them = directory.partner(name)
        ways = [
            (
                (
                    channel,
                    asked(Question(channel, them.parties, person.parties, them.name)).verdict,
                ),
                (
                    channel,
                    asked(Question(channel, person.parties, them.parties, them.name)).verdict,
                ),
            )
            for channel in Channel
            if channel in BETWEEN_PEOPLE
        ]
        found.append(
            PersonGlance(
                partner=name,
                to_us=tuple(one for one, _ in ways if one[1] is not Verdict.NO),
                to_them=tuple(one for _, one in ways if one[1] is not Verdict.NO),
            )
        )
    return tuple(found)


def consequences(found: Iterable[ChannelGlance]) -> tuple[Sentence, ...]:
    """What follows from the glance beyond single channels, in sentences."""
    by = {each.channel: each for each in found}
    contact, message = by[Channel.CONTACT], by[Channel.MESSAGE]
    said = []
    if all(each.closed for each in by.values()):
        return (told("Nothing is allowed in either direction: their server is not even answered."),)
    both = Extent.NONE not in (contact.to_us.extent, contact.to_them.extent)
    if not both:
        said.append(
            told(
                "Contact is not allowed in both directions, so nobody can be invited and no room "
                "joined; what else is allowed passes only in rooms that exist already."
            )
        )
    if message.to_us.extent is not Extent.NONE and message.to_them.extent is Extent.NONE:
        said.append(told("They may write to us; what we write to them does not leave."))
    if message.to_them.extent is not Extent.NONE and message.to_us.extent is Extent.NONE:
        said.append(told("We may write to them; what they write is not shown to us."))
    return tuple(said)


def _kinds_of_us(directory: Directory) -> frozenset[PartySet]:
    """The kinds of people here, and for each party of the document somebody who is in it alone."""
    kinds = {person.parties for person in directory.ours()}
    kinds.add(frozenset({ANYONE, US}))
    known = frozenset().union(*kinds)
    kinds |= {frozenset({ANYONE, US, str(name)}) for name in directory.document.parties
              if name not in known}  # fmt: skip
    return frozenset(kinds)


def _summed(directory: Directory, asked: Outlook, questions: Mapping[PartySet, Question]) -> OneWay:
    """One way for every kind of people here, by what each of them would be answered."""
    answers = {kind: asked(question).verdict for kind, question in questions.items()}
    open_to = frozenset(kind for kind, verdict in answers.items() if verdict is not Verdict.NO)
    if not open_to:
        return OneWay(extent=Extent.NONE)
    hang = {
        words: None
        for kind in sorted(open_to, key=sorted)
        if answers[kind] is Verdict.NOT_YET
        for words in _hanging(asked, questions[kind])
    }
    if len(open_to) == len(answers):
        return OneWay(extent=Extent.ALL, hangs_on=tuple(hang))
    whom = _covering(directory, open_to, frozenset(answers))
    return OneWay(extent=Extent.SOME, whom=whom, hangs_on=tuple(hang))


def _hanging(asked: Outlook, question: Question) -> Iterator[Sentence]:
    """What an answer hangs on that is *not yet*: the rules that can still tip it, as clauses."""
    found, facts = asked.rules.applicable(question), asked.facts(question)
    allows = [(rule, rule.outcomes(facts)) for rule in found.allows]
    if all(outcomes is not Outcomes.YES for _, outcomes in allows):
        hoped = [_clause(rule) for rule, outcomes in allows if outcomes & Outcomes.YES]
        yield told("when {conditions}", conditions=listed(hoped, OR))
    for rule in found.forbids:
        if rule.outcomes(facts) is not Outcomes.NO:
            yield _unless_forbidden(rule)


def _clause(rule: CompiledRule) -> Sentence:
    """The conditions of an allow as one clause."""
    held = listed([condition_words(each.text) for each in rule.when])
    lifted = listed([condition_words(each.text) for each in rule.unless], OR)
    if not lifted:
        return held
    if not held:
        return told("it is not so that {conditions}", conditions=lifted)
    return told("{held}, unless {lifted}", held=held, lifted=lifted)


def _unless_forbidden(rule: CompiledRule) -> Sentence:
    """The conditions of a forbid, seen from whoever wants a yes."""
    held = listed([condition_words(each.text) for each in rule.when])
    lifted = listed([condition_words(each.text) for each in rule.unless], OR)
    if not held:
        return told("only when {conditions}", conditions=lifted)
    if not lifted:
        return told("not when {conditions}", conditions=held)
    return told("not when {held}, unless {lifted}", held=held, lifted=lifted)


def _covering(
    directory: Directory, open_to: frozenset[PartySet], everybody: frozenset[PartySet]
) -> tuple[str, ...]:
    """As few parties as say for whom it is a yes; a party is named only if it is for all of it."""
    left = set(open_to)
    named: list[str] = []
    within = {
        party: {kind for kind in everybody if party in kind}
        for party in [GUESTS, *sorted(map(str, directory.document.parties))]
    }
    whole = {party: kinds for party, kinds in within.items() if kinds and kinds <= open_to}
    while left and len(named) < _MOST_NAMED:
        best = max(whole, key=lambda party: len(whole[party] & left), default=None)
        if best is None or not whole[best] & left:
            break
        named.append(best)
        left -= whole[best]
    return tuple(named)
