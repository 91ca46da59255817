"""Towards whom an ask goes: from who is in the room to the questions that the rules answer.

DESIGN, "Towards whom". What one of us does is asked towards every other member, what a remote
person sends towards our members only; two remote people are not ours to decide. Contact is asked
both ways between a newcomer and every member, whoever they are, except inside one organisation
that is not ours.
"""

from __future__ import annotations

from collections.abc import Iterable

from vedette.core.asks import Act, Ask, Members, Need, PartySet, Question, Someone
from vedette.core.channels import CONTENT, Channel


def say(
    act: Act, who: Someone, members: Members | None, channels: Iterable[Channel], where: str | None
) -> Ask:
    """Ask whether `who` may use every one of `channels` towards the other members.

    `members` may include `who`, who is left out as a person but not as a kind: a colleague with
    the same parties is still somebody else, which the caller shows by passing members without the
    sender (`others`). None means that the members are not known.
    """
    if members is None:
        unknown = tuple(Question(channel, who.parties, None, "unknown members")
                        for channel in sorted(channels))  # fmt: skip
        return Ask(act=act, who=who.name, questions=unknown, where=where)
    hearing = [kind for kind in members.kinds if who.ours or kind.ours]
    questions = {
        Question(channel, who.parties, kind.parties, kind.name)
        for channel in channels
        for kind in hearing
    }
    return Ask(act=act, who=who.name, questions=_ordered(questions), where=where)


def meet(
    act: Act, who: str, newcomers: Iterable[Someone], members: Members | None, where: str | None
) -> Ask:
    """Ask whether the newcomers may be in contact with every member and with one another.

    Both ways, for invites, joins, knocks and new rooms.
    """
    newcomers = sorted(newcomers, key=lambda person: person.name)
    questions: set[Question] = set()
    for index, newcomer in enumerate(newcomers):
        if members is None:
            questions.add(Question(Channel.CONTACT, newcomer.parties, None, "unknown members"))
        for other in [*(members.kinds if members else ()), *newcomers[index + 1 :]]:
            if newcomer.ours or other.ours or newcomer.organisation != other.organisation:
                questions |= _both_ways(newcomer, other)
    return Ask(act=act, who=who, questions=_ordered(questions), where=where)


def together(act: Act, who: str, members: Members, where: str, *, ours: bool) -> Ask:
    """Ask whether everybody in a room may be in contact with everybody else who is there.

    By the very questions of a join. In a room of ours two partners are asked about each other; in a
    room elsewhere (`ours` is false) only we are asked about.
    """
    kinds = sorted(members.kinds, key=lambda person: person.name)
    questions: set[Question] = set()
    for index, one in enumerate(kinds):
        if one.ours and one.kind not in members.alone:  # several of them, who meet one another
            questions |= _both_ways(one, one)
        for other in kinds[index + 1 :]:
            apart = ours and one.organisation != other.organisation
            if one.ours or other.ours or apart:
                questions |= _both_ways(one, other)
    return Ask(act=act, who=who, questions=_ordered(questions), where=where)


def _both_ways(one: Someone, other: Someone) -> set[Question]:
    return {
        Question(Channel.CONTACT, one.parties, other.parties, other.name),
        Question(Channel.CONTACT, other.parties, one.parties, other.name),
    }


def reach(act: Act, who: Someone, whom: Someone, channel: Channel) -> Ask:
    """Ask one channel from one person to one other, outside any room. Nobody asks about himself."""
    same = who.name == whom.name or not (who.ours or whom.ours)
    questions = () if same else (Question(channel, who.parties, whom.parties, whom.name),)
    return Ask(act=act, who=who.name, questions=questions)


def reach_some(
    act: Act,
    who: Someone,
    candidates: Iterable[Someone],
    channels: Iterable[Channel],
    *,
    receives: bool = False,
) -> Ask:
    """Ask whether there is anybody at all towards whom `who` may use one of `channels`.

    For what has no addressee yet, such as an upload: the addressee is asked about later.
    `receives` turns it round: whether anybody may use one of them towards `who`.
    """
    candidates = tuple(candidates)
    questions = {
        question
        for channel in channels
        for person in Members.of(candidates).kinds
        for question in (
            Question(channel, person.parties, who.parties, who.name)
            if receives
            else Question(channel, who.parties, person.parties, person.name),
        )
    }
    return Ask(act=act, who=who.name, questions=_ordered(questions), need=Need.SOME)


def connect_some(
    act: Act, who: Someone, candidates: Iterable[Someone], channels: Iterable[Channel]
) -> Ask:
    """Ask whether any of `channels` is allowed in either direction with any of the candidates."""
    channels, candidates = tuple(channels), tuple(candidates)
    there = reach_some(act, who, candidates, channels)
    back = reach_some(act, who, candidates, channels, receives=True)
    questions = _ordered({*there.questions, *back.questions})
    return Ask(act=act, who=who.name, questions=questions, need=Need.SOME)


def connect(act: Act, who: Someone, whom: Someone, channels: Iterable[Channel] = CONTENT) -> Ask:
    """Ask whether any of `channels` is allowed in either direction between the two."""
    if who.name == whom.name or not (who.ours or whom.ours):
        return Ask(act=act, who=who.name)
    questions = {
        Question(channel, one, other, whom.name)
        for channel in channels
        for one, other in ((who.parties, whom.parties), (whom.parties, who.parties))
    }
    return Ask(act=act, who=who.name, questions=_ordered(questions), need=Need.SOME)


def routine(act: Act, who: str, where: str | None = None) -> Ask:
    """An ask about which no rule speaks: it is answered with yes and settles like every ask."""
    return Ask(act=act, who=who, where=where)


def organisation(act: Act, who: Someone, channel: Channel, over: PartySet | None = None) -> Ask:
    """Ask a channel towards the organisation itself, over whom where that has a meaning."""
    question = Question(channel, who.parties, over if over is not None else frozenset(), who.name)
    return Ask(act=act, who=who.name, questions=(question,))


def _ordered(questions: Iterable[Question]) -> tuple[Question, ...]:
    return tuple(
        sorted(questions, key=lambda q: (q.channel, sorted(q.from_), sorted(q.to or ()), q.whom))
    )
