"""A partner at a glance: what the rules let pass between it and us, channel by channel.

An answer is for all of us, for nobody, or for some; and it may hang on conditions, which are known
only when something is really asked. Everything is answered by `decide`, never by reading rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from vedette.core.asks import PartySet, Question, Someone
from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.core.decision import Verdict
from vedette.core.outlook import Outlook
from vedette.core.people import ANYONE, GUESTS, US, Directory
from vedette.core.ruleset import Ruleset

_MOST_NAMED = 6


class Extent(StrEnum):
    """For how many of us an answer is yes."""

    ALL = "yes"
    SOME = "for some"
    NONE = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWay:
    """One channel in one direction. `whom` names parties of ours, where it is a yes for some."""

    extent: Extent
    whom: tuple[str, ...] = ()
    conditions: bool = False
    """Whether a yes hangs on conditions."""

    @property
    def words(self) -> str:
        """`yes`, `no`, `for some: staff, board`, and whether conditions apply."""
        said = self.extent.value
        if self.extent is Extent.SOME:
            said += f": {', '.join(self.whom) or 'people named one by one'}"
        return f"{said} (under conditions)" if self.conditions else said


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


def glance(rules: Ruleset, directory: Directory, partner: str) -> tuple[ChannelGlance, ...]:
    """Every channel between people, in the order of their names; `partner` is one of the document."""
    them, ours = directory.partner(partner), _kinds_of_us(directory)
    asked = Outlook(rules, directory.today)
    return tuple(
        ChannelGlance(
            channel=channel,
            to_us=_summed(
                directory,
                {us: asked(Question(channel, them.parties, us, them.name)).verdict for us in ours},
            ),
            to_them=_summed(
                directory,
                {us: asked(Question(channel, us, them.parties, them.name)).verdict for us in ours},
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


def consequences(found: Iterable[ChannelGlance]) -> tuple[str, ...]:
    """What follows from the glance beyond single channels, in sentences."""
    by = {each.channel: each for each in found}
    contact, message = by[Channel.CONTACT], by[Channel.MESSAGE]
    said = []
    if all(each.closed for each in by.values()):
        return ("Nothing is allowed in either direction: their server is not even answered.",)
    both = Extent.NONE not in (contact.to_us.extent, contact.to_them.extent)
    if not both:
        said.append(
            "Contact is not allowed in both directions, so nobody can be invited and no room "
            "joined; what else is allowed passes only in rooms that exist already."
        )
    if message.to_us.extent is not Extent.NONE and message.to_them.extent is Extent.NONE:
        said.append("They may write to us; what we write to them does not leave.")
    if message.to_them.extent is not Extent.NONE and message.to_us.extent is Extent.NONE:
        said.append("We may write to them; what they write is not shown to us.")
    return tuple(said)


def _kinds_of_us(directory: Directory) -> frozenset[PartySet]:
    """The kinds of people here, and for each party of the document somebody who is in it alone."""
    kinds = {person.parties for person in directory.ours()}
    kinds.add(frozenset({ANYONE, US}))
    known = frozenset().union(*kinds)
    kinds |= {frozenset({ANYONE, US, str(name)}) for name in directory.document.parties
              if name not in known}  # fmt: skip
    return frozenset(kinds)


def _summed(directory: Directory, answers: dict[PartySet, Verdict]) -> OneWay:
    open_to = frozenset(kind for kind, verdict in answers.items() if verdict is not Verdict.NO)
    hang = any(answers[kind] is Verdict.NOT_YET for kind in open_to)
    if not open_to:
        return OneWay(extent=Extent.NONE)
    if len(open_to) == len(answers):
        return OneWay(extent=Extent.ALL, conditions=hang)
    whom = _covering(directory, open_to, frozenset(answers))
    return OneWay(extent=Extent.SOME, whom=whom, conditions=hang)


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
